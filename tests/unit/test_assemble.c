/* SPDX-License-Identifier: MIT */
/*
 * The assembler fed with literal arrays of events in every odd order: which
 * calls come of them, when they begin and end, and what is odd about them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collector.h"

#define UNFINISHED ODD_UNFINISHED
#define ORPHAN ODD_ORPHAN
#define NESTED ODD_NESTED
#define NEARBY ODD_LOSS_NEARBY
#define NO_TIME 0
#define NO_RET 1

/* What a test says of a call; len tells calls apart, -1 if it is not known. */
struct want {
	int32_t tid;
	uint64_t start, end;
	int64_t ret;
	int64_t len;
	enum via via;
	unsigned odd;
	int depth;
	size_t inner;
};

static void check(const struct call *c, const struct want *w)
{
	size_t inner = 0;

	for (const struct call *i = c->inner; i; i = i->next)
		inner++;
	assert_int_equal(c->tid, w->tid);
	assert_int_equal(c->has_start ? c->start : NO_TIME, w->start);
	assert_int_equal(c->has_end ? c->end : NO_TIME, w->end);
	assert_int_equal(c->has_ret ? c->ret : NO_RET, w->ret);
	assert_int_equal(c->has_len ? c->len : -1, w->len);
	assert_int_equal(c->via, w->via);
	assert_int_equal(c->odd, w->odd);
	assert_int_equal(c->depth, w->depth);
	assert_int_equal(inner, w->inner);
}

/* Whole calls, in the order in which they come out. */
static struct collector *expect(const struct event *events, size_t events_count, const struct want *want, size_t count)
{
	struct collector *c = collect(events, events_count);

	assert_int_equal(c->count, count);
	for (size_t i = 0; i < count; i++)
		check(&c->calls[i], &want[i]);
	return c;
}

#define EXPECT(events, want) expect(events, COUNT(events), want, COUNT(want))

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
	check(c->calls[0].inner, &inner);
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
	check(c->calls[0].inner, &inner);
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
	check(c->calls[0].inner, &middle);
	check(c->calls[0].inner->inner, &innermost);
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
	check(c->calls[0].inner, &first);
	check(c->calls[0].inner->next, &second);
	collector_free(c);
}

/* --- entries without a return --- */

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
	check(c->calls[1].inner, &whole);
	check(c->calls[1].inner->next, &open);
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
	check(c->calls[0].inner, &inner);
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
	check(c->calls[0].inner, &first);
	check(c->calls[1].inner, &second);
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
	check(c->calls[0].inner, &inner);
	assert_int_equal(c->calls[0].size_after, 10);
	assert_int_equal(c->calls[0].inner->size_after, 20);
	collector_free(c);
}

/* --- returns without an entry --- */

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

/* --- losses --- */

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
	check(c->calls[0].inner, &inner);
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

/* --- threads come and go --- */

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

/* --- bounds --- */

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
		cmocka_unit_test(test_orphans),
		cmocka_unit_test(test_done_without_entry),
		cmocka_unit_test(test_exit_of_another_thread),
		cmocka_unit_test(test_exit_of_another_kind),
		cmocka_unit_test(test_vfs_entry_missing_within_a_system_call),
		cmocka_unit_test(test_done_of_another_file),
		cmocka_unit_test(test_loss_between),
		cmocka_unit_test(test_calls_within_a_gap),
		cmocka_unit_test(test_return_lost_and_registers_tell),
		cmocka_unit_test(test_loss_within_nested_calls),
		cmocka_unit_test(test_system_calls_around_a_loss),
		cmocka_unit_test(test_tid_used_again),
		cmocka_unit_test(test_open_calls_are_bounded),
		cmocka_unit_test(test_nesting_is_bounded),
		cmocka_unit_test(test_inner_calls_are_bounded),
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_target_that_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
