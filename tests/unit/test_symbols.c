/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "falloctrace/info.h"

static int setup(void **state)
{
	*state = symbols_new();
	return !*state;
}

static int teardown(void **state)
{
	symbols_free(*state);
	return 0;
}

static void ranges(void **state)
{
	struct symbols *s = *state;

	assert_null(symbols_find(s, 0));
	assert_int_equal(symbols_add(s, 0xffffffff81000100, 0xffffffff81000200, "b"), 0);
	assert_int_equal(symbols_add(s, 0xffffffff81000200, 0xffffffff81000210, "c"), 0);
	assert_int_equal(symbols_add(s, 0x1000, 0x1001, "a"), 0);
	assert_int_equal(symbols_count(s), 3);
	assert_null(symbols_find(s, 0xfff));
	assert_string_equal(symbols_find(s, 0x1000), "a");
	assert_null(symbols_find(s, 0x1001));
	assert_null(symbols_find(s, 0xffffffff810000ff));
	assert_string_equal(symbols_find(s, 0xffffffff81000100), "b");
	assert_string_equal(symbols_find(s, 0xffffffff810001ff), "b");
	assert_string_equal(symbols_find(s, 0xffffffff81000200), "c");
	assert_null(symbols_find(s, 0xffffffff81000210));
	assert_null(symbols_find(s, UINT64_MAX));
}

static void refused(void **state)
{
	struct symbols *s = *state;

	assert_int_equal(symbols_add(s, 5, 5, "empty"), -1);
	assert_int_equal(symbols_add(s, 6, 5, "backwards"), -1);
	assert_int_equal(symbols_add(NULL, 5, 6, "no table"), -1);
	assert_int_equal(symbols_count(s), 0);
	assert_null(symbols_find(NULL, 5));
	symbols_free(NULL);
}

static void a_new_range_replaces_what_it_overlaps(void **state)
{
	struct symbols *s = *state;

	symbols_add(s, 100, 200, "a");
	symbols_add(s, 200, 300, "b");
	symbols_add(s, 400, 500, "c");
	symbols_add(s, 250, 450, "new");
	assert_string_equal(symbols_find(s, 150), "a");
	assert_null(symbols_find(s, 210));
	assert_string_equal(symbols_find(s, 250), "new");
	assert_string_equal(symbols_find(s, 449), "new");
	assert_null(symbols_find(s, 450));
	symbols_add(s, 100, 200, "renamed");
	assert_string_equal(symbols_find(s, 199), "renamed");
	assert_int_equal(symbols_count(s), 2);
	symbols_add(s, 0, UINT64_MAX, "all");
	assert_int_equal(symbols_count(s), 1);
}

/* Against a plain array, with an owner a unit of address. */
static void random_ranges(void **state)
{
	struct symbols *s = *state;
	static int owner[512];
	struct {
		int start, end;
	} made[2000];

	srand(7);
	for (int n = 1; n < 2000; n++) {
		int start = rand() % 500, end = start + 1 + rand() % 12;
		char name[16];

		snprintf(name, sizeof(name), "%d", n);
		assert_int_equal(symbols_add(s, (uint64_t)start, (uint64_t)end, name), 0);
		made[n].start = start;
		made[n].end = end;
		for (int i = start; i < end; i++)
			for (int j = owner[i] ? made[owner[i]].start : 0, old = owner[i]; old && j < made[old].end; j++)
				owner[j] = 0;
		for (int i = start; i < end; i++)
			owner[i] = n;
		for (int i = 0; i < 512; i++) {
			const char *found = symbols_find(s, (uint64_t)i);

			assert_int_equal(found ? atoi(found) : 0, owner[i]);
		}
	}
}

static void bounded(void **state)
{
	struct symbols *s = *state;

	/* downwards: the costly direction */
	for (uint64_t i = 100000; i; i--)
		assert_int_equal(symbols_add(s, i * 16, i * 16 + 16, "x"), 0);
	assert_int_equal(symbols_count(s), 16384);
	assert_null(symbols_find(s, 16));
	assert_non_null(symbols_find(s, 100000 * 16));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(ranges), T(refused), T(a_new_range_replaces_what_it_overlaps), T(random_ranges), T(bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
