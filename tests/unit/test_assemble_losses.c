/* SPDX-License-Identifier: MIT */
/*
 * Losses: which calls may lack something of what was lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expect_calls.h"

static void test_loss_between(void **state)
{
	const struct event events[] = {
		VFS_ENTER(100, 11, 0xf1, 1), VFS_ENTER(101, 12, 0xf1, 2), VFS_EXIT(102, 12, 0), LOST(103, 1, 7),
		VFS_ENTER(104, 12, 0xf1, 3), VFS_EXIT(105, 12, 0),	  VFS_EXIT(106, 11, 0), VFS_EXIT(107, 13, 0),
		LOST(108, 0, LOST_UNKNOWN),
	};
	const struct want want[] = {
		{12, 101, 102, 0, 2, VIA_UNKNOWN, 0, 0, 0},
		{12, 104, 105, 0, 3, VIA_UNKNOWN, 0, 0, 0},
		{11, 100, 106, 0, 1, VIA_UNKNOWN, NEARBY, 0, 0},
		{13, NO_TIME, 107, 0, -1, VIA_UNKNOWN, ORPHAN | NEARBY, 0, 0},
	};
	struct collector *c = EXPECT(events, want);

	(void)state;
	assert_int_equal(c->losses, 2);
	assert_true(c->lost == LOST_UNKNOWN);
	collector_free(c);
}

/* What a thread did on a CPU that lost it may be missing from a call that began and ended on others meanwhile. */
static void test_calls_within_a_gap(void **state)
{
	const struct event events[] = {
		LOST(150, 1, 7),
		VFS_ENTER(120, 11, 0xf1, 1),
		VFS_EXIT(130, 11, 0),
		VFS_ENTER(150, 12, 0xf1, 2),
		VFS_EXIT(160, 12, 0),
		VFS_ENTER(151, 13, 0xf1, 3),
		VFS_EXIT(170, 13, 0),
		LOST(UINT64_MAX, 0, 1),
		VFS_ENTER(180, 14, 0xf1, 4),
		VFS_EXIT(190, 14, 0),
	};
	const struct want want[] = {
		{11, 120, 130, 0, 1, VIA_UNKNOWN, NEARBY, 0, 0},
		{12, 150, 160, 0, 2, VIA_UNKNOWN, NEARBY, 0, 0},
		{13, 151, 170, 0, 3, VIA_UNKNOWN, 0, 0, 0},
		{14, 180, 190, 0, 4, VIA_UNKNOWN, 0, 0, 0},
	};

	(void)state;
	collector_free(EXPECT(events, want));
}

static void test_return_lost_and_registers_tell(void **state)
{
	const struct event events[] = {
		VFS_ENTER_FD(100, 11, 0xf1, 1, 7),
		LOST(150, 1, 7),
		/* passed on to another file? After a loss the registers are believed. */
		VFS_ENTER_FD(200, 11, 0xf2, 1, 7),
		VFS_EXIT_TO(210, 11, 0, IN_SYSCALL),
	};
	const struct want want[] = {
		{11, 100, NO_TIME, NO_RET, 1, VIA_SYSCALL, UNFINISHED | NEARBY, 0, 0},
		{11, 200, 210, 0, 1, VIA_SYSCALL, 0, 0, 0},
	};

	(void)state;
	collector_free(EXPECT(events, want));
}

static void test_loss_within_nested_calls(void **state)
{
	const struct event events[] = {
		VFS_ENTER(100, 11, 0xf1, 1),	     LOST(110, 1, 7),
		VFS_ENTER(120, 11, 0xf2, 1),	     VFS_EXIT_TO(130, 11, 0, IN_OVERLAY),
		VFS_EXIT_TO(140, 11, 0, IN_SYSCALL),
	};
	const struct want want[] = {{11, 100, 140, 0, 1, VIA_SYSCALL, NEARBY, 0, 1}};
	const struct want inner = {11, 120, 130, 0, 1, VIA_OVERLAY, NESTED, 1, 0};
	struct collector *c = EXPECT(events, want);

	(void)state;
	check_call(c->calls[0].inner, &inner);
	collector_free(c);
}

static void test_system_calls_around_a_loss(void **state)
{
	const struct event events[] = {
		SYS_ENTER(100, 11, 5, 1),
		LOST(110, 0, 2),
		SYS_ENTER(200, 11, 5, 2),
		SYS_EXIT(210, 11, 0),
	};
	const struct want want[] = {
		{11, 100, NO_TIME, NO_RET, 1, VIA_SYSCALL, UNFINISHED | NEARBY, 0, 0},
		{11, 200, 210, 0, 2, VIA_SYSCALL, 0, 0, 0},
	};

	(void)state;
	collector_free(EXPECT(events, want));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loss_between),
		cmocka_unit_test(test_calls_within_a_gap),
		cmocka_unit_test(test_return_lost_and_registers_tell),
		cmocka_unit_test(test_loss_within_nested_calls),
		cmocka_unit_test(test_system_calls_around_a_loss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
