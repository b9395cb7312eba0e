/* SPDX-License-Identifier: MIT */
/*
 * What is made of others' events: the system calls of raw_syscalls, what
 * filesystems tell, and which of them count where there are several.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "expect_calls.h"

#define RAW_ENTER(t, thread, number, bytes)                                                                     \
	{                                                                                                       \
		.kind = EVENT_RAW_ENTER, .has = HAS_FD | MODE_OFFSET_LEN, .ts = t, .tid = thread, .fd = number, \
		.len = bytes                                                                                    \
	}
#define RAW_EXIT(t, thread, result)                                                           \
	{                                                                                     \
		.kind = EVENT_RAW_EXIT, .has = HAS_RET, .ts = t, .tid = thread, .ret = result \
	}
#define FILE_HAS (HAS_DEV | HAS_INO | HAS_FS)
#define ON_FILE .dev = DEV(254, 16), .ino = 17, .fs = {"ext4", 4}
#define FS_ENTER(t, thread, bytes)                                                                            \
	{                                                                                                     \
		.kind = EVENT_FS_ENTER, .has = MODE_OFFSET_LEN | FILE_HAS, .ts = t, .tid = thread, .mode = 1, \
		.offset = 4096, .len = bytes, ON_FILE                                                         \
	}
#define FS_EXIT(t, thread, result)                                                                                     \
	{                                                                                                              \
		.kind = EVENT_FS_EXIT, .has = HAS_OFFSET | HAS_RET | FILE_HAS, .ts = t, .tid = thread, .offset = 4096, \
		.ret = result, ON_FILE                                                                                 \
	}
#define FS_PUNCH(t, thread, bytes)                                                                           \
	{                                                                                                    \
		.kind = EVENT_FS_STEP, .has = MODE_OFFSET_LEN | FILE_HAS, .ts = t, .tid = thread, .mode = 3, \
		.offset = 4096, .len = bytes, ON_FILE                                                        \
	}
#define XFS_STEP(t, thread, inode, which, more, value)                                                                 \
	{                                                                                                              \
		.kind = EVENT_FS_STEP, .has = FILE_HAS | (more), .ts = t, .tid = thread, .step = which, .mode = value, \
		.dev = DEV(254, 32), .ino = inode,                                                                     \
		.fs = { "xfs",                                                                                         \
			3 }                                                                                            \
	}
#define ZERO(t, thread, inode) XFS_STEP(t, thread, inode, STEP_XFS_ZERO, 0, 0)
#define FREE(t, thread, inode) XFS_STEP(t, thread, inode, STEP_XFS_FREE, HAS_MODE, 3)
#define ALLOC(t, thread, inode) XFS_STEP(t, thread, inode, STEP_XFS_ALLOC, 0, 0)
#define COLLAPSE(t, thread, inode) XFS_STEP(t, thread, inode, STEP_XFS_COLLAPSE, HAS_MODE, 8)

static void test_raw_system_calls(void **state)
{
	const struct event events[] = {RAW_ENTER(100, 11, 5, 4096), RAW_EXIT(131, 11, -28)};
	const struct want want[] = {{11, 100, 131, -28, 4096, VIA_SYSCALL, 0, 0, 0}};
	struct collector *c = EXPECT(events, want);

	(void)state;
	assert_true(c->calls[0].has_fd);
	assert_int_equal(c->calls[0].fd, 5);
	assert_int_equal(c->calls[0].size_after_known, UNKNOWN);
	collector_free(c);
}

/* Of two that tell of the same call the better one counts, whichever comes first. */
static void test_raw_beside_better(void **state)
{
	const struct event events[] = {
		/* this order shows that there is something better */
		RAW_ENTER(100, 11, 5, 4096), SYS_ENTER(101, 11, 5, 4096), RAW_EXIT(130, 11, 0),	 SYS_EXIT(131, 11, 0),
		SYS_ENTER(200, 12, 5, 1),    RAW_ENTER(201, 12, 5, 1),	  SYS_EXIT(230, 12, -9), RAW_EXIT(231, 12, -9),
	};
	const struct want want[] = {
		{11, 101, 131, 0, 4096, VIA_SYSCALL, 0, 0, 0},
		{12, 200, 230, -9, 1, VIA_SYSCALL, 0, 0, 0},
	};

	(void)state;
	collector_free(EXPECT(events, want));
}

static void test_filesystem_beside_better(void **state)
{
	const struct event events[] = {
		FS_ENTER(50, 12, 5),  RAW_ENTER(100, 11, 5, 4096), FS_ENTER(101, 11, 4096), FS_EXIT(120, 11, 0),
		RAW_EXIT(130, 11, 0), FS_EXIT(140, 12, 0),	   FS_PUNCH(141, 13, 77),   VFS_ENTER(200, 11, 0xf1, 1),
		FS_ENTER(201, 11, 1), FS_EXIT(202, 11, 0),	   VFS_EXIT(203, 11, 0),    RAW_ENTER(300, 14, 5, 8),
		RAW_EXIT(301, 14, 0),
	};
	const struct want want[] = {
		{11, 100, 130, 0, 4096, VIA_SYSCALL, 0, 0, 0},
		{11, 200, 203, 0, 1, VIA_UNKNOWN, 0, 0, 0},
	};

	(void)state;
	collector_free(EXPECT(events, want));
}

static void test_ext4(void **state)
{
	const struct event events[] = {
		FS_ENTER(100, 11, 8192),
		FS_EXIT(150, 11, -28),
		FS_PUNCH(200, 11, 77),
		/* a step within a call is no other one */
		FS_ENTER(300, 12, 99),
		FS_PUNCH(310, 12, 99),
		FS_EXIT(320, 12, 0),
	};
	const struct want want[] = {
		{11, 100, 150, -28, 8192, VIA_UNKNOWN, 0, 0, 0},
		{11, 200, NO_TIME, NO_RET, 77, VIA_UNKNOWN, 0, 0, 0},
		{12, 300, 320, 0, 99, VIA_UNKNOWN, 0, 0, 0},
	};
	struct collector *c = EXPECT(events, want);

	(void)state;
	for (size_t i = 0; i < c->count; i++) {
		assert_true(c->calls[i].has_dev && c->calls[i].has_ino && c->calls[i].has_mode);
		assert_int_equal(c->calls[i].dev_major, 254);
		assert_int_equal(c->calls[i].dev_minor, 16);
		assert_int_equal(c->calls[i].ino, 17);
		assert_string_equal(c->calls[i].fs, "ext4");
		assert_string_equal(c->calls[i].path, "");
		assert_string_equal(c->calls[i].comm, "");
		assert_false(c->calls[i].has_fd);
		assert_int_equal(c->calls[i].offset, 4096);
		assert_int_equal(c->calls[i].size_before_known, UNKNOWN);
		assert_int_equal(c->calls[i].size_after_known, UNKNOWN);
		assert_int_equal(c->calls[i].blocks_after_known, UNKNOWN);
	}
	assert_int_equal(c->calls[0].op, OP_KEEP);
	assert_int_equal(c->calls[1].op, OP_PUNCH);
	assert_int_equal(call_latency(&c->calls[1]), -1);
	collector_free(c);
}

static void test_ext4_half_seen(void **state)
{
	const struct event events[] = {FS_EXIT(90, 11, -28), FS_ENTER(100, 11, 1), FS_ENTER(200, 11, 2)};
	const struct want want[] = {
		{11, NO_TIME, 90, -28, -1, VIA_UNKNOWN, ORPHAN, 0, 0},
		{11, 100, NO_TIME, NO_RET, 1, VIA_UNKNOWN, UNFINISHED, 0, 0},
		{11, 200, NO_TIME, NO_RET, 2, VIA_UNKNOWN, UNFINISHED, 0, 0},
	};
	struct collector *c = EXPECT(events, want);

	(void)state;
	assert_true(c->calls[0].has_offset);
	assert_int_equal(c->calls[0].offset, 4096);
	assert_int_equal(c->calls[0].ino, 17);
	assert_string_equal(c->calls[0].fs, "ext4");
	assert_int_equal(c->calls[0].op, OP_COUNT);
	collector_free(c);
}

/* What XFS does for one call is one call. */
static void test_xfs(void **state)
{
	const struct event events[] = {
		ALLOC(100, 11, 131),
		FREE(110, 11, 131),
		ZERO(200, 11, 131),
		FREE(201, 11, 131),
		ALLOC(202, 11, 131),
		ALLOC(210, 11, 131),
		COLLAPSE(300, 11, 131),
		FREE(301, 11, 131),
		FREE(310, 11, 131),
		/* other threads and files have nothing to do with it */
		ZERO(400, 11, 131),
		FREE(401, 12, 131),
		ALLOC(402, 12, 132),
		FREE(403, 11, 131),
		ALLOC(404, 11, 131),
	};
	static const struct {
		uint64_t start;
		enum op op;
	} want[] = {{100, OP_COUNT}, {110, OP_PUNCH}, {200, OP_ZERO},  {210, OP_COUNT}, {300, OP_COLLAPSE},
		    {310, OP_PUNCH}, {400, OP_ZERO},  {401, OP_PUNCH}, {402, OP_COUNT}};
	struct collector *c = collect(events, COUNT(events));

	(void)state;
	assert_int_equal(c->count, COUNT(want));
	for (size_t i = 0; i < c->count; i++) {
		assert_int_equal(c->calls[i].start, want[i].start);
		assert_int_equal(c->calls[i].op, want[i].op);
		assert_int_equal(c->calls[i].has_mode, want[i].op != OP_COUNT && want[i].op != OP_ZERO);
		assert_false(c->calls[i].has_end || c->calls[i].has_ret || c->calls[i].has_len);
		assert_int_equal(c->calls[i].odd, 0);
		assert_string_equal(c->calls[i].fs, "xfs");
	}
	collector_free(c);
}

/* A part is of the same thread and file. */
static void test_xfs_of_others(void **state)
{
	struct collector *c = collector_new();

	(void)state;
	for (int32_t tid = 1; tid <= 1000; tid++) {
		/* their places meet now and then */
		const struct event events[] = {ZERO((uint64_t)tid, tid, 131),
					       FREE(1000u + (uint64_t)tid, 1000 + tid, 131),
					       ZERO(2000u + (uint64_t)tid, 2000, 131),
					       FREE(3000u + (uint64_t)tid, 2000, 132)};

		collector_feed(c, events, COUNT(events));
	}
	assert_int_equal(c->count, 4000);
	collector_free(c);
}

/* What it may have been a part of may be among what was lost. */
static void test_xfs_after_a_loss(void **state)
{
	const struct event events[] = {LOST(150, 0, 3), FREE(120, 11, 131), FREE(200, 11, 131)};
	struct collector *c = collect(events, COUNT(events));

	(void)state;
	assert_int_equal(c->count, 2);
	assert_int_equal(c->calls[0].op, OP_COUNT);
	assert_int_equal(c->calls[0].odd, NEARBY);
	assert_int_equal(c->calls[1].op, OP_PUNCH);
	collector_free(c);
}

static void test_told_at_the_end(void **state)
{
	const struct event events[] = {
		{
			.kind = EVENT_FS_CALL,
			.has = MODE_OFFSET_LEN | FILE_HAS | HAS_SIZE | HAS_BLOCKS | HAS_RET,
			.ts = 100,
			.tid = 11,
			.len = 8192,
			.size = 8192,
			.blocks = 16,
			ON_FILE,
		},
		{
			.kind = EVENT_FS_CALL,
			.has = HAS_OFFSET | HAS_LEN | FILE_HAS | HAS_RET,
			.ts = 110,
			.tid = 11,
			.len = 5,
			.ret = -10008, /* NFS4ERR_DELAY: the client will try again */
			ON_FILE,
		},
	};
	const struct want want[] = {
		{11, NO_TIME, 100, 0, 8192, VIA_UNKNOWN, 0, 0, 0},
		{11, NO_TIME, 110, NO_RET, 5, VIA_UNKNOWN, 0, 0, 0},
	};
	struct collector *c = EXPECT(events, want);

	(void)state;
	assert_int_equal(c->calls[0].size_before_known, UNKNOWN);
	assert_int_equal(c->calls[0].size_after_known, SEEN);
	assert_int_equal(c->calls[0].size_after, 8192);
	assert_int_equal(c->calls[0].blocks_after_known, SEEN);
	assert_int_equal(c->calls[0].blocks_after, 16);
	assert_int_equal(c->calls[1].size_after_known, UNKNOWN);
	assert_int_equal(c->calls[1].blocks_after_known, UNKNOWN);
	collector_free(c);
}

static const char *name_of(void *ctx, int32_t tid)
{
	(void)ctx;
	return tid == 11 ? "a name that is longer than any" : NULL;
}

static void test_names_from_beside_the_events(void **state)
{
	const struct event events[] = {FS_PUNCH(1, 11, 1), FS_PUNCH(2, 12, 1), SYS_BADFD(3, 11, -1)};
	struct collector *c = collector_new();

	(void)state;
	c->info.find_comm = name_of;
	collector_feed(c, events, COUNT(events));
	collector_end(c);
	assert_int_equal(c->count, 3);
	assert_string_equal(c->calls[0].comm, "a name that is ");
	assert_string_equal(c->calls[1].comm, "");
	/* what the event tells is of that moment */
	assert_string_equal(c->calls[2].comm, "sh");
	collector_free(c);
}

/* Nothing in such a trace says that the numbers in its registers were checked. */
static void test_without_our_notes(void **state)
{
	struct event events[] = {VFS_ENTER_FD(100, 11, 0xf1, 4096, 7), VFS_EXIT(130, 11, -EBADF)};
	struct collector *c = collector_new();

	(void)state;
	c->info.fallocate_nr = UINT64_MAX; /* dat_reader_info, of a machine that is not known */
	collector_feed(c, events, COUNT(events));
	collector_end(c);
	assert_int_equal(c->count, 1);
	assert_false(c->calls[0].has_fd);
	assert_int_equal(c->calls[0].via, VIA_UNKNOWN);
	/* without a vfs_done nobody knows how far it came */
	assert_int_equal(c->calls[0].size_before_known, SEEN);
	assert_int_equal(c->calls[0].size_after_known, UNKNOWN);
	collector_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_raw_system_calls),
		cmocka_unit_test(test_raw_beside_better),
		cmocka_unit_test(test_filesystem_beside_better),
		cmocka_unit_test(test_ext4),
		cmocka_unit_test(test_ext4_half_seen),
		cmocka_unit_test(test_xfs),
		cmocka_unit_test(test_xfs_of_others),
		cmocka_unit_test(test_xfs_after_a_loss),
		cmocka_unit_test(test_told_at_the_end),
		cmocka_unit_test(test_names_from_beside_the_events),
		cmocka_unit_test(test_without_our_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
