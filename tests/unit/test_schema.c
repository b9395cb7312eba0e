/* SPDX-License-Identifier: MIT */
/*
 * Formats are those that kernels print (5.10 to 7.2); records are laid out by
 * hand from them, in both byte orders.
 */
#include <endian.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "falloctrace/schema.h"

#define COMMON                                                                         \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"         \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"         \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
#define HEAD(name, id) "name: " name "\nID: " #id "\nformat:\n" COMMON
#define FIELD(declaration, offset, size, sign) \
	"\tfield:" declaration ";\toffset:" #offset ";\tsize:" #size ";\tsigned:" #sign ";\n"
#define TAIL "\nprint fmt: \"(%lx) file=%Lu\", REC->__probe_ip, ((((\n"
#define PROBE_IP FIELD("unsigned long __probe_ip", 8, 8, 0)
#define PROBE_RET FIELD("unsigned long __probe_func", 8, 8, 0) FIELD("unsigned long __probe_ret_ip", 16, 8, 0)

static const char enter_format[] = HEAD("vfs_enter", 1341) PROBE_IP FIELD("u64 file", 16, 8, 0)
	FIELD("u32 mode", 24, 4, 0) FIELD("s64 offset", 28, 8, 1) FIELD("s64 len", 36, 8, 1) FIELD("s64 size", 44, 8, 1)
		FIELD("u64 blocks", 52, 8, 0) FIELD("u64 nblocks", 60, 8, 0) FIELD("u64 dblocks", 68, 8, 0)
			FIELD("u64 ino", 76, 8, 0) FIELD("u32 dev", 84, 4, 0) FIELD("s32 mnt", 88, 4, 1)
				FIELD("u32 uid", 92, 4, 0) FIELD("s32 fd", 96, 4, 1) FIELD("u64 nr", 100, 8, 0)
					FIELD("__data_loc char[] comm", 108, 4, 1)
						FIELD("__data_loc char[] fs", 112, 4, 1)
							FIELD("__data_loc char[] n0", 116, 4, 1)
								FIELD("__data_loc char[] n1", 120, 4, 1)
									FIELD("__data_loc char[] n2", 124, 4, 1) TAIL;
#define ENTER_STRINGS 128

static const char exit_format[] = HEAD("vfs_exit", 1342) PROBE_RET FIELD("s32 ret", 24, 4, 1) TAIL;

static const char tracepoint_enter_format[] = HEAD("sys_enter_fallocate", 814) FIELD("int __syscall_nr", 8, 4, 1)
	FIELD("int fd", 16, 8, 0) FIELD("int mode", 24, 8, 0) FIELD("loff_t offset", 32, 8, 0)
		FIELD("loff_t len", 40, 8, 0) "\nprint fmt: \"fd: 0x%08lx\", ((unsigned long)(REC->fd))\n";

static const char tracepoint_exit_format[] = HEAD("sys_exit_fallocate", 813) FIELD("int __syscall_nr", 8, 4, 1)
	FIELD("long ret", 16, 8, 1) "\nprint fmt: \"0x%lx\", REC->ret\n";

static const char newtask_format[] = HEAD("task_newtask", 205) FIELD("pid_t pid", 8, 4, 1)
	FIELD("char comm[16]", 12, 16, 0) FIELD("u64 clone_flags", 32, 8, 0)
		FIELD("short oom_score_adj", 40, 2, 1) "\nprint fmt: \"pid=%d\", REC->pid\n";

static const struct page_format little = {8, false}, big = {8, true};

struct rec {
	bool big_endian;
	unsigned char data[512];
	size_t size;
};

static void put(struct rec *r, size_t at, unsigned width, uint64_t v)
{
	for (unsigned i = 0; i < width; i++)
		r->data[at + i] = (unsigned char)(v >> 8 * (r->big_endian ? width - 1 - i : i));
	if (at + width > r->size)
		r->size = at + width;
}

static void begin(struct rec *r, const struct page_format *f, uint16_t id, uint32_t tid)
{
	memset(r, 0, sizeof(*r));
	r->big_endian = f->big_endian;
	put(r, 0, 2, id);
	put(r, 4, 4, tid);
}

/* A string at the end, with its NUL, located by the field at `at`. */
static void put_string(struct rec *r, size_t at, const char *text)
{
	size_t size = strlen(text) + 1;

	put(r, at, 4, size << 16 | r->size);
	memcpy(r->data + r->size, text, size);
	r->size += size;
}

static void add(struct schema *s, const char *system, const char *text, int want)
{
	struct error e = {.text = ""};

	if (schema_add(s, system, text, strlen(text), &e) != want)
		fail_msg("%s: %.30s", e.text, text);
	assert_true(want >= 0 || e.text[0]);
}

/* From an allocation of just its size. The strings point into it: the caller frees *copy. */
static int decode(const struct schema *s, const struct rec *r, struct event *ev, unsigned char **copy)
{
	struct error e = {.text = ""};
	int ret;

	*copy = malloc(r->size);
	memcpy(*copy, r->data, r->size);
	memset(ev, 0x55, sizeof(*ev));
	ret = schema_decode(s, *copy, r->size, 777, 3, ev, &e);
	assert_true(ret == 1 || (ret == -1 && e.text[0]));
	return ret;
}

static void assert_span(const struct span *s, const char *text)
{
	assert_int_equal(s->size, strlen(text));
	assert_memory_equal(s->data, text, s->size);
}

static void make_enter(struct rec *r, const struct page_format *f)
{
	begin(r, f, 1341, 4242);
	put(r, 8, 8, 0xffffffff81234567);
	put(r, 16, 8, 0xffff888012345678);
	put(r, 24, 4, 3);
	put(r, 28, 8, 0x123456789abc);
	put(r, 36, 8, (uint64_t)-5);
	put(r, 44, 8, 1ull << 40);
	put(r, 52, 8, 24);
	put(r, 60, 8, 3);
	put(r, 68, 8, 71);
	put(r, 76, 8, 131);
	put(r, 84, 4, 254 << 20 | 7);
	put(r, 88, 4, 29);
	put(r, 92, 4, 0xfffffffe);
	put(r, 96, 4, 7);
	put(r, 100, 8, 285);
	r->size = ENTER_STRINGS;
	put_string(r, 108, "postgres");
	put_string(r, 112, "ext4");
	put_string(r, 116, "16384");
	put_string(r, 120, "db\xff\n");
	put_string(r, 124, "/");
}

static void test_vfs_enter(void **state)
{
	const struct page_format *formats[] = {&little, &big};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct schema *s = schema_new(formats[i]);
		unsigned char *copy;
		struct event ev;
		struct rec r;

		add(s, "falloctrace_123", enter_format, 1);
		assert_int_equal(schema_count(s), 1);
		make_enter(&r, formats[i]);
		assert_int_equal(schema_record_id(s, r.data, r.size), 1341);
		assert_int_equal(decode(s, &r, &ev, &copy), 1);
		assert_int_equal(ev.kind, EVENT_VFS_ENTER);
		assert_int_equal(ev.has, HAS_FILE | HAS_MODE | HAS_OFFSET | HAS_LEN | HAS_SIZE | HAS_BLOCKS |
						 HAS_NBLOCKS | HAS_DBLOCKS | HAS_INO | HAS_DEV | HAS_MNT | HAS_UID |
						 HAS_FD | HAS_NR | HAS_COMM | HAS_FS);
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
		assert_int_equal(ev.uid, 0xfffffffe);
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
	struct schema *s = schema_new(&little);
	unsigned char *copy;
	struct event ev;
	struct rec r;

	(void)state;
	add(s, "falloctrace_9", exit_format, 1);
	begin(&r, &little, 1342, 5);
	put(&r, 8, 8, 1);
	put(&r, 16, 8, 0xffffffffab02f8fe);
	put(&r, 24, 4, (uint32_t)-28);
	assert_int_equal(decode(s, &r, &ev, &copy), 1);
	assert_int_equal(ev.kind, EVENT_VFS_EXIT);
	assert_int_equal(ev.has, HAS_RET | HAS_CALLER);
	assert_int_equal(ev.ret, -28);
	assert_int_equal(ev.caller, 0xffffffffab02f8fe);
	free(copy);
	schema_free(s);
}

static void test_tracepoints(void **state)
{
	struct schema *s = schema_new(&little);
	unsigned char *copy;
	struct event ev;
	struct rec r;

	(void)state;
	add(s, "syscalls", tracepoint_enter_format, 1);
	add(s, "syscalls", tracepoint_exit_format, 1);
	add(s, "task", newtask_format, 1);
	assert_int_equal(schema_count(s), 3);

	/* An int in eight bytes, called unsigned, with rubbish above it */
	begin(&r, &little, 814, 6);
	put(&r, 16, 8, 0xdeadbeefffffffff);
	put(&r, 24, 8, 0xdeadbeef00000001);
	put(&r, 32, 8, (uint64_t)-4096);
	put(&r, 40, 8, 1ull << 62);
	assert_int_equal(decode(s, &r, &ev, &copy), 1);
	assert_int_equal(ev.kind, EVENT_SYS_ENTER);
	assert_int_equal(ev.has, HAS_FD | HAS_MODE | HAS_OFFSET | HAS_LEN);
	assert_int_equal(ev.fd, -1);
	assert_int_equal(ev.mode, 1);
	assert_int_equal(ev.offset, -4096);
	assert_int_equal(ev.len, 1ll << 62);
	free(copy);

	begin(&r, &little, 813, 6);
	put(&r, 16, 8, (uint64_t)-EINTR);
	assert_int_equal(decode(s, &r, &ev, &copy), 1);
	assert_int_equal(ev.kind, EVENT_SYS_EXIT);
	assert_int_equal(ev.has, HAS_RET);
	assert_int_equal(ev.ret, -EINTR);
	free(copy);

	begin(&r, &little, 205, 6);
	put(&r, 8, 4, 77);
	memcpy(r.data + 12, "sixteen letters!", 16);
	put(&r, 32, 8, 0x10100);
	put(&r, 40, 4, 0);
	assert_int_equal(decode(s, &r, &ev, &copy), 1);
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
	struct schema *s = schema_new(&little);
	unsigned char *copy;
	struct event ev;
	struct rec r;

	(void)state;
	add(s, "falloctrace", text, 1);
	begin(&r, &little, 900, 6);
	put(&r, 16, 4, (uint32_t)-1);
	put(&r, 20, 4, 0);
	put_string(&r, 20, "(fault)");
	assert_int_equal(decode(s, &r, &ev, &copy), 1);
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
	const struct page_format *formats[] = {&little, &big};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct schema *s = schema_new(formats[i]);
		unsigned char *copy;
		struct event ev;
		struct rec r;

		add(s, "falloctrace_1", text, 1);
		add(s, "falloctrace_1", half, 1);
		begin(&r, formats[i], 901, 6);
		put(&r, 16, 4, 0xffffffff);
		put(&r, 20, 8, 0xdeadbeef80000001);
		put(&r, 28, 4, 0x12);
		put(&r, 32, 4, 0xfffff000);
		assert_int_equal(decode(s, &r, &ev, &copy), 1);
		assert_int_equal(ev.kind, EVENT_COMPAT_ENTER);
		assert_int_equal(ev.has, HAS_OFFSET | HAS_LEN);
		assert_int_equal(ev.offset, 0x1280000001);
		assert_int_equal(ev.len, -4096);
		free(copy);
		/* One half is none. */
		begin(&r, formats[i], 902, 6);
		put(&r, 16, 4, 1);
		assert_int_equal(decode(s, &r, &ev, &copy), 1);
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
		const struct page_format *f = i & 1 ? &big : &little;
		unsigned width = formats[i / 2].width;
		struct schema *s = schema_new(f);
		unsigned char *copy;
		struct event ev;
		struct rec r;

		add(s, "falloctrace", formats[i / 2].text, 1);
		begin(&r, f, 1, (uint32_t)-2);
		put(&r, 8, width, (uint64_t)-7);
		put(&r, 8 + width, width, 0x82);
		put(&r, 8 + 2 * width, width, (uint64_t)-9);
		assert_int_equal(decode(s, &r, &ev, &copy), 1);
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
	add(s, "falloctrace", text, 1);
	begin(&r, &f, 7, 1);
	put(&r, 12, 4, 0xc0123456);
	put(&r, 16, 4, (uint32_t)-22);
	assert_int_equal(decode(s, &r, &ev, &copy), 1);
	assert_int_equal(ev.caller, 0xc0123456);
	assert_int_equal(ev.ret, -22);
	free(copy);
	schema_free(s);
}

/* The kernel's return value is a long or an int, with rubbish above it. */
static void test_ret_is_an_errno(void **state)
{
	static const char text[] = HEAD("vfs_exit", 7) FIELD("u64 ret", 8, 8, 0) TAIL;
	struct schema *s = schema_new(&little);
	unsigned char *copy;
	struct event ev;
	struct rec r;

	(void)state;
	add(s, "falloctrace", text, 1);
	begin(&r, &little, 7, 1);
	put(&r, 8, 8, 0x00000000ffffffe4);
	assert_int_equal(decode(s, &r, &ev, &copy), 1);
	assert_int_equal(ev.ret, -28);
	free(copy);
	schema_free(s);
}

static void test_rel_loc(void **state)
{
	static const char text[] = HEAD("vfs_enter", 8) FIELD("__rel_loc char[] comm", 8, 4, 1)
		FIELD("__rel_loc char[] n0", 12, 4, 1) TAIL;
	struct schema *s = schema_new(&little);
	unsigned char *copy;
	struct event ev;
	struct rec r;

	(void)state;
	add(s, "falloctrace", text, 1);
	begin(&r, &little, 8, 1);
	put(&r, 8, 4, 4 << 16 | 4);  /* from 12, so at 16 */
	put(&r, 12, 4, 3 << 16 | 4); /* from 16, so at 20 */
	memcpy(r.data + 16, "abc\0de\0", 8);
	r.size = 24;
	assert_int_equal(decode(s, &r, &ev, &copy), 1);
	assert_span(&ev.comm, "abc");
	assert_int_equal(ev.names_count, 1);
	assert_span(&ev.names[0], "de");
	free(copy);
	schema_free(s);
}

static void test_faulted_names(void **state)
{
	struct schema *s = schema_new(&little);
	unsigned char *copy;
	struct event ev;
	struct rec r;

	(void)state;
	add(s, "falloctrace", enter_format, 1);
	/* No length, whatever the offset says: there is nothing behind it, either. */
	make_enter(&r, &little);
	put(&r, 120, 4, 0xffff);
	assert_int_equal(decode(s, &r, &ev, &copy), 1);
	assert_int_equal(ev.names_count, 1);
	free(copy);
	make_enter(&r, &little);
	put_string(&r, 116, "(fault)");
	put_string(&r, 112, "(fault)");
	assert_int_equal(decode(s, &r, &ev, &copy), 1);
	assert_int_equal(ev.names_count, 0);
	assert_false(ev.has & HAS_FS);
	free(copy);
	/* Only the whole word is one. */
	make_enter(&r, &little);
	put_string(&r, 116, "(fault).c");
	assert_int_equal(decode(s, &r, &ev, &copy), 1);
	assert_int_equal(ev.names_count, 3);
	assert_span(&ev.names[0], "(fault).c");
	free(copy);
	schema_free(s);
}

static void test_strings_outside_of_the_record(void **state)
{
	const uint32_t bad[] = {1u << 16 | 0xffff, 0xffffffff, 0xffff0000, 2u << 16 | (ENTER_STRINGS + 32),
				1u << 16 | 300};
	struct schema *s = schema_new(&little);
	unsigned char *copy;
	struct event ev;
	struct rec r;

	(void)state;
	add(s, "falloctrace", enter_format, 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		make_enter(&r, &little);
		put(&r, 116, 4, bad[i]);
		assert_int_equal(decode(s, &r, &ev, &copy), -1);
		free(copy);
	}
	/* Without a NUL, to the record's last byte */
	make_enter(&r, &little);
	put(&r, 116, 4, 4u << 16 | r.size);
	memcpy(r.data + r.size, "name", 4);
	r.size += 4;
	assert_int_equal(decode(s, &r, &ev, &copy), 1);
	assert_span(&ev.names[0], "name");
	free(copy);
	schema_free(s);
}

static void test_short_records(void **state)
{
	struct schema *s = schema_new(&little);
	unsigned char *copy;
	struct event ev;
	struct rec r;

	(void)state;
	add(s, "falloctrace", enter_format, 1);
	for (size_t size = 2; size < ENTER_STRINGS; size++) {
		make_enter(&r, &little);
		r.size = size;
		assert_int_equal(decode(s, &r, &ev, &copy), -1);
		free(copy);
	}
	assert_int_equal(schema_record_id(s, r.data, 1), -1);
	assert_int_equal(schema_record_id(s, r.data, 0), -1);
	schema_free(s);
}

static void test_records_of_no_interest(void **state)
{
	static const char other[] = HEAD("sched_switch", 300) FIELD("int prev", 8, 4, 1) TAIL;
	struct schema *s = schema_new(&little);
	unsigned char *copy;
	struct event ev;
	struct rec r;

	(void)state;
	add(s, "sched", other, 0);
	/* Names of ours under somebody else's group, and the other way round */
	add(s, "kprobes", enter_format, 0);
	add(s, "falloctrac", enter_format, 0);
	add(s, "falloctrace", newtask_format, 0);
	add(s, "task", tracepoint_enter_format, 0);
	assert_int_equal(schema_count(s), 0);
	begin(&r, &little, 300, 1);
	assert_int_equal(decode(s, &r, &ev, &copy), 1);
	assert_int_equal(ev.kind, EVENT_NONE);
	assert_int_equal(ev.has, 0);
	free(copy);
	schema_free(s);
}

static void test_two_groups(void **state)
{
	static const char second[] = HEAD("vfs_exit", 2000) FIELD("s32 ret", 8, 4, 1) TAIL;
	static const char clash[] = HEAD("vfs_done", 2000) FIELD("s64 size", 8, 8, 1) TAIL;
	struct schema *s = schema_new(&little);
	unsigned char *copy;
	struct event ev;
	struct rec r;

	(void)state;
	add(s, "falloctrace_1", exit_format, 1);
	add(s, "falloctrace_2", second, 1);
	add(s, "falloctrace_3", clash, -1);
	assert_int_equal(schema_count(s), 2);
	begin(&r, &little, 2000, 1);
	put(&r, 8, 4, (uint32_t)-1);
	assert_int_equal(decode(s, &r, &ev, &copy), 1);
	assert_int_equal(ev.kind, EVENT_VFS_EXIT);
	assert_int_equal(ev.has, HAS_RET);
	free(copy);
	schema_free(s);
}

static void test_formats_in_other_shapes(void **state)
{
	/* no signed:, an array whose length is a name, no print fmt, common fields last */
	static const char odd[] =
		"name: vfs_enter\nID: 5\nformat:\n" FIELD("char comm[TASK_COMM_LEN]", 8, 16,
							  1) "\tfield:const struct file * file;\toffset:24;\tsize:8;\n"
							     "\n" COMMON;
	struct schema *s = schema_new(&little);
	unsigned char *copy;
	struct event ev;
	struct rec r;

	(void)state;
	add(s, "falloctrace", odd, 1);
	begin(&r, &little, 5, 1);
	memcpy(r.data + 8, "comm", 5);
	put(&r, 24, 8, 0xabc);
	assert_int_equal(decode(s, &r, &ev, &copy), 1);
	assert_span(&ev.comm, "comm");
	assert_int_equal(ev.file, 0xabc);
	free(copy);
	schema_free(s);
}

static void test_broken_formats(void **state)
{
	static const char *const broken[] = {
		"",
		"name:",
		"name: \n",
		"name: vfs_exit",
		"name: vfs_exit\n",
		"name: vfs_exit\nID: x\nformat:\n" COMMON,
		"name: vfs_exit\nID: 65536\nformat:\n" COMMON,
		"name: vfs_exit\nID: 4294967297\nformat:\n" COMMON,
		"name: vfs_exit\nID: -1\nformat:\n" COMMON,
		"name: vfs_exit\nID: 1\n" COMMON,
		"name: vfs_exit\nID: 1\nformat:\n",
		"name: vfs_exit\nID: 1\nformat:\n" FIELD("s32 ret", 8, 4, 1) TAIL,
		/* fields that are nowhere, or of no type */
		HEAD("vfs_exit", 1) FIELD("s32 ret", -8, 4, 1) TAIL,
		HEAD("vfs_exit", 1) FIELD("s32 ret", 8, -4, 1) TAIL,
		HEAD("vfs_exit", 1) FIELD("s32 ret", 65536, 4, 1) TAIL,
		HEAD("vfs_exit", 1) FIELD("s32 ret", 65534, 4, 1) TAIL,
		HEAD("vfs_exit", 1) FIELD("s32 ret", 99999999999999999999, 4, 1) TAIL,
		HEAD("vfs_exit", 1) FIELD("s32 ret", 0x8, 4, 1) TAIL,
		HEAD("vfs_exit", 1) FIELD("s32 ret", 8, 4, 2) TAIL,
		HEAD("vfs_exit", 1) FIELD("s32 ret", 8, 3, 1) TAIL,
		HEAD("vfs_exit", 1) FIELD("s32 ret", 8, 0, 1) TAIL,
		HEAD("vfs_exit", 1) FIELD("s32 ret[1]", 8, 4, 1) TAIL,
		HEAD("vfs_exit", 1) FIELD("__data_loc s32[] ret", 8, 4, 1) TAIL,
		HEAD("vfs_exit", 1) FIELD("ret", 8, 4, 1) TAIL,
		HEAD("vfs_exit", 1) FIELD("s32 *", 8, 4, 1) TAIL,
		HEAD("vfs_exit", 1) FIELD("s32 sizeof(x) ret", 8, 4, 1) TAIL,
		HEAD("vfs_exit", 1) FIELD("s32 ret[[4]", 8, 4, 1) TAIL,
		HEAD("vfs_exit", 1) FIELD("s32 ret[4", 8, 4, 1) TAIL,
		HEAD("vfs_exit", 1) FIELD("s32 ret]", 8, 4, 1) TAIL,
		HEAD("vfs_exit", 1) FIELD("[4] ret", 8, 4, 1) TAIL,
		HEAD("vfs_exit", 1) FIELD("s32[4] ret", 8, 4, 1) TAIL,
		HEAD("vfs_exit", 1) FIELD("a b c d e f g h i", 8, 4, 1) TAIL,
		HEAD("vfs_exit", 1)
			FIELD("s32 a2345678901234567890123456789012345678901234567890123456789012345", 8, 4, 1),
		HEAD("vfs_exit", 1) "\tfield:s32 ret",
		HEAD("vfs_exit", 1) "\tfield:s32 ret;\toffset:8;\tsize:4;\tsigned:1;",
		HEAD("vfs_exit", 1) "\tfield:s32 ret;\toffset:8;\tsize:4;\tsigned:1; more\n",
		HEAD("vfs_exit", 1) "rubbish\n",
		HEAD("vfs_enter", 1) FIELD("u64 n0", 8, 8, 0) TAIL,
		HEAD("vfs_enter", 1) FIELD("__data_loc char[] n0", 8, 2, 0) TAIL,
		HEAD("vfs_enter", 1) FIELD("__data_loc char[] fd", 8, 4, 0) TAIL,
		/* an id or a thread that is not where every record has it */
		"name: vfs_exit\nID: 1\nformat:\n" FIELD("unsigned short common_type", 0, 2, 0) TAIL,
		"name: vfs_exit\nID: 1\nformat:\n" FIELD("int common_pid", 4, 4, 1) TAIL,
		"name: vfs_exit\nID: 1\nformat:\n" FIELD("unsigned short common_type", 2, 2, 0)
			FIELD("int common_pid", 4, 4, 1) TAIL,
	};
	struct schema *s = schema_new(&little);

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		add(s, "falloctrace", broken[i], -1);
	assert_int_equal(schema_count(s), 0);
	schema_free(s);
}

static void test_too_many_fields(void **state)
{
	struct schema *s = schema_new(&little);
	char *text = malloc(1 << 20);
	size_t used;

	(void)state;
	used = (size_t)sprintf(text, "%s", HEAD("vfs_exit", 1));
	for (int i = 0; i < 5000; i++)
		used += (size_t)sprintf(text + used, "\tfield:u8 f%d;\toffset:8;\tsize:1;\tsigned:0;\n", i);
	add(s, "falloctrace", text, -1);
	free(text);
	schema_free(s);
}

static uint64_t seed = 0x2545f4914f6cdd1d;

static uint64_t draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void mutate_text(char *text, size_t size)
{
	static const char letters[] = "0123456789[]();:*\n\t _ab-,\"\\";

	for (uint64_t n = 1 + draw() % 3; n; n--) {
		size_t at = draw() % size, from = draw() % size;
		size_t length = 1 + draw() % 40;

		if (length > size - (at > from ? at : from))
			length = size - (at > from ? at : from);
		if (draw() & 1)
			text[at] = draw() % 8 ? letters[draw() % (sizeof(letters) - 1)] : (char)draw();
		else
			memmove(text + at, text + from, length);
	}
}

/* Whatever is accepted must also decode without harm. */
static void test_hostile_formats(void **state)
{
	static const char *const good[] = {enter_format, exit_format, newtask_format, tracepoint_enter_format};
	static const char *const systems[] = {"falloctrace_1", "falloctrace_1", "task", "syscalls"};
	struct event ev;
	struct error e;
	unsigned taken = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t which = draw() % 4, size = strlen(good[which]);
		struct schema *s = schema_new(&little);
		char *text = malloc(size);
		unsigned char *record;

		memcpy(text, good[which], size);
		mutate_text(text, size);
		if (schema_add(s, systems[which], text, draw() % 8 ? size : draw() % size, &e) == 1) {
			taken++;
			record = malloc(300);
			for (size_t j = 0; j < 300; j++)
				record[j] = (unsigned char)draw();
			for (int id = 0; id < 2000; id += 1 + id % 7) {
				record[0] = (unsigned char)id;
				record[1] = (unsigned char)(id >> 8);
				schema_decode(s, record, 300, 0, 0, &ev, &e);
			}
			free(record);
		}
		free(text);
		schema_free(s);
	}
	assert_in_range(taken, 1000, 19000);
}

static void test_hostile_records(void **state)
{
	struct schema *s = schema_new(&little);
	unsigned char *copy;
	unsigned good = 0;
	struct event ev;
	struct rec r;

	(void)state;
	add(s, "falloctrace", enter_format, 1);
	for (int i = 0; i < 200000; i++) {
		make_enter(&r, &little);
		for (uint64_t n = draw() % 4; n; n--)
			r.data[8 + draw() % (r.size - 8)] = (unsigned char)draw();
		if (draw() % 4 == 0)
			r.size = 2 + draw() % (r.size - 2);
		if (decode(s, &r, &ev, &copy) == 1) {
			const char *end = (const char *)copy + r.size;

			good++;
			assert_true(ev.names_count <= 3);
			for (unsigned j = 0; j < ev.names_count; j++) {
				assert_true(ev.names[j].data >= (const char *)copy);
				assert_true(ev.names[j].data + ev.names[j].size <= end);
				assert_null(memchr(ev.names[j].data, 0, ev.names[j].size));
			}
			assert_true(!ev.comm.size || ev.comm.data + ev.comm.size <= end);
			assert_true(!ev.fs.size || ev.fs.data + ev.fs.size <= end);
		}
		free(copy);
	}
	assert_in_range(good, 50000, 199000);
	schema_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vfs_enter),
		cmocka_unit_test(test_vfs_exit_tells_the_caller),
		cmocka_unit_test(test_tracepoints),
		cmocka_unit_test(test_badfd_implies_its_result),
		cmocka_unit_test(test_compat_halves),
		cmocka_unit_test(test_widths),
		cmocka_unit_test(test_small_longs),
		cmocka_unit_test(test_ret_is_an_errno),
		cmocka_unit_test(test_rel_loc),
		cmocka_unit_test(test_faulted_names),
		cmocka_unit_test(test_strings_outside_of_the_record),
		cmocka_unit_test(test_short_records),
		cmocka_unit_test(test_records_of_no_interest),
		cmocka_unit_test(test_two_groups),
		cmocka_unit_test(test_formats_in_other_shapes),
		cmocka_unit_test(test_broken_formats),
		cmocka_unit_test(test_too_many_fields),
		cmocka_unit_test(test_hostile_formats),
		cmocka_unit_test(test_hostile_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
