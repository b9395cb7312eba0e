/* SPDX-License-Identifier: MIT */
/*
 * Calls of which several buffers tell, in literal arrays of events: which are
 * shown, and what of each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "expect_calls.h"

struct in {
	int32_t buffer;
	struct event ev;
};

static void feed(struct collector *c, const struct in *in, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct event ev = in[i].ev;

		ev.buffer = in[i].buffer;
		collector_feed(c, &ev, 1);
	}
}

static struct collector *expect(const struct in *in, size_t in_count, const struct want *want, size_t count)
{
	struct collector *c = collector_new();

	feed(c, in, in_count);
	collector_end(c);
	assert_int_equal(c->count, count);
	for (size_t i = 0; i < count; i++)
		check_call(&c->calls[i], &want[i]);
	return c;
}
#define EXPECT_JOINED(in, want) expect(in, COUNT(in), want, COUNT(want))

/* As an instance gets it that records the same events as the top. */
static void test_twins(void **state)
{
	const struct in in[] = {
		{0, VFS_ENTER(100, 11, 0xf1, 1)}, {1, VFS_ENTER(101, 11, 0xf1, 1)}, {0, VFS_DONE(110, 11, 0xf1, 1)},
		{1, VFS_DONE(111, 11, 0xf1, 1)},  {0, VFS_EXIT(120, 11, 0)},	    {1, VFS_EXIT(121, 11, 0)},
		{1, VFS_ENTER(200, 11, 0xf1, 2)}, {0, VFS_ENTER(201, 11, 0xf1, 2)}, {1, VFS_EXIT(220, 11, -28)},
		{0, VFS_EXIT(221, 11, -28)},
	};
	const struct want want[] = {
		{11, 100, 121, 0, 1, VIA_UNKNOWN, 0, 0, 0},
		{11, 200, 221, -28, 2, VIA_UNKNOWN, 0, 0, 0},
	};

	(void)state;
	collector_free(EXPECT_JOINED(in, want));
}

static void test_a_call_is_told_when_all_have_closed_it(void **state)
{
	const struct in in[] = {
		{0, SYS_ENTER(100, 11, 5, 1)}, {1, VFS_ENTER(101, 11, 0xf1, 1)}, {2, VFS_ENTER(102, 11, 0xf1, 1)},
		{1, VFS_EXIT(110, 11, 0)},     {0, SYS_EXIT(120, 11, 0)},
	};
	struct collector *c = collector_new();
	struct event last = VFS_EXIT(130, 11, 0);

	(void)state;
	feed(c, in, COUNT(in));
	assert_int_equal(c->count, 0);
	last.buffer = 2;
	collector_feed(c, &last, 1);
	assert_int_equal(c->count, 1);
	collector_end(c);
	assert_int_equal(c->count, 1);
	collector_free(c);
}

/* The system call in one, what is below in the other: each knows something. */
static void test_each_field_from_who_knows(void **state)
{
	const struct in in[] = {
		{3, SYS_ENTER(100, 11, 5, 4096)},   {7, VFS_ENTER(101, 11, 0xf1, 4096)},
		{7, VFS_DONE(110, 11, 0xf1, 4096)}, {7, VFS_EXIT_TO(120, 11, 0, IN_SYSCALL)},
		{3, SYS_EXIT(121, 11, 0)},
	};
	const struct want want[] = {{11, 100, 121, 0, 4096, VIA_SYSCALL, 0, 0, 0}};
	struct collector *c = EXPECT_JOINED(in, want);

	(void)state;
	assert_int_equal(c->calls[0].fd, 5);
	assert_true(c->calls[0].has_fd);
	assert_string_equal(c->calls[0].caller, "__x64_sys_fallocate");
	assert_int_equal(c->calls[0].size_before_known, SEEN);
	assert_int_equal(c->calls[0].size_before, 100);
	assert_int_equal(c->calls[0].size_after_known, SEEN);
	assert_int_equal(c->calls[0].size_after, 4096);
	assert_int_equal(c->calls[0].op, OP_EXTEND);
	collector_free(c);
}

/* … whichever closes first; what was seen is better than what was derived. */
static void test_seen_beats_derived(void **state)
{
	for (int swap = 0; swap < 2; swap++) {
		const struct in in[] = {
			{0, VFS_ENTER(100, 11, 0xf1, 50)},	   {1, VFS_ENTER(101, 11, 0xf1, 50)},
			{swap, VFS_DONE(105, 11, 0xf1, 77)},	   {0, VFS_EXIT(110, 11, 0)},
			{1, VFS_EXIT_TO(111, 11, 0, IN_IO_URING)},
		};
		const struct want want[] = {{11, 100, 111, 0, 50, VIA_IO_URING, 0, 0, 0}};
		struct collector *c = EXPECT_JOINED(in, want);

		/* derived: max(100, 0 + 50) */
		assert_int_equal(c->calls[0].size_after_known, SEEN);
		assert_int_equal(c->calls[0].size_after, 77);
		assert_string_equal(c->calls[0].caller, "io_fallocate");
		collector_free(c);
	}
	(void)state;
}

static void test_what_is_missing_in_one(void **state)
{
	const struct in in[] = {
		/* no beginning in 1 */
		{0, VFS_ENTER(100, 11, 0xf1, 1)},
		{1, VFS_EXIT(110, 11, 0)},
		{0, VFS_EXIT(111, 11, 0)},
		/* no beginning in 1, which is later */
		{0, VFS_ENTER(200, 11, 0xf1, 2)},
		{0, VFS_EXIT(210, 11, 0)},
		{1, VFS_EXIT(211, 11, 0)},
		/* no end in 1: its next call shows that */
		{0, VFS_ENTER(300, 11, 0xf1, 3)},
		{1, VFS_ENTER(301, 11, 0xf1, 3)},
		{0, VFS_EXIT(310, 11, 0)},
		{0, VFS_ENTER(400, 11, 0xf1, 4)},
		{1, VFS_ENTER(401, 11, 0xf1, 4)},
		{0, VFS_EXIT(410, 11, 0)},
		{1, VFS_EXIT(411, 11, 0)},
		/* one has the beginning, the other the end */
		{0, VFS_ENTER(500, 11, 0xf1, 5)},
		{1, VFS_EXIT(510, 11, -5)},
		{1, VFS_ENTER(600, 11, 0xf1, 6)},
		{0, VFS_ENTER(601, 11, 0xf1, 6)},
		{1, VFS_EXIT(610, 11, 0)},
		{0, VFS_EXIT(611, 11, 0)},
	};
	const struct want want[] = {
		{11, 100, 111, 0, 1, VIA_UNKNOWN, 0, 0, 0},  {11, 200, 210, 0, 2, VIA_UNKNOWN, 0, 0, 0},
		{11, 300, 310, 0, 3, VIA_UNKNOWN, 0, 0, 0},  {11, 400, 411, 0, 4, VIA_UNKNOWN, 0, 0, 0},
		{11, 500, 510, -5, 5, VIA_UNKNOWN, 0, 0, 0}, {11, 600, 611, 0, 6, VIA_UNKNOWN, 0, 0, 0},
	};

	(void)state;
	collector_free(EXPECT_JOINED(in, want));
}

/* What no buffer saw is as odd as ever. */
static void test_what_is_missing_in_all(void **state)
{
	const struct in in[] = {
		{0, VFS_EXIT(90, 11, -4)},
		{1, VFS_EXIT(91, 11, -4)},
		{0, VFS_ENTER(100, 11, 0xf1, 1)},
		{1, VFS_ENTER(101, 11, 0xf1, 1)},
		{1, VFS_ENTER_FD(200, 11, 0xf1, 2, 5)},
		{0, VFS_ENTER_FD(201, 11, 0xf1, 2, 5)},
	};
	const struct want want[] = {
		{11, NO_TIME, 90, -4, -1, VIA_UNKNOWN, ORPHAN, 0, 0},
		{11, 100, NO_TIME, NO_RET, 1, VIA_UNKNOWN, UNFINISHED, 0, 0},
		{11, 200, NO_TIME, NO_RET, 2, VIA_SYSCALL, UNFINISHED, 0, 0},
	};

	(void)state;
	collector_free(EXPECT_JOINED(in, want));
}

/* A beginning that one buffer has not seen the end of has nothing to do with a call much later. */
static void test_other_calls_are_others(void **state)
{
	const struct in in[] = {
		{1, VFS_ENTER(100, 11, 0xf1, 1)},
		{0, VFS_ENTER(200, 11, 0xf1, 2)},
		{0, VFS_EXIT(210, 11, 0)},
		{0, VFS_ENTER(300, 11, 0xf1, 3)},
		{0, VFS_EXIT(310, 11, 0)},
		/* other threads' overlap */
		{0, VFS_ENTER(400, 12, 0xf1, 4)},
		{1, VFS_ENTER(401, 13, 0xf1, 4)},
		{0, VFS_EXIT(410, 12, 0)},
		{1, VFS_EXIT(411, 13, 0)},
	};
	const struct want want[] = {
		{11, 200, 210, 0, 2, VIA_UNKNOWN, 0, 0, 0},
		{11, 100, NO_TIME, NO_RET, 1, VIA_UNKNOWN, UNFINISHED, 0, 0},
		{11, 300, 310, 0, 3, VIA_UNKNOWN, 0, 0, 0},
		{12, 400, 410, 0, 4, VIA_UNKNOWN, 0, 0, 0},
		{13, 401, 411, 0, 4, VIA_UNKNOWN, 0, 0, 0},
	};
	struct collector *c = collector_new();

	(void)state;
	feed(c, in, COUNT(in));
	collector_end(c);
	assert_int_equal(c->count, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++) {
		size_t at = 0;

		/* in whatever order: what is not seen to end has no place of its own */
		while (at < c->count && (c->calls[at].start != want[i].start))
			at++;
		assert_true(at < c->count);
		check_call(&c->calls[at], &want[i]);
	}
	collector_free(c);
}

static void test_calls_of_one_event(void **state)
{
	const struct in in[] = {
		{0, SYS_BADFD(100, 11, -1)},
		{1, SYS_BADFD(101, 11, -1)},
		{0, SYS_BADFD(200, 11, -1)},
		{1, SYS_BADFD(201, 11, -1)},
		{1, SYS_BADFD(300, 11, -1)},
		{1, SYS_BADFD(400, 11, -1)},
		/* not the same any more */
		{0, SYS_BADFD(400 + 20000000, 11, -1)},
	};
	struct collector *c = collector_new();

	(void)state;
	feed(c, in, COUNT(in));
	collector_end(c);
	assert_int_equal(c->count, 5);
	assert_int_equal(c->calls[0].start, 100);
	assert_int_equal(c->calls[1].start, 200);
	assert_int_equal(c->calls[2].start, 300);
	assert_int_equal(c->calls[3].start, 400);
	assert_int_equal(c->calls[4].start, 400 + 20000000);
	collector_free(c);
}

static void test_inner_calls(void **state)
{
	const struct in in[] = {
		{0, SYS_ENTER(99, 11, 5, 1)},
		{1, VFS_ENTER(100, 11, 0xf1, 1)},
		{1, VFS_ENTER(101, 11, 0xf2, 1)},
		{1, VFS_EXIT_TO(110, 11, 0, IN_OVERLAY)},
		{1, VFS_EXIT_TO(111, 11, 0, IN_SYSCALL)},
		{0, SYS_EXIT(112, 11, 0)},
	};
	const struct want want[] = {{11, 99, 112, 0, 1, VIA_SYSCALL, 0, 0, 1}};
	struct collector *c = EXPECT_JOINED(in, want);

	(void)state;
	assert_string_equal(c->calls[0].inner->caller, "ovl_fallocate");
	collector_free(c);
}

static void test_inner_calls_of_the_second(void **state)
{
	const struct in in[] = {
		{0, VFS_ENTER(100, 11, 0xf1, 1)},	  {1, VFS_ENTER(101, 11, 0xf1, 1)},
		{1, VFS_ENTER(102, 11, 0xf2, 1)},	  {1, VFS_EXIT_TO(110, 11, 0, IN_OVERLAY)},
		{0, VFS_EXIT_TO(111, 11, 0, IN_SYSCALL)}, {1, VFS_EXIT_TO(112, 11, 0, IN_SYSCALL)},
	};
	const struct want want[] = {{11, 100, 112, 0, 1, VIA_SYSCALL, 0, 0, 1}};

	(void)state;
	collector_free(EXPECT_JOINED(in, want));
}

static void test_losses_pass(void **state)
{
	const struct in in[] = {
		{0, VFS_ENTER(100, 11, 0xf1, 1)}, {1, VFS_ENTER(101, 11, 0xf1, 1)}, {1, LOST(150, 0, 7)},
		{0, VFS_EXIT(160, 11, 0)},	  {1, VFS_EXIT(161, 11, 0)},
	};
	const struct want want[] = {{11, 100, 161, 0, 1, VIA_UNKNOWN, NEARBY, 0, 0}};
	struct collector *c = EXPECT_JOINED(in, want);

	(void)state;
	assert_int_equal(c->losses, 1);
	assert_int_equal(c->lost, 7);
	collector_free(c);
}

static void test_new_tasks(void **state)
{
	const struct in in[] = {
		{0, VFS_ENTER(100, 11, 0xf1, 1)}, {1, VFS_ENTER(101, 11, 0xf1, 1)}, {0, NEWTASK(150, 12, 11, 0)},
		{1, NEWTASK(151, 12, 11, 0)},	  {0, VFS_ENTER(200, 11, 0xf1, 2)}, {0, VFS_EXIT(210, 11, 0)},
	};
	const struct want want[] = {
		{11, 100, NO_TIME, NO_RET, 1, VIA_UNKNOWN, UNFINISHED, 0, 0},
		{11, 200, 210, 0, 2, VIA_UNKNOWN, 0, 0, 0},
	};

	(void)state;
	collector_free(EXPECT_JOINED(in, want));
}

/* The better events may be in the other buffer. */
static void test_ranks_across_buffers(void **state)
{
	const struct in in[] = {
		{2, {.kind = EVENT_RAW_ENTER, .has = MODE_OFFSET_LEN, .ts = 90, .tid = 12, .len = 1}},
		{0, {.kind = EVENT_RAW_ENTER, .has = MODE_OFFSET_LEN, .ts = 100, .tid = 11, .len = 1}},
		{1, SYS_ENTER(101, 11, 5, 1)},
		{1, SYS_EXIT(110, 11, 0)},
		{0, {.kind = EVENT_RAW_EXIT, .has = HAS_RET, .ts = 111, .tid = 11}},
	};
	const struct want want[] = {{11, 101, 110, 0, 1, VIA_SYSCALL, 0, 0, 0}};

	(void)state;
	collector_free(EXPECT_JOINED(in, want));
}

/* Memory stays bounded, and every call is told, however many are held and however many buffers there are. */
static void test_bounds(void **state)
{
	struct collector *c = collector_new();
	size_t threads = 30000, told = 0;
	struct event ev;

	(void)state;
	for (size_t i = 0; i < threads; i++) {
		ev = (struct event)VFS_ENTER(2 * i, (int32_t)(100 + i), 0xf1, 1);
		ev.buffer = (int32_t)(i % 70);
		collector_feed(c, &ev, 1);
		ev.buffer = (int32_t)((i + 1) % 70);
		collector_feed(c, &ev, 1);
		ev = (struct event)VFS_EXIT(2 * i + 1, (int32_t)(100 + i), 0);
		ev.buffer = (int32_t)(i % 70);
		collector_feed(c, &ev, 1);
		/* what was told is of no more interest */
		told += c->count;
		c->count = 0;
	}
	/* no more than 8 MiB of calls are held, of more than 4 KiB each */
	assert_true(told > threads - 2048);
	collector_end(c);
	assert_int_equal(told + c->count, threads);
	collector_free(c);
}

/* No order of events, however odd, does harm; each beginning and each end is told of at most once. */
static void test_any_order(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct collector *c = collector_new();
		size_t begins = 0, ends = 0;

		for (uint64_t ts = 1; ts < 200; ts++) {
			static const enum event_kind kinds[] = {
				EVENT_VFS_ENTER, EVENT_VFS_EXIT, EVENT_SYS_ENTER, EVENT_SYS_EXIT, EVENT_VFS_DONE,
				EVENT_SYS_BADFD, EVENT_NEWTASK,	 EVENT_FS_STEP,	  EVENT_RAW_EXIT, EVENT_FS_ENTER,
			};
			struct event ev = {.ts = ts, .has = HAS_LEN | HAS_RET};

			seed = seed * 1664525 + 1013904223;
			ev.kind = kinds[(seed >> 8) % COUNT(kinds)];
			ev.tid = 11 + (int32_t)(seed >> 16) % 2;
			ev.child = 11 + (int32_t)(seed >> 18) % 2;
			ev.buffer = (int32_t)(seed >> 20) % 3;
			ev.len = (int64_t)(seed >> 24) % 2;
			begins += ev.kind != EVENT_VFS_EXIT && ev.kind != EVENT_SYS_EXIT;
			ends += ev.kind == EVENT_VFS_EXIT || ev.kind == EVENT_SYS_EXIT;
			collector_feed(c, &ev, 1);
		}
		collector_end(c);
		assert_true(c->count <= begins + ends);
		collector_free(c);
	}
}

static void test_target_that_fails(void **state)
{
	const struct in in[] = {{0, VFS_ENTER(100, 11, 0xf1, 1)},
				{1, VFS_ENTER(101, 11, 0xf1, 1)},
				{0, VFS_EXIT(110, 11, 0)}};
	struct collector *c = collector_new();
	struct event last = VFS_EXIT(111, 11, 0);
	struct error e = {.text = ""};

	(void)state;
	feed(c, in, COUNT(in));
	c->fail = -1;
	last.buffer = 1;
	assert_int_equal(assemble_event(c->a, &last, &e), -1);
	assert_string_equal(e.text, "told to fail");
	collector_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_twins),
		cmocka_unit_test(test_a_call_is_told_when_all_have_closed_it),
		cmocka_unit_test(test_each_field_from_who_knows),
		cmocka_unit_test(test_seen_beats_derived),
		cmocka_unit_test(test_what_is_missing_in_one),
		cmocka_unit_test(test_what_is_missing_in_all),
		cmocka_unit_test(test_other_calls_are_others),
		cmocka_unit_test(test_calls_of_one_event),
		cmocka_unit_test(test_inner_calls),
		cmocka_unit_test(test_inner_calls_of_the_second),
		cmocka_unit_test(test_losses_pass),
		cmocka_unit_test(test_new_tasks),
		cmocka_unit_test(test_ranks_across_buffers),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_target_that_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
