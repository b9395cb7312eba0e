/* SPDX-License-Identifier: MIT */
/*
 * Formats in other shapes than usual, and such as must be refused.
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

static void test_formats_in_other_shapes(void **state)
{
	/* no signed:, an array whose length is a name, no print fmt, common fields last */
	static const char odd[] =
		"name: vfs_enter\nID: 5\nformat:\n" FIELD("char comm[TASK_COMM_LEN]", 8, 16,
							  1) "\tfield:const struct file * file;\toffset:24;\tsize:8;\n"
							     "\n" COMMON;
	struct schema *s = schema_new(&little_64);
	unsigned char *copy;
	struct event ev;
	struct rec r;

	(void)state;
	add_format(s, "falloctrace", odd, 1);
	rec_begin(&r, &little_64, 5, 1);
	memcpy(r.data + 8, "comm", 5);
	rec_put(&r, 24, 8, 0xabc);
	assert_int_equal(rec_decode(s, &r, &ev, &copy), 1);
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
	struct schema *s = schema_new(&little_64);

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		add_format(s, "falloctrace", broken[i], -1);
	assert_int_equal(schema_count(s), 0);
	schema_free(s);
}

static void test_too_many_fields(void **state)
{
	struct schema *s = schema_new(&little_64);
	char *text = malloc(1 << 20);
	size_t used;

	(void)state;
	used = (size_t)sprintf(text, "%s", HEAD("vfs_exit", 1));
	for (int i = 0; i < 5000; i++)
		used += (size_t)sprintf(text + used, "\tfield:u8 f%d;\toffset:8;\tsize:1;\tsigned:0;\n", i);
	add_format(s, "falloctrace", text, -1);
	free(text);
	schema_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats_in_other_shapes),
		cmocka_unit_test(test_broken_formats),
		cmocka_unit_test(test_too_many_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
