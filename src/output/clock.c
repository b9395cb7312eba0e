/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <time.h>

#include "info/units.h"
#include "output/clock.h"

void clock_init(struct clock *k)
{
	memset(k, 0, sizeof(*k));
}

static void add_fraction(struct buf *b, uint64_t ns, unsigned digits)
{
	static const uint32_t units[] = {1000000000, 100000000, 10000000, 1000000, 100000, 10000, 1000, 100, 10, 1};

	buf_char(b, '.');
	buf_digits(b, ns / units[digits], digits);
}

/* Splits into a second and the ns since it, before 1970, too. */
static int64_t split(int64_t utc, uint64_t *ns)
{
	int64_t second = utc / NS_PER_S, rest = utc % NS_PER_S;

	if (rest < 0) {
		rest += NS_PER_S;
		second--;
	}
	*ns = (uint64_t)rest;
	return second;
}

static void keep(struct clock *k, int64_t second, bool local, bool date)
{
	time_t t = (time_t)second;
	size_t used = 0;
	struct tm tm;

	if (k->kept && k->second == second)
		return;
	if (local ? localtime_r(&t, &tm) != NULL : gmtime_r(&t, &tm) != NULL)
		used = date ? strftime(k->text, sizeof(k->text), "%Y-%m-%dT%H:%M:%S", &tm) :
			      strftime(k->text, sizeof(k->text), "%H:%M:%S", &tm);
	if (!used)
		strcpy(k->text, "?");
	k->second = second;
	k->kept = true;
}

void clock_utc(struct clock *k, struct buf *b, int64_t utc, unsigned digits)
{
	uint64_t ns;
	int64_t second = split(utc, &ns);

	keep(k, second, false, true);
	buf_text(b, k->text);
	add_fraction(b, ns, digits);
	buf_char(b, 'Z');
}

void clock_local(struct clock *k, struct buf *b, int64_t utc, unsigned digits)
{
	uint64_t ns;
	int64_t second = split(utc, &ns);

	keep(k, second, true, false);
	buf_text(b, k->text);
	add_fraction(b, ns, digits);
}

void clock_local_date(struct clock *k, struct buf *b, int64_t utc, unsigned digits)
{
	uint64_t ns;
	int64_t second = split(utc, &ns);

	keep(k, second, true, true);
	buf_text(b, k->text);
	add_fraction(b, ns, digits);
}

void clock_seconds(struct buf *b, int64_t ns, unsigned digits)
{
	uint64_t value = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;

	if (ns < 0)
		buf_char(b, '-');
	buf_u64(b, value / (uint64_t)NS_PER_S);
	add_fraction(b, value % (uint64_t)NS_PER_S, digits);
}
