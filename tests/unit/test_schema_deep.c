/* SPDX-License-Identifier: MIT */
/*
 * The events of --deep: ours, somebody else's, and what only looks like them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "schema_records.h"

#define DEEP_REQUEST                  \
	FIELD("u64 file", 16, 8, 0)   \
	FIELD("u64 caller", 24, 8, 0) \
	FIELD("u64 fop", 32, 8, 0)    \
	FIELD("u32 mode", 40, 4, 0) FIELD("s64 offset", 44, 8, 1) FIELD("s64 len", 52, 8, 1) FIELD("s64 size", 60, 8, 1)
static const char enter[] = HEAD("deep_enter", 60) PROBE_IP DEEP_REQUEST TAIL;
static const char leave[] = HEAD("deep_exit", 61) PROBE_RET FIELD("s32 ret", 24, 4, 1) FIELD("u64 fop", 28, 8, 0) TAIL;
/* A kernel before 5.4 has one for each function. */
static const char seventh[] = HEAD("deep_enter_7", 62) PROBE_IP DEEP_REQUEST TAIL;

static void test_ours(void **state)
{
	const struct page_format *formats[] = {&little_64, &big_64};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct schema *s = schema_of(formats[i], "x86_64");
		struct event ev;
		struct rec r;

		add_format(s, "falloctrace_12", enter, 1);
		add_format(s, "falloctrace_12", leave, 1);
		add_format(s, "falloctrace_12", seventh, 1);
		rec_begin(&r, formats[i], i ? 62 : 60, 5);
		rec_put(&r, 8, 8, 0xffffffff81000104);
		rec_put(&r, 16, 8, 0xffff888000001000);
		rec_put(&r, 24, 8, 0xffffffffc0001234);
		rec_put(&r, 32, 8, 0xffffffff81000100);
		rec_put(&r, 40, 4, 3);
		rec_put(&r, 44, 8, 4096);
		rec_put(&r, 52, 8, 8192);
		rec_put(&r, 60, 8, 1 << 20);
		ev = rec_decode_numbers(s, &r);
		assert_int_equal(ev.kind, EVENT_DEEP_ENTER);
		assert_int_equal(ev.has, HAS_FILE | HAS_CALLER | HAS_FOP | HAS_FUNC | REQUEST | HAS_SIZE);
		assert_int_equal(ev.func, 0xffffffff81000104);
		assert_int_equal(ev.file, 0xffff888000001000);
		assert_int_equal(ev.caller, 0xffffffffc0001234);
		assert_int_equal(ev.fop, 0xffffffff81000100);
		assert_int_equal(ev.mode, 3);
		assert_int_equal(ev.offset, 4096);
		assert_int_equal(ev.len, 8192);
		assert_int_equal(ev.size, 1 << 20);
		rec_begin(&r, formats[i], 61, 5);
		rec_put(&r, 8, 8, 0xffffffff81000104);
		rec_put(&r, 16, 8, 0xffffffffc0001234);
		rec_put(&r, 24, 4, (uint32_t)-28);
		rec_put(&r, 28, 8, 0xffffffff81000100);
		ev = rec_decode_numbers(s, &r);
		assert_int_equal(ev.kind, EVENT_DEEP_EXIT);
		assert_int_equal(ev.has, HAS_FUNC | HAS_CALLER | HAS_RET | HAS_FOP);
		assert_int_equal(ev.func, 0xffffffff81000104);
		assert_int_equal(ev.ret, -28);
		schema_free(s);
	}
}

/* By hand, or by trace-cmd with the lines of `falloctrace probes --deep` under another name */
static void test_by_hand(void **state)
{
	struct schema *s = schema_of(&little_64, "x86_64");

	(void)state;
	add_format(s, "mygroup", leave, 1);
	assert_int_equal(schema_count(s), 0);
	add_format(s, "mygroup", enter, 1);
	assert_int_equal(schema_count(s), 2);
	schema_free(s);
}

static void test_what_only_bears_their_names(void **state)
{
	static const char *const others[] = {
		HEAD("deep_enter", 1) DEEP_REQUEST TAIL,
		HEAD("deep_enter", 1) PROBE_RET DEEP_REQUEST TAIL,
		HEAD("deep_enter", 1) PROBE_IP FIELD("u64 file", 16, 8, 0) TAIL,
		HEAD("deep_enter", 1) PROBE_IP FIELD("u32 mode", 40, 4, 0) FIELD("s64 offset", 44, 8, 1)
			FIELD("s64 len", 52, 8, 1) TAIL,
		HEAD("deep_exit", 1) PROBE_IP FIELD("s32 ret", 24, 4, 1) TAIL,
		HEAD("deep_exit", 1) PROBE_RET TAIL,
		HEAD("deep_exit", 1) PROBE_RET FIELD("u64 ret[3]", 24, 24, 1) TAIL,
		HEAD("deep_enter_", 1) PROBE_IP DEEP_REQUEST TAIL,
		HEAD("deep_enter_7b", 1) PROBE_IP DEEP_REQUEST TAIL,
		HEAD("deep_enter7", 1) PROBE_IP DEEP_REQUEST TAIL,
		HEAD("vfs_enter_7", 1) PROBE_IP DEEP_REQUEST TAIL,
		HEAD("deep_exit", 1) "rubbish",
	};
	struct schema *s = schema_of(&little_64, "");

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		add_format(s, "mygroup", others[i], 0);
	assert_int_equal(schema_count(s), 0);
	schema_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ours),
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_what_only_bears_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
