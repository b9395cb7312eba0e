/* SPDX-License-Identifier: MIT */
/*
 * What is read from good records of good formats.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "schema_records.h"

static void test_vfs_enter(void **state)
{
	const struct page_format *formats[] = {&little_64, &big_64};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct schema *s = schema_new(formats[i]);
		unsigned char *copy;
		struct event ev;
		struct rec r;

		add_format(s, "falloctrace_123", vfs_enter_format, 1);
		assert_int_equal(schema_count(s), 1);
		rec_vfs_enter(&r, formats[i]);
		assert_int_equal(schema_record_id(s, r.data, r.size), 1341);
		assert_int_equal(rec_decode(s, &r, &ev, &copy), 1);
		assert_int_equal(ev.kind, EVENT_VFS_ENTER);
		assert_int_equal(ev.has, HAS_FILE | HAS_MODE | HAS_OFFSET | HAS_LEN | HAS_SIZE | HAS_BLOCKS |
						 HAS_NBLOCKS | HAS_DBLOCKS | HAS_INO | HAS_DEV | HAS_MNT | HAS_FD |
						 HAS_NR | HAS_COMM | HAS_FS);
		assert_int_equal(ev.ts, 777);
		assert_int_equal(ev.cpu, 3);
		assert_int_equal(ev.tid, 4242);
		assert_int_equal(ev.file, 0xffff888012345678);
		assert_int_equal(ev.mode, 3);
		assert_int_equal(ev.offset, 0x123456789abc);
		assert_int_equal(ev.len, -5);
		assert_int_equal(ev.size, 1ll << 40);
		assert_int_equal(ev.blocks, 24);
		assert_int_equal(ev.nblocks, 3);
		assert_int_equal(ev.dblocks, 71);
		assert_int_equal(ev.ino, 131);
		assert_int_equal(ev.dev, 254 << 20 | 7);
		assert_int_equal(ev.mnt, 29);
		assert_int_equal(ev.fd, 7);
		assert_int_equal(ev.nr, 285);
		assert_span(&ev.comm, "postgres");
		assert_span(&ev.fs, "ext4");
		assert_int_equal(ev.names_count, 3);
		assert_span(&ev.names[0], "16384");
		assert_span(&ev.names[1], "db\xff\n");
		assert_span(&ev.names[2], "/");
		free(copy);
		schema_free(s);
	}
}

static void test_vfs_exit_tells_the_caller(void **state)
{
	struct schema *s = schema_new(&little_64);
	unsigned char *copy;
	struct event ev;
	struct rec r;

	(void)state;
	add_format(s, "falloctrace_9", vfs_exit_format, 1);
	rec_begin(&r, &little_64, 1342, 5);
	rec_put(&r, 8, 8, 1);
	rec_put(&r, 16, 8, 0xffffffffab02f8fe);
	rec_put(&r, 24, 4, (uint32_t)-28);
	assert_int_equal(rec_decode(s, &r, &ev, &copy), 1);
	assert_int_equal(ev.kind, EVENT_VFS_EXIT);
	assert_int_equal(ev.has, HAS_RET | HAS_CALLER);
	assert_int_equal(ev.ret, -28);
	assert_int_equal(ev.caller, 0xffffffffab02f8fe);
	free(copy);
	schema_free(s);
}

static void test_tracepoints(void **state)
{
	struct schema *s = schema_new(&little_64);
	unsigned char *copy;
	struct event ev;
	struct rec r;

	(void)state;
	add_format(s, "syscalls", tracepoint_enter_format, 1);
	add_format(s, "syscalls", tracepoint_exit_format, 1);
	assert_int_equal(schema_count(s), 2);
	/* of use, but it tells of no call */
	add_format(s, "task", newtask_format, 1);
	assert_int_equal(schema_count(s), 2);

	/* An int in eight bytes, called unsigned, with rubbish above it */
	rec_begin(&r, &little_64, 814, 6);
	rec_put(&r, 16, 8, 0xdeadbeefffffffff);
	rec_put(&r, 24, 8, 0xdeadbeef00000001);
	rec_put(&r, 32, 8, (uint64_t)-4096);
	rec_put(&r, 40, 8, 1ull << 62);
	assert_int_equal(rec_decode(s, &r, &ev, &copy), 1);
	assert_int_equal(ev.kind, EVENT_SYS_ENTER);
	assert_int_equal(ev.has, HAS_FD | HAS_MODE | HAS_OFFSET | HAS_LEN);
	assert_int_equal(ev.fd, -1);
	assert_int_equal(ev.mode, 1);
	assert_int_equal(ev.offset, -4096);
	assert_int_equal(ev.len, 1ll << 62);
	free(copy);

	rec_begin(&r, &little_64, 813, 6);
	rec_put(&r, 16, 8, (uint64_t)-EINTR);
	assert_int_equal(rec_decode(s, &r, &ev, &copy), 1);
	assert_int_equal(ev.kind, EVENT_SYS_EXIT);
	assert_int_equal(ev.has, HAS_RET);
	assert_int_equal(ev.ret, -EINTR);
	free(copy);

	rec_begin(&r, &little_64, 205, 6);
	rec_put(&r, 8, 4, 77);
	memcpy(r.data + 12, "sixteen letters!", 16);
	rec_put(&r, 32, 8, 0x10100);
	rec_put(&r, 40, 4, 0);
	assert_int_equal(rec_decode(s, &r, &ev, &copy), 1);
	assert_int_equal(ev.kind, EVENT_NEWTASK);
	assert_int_equal(ev.tid, 6);
	assert_int_equal(ev.child, 77);
	assert_int_equal(ev.clone_flags, 0x10100);
	assert_span(&ev.comm, "sixteen letters!");
	free(copy);
	schema_free(s);
}

static void test_badfd_implies_its_result(void **state)
{
	static const char text[] = HEAD("sys_badfd", 900) PROBE_IP FIELD("s32 fd", 16, 4, 1)
		FIELD("__data_loc char[] comm", 20, 4, 1) TAIL;
	struct schema *s = schema_new(&little_64);
	unsigned char *copy;
	struct event ev;
	struct rec r;

	(void)state;
	add_format(s, "falloctrace", text, 1);
	rec_begin(&r, &little_64, 900, 6);
	rec_put(&r, 16, 4, (uint32_t)-1);
	rec_put(&r, 20, 4, 0);
	rec_string(&r, 20, "(fault)");
	assert_int_equal(rec_decode(s, &r, &ev, &copy), 1);
	assert_int_equal(ev.kind, EVENT_SYS_BADFD);
	assert_int_equal(ev.has, HAS_FD | HAS_RET | HAS_COMM);
	assert_int_equal(ev.fd, -1);
	assert_int_equal(ev.ret, -EBADF);
	/* $comm can't fault: the task has chosen that name */
	assert_span(&ev.comm, "(fault)");
	free(copy);
	schema_free(s);
}

static void test_compat_halves(void **state)
{
	static const char text[] = HEAD("compat_enter", 901) PROBE_IP FIELD("u32 len_hi", 16, 4, 0)
		FIELD("u64 off_lo", 20, 8, 0) FIELD("u32 off_hi", 28, 4, 0) FIELD("s32 len_lo", 32, 4, 1) TAIL;
	static const char half[] = HEAD("compat_enter", 902) PROBE_IP FIELD("u32 off_lo", 16, 4, 0) TAIL;
	const struct page_format *formats[] = {&little_64, &big_64};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct schema *s = schema_new(formats[i]);
		unsigned char *copy;
		struct event ev;
		struct rec r;

		add_format(s, "falloctrace_1", text, 1);
		add_format(s, "falloctrace_1", half, 1);
		rec_begin(&r, formats[i], 901, 6);
		rec_put(&r, 16, 4, 0xffffffff);
		rec_put(&r, 20, 8, 0xdeadbeef80000001);
		rec_put(&r, 28, 4, 0x12);
		rec_put(&r, 32, 4, 0xfffff000);
		assert_int_equal(rec_decode(s, &r, &ev, &copy), 1);
		assert_int_equal(ev.kind, EVENT_COMPAT_ENTER);
		assert_int_equal(ev.has, HAS_OFFSET | HAS_LEN);
		assert_int_equal(ev.offset, 0x1280000001);
		assert_int_equal(ev.len, -4096);
		free(copy);
		/* One half is none. */
		rec_begin(&r, formats[i], 902, 6);
		rec_put(&r, 16, 4, 1);
		assert_int_equal(rec_decode(s, &r, &ev, &copy), 1);
		assert_int_equal(ev.has, 0);
		free(copy);
		schema_free(s);
	}
}

/* Every width that an integer has, in both orders: signs follow the meaning. */
static void test_widths(void **state)
{
	static const struct {
		unsigned width;
		const char *text;
	} formats[] = {
		{1,
		 HEAD("vfs_enter", 1) FIELD("u8 fd", 8, 1, 0) FIELD("s8 mode", 9, 1, 1) FIELD("u8 len", 10, 1, 0) TAIL},
		{2, HEAD("vfs_enter", 1) FIELD("u16 fd", 8, 2, 0) FIELD("s16 mode", 10, 2, 1) FIELD("x16 len", 12, 2, 0)
			    TAIL},
		{4, HEAD("vfs_enter", 1) FIELD("x32 fd", 8, 4, 0) FIELD("s32 mode", 12, 4, 1) FIELD("u32 len", 16, 4, 0)
			    TAIL},
		{8, HEAD("vfs_enter", 1) FIELD("x64 fd", 8, 8, 0) FIELD("s64 mode", 16, 8, 1) FIELD("u64 len", 24, 8, 0)
			    TAIL},
	};

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		const struct page_format *f = i & 1 ? &big_64 : &little_64;
		unsigned width = formats[i / 2].width;
		struct schema *s = schema_new(f);
		unsigned char *copy;
		struct event ev;
		struct rec r;

		add_format(s, "falloctrace", formats[i / 2].text, 1);
		rec_begin(&r, f, 1, (uint32_t)-2);
		rec_put(&r, 8, width, (uint64_t)-7);
		rec_put(&r, 8 + width, width, 0x82);
		rec_put(&r, 8 + 2 * width, width, (uint64_t)-9);
		assert_int_equal(rec_decode(s, &r, &ev, &copy), 1);
		assert_int_equal(ev.tid, -2);
		assert_int_equal(ev.fd, -7);
		assert_int_equal(ev.mode, 0x82);
		assert_int_equal(ev.len, -9);
		free(copy);
		schema_free(s);
	}
}

/* A machine whose long has four bytes */
static void test_small_longs(void **state)
{
	static const char text[] = HEAD("vfs_exit", 7) FIELD("unsigned long __probe_func", 8, 4, 0)
		FIELD("unsigned long __probe_ret_ip", 12, 4, 0) FIELD("s32 ret", 16, 4, 1) TAIL;
	const struct page_format f = {4, true};
	struct schema *s = schema_new(&f);
	unsigned char *copy;
	struct event ev;
	struct rec r;

	(void)state;
	add_format(s, "falloctrace", text, 1);
	rec_begin(&r, &f, 7, 1);
	rec_put(&r, 12, 4, 0xc0123456);
	rec_put(&r, 16, 4, (uint32_t)-22);
	assert_int_equal(rec_decode(s, &r, &ev, &copy), 1);
	assert_int_equal(ev.caller, 0xc0123456);
	assert_int_equal(ev.ret, -22);
	free(copy);
	schema_free(s);
}

/* The kernel's return value is a long or an int, with rubbish above it. */
static void test_ret_is_an_errno(void **state)
{
	static const char text[] = HEAD("vfs_exit", 7) FIELD("u64 ret", 8, 8, 0) TAIL;
	struct schema *s = schema_new(&little_64);
	unsigned char *copy;
	struct event ev;
	struct rec r;

	(void)state;
	add_format(s, "falloctrace", text, 1);
	rec_begin(&r, &little_64, 7, 1);
	rec_put(&r, 8, 8, 0x00000000ffffffe4);
	assert_int_equal(rec_decode(s, &r, &ev, &copy), 1);
	assert_int_equal(ev.ret, -28);
	free(copy);
	schema_free(s);
}

static void test_rel_loc(void **state)
{
	static const char text[] = HEAD("vfs_enter", 8) FIELD("__rel_loc char[] comm", 8, 4, 1)
		FIELD("__rel_loc char[] n0", 12, 4, 1) TAIL;
	struct schema *s = schema_new(&little_64);
	unsigned char *copy;
	struct event ev;
	struct rec r;

	(void)state;
	add_format(s, "falloctrace", text, 1);
	rec_begin(&r, &little_64, 8, 1);
	rec_put(&r, 8, 4, 4 << 16 | 4);	 /* from 12, so at 16 */
	rec_put(&r, 12, 4, 3 << 16 | 4); /* from 16, so at 20 */
	memcpy(r.data + 16, "abc\0de\0", 8);
	r.size = 24;
	assert_int_equal(rec_decode(s, &r, &ev, &copy), 1);
	assert_span(&ev.comm, "abc");
	assert_int_equal(ev.names_count, 1);
	assert_span(&ev.names[0], "de");
	free(copy);
	schema_free(s);
}

static void test_two_groups(void **state)
{
	static const char second[] = HEAD("vfs_exit", 2000) FIELD("s32 ret", 8, 4, 1) TAIL;
	static const char clash[] = HEAD("vfs_done", 2000) FIELD("s64 size", 8, 8, 1) TAIL;
	struct schema *s = schema_new(&little_64);
	unsigned char *copy;
	struct event ev;
	struct rec r;

	(void)state;
	add_format(s, "falloctrace_1", vfs_exit_format, 1);
	add_format(s, "falloctrace_2", second, 1);
	add_format(s, "falloctrace_3", clash, -1);
	assert_int_equal(schema_count(s), 2);
	rec_begin(&r, &little_64, 2000, 1);
	rec_put(&r, 8, 4, (uint32_t)-1);
	assert_int_equal(rec_decode(s, &r, &ev, &copy), 1);
	assert_int_equal(ev.kind, EVENT_VFS_EXIT);
	assert_int_equal(ev.has, HAS_RET);
	free(copy);
	schema_free(s);
}

static void test_records_of_no_interest(void **state)
{
	static const char other[] = HEAD("sched_switch", 300) FIELD("int prev", 8, 4, 1) TAIL;
	struct schema *s = schema_new(&little_64);
	unsigned char *copy;
	struct event ev;
	struct rec r;

	(void)state;
	add_format(s, "sched", other, 0);
	/* Somebody else's names under our group, and the other way round */
	add_format(s, "falloctrace", newtask_format, 0);
	add_format(s, "falloctrace", tracepoint_enter_format, 0);
	add_format(s, "task", tracepoint_enter_format, 0);
	assert_int_equal(schema_count(s), 0);
	rec_begin(&r, &little_64, 300, 1);
	assert_int_equal(rec_decode(s, &r, &ev, &copy), 1);
	assert_int_equal(ev.kind, EVENT_NONE);
	assert_int_equal(ev.has, 0);
	free(copy);
	schema_free(s);
}

/* A file may have 65536 ids: its events take no memory without end. */
static void test_so_many_events(void **state)
{
	static const char rest[] = "format:\n" COMMON FIELD("s32 ret", 8, 4, 1) TAIL;
	struct schema *s = schema_new(&little_64);
	char text[2048];

	(void)state;
	for (unsigned id = 1; id <= 4097; id++) {
		snprintf(text, sizeof(text), "name: vfs_exit\nID: %u\n%s", id, rest);
		add_format(s, "falloctrace_1", text, id <= 4096 ? 1 : -1);
	}
	assert_int_equal(schema_count(s), 4096);
	assert_true(schema_knows_id(s, 1));
	assert_true(schema_knows_id(s, 4096));
	assert_false(schema_knows_id(s, 0));
	assert_false(schema_knows_id(s, 4097));
	assert_false(schema_knows_id(s, 65535));
	assert_false(schema_knows_id(s, -1));
	schema_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vfs_enter),     cmocka_unit_test(test_vfs_exit_tells_the_caller),
		cmocka_unit_test(test_tracepoints),   cmocka_unit_test(test_badfd_implies_its_result),
		cmocka_unit_test(test_compat_halves), cmocka_unit_test(test_widths),
		cmocka_unit_test(test_small_longs),   cmocka_unit_test(test_ret_is_an_errno),
		cmocka_unit_test(test_rel_loc),	      cmocka_unit_test(test_records_of_no_interest),
		cmocka_unit_test(test_two_groups),    cmocka_unit_test(test_so_many_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
