/* SPDX-License-Identifier: MIT */
/*
 * Events that falloctrace did not make: which of them are taken, and for what.
 * Here it is probes that somebody made by hand.
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
	struct schema *s = schema_of(&little_64, "");
	unsigned char *copy;
	struct event ev;
	struct rec r;

	(void)state;
	/* returns come first in a file now and then */
	add_format(s, "mygroup", vfs_exit_format, 1);
	assert_int_equal(schema_count(s), 0);
	assert_false(schema_knows_id(s, 1342));
	add_format(s, "mygroup", vfs_enter_format, 1);
	assert_int_equal(schema_count(s), 2);
	assert_true(schema_knows_id(s, 1342));
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
	assert_int_equal(rec_decode_numbers(s, &r).kind, EVENT_VFS_EXIT);
	add_format(s, "mygroup", hand_done, 1);
	add_format(s, "kprobes", hand_sys_enter, 1);
	add_format(s, "kprobes", hand_sys_exit, 1);
	assert_int_equal(schema_count(s), 5);
	schema_free(s);
}

/* A return whose beginning is of another group is of who knows which function. */
static void test_returns_alone(void **state)
{
	struct schema *s = schema_of(&little_64, "x86_64");
	struct rec r;

	(void)state;
	add_format(s, "kprobes", hand_sys_exit, 1);
	add_format(s, "other", hand_sys_enter, 1);
	/* … and of another way in */
	add_format(s, "kprobes", hand_enter, 1);
	assert_int_equal(schema_count(s), 2);
	rec_begin(&r, &little_64, 52, 5);
	rec_put(&r, 24, 8, 0);
	assert_int_equal(rec_decode_numbers(s, &r).kind, EVENT_NONE);
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
	struct schema *s = schema_of(&little_64, "");

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		add_format(s, "mygroup", others[i], 0);
	assert_int_equal(schema_count(s), 0);
	schema_free(s);
}

/* A file may name as many groups as it likes. */
static void test_many_groups(void **state)
{
	struct schema *s = schema_of(&little_64, "");
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
		struct schema *s = schema_of(&little_64, "");
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
		ev = rec_decode_numbers(s, &r);
		assert_int_equal(ev.kind, EVENT_VFS_ENTER);
		/* who knows whose size that is */
		assert_int_equal(ev.has, REQUEST);
		assert_int_equal(ev.mode, 3);
		assert_int_equal(ev.offset, -4096);
		assert_int_equal(ev.len, 8192);
		schema_free(s);
	}
	for (size_t i = 0; i < 5; i++) {
		struct schema *s = schema_of(&little_64, "");
		struct event ev;
		struct rec r;

		snprintf(text, sizeof(text), "name: %s\nID: 61\nformat:\n%s", returns[i],
			 COMMON PROBE_RET FIELD("u64 retval", 24, 8, 0) TAIL);
		add_format(s, "kprobes", text, 1);
		assert_int_equal(schema_count(s), 1);
		rec_begin(&r, &little_64, 61, 9);
		rec_put(&r, 16, 8, 0x1234);
		rec_put(&r, 24, 8, 0xffffffe4);
		ev = rec_decode_numbers(s, &r);
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
	struct schema *s = schema_of(&little_64, "");

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_our_lines_under_any_group), cmocka_unit_test(test_returns_alone),
		cmocka_unit_test(test_what_only_bears_our_names), cmocka_unit_test(test_many_groups),
		cmocka_unit_test(test_probes_on_the_symbol),	  cmocka_unit_test(test_probes_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
