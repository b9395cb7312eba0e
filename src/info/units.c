/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "info/units.h"

/*
 * digits[.digits] as whole + fraction/scale, without floating point: sizes reach
 * 2^63, where a double has lost the last ten bits. What is behind it is *rest.
 */
struct decimal {
	uint64_t whole, fraction, scale;
	bool overflow;
};

static const char *decimal_parse(const char *text, struct decimal *d, const char **rest)
{
	const char *p = text;

	memset(d, 0, sizeof(*d));
	d->scale = 1;
	for (; isdigit((unsigned char)*p); p++)
		d->overflow |= __builtin_mul_overflow(d->whole, 10, &d->whole) ||
			       __builtin_add_overflow(d->whole, (uint64_t)(*p - '0'), &d->whole);
	if (p == text)
		return *p == '-' ? "is negative" : "is not a number";
	if (*p == '.') {
		if (!isdigit((unsigned char)*++p))
			return "lacks digits behind the point";
		for (; isdigit((unsigned char)*p); p++)
			if (d->scale < UINT64_C(1000000000)) { /* finer than 1e-9 is cut off */
				d->fraction = d->fraction * 10 + (uint64_t)(*p - '0');
				d->scale *= 10;
			}
	}
	*rest = p;
	return NULL;
}

static const char *decimal_times(const struct decimal *d, uint64_t unit, int64_t *value)
{
	unsigned __int128 v = (unsigned __int128)d->whole * unit;

	v += (unsigned __int128)d->fraction * unit / d->scale;
	if (d->overflow || v > INT64_MAX)
		return "is too large";
	*value = (int64_t)v;
	return NULL;
}

const char *units_parse_size(const char *text, int64_t *bytes)
{
	static const char letters[] = "KMGTP";
	const char *rest, *why, *letter;
	struct decimal d;
	uint64_t unit = 1;

	why = decimal_parse(text, &d, &rest);
	if (why)
		return why;
	letter = *rest ? strchr(letters, toupper((unsigned char)*rest)) : NULL;
	if (letter) {
		unit <<= 10 * (letter - letters + 1);
		rest++;
		/* "KB" would be 1000 to some and 1024 to others */
		if (*rest && strcasecmp(rest, "iB"))
			return "has an unknown unit (K, M, G, T, P; KiB, MiB …)";
	} else if (*rest && strcasecmp(rest, "B")) {
		return "has an unknown unit (K, M, G, T, P; KiB, MiB …)";
	}
	return decimal_times(&d, unit, bytes);
}

const char *units_parse_time(const char *text, int64_t plain, int64_t *ns)
{
	static const struct {
		const char *name;
		int64_t ns;
	} units[] = {
		{"ns", 1},
		{"us", NS_PER_US},
		{"ms", NS_PER_MS},
		{"s", NS_PER_S},
		{"m", 60 * NS_PER_S},
		{"min", 60 * NS_PER_S},
		{"h", 3600 * NS_PER_S},
	};
	const char *rest, *why;
	struct decimal d;
	size_t i;

	why = decimal_parse(text, &d, &rest);
	if (why)
		return why;
	if (!*rest)
		return decimal_times(&d, (uint64_t)plain, ns);
	for (i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (!strcmp(rest, units[i].name))
			return decimal_times(&d, (uint64_t)units[i].ns, ns);
	return "has an unknown unit (ns, us, ms, s, m, h)";
}

/* value / unit with one decimal, none where it is whole. */
static char *scaled(bool negative, uint64_t value, uint64_t unit, const char *suffix, bool always, char *buf)
{
	unsigned __int128 tenths = ((unsigned __int128)value * 10 + unit / 2) / unit;
	const char *sign = negative ? "-" : "";

	if (always || tenths % 10)
		snprintf(buf, UNITS_TEXT, "%s%" PRIu64 ".%u%s", sign, (uint64_t)(tenths / 10), (unsigned)(tenths % 10),
			 suffix);
	else
		snprintf(buf, UNITS_TEXT, "%s%" PRIu64 "%s", sign, (uint64_t)(tenths / 10), suffix);
	return buf;
}

char *units_size(int64_t bytes, char *buf)
{
	static const char *const suffixes[] = {"", "K", "M", "G", "T", "P", "E"};
	uint64_t value = bytes < 0 ? 0 - (uint64_t)bytes : (uint64_t)bytes;
	unsigned i = 0;

	while (i < 6 && value >> (10 * (i + 1)))
		i++;
	/* 1023.96K would be rounded to 1024K */
	if (i < 6 && i > 0 && ((unsigned __int128)value * 10 + (UINT64_C(1) << (10 * i)) / 2) >> (10 * i) >= 10240)
		i++;
	return scaled(bytes < 0, value, UINT64_C(1) << (10 * i), suffixes[i], false, buf);
}

char *units_time(int64_t ns, char *buf)
{
	uint64_t value = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;

	/* the limits lie where one decimal would round up to 1000 */
	if (value < 1000)
		return scaled(ns < 0, value, 1, "ns", false, buf);
	if (value < 999950)
		return scaled(ns < 0, value, NS_PER_US, "us", true, buf);
	if (value < 999950000)
		return scaled(ns < 0, value, NS_PER_MS, "ms", true, buf);
	return scaled(ns < 0, value, NS_PER_S, "s", true, buf);
}
