/* SPDX-License-Identifier: MIT */
/*
 * Whatever comes, the assembler holds no more than so much, loses nothing of it
 * and passes failures on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expect_calls.h"

static void test_open_calls_are_bounded(void **state)
{
	struct collector *c = collector_new();
	int32_t tid = 1000;

	(void)state;
	while (!c->count && tid < 1000000) {
		const struct event ev = VFS_ENTER((uint64_t)tid, tid, 0xf1, 1);

		collector_feed(c, &ev, 1);
		tid++;
	}
	/* Some tens of thousands are held; the oldest is the first to be given up. */
	assert_in_range(tid, 30000, 200000);
	assert_int_equal(c->count, 1);
	assert_int_equal(c->calls[0].tid, 1000);
	assert_int_equal(c->calls[0].odd, UNFINISHED);
	collector_free(c);
}

static void test_nesting_is_bounded(void **state)
{
	struct collector *c = collector_new();
	struct event ev = VFS_ENTER(0, 11, 0, 1);
	size_t all = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		ev.ts = i + 1;
		ev.file = i;
		collector_feed(c, &ev, 1);
	}
	collector_end(c);
	for (size_t i = 0; i < c->count; i++) {
		assert_in_range(count_all(&c->calls[i]), 1, 8);
		all += count_all(&c->calls[i]);
	}
	assert_int_equal(all, 1000);
	collector_free(c);
}

static void test_inner_calls_are_bounded(void **state)
{
	struct collector *c = collector_new();
	const struct event outer = VFS_ENTER(1, 11, 0xf0, 1);
	size_t all = 0;

	(void)state;
	collector_feed(c, &outer, 1);
	for (unsigned i = 0; i < 1000; i++) {
		const struct event inner[] = {VFS_ENTER(2 * i + 2, 11, 0xf1, 1),
					      VFS_EXIT_TO(2 * i + 3, 11, 0, IN_OVERLAY)};

		collector_feed(c, inner, 2);
	}
	collector_end(c);
	for (size_t i = 0; i < c->count; i++) {
		assert_in_range(count_all(&c->calls[i]), 1, 64);
		all += count_all(&c->calls[i]);
	}
	assert_int_equal(all, 1001);
	collector_free(c);
}

static uint64_t seed = 0x853c49e6748fea9b;

static uint64_t draw(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

/* Any events in any order: each entry and each return comes out, once. */
static void test_any_order(void **state)
{
	const uint64_t callers[] = {IN_SYSCALL, IN_OVERLAY, IN_IO_URING, IN_NOTHING};

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct collector *c = collector_new();
		size_t entries = 0, returns = 0, starts = 0, ends = 0;

		for (uint64_t ts = 1; ts < 500; ts++) {
			const int32_t tid = 10 + (int32_t)draw(4);
			const uint64_t file = 0xf0 + draw(3);
			const struct event any[] = {
				VFS_ENTER(ts, tid, file, (int64_t)draw(3)),
				VFS_ENTER_FD(ts, tid, file, (int64_t)draw(3), (int32_t)draw(2)),
				VFS_EXIT(ts, tid, 0),
				VFS_EXIT_TO(ts, tid, 0, callers[draw(4)]),
				VFS_DONE(ts, tid, file, 1),
				LOST(ts, 0, 1),
				NEWTASK(ts, tid, 10 + (int32_t)draw(4), 0),
			};
			size_t which = draw(40) ? draw(5) : draw(COUNT(any));

			entries += which < 2;
			returns += which == 2 || which == 3;
			collector_feed(c, &any[which], 1);
		}
		collector_end(c);
		for (size_t i = 0; i < c->count; i++) {
			const struct call *stack[64] = {&c->calls[i]};

			for (size_t n = 1; n;) {
				const struct call *call = stack[--n];

				starts += call->has_start;
				ends += call->has_end;
				assert_true(call->has_start || call->has_end);
				assert_int_equal(!call->has_start, !!(call->odd & ORPHAN));
				assert_int_equal(!call->has_end, !!(call->odd & UNFINISHED));
				assert_int_equal(!!call->depth, !!(call->odd & NESTED));
				for (const struct call *inner = call->inner; inner; inner = inner->next)
					stack[n++] = inner;
			}
		}
		assert_int_equal(starts, entries);
		assert_int_equal(ends, returns);
		collector_free(c);
	}
}

static void test_target_that_fails(void **state)
{
	const struct event events[] = {
		VFS_ENTER(100, 11, 0xf1, 1),
		VFS_ENTER(101, 11, 0xf2, 2),
		VFS_ENTER(102, 12, 0xf2, 2),
		VFS_ENTER(103, 13, 0xf2, 2),
	};
	const struct event enter = SYS_ENTER(200, 11, 3, 1), exit = VFS_EXIT(210, 12, 0), lost = LOST(220, 1, 1);
	struct collector *c = collector_new();
	struct error e = {.text = ""};

	(void)state;
	collector_feed(c, events, COUNT(events));
	c->fail = true;
	assert_int_equal(assemble_event(c->a, &enter, &e), -1);
	assert_string_equal(e.text, "told to fail");
	assert_int_equal(assemble_event(c->a, &exit, &e), -1);
	assert_int_equal(assemble_event(c->a, &lost, &e), -1);
	assert_int_equal(assemble_end(c->a, &e), -1);
	collector_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open_calls_are_bounded),	cmocka_unit_test(test_nesting_is_bounded),
		cmocka_unit_test(test_inner_calls_are_bounded), cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_target_that_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
