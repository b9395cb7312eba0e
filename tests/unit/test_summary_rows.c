/* SPDX-License-Identifier: MIT */
/*
 * The summary's order, what --top leaves out, its intervals, and CSV.
 */
#include <errno.h>
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
#include "falloctrace/info.h"

#define NS_PER_S INT64_C(1000000000)

static struct call of_fs(const char *fs)
{
	struct call c = call_whole();

	strcpy(c.fs, fs);
	c.end = c.start + 1000;
	return c;
}

/* The keys of a summary by filesystem as text, joined by blanks: the last words of its rows. */
static void expect_keys(const struct call *calls, unsigned count, struct sink_options o, const char *want)
{
	struct script s = {.calls = calls, .calls_count = count};
	char *got, keys[256] = "", *line, *rest;

	o.by = SUMMARY_FS;
	got = sink_output(sink_summary_new, o, &s);
	strtok_r(got, "\n", &rest);
	while ((line = strtok_r(NULL, "\n", &rest)) && !strstr(line, " (total)")) {
		strcat(keys, *keys ? " " : "");
		strcat(keys, strrchr(line, ' ') + 1);
	}
	assert_string_equal(keys, want);
	free(got);
}

/*
 *      calls errors    len  grown gained freed  latencies (us)
 * a      1      1     9000      0      0     0  50
 * b      2      0      200  -1000      0  1024  1 90
 * c      3      2        3   4096    512     0  2 3 4
 * d      1      -        -      -      -     -  -
 */
static void sorted_by_each_column(void **state)
{
	struct call c[7];

	(void)state;
	for (int i = 0; i < 6; i++)
		c[i] = of_fs((const char *[]){"a", "b", "b", "c", "c", "c"}[i]);
	for (int i = 0; i < 6; i++)
		c[i].end = c[i].start + (const uint64_t[]){50, 1, 90, 2, 3, 4}[i] * 1000;
	for (int i = 0; i < 6; i++)
		c[i].len = (const int64_t[]){9000, 100, 100, 1, 1, 1}[i];
	for (int i = 0; i < 6; i++)
		c[i].blocks_after = c[i].blocks_before;
	c[0].ret = c[3].ret = c[4].ret = -ENOSPC;
	c[1].size_after -= 1000;
	c[5].size_after += 4096;
	c[1].blocks_after -= 2;
	c[5].blocks_after += 1;
	c[6] = call_bare();
	strcpy(c[6].fs, "d");
	expect_keys(c, 7, (struct sink_options){.sort = SORT_CALLS}, "c b a d");
	expect_keys(c, 7, (struct sink_options){.sort = SORT_ERRORS}, "c a b d");
	expect_keys(c, 7, (struct sink_options){.sort = SORT_BYTES}, "a b c d");
	expect_keys(c, 7, (struct sink_options){.sort = SORT_GROWN}, "c a b d"); /* what shrank is less than 0 */
	expect_keys(c, 7, (struct sink_options){.sort = SORT_GAINED}, "c a b d");
	expect_keys(c, 7, (struct sink_options){.sort = SORT_FREED}, "b a c d");
	expect_keys(c, 7, (struct sink_options){.sort = SORT_P50}, "a c b d"); /* 50 3 1 */
	expect_keys(c, 7, (struct sink_options){.sort = SORT_P95}, "b a c d");
	expect_keys(c, 7, (struct sink_options){.sort = SORT_P99}, "b a c d");
	expect_keys(c, 7, (struct sink_options){.sort = SORT_MAX}, "b a c d");
	expect_keys(c, 7, (struct sink_options){.sort = SORT_KEY}, "a b c d");
	c[6].fs[0] = '\0'; /* nothing known goes below, whatever "-" sorts as */
	expect_keys(c, 7, (struct sink_options){.sort = SORT_KEY}, "a b c -");
}

static void a_sum_too_large_is_above_all(void **state)
{
	struct call c[] = {of_fs("a"), of_fs("b"), of_fs("b")};

	(void)state;
	c[0].len = c[1].len = c[2].len = INT64_MAX - 1;
	expect_keys(c, 3, (struct sink_options){.sort = SORT_BYTES}, "b a");
	c[1].size_before = INT64_MIN;
	c[0].size_after = INT64_MAX;
	expect_keys(c, 3, (struct sink_options){.sort = SORT_GROWN}, "b a");
}

static char *output(const struct call *calls, unsigned count, struct sink_options o)
{
	struct script s = {.header = true, .calls = calls, .calls_count = count};

	o.by = SUMMARY_FS;
	return sink_output(sink_summary_new, o, &s);
}

/* What there were too many of is one thing, what was not asked for another. */
static void the_rest(void **state)
{
	struct call c[] = {of_fs("a"), of_fs("b"), of_fs("b"), of_fs("c"), of_fs("c"), of_fs("c")};
	char *got;

	(void)state;
	c[0].ret = -EIO;
	got = output(c, 6, (struct sink_options){.top = 1});
	assert_string_equal(got, "CALLS ERRORS BYTES GROWN GAINED FREED   P50   P95   P99   MAX ERRNOS FS\n"
				 "    3      0 24576     0      0 24576 1.0us 1.0us 1.0us 1.0us -      c\n"
				 "    3      1 24576     0      0 24576 1.0us 1.0us 1.0us 1.0us EIO:1  (rest) 2 rows\n"
				 "    6      1 49152     0      0 49152 1.0us 1.0us 1.0us 1.0us EIO:1  (total)\n"
				 "errors: EIO 1\n");
	free(got);
	got = output(c, 6, (struct sink_options){.top = 2});
	assert_non_null(strstr(got, " EIO:1  (rest) 1 row\n"));
	free(got);
	got = output(c, 6, (struct sink_options){.top = 3});
	assert_null(strstr(got, "(rest)"));
	free(got);
}

static void rest_and_other(void **state)
{
	static struct call calls[10001];
	char *got;

	(void)state;
	for (unsigned i = 0; i < 10001; i++) {
		calls[i] = call_bare();
		snprintf(calls[i].fs, sizeof(calls[i].fs), "p%u", i);
	}
	got = output(calls, 10001, (struct sink_options){.top = 2});
	/* of 5001 rows two are shown: those of the keys that are least as text */
	assert_non_null(strstr(got, "      p10000\n    1      0 "));
	assert_non_null(strstr(got, "      p5000\n 4999"));
	assert_non_null(strstr(got, "(rest) 4999 rows\n 5000      0 "));
	assert_non_null(strstr(got, "(other)\n10001      0 "));
	free(got);
}

/* --- intervals --- */

struct steps {
	struct sink *sink;
	FILE *out;
	char *text;
	size_t size;
	struct error e;
};

static void begin(struct steps *s, struct sink_options o)
{
	memset(s, 0, sizeof(*s));
	o.out = s->out = open_memstream(&s->text, &s->size);
	assert_non_null(s->out);
	o.intervals = true;
	o.by = SUMMARY_FS;
	s->sink = sink_summary_new(&o);
	assert_non_null(s->sink);
	assert_int_equal(s->sink->ops->header(s->sink, &s->e), 0);
}

static void call(struct steps *s, const char *fs)
{
	struct call c = of_fs(fs);

	assert_int_equal(s->sink->ops->call(s->sink, &c, &s->e), 0);
}

static void interval(struct steps *s, bool has_utc, int64_t from, int64_t to)
{
	const struct interval i = {has_utc, from, to};

	assert_int_equal(s->sink->ops->interval(s->sink, &i, &s->e), 0);
}

static void end(struct steps *s, const char *want)
{
	assert_int_equal(s->sink->ops->footer(s->sink, &s->e), 0);
	s->sink->ops->free(s->sink);
	assert_int_equal(fclose(s->out), 0);
	assert_string_equal(s->text, want);
	free(s->text);
}

#define TITLES "CALLS ERRORS BYTES GROWN GAINED FREED   P50   P95   P99   MAX ERRNOS FS\n"
#define ONE(name) "    1      0  8192     0      0  8192 1.0us 1.0us 1.0us 1.0us -      " name "\n"
#define TWO(name) "    2      0 16384     0      0 16384 1.0us 1.0us 1.0us 1.0us -      " name "\n"

#define UTC INT64_C(1795425302000000000) /* 2026-11-23T09:15:02 */

static void each_interval_counts_anew(void **state)
{
	const struct loss loss = {.count = 3};
	struct steps s;

	(void)state;
	begin(&s, (struct sink_options){.time = TIME_STYLE_UTC});
	call(&s, "a");
	call(&s, "a");
	interval(&s, true, UTC, UTC + NS_PER_S);
	interval(&s, true, UTC + NS_PER_S, UTC + 2 * NS_PER_S); /* nothing came: nothing is said */
	call(&s, "b");
	interval(&s, true, UTC + 5 * NS_PER_S, UTC + 6 * NS_PER_S);
	assert_int_equal(s.sink->ops->lost(s.sink, &loss, &s.e), 0);
	interval(&s, true, UTC + 6 * NS_PER_S, UTC + 7 * NS_PER_S);
	end(&s,
	    "interval: 2026-11-23T09:15:02.000000Z to 2026-11-23T09:15:03.000000Z\n" TITLES TWO("a") TWO(
		    "(total)") "\ninterval: 2026-11-23T09:15:07.000000Z to 2026-11-23T09:15:08.000000Z\n" TITLES
		    ONE("b") ONE("(total)") "\ninterval: 2026-11-23T09:15:08.000000Z to 2026-11-23T09:15:09.000000Z\n"
					    "CALLS ERRORS BYTES GROWN GAINED FREED P50 P95 P99 MAX ERRNOS FS\n"
					    "    0      0     -     -      -     -   -   -   -   - -      (total)\n"
					    "LOST 3 events: calls may be missing\n");
}

static void expect_heading(struct sink_options o, const struct trace_info *info, bool has_utc, const char *want)
{
	struct steps s;

	begin(&s, o);
	if (info)
		assert_int_equal(s.sink->ops->trace(s.sink, info, &s.e), 0);
	call(&s, "a");
	interval(&s, has_utc, UTC, UTC + NS_PER_S / 2);
	call(&s, "a");
	interval(&s, has_utc, UTC + 2 * NS_PER_S, UTC + 2 * NS_PER_S + NS_PER_S / 2);
	call(&s, "a");
	interval(&s, has_utc, UTC + 3 * NS_PER_S, UTC + 3 * NS_PER_S + NS_PER_S / 2);
	assert_int_equal(fflush(s.out), 0);
	if (!strstr(s.text, want))
		fail_msg("not in:\n%s", s.text);
	s.sink->ops->free(s.sink);
	fclose(s.out);
	free(s.text);
}

static void headings_in_each_style(void **state)
{
	static struct trace_info info = {.has_utc_offset = true, .utc_offset = UTC - 5 * NS_PER_S};

	(void)state;
	assert_int_equal(setenv("TZ", "UTC-2", 1), 0);
	tzset();
	expect_heading((struct sink_options){.time = TIME_STYLE_LOCAL}, NULL, true,
		       "interval: 11:15:02.000000 to 11:15:02.500000\n");
	expect_heading((struct sink_options){.time = TIME_STYLE_RELATIVE}, NULL, true,
		       "interval: 3.000000 to 3.500000\n");
	expect_heading((struct sink_options){.time = TIME_STYLE_DELTA}, NULL, true, "interval: 1.000000 to 1.500000\n");
	expect_heading((struct sink_options){.time = TIME_STYLE_RAW}, &info, true,
		       "interval: 7.000000000 to 7.500000000\n");
	/* of several, or none, no clock is the one */
	expect_heading((struct sink_options){.time = TIME_STYLE_RAW}, NULL, true,
		       "interval: 2026-11-23T09:15:04.000000Z to 2026-11-23T09:15:04.500000Z\n");
	expect_heading((struct sink_options){.time = TIME_STYLE_LOCAL}, NULL, false,
		       "interval: 1795425304.000000 to 1795425304.500000\n");
	expect_heading((struct sink_options){.color = true, .time = TIME_STYLE_UTC}, NULL, true,
		       "\n\033[1minterval: 2026-11-23T09:15:04.000000Z to 2026-11-23T09:15:04.500000Z\033[0m\n");
}

/* From a day on, times of day alone tell nothing. */
static void headings_of_long_intervals(void **state)
{
	static const struct {
		int64_t begin, end;
		const char *want;
	} cases[] = {
		{UTC, UTC + 24 * 3600 * NS_PER_S - 1, "interval: 11:15:02.000000 to 11:15:01.999999\n"},
		{UTC, UTC + 24 * 3600 * NS_PER_S,
		 "interval: 2026-11-23T11:15:02.000000 to 2026-11-24T11:15:02.000000\n"},
		{INT64_MIN, INT64_MAX, "interval: 1677-09-21T02:12:43.145224 to 2262-04-12T01:47:16.854775\n"},
	};

	(void)state;
	assert_int_equal(setenv("TZ", "UTC-2", 1), 0);
	tzset();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct steps s;

		begin(&s, (struct sink_options){.time = TIME_STYLE_LOCAL});
		call(&s, "a");
		interval(&s, true, cases[i].begin, cases[i].end);
		assert_int_equal(fflush(s.out), 0);
		assert_memory_equal(s.text, cases[i].want, strlen(cases[i].want));
		s.sink->ops->free(s.sink);
		fclose(s.out);
		free(s.text);
	}
}

/* A trace whose clock does not count ns has calls, and no interval is ever told of. */
static void what_has_no_time_is_not_lost(void **state)
{
	struct steps s;

	(void)state;
	begin(&s, (struct sink_options){0});
	call(&s, "a");
	end(&s, "interval: unknown\n" TITLES ONE("a") ONE("(total)"));
	begin(&s, (struct sink_options){0});
	end(&s, "");
}

static void expect_begins(struct sink_options o, const struct trace_info *info, bool has_utc, const char *want)
{
	struct steps s;

	o.format = FORMAT_JSON;
	begin(&s, o);
	for (int i = 0; info && i < (has_utc ? 1 : 2); i++)
		assert_int_equal(s.sink->ops->trace(s.sink, info, &s.e), 0);
	call(&s, "a");
	interval(&s, has_utc, UTC, UTC + 1);
	assert_int_equal(fflush(s.out), 0);
	assert_non_null(strstr(s.text, want));
	s.sink->ops->free(s.sink);
	fclose(s.out);
	free(s.text);
}

static void intervals_in_json(void **state)
{
	static struct trace_info info = {.has_utc_offset = true, .utc_offset = UTC - 5};
	struct steps s;

	(void)state;
	expect_begins((struct sink_options){0}, NULL, true,
		      "{\"type\":\"summary\",\"by\":\"fs\",\"begin\":\"2026-11-23T09:15:02.000000000Z\","
		      "\"end\":\"2026-11-23T09:15:02.000000001Z\",\"begin_ts\":null,\"end_ts\":null,\"rows\":[{");
	expect_begins((struct sink_options){0}, &info, true, "\"begin_ts\":5,\"end_ts\":6,");
	expect_begins((struct sink_options){0}, NULL, false,
		      "\"begin\":null,\"end\":null,\"begin_ts\":1795425302000000000,\"end_ts\":1795425302000000001,");
	begin(&s, (struct sink_options){.format = FORMAT_JSON});
	call(&s, "a");
	assert_int_equal(s.sink->ops->footer(s.sink, &s.e), 0);
	fflush(s.out);
	assert_non_null(strstr(s.text, "\"begin\":null,\"end\":null,\"begin_ts\":null,\"end_ts\":null,"));
	s.sink->ops->free(s.sink);
	fclose(s.out);
	free(s.text);
}

/* --- CSV --- */

#define CSV_TITLES                                                                                     \
	"type,key,rows,missing_max,calls,errors,errnos,unfinished,orphans,lens_known,len,sizes_known," \
	"grown,blocks_known,gained,freed,latencies_known,p50_ns,p95_ns,p99_ns,max_ns"

static void as_csv(void **state)
{
	struct call c[] = {of_fs("=1,\"\n\xff"), of_fs("b c"), of_fs("b c"), call_bare()};
	char *got;

	(void)state;
	c[1].ret = -ENOSPC;
	c[2].ret = -EINTR;
	c[3].odd = ODD_ORPHAN;
	got = output(c, 4, (struct sink_options){.format = FORMAT_CSV});
	assert_string_equal(
		got, CSV_TITLES
		",lost,gaps\r\n"
		"key,\"b c\",,0,2,2,\"EINTR:1,ENOSPC:1\",0,0,2,16384,2,0,2,0,16384,2,1000,1000,1000,1000,,\r\n"
		"key,,,0,1,0,,0,1,0,,0,,0,,,0,,,,,,\r\n"
		"key,\"\\x3d1,\"\"\\n\\xff\",,0,1,0,,0,0,1,8192,1,0,1,0,8192,1,1000,1000,1000,1000,,\r\n"
		"total,,,,4,2,\"EINTR:1,ENOSPC:1\",0,1,3,24576,3,0,3,0,24576,3,1000,1000,1000,1000,0,0\r\n");
	free(got);
	got = output(c, 4, (struct sink_options){.format = FORMAT_CSV, .top = 1});
	assert_non_null(strstr(got, "\r\nrest,,2,0,2,0,,0,1,1,8192,1,0,1,0,8192,1,1000,1000,1000,1000,,\r\n"));
	free(got);
}

static void processes_in_csv(void **state)
{
	struct call c[17];
	struct script s = {.header = true, .calls = c, .calls_count = 2};
	char *got;

	(void)state;
	for (int i = 0; i < 17; i++) {
		c[i] = of_fs("x");
		c[i].pid = 50 - i;
	}
	got = sink_output(sink_summary_new, (struct sink_options){.format = FORMAT_CSV}, &s);
	assert_string_equal(got, CSV_TITLES ",pids,pids_more,lost,gaps\r\n"
					    "key,postgres,,0,2,0,,0,0,2,16384,2,0,2,0,16384,2,1000,1000,1000,1000,"
					    "\"49,50\",false,,\r\n"
					    "total,,,,2,0,,0,0,2,16384,2,0,2,0,16384,2,1000,1000,1000,1000,"
					    "\"49,50\",false,0,0\r\n");
	free(got);
	s.calls_count = 17;
	got = sink_output(sink_summary_new, (struct sink_options){.format = FORMAT_CSV}, &s);
	assert_non_null(strstr(got, ",\"35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50\",true,,\r\n"));
	free(got);
}

static void intervals_in_csv(void **state)
{
	struct steps s;

	(void)state;
	begin(&s, (struct sink_options){.format = FORMAT_CSV});
	call(&s, "a");
	interval(&s, true, UTC, UTC + 1);
	call(&s, "b");
	interval(&s, false, 7, 8);
	end(&s, "begin,end,begin_ts,end_ts," CSV_TITLES ",lost,gaps\r\n"
		"2026-11-23T09:15:02.000000000Z,2026-11-23T09:15:02.000000001Z,,,"
		"key,a,,0,1,0,,0,0,1,8192,1,0,1,0,8192,1,1000,1000,1000,1000,,\r\n"
		"2026-11-23T09:15:02.000000000Z,2026-11-23T09:15:02.000000001Z,,,"
		"total,,,,1,0,,0,0,1,8192,1,0,1,0,8192,1,1000,1000,1000,1000,0,0\r\n"
		",,7,8,key,b,,0,1,0,,0,0,1,8192,1,0,1,0,8192,1,1000,1000,1000,1000,,\r\n"
		",,7,8,total,,,,1,0,,0,0,1,8192,1,0,1,0,8192,1,1000,1000,1000,1000,0,0\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorted_by_each_column),
		cmocka_unit_test(a_sum_too_large_is_above_all),
		cmocka_unit_test(the_rest),
		cmocka_unit_test(rest_and_other),
		cmocka_unit_test(each_interval_counts_anew),
		cmocka_unit_test(headings_in_each_style),
		cmocka_unit_test(headings_of_long_intervals),
		cmocka_unit_test(what_has_no_time_is_not_lost),
		cmocka_unit_test(intervals_in_json),
		cmocka_unit_test(as_csv),
		cmocka_unit_test(processes_in_csv),
		cmocka_unit_test(intervals_in_csv),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
