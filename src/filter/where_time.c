/* SPDX-License-Identifier: MIT */
/*
 * Dates and times as people write them, and as JSON and text show them.
 */
#include <string.h>
#include <time.h>

#include "filter/where.h"
#include "info/units.h"

#define NO_TIME "is no time (2026-11-23T09:15:02.5Z, 2026-11-23 09:15, 09:15:02)"

/* count digits, the number they are in least … most. Where they stood, or NULL. */
static const char *digits(const char *s, int count, int least, int most, int *value)
{
	*value = 0;
	for (; count; count--, s++) {
		if (*s < '0' || *s > '9')
			return NULL;
		*value = *value * 10 + (*s - '0');
	}
	return *value >= least && *value <= most ? s : NULL;
}

/* "2026-11-23"; years that ns since the epoch reach */
static const char *date(const char *s, struct tm *tm)
{
	s = digits(s, 4, 1970, 2261, &tm->tm_year);
	tm->tm_year -= 1900;
	s = s && *s == '-' ? digits(s + 1, 2, 1, 12, &tm->tm_mon) : NULL;
	tm->tm_mon--;
	return s && *s == '-' ? digits(s + 1, 2, 1, 31, &tm->tm_mday) : NULL;
}

/* ".5" */
static const char *fraction(const char *s, int64_t *ns)
{
	int64_t unit = NS_PER_S;

	*ns = 0;
	if (*s != '.')
		return s;
	if (s[1] < '0' || s[1] > '9')
		return NULL;
	for (s++; *s >= '0' && *s <= '9'; s++) {
		unit /= 10;
		*ns += (*s - '0') * unit;
	}
	return s;
}

/* "09:15", "09:15:02", "09:15:02.5" */
static const char *clock_time(const char *s, struct tm *tm, int64_t *ns)
{
	*ns = 0;
	s = digits(s, 2, 0, 23, &tm->tm_hour);
	s = s && *s == ':' ? digits(s + 1, 2, 0, 59, &tm->tm_min) : NULL;
	if (!s || *s != ':')
		return s;
	s = digits(s + 1, 2, 0, 59, &tm->tm_sec);
	return s ? fraction(s, ns) : NULL;
}

/* "Z", "+01:00", "+0100", or nothing: local time. s east of UTC. */
static const char *zone(const char *s, bool *local, int *east)
{
	int sign = *s == '-' ? -1 : 1, hours, minutes;

	*local = !*s;
	*east = 0;
	if (!*s)
		return s;
	if (*s == 'Z')
		return s + 1;
	if (*s != '+' && *s != '-')
		return NULL;
	s = digits(s + 1, 2, 0, 23, &hours);
	s = s && *s == ':' ? s + 1 : s;
	s = s ? digits(s, 2, 0, 59, &minutes) : NULL;
	*east = s ? sign * (hours * 3600 + minutes * 60) : 0;
	return s;
}

const char *where_time(const char *text, where_number *ns, bool *time_of_day)
{
	struct tm tm = {.tm_isdst = -1}, check;
	bool local = true;
	const char *s;
	int64_t rest = 0;
	time_t second;
	int east = 0;

	s = clock_time(text, &tm, &rest);
	*time_of_day = s && !*s;
	if (*time_of_day) {
		*ns = (where_number)(tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec) * NS_PER_S + rest;
		return NULL;
	}
	memset(&tm, 0, sizeof(tm));
	tm.tm_isdst = -1;
	rest = 0;
	s = date(text, &tm);
	if (s && (*s == 'T' || *s == ' '))
		s = clock_time(s + 1, &tm, &rest);
	s = s ? zone(s, &local, &east) : NULL;
	if (!s || *s)
		return NO_TIME;
	check = tm;
	second = local ? mktime(&tm) : timegm(&tm);
	if (tm.tm_mday != check.tm_mday && tm.tm_mon != check.tm_mon)
		return "is a day that there isn't";
	*ns = (where_number)(second - east) * NS_PER_S + rest;
	return NULL;
}
