/* SPDX-License-Identifier: MIT */
/*
 * Entries without a return: what shows that one is missing, and what it costs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expect_calls.h"

static void test_unfinished_at_the_end_in_order_of_start(void **state)
{
	const struct event events[] = {
		VFS_ENTER(100, 13, 0xf1, 1),	     SYS_ENTER(101, 11, 5, 2),	  VFS_ENTER_FD(102, 12, 0xf1, 3, 7),
		VFS_ENTER(103, 14, 0xf4, 4),	     VFS_EXIT(104, 14, 0),	  VFS_ENTER(105, 13, 0xf2, 1),
		VFS_EXIT_TO(106, 13, 0, IN_OVERLAY), VFS_ENTER(107, 13, 0xf3, 9),
	};
	const struct want want[] = {
		{14, 103, 104, 0, 4, VIA_UNKNOWN, 0, 0, 0},
		{13, 100, NO_TIME, NO_RET, 1, VIA_UNKNOWN, UNFINISHED, 0, 2},
		{11, 101, NO_TIME, NO_RET, 2, VIA_SYSCALL, UNFINISHED, 0, 0},
		/* its registers tell where it came from */
		{12, 102, NO_TIME, NO_RET, 3, VIA_SYSCALL, UNFINISHED, 0, 0},
	};
	const struct want whole = {13, 105, 106, 0, 1, VIA_OVERLAY, NESTED, 1, 0};
	const struct want open = {13, 107, NO_TIME, NO_RET, 9, VIA_UNKNOWN, NESTED | UNFINISHED, 1, 0};
	struct collector *c = EXPECT(events, want);

	(void)state;
	check_call(c->calls[1].inner, &whole);
	check_call(c->calls[1].inner->next, &open);
	assert_int_equal(c->calls[1].size_after_known, UNKNOWN);
	collector_free(c);
}

static void test_system_call_entered_twice(void **state)
{
	const struct event events[] = {
		SYS_ENTER(100, 11, 5, 1),    SYS_ENTER(200, 11, 5, 2), SYS_EXIT(210, 11, 0),
		COMPAT_ENTER(300, 11, 5, 3), SYS_ENTER(400, 11, 5, 4),
	};
	const struct want want[] = {
		{11, 100, NO_TIME, NO_RET, 1, VIA_SYSCALL, UNFINISHED, 0, 0},
		{11, 200, 210, 0, 2, VIA_SYSCALL, 0, 0, 0},
		{11, 300, NO_TIME, NO_RET, 3, VIA_COMPAT, UNFINISHED, 0, 0},
		{11, 400, NO_TIME, NO_RET, 4, VIA_SYSCALL, UNFINISHED, 0, 0},
	};

	(void)state;
	collector_free(EXPECT(events, want));
}

static void test_system_call_entered_while_one_is_in_the_vfs(void **state)
{
	const struct event events[] = {
		SYS_ENTER(100, 11, 5, 1), VFS_ENTER(101, 11, 0xf1, 1), VFS_ENTER(102, 11, 0xf2, 1),
		SYS_ENTER(200, 11, 5, 2), SYS_EXIT(210, 11, 0),	       VFS_ENTER(300, 11, 0xf1, 3),
		SYS_ENTER(400, 11, 5, 4), SYS_EXIT(410, 11, 0),
	};
	const struct want want[] = {
		{11, 100, NO_TIME, NO_RET, 1, VIA_SYSCALL, UNFINISHED, 0, 1},
		{11, 200, 210, 0, 2, VIA_SYSCALL, 0, 0, 0},
		{11, 300, NO_TIME, NO_RET, 3, VIA_UNKNOWN, UNFINISHED, 0, 0},
		{11, 400, 410, 0, 4, VIA_SYSCALL, 0, 0, 0},
	};

	(void)state;
	collector_free(EXPECT(events, want));
}

/* The return of vfs_fallocate was seen, that of the system call was not. */
static void test_system_call_whose_own_return_is_missing(void **state)
{
	const struct event events[] = {
		SYS_ENTER(100, 11, 5, 1),    VFS_ENTER(101, 11, 0xf1, 1), VFS_EXIT_TO(102, 11, -28, IN_SYSCALL),
		VFS_ENTER(200, 11, 0xf1, 2), VFS_EXIT(210, 11, 0),
	};
	const struct want want[] = {
		{11, 100, NO_TIME, -28, 1, VIA_SYSCALL, UNFINISHED, 0, 0},
		{11, 200, 210, 0, 2, VIA_UNKNOWN, 0, 0, 0},
	};

	(void)state;
	collector_free(EXPECT(events, want));
}

/* … and the other way round: then the system call tells enough. */
static void test_vfs_return_missing_within_a_system_call(void **state)
{
	const struct event events[] = {
		SYS_ENTER(100, 11, 5, 1),
		VFS_ENTER(101, 11, 0xf1, 1),
		VFS_ENTER(102, 11, 0xf2, 1),
		SYS_EXIT(110, 11, 0),
	};
	const struct want want[] = {{11, 100, 110, 0, 1, VIA_SYSCALL, 0, 0, 1}};
	const struct want inner = {11, 102, NO_TIME, NO_RET, 1, VIA_UNKNOWN, NESTED | UNFINISHED, 1, 0};
	struct collector *c = EXPECT(events, want);

	(void)state;
	check_call(c->calls[0].inner, &inner);
	collector_free(c);
}

/* The open system call asked for something else: it is not the one that enters the VFS now. */
static void test_vfs_entry_of_another_request(void **state)
{
	const struct event events[] = {
		SYS_ENTER(100, 11, 5, 1),
		VFS_ENTER(200, 11, 0xf1, 2),
		VFS_EXIT_TO(210, 11, 0, IN_IOCTL),
	};
	const struct want want[] = {
		{11, 100, NO_TIME, NO_RET, 1, VIA_SYSCALL, UNFINISHED, 0, 0},
		{11, 200, 210, 0, 2, VIA_IOCTL, 0, 0, 0},
	};

	(void)state;
	collector_free(EXPECT(events, want));
}

static void test_bad_fd_while_a_call_is_open(void **state)
{
	const struct event events[] = {
		VFS_ENTER(100, 11, 0xf1, 1), SYS_BADFD(200, 11, 99), SYS_ENTER(300, 11, 5, 3),
		VFS_ENTER(301, 11, 0xf1, 3), SYS_BADFD(400, 11, 98),
	};
	const struct want want[] = {
		{11, 100, NO_TIME, NO_RET, 1, VIA_UNKNOWN, UNFINISHED, 0, 0},
		{11, 200, NO_TIME, -9, 7, VIA_SYSCALL, 0, 0, 0},
		{11, 300, NO_TIME, NO_RET, 3, VIA_SYSCALL, UNFINISHED, 0, 0},
		{11, 400, NO_TIME, -9, 7, VIA_SYSCALL, 0, 0, 0},
	};

	(void)state;
	collector_free(EXPECT(events, want));
}

/* A return probe can miss a return without any loss in the buffer: what follows must not hang on for ever. */
static void test_missed_return_shown_by_registers(void **state)
{
	const struct event events[] = {
		VFS_ENTER_FD(100, 11, 0xf1, 1, 7),
		VFS_ENTER_FD(200, 11, 0xf1, 1, 7),
		VFS_EXIT(210, 11, 0),
		VFS_ENTER_FD(300, 11, 0xf1, 3, 7),
		VFS_EXIT(310, 11, 0),
	};
	const struct want want[] = {
		{11, 100, NO_TIME, NO_RET, 1, VIA_SYSCALL, UNFINISHED, 0, 0},
		{11, 200, 210, 0, 1, VIA_SYSCALL, 0, 0, 0},
		{11, 300, 310, 0, 3, VIA_SYSCALL, 0, 0, 0},
	};

	(void)state;
	collector_free(EXPECT(events, want));
}

/* The same request for another file, but by another fd: that is no call passed on. */
static void test_missed_return_shown_by_another_fd(void **state)
{
	const struct event events[] = {
		VFS_ENTER_FD(100, 11, 0xf1, 1, 7),
		VFS_ENTER_FD(200, 11, 0xf2, 1, 8),
		VFS_EXIT(210, 11, 0),
	};
	const struct want want[] = {
		{11, 100, NO_TIME, NO_RET, 1, VIA_SYSCALL, UNFINISHED, 0, 0},
		{11, 200, 210, 0, 1, VIA_SYSCALL, 0, 0, 0},
	};

	(void)state;
	collector_free(EXPECT(events, want));
}

static void test_missed_return_shown_by_the_caller(void **state)
{
	const struct event events[] = {
		VFS_ENTER(100, 11, 0xf1, 1), VFS_ENTER(200, 11, 0xf2, 2),	   VFS_EXIT_TO(210, 11, 0, IN_IO_URING),
		VFS_ENTER(300, 11, 0xf1, 3), VFS_EXIT_TO(310, 11, 0, IN_IO_URING),
	};
	const struct want want[] = {
		{11, 100, NO_TIME, NO_RET, 1, VIA_UNKNOWN, UNFINISHED, 0, 0},
		{11, 200, 210, 0, 2, VIA_IO_URING, 0, 0, 0},
		{11, 300, 310, 0, 3, VIA_IO_URING, 0, 0, 0},
	};

	(void)state;
	collector_free(EXPECT(events, want));
}

static void test_missed_return_shown_by_done(void **state)
{
	const struct event events[] = {
		VFS_ENTER(100, 11, 0xf1, 1),
		VFS_DONE(101, 11, 0xf1, 5),
		VFS_ENTER(200, 11, 0xf2, 2),
		VFS_EXIT(210, 11, 0),
	};
	const struct want want[] = {
		/* The filesystem had done with it, so nothing can have been nested in it. */
		{11, 100, NO_TIME, NO_RET, 1, VIA_UNKNOWN, UNFINISHED, 0, 0},
		{11, 200, 210, 0, 2, VIA_UNKNOWN, 0, 0, 0},
	};
	struct collector *c = EXPECT(events, want);

	(void)state;
	assert_int_equal(c->calls[0].size_after_known, SEEN);
	collector_free(c);
}

static void test_missed_inner_return_shown_by_the_caller(void **state)
{
	const struct event events[] = {
		VFS_ENTER(100, 11, 0xf1, 1),
		VFS_ENTER(101, 11, 0xf2, 1),
		VFS_EXIT_TO(110, 11, 0, IN_SYSCALL),
		/* whatever is passed on: the system call is known to be on its way */
		SYS_ENTER(200, 11, 5, 2),
		VFS_ENTER(201, 11, 0xf1, 2),
		VFS_ENTER(202, 11, 0xf2, 9),
		VFS_EXIT_TO(210, 11, -5, IN_SYSCALL),
		SYS_EXIT(211, 11, -5),
	};
	const struct want want[] = {
		{11, 100, 110, 0, 1, VIA_SYSCALL, 0, 0, 1},
		{11, 200, 211, -5, 2, VIA_SYSCALL, 0, 0, 1},
	};
	const struct want first = {11, 101, NO_TIME, NO_RET, 1, VIA_UNKNOWN, NESTED | UNFINISHED, 1, 0};
	const struct want second = {11, 202, NO_TIME, NO_RET, 9, VIA_UNKNOWN, NESTED | UNFINISHED, 1, 0};
	struct collector *c = EXPECT(events, want);

	(void)state;
	check_call(c->calls[0].inner, &first);
	check_call(c->calls[1].inner, &second);
	collector_free(c);
}

static void test_missed_inner_return_shown_by_done(void **state)
{
	const struct event events[] = {
		VFS_ENTER(100, 11, 0xf1, 1), VFS_ENTER(101, 11, 0xf2, 1), VFS_DONE(102, 11, 0xf2, 20),
		VFS_DONE(103, 11, 0xf1, 10), VFS_EXIT(104, 11, 0),
	};
	const struct want want[] = {{11, 100, 104, 0, 1, VIA_UNKNOWN, 0, 0, 1}};
	const struct want inner = {11, 101, NO_TIME, NO_RET, 1, VIA_UNKNOWN, NESTED | UNFINISHED, 1, 0};
	struct collector *c = EXPECT(events, want);

	(void)state;
	check_call(c->calls[0].inner, &inner);
	assert_int_equal(c->calls[0].size_after, 10);
	assert_int_equal(c->calls[0].inner->size_after, 20);
	collector_free(c);
}

static void test_tid_used_again(void **state)
{
	const struct event events[] = {
		VFS_ENTER(100, 33, 0xf1, 1), NEWTASK(200, 11, 33, 0x10000), /* CLONE_THREAD */
		VFS_ENTER(300, 33, 0xf1, 2), VFS_EXIT(310, 33, 0),	    NEWTASK(400, 11, 33, 0),
		VFS_ENTER(500, 33, 0xf1, 3), VFS_EXIT(510, 33, 0),
	};
	const struct want want[] = {
		{33, 100, NO_TIME, NO_RET, 1, VIA_UNKNOWN, UNFINISHED, 0, 0},
		{33, 300, 310, 0, 2, VIA_UNKNOWN, 0, 0, 0},
		{33, 500, 510, 0, 3, VIA_UNKNOWN, 0, 0, 0},
	};
	struct collector *c = EXPECT(events, want);

	(void)state;
	assert_int_equal(c->calls[0].pid, -1);
	assert_int_equal(c->calls[1].pid, 10);
	assert_int_equal(c->calls[2].pid, 33);
	collector_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unfinished_at_the_end_in_order_of_start),
		cmocka_unit_test(test_system_call_entered_twice),
		cmocka_unit_test(test_system_call_entered_while_one_is_in_the_vfs),
		cmocka_unit_test(test_system_call_whose_own_return_is_missing),
		cmocka_unit_test(test_vfs_return_missing_within_a_system_call),
		cmocka_unit_test(test_vfs_entry_of_another_request),
		cmocka_unit_test(test_bad_fd_while_a_call_is_open),
		cmocka_unit_test(test_missed_return_shown_by_registers),
		cmocka_unit_test(test_missed_return_shown_by_another_fd),
		cmocka_unit_test(test_missed_return_shown_by_the_caller),
		cmocka_unit_test(test_missed_return_shown_by_done),
		cmocka_unit_test(test_missed_inner_return_shown_by_the_caller),
		cmocka_unit_test(test_missed_inner_return_shown_by_done),
		cmocka_unit_test(test_tid_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
