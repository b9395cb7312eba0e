/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "calls.h"
#include "stats/summary_table.h"

#define LARGE (1u << 30)

static struct call bare;

static void add(struct summary_table *t, const char *key, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		assert_int_equal(summary_table_add(t, key, strlen(key), true, &bare), 0);
}

static const struct summary_row *row(const struct summary_table *t, const char *key)
{
	for (size_t i = 0; i < t->count; i++)
		if (!strcmp(t->rows[i]->key, key))
			return t->rows[i];
	return NULL;
}

static void expect_row(const struct summary_table *t, const char *key, uint64_t calls, uint64_t missing_max)
{
	const struct summary_row *r = row(t, key);

	assert_non_null(r);
	assert_int_equal(r->counts.calls, calls);
	assert_int_equal(r->missing_max, missing_max);
}

static void all_is_exact_while_there_is_room(void **state)
{
	struct summary_table t;

	(void)state;
	assert_int_equal(summary_table_init(&t, 3, LARGE), 0);
	add(&t, "b", 2);
	add(&t, "c", 2);
	add(&t, "a", 7);
	add(&t, "b", 1);
	assert_int_equal(t.folds, 0);
	assert_int_equal(t.other.calls, 0);
	summary_table_sort(&t, SORT_CALLS);
	assert_string_equal(t.rows[0]->key, "a");
	assert_string_equal(t.rows[1]->key, "b");
	assert_string_equal(t.rows[2]->key, "c");
	expect_row(&t, "b", 3, 0);
	summary_table_free(&t);
}

static void a_row_too_many_folds_the_half_with_the_fewest_calls(void **state)
{
	struct summary_table t;

	(void)state;
	assert_int_equal(summary_table_init(&t, 4, LARGE), 0);
	add(&t, "c", 1);
	add(&t, "a", 3);
	add(&t, "b", 2);
	add(&t, "d", 1);
	add(&t, "e", 1); /* c and d go, with a call each */
	assert_int_equal(t.count, 3);
	assert_null(row(&t, "c"));
	assert_null(row(&t, "d"));
	expect_row(&t, "a", 3, 0);
	expect_row(&t, "b", 2, 0);
	expect_row(&t, "e", 1, 1); /* for all that is known, one of its calls may have been folded */
	assert_int_equal(t.folds, 2);
	assert_int_equal(t.folded_max, 1);
	assert_int_equal(t.other.calls, 2);
	add(&t, "c", 4);
	expect_row(&t, "c", 4, 1); /* it had one */
	add(&t, "e", 1);
	add(&t, "f", 1); /* of a3 b2 e2 c4: b and e, with two each */
	assert_null(row(&t, "b"));
	assert_null(row(&t, "e"));
	expect_row(&t, "f", 1, 3);
	assert_int_equal(t.folded_max, 3);
	assert_int_equal(t.other.calls, 6);
	summary_table_free(&t);
}

static void of_equals_the_oldest_are_folded(void **state)
{
	struct summary_table t;

	(void)state;
	assert_int_equal(summary_table_init(&t, 4, LARGE), 0);
	for (const char *key = "dbca"; *key; key++)
		add(&t, (const char[]){*key, 0}, 5);
	add(&t, "x", 1);
	assert_null(row(&t, "d"));
	assert_null(row(&t, "b"));
	expect_row(&t, "c", 5, 0);
	expect_row(&t, "a", 5, 0);
	assert_int_equal(t.folded_max, 5);
	summary_table_free(&t);
}

static void what_is_unknown_is_no_name(void **state)
{
	struct summary_table t;

	(void)state;
	assert_int_equal(summary_table_init(&t, 4, LARGE), 0);
	assert_int_equal(summary_table_add(&t, "-", 1, true, &bare), 0);
	assert_int_equal(summary_table_add(&t, "-", 1, false, &bare), 0);
	assert_int_equal(t.count, 2);
	summary_table_free(&t);
}

#define KEYS 400

/* Of some keys many calls, of many some, and all of them in turn: what is told is true of what was put in. */
static void what_is_told_of_folded_keys_holds(void **state)
{
	uint64_t truth[KEYS] = {0}, seen = 0;
	struct summary_table t;
	char key[16];

	(void)state;
	srandom(2);
	assert_int_equal(summary_table_init(&t, 50, LARGE), 0);
	for (int i = 0; i < 20000; i++) {
		unsigned k = (unsigned)random() % KEYS;

		k = i % 3 ? k * k / KEYS * k / KEYS : (unsigned)i % KEYS;
		snprintf(key, sizeof(key), "key %u", k);
		add(&t, key, 1);
		truth[k]++;
	}
	assert_true(t.folds > 0);
	for (unsigned k = 0; k < KEYS; k++) {
		const struct summary_row *r;

		snprintf(key, sizeof(key), "key %u", k);
		r = row(&t, key);
		if (!r)
			assert_true(truth[k] <= t.folded_max);
		else
			assert_true(r->counts.calls <= truth[k] && truth[k] <= r->counts.calls + r->missing_max);
		seen += r ? r->counts.calls : 0;
	}
	assert_int_equal(seen + t.other.calls, 20000);
	expect_row(&t, "key 0", truth[0], 0); /* there from the beginning, and with the most calls */
	summary_table_free(&t);
}

/* Long names and latencies of every magnitude. */
static void memory_is_bounded(void **state)
{
	struct summary_table t;
	char key[1025];

	(void)state;
	assert_int_equal(summary_table_init(&t, 10000, 100000), 0);
	for (int i = 0; i < 3000; i++) {
		struct call c = call_whole();

		c.start = 0;
		c.end = UINT64_MAX >> (1 + i % 60);
		snprintf(key, sizeof(key), "%01024d", i % 500);
		assert_int_equal(summary_table_add(&t, key, strlen(key), true, &c), 0);
		assert_true(t.bytes <= 100000);
	}
	assert_true(t.folds > 0);
	assert_int_equal(t.other.latency.total + t.count, t.other.calls + t.count);
	summary_table_free(&t);
}

/* Each row with every errno and latency that there is, of many processes. */
static void hostile_rows_are_bounded(void **state)
{
	struct summary_table t;
	uint64_t errors = 0;

	(void)state;
	assert_int_equal(summary_table_init(&t, 10000, 1 << 20), 0);
	t.pids = true;
	for (int i = 0; i < 200000; i++) {
		struct call c = call_whole();
		char key[16];

		c.ret = -1 - i % 4200;
		c.pid = i;
		c.start = 0;
		c.end = UINT64_MAX >> (1 + i % 60);
		snprintf(key, sizeof(key), "%d", i % 700);
		assert_int_equal(summary_table_add(&t, key, strlen(key), true, &c), 0);
		assert_true(t.bytes <= 1 << 20);
	}
	assert_true(t.folds > 0);
	for (size_t i = 0; i < t.count; i++)
		errors += t.rows[i]->counts.errors;
	assert_int_equal(errors + t.other.errors, 200000);
	assert_int_equal(t.other.kinds.count, ERROR_KINDS_MAX);
	assert_true(t.other.pids->more);
	summary_table_free(&t);
	assert_int_equal(t.bytes, 0);
}

static void emptied_it_begins_anew(void **state)
{
	struct summary_table t;
	char key[16];

	(void)state;
	assert_int_equal(summary_table_init(&t, 2000, LARGE), 0);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 2001; i++) {
			snprintf(key, sizeof(key), "%d of %d", i, round);
			add(&t, key, 1);
		}
		assert_int_equal(t.folds, 1000);
		assert_int_equal(t.folded_max, 1);
		assert_true(t.mask >= 2048);
		summary_table_reset(&t);
		assert_int_equal(t.count + t.bytes + t.folds + t.folded_max + t.other.calls, 0);
		add(&t, "0 of 0", 2);
		expect_row(&t, "0 of 0", 2, 0);
		summary_table_reset(&t);
		assert_true(t.mask < 64); /* to empty it again costs little */
		assert_null(row(&t, "0 of 0"));
	}
	summary_table_free(&t);
}

/* The live table sorts what goes on growing. */
static void sorted_it_counts_on(void **state)
{
	struct summary_table t;

	(void)state;
	assert_int_equal(summary_table_init(&t, 4, LARGE), 0);
	add(&t, "b", 1);
	add(&t, "a", 1);
	summary_table_sort(&t, SORT_KEY);
	assert_string_equal(t.rows[0]->key, "a");
	add(&t, "b", 2);
	add(&t, "c", 2);
	add(&t, "d", 4);
	add(&t, "e", 1);
	expect_row(&t, "b", 3, 0);
	expect_row(&t, "d", 4, 0);
	assert_int_equal(t.other.calls, 3); /* a and c */
	summary_table_free(&t);
}

/* A key is bytes: one that another begins with, and what is unknown, are others. */
static void keys_in_order(void **state)
{
	static const char *const keys[] = {"a", "a b", "ab", "b", "\xff"};
	struct summary_table t;

	(void)state;
	assert_int_equal(summary_table_init(&t, 10, LARGE), 0);
	assert_int_equal(summary_table_add(&t, "-", 1, false, &bare), 0);
	for (int i = 5; i--;)
		add(&t, keys[i], (unsigned)i + 1);
	summary_table_sort(&t, SORT_KEY);
	for (int i = 0; i < 5; i++)
		assert_string_equal(t.rows[i]->key, keys[i]);
	assert_false(t.rows[5]->known);
	summary_table_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_exact_while_there_is_room),
		cmocka_unit_test(a_row_too_many_folds_the_half_with_the_fewest_calls),
		cmocka_unit_test(of_equals_the_oldest_are_folded),
		cmocka_unit_test(what_is_unknown_is_no_name),
		cmocka_unit_test(what_is_told_of_folded_keys_holds),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(hostile_rows_are_bounded),
		cmocka_unit_test(emptied_it_begins_anew),
		cmocka_unit_test(sorted_it_counts_on),
		cmocka_unit_test(keys_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
