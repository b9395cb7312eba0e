/* SPDX-License-Identifier: MIT */
/*
 * The assembler fed with literal arrays of events: which calls come of them,
 * when they begin and end. Here nothing is missing; the other test_assemble_*.c
 * have every odd order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expect_calls.h"

/* --- as it should be --- */

static void test_vfs_alone(void **state)
{
	const struct event events[] = {
		VFS_ENTER_FD(100, 11, 0xf1, 4096, 7),
		VFS_DONE(110, 11, 0xf1, 4096),
		VFS_EXIT_TO(130, 11, 0, IN_SYSCALL),
	};
	const struct want want[] = {{11, 100, 130, 0, 4096, VIA_SYSCALL, 0, 0, 0}};
	struct collector *c = EXPECT(events, want);

	(void)state;
	assert_true(c->calls[0].has_fd);
	assert_int_equal(c->calls[0].fd, 7);
	assert_int_equal(c->calls[0].pid, 10);
	assert_int_equal(call_latency(&c->calls[0]), 30);
	assert_string_equal(c->calls[0].caller, "__x64_sys_fallocate");
	collector_free(c);
}

static void test_system_call_around(void **state)
{
	const struct event events[] = {
		SYS_ENTER(100, 11, 5, 4096),	       VFS_ENTER(101, 11, 0xf1, 4096), VFS_DONE(110, 11, 0xf1, 4096),
		VFS_EXIT_TO(130, 11, -28, IN_SYSCALL), SYS_EXIT(131, 11, -28),
	};
	const struct want want[] = {{11, 100, 131, -28, 4096, VIA_SYSCALL, 0, 0, 0}};
	struct collector *c = EXPECT(events, want);

	(void)state;
	assert_int_equal(c->calls[0].fd, 5);
	assert_int_equal(c->calls[0].size_before_known, SEEN);
	assert_int_equal(c->calls[0].size_before, 100);
	assert_int_equal(c->calls[0].size_after, 4096);
	collector_free(c);
}

/* Without probes on vfs_fallocate, or where the call fails before it. */
static void test_system_call_alone(void **state)
{
	const struct event events[] = {SYS_ENTER(100, 11, 5, 4096), SYS_EXIT(131, 11, -9)};
	const struct want want[] = {{11, 100, 131, -9, 4096, VIA_SYSCALL, 0, 0, 0}};

	(void)state;
	collector_free(EXPECT(events, want));
}

static void test_compat(void **state)
{
	const struct event events[] = {
		COMPAT_ENTER(100, 11, 5, 1ll << 33), VFS_ENTER(101, 11, 0xf1, 1ll << 33),
		VFS_EXIT_TO(130, 11, 0, IN_COMPAT),  COMPAT_EXIT(131, 11, 0),
		VFS_ENTER(201, 11, 0xf1, 2),	     VFS_EXIT_TO(230, 11, 0, IN_COMPAT),
	};
	const struct want want[] = {
		{11, 100, 131, 0, 1ll << 33, VIA_COMPAT, 0, 0, 0},
		{11, 201, 230, 0, 2, VIA_COMPAT, 0, 0, 0},
	};

	(void)state;
	collector_free(EXPECT(events, want));
}

static void test_bad_fd(void **state)
{
	const struct event events[] = {SYS_BADFD(100, 11, -1)};
	const struct want want[] = {{11, 100, NO_TIME, -9, 7, VIA_SYSCALL, 0, 0, 0}};
	struct collector *c = EXPECT(events, want);

	(void)state;
	assert_true(c->calls[0].has_fd);
	assert_int_equal(c->calls[0].fd, -1);
	assert_string_equal(c->calls[0].comm, "sh");
	assert_int_equal(call_latency(&c->calls[0]), -1);
	collector_free(c);
}

static void test_bad_fd_within_its_system_call(void **state)
{
	const struct event events[] = {SYS_ENTER(100, 11, -1, 7), SYS_BADFD(101, 11, -1), SYS_EXIT(102, 11, -9)};
	const struct want want[] = {{11, 100, 102, -9, 7, VIA_SYSCALL, 0, 0, 0}};

	(void)state;
	collector_free(EXPECT(events, want));
}

static void test_threads_interleaved(void **state)
{
	const struct event events[] = {
		VFS_ENTER(100, 11, 0xf1, 1), VFS_ENTER(101, 12, 0xf1, 2), VFS_ENTER(102, 77, 0xf2, 3),
		VFS_DONE(103, 12, 0xf1, 2),  VFS_EXIT(104, 12, 0),	  VFS_EXIT(105, 77, -4),
		VFS_EXIT(106, 11, 0),
	};
	const struct want want[] = {
		{12, 101, 104, 0, 2, VIA_UNKNOWN, 0, 0, 0},
		{77, 102, 105, -4, 3, VIA_UNKNOWN, 0, 0, 0},
		{11, 100, 106, 0, 1, VIA_UNKNOWN, 0, 0, 0},
	};
	struct collector *c = EXPECT(events, want);

	(void)state;
	assert_int_equal(c->calls[0].pid, 10);
	assert_int_equal(c->calls[1].pid, -1);
	collector_free(c);
}

static void test_io_uring_worker(void **state)
{
	struct event events[] = {
		/* no registers of a fallocate there: what was found instead is not believed */
		VFS_ENTER_FD(100, 11, 0xf1, 1, 7),
		VFS_EXIT_TO(104, 11, 0, IN_IO_URING),
	};
	const struct want want[] = {{11, 100, 104, 0, 1, VIA_IO_URING, 0, 0, 0}};
	struct collector *c;

	(void)state;
	events[0].nr = 426;
	c = EXPECT(events, want);
	assert_false(c->calls[0].has_fd);
	collector_free(c);
}

/* --- nested --- */

static void test_overlay(void **state)
{
	const struct event events[] = {
		VFS_ENTER_FD(100, 11, 0xf1, 4096, 7), VFS_ENTER(102, 11, 0xf2, 4096),
		VFS_DONE(103, 11, 0xf2, 4096),	      VFS_EXIT_TO(104, 11, 0, IN_OVERLAY),
		VFS_DONE(105, 11, 0xf1, 5000),	      VFS_EXIT_TO(106, 11, 0, IN_SYSCALL),
	};
	const struct want want[] = {{11, 100, 106, 0, 4096, VIA_SYSCALL, 0, 0, 1}};
	const struct want inner = {11, 102, 104, 0, 4096, VIA_OVERLAY, NESTED, 1, 0};
	struct collector *c = EXPECT(events, want);

	(void)state;
	check_call(c->calls[0].inner, &inner);
	assert_int_equal(c->calls[0].size_after, 5000);
	assert_int_equal(c->calls[0].inner->size_after, 4096);
	assert_false(c->calls[0].inner->has_fd);
	collector_free(c);
}

/* On some kernels the registers of the system call can be found from the nested call, too. */
static void test_overlay_with_the_same_registers(void **state)
{
	const struct event events[] = {
		VFS_ENTER_FD(100, 11, 0xf1, 4096, 7),
		VFS_ENTER_FD(102, 11, 0xf2, 4096, 7),
		VFS_EXIT_TO(104, 11, 0, IN_OVERLAY),
		VFS_EXIT_TO(106, 11, 0, IN_SYSCALL),
	};
	const struct want want[] = {{11, 100, 106, 0, 4096, VIA_SYSCALL, 0, 0, 1}};
	const struct want inner = {11, 102, 104, 0, 4096, VIA_OVERLAY, NESTED, 1, 0};
	struct collector *c = EXPECT(events, want);

	(void)state;
	check_call(c->calls[0].inner, &inner);
	assert_true(c->calls[0].has_fd);
	/* An fd is that of the call from user space. */
	assert_false(c->calls[0].inner->has_fd);
	collector_free(c);
}

static void test_overlay_on_overlay_in_a_system_call(void **state)
{
	const struct event events[] = {
		SYS_ENTER(100, 11, 5, 4096),	VFS_ENTER(101, 11, 0xf1, 4096),
		VFS_ENTER(102, 11, 0xf2, 4096), VFS_ENTER(103, 11, 0xf3, 4096),
		VFS_DONE(104, 11, 0xf3, 10),	VFS_EXIT_TO(105, 11, 0, IN_OVERLAY),
		VFS_DONE(106, 11, 0xf2, 20),	VFS_EXIT_TO(107, 11, 0, IN_OVERLAY),
		VFS_DONE(108, 11, 0xf1, 30),	VFS_EXIT_TO(109, 11, 0, IN_SYSCALL),
		SYS_EXIT(110, 11, 0),
	};
	const struct want want[] = {{11, 100, 110, 0, 4096, VIA_SYSCALL, 0, 0, 1}};
	const struct want middle = {11, 102, 107, 0, 4096, VIA_OVERLAY, NESTED, 1, 1};
	const struct want innermost = {11, 103, 105, 0, 4096, VIA_OVERLAY, NESTED, 2, 0};
	struct collector *c = EXPECT(events, want);

	(void)state;
	check_call(c->calls[0].inner, &middle);
	check_call(c->calls[0].inner->inner, &innermost);
	assert_int_equal(c->calls[0].size_after, 30);
	assert_int_equal(c->calls[0].inner->size_after, 20);
	assert_int_equal(c->calls[0].inner->inner->size_after, 10);
	collector_free(c);
}

static void test_two_inner_calls_in_order(void **state)
{
	const struct event events[] = {
		VFS_ENTER(100, 11, 0xf1, 1),	       VFS_ENTER(101, 11, 0xf2, 2),
		VFS_EXIT_TO(102, 11, -5, IN_OVERLAY),  VFS_ENTER(103, 11, 0xf3, 3),
		VFS_EXIT_TO(104, 11, 0, IN_SOMEWHERE), VFS_EXIT_TO(105, 11, 0, IN_SYSCALL),
	};
	const struct want want[] = {{11, 100, 105, 0, 1, VIA_SYSCALL, 0, 0, 2}};
	const struct want first = {11, 101, 102, -5, 2, VIA_OVERLAY, NESTED, 1, 0};
	const struct want second = {11, 103, 104, 0, 3, VIA_KERNEL, NESTED, 1, 0};
	struct collector *c = EXPECT(events, want);

	(void)state;
	check_call(c->calls[0].inner, &first);
	check_call(c->calls[0].inner->next, &second);
	collector_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vfs_alone),
		cmocka_unit_test(test_system_call_around),
		cmocka_unit_test(test_system_call_alone),
		cmocka_unit_test(test_compat),
		cmocka_unit_test(test_bad_fd),
		cmocka_unit_test(test_bad_fd_within_its_system_call),
		cmocka_unit_test(test_threads_interleaved),
		cmocka_unit_test(test_io_uring_worker),
		cmocka_unit_test(test_overlay),
		cmocka_unit_test(test_overlay_with_the_same_registers),
		cmocka_unit_test(test_overlay_on_overlay_in_a_system_call),
		cmocka_unit_test(test_two_inner_calls_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
