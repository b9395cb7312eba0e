/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "calls.h"

static const struct sink_options plain = {.time = TIME_STYLE_UTC};

static char *output_of(const struct call *c, struct sink_options o)
{
	struct script s = {.calls = c, .calls_count = 1};

	return sink_output(sink_text_new, o, &s);
}

static void expect(const struct call *c, struct sink_options o, const char *want)
{
	char *got = output_of(c, o);

	assert_string_equal(got, want);
	free(got);
}

static void the_header_stands_above_the_columns(void **state)
{
	struct call c = call_whole();
	struct script s = {.header = true, .calls = &c, .calls_count = 1};
	char *got = sink_output(sink_text_new, (struct sink_options){.time = TIME_STYLE_LOCAL}, &s);

	(void)state;
	assert_string_equal(
		got,
		"TIME            COMM                PID OP              OFFSET        LEN               SIZE       BLOCKS        LAT RESULT     FILE\n"
		"09:15:02.123456 postgres             42 punch             4096       8192            1048576   2048->2032     35.1us 0          /var/lib/db/16384\n");
	free(got);
}

static void each_style_of_time(void **state)
{
	static const struct {
		enum time_style style;
		const char *first, *second, *lost;
	} cases[] = {
		{TIME_STYLE_LOCAL, "09:15:02.123456 postgres", "09:15:01.623456 postgres", "before 09:15:05.000000\n"},
		{TIME_STYLE_UTC, "2026-11-23T09:15:02.123456Z postgres", "2026-11-23T09:15:01.623456Z postgres",
		 "before 2026-11-23T09:15:05.000000Z\n"},
		{TIME_STYLE_RELATIVE, "    0.000000 postgres", "   -0.500000 postgres", "before 2.876543\n"},
		{TIME_STYLE_DELTA, "    0.000000 postgres", "   -0.500000 postgres", "before 3.376543\n"},
		{TIME_STYLE_RAW, "    123.456789012 postgres", "    122.956789012 postgres", "before 126.333333000\n"},
	};
	struct loss l = {.cpu = 2,
			 .count = 5,
			 .has_before = true,
			 .before = 126333333000,
			 .has_utc = true,
			 .utc = INT64_C(1795425305000000000)};
	struct call calls[2] = {call_whole(), call_whole()};
	struct script s = {.calls = calls, .calls_count = 2, .losses = &l, .losses_count = 1};
	char *got, *second, *third;
	size_t i;

	(void)state;
	calls[1].start -= 500000000; /* calls come in the order of their ends */
	calls[1].utc -= 500000000;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		got = sink_output(sink_text_new, (struct sink_options){.time = cases[i].style}, &s);
		second = strchr(got, '\n') + 1;
		third = strchr(second, '\n') + 1;
		assert_memory_equal(got, cases[i].first, strlen(cases[i].first));
		assert_memory_equal(second, cases[i].second, strlen(cases[i].second));
		assert_memory_equal(third, "LOST 5 events on CPU 2 ", 23);
		assert_string_equal(third + 23, cases[i].lost);
		free(got);
	}
}

static void nothing_known_is_a_dash_everywhere(void **state)
{
	struct call c = call_bare();

	(void)state;
	expect(&c, (struct sink_options){.time = TIME_STYLE_LOCAL},
	       "-               -                   -/7 -                    -          -                  -            -          - -          [via?] -\n");
	expect(&c, (struct sink_options){.time = TIME_STYLE_RAW, .human = true},
	       "                - -                   -/7 -                    -          -                  -            -          - -          [via?] -\n");
}

static void hostile_names_are_escaped(void **state)
{
	struct call c = call_hostile();

	(void)state;
	expect(&c, plain,
	       "2026-11-23T09:15:02.123456Z a\\x20b\"\\\\\\n\\x1b[2J\\xff\\t      42 invalid:0x80000101 -9223372036854775808 "
	       "9223372036854775807 -->~9223372036854775807 9223372036854775807->-          - -9999      "
	       "[kernel:evil\\n\\xc3(\\x20\"x\",unfinished,orphan,nested,loss-nearby] "
	       "/tmp/\xe2\x82\xac \\xc2\\x9b2J\\xe2\\x80\\xae\\xed\\xa0\\x80\\n\\r\\t\\\\x/\\x7f\\x20\n");
}

static void a_bad_descriptor_is_told(void **state)
{
	struct call c = call_badfd();

	(void)state;
	expect(&c, (struct sink_options){.time = TIME_STYLE_RAW},
	       "      5.000000000 sh                    7 extend               0          1                  -            -      0.4us EBADF      [fd:-1] -\n");
}

/* The cells from SIZE on. */
static void expect_tail(const struct call *c, struct sink_options o, const char *want)
{
	char *got = output_of(c, o), *at = got;
	int i;

	for (i = 0; i < 6; i++) { /* TIME COMM PID OP OFFSET LEN */
		at += strspn(at, " ");
		at += strcspn(at, " ");
	}
	assert_string_equal(at, want);
	free(got);
}

static void sizes_show_how_they_are_known(void **state)
{
	struct call c = call_whole();

	(void)state;
	c.size_after = 2097152;
	expect_tail(&c, plain, "   1048576->2097152   2048->2032     35.1us 0          /var/lib/db/16384\n");
	c.size_after_known = DERIVED;
	c.blocks_after_known = UNKNOWN;
	expect_tail(&c, plain, "  1048576->~2097152      2048->-     35.1us 0          /var/lib/db/16384\n");
	c.size_after = 1048576; /* the same, but not seen to be */
	c.blocks_before_known = UNKNOWN;
	expect_tail(&c, plain, "  1048576->~1048576            -     35.1us 0          /var/lib/db/16384\n");
	c.size_before_known = DERIVED;
	c.blocks_after_known = SEEN;
	expect_tail(&c, plain, "           ~1048576      -->2032     35.1us 0          /var/lib/db/16384\n");
}

static void units_for_people(void **state)
{
	struct call c = call_whole();
	struct sink_options o = {.time = TIME_STYLE_UTC, .human = true};

	(void)state;
	c.size_after = 1572864;
	c.end = c.start + 12345678;
	expect_tail(&c, o, "           1M->1.5M    1M->1016K     12.3ms 0          /var/lib/db/16384\n");
	c.blocks_after = UINT64_MAX; /* a file may say so */
	expect_tail(&c, o, "           1M->1.5M       1M->8E     12.3ms 0          /var/lib/db/16384\n");
}

static void ops_keep_what_one_word_hides(void **state)
{
	static const struct {
		uint32_t mode;
		const char *want;
	} cases[] = {
		{0x00, " extend    "},	 {0x01, " keep      "},	     {0x08, " collapse  "},    {0x10, " zero      "},
		{0x11, " zero+keep "},	 {0x40, " unshare   "},	     {0x41, " unshare+keep "}, {0x80, " write-zeroes "},
		{0x02, " invalid:0x2 "}, {0x100, " invalid:0x100 "},
	};
	struct call c = call_whole();
	size_t i;
	char *got;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		c.mode = cases[i].mode;
		c.op = op_of_mode(c.mode);
		got = output_of(&c, plain);
		if (!strstr(got, cases[i].want))
			fail_msg("0x%x: %s", c.mode, got);
		free(got);
	}
}

static void unusual_ways_in_are_told(void **state)
{
	struct call c = call_whole();

	(void)state;
	c.via = VIA_IO_URING;
	expect_tail(&c, plain, "            1048576   2048->2032     35.1us 0          [io_uring] /var/lib/db/16384\n");
	c.via = VIA_KERNEL;
	strcpy(c.caller, "ksmbd_vfs_zero_data");
	c.odd = ODD_UNFINISHED;
	expect_tail(&c, plain,
		    "            1048576   2048->2032     35.1us 0          [kernel:ksmbd_vfs_zero_data,unfinished] "
		    "/var/lib/db/16384\n");
	c.via = VIA_UNKNOWN;
	c.odd = 0;
	expect_tail(&c, plain, "            1048576   2048->2032     35.1us 0          [via?] /var/lib/db/16384\n");
}

static void inner_calls_are_a_note_or_lines(void **state)
{
	struct call inner, c = call_overlay(&inner);
	struct sink_options o = {.time = TIME_STYLE_LOCAL};

	(void)state;
	expect(&c, o,
	       "09:15:02.123456 postgres             42 punch             4096       8192            1048576   2048->2032     35.1us 0          [+1:xfs:/mnt/up\\x20per/16384] /var/lib/db/16384\n");
	o.nested = true;
	expect(&c, o,
	       "09:15:02.123456 postgres             42 punch             4096       8192            1048576   2048->2032     35.1us 0          /var/lib/db/16384\n"
	       "  09:15:02.123457 postgres           42 punch             4096       8192            1048576   2048->2032     33.1us 0          [overlay,nested] /mnt/up per/16384\n");
}

static void losses_are_told_from_calls(void **state)
{
	static const struct loss lost[] = {
		{.cpu = 1, .count = 118, .has_before = true, .before = 123456999000},
		{.cpu = 0, .count = LOST_UNKNOWN},
	};
	struct script s = {.losses = lost, .losses_count = 2};
	struct sink_options o = {.time = TIME_STYLE_RAW};
	char *got = sink_output(sink_text_new, o, &s);

	(void)state;
	assert_string_equal(got, "LOST 118 events on CPU 1 before 123.456999000\n"
				 "LOST ? events on CPU 0 before end\n");
	free(got);
	got = sink_output(sink_text_new, plain, &s); /* the UTC time isn't known: the trace's own */
	assert_string_equal(got, "LOST 118 events on CPU 1 before 123.456999\nLOST ? events on CPU 0 before end\n");
	free(got);
	o.color = true;
	got = sink_output(sink_text_new, o, &s);
	assert_memory_equal(got, "\033[33mLOST 118 ", 14);
	free(got);
}

/* Where there are several machines each line says whose it is, and times are the wall's. */
static void hosts_have_a_column(void **state)
{
	struct loss l = {.host = "web server", .cpu = 1, .count = 3, .has_before = true, .before = 5, .has_utc = true};
	struct call calls[3] = {call_whole(), call_whole(), call_hostile()};
	struct script s = {.header = true, .calls = calls, .calls_count = 2, .losses = &l, .losses_count = 1};
	struct sink_options o = {.time = TIME_STYLE_LOCAL, .hosts = true};
	char *got, *second;

	(void)state;
	calls[1].host = "";
	calls[1].start = calls[1].end = 1; /* that machine's clock began to count elsewhere */
	calls[1].utc += 500000000;
	l.utc = calls[0].utc + 1000000000;
	got = sink_output(sink_text_new, o, &s);
	assert_string_equal(
		got,
		"TIME            HOST            COMM                PID OP              OFFSET        LEN               SIZE       BLOCKS        LAT RESULT     FILE\n"
		"09:15:02.123456 db1             postgres             42 punch             4096       8192            1048576   2048->2032     35.1us 0          /var/lib/db/16384\n"
		"09:15:02.623456 -               postgres             42 punch             4096       8192            1048576   2048->2032      0.0us 0          /var/lib/db/16384\n"
		"LOST 3 events on CPU 1 of web\\x20server before 09:15:03.123456\n");
	free(got);
	o.time = TIME_STYLE_RELATIVE;
	got = sink_output(sink_text_new, o, &s);
	assert_non_null(strstr(got, "\n    0.000000 db1 "));
	assert_non_null(strstr(got, "\n    0.500000 - "));
	assert_non_null(strstr(got, "before 1.000000\n"));
	free(got);
	o.time = TIME_STYLE_RAW;
	second = output_of(&calls[1], o);
	assert_memory_equal(second, "      0.000000001 - ", 20);
	free(second);
	second = output_of(&calls[2], o);
	assert_non_null(strstr(second, " h\\x1b\\xff       a\\x20b"));
	free(second);
}

static void colors_wrap_what_they_are_for(void **state)
{
	struct call c = call_badfd();
	struct script s = {.header = true, .calls = &c, .calls_count = 1};
	struct sink_options o = {.time = TIME_STYLE_RAW, .color = true};
	char *got;

	(void)state;
	c.odd = ODD_LOSS_NEARBY;
	got = sink_output(sink_text_new, o, &s);
	assert_memory_equal(got, "\033[1mTIME ", 9);
	assert_non_null(strstr(got, "FILE\033[0m\n"));
	assert_non_null(strstr(got, " \033[31mEBADF\033[0m      \033[33m[loss-nearby,fd:-1]\033[0m -\n"));
	free(got);
	c = call_whole();
	c.odd = ODD_NESTED; /* nothing to worry about */
	expect_tail(&c, (struct sink_options){.time = TIME_STYLE_UTC, .color = true},
		    "            1048576   2048->2032     35.1us 0          [nested] /var/lib/db/16384\n");
}

/* However wide the values, blanks split a line into the same columns. */
static void wide_values_never_touch(void **state)
{
	struct call c = call_hostile();
	char *got, *at;
	int columns = 1;

	(void)state;
	strcpy(c.path, "/x");
	c.blocks_after_known = SEEN;
	c.has_start = true;
	c.start = 0;
	c.end = INT64_MAX;
	c.pid = INT32_MAX;
	got = output_of(&c, plain);
	for (at = got; *at != '\n'; at++)
		columns += *at == ' ' && at[1] != ' ';
	assert_int_equal(columns, 12);
	free(got);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_header_stands_above_the_columns),
		cmocka_unit_test(each_style_of_time),
		cmocka_unit_test(nothing_known_is_a_dash_everywhere),
		cmocka_unit_test(hostile_names_are_escaped),
		cmocka_unit_test(a_bad_descriptor_is_told),
		cmocka_unit_test(sizes_show_how_they_are_known),
		cmocka_unit_test(units_for_people),
		cmocka_unit_test(ops_keep_what_one_word_hides),
		cmocka_unit_test(unusual_ways_in_are_told),
		cmocka_unit_test(inner_calls_are_a_note_or_lines),
		cmocka_unit_test(losses_are_told_from_calls),
		cmocka_unit_test(hosts_have_a_column),
		cmocka_unit_test(colors_wrap_what_they_are_for),
		cmocka_unit_test(wide_values_never_touch),
	};

	setenv("TZ", "UTC0", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
