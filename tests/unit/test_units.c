/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "info/units.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void good_sizes(void **state)
{
	static const struct {
		const char *text;
		int64_t bytes;
	} cases[] = {
		{"0", 0},
		{"1", 1},
		{"4096", 4096},
		{"4096B", 4096},
		{"4096b", 4096},
		{"4K", 4096},
		{"4k", 4096},
		{"4KiB", 4096},
		{"4kib", 4096},
		{"1M", 1048576},
		{"1MiB", 1048576},
		{"1G", 1073741824},
		{"1GiB", 1073741824},
		{"1T", INT64_C(1099511627776)},
		{"1P", INT64_C(1125899906842624)},
		{"1.5K", 1536},
		{"0.1K", 102},
		{"1.5", 1},
		{"0.0000000009G", 0},
		{"2.0000000000000000001K", 2048},
		{"007", 7},
		{"8191P", INT64_C(9222246136947933184)},
		{"9223372036854775807", INT64_MAX},
		{"1.999999999999T", INT64_C(2199023254452)},
	};
	int64_t got;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		const char *why = units_parse_size(cases[i].text, &got);

		if (why || got != cases[i].bytes)
			fail_msg("%s: %s, %lld", cases[i].text, why ? why : "good", (long long)got);
	}
}

static void bad_sizes(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"", "is not a number"},
		{"K", "is not a number"},
		{".5K", "is not a number"},
		{"+1", "is not a number"},
		{" 1", "is not a number"},
		{"-1", "is negative"},
		{"-", "is negative"},
		{"1.", "lacks digits behind the point"},
		{"1.K", "lacks digits behind the point"},
		{"1 ", "has an unknown unit"},
		{"1x", "has an unknown unit"},
		{"0x10", "has an unknown unit"},
		{"1KB", "has an unknown unit"},
		{"1Ki", "has an unknown unit"},
		{"1KiBs", "has an unknown unit"},
		{"1KK", "has an unknown unit"},
		{"1E", "has an unknown unit"},
		{"1e3", "has an unknown unit"},
		{"1.5.5", "has an unknown unit"},
		{"1,5K", "has an unknown unit"},
		{"9223372036854775808", "is too large"},
		{"18446744073709551616", "is too large"},
		{"99999999999999999999999999999999999999", "is too large"},
		{"8192P", "is too large"},
		{"9007199254740992K", "is too large"},
		{"36893488147419103232K", "is too large"},
	};
	int64_t got;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		const char *why = units_parse_size(cases[i].text, &got);

		if (!why || strncmp(why, cases[i].why, strlen(cases[i].why)))
			fail_msg("'%s': %s, not %s", cases[i].text, why ? why : "good", cases[i].why);
	}
}

static void good_times(void **state)
{
	static const struct {
		const char *text;
		int64_t plain, ns;
	} cases[] = {
		{"10", NS_PER_MS, 10000000},
		{"10", NS_PER_S, INT64_C(10000000000)},
		{"0.5", NS_PER_S, 500000000},
		{"0", NS_PER_S, 0},
		{"7ns", NS_PER_S, 7},
		{"100us", NS_PER_S, 100000},
		{"10ms", NS_PER_S, 10000000},
		{"1.5s", 1, 1500000000},
		{"2m", 1, INT64_C(120000000000)},
		{"2min", 1, INT64_C(120000000000)},
		{"1h", 1, INT64_C(3600000000000)},
		{"0.000000001s", 1, 1},
		{"0.0000000019s", 1, 1},
		{"1.5ns", 1, 1},
		{"9223372036s", 1, INT64_C(9223372036000000000)},
	};
	int64_t got;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		const char *why = units_parse_time(cases[i].text, cases[i].plain, &got);

		if (why || got != cases[i].ns)
			fail_msg("%s: %s, %lld", cases[i].text, why ? why : "good", (long long)got);
	}
}

static void bad_times(void **state)
{
	static const char *const cases[] = {
		"",    "s",   "-1s", "1.s", "1S",  "1MS", "1msec",	 "1d",	     "1 s",
		"1s ", "1s1", "1e3", "inf", "nan", "0x1", "9223372037s", "2562048h", "9999999999999999999999999"};
	int64_t got;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		if (!units_parse_time(cases[i], NS_PER_S, &got))
			fail_msg("'%s' was taken for %lld", cases[i], (long long)got);
}

static void sizes_for_people(void **state)
{
	static const struct {
		int64_t bytes;
		const char *text;
	} cases[] = {
		{0, "0"},
		{1, "1"},
		{1023, "1023"},
		{1024, "1K"},
		{1536, "1.5K"},
		{4096, "4K"},
		{-4096, "-4K"},
		{1048576, "1M"},
		{1048575, "1M"},
		{1048000, "1023.4K"},
		{INT64_C(1) << 30, "1G"},
		{INT64_C(1) << 62, "4E"},
		{INT64_MAX, "8E"},
		{INT64_MIN, "-8E"},
	};
	char buf[UNITS_TEXT];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_string_equal(units_size(cases[i].bytes, buf), cases[i].text);
}

static void times_for_people(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} cases[] = {
		{0, "0ns"},	     {999, "999ns"},
		{1000, "1.0us"},     {35120, "35.1us"},
		{999949, "999.9us"}, {999950, "1.0ms"},
		{1234567, "1.2ms"},  {999949999, "999.9ms"},
		{999950000, "1.0s"}, {INT64_C(61000000000), "61.0s"},
	};
	char buf[UNITS_TEXT];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++)
		assert_string_equal(units_time(cases[i].ns, buf), cases[i].text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_sizes), cmocka_unit_test(bad_sizes),	  cmocka_unit_test(good_times),
		cmocka_unit_test(bad_times),  cmocka_unit_test(sizes_for_people), cmocka_unit_test(times_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
