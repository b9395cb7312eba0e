/* SPDX-License-Identifier: MIT */
/*
 * Lines as bcc's print_log2_hist would write them, worked out by hand:
 * "%10d -> %-10d : %-8d |%-40s|", and beyond 32 bits
 * "%20d -> %-20d : %-8d |%-20s|".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "calls.h"

static struct call made(const char *fs, uint64_t us, int64_t offset, int64_t len)
{
	struct call c = call_whole();

	strcpy(c.fs, fs);
	c.end = c.start + us * 1000;
	c.offset = offset;
	c.len = len;
	return c;
}

static void expect(const struct call *calls, unsigned count, struct sink_options o, const char *want)
{
	struct script s = {.header = true, .calls = calls, .calls_count = count};
	char *got;

	o.histograms = o.histograms ?: HISTOGRAM_LATENCY;
	got = sink_output(sink_histogram_new, o, &s);
	assert_string_equal(got, want);
	free(got);
}

#define S10 "          "
#define S40 S10 S10 S10 S10
#define T10 "**********"
#define HEAD "     usecs               : count     distribution\n"
#define HEAD_BYTES "     bytes               : count     distribution\n"

/* 3 of 7: 40 × 3 / 7 = 17.1 stars; 1 of 7: 5.7. */
static void one_of_all_calls(void **state)
{
	struct call calls[12];

	(void)state;
	for (int i = 0; i < 7; i++)
		calls[i] = made("x", 4 + (uint64_t)i % 4, 0, 1);
	for (int i = 7; i < 10; i++)
		calls[i] = made("x", (uint64_t)i % 2, 0, 1);
	calls[10] = made("x", 16, 0, 1);
	calls[11] = call_bare();
	expect(calls, 12, (struct sink_options){.by = SUMMARY_DEFAULT},
	       HEAD "         0 -> 1          : 3        |" T10 "*******   " S10 S10 "|\n"
		    "         2 -> 3          : 0        |" S40 "|\n"
		    "         4 -> 7          : 7        |" T10 T10 T10 T10 "|\n"
		    "         8 -> 15         : 0        |" S40 "|\n"
		    "        16 -> 31         : 1        |*****     " S10 S10 S10 "|\n"
		    "1 call without a latency\n");
	expect(calls, 0, (struct sink_options){.by = SUMMARY_DEFAULT}, "0 calls without a latency\n");
	expect(calls + 11, 1, (struct sink_options){.by = SUMMARY_DEFAULT}, "1 call without a latency\n");
}

#define WIDE                                                                      \
	"               bytes                         : count     distribution\n" \
	"                   0 -> 1                    : 1        |" T10 T10 "|\n"
/* The largest that is narrow, and the least that is not: 2^32 - 1 and 2^32. */
static void wide_numbers(void **state)
{
	struct call calls[] = {made("x", 1, 0, INT64_C(4294967295)), made("x", 1, 0, INT64_C(4294967296)),
			       made("x", 1, 0, 0)};
	const struct sink_options o = {.histograms = HISTOGRAM_LEN, .by = SUMMARY_DEFAULT};
	struct script s = {.calls = calls, .calls_count = 1};
	char *got = sink_output(sink_histogram_new, o, &s);

	(void)state;
	assert_memory_equal(got, HEAD_BYTES, strlen(HEAD_BYTES));
	assert_non_null(strstr(got, "\n2147483648 -> 4294967295 : 1        |" T10 T10 T10 T10 "|\n"));
	free(got);
	s.calls_count = 3;
	got = sink_output(sink_histogram_new, o, &s);
	assert_memory_equal(got, WIDE, strlen(WIDE));
	assert_non_null(strstr(got, "\n          4294967296 -> 8589934591           : 1        |" T10 T10 "|\n"));
	assert_int_equal(got[strlen(got) - 1], '\n');
	free(got);
	calls[0].len = INT64_MAX;
	got = sink_output(sink_histogram_new, o, &s);
	assert_non_null(strstr(got, "\n 4611686018427387904 -> 9223372036854775807  : 1        |" T10 T10 "|\n"));
	free(got);
}

static void one_for_each_key(void **state)
{
	const struct call calls[] = {made("b\n", 1, 0, 4), made("b\n", 2, 2, 4), made("a", 1, 0, 0), call_bare()};

	(void)state;
	expect(calls, 4, (struct sink_options){.by = SUMMARY_FS},
	       "fs = b\\n\n" HEAD "         0 -> 1          : 1        |" T10 T10 T10 T10 "|\n"
	       "         2 -> 3          : 1        |" T10 T10 T10 T10 "|\n"
	       "\nfs = -\n1 call without a latency\n"
	       "\nfs = a\n" HEAD "         0 -> 1          : 1        |" T10 T10 T10 T10 "|\n");
	expect(calls, 4, (struct sink_options){.by = SUMMARY_FS, .top = 1, .histograms = HISTOGRAM_ALIGN},
	       "fs = b\\n\n" HEAD_BYTES "         0 -> 1          : 0        |" S40 "|\n"
	       "         2 -> 3          : 1        |" T10 T10 T10 T10 "|\n"
	       "         4 -> 7          : 1        |" T10 T10 T10 T10 "|\n"
	       "\nfs = (rest) 2 keys\n2 calls without an alignment\n");
	expect(calls, 0, (struct sink_options){.by = SUMMARY_FS}, "");
}

static void several_kinds(void **state)
{
	const struct call calls[] = {made("a", 1, 0, 1)};

	(void)state;
	expect(calls, 1, (struct sink_options){.by = SUMMARY_DEFAULT, .histograms = HISTOGRAM_LATENCY | HISTOGRAM_LEN},
	       "histogram = latency\n" HEAD "         0 -> 1          : 1        |" T10 T10 T10 T10 "|\n"
	       "\nhistogram = len\n" HEAD_BYTES "         0 -> 1          : 1        |" T10 T10 T10 T10 "|\n");
	expect(calls, 1, (struct sink_options){.by = SUMMARY_OP, .histograms = HISTOGRAM_LEN | HISTOGRAM_ALIGN},
	       "histogram = len, op = punch\n" HEAD_BYTES "         0 -> 1          : 1        |" T10 T10 T10 T10 "|\n"
	       "\nhistogram = align, op = punch\n" HEAD_BYTES "         0 -> 1          : 1        |" T10 T10 T10 T10
	       "|\n");
}

static void below_a_summary(void **state)
{
	(void)state;
	expect(NULL, 0, (struct sink_options){.by = SUMMARY_DEFAULT, .show = SHOW_SUMMARY | SHOW_HISTOGRAM},
	       "\n0 calls without a latency\n");
}

static void inner_calls_count_when_they_are_shown(void **state)
{
	struct call inner, c = call_overlay(&inner);

	(void)state;
	inner.next = NULL;
	inner.has_end = c.has_end = false;
	expect(&c, 1, (struct sink_options){.by = SUMMARY_DEFAULT}, "1 call without a latency\n");
	expect(&c, 1, (struct sink_options){.by = SUMMARY_DEFAULT, .nested = true}, "2 calls without a latency\n");
}

static void losses_are_told(void **state)
{
	const struct loss losses[] = {{.count = 2}, {.count = LOST_UNKNOWN}};
	struct script s = {.losses = losses, .losses_count = 2};
	struct sink_options o = {.by = SUMMARY_DEFAULT, .histograms = HISTOGRAM_LATENCY};
	char *got = sink_output(sink_histogram_new, o, &s);

	(void)state;
	assert_string_equal(got, "0 calls without a latency\n"
				 "LOST 2 events, and an unknown number of events 1 time: calls may be missing\n");
	free(got);
	o.show = SHOW_SUMMARY | SHOW_HISTOGRAM; /* the summary has told it */
	got = sink_output(sink_histogram_new, o, &s);
	assert_null(strstr(got, "LOST"));
	free(got);
}

static void more_keys_than_histograms(void **state)
{
	static struct call calls[4001];
	struct script s = {.calls = calls, .calls_count = 4001};
	const struct sink_options o = {.by = SUMMARY_FS, .histograms = HISTOGRAM_LATENCY, .top = 1};
	char *got;

	(void)state;
	for (unsigned i = 0; i < 4001; i++) {
		calls[i] = call_bare();
		snprintf(calls[i].fs, sizeof(calls[i].fs), "p%u", i);
	}
	got = sink_output(sink_histogram_new, o, &s);
	assert_string_equal(got,
			    "fs = p2000\n1 call without a latency\n"
			    "\nfs = (rest) 2000 keys\n2000 calls without a latency\nat most 1 call more is in (other)\n"
			    "\nfs = (other)\n2000 calls without a latency\n"
			    "(other): too many for a histogram each, so 2000 times one with few calls was added to it; "
			    "what has none had at most 1 call\n");
	free(got);
}

static void as_json(void **state)
{
	const struct call calls[] = {made("b\xff", 2, 0, 4), made("b\xff", 1, 0, 4), call_bare()};

	(void)state;
	expect(calls, 3, (struct sink_options){.format = FORMAT_JSON, .by = SUMMARY_DEFAULT},
	       "{\"type\":\"histogram\",\"of\":\"latency\",\"unit\":\"usecs\",\"by\":null,\"row\":\"all\",\"key\":null,"
	       "\"missing_max\":0,\"calls\":3,\"without\":1,\"buckets\":[{\"low\":0,\"high\":1,\"count\":1},"
	       "{\"low\":2,\"high\":3,\"count\":1}],\"lost\":0,\"gaps\":0}\n");
	expect(calls, 3,
	       (struct sink_options){.format = FORMAT_JSON, .by = SUMMARY_FS, .histograms = HISTOGRAM_LEN, .top = 1},
	       "{\"type\":\"histogram\",\"of\":\"len\",\"unit\":\"bytes\",\"by\":\"fs\",\"row\":\"key\","
	       "\"key\":\"b\xef\xbf\xbd\",\"key_hex\":\"62ff\",\"missing_max\":0,\"calls\":2,\"without\":0,\"buckets\":["
	       "{\"low\":0,\"high\":1,\"count\":0},{\"low\":2,\"high\":3,\"count\":0},{\"low\":4,\"high\":7,\"count\":2}],"
	       "\"lost\":0,\"gaps\":0}\n"
	       "{\"type\":\"histogram\",\"of\":\"len\",\"unit\":\"bytes\",\"by\":\"fs\",\"row\":\"rest\",\"key\":null,"
	       "\"keys\":1,\"missing_max\":0,\"calls\":1,\"without\":1,\"buckets\":[],\"lost\":0,\"gaps\":0}\n");
}

static void intervals(void **state)
{
	const struct interval first = {true, INT64_C(1795425302000000000), INT64_C(1795425303000000000)};
	struct sink_options o = {.intervals = true,
				 .by = SUMMARY_DEFAULT,
				 .histograms = HISTOGRAM_LATENCY,
				 .time = TIME_STYLE_UTC};
	struct call c = made("a", 1, 0, 1);
	struct error e = {0};
	struct sink *sink;
	char *text;
	size_t size;

	(void)state;
	o.out = open_memstream(&text, &size);
	sink = sink_histogram_new(&o);
	assert_non_null(sink);
	assert_int_equal(sink->ops->header(sink, &e), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(sink->ops->call(sink, &c, &e), 0);
		assert_int_equal(sink->ops->interval(sink, &first, &e), 0);
		assert_int_equal(sink->ops->interval(sink, &first, &e), 0); /* nothing came */
	}
	assert_int_equal(sink->ops->footer(sink, &e), 0);
	sink->ops->free(sink);
	fclose(o.out);
#define TABLE                                                                         \
	"interval: 2026-11-23T09:15:02.000000Z to 2026-11-23T09:15:03.000000Z\n" HEAD \
	"         0 -> 1          : 1        |" T10 T10 T10 T10 "|\n"
	assert_string_equal(text, TABLE "\n" TABLE);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_of_all_calls), cmocka_unit_test(wide_numbers),
		cmocka_unit_test(one_for_each_key), cmocka_unit_test(several_kinds),
		cmocka_unit_test(below_a_summary),  cmocka_unit_test(inner_calls_count_when_they_are_shown),
		cmocka_unit_test(losses_are_told),  cmocka_unit_test(more_keys_than_histograms),
		cmocka_unit_test(as_json),	    cmocka_unit_test(intervals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
