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
	       "CALLS ERRORS BYTES GROWN GAINED FREED   P50    P95    P99    MAX ERRNOS           PIDS PROCESS\n"
	       "    4      1 17384 12288   8192  2048 2.0us 60.0us 60.0us 60.0us EINTR:1          42   postgres\n"
	       "    2      2   200     0      0     0 0.0us  0.0us  0.0us  0.0us ENOSPC:2         42   cp\n"
	       "    6      3 17584 12288   8192  2048 1.0us 60.0us 60.0us 60.0us ENOSPC:2,EINTR:1 42   (total)\n"
	       "errors: ENOSPC 2, EINTR 1\n");
}

static void units_for_people(void **state)
{
	struct call c = made("x", 1 << 20, 1500, 0, 3 << 19, -2048);

	(void)state;
	expect(&c, 1, (struct sink_options){.human = true},
	       "CALLS ERRORS BYTES GROWN GAINED FREED   P50   P95   P99   MAX ERRNOS PIDS PROCESS\n"
	       "    1      0    1M  1.5M      0    1M 1.5us 1.5us 1.5us 1.5us -      42   x\n"
	       "    1      0    1M  1.5M      0    1M 1.5us 1.5us 1.5us 1.5us -      42   (total)\n");
}

static void what_is_not_known_is_a_dash(void **state)
{
	struct call c = call_bare();

	(void)state;
	c.odd = ODD_UNFINISHED;
	expect(&c, 1, (struct sink_options){0},
	       "CALLS ERRORS BYTES GROWN GAINED FREED P50 P95 P99 MAX ERRNOS PIDS PROCESS\n"
	       "    1      0     -     -      -     -   -   -   -   - -      -    tid:7\n"
	       "    1      0     -     -      -     -   -   -   -   - -      -    (total)\n"
	       "incomplete: 1 call without a return, 0 returns without a call\n"
	       "known: length of 0 calls, sizes before and after of 0, blocks of 0, latency of 0\n");
	expect(&c, 1, (struct sink_options){.by = SUMMARY_FS},
	       "CALLS ERRORS BYTES GROWN GAINED FREED P50 P95 P99 MAX ERRNOS FS\n"
	       "    1      0     -     -      -     -   -   -   -   - -      -\n"
	       "    1      0     -     -      -     -   -   -   -   - -      (total)\n"
	       "incomplete: 1 call without a return, 0 returns without a call\n"
	       "known: length of 0 calls, sizes before and after of 0, blocks of 0, latency of 0\n");
}

static void nothing_at_all(void **state)
{
	(void)state;
	expect(NULL, 0, (struct sink_options){.by = SUMMARY_FILE},
	       "CALLS ERRORS BYTES GROWN GAINED FREED P50 P95 P99 MAX ERRNOS FILE\n"
	       "    0      0     -     -      -     -   -   -   -   - -      (total)\n");
}

/* A cell of the first row: a word; with hosts, where no PIDS are, the 12th is the key. */
static void expect_cell(const struct call *calls, unsigned count, struct sink_options o, unsigned column,
			const char *want)
{
	struct script s = {.calls = calls, .calls_count = count};
	char *got = sink_output(sink_summary_new, o, &s), *row = strchr(got, '\n') + 1;

	row += strspn(row, " ");
	for (unsigned i = 1; i < column; i++) {
		row += strcspn(row, " ");
		row += strspn(row, " ");
	}
	row[strcspn(row, o.hosts ? "\n" : " \n")] = '\0';
	assert_string_equal(row, want);
	free(got);
}

static void names_cannot_steer_the_terminal(void **state)
{
	struct call c = call_hostile();

	(void)state;
	expect_cell(&c, 1, (struct sink_options){.hosts = true}, 12, "a b\"\\\\\\n\\x1b[2J\\xff\\t");
}

/* Those that no cell has room for are counted still. */
static void errors_of_a_row(void **state)
{
	static struct call calls[100];
	const int errors[] = {-EINTR, -ENOSPC, -EIO, -EDQUOT, -ENOSPC, -4000, -9999, -EDQUOT};
	const struct sink_options o = {.by = SUMMARY_FS};

	(void)state;
	for (unsigned i = 0; i < 8; i++)
		calls[i] = made("x", 1, 1, errors[i], 0, 0);
	expect_cell(calls, 1, o, 11, "EINTR:1");
	expect_cell(calls, 5, o, 11, "ENOSPC:2,EINTR:1,EIO:1,+1");
	expect_cell(calls, 8, o, 11, "ENOSPC:2,EDQUOT:2,EINTR:1,+3");
	for (unsigned i = 0; i < 100; i++)
		calls[i] = made("x", 1, 1, -4000 - (int)i, 0, 0);
	calls[99].ret = INT64_MIN;
	expect_cell(calls, 1, o, 11, "-4000:1");
	expect_cell(calls + 99, 1, o, 11, "+1");
	expect_cell(calls, 100, o, 11, "-4000:1,-4001:1,-4002:1,+97");
}

/* One process is told by its number, and so are a few; of many, that they are many. */
static void processes_of_a_row(void **state)
{
	struct call calls[20];

	(void)state;
	for (int i = 0; i < 20; i++) {
		calls[i] = made("x", 1, 1, 0, 0, 0);
		calls[i].pid = 100 - i / 2;
	}
	expect_cell(calls, 2, (struct sink_options){0}, 12, "100");
	expect_cell(calls, 5, (struct sink_options){0}, 12, "98,99,100");
	expect_cell(calls, 20, (struct sink_options){0}, 12, "91,92,93,+7");
	for (int i = 0; i < 20; i++)
		calls[i].pid = i;
	expect_cell(calls, 16, (struct sink_options){0}, 12, "0,1,2,+13");
	expect_cell(calls, 17, (struct sink_options){0}, 12, ">16");
	calls[0].pid = -1;
	expect_cell(calls, 17, (struct sink_options){0}, 12, "1,2,3,+13");
	expect_cell(calls, 1, (struct sink_options){0}, 12, "-");
	/* machines number their processes each for itself */
	expect_cell(calls, 5, (struct sink_options){.hosts = true}, 12, "x");
}

static void sums_that_are_too_large_are_not_told(void **state)
{
	const struct call calls[] = {made("x", INT64_MAX, 1, 0, 0, 0), made("x", 1, 1, 0, 0, INT64_MAX / 2)};

	(void)state;
	expect(calls, 2, (struct sink_options){.by = SUMMARY_FS},
	       "CALLS ERRORS BYTES GROWN GAINED FREED   P50   P95   P99   MAX ERRNOS FS\n"
	       "    2      0     ?     0      ?     0 0.0us 0.0us 0.0us 0.0us -      ext4\n"
	       "    2      0     ?     0      ?     0 0.0us 0.0us 0.0us 0.0us -      (total)\n");
}

/* One that a call made is one of its own where rows would be. */
static void inner_calls_count_when_they_are_shown(void **state)
{
	struct call inner, c = call_overlay(&inner);

	(void)state;
	inner.next = NULL;
	expect(&c, 1, (struct sink_options){.by = SUMMARY_FS},
	       "CALLS ERRORS BYTES GROWN GAINED FREED    P50    P95    P99    MAX ERRNOS FS\n"
	       "    1      0  8192     0      0  8192 35.1us 35.1us 35.1us 35.1us -      overlay\n"
	       "    1      0  8192     0      0  8192 35.1us 35.1us 35.1us 35.1us -      (total)\n");
	expect(&c, 1, (struct sink_options){.by = SUMMARY_FS, .nested = true},
	       "CALLS ERRORS BYTES GROWN GAINED FREED    P50    P95    P99    MAX ERRNOS FS\n"
	       "    1      0  8192     0      0  8192 35.1us 35.1us 35.1us 35.1us -      overlay\n"
	       "    1      0  8192     0      0  8192 33.1us 33.1us 33.1us 33.1us -      xfs\n"
	       "    2      0 16384     0      0 16384 33.2us 35.1us 35.1us 35.1us -      (total)\n");
}

static void expect_lost(const struct loss *losses, unsigned count, const char *want)
{
	struct script s = {.losses = losses, .losses_count = count};
	char *got = sink_output(sink_summary_new, (struct sink_options){0}, &s);

	assert_string_equal(strstr(got, "LOST"), want);
	free(got);
}

static void losses_are_told(void **state)
{
	const struct loss losses[] = {
		{.count = 1}, {.count = 117},		{.count = LOST_UNKNOWN}, {.count = LOST_UNKNOWN},
		{.count = 1}, {.count = UINT64_MAX - 1}};
	struct script s = {.losses = losses + 1, .losses_count = 2};
	char *got;

	(void)state;
	expect_lost(losses, 1, "LOST 1 event: calls may be missing\n");
	expect_lost(losses, 2, "LOST 118 events: calls may be missing\n");
	expect_lost(losses, 3, "LOST 118 events, and an unknown number of events 1 time: calls may be missing\n");
	expect_lost(losses + 2, 1, "LOST an unknown number of events 1 time: calls may be missing\n");
	expect_lost(losses + 2, 2, "LOST an unknown number of events 2 times: calls may be missing\n");
	expect_lost(losses + 4, 2, "LOST 18446744073709551615 events: calls may be missing\n");
	got = sink_output(sink_summary_new, (struct sink_options){.format = FORMAT_JSON}, &s);
	assert_non_null(strstr(got, ",\"lost\":117,\"gaps\":1}\n"));
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
		snprintf(calls[i].fs, sizeof(calls[i].fs), "p%u", i);
	}
	got = sink_output(sink_summary_new, (struct sink_options){.by = SUMMARY_FS}, &s);
	assert_non_null(strstr(got, "\n   1+      0     -     -      -     -   -   -   -   - -      p10000\n"));
	assert_non_null(strstr(got, "\n    1      0     -     -      -     -   -   -   -   - -      p5000\n"));
	assert_null(strstr(got, " p4999\n"));
	assert_non_null(strstr(got, "\n 5000      0     -     -      -     -   -   -   -   - -      (other)\n"
				    "10001      0     -     -      -     -   -   -   -   - -      (total)\n"));
	assert_non_null(
		strstr(got, "\n(other): too many for a row each, so 5000 times one with few calls was added to it; "));
	assert_non_null(strstr(got, "; one with it lacks at most 1 call, "));
	free(got);
}

/* What JSON has of call_bare(), and of those that a test makes. */
#define NONE                                                                                                   \
	"\"calls\":1,\"errors\":0,\"errnos\":{},\"unfinished\":0,\"orphans\":0,\"lens_known\":0,\"len\":null," \
	"\"sizes_known\":0,\"grown\":null,\"blocks_known\":0,\"gained\":null,\"freed\":null,"                  \
	"\"latencies_known\":0,\"p50_ns\":null,\"p95_ns\":null,\"p99_ns\":null,\"max_ns\":null"
#define SOME(calls, errors)                                                                            \
	"\"calls\":" calls "," errors ",\"unfinished\":0,\"orphans\":0,\"lens_known\":1,\"len\":4096," \
	"\"sizes_known\":1,\"grown\":4096,\"blocks_known\":1,\"gained\":4096,\"freed\":0,"             \
	"\"latencies_known\":1,\"p50_ns\":1000,\"p95_ns\":1000,\"p99_ns\":1000,\"max_ns\":1000"

static void one_object_of_json(void **state)
{
	const struct call calls[] = {made("postgres", 4096, 1000, -ENOSPC, 4096, 8), call_bare()};

	(void)state;
	expect(calls, 2, (struct sink_options){.format = FORMAT_JSON, .by = SUMMARY_FS},
	       "{\"type\":\"summary\",\"by\":\"fs\",\"rows\":[{\"key\":null,\"missing_max\":0," NONE
	       "},{\"key\":\"ext4\",\"missing_max\":0," SOME("1", "\"errors\":1,\"errnos\":{\"ENOSPC\":1}") "}],\"rest\":null,\"other\":null,\"folded\":0,\"folded_max\":0,\"total\":{" SOME(
		       "2", "\"errors\":1,\"errnos\":{\"ENOSPC\":1}") "},\"lost\":0,\"gaps\":0}\n");
}

static void pids_in_json(void **state)
{
	struct call calls[] = {made("x", 4096, 1000, -9999, 4096, 8), call_bare()};

	(void)state;
	calls[1].comm[0] = '\xff';
	expect(calls, 2, (struct sink_options){.format = FORMAT_JSON, .top = 1},
	       "{\"type\":\"summary\",\"by\":\"process\",\"rows\":[{\"key\":\"x\",\"missing_max\":0," SOME(
		       "1",
		       "\"errors\":1,\"errnos\":{\"other\":1}") ",\"pids\":[42],\"pids_more\":false}],"
								"\"rest\":{\"rows\":1,\"missing_max\":0," NONE
								",\"pids\":[],\"pids_more\":false},"
								"\"other\":null,\"folded\":0,\"folded_max\":0,\"total\":{" SOME(
									"2",
									"\"errors\":1,\"errnos\":{\"other\":1}") ",\"pids\":[42],\"pids_more\":false},\"lost\":0,\"gaps\":0}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_by_process),
		cmocka_unit_test(units_for_people),
		cmocka_unit_test(what_is_not_known_is_a_dash),
		cmocka_unit_test(nothing_at_all),
		cmocka_unit_test(names_cannot_steer_the_terminal),
		cmocka_unit_test(errors_of_a_row),
		cmocka_unit_test(processes_of_a_row),
		cmocka_unit_test(sums_that_are_too_large_are_not_told),
		cmocka_unit_test(inner_calls_count_when_they_are_shown),
		cmocka_unit_test(losses_are_told),
		cmocka_unit_test(more_keys_than_rows),
		cmocka_unit_test(one_object_of_json),
		cmocka_unit_test(pids_in_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
