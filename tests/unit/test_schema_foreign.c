/* SPDX-License-Identifier: MIT */
/*
 * Events that falloctrace did not make: which of them are taken, and for what.
 * Formats are those that kernels print (6.1 and 7.2, x86-64; i386 after
 * kernel/trace/trace_syscalls.c, f2fs and NFS after their headers).
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

static const struct page_format little_32 = {4, false}, big_32 = {4, true};

#define REQUEST (HAS_MODE | HAS_OFFSET | HAS_LEN)

static struct schema *new_schema(const struct page_format *f, const char *machine)
{
	struct schema *s = schema_new(f);

	assert_non_null(s);
	schema_set_machine(s, machine);
	return s;
}

/* Decodes; the events of these tests have no strings in their records. */
static struct event decode(const struct schema *s, const struct rec *r)
{
	unsigned char *copy;
	struct event ev;

	assert_int_equal(rec_decode(s, r, &ev, &copy), 1);
	free(copy);
	return ev;
}

/* --- names of ours in others' groups --- */

#define BY_HAND_REQUEST FIELD("u32 mode", 16, 4, 0) FIELD("s64 offset", 20, 8, 1) FIELD("s64 len", 28, 8, 1)
#define BY_HAND_FD FIELD("s32 fd", 36, 4, 1)

static const char hand_enter[] = HEAD("vfs_enter", 50) PROBE_IP BY_HAND_REQUEST TAIL;
static const char hand_sys_enter[] = HEAD("sys_enter", 51) PROBE_IP BY_HAND_REQUEST BY_HAND_FD TAIL;
static const char hand_sys_exit[] = HEAD("sys_exit", 52) PROBE_RET FIELD("s64 ret", 24, 8, 1) TAIL;
static const char hand_done[] = HEAD("vfs_done", 53) PROBE_IP FIELD("u64 file", 16, 8, 0) FIELD("s64 size", 24, 8, 1)
	TAIL;

static void test_our_lines_under_any_group(void **state)
{
	struct schema *s = new_schema(&little_64, "");
	unsigned char *copy;
	struct event ev;
	struct rec r;

	(void)state;
	/* returns come first in a file now and then */
	add_format(s, "mygroup", vfs_exit_format, 1);
	assert_int_equal(schema_count(s), 0);
	add_format(s, "mygroup", vfs_enter_format, 1);
	assert_int_equal(schema_count(s), 2);
	rec_vfs_enter(&r, &little_64);
	assert_int_equal(rec_decode(s, &r, &ev, &copy), 1);
	assert_int_equal(ev.kind, EVENT_VFS_ENTER);
	assert_int_equal(ev.mode, 3);
	assert_int_equal(ev.dev, 254 << 20 | 7);
	assert_span(&ev.fs, "ext4");
	assert_int_equal(ev.names_count, 3);
	free(copy);
	rec_begin(&r, &little_64, 1342, 5);
	rec_put(&r, 24, 4, (uint32_t)-28);
	assert_int_equal(decode(s, &r).kind, EVENT_VFS_EXIT);
	add_format(s, "mygroup", hand_done, 1);
	add_format(s, "kprobes", hand_sys_enter, 1);
	add_format(s, "kprobes", hand_sys_exit, 1);
	assert_int_equal(schema_count(s), 5);
	schema_free(s);
}

/* A return whose beginning is of another group is of who knows which function. */
static void test_returns_alone(void **state)
{
	struct schema *s = new_schema(&little_64, "x86_64");
	struct rec r;

	(void)state;
	add_format(s, "kprobes", hand_sys_exit, 1);
	add_format(s, "other", hand_sys_enter, 1);
	/* … and of another way in */
	add_format(s, "kprobes", hand_enter, 1);
	assert_int_equal(schema_count(s), 2);
	rec_begin(&r, &little_64, 52, 5);
	rec_put(&r, 24, 8, 0);
	assert_int_equal(decode(s, &r).kind, EVENT_NONE);
	schema_free(s);
}

static void test_what_only_bears_our_names(void **state)
{
	static const char *const others[] = {
		/* no probes */
		HEAD("vfs_enter", 1) BY_HAND_REQUEST TAIL,
		HEAD("sys_enter", 1) FIELD("long id", 8, 8, 1) FIELD("unsigned long args[6]", 16, 48, 0) TAIL,
		HEAD("vfs_exit", 1) FIELD("s32 ret", 8, 4, 1) TAIL,
		/* entry for return and the other way round */
		HEAD("vfs_enter", 1) PROBE_RET FIELD("u32 mode", 24, 4, 0) FIELD("s64 offset", 28, 8, 1)
			FIELD("s64 len", 36, 8, 1) TAIL,
		HEAD("vfs_exit", 1) PROBE_IP FIELD("s32 ret", 16, 4, 1) TAIL,
		/* not the fields that make them ours */
		HEAD("vfs_enter", 1) PROBE_IP TAIL,
		HEAD("vfs_enter", 1) PROBE_IP FIELD("u32 mode", 16, 4, 0) FIELD("s64 len", 20, 8, 1) TAIL,
		HEAD("sys_enter", 1) PROBE_IP BY_HAND_REQUEST TAIL,
		HEAD("sys_badfd", 1) PROBE_IP BY_HAND_REQUEST TAIL,
		HEAD("compat_enter", 1) PROBE_IP FIELD("s32 fd", 16, 4, 1) FIELD("u32 mode", 20, 4, 0)
			FIELD("u32 off_lo", 24, 4, 0) FIELD("u32 len_lo", 28, 4, 0) TAIL,
		HEAD("vfs_done", 1) PROBE_IP FIELD("s64 size", 16, 8, 1) TAIL,
		HEAD("vfs_exit", 1) PROBE_RET TAIL,
		/* fields that are something else, or broken: nobody's business but theirs */
		HEAD("vfs_enter", 1) PROBE_IP FIELD("__data_loc char[] mode", 16, 4, 1) FIELD("s64 offset", 20, 8, 1)
			FIELD("s64 len", 28, 8, 1) TAIL,
		HEAD("vfs_enter", 1) PROBE_IP FIELD("u64 mode[2]", 16, 16, 0) FIELD("s64 offset", 32, 8, 1)
			FIELD("s64 len", 40, 8, 1) TAIL,
		HEAD("vfs_enter", 1) "rubbish",
	};
	struct schema *s = new_schema(&little_64, "");

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		add_format(s, "mygroup", others[i], 0);
	assert_int_equal(schema_count(s), 0);
	schema_free(s);
}

/* A file may name as many groups as it likes. */
static void test_many_groups(void **state)
{
	struct schema *s = new_schema(&little_64, "");
	char system[32], text[1024];

	(void)state;
	for (int i = 0; i < 300; i++) {
		snprintf(system, sizeof(system), "group%d", i);
		snprintf(text, sizeof(text), "name: vfs_enter\nID: %d\nformat:\n%s", 100 + i,
			 COMMON PROBE_IP BY_HAND_REQUEST TAIL);
		add_format(s, system, text, i < 64);
	}
	assert_int_equal(schema_count(s), 64);
	schema_free(s);
}

/* --- probes named after vfs_fallocate --- */

static void test_probes_on_the_symbol(void **state)
{
	static const char *const entries[] = {"p_vfs_fallocate_0", "vfs_fallocate", "vfs_fallocate_enter",
					      "vfs_fallocate_entry"};
	static const char *const returns[] = {"r_vfs_fallocate_0", "vfs_fallocate__return", "vfs_fallocate_ret",
					      "vfs_fallocate_exit", "vfs_fallocate"};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct schema *s = new_schema(&little_64, "");
		struct event ev;
		struct rec r;

		/* mode as a kprobe fetches a register that nobody gave a type: 64 bits of it */
		snprintf(text, sizeof(text), "name: %s\nID: 60\nformat:\n%s", entries[i],
			 COMMON PROBE_IP FIELD("u64 mode", 16, 8, 0) FIELD("u64 off", 24, 8, 0)
				 FIELD("u64 length", 32, 8, 0) FIELD("s64 size", 40, 8, 0) TAIL);
		add_format(s, i ? "probe" : "kprobes", text, 1);
		rec_begin(&r, &little_64, 60, 9);
		rec_put(&r, 16, 8, 0xffff888000000003);
		rec_put(&r, 24, 8, (uint64_t)-4096);
		rec_put(&r, 32, 8, 8192);
		rec_put(&r, 40, 8, 77);
		ev = decode(s, &r);
		assert_int_equal(ev.kind, EVENT_VFS_ENTER);
		/* who knows whose size that is */
		assert_int_equal(ev.has, REQUEST);
		assert_int_equal(ev.mode, 3);
		assert_int_equal(ev.offset, -4096);
		assert_int_equal(ev.len, 8192);
		schema_free(s);
	}
	for (size_t i = 0; i < 5; i++) {
		struct schema *s = new_schema(&little_64, "");
		struct event ev;
		struct rec r;

		snprintf(text, sizeof(text), "name: %s\nID: 61\nformat:\n%s", returns[i],
			 COMMON PROBE_RET FIELD("u64 retval", 24, 8, 0) TAIL);
		add_format(s, "kprobes", text, 1);
		assert_int_equal(schema_count(s), 1);
		rec_begin(&r, &little_64, 61, 9);
		rec_put(&r, 16, 8, 0x1234);
		rec_put(&r, 24, 8, 0xffffffe4);
		ev = decode(s, &r);
		assert_int_equal(ev.kind, EVENT_VFS_EXIT);
		assert_int_equal(ev.has, HAS_RET | HAS_CALLER);
		assert_int_equal(ev.ret, -28);
		schema_free(s);
	}
}

static void test_probes_elsewhere(void **state)
{
	static const char *const names[] = {"p_vfs_fallocate_291", "my_vfs_fallocate", "vfs_fallocate_2", "vfs_falloc",
					    "p_ksys_fallocate_0"};
	char text[1024];
	struct schema *s = new_schema(&little_64, "");

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		snprintf(text, sizeof(text), "name: %s\nID: 60\nformat:\n%s", names[i],
			 COMMON PROBE_IP BY_HAND_REQUEST TAIL);
		add_format(s, "kprobes", text, 0);
	}
	/* "arg1" may be anything */
	add_format(s, "kprobes", HEAD("p_vfs_fallocate_0", 62) PROBE_IP FIELD("u64 arg1", 16, 8, 0) TAIL, 0);
	/* of a return it may be, too, but when it was is known */
	add_format(s, "kprobes", HEAD("r_vfs_fallocate_0", 62) PROBE_RET FIELD("u64 arg1", 24, 8, 0) TAIL, 1);
	schema_free(s);
}

/* --- raw_syscalls --- */

#define RAW_ENTER HEAD("sys_enter", 346) FIELD("long id", 8, 8, 1) FIELD("unsigned long args[6]", 16, 48, 0) TAIL
#define RAW_EXIT HEAD("sys_exit", 345) FIELD("long id", 8, 8, 1) FIELD("long ret", 16, 8, 1) TAIL
#define RAW_ENTER_32 HEAD("sys_enter", 346) FIELD("long id", 8, 4, 1) FIELD("unsigned long args[6]", 12, 24, 0) TAIL
#define RAW_EXIT_32 HEAD("sys_exit", 345) FIELD("long id", 8, 4, 1) FIELD("long ret", 12, 4, 1) TAIL

static void raw_enter(struct rec *r, const struct page_format *f, uint64_t nr)
{
	rec_begin(r, f, 346, 8);
	rec_put(r, 8, 8, nr);
	rec_put(r, 16, 8, 0xffffffff);
	rec_put(r, 24, 8, 0xdead00000003);
	rec_put(r, 32, 8, 1ull << 40);
	rec_put(r, 40, 8, (uint64_t)-2);
	rec_put(r, 56, 8, 0);
}

static void test_raw_syscalls(void **state)
{
	static const struct {
		const char *machine;
		const struct page_format *format;
		uint64_t nr;
	} machines[] = {{"x86_64", &little_64, 285}, {"aarch64", &little_64, 47}, {"s390x", &big_64, 314}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct schema *s = new_schema(machines[i].format, machines[i].machine);
		struct event ev;
		struct rec r;

		add_format(s, "raw_syscalls", RAW_ENTER, 1);
		add_format(s, "raw_syscalls", RAW_EXIT, 1);
		raw_enter(&r, machines[i].format, machines[i].nr);
		ev = decode(s, &r);
		assert_int_equal(ev.kind, EVENT_RAW_ENTER);
		assert_int_equal(ev.has, HAS_FD | REQUEST);
		assert_int_equal(ev.fd, -1);
		assert_int_equal(ev.mode, 3);
		assert_int_equal(ev.offset, 1ll << 40);
		assert_int_equal(ev.len, -2);
		raw_enter(&r, machines[i].format, machines[i].nr + 1);
		assert_int_equal(decode(s, &r).kind, EVENT_NONE);
		rec_begin(&r, machines[i].format, 345, 8);
		rec_put(&r, 8, 8, machines[i].nr);
		rec_put(&r, 16, 8, (uint64_t)-27);
		ev = decode(s, &r);
		assert_int_equal(ev.kind, EVENT_RAW_EXIT);
		assert_int_equal(ev.ret, -27);
		rec_put(&r, 8, 8, 1);
		assert_int_equal(decode(s, &r).kind, EVENT_NONE);
		schema_free(s);
	}
}

/* i386: a 64-bit number takes two registers. */
static void test_raw_syscalls_of_32_bits(void **state)
{
	struct schema *s = new_schema(&little_32, "i686");
	struct event ev;
	struct rec r;

	(void)state;
	add_format(s, "raw_syscalls", RAW_ENTER_32, 1);
	add_format(s, "raw_syscalls", RAW_EXIT_32, 1);
	rec_begin(&r, &little_32, 346, 8);
	rec_put(&r, 8, 4, 324);
	for (unsigned i = 0; i < 6; i++)
		rec_put(&r, 12 + 4 * i, 4, 0x10 + i);
	ev = decode(s, &r);
	assert_int_equal(ev.kind, EVENT_RAW_ENTER);
	assert_int_equal(ev.fd, 0x10);
	assert_int_equal(ev.mode, 0x11);
	assert_int_equal(ev.offset, 0x1300000012);
	assert_int_equal(ev.len, 0x1500000014);
	rec_put(&r, 8, 4, 285);
	assert_int_equal(decode(s, &r).kind, EVENT_NONE);
	schema_free(s);
}

static void test_raw_syscalls_of_who_knows_what(void **state)
{
	static const struct {
		const char *machine;
		const struct page_format *format;
	} machines[] = {{"", &little_64}, {"mips64", &big_64}, {"x86_64", &little_32}, {"i686", &little_64}};
	static const char *const broken[] = {
		HEAD("sys_enter", 346) FIELD("unsigned long args[6]", 16, 48, 0) TAIL,
		HEAD("sys_enter", 346) FIELD("long id", 8, 8, 1) TAIL,
		HEAD("sys_enter", 346) FIELD("long id", 8, 4, 1) FIELD("unsigned long args[6]", 16, 48, 0) TAIL,
		HEAD("sys_enter", 346) FIELD("long id", 8, 8, 1) FIELD("unsigned long args[6]", 16, 40, 0) TAIL,
		HEAD("sys_enter", 346) FIELD("long id", 8, 8, 1) FIELD("__data_loc long[] args", 16, 4, 0) TAIL,
	};
	struct schema *s;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		s = new_schema(machines[i].format, machines[i].machine);
		add_format(s, "raw_syscalls", RAW_ENTER, 0);
		add_format(s, "raw_syscalls", RAW_EXIT, 0);
		schema_free(s);
	}
	s = new_schema(&little_64, "x86_64");
	for (size_t i = 0; i < 5; i++)
		add_format(s, "raw_syscalls", broken[i], -1);
	schema_free(s);
}

/* --- syscalls of kernels of 32 bits --- */

#define ENTER_32                                                                               \
	HEAD("sys_enter_fallocate", 814)                                                       \
	FIELD("int __syscall_nr", 8, 4, 1)                                                     \
	FIELD("int fd", 12, 4, 0) FIELD("int mode", 16, 4, 0) FIELD("loff_t offset", 20, 4, 0) \
		FIELD("loff_t len", 24, 4, 0) TAIL
#define ENTER_IA32                                                                                      \
	HEAD("sys_enter_ia32_fallocate", 815)                                                           \
	FIELD("int __syscall_nr", 8, 4, 1)                                                              \
	FIELD("int fd", 12, 4, 0) FIELD("int mode", 16, 4, 0) FIELD("unsigned int offset_lo", 20, 4, 0) \
		FIELD("unsigned int offset_hi", 24, 4, 0) FIELD("unsigned int len_lo", 28, 4, 0)        \
			FIELD("unsigned int len_hi", 32, 4, 0) TAIL

static void test_tracepoints_of_32_bits(void **state)
{
	const struct page_format *formats[] = {&little_32, &big_32};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct schema *s = new_schema(formats[i], "");
		struct event ev;
		struct rec r;

		add_format(s, "syscalls", ENTER_32, 1);
		rec_begin(&r, formats[i], 814, 8);
		rec_put(&r, 12, 4, 5);
		rec_put(&r, 16, 4, 1);
		/* the two registers of the offset, as their names do not say */
		rec_put(&r, 20, 4, i ? 0x12 : 0x80000000);
		rec_put(&r, 24, 4, i ? 0x80000000 : 0x12);
		ev = decode(s, &r);
		assert_int_equal(ev.has, HAS_FD | HAS_MODE | HAS_OFFSET);
		assert_int_equal(ev.fd, 5);
		assert_int_equal(ev.mode, 1);
		assert_int_equal(ev.offset, 0x1280000000);
		schema_free(s);
	}
}

static void test_tracepoints_of_i386(void **state)
{
	struct schema *s = new_schema(&little_32, "i686");
	struct event ev;
	struct rec r;

	(void)state;
	add_format(s, "syscalls", ENTER_IA32, 1);
	rec_begin(&r, &little_32, 815, 8);
	for (unsigned i = 0; i < 6; i++)
		rec_put(&r, 12 + 4 * i, 4, 0x10 + i);
	ev = decode(s, &r);
	assert_int_equal(ev.kind, EVENT_SYS_ENTER);
	assert_int_equal(ev.has, HAS_FD | REQUEST);
	assert_int_equal(ev.fd, 0x10);
	assert_int_equal(ev.mode, 0x11);
	assert_int_equal(ev.offset, 0x1300000012);
	assert_int_equal(ev.len, 0x1500000014);
	schema_free(s);
}

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
	struct schema *s = new_schema(&little_64, "");
	struct event ev;
	struct rec r;

	(void)state;
	for (uint16_t i = 0; i < 5; i++) {
		add_format(s, "ext4", events[i].text, 1);
		fs_begin(&r, (uint16_t)(70 + i));
		rec_put(&r, 24, 8, 4096);
		rec_put(&r, 32, 8, 1ull << 33);
		rec_put(&r, 40, 4, 0x40);
		ev = decode(s, &r);
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
	ev = decode(s, &r);
	assert_fs(&ev, EVENT_FS_EXIT, "ext4", HAS_OFFSET | HAS_RET);
	assert_int_equal(ev.offset, 4096);
	assert_int_equal(ev.ret, -28);
	schema_free(s);
}

/* 7.2 has them in another order. */
static void test_ext4_of_today(void **state)
{
	struct schema *s = new_schema(&little_64, "");
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
	ev = decode(s, &r);
	assert_fs(&ev, EVENT_FS_ENTER, "ext4", REQUEST);
	assert_int_equal(ev.mode, 0x10);
	schema_free(s);
}

#define XFS(name, id) HEAD(name, id) FS_HEAD FIELD("unsigned long iflags", 24, 8, 0) TAIL

/* XFS tells the file and no range, and a punch only where a part of something else would be known as such. */
static void test_xfs(void **state)
{
	struct schema *s = new_schema(&little_64, "");
	struct event ev;
	struct rec r;

	(void)state;
	add_format(s, "xfs", XFS("xfs_free_file_space", 80), 1);
	add_format(s, "xfs", XFS("xfs_alloc_file_space", 81), 1);
	add_format(s, "xfs", XFS("xfs_zero_file_space", 82), 1);
	fs_begin(&r, 80);
	rec_put(&r, 24, 8, 3);
	ev = decode(s, &r);
	assert_fs(&ev, EVENT_FS_STEP, "xfs", 0);
	assert_int_equal(ev.step, STEP_XFS_FREE);
	add_format(s, "xfs", XFS("xfs_collapse_file_space", 83), 1);
	add_format(s, "xfs", XFS("xfs_insert_file_space", 84), 1);
	ev = decode(s, &r);
	assert_fs(&ev, EVENT_FS_STEP, "xfs", HAS_MODE);
	assert_int_equal(ev.mode, 3);
	rec_put(&r, 0, 2, 81);
	ev = decode(s, &r);
	assert_fs(&ev, EVENT_FS_STEP, "xfs", 0);
	assert_int_equal(ev.step, STEP_XFS_ALLOC);
	rec_put(&r, 0, 2, 82);
	ev = decode(s, &r);
	assert_fs(&ev, EVENT_FS_STEP, "xfs", 0);
	assert_int_equal(ev.step, STEP_XFS_ZERO);
	rec_put(&r, 0, 2, 83);
	ev = decode(s, &r);
	assert_fs(&ev, EVENT_FS_STEP, "xfs", HAS_MODE);
	assert_int_equal(ev.mode, 8);
	rec_put(&r, 0, 2, 84);
	ev = decode(s, &r);
	assert_int_equal(ev.mode, 0x20);
	assert_int_equal(ev.step, STEP_WHOLE);
	schema_free(s);
}

static void test_f2fs(void **state)
{
	struct schema *s = new_schema(&little_64, "");
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
	ev = decode(s, &r);
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
	struct schema *s = new_schema(&little_64, "");
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
	ev = decode(s, &r);
	assert_fs(&ev, EVENT_FS_CALL, "nfs4", REQUEST | HAS_RET);
	assert_int_equal(ev.mode, 0);
	assert_int_equal(ev.ret, -28);
	/* of this one newer kernels zero, too */
	rec_put(&r, 0, 2, 92);
	rec_put(&r, 8, 8, 0);
	ev = decode(s, &r);
	assert_fs(&ev, EVENT_FS_CALL, "nfs4", HAS_OFFSET | HAS_LEN | HAS_RET);
	assert_int_equal(ev.ret, 0);
	schema_free(s);
}

static void test_filesystems_by_their_systems(void **state)
{
	struct schema *s = new_schema(&little_64, "");

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
		cmocka_unit_test(test_our_lines_under_any_group),
		cmocka_unit_test(test_returns_alone),
		cmocka_unit_test(test_what_only_bears_our_names),
		cmocka_unit_test(test_many_groups),
		cmocka_unit_test(test_probes_on_the_symbol),
		cmocka_unit_test(test_probes_elsewhere),
		cmocka_unit_test(test_raw_syscalls),
		cmocka_unit_test(test_raw_syscalls_of_32_bits),
		cmocka_unit_test(test_raw_syscalls_of_who_knows_what),
		cmocka_unit_test(test_tracepoints_of_32_bits),
		cmocka_unit_test(test_tracepoints_of_i386),
		cmocka_unit_test(test_ext4),
		cmocka_unit_test(test_ext4_of_today),
		cmocka_unit_test(test_xfs),
		cmocka_unit_test(test_f2fs),
		cmocka_unit_test(test_nfs),
		cmocka_unit_test(test_filesystems_by_their_systems),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
