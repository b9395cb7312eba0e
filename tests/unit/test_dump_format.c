/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/dump_format.h"

/* As 6.1 has it, of Debian's cloud flavour and of its PREEMPT_RT. */
#define COMMON                                                                         \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"         \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"         \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n"
#define LAZY "\tfield:unsigned char common_preempt_lazy_count;\toffset:8;\tsize:1;\tsigned:0;\n"
#define FIELD(name, offset) "\tfield:unsigned long " name ";\toffset:" #offset ";\tsize:8;\tsigned:0;\n"
#define ARG(name, offset) "\tfield:u64 " name ";\toffset:" #offset ";\tsize:8;\tsigned:0;\n"

static const char *const cloud = "name: first\nID: 1453\nformat:\n" COMMON "\n" FIELD("__probe_ip", 8) ARG("arg1", 16)
	ARG("arg2", 24) "\nprint fmt: \"(%lx) arg1=%Lu arg2=%Lu\", REC->__probe_ip, REC->arg1, REC->arg2\n";
static const char *const rt = "name: first\nID: 2001\nformat:\n" COMMON LAZY "\n" FIELD("__probe_ip", 16)
	ARG("arg1", 24) ARG("arg2", 32) "\nprint fmt: \"(%lx)\", REC->__probe_ip\n";
static const char *const rt_back = "name: back\nID: 2002\nformat:\n" COMMON LAZY "\n" FIELD("__probe_func", 16)
	FIELD("__probe_ret_ip", 24) "\nprint fmt: \"(%lx <- %lx)\", REC->__probe_func, REC->__probe_ret_ip\n";

static void expect(const char *text, char type, size_t count, int id, size_t ip, size_t words, size_t length)
{
	struct dump_format f;
	struct error e;

	assert_int_equal(dump_format_read(&f, text, type, count, &e), 0);
	assert_int_equal(f.id, id);
	assert_int_equal(f.ip, ip);
	assert_int_equal(f.words, words);
	assert_int_equal(f.length, length);
}

static void formats(void **state)
{
	(void)state;
	expect(cloud, 'p', 2, 1453, 8, 16, 32);
	expect(cloud, 'p', 0, 1453, 8, 16, 16);
	expect(rt, 'p', 2, 2001, 16, 24, 40);
	expect(rt, 'p', 1, 2001, 16, 24, 32);
	expect(rt_back, 'r', 0, 2002, 24, 32, 32);
}

static void refuse(const char *text, char type, size_t count)
{
	struct dump_format f;
	struct error e;

	assert_int_equal(dump_format_read(&f, text, type, count, &e), -1);
	assert_non_null(e.text);
}

static void others(void **state)
{
	(void)state;
	refuse("", 'p', 0);
	refuse("name: first\nID: 5\n", 'p', 0);
	refuse(rt, 'r', 0);
	refuse(rt, 'p', 3);
	refuse(rt_back, 'r', 1);
	refuse("\nID: x\n" FIELD("__probe_ip", 8), 'p', 0);
	refuse("\nID: 7\n" FIELD("__probe_ip", 99999999), 'p', 0);
	/* a gap, and arguments that are narrower than asked for */
	refuse("\nID: 7\n" FIELD("__probe_ip", 8) ARG("arg1", 16) ARG("arg2", 32), 'p', 2);
	refuse("\nID: 7\n" FIELD("__probe_ip", 8) "\tfield:u32 arg1;\toffset:16;\tsize:4;\tsigned:0;\n", 'p', 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats),
		cmocka_unit_test(others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
