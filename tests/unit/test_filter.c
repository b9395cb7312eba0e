/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "falloctrace/filter.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* A call of which everything is known. */
static struct call whole_call(void)
{
	struct call c = {
		.has_start = true,
		.has_end = true,
		.start = 1000,
		.end = 36120,
		.tid = 43,
		.pid = 42,
		.uid = 107,
		.comm = "postgres",
		.via = VIA_SYSCALL,
		.has_mode = true,
		.mode = 3,
		.op = OP_PUNCH,
		.has_offset = true,
		.offset = 4096,
		.has_len = true,
		.len = 8192,
		.has_ret = true,
		.ret = -ENOSPC,
		.fs = "ext4",
		.path = "/var/lib/db/16384",
	};

	return c;
}

static struct call bare_call(void)
{
	struct call c = {.tid = 43, .pid = -1, .uid = -1, .op = OP_COUNT};

	return c;
}

typedef int (*setter)(struct filter *f, const char *text, struct error *e);

static int set_failed(struct filter *f, const char *text, struct error *e)
{
	(void)text;
	(void)e;
	f->failed = true;
	return 0;
}

static bool matches(setter set, const char *text, const struct call *c)
{
	struct filter f;
	struct error e;
	bool ret;

	filter_init(&f);
	if (set && set(&f, text, &e) < 0)
		fail_msg("'%s': %s", text, e.text);
	ret = filter_match(&f, c, NULL);
	filter_free(&f);
	return ret;
}

static const struct one {
	setter set;
	const char *text;
	bool want;
} ones[] = {
	{NULL, NULL, true},
	{filter_add_pids, "42", true},
	{filter_add_pids, "1,42,7", true},
	{filter_add_pids, "43", true}, /* a thread's own id */
	{filter_add_pids, "41", false},
	{filter_add_pids, "2147483647", false},
	{filter_add_comms, "postgres", true},
	{filter_add_comms, "a,postgres", true},
	{filter_add_comms, "postgre", false},
	{filter_add_comms, "Postgres", false},
	{filter_set_user, "107", true},
	{filter_set_user, "root", false},
	{filter_set_user, "0", false},
	{set_failed, "", true},
	{filter_add_errnos, "ENOSPC", true},
	{filter_add_errnos, "eintr,nospc", true},
	{filter_add_errnos, "28", true},
	{filter_add_errnos, "EINTR", false},
	{filter_add_ops, "punch", true},
	{filter_add_ops, "zero,punch", true},
	{filter_add_ops, "extend,keep,collapse,insert,zero,unshare,write-zeroes,invalid", false},
	{filter_add_vias, "syscall", true},
	{filter_add_vias, "compat,io_uring,ioctl,madvise,overlay,nfsd,loop,kernel", false},
	{filter_set_min_latency, "35us", true},
	{filter_set_min_latency, "35120ns", true},
	{filter_set_min_latency, "35121ns", false},
	{filter_set_min_latency, "1", false}, /* ms */
	{filter_set_min_latency, "0.035", true},
	{filter_set_min_len, "8192", true},
	{filter_set_min_len, "8K", true},
	{filter_set_min_len, "8193", false},
	{filter_add_path, "/var/lib/*", true}, /* a star spans slashes */
	{filter_add_path, "/var/lib/db/16384", true},
	{filter_add_path, "/var/lib/db", false},
	{filter_add_path, "16384", true},
	{filter_add_path, "163[0-9][0-9]", true},
	{filter_add_path, "1638", false},
	{filter_add_path, "*/16384", true},
	{filter_add_path, "db", false},
	{filter_add_fs, "ext4", true},
	{filter_add_fs, "xfs,ext4", true},
	{filter_add_fs, "ext", false},
};

static void each_condition_on_a_known_call(void **state)
{
	struct call c = whole_call();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(ones); i++)
		if (matches(ones[i].set, ones[i].text, &c) != ones[i].want)
			fail_msg("line %zu, '%s': not %d", i, ones[i].text, ones[i].want);
}

/* Whatever is asked for, a call that doesn't know it isn't shown. */
static void each_condition_fails_what_is_unknown(void **state)
{
	struct call c = bare_call();
	size_t i;

	(void)state;
	c.tid = 99;
	for (i = 1; i < COUNT(ones); i++)
		if (ones[i].set && matches(ones[i].set, ones[i].text, &c))
			fail_msg("line %zu, '%s': matched", i, ones[i].text);
	assert_true(matches(NULL, NULL, &c));
	assert_false(matches(filter_add_path, "*", &c));
	assert_false(matches(filter_set_user, "root", &c));
	assert_false(matches(filter_add_errnos, "EPERM", &c));
}

static void conditions_and_together(void **state)
{
	struct call c = whole_call();
	struct filter f;
	struct error e;

	(void)state;
	filter_init(&f);
	assert_int_equal(filter_add_pids(&f, "42", &e), 0);
	assert_int_equal(filter_add_pids(&f, "50", &e), 0); /* given twice: or */
	assert_int_equal(filter_add_ops(&f, "zero", &e), 0);
	assert_int_equal(filter_add_ops(&f, "punch", &e), 0);
	assert_int_equal(filter_add_path(&f, "nothing", &e), 0);
	assert_int_equal(filter_add_path(&f, "16*", &e), 0);
	assert_true(filter_match(&f, &c, NULL));
	assert_int_equal(filter_add_fs(&f, "xfs", &e), 0);
	assert_false(filter_match(&f, &c, NULL));
	filter_free(&f);
	assert_int_equal(f.uid, -1);
	assert_true(filter_match(&f, &c, NULL));
}

static void failed_wants_a_failure(void **state)
{
	struct call c = whole_call();

	(void)state;
	c.ret = 0;
	assert_false(matches(set_failed, "", &c));
	assert_false(matches(filter_add_errnos, "ENOSPC", &c));
}

static void followed_processes_bring_their_descendants(void **state)
{
	struct trace_info info;
	struct call c = whole_call();
	struct filter f;
	struct error e;

	(void)state;
	info_init(&info);
	assert_int_equal(tasks_add(info.tasks, 10, 10, 1), 0);
	assert_int_equal(tasks_add(info.tasks, 20, 20, 10), 0);
	assert_int_equal(tasks_add(info.tasks, 42, 42, 20), 0);
	filter_init(&f);
	assert_int_equal(filter_add_pids(&f, "10", &e), 0);
	assert_false(filter_match(&f, &c, &info));
	f.follow = true;
	assert_true(filter_match(&f, &c, &info));
	c.pid = 1; /* an ancestor is no descendant */
	assert_false(filter_match(&f, &c, &info));
	filter_free(&f);
	info_free(&info);
}

static void bad_spellings_are_refused(void **state)
{
	static const struct {
		setter set;
		const char *text, *why; /* why: part of the message */
	} cases[] = {
		{filter_add_pids, "", "empty"},
		{filter_add_pids, "1,,2", "empty"},
		{filter_add_pids, "1,", "empty"},
		{filter_add_pids, ",1", "empty"},
		{filter_add_pids, "x", "'x' is not a process id"},
		{filter_add_pids, "1x", "'1x' is not a process id"},
		{filter_add_pids, "-1", "not a process id"},
		{filter_add_pids, "+1", "not a process id"},
		{filter_add_pids, " 1", "not a process id"},
		{filter_add_pids, "0", "out of range"},
		{filter_add_pids, "2147483648", "out of range"},
		{filter_add_pids, "99999999999999999999", "out of range"},
		{filter_add_comms, "", "empty"},
		{filter_add_comms, "a,", "empty"},
		{filter_add_comms, "sixteen-bytes-xx", "longer than the 15 bytes"},
		{filter_set_user, "", "empty"},
		{filter_set_user, "no-such-user-here", "no user 'no-such-user-here'"},
		{filter_set_user, "-1", "no user"},
		{filter_set_user, "0x0", "no user"},
		{filter_set_user, "4294967295", "out of range"},
		{filter_set_user, "99999999999999999999", "out of range"},
		{filter_add_errnos, "", "empty"},
		{filter_add_errnos, "ENOSPC,EWHAT", "no error 'EWHAT'"},
		{filter_add_errnos, "0", "no error '0'"},
		{filter_add_ops, "", "empty"},
		{filter_add_ops, "hole", "'hole' is none of extend, keep, punch"},
		{filter_add_ops, "Punch", "none of"},
		{filter_add_ops, "punch zero", "none of"},
		{filter_add_vias, "uring", "'uring' is none of syscall"},
		{filter_add_vias, "", "empty"},
		{filter_set_min_latency, "10x", "'10x' has an unknown unit"},
		{filter_set_min_latency, "", "not a number"},
		{filter_set_min_latency, "-1", "negative"},
		{filter_set_min_latency, "999999999999h", "too large"},
		{filter_set_min_len, "1KB", "'1KB' has an unknown unit"},
		{filter_set_min_len, "9999999P", "too large"},
		{filter_add_path, "", "empty"},
		{filter_add_fs, "", "empty"},
		{filter_add_fs, "ext4,", "empty"},
	};
	struct filter f;
	struct error e;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		memset(&e, 0, sizeof(e));
		filter_init(&f);
		assert_int_equal(cases[i].set(&f, cases[i].text, &e), -1);
		assert_int_equal(e.status, STATUS_USAGE);
		if (!strstr(e.text, cases[i].why))
			fail_msg("'%s': '%s' lacks '%s'", cases[i].text, e.text, cases[i].why);
		filter_free(&f);
	}
}

static void user_names_are_looked_up(void **state)
{
	struct filter f;
	struct error e;

	(void)state;
	filter_init(&f);
	assert_int_equal(filter_set_user(&f, "root", &e), 0);
	assert_int_equal(f.uid, 0);
	assert_int_equal(filter_set_user(&f, "4294967294", &e), 0);
	assert_int_equal(f.uid, 4294967294);
	filter_free(&f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_condition_on_a_known_call),
		cmocka_unit_test(each_condition_fails_what_is_unknown),
		cmocka_unit_test(conditions_and_together),
		cmocka_unit_test(failed_wants_a_failure),
		cmocka_unit_test(followed_processes_bring_their_descendants),
		cmocka_unit_test(bad_spellings_are_refused),
		cmocka_unit_test(user_names_are_looked_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
