/* SPDX-License-Identifier: MIT */
/*
 * Returns without an entry.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expect_calls.h"

static void test_orphans(void **state)
{
	struct event events[] = {
		VFS_EXIT_TO(100, 11, -28, IN_IOCTL),
		SYS_EXIT(200, 12, 0),
		COMPAT_EXIT(300, 13, -4),
		VFS_EXIT(400, 14, 0),
	};
	const struct want want[] = {
		{11, NO_TIME, 100, -28, -1, VIA_IOCTL, ORPHAN, 0, 0},
		{12, NO_TIME, 200, 0, -1, VIA_SYSCALL, ORPHAN, 0, 0},
		{13, NO_TIME, 300, -4, -1, VIA_COMPAT, ORPHAN, 0, 0},
		{14, NO_TIME, 400, 0, -1, VIA_UNKNOWN, ORPHAN, 0, 0},
	};
	struct collector *c;

	(void)state;
	events[0].cpu = 3;
	events[3].has |= HAS_SIZE;
	events[3].size = 12345;
	c = EXPECT(events, want);
	assert_int_equal(c->calls[0].cpu, 3);
	assert_int_equal(c->calls[0].op, OP_COUNT);
	assert_false(c->calls[0].has_mode || c->calls[0].has_fd || c->calls[0].has_dev || c->calls[0].has_ino);
	assert_string_equal(c->calls[0].comm, "");
	assert_string_equal(c->calls[0].path, "");
	assert_int_equal(c->calls[0].size_before_known, UNKNOWN);
	assert_int_equal(c->calls[0].size_after_known, UNKNOWN);
	assert_int_equal(c->calls[3].size_after_known, SEEN);
	assert_int_equal(c->calls[3].size_after, 12345);
	collector_free(c);
}

/* Tracing began in the middle of the call. */
static void test_done_without_entry(void **state)
{
	const struct event events[] = {
		VFS_DONE(100, 11, 0xf1, 4096), VFS_EXIT_TO(110, 11, 0, IN_SYSCALL),
		VFS_DONE(200, 12, 0xf1, 4096), VFS_ENTER(300, 12, 0xf2, 3),
		VFS_EXIT(310, 12, 0),	       VFS_DONE(400, 13, 0xf1, 4096),
	};
	const struct want want[] = {
		{11, NO_TIME, 110, 0, -1, VIA_SYSCALL, ORPHAN, 0, 0},
		/* a call of which neither end was seen is none */
		{12, 300, 310, 0, 3, VIA_UNKNOWN, 0, 0, 0},
	};
	struct collector *c = EXPECT(events, want);

	(void)state;
	assert_int_equal(c->calls[0].size_after_known, SEEN);
	assert_int_equal(c->calls[0].size_after, 4096);
	collector_free(c);
}

static void test_exit_of_another_thread(void **state)
{
	const struct event events[] = {VFS_ENTER(100, 11, 0xf1, 1), VFS_EXIT(110, 12, -4), VFS_EXIT(120, 11, 0)};
	const struct want want[] = {
		{12, NO_TIME, 110, -4, -1, VIA_UNKNOWN, ORPHAN, 0, 0},
		{11, 100, 120, 0, 1, VIA_UNKNOWN, 0, 0, 0},
	};

	(void)state;
	collector_free(EXPECT(events, want));
}

static void test_exit_of_another_kind(void **state)
{
	const struct event events[] = {
		SYS_ENTER(100, 11, 5, 1), COMPAT_EXIT(110, 11, 0), VFS_ENTER(200, 11, 0xf1, 2), SYS_EXIT(210, 11, -4),
		SYS_ENTER(300, 11, 5, 3), VFS_EXIT(301, 11, 0),	   VFS_EXIT(302, 11, -5),
	};
	const struct want want[] = {
		{11, 100, NO_TIME, NO_RET, 1, VIA_SYSCALL, UNFINISHED, 0, 0},
		{11, NO_TIME, 110, 0, -1, VIA_COMPAT, ORPHAN, 0, 0},
		{11, 200, NO_TIME, NO_RET, 2, VIA_UNKNOWN, UNFINISHED, 0, 0},
		{11, NO_TIME, 210, -4, -1, VIA_SYSCALL, ORPHAN, 0, 0},
		{11, 300, NO_TIME, 0, 3, VIA_SYSCALL, UNFINISHED, 0, 0},
		{11, NO_TIME, 302, -5, -1, VIA_UNKNOWN, ORPHAN, 0, 0},
	};

	(void)state;
	collector_free(EXPECT(events, want));
}

/* The entry of vfs_fallocate is missing, its return belongs to the system call. */
static void test_vfs_entry_missing_within_a_system_call(void **state)
{
	struct event events[] = {
		SYS_ENTER(100, 11, 5, 1),
		VFS_DONE(101, 11, 0xf1, 55),
		VFS_EXIT_TO(102, 11, -28, IN_SYSCALL),
		SYS_EXIT(103, 11, -28),
	};
	const struct want want[] = {{11, 100, 103, -28, 1, VIA_SYSCALL, 0, 0, 0}};
	struct collector *c = EXPECT(events, want);

	(void)state;
	assert_string_equal(c->calls[0].caller, "__x64_sys_fallocate");
	assert_int_equal(c->calls[0].size_after_known, SEEN);
	assert_int_equal(c->calls[0].size_after, 55);
	collector_free(c);
}

static void test_done_of_another_file(void **state)
{
	struct event events[] = {
		VFS_ENTER(100, 11, 0xf1, 1), VFS_DONE(101, 11, 0xf2, 4096), VFS_EXIT(110, 11, -28),
		VFS_ENTER(200, 11, 0xf1, 2), VFS_DONE(201, 11, 0xf2, 4096), VFS_EXIT(210, 11, 0),
	};
	const struct want want[] = {
		{11, 100, 110, -28, 1, VIA_UNKNOWN, 0, 0, 0},
		{11, 200, 210, 0, 2, VIA_UNKNOWN, 0, 0, 0},
	};
	struct collector *c;

	(void)state;
	/* Which file the second one is of is not known: then it is taken. */
	events[4].has &= ~(uint32_t)HAS_FILE;
	c = EXPECT(events, want);
	assert_int_equal(c->calls[0].size_after_known, UNKNOWN);
	assert_int_equal(c->calls[1].size_after_known, SEEN);
	collector_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_orphans),
		cmocka_unit_test(test_done_without_entry),
		cmocka_unit_test(test_exit_of_another_thread),
		cmocka_unit_test(test_exit_of_another_kind),
		cmocka_unit_test(test_vfs_entry_missing_within_a_system_call),
		cmocka_unit_test(test_done_of_another_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
