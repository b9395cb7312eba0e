/* SPDX-License-Identifier: MIT */
/*
 * Filesystems' own tracepoints. Formats are those that 6.1 and 7.2 print; f2fs
 * and NFS after their headers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "schema_records.h"

/* --- filesystems --- */

#define FS_HEAD FIELD("dev_t dev", 8, 4, 0) FIELD("ino_t ino", 16, 8, 0)
#define RANGE FIELD("loff_t offset", 24, 8, 1) FIELD("loff_t len", 32, 8, 1)
#define MODE FIELD("int mode", 40, 4, 1)

static void fs_begin(struct rec *r, uint16_t id)
{
	rec_begin(r, &little_64, id, 8);
	rec_put(r, 8, 4, 254 << 20 | 16);
	rec_put(r, 16, 8, 17);
}

static void assert_fs(const struct event *ev, enum event_kind kind, const char *fs, uint32_t has)
{
	assert_int_equal(ev->kind, kind);
	assert_int_equal(ev->has, has | HAS_FS | HAS_DEV | HAS_INO);
	assert_span(&ev->fs, fs);
	assert_int_equal(ev->dev, 254 << 20 | 16);
	assert_int_equal(ev->ino, 17);
}

static void test_ext4(void **state)
{
	static const struct {
		const char *text;
		uint32_t mode;
		enum event_kind kind;
	} events[] = {
		{HEAD("ext4_fallocate_enter", 70) FS_HEAD RANGE MODE TAIL, 0x40, EVENT_FS_ENTER},
		/* which says 0, whatever the mode */
		{HEAD("ext4_punch_hole", 71) FS_HEAD RANGE MODE TAIL, 3, EVENT_FS_STEP},
		{HEAD("ext4_zero_range", 72) FS_HEAD RANGE MODE TAIL, 0x40, EVENT_FS_STEP},
		{HEAD("ext4_collapse_range", 73) FS_HEAD RANGE TAIL, 8, EVENT_FS_STEP},
		{HEAD("ext4_insert_range", 74) FS_HEAD RANGE TAIL, 0x20, EVENT_FS_STEP},
	};
	struct schema *s = schema_of(&little_64, "");
	struct event ev;
	struct rec r;

	(void)state;
	for (uint16_t i = 0; i < 5; i++) {
		add_format(s, "ext4", events[i].text, 1);
		fs_begin(&r, (uint16_t)(70 + i));
		rec_put(&r, 24, 8, 4096);
		rec_put(&r, 32, 8, 1ull << 33);
		rec_put(&r, 40, 4, 0x40);
		ev = rec_decode_numbers(s, &r);
		assert_fs(&ev, events[i].kind, "ext4", REQUEST);
		assert_int_equal(ev.mode, events[i].mode);
		assert_int_equal(ev.offset, 4096);
		assert_int_equal(ev.len, 1ll << 33);
	}
	/* blocks is how many were asked for, not what the file has */
	add_format(s, "ext4",
		   HEAD("ext4_fallocate_exit", 75) FS_HEAD FIELD("loff_t pos", 24, 8, 1)
			   FIELD("unsigned int blocks", 32, 4, 0) FIELD("int ret", 36, 4, 1) TAIL,
		   1);
	fs_begin(&r, 75);
	rec_put(&r, 24, 8, 4096);
	rec_put(&r, 32, 4, 99);
	rec_put(&r, 36, 4, (uint32_t)-28);
	ev = rec_decode_numbers(s, &r);
	assert_fs(&ev, EVENT_FS_EXIT, "ext4", HAS_OFFSET | HAS_RET);
	assert_int_equal(ev.offset, 4096);
	assert_int_equal(ev.ret, -28);
	schema_free(s);
}

/* 7.2 has them in another order. */
static void test_ext4_of_today(void **state)
{
	struct schema *s = schema_of(&little_64, "");
	struct event ev;
	struct rec r;

	(void)state;
	add_format(s, "ext4",
		   HEAD("ext4_fallocate_enter", 70) FIELD("u64 ino", 8, 8, 0) FIELD("loff_t offset", 16, 8, 1)
			   FIELD("loff_t len", 24, 8, 1) FIELD("dev_t dev", 32, 4, 0) FIELD("int mode", 36, 4, 1) TAIL,
		   1);
	rec_begin(&r, &little_64, 70, 8);
	rec_put(&r, 8, 8, 17);
	rec_put(&r, 16, 8, 1);
	rec_put(&r, 24, 8, 2);
	rec_put(&r, 32, 4, 254 << 20 | 16);
	rec_put(&r, 36, 4, 0x10);
	ev = rec_decode_numbers(s, &r);
	assert_fs(&ev, EVENT_FS_ENTER, "ext4", REQUEST);
	assert_int_equal(ev.mode, 0x10);
	schema_free(s);
}

#define XFS(name, id) HEAD(name, id) FS_HEAD FIELD("unsigned long iflags", 24, 8, 0) TAIL

/* XFS tells the file and no range, and a punch only where a part of something else would be known as such. */
static void test_xfs(void **state)
{
	struct schema *s = schema_of(&little_64, "");
	struct event ev;
	struct rec r;

	(void)state;
	add_format(s, "xfs", XFS("xfs_free_file_space", 80), 1);
	add_format(s, "xfs", XFS("xfs_alloc_file_space", 81), 1);
	add_format(s, "xfs", XFS("xfs_zero_file_space", 82), 1);
	fs_begin(&r, 80);
	rec_put(&r, 24, 8, 3);
	ev = rec_decode_numbers(s, &r);
	assert_fs(&ev, EVENT_FS_STEP, "xfs", 0);
	assert_int_equal(ev.step, STEP_XFS_FREE);
	add_format(s, "xfs", XFS("xfs_collapse_file_space", 83), 1);
	add_format(s, "xfs", XFS("xfs_insert_file_space", 84), 1);
	ev = rec_decode_numbers(s, &r);
	assert_fs(&ev, EVENT_FS_STEP, "xfs", HAS_MODE);
	assert_int_equal(ev.mode, 3);
	rec_put(&r, 0, 2, 81);
	ev = rec_decode_numbers(s, &r);
	assert_fs(&ev, EVENT_FS_STEP, "xfs", 0);
	assert_int_equal(ev.step, STEP_XFS_ALLOC);
	rec_put(&r, 0, 2, 82);
	ev = rec_decode_numbers(s, &r);
	assert_fs(&ev, EVENT_FS_STEP, "xfs", 0);
	assert_int_equal(ev.step, STEP_XFS_ZERO);
	rec_put(&r, 0, 2, 83);
	ev = rec_decode_numbers(s, &r);
	assert_fs(&ev, EVENT_FS_STEP, "xfs", HAS_MODE);
	assert_int_equal(ev.mode, 8);
	rec_put(&r, 0, 2, 84);
	ev = rec_decode_numbers(s, &r);
	assert_int_equal(ev.mode, 0x20);
	assert_int_equal(ev.step, STEP_WHOLE);
	schema_free(s);
}

static void test_f2fs(void **state)
{
	struct schema *s = schema_of(&little_64, "");
	struct event ev;
	struct rec r;

	(void)state;
	add_format(s, "f2fs",
		   HEAD("f2fs_fallocate", 90) FS_HEAD FIELD("int mode", 24, 4, 1) FIELD("loff_t offset", 32, 8, 1)
			   FIELD("loff_t len", 40, 8, 1) FIELD("loff_t size", 48, 8, 1)
				   FIELD("blkcnt_t blocks", 56, 8, 0) FIELD("int ret", 64, 4, 1) TAIL,
		   1);
	fs_begin(&r, 90);
	rec_put(&r, 24, 4, 1);
	rec_put(&r, 32, 8, 4096);
	rec_put(&r, 40, 8, 8192);
	rec_put(&r, 48, 8, 12288);
	rec_put(&r, 56, 8, 24);
	rec_put(&r, 64, 4, (uint32_t)-5);
	ev = rec_decode_numbers(s, &r);
	assert_fs(&ev, EVENT_FS_CALL, "f2fs", REQUEST | HAS_SIZE | HAS_BLOCKS | HAS_RET);
	assert_int_equal(ev.mode, 1);
	assert_int_equal(ev.size, 12288);
	assert_int_equal(ev.blocks, 24);
	assert_int_equal(ev.ret, -5);
	schema_free(s);
}

static void test_nfs(void **state)
{
	static const char fields[] = COMMON FIELD("unsigned long error", 8, 8, 0) FIELD("loff_t offset", 16, 8, 1)
		FIELD("loff_t len", 24, 8, 1) FIELD("dev_t dev", 32, 4, 0) FIELD("u32 fhandle", 36, 4, 0)
			FIELD("u64 fileid", 40, 8, 0) FIELD("int stateid_seq", 48, 4, 1)
				FIELD("u32 stateid_hash", 52, 4, 0) TAIL;
	struct schema *s = schema_of(&little_64, "");
	char text[1024];
	struct event ev;
	struct rec r;

	(void)state;
	snprintf(text, sizeof(text), "name: nfs4_fallocate\nID: 91\nformat:\n%s", fields);
	add_format(s, "nfs4", text, 1);
	snprintf(text, sizeof(text), "name: nfs4_deallocate\nID: 92\nformat:\n%s", fields);
	add_format(s, "nfs4", text, 1);
	rec_begin(&r, &little_64, 91, 8);
	rec_put(&r, 8, 8, 28);
	rec_put(&r, 16, 8, 1);
	rec_put(&r, 24, 8, 2);
	rec_put(&r, 32, 4, 254 << 20 | 16);
	rec_put(&r, 40, 8, 17);
	rec_put(&r, 52, 4, 0);
	ev = rec_decode_numbers(s, &r);
	assert_fs(&ev, EVENT_FS_CALL, "nfs4", REQUEST | HAS_RET);
	assert_int_equal(ev.mode, 0);
	assert_int_equal(ev.ret, -28);
	/* of this one newer kernels zero, too */
	rec_put(&r, 0, 2, 92);
	rec_put(&r, 8, 8, 0);
	ev = rec_decode_numbers(s, &r);
	assert_fs(&ev, EVENT_FS_CALL, "nfs4", HAS_OFFSET | HAS_LEN | HAS_RET);
	assert_int_equal(ev.ret, 0);
	schema_free(s);
}

static void test_filesystems_by_their_systems(void **state)
{
	struct schema *s = schema_of(&little_64, "");

	(void)state;
	add_format(s, "ext3", HEAD("ext4_fallocate_enter", 70) FS_HEAD RANGE MODE TAIL, 0);
	add_format(s, "xfs", HEAD("ext4_fallocate_enter", 70) FS_HEAD RANGE MODE TAIL, 0);
	add_format(s, "ext4", HEAD("ext4_da_reserve_space", 70) FS_HEAD TAIL, 0);
	/* they are the kernel's: broken ones are told of */
	add_format(s, "ext4", HEAD("ext4_fallocate_enter", 70) FIELD("dev_t dev[2]", 8, 8, 0) TAIL, -1);
	add_format(s, "ext4", HEAD("ext4_fallocate_enter", 70) FIELD("ino_t ino", 8, 3, 0) TAIL, -1);
	schema_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ext4), cmocka_unit_test(test_ext4_of_today),
		cmocka_unit_test(test_xfs),  cmocka_unit_test(test_f2fs),
		cmocka_unit_test(test_nfs),  cmocka_unit_test(test_filesystems_by_their_systems),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
