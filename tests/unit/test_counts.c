/* SPDX-License-Identifier: MIT */
/*
 * The short lists that a row of counts has: kinds of errors, and processes.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "calls.h"
#include "stats/summary_counts.h"

static uint64_t calls_of(const struct error_counts *n, int err)
{
	for (unsigned i = 0; i < n->count; i++)
		if (n->of[i].err == err)
			return n->of[i].calls;
	return 0;
}

static void more_kinds_than_are_told_apart(void **state)
{
	struct error_counts n = {0}, to = {0};

	(void)state;
	for (int i = 1; i <= 100; i++)
		assert_int_equal(error_counts_add(&n, -i, (uint64_t)i), 0);
	assert_int_equal(n.count, ERROR_KINDS_MAX);
	assert_int_equal(calls_of(&n, 64), 64);
	assert_int_equal(n.others, 65 * 36 + 35 * 36 / 2);
	assert_true(error_counts_bytes(&n) <= ERROR_KINDS_MAX * sizeof(*n.of));
	for (int i = 0; i < 3; i++)
		assert_int_equal(error_counts_merge(&to, &n), 0);
	assert_int_equal(calls_of(&to, 64), 3 * 64);
	assert_int_equal(to.others, 3 * n.others);
	error_counts_free(&n);
	error_counts_free(&to);
	assert_int_equal(error_counts_bytes(&n), 0);
}

static void what_no_kernel_returns(void **state)
{
	struct error_counts n = {0};

	(void)state;
	assert_int_equal(error_counts_add(&n, -4095, 1), 0);
	assert_int_equal(n.others, 0);
	assert_int_equal(error_counts_add(&n, -4096, 1), 0);
	assert_int_equal(error_counts_add(&n, INT64_MIN, 1), 0);
	assert_int_equal(n.others, 2);
	assert_int_equal(n.count, 1);
	error_counts_free(&n);
}

static void most_calls_first(void **state)
{
	struct error_counts n = {0};
	struct buf b;

	(void)state;
	error_counts_sort(&n);
	assert_int_equal(error_counts_add(&n, -ENOSPC, 2), 0);
	assert_int_equal(error_counts_add(&n, -4000, 1), 0);
	assert_int_equal(error_counts_add(&n, -EINTR, 2), 0);
	assert_int_equal(error_counts_add(&n, -EIO, UINT32_MAX), 0);
	error_counts_sort(&n);
	buf_init(&b);
	for (unsigned i = 0; i < n.count; i++) {
		error_count_name(&b, &n.of[i]);
		buf_char(&b, ' ');
	}
	buf_char(&b, '\0');
	assert_string_equal(b.data, "EIO EINTR ENOSPC -4000 ");
	buf_free(&b);
	error_counts_free(&n);
}

static void a_few_processes(void **state)
{
	struct pid_set a = {0}, b = {0};

	(void)state;
	pid_set_sort(&a);
	for (int i = 0; i < 3; i++) {
		pid_set_add(&a, INT32_MAX);
		pid_set_add(&a, 0);
		pid_set_add(&a, -1);
	}
	pid_set_sort(&a);
	assert_int_equal(a.count, 2);
	assert_int_equal(a.pids[0], 0);
	assert_int_equal(a.pids[1], INT32_MAX);
	for (int i = 1; i <= PIDS_MAX; i++)
		pid_set_add(&b, i);
	assert_false(b.more);
	pid_set_merge(&a, &b); /* 18 are */
	assert_true(a.more);
	assert_int_equal(a.count, PIDS_MAX);
}

/* That there are more is known of the parts, and so of the whole. */
static void many_processes(void **state)
{
	struct pid_set a = {0}, b = {0};

	(void)state;
	for (int i = 0; i <= PIDS_MAX; i++)
		pid_set_add(&b, i);
	assert_true(b.more);
	pid_set_merge(&a, &b);
	assert_true(a.more);
	assert_int_equal(a.count, PIDS_MAX);
}

static void sums_are_added_up(void **state)
{
	struct summary_counts n = {0}, to = {0};
	struct call c = call_whole();

	(void)state;
	c.ret = -EIO;
	c.len = -5; /* fails, and asks for nothing */
	assert_int_equal(summary_counts_add_pid(&n, &c), 0);
	c.len = 7;
	assert_int_equal(summary_counts_add_pid(&n, &c), 0);
	c.has_len = c.has_ret = false;
	assert_int_equal(summary_counts_add(&n, &c), 0);
	assert_int_equal(summary_counts_merge(&to, &n), 0);
	assert_int_equal(summary_counts_merge(&to, &n), 0);
	assert_int_equal(to.calls, 6);
	assert_int_equal(to.asked, 4);
	assert_int_equal(to.len, 14);
	assert_int_equal(to.errors, 4);
	assert_int_equal(calls_of(&to.kinds, EIO), 4);
	assert_int_equal(to.latency.total, 6);
	assert_int_equal(to.pids->count, 1);
	assert_true(summary_counts_bytes(&to) >= sizeof(struct pid_set) + error_counts_bytes(&to.kinds));
	summary_counts_free(&n);
	summary_counts_free(&to);
	assert_int_equal(summary_counts_bytes(&to), 0);
	assert_int_equal(to.calls, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(more_kinds_than_are_told_apart),
		cmocka_unit_test(what_no_kernel_returns),
		cmocka_unit_test(most_calls_first),
		cmocka_unit_test(a_few_processes),
		cmocka_unit_test(many_processes),
		cmocka_unit_test(sums_are_added_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
