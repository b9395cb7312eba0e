/* SPDX-License-Identifier: MIT */
/*
 * Keys of the live table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "top/state.h"

static struct top_state started(enum summary_by by, enum summary_sort sort)
{
	struct options o = {.by = by, .sort = sort};
	struct top_state s;

	top_state_init(&s, &o);
	return s;
}

static void type(struct top_state *s, const char *keys)
{
	for (; *keys; keys++)
		top_state_key(s, (unsigned char)*keys);
}

static void as_the_command_line_wants(void **state)
{
	struct options o = {.by = SUMMARY_DEFAULT, .human = true};
	struct top_state s;

	(void)state;
	top_state_init(&s, &o);
	assert_int_equal(s.by, SUMMARY_PROCESS);
	assert_int_equal(s.sort, TOP_RATE);
	assert_true(s.human);
	assert_int_equal(started(SUMMARY_FILE, SORT_CALLS).by, SUMMARY_FILE);
	/* Each of --sort's has its column. */
	assert_string_equal(top_column_name(started(SUMMARY_FILE, SORT_ERRORS).sort), "ERRORS");
	assert_string_equal(top_column_name(started(SUMMARY_FILE, SORT_BYTES).sort), "BYTES/S");
	assert_string_equal(top_column_name(started(SUMMARY_FILE, SORT_GROWN).sort), "GROWN");
	assert_string_equal(top_column_name(started(SUMMARY_FILE, SORT_GAINED).sort), "GAINED");
	assert_string_equal(top_column_name(started(SUMMARY_FILE, SORT_FREED).sort), "FREED");
	assert_string_equal(top_column_name(started(SUMMARY_FILE, SORT_P50).sort), "P50");
	assert_string_equal(top_column_name(started(SUMMARY_FILE, SORT_P95).sort), "P95");
	assert_string_equal(top_column_name(started(SUMMARY_FILE, SORT_P99).sort), "P99");
	assert_string_equal(top_column_name(started(SUMMARY_FILE, SORT_MAX).sort), "MAX");
	assert_string_equal(top_column_name(started(SUMMARY_FILE, SORT_KEY).sort), "KEY");
}

static void each_key(void **state)
{
	static const struct {
		char key;
		enum summary_by by;
	} bys[] = {{'f', SUMMARY_FILE}, {'o', SUMMARY_OP},    {'s', SUMMARY_FS},
		   {'v', SUMMARY_VIA},	{'e', SUMMARY_ERRNO}, {'p', SUMMARY_PROCESS}};
	struct top_state s = started(SUMMARY_DEFAULT, SORT_CALLS);

	(void)state;
	for (size_t i = 0; i < sizeof(bys) / sizeof(bys[0]); i++) {
		s.first = 9;
		assert_int_equal(top_state_key(&s, (unsigned char)bys[i].key), TOP_TAKE);
		assert_int_equal(s.by, bys[i].by);
		assert_int_equal(s.first, 0);
	}
	assert_int_equal(top_state_key(&s, 'r'), TOP_DRAW);
	assert_true(s.reverse);
	assert_int_equal(top_state_key(&s, 'l'), TOP_DRAW);
	assert_true(s.last);
	assert_int_equal(top_state_key(&s, 'u'), TOP_DRAW);
	assert_true(s.human);
	assert_int_equal(top_state_key(&s, ' '), TOP_DRAW);
	assert_true(s.paused);
	assert_int_equal(top_state_key(&s, ' '), TOP_TAKE); /* what came meanwhile is to be seen */
	assert_false(s.paused);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(top_state_key(&s, 'S' - 0x40), TOP_DRAW);
		assert_true(s.paused);
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(top_state_key(&s, 'Q' - 0x40), TOP_TAKE);
		assert_false(s.paused);
	}
	assert_int_equal(top_state_key(&s, 'c'), TOP_CLEAR);
	assert_int_equal(top_state_key(&s, 'L' - 0x40), TOP_WIPE);
	assert_int_equal(top_state_key(&s, 'q'), TOP_QUIT);
	assert_int_equal(top_state_key(&s, 'Q'), TOP_DRAW);
	assert_int_equal(top_state_key(&s, TOP_OTHER_KEY), TOP_DRAW);
	assert_int_equal(top_state_key(&s, 0x10ffff), TOP_DRAW);
}

static void all_columns_in_turn(void **state)
{
	struct top_state s = started(SUMMARY_DEFAULT, SORT_CALLS);

	(void)state;
	for (int i = 0; i <= TOP_KEY; i++) {
		assert_int_equal(s.sort, i);
		type(&s, ">");
	}
	assert_int_equal(s.sort, TOP_RATE);
	type(&s, "<");
	assert_int_equal(s.sort, TOP_KEY);
	top_state_key(&s, TOP_RIGHT);
	assert_int_equal(s.sort, TOP_RATE);
	top_state_key(&s, TOP_LEFT);
	assert_int_equal(s.sort, TOP_KEY);
}

static void moving(void **state)
{
	struct top_state s = started(SUMMARY_DEFAULT, SORT_CALLS);

	(void)state;
	s.page = 10;
	type(&s, "k");
	top_state_key(&s, TOP_PAGE_UP);
	assert_int_equal(s.first, 0);
	type(&s, "jj");
	top_state_key(&s, TOP_PAGE_DOWN);
	assert_int_equal(s.first, 12);
	top_state_key(&s, TOP_UP);
	assert_int_equal(s.first, 11);
	top_state_key(&s, TOP_END);
	top_state_key(&s, TOP_DOWN);
	assert_true(s.first == SIZE_MAX);
	top_state_key(&s, TOP_HOME);
	assert_int_equal(s.first, 0);
}

static void the_filter(void **state)
{
	struct top_state s = started(SUMMARY_DEFAULT, SORT_CALLS);

	(void)state;
	type(&s, "/qpf r\x7f"); /* keys are text there */
	assert_true(s.editing);
	assert_int_equal(s.by, SUMMARY_PROCESS);
	assert_int_equal(s.filter_size, 4);
	assert_memory_equal(s.filter, "qpf ", 4);
	top_state_key(&s, TOP_ENTER);
	assert_false(s.editing);
	type(&s, "f");
	assert_int_equal(s.by, SUMMARY_FILE);
	assert_int_equal(s.filter_size, 4);
	type(&s, "\x1b");
	assert_int_equal(s.filter_size, 0);
	type(&s, "/abc");
	type(&s, "\x15"); /* Ctrl-U */
	type(&s, "d\r");
	assert_int_equal(s.filter_size, 1);
	type(&s, "/x\x1b");
	assert_int_equal(s.filter_size, 0);
	assert_false(s.editing);
}

static void the_filter_takes_utf8_and_no_end(void **state)
{
	static const uint32_t characters[] = {'a', 0xe9, 0x20ac, 0x1f600};
	struct top_state s = started(SUMMARY_DEFAULT, SORT_CALLS);

	(void)state;
	type(&s, "/");
	for (int i = 0; i < 4; i++)
		top_state_key(&s, characters[i]);
	assert_int_equal(s.filter_size, 10);
	assert_memory_equal(s.filter, "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 10);
	top_state_key(&s, TOP_BACKSPACE);
	assert_int_equal(s.filter_size, 6);
	top_state_key(&s, '\b');
	assert_int_equal(s.filter_size, 3);
	for (int i = 0; i < 10; i++)
		top_state_key(&s, 0x7f);
	assert_int_equal(s.filter_size, 0);
	/* Neither control characters nor C1. */
	top_state_key(&s, 1);
	top_state_key(&s, 0x9b);
	top_state_key(&s, TOP_UP);
	assert_int_equal(s.filter_size, 0);
	for (int i = 0; i < 1000; i++)
		top_state_key(&s, 0x20ac);
	assert_true(s.filter_size <= TOP_FILTER && s.filter_size > TOP_FILTER - 4);
}

static void the_help(void **state)
{
	struct top_state s = started(SUMMARY_DEFAULT, SORT_CALLS);

	(void)state;
	s.first = 3;
	type(&s, "?jj");
	assert_true(s.help);
	assert_int_equal(s.help_first, 2);
	assert_int_equal(s.first, 3);
	type(&s, "f"); /* leaves, and does nothing else */
	assert_false(s.help);
	assert_int_equal(s.by, SUMMARY_PROCESS);
	type(&s, "h");
	assert_true(s.help);
	assert_int_equal(s.help_first, 0);
	assert_int_equal(top_state_key(&s, 'q'), TOP_QUIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_the_command_line_wants),
		cmocka_unit_test(each_key),
		cmocka_unit_test(all_columns_in_turn),
		cmocka_unit_test(moving),
		cmocka_unit_test(the_filter),
		cmocka_unit_test(the_filter_takes_utf8_and_no_end),
		cmocka_unit_test(the_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
