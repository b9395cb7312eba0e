/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "calls.h"

static void expect(const struct call *calls, unsigned count, struct sink_options o, const char *want)
{
	struct script s = {.header = true, .calls = calls, .calls_count = count};
	char *got = sink_output(sink_summary_new, o, &s);

	assert_string_equal(got, want);
	free(got);
}

/* A call of comm: bytes asked for, latency in ns, result, what it did to size (bytes) and blocks (of 512). */
static struct call made(const char *comm, int64_t len, uint64_t ns, int ret, int64_t grown, int64_t blocks)
{
	struct call c = call_whole();

	strcpy(c.comm, comm);
	c.len = len;
	c.end = c.start + ns;
	c.ret = ret;
	c.size_after = c.size_before + grown;
	c.blocks_after = c.blocks_before + (uint64_t)blocks;
	return c;
}

/*
 * postgres: latencies 1000 2000 3000 60000. p50 is the second, in a bucket of 32
 * from 1984: 2000; p95 and p99 the fourth and last: 60000. Of all six, 40 and 50
 * before them, p50 is the third: 1000, in a bucket of 16 from 992.
 */
static void rows_by_process(void **state)
{
	const struct call calls[] = {
		made("postgres", 4096, 1000, 0, 4096, 8), made("cp", 100, 40, -ENOSPC, 0, 0),
		made("postgres", 4096, 60000, 0, 0, -4),  made("postgres", 1000, 2000, -EINTR, 0, 0),
		made("postgres", 8192, 3000, 0, 8192, 8), made("cp", 100, 50, -ENOSPC, 0, 0),
	};

	(void)state;
	expect(calls, 6, (struct sink_options){0},
	       "CALLS ERRORS BYTES GROWN GAINED FREED   P50    P95    P99    MAX PROCESS\n"
	       "    4      1 17384 12288   8192  2048 2.0us 60.0us 60.0us 60.0us postgres\n"
	       "    2      2   200     0      0     0 0.0us  0.0us  0.0us  0.0us cp\n"
	       "    6      3 17584 12288   8192  2048 1.0us 60.0us 60.0us 60.0us (total)\n"
	       "errors: ENOSPC 2, EINTR 1\n");
}

static void units_for_people(void **state)
{
	struct call c = made("x", 1 << 20, 1500, 0, 3 << 19, -2048);

	(void)state;
	expect(&c, 1, (struct sink_options){.human = true},
	       "CALLS ERRORS BYTES GROWN GAINED FREED   P50   P95   P99   MAX PROCESS\n"
	       "    1      0    1M  1.5M      0    1M 1.5us 1.5us 1.5us 1.5us x\n"
	       "    1      0    1M  1.5M      0    1M 1.5us 1.5us 1.5us 1.5us (total)\n");
}

static void what_is_not_known_is_a_dash(void **state)
{
	struct call c = call_bare();

	(void)state;
	c.odd = ODD_UNFINISHED;
	expect(&c, 1, (struct sink_options){0},
	       "CALLS ERRORS BYTES GROWN GAINED FREED P50 P95 P99 MAX PROCESS\n"
	       "    1      0     0     -      -     -   -   -   -   - tid:7\n"
	       "    1      0     0     -      -     -   -   -   -   - (total)\n"
	       "incomplete: 1 calls without a return, 0 returns without a call\n"
	       "known: sizes before and after of 0 calls, blocks of 0, latency of 0\n");
}

static void nothing_at_all(void **state)
{
	(void)state;
	expect(NULL, 0, (struct sink_options){.by = SUMMARY_FILE},
	       "CALLS ERRORS BYTES GROWN GAINED FREED P50 P95 P99 MAX FILE\n"
	       "    0      0     -     -      -     -   -   -   -   - (total)\n");
}

/* The first row's last column. */
static void expect_key(const struct call *c, struct sink_options o, const char *want)
{
	struct script s = {.calls = c, .calls_count = 1};
	char *got = sink_output(sink_summary_new, o, &s), *row = strchr(got, '\n') + 1;

	for (int i = 0; i < 10; i++) {
		row += strspn(row, " ");
		row += strcspn(row, " ");
	}
	*strchr(row, '\n') = '\0';
	assert_string_equal(row + 1, want);
	free(got);
}

static void names_cannot_steer_the_terminal(void **state)
{
	struct call c = call_hostile();

	(void)state;
	expect_key(&c, (struct sink_options){.by = SUMMARY_PROCESS}, "a b\"\\\\\\n\\x1b[2J\\xff\\t");
}

static void sums_that_are_too_large_are_not_told(void **state)
{
	const struct call calls[] = {made("x", INT64_MAX, 1, 0, 0, 0), made("x", 1, 1, 0, 0, INT64_MAX / 2)};

	(void)state;
	expect(calls, 2, (struct sink_options){0},
	       "CALLS ERRORS BYTES GROWN GAINED FREED   P50   P95   P99   MAX PROCESS\n"
	       "    2      0     ?     0      ?     0 0.0us 0.0us 0.0us 0.0us x\n"
	       "    2      0     ?     0      ?     0 0.0us 0.0us 0.0us 0.0us (total)\n");
}

/* One that a call made is one of its own where rows would be. */
static void inner_calls_count_when_they_are_shown(void **state)
{
	struct call inner, c = call_overlay(&inner);

	(void)state;
	inner.next = NULL;
	expect(&c, 1, (struct sink_options){.by = SUMMARY_FS},
	       "CALLS ERRORS BYTES GROWN GAINED FREED    P50    P95    P99    MAX FS\n"
	       "    1      0  8192     0      0  8192 35.1us 35.1us 35.1us 35.1us overlay\n"
	       "    1      0  8192     0      0  8192 35.1us 35.1us 35.1us 35.1us (total)\n");
	expect(&c, 1, (struct sink_options){.by = SUMMARY_FS, .nested = true},
	       "CALLS ERRORS BYTES GROWN GAINED FREED    P50    P95    P99    MAX FS\n"
	       "    1      0  8192     0      0  8192 35.1us 35.1us 35.1us 35.1us overlay\n"
	       "    1      0  8192     0      0  8192 33.1us 33.1us 33.1us 33.1us xfs\n"
	       "    2      0 16384     0      0 16384 33.2us 35.1us 35.1us 35.1us (total)\n");
}

static void losses_are_told(void **state)
{
	const struct loss losses[] = {{.count = 100}, {.count = LOST_UNKNOWN}, {.count = 18}};
	struct script s = {.losses = losses, .losses_count = 3};
	char *got = sink_output(sink_summary_new, (struct sink_options){0}, &s);

	(void)state;
	assert_string_equal(strstr(got, "LOST"),
			    "LOST 118 events, and 1 times an unknown number of events: calls may be missing\n");
	free(got);
	s.losses_count = 1;
	got = sink_output(sink_summary_new, (struct sink_options){.format = FORMAT_JSON}, &s);
	assert_non_null(strstr(got, ",\"lost\":100,\"gaps\":0}\n"));
	free(got);
}

static void more_keys_than_rows(void **state)
{
	static struct call calls[10001];
	struct script s = {.calls = calls, .calls_count = 10001};
	char *got;

	(void)state;
	for (unsigned i = 0; i < 10001; i++) {
		calls[i] = call_bare();
		snprintf(calls[i].comm, sizeof(calls[i].comm), "p%u", i);
	}
	got = sink_output(sink_summary_new, (struct sink_options){0}, &s);
	assert_non_null(strstr(got, "\n   1+      0     0     -      -     -   -   -   -   - p10000\n"));
	assert_non_null(strstr(got, "\n    1      0     0     -      -     -   -   -   -   - p5000\n"));
	assert_null(strstr(got, " p4999\n"));
	assert_non_null(strstr(got, "\n 5000      0     0     -      -     -   -   -   -   - (other)\n"
				    "10001      0     0     -      -     -   -   -   -   - (total)\n"));
	assert_non_null(
		strstr(got, "\n(other): too many for a row each, so 5000 times one with few calls was added to it; "));
	assert_non_null(strstr(got, "; one with it lacks at most 1 calls, "));
	free(got);
}

static void one_object_of_json(void **state)
{
	const struct call calls[] = {made("postgres", 4096, 1000, -ENOSPC, 4096, 8), call_bare()};

	(void)state;
	expect(calls, 2, (struct sink_options){.format = FORMAT_JSON, .by = SUMMARY_FS},
	       "{\"type\":\"summary\",\"by\":\"fs\",\"rows\":["
	       "{\"key\":null,\"missing_max\":0,\"calls\":1,\"errors\":0,\"unfinished\":0,\"orphans\":0,\"len\":0,"
	       "\"sizes_known\":0,\"grown\":null,\"blocks_known\":0,\"gained\":null,\"freed\":null,"
	       "\"latencies_known\":0,\"p50_ns\":null,\"p95_ns\":null,\"p99_ns\":null,\"max_ns\":null},"
	       "{\"key\":\"ext4\",\"missing_max\":0,\"calls\":1,\"errors\":1,\"unfinished\":0,\"orphans\":0,\"len\":4096,"
	       "\"sizes_known\":1,\"grown\":4096,\"blocks_known\":1,\"gained\":4096,\"freed\":0,"
	       "\"latencies_known\":1,\"p50_ns\":1000,\"p95_ns\":1000,\"p99_ns\":1000,\"max_ns\":1000}"
	       "],\"other\":null,\"folded\":0,\"folded_max\":0,\"total\":"
	       "{\"calls\":2,\"errors\":1,\"unfinished\":0,\"orphans\":0,\"len\":4096,"
	       "\"sizes_known\":1,\"grown\":4096,\"blocks_known\":1,\"gained\":4096,\"freed\":0,"
	       "\"latencies_known\":1,\"p50_ns\":1000,\"p95_ns\":1000,\"p99_ns\":1000,\"max_ns\":1000},"
	       "\"errnos\":{\"ENOSPC\":1},\"lost\":0,\"gaps\":0}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_by_process),
		cmocka_unit_test(units_for_people),
		cmocka_unit_test(what_is_not_known_is_a_dash),
		cmocka_unit_test(nothing_at_all),
		cmocka_unit_test(names_cannot_steer_the_terminal),
		cmocka_unit_test(sums_that_are_too_large_are_not_told),
		cmocka_unit_test(inner_calls_count_when_they_are_shown),
		cmocka_unit_test(losses_are_told),
		cmocka_unit_test(more_keys_than_rows),
		cmocka_unit_test(one_object_of_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
