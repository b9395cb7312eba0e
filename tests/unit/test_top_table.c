/* SPDX-License-Identifier: MIT */
/*
 * What the live table counts, and its rows: rates, order, choice, bounds.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "calls.h"
#include "top/rows.h"
#include "top/table.h"

#define SECOND INT64_C(1000000000)

struct topped {
	struct top_table table;
	struct top_rows rows;
};

static void begin(struct topped *t)
{
	memset(t, 0, sizeof(*t));
	assert_int_equal(top_table_init(&t->table, 0), 0);
}

static void end(struct topped *t)
{
	top_rows_free(&t->rows);
	top_table_free(&t->table);
}

static void add(struct topped *t, const char *path, int64_t len, int64_t latency, int count)
{
	struct call c = call_whole();

	strcpy(c.path, path);
	c.len = len;
	c.end = c.start + (uint64_t)latency;
	for (int i = 0; i < count; i++)
		assert_int_equal(top_table_call(&t->table, &c), 0);
}

static void take(struct topped *t, enum summary_by by)
{
	assert_int_equal(top_rows_take(&t->rows, &t->table, by), 0);
}

static const struct top_row *row(const struct topped *t, const char *key)
{
	for (size_t i = 0; i < t->rows.count; i++)
		if (t->rows.rows[i].size == strlen(key) &&
		    !memcmp(t->rows.keys.data + t->rows.rows[i].key, key, strlen(key)))
			return &t->rows.rows[i];
	fail_msg("no row %s", key);
	return NULL;
}

static void expect(const struct topped *t, const char *key, enum top_column c, int64_t value)
{
	const struct top_value *v = top_row_value(row(t, key), c, false);

	assert_true(v->known);
	assert_false(v->over);
	assert_int_equal(v->value, value);
}

/* Sorts, and compares with keys split by blanks. */
static void expect_order(struct topped *t, const struct top_order *o, const char *wanted)
{
	char got[1000] = "";

	top_rows_sort(&t->rows, o);
	for (size_t i = 0; i < t->rows.seen; i++) {
		const struct top_row *r = &t->rows.rows[t->rows.order[i]];

		strcat(got, i ? " " : "");
		strncat(got, t->rows.keys.data + r->key, r->size);
	}
	assert_string_equal(got, wanted);
}

static void rates_are_of_the_last_window(void **state)
{
	struct topped t;

	(void)state;
	begin(&t);
	add(&t, "/a", 4096, 1000, 30);
	take(&t, SUMMARY_FILE);
	/* Not before a window has ended. */
	assert_false(row(&t, "/a")->value[TOP_RATE].known);
	assert_false(row(&t, "/a")->value[TOP_BYTES_RATE].known);
	assert_false(top_row_value(row(&t, "/a"), TOP_MAX, true)->known);
	top_table_tick(&t.table, 2 * SECOND);
	add(&t, "/b", 1, 3000, 7); /* is in the next one */
	take(&t, SUMMARY_FILE);
	expect(&t, "/a", TOP_RATE, 150); /* 30 in 2 s, in tenths */
	expect(&t, "/a", TOP_BYTES_RATE, 61440);
	expect(&t, "/b", TOP_RATE, 0);
	expect(&t, "/b", TOP_CALLS, 7);
	assert_int_equal(t.rows.last.calls, 30);
	assert_int_equal(t.rows.all.calls, 37);
	top_table_tick(&t.table, 2 * SECOND + SECOND / 2);
	take(&t, SUMMARY_FILE);
	expect(&t, "/a", TOP_RATE, 0);
	expect(&t, "/a", TOP_BYTES_RATE, 0);
	expect(&t, "/a", TOP_BYTES, 30 * 4096);
	expect(&t, "/b", TOP_RATE, 140);
	expect(&t, "/b", TOP_BYTES_RATE, 14);
	assert_int_equal(top_row_value(row(&t, "/b"), TOP_MAX, true)->value, 3000);
	assert_false(top_row_value(row(&t, "/a"), TOP_MAX, true)->known);
	assert_int_equal(top_row_value(row(&t, "/a"), TOP_MAX, false)->value, 1000);
	end(&t);
}

static void no_time_is_no_window(void **state)
{
	struct topped t;

	(void)state;
	begin(&t);
	add(&t, "/a", 1, 1, 10);
	top_table_tick(&t.table, SECOND);
	top_table_tick(&t.table, SECOND);
	top_table_tick(&t.table, SECOND - 1);
	take(&t, SUMMARY_FILE);
	expect(&t, "/a", TOP_RATE, 100);
	end(&t);
}

static void rates_saturate(void **state)
{
	(void)state;
	assert_int_equal(top_tenths(1, 3 * SECOND), 3);
	assert_int_equal(top_tenths(UINT64_MAX, 1), INT64_MAX);
	assert_int_equal(top_tenths(0, 1), 0);
	assert_int_equal(top_rate(INT64_MAX, SECOND), INT64_MAX);
	assert_int_equal(top_rate(INT64_MAX, 1), INT64_MAX);
	assert_int_equal(top_rate(-5, 1), 0);
	assert_int_equal(top_rate(3, 2 * SECOND), 2);
}

static void every_key_counts_at_once(void **state)
{
	struct call c = call_whole(), bad = call_badfd(), bare = call_bare();
	struct topped t;

	(void)state;
	begin(&t);
	assert_int_equal(top_table_call(&t.table, &c), 0);
	assert_int_equal(top_table_call(&t.table, &bad), 0);
	assert_int_equal(top_table_call(&t.table, &bare), 0);
	take(&t, SUMMARY_PROCESS);
	expect(&t, "     42 postgres", TOP_CALLS, 1);
	expect(&t, "      7 sh", TOP_ERRORS, 1);
	expect(&t, "  -/7 -", TOP_CALLS, 1);
	take(&t, SUMMARY_FILE);
	expect(&t, "/var/lib/db/16384", TOP_FREED, 8192);
	expect(&t, "-", TOP_CALLS, 2);
	assert_false(row(&t, "-")->known);
	assert_false(row(&t, "-")->value[TOP_GROWN].known);
	take(&t, SUMMARY_OP);
	expect(&t, "punch", TOP_CALLS, 1);
	expect(&t, "extend", TOP_CALLS, 1);
	take(&t, SUMMARY_FS);
	expect(&t, "ext4", TOP_CALLS, 1);
	take(&t, SUMMARY_VIA);
	expect(&t, "syscall", TOP_CALLS, 2);
	take(&t, SUMMARY_ERRNO);
	expect(&t, "EBADF", TOP_ERRORS, 1);
	take(&t, SUMMARY_HOST);
	expect(&t, "db1", TOP_CALLS, 1);
	end(&t);
}

static void a_clear_leaves_losses(void **state)
{
	const struct loss some = {.count = 118}, unknown = {.count = LOST_UNKNOWN}, all = {.count = UINT64_MAX - 3};
	struct topped t;

	(void)state;
	begin(&t);
	add(&t, "/a", 1, 1, 3);
	top_table_lost(&t.table, &some);
	top_table_lost(&t.table, &unknown);
	top_table_tick(&t.table, SECOND);
	add(&t, "/a", 1, 1, 3);
	top_table_clear(&t.table, 5 * SECOND);
	add(&t, "/b", 1, 1, 4);
	take(&t, SUMMARY_FILE);
	assert_int_equal(t.rows.count, 1);
	assert_int_equal(t.rows.all.calls, 4);
	assert_int_equal(t.rows.last_ns, 0);
	assert_int_equal(t.table.lost, 118);
	assert_int_equal(t.table.gaps, 1);
	top_table_tick(&t.table, 7 * SECOND);
	take(&t, SUMMARY_FILE);
	expect(&t, "/b", TOP_RATE, 20);
	top_table_lost(&t.table, &all);
	assert_true(t.table.lost == UINT64_MAX);
	end(&t);
}

/* --- order --- */

static void begin_three(struct topped *t)
{
	begin(t);
	add(t, "/old", 100, 50, 9);
	top_table_tick(&t->table, SECOND);
	add(t, "/hot", 10, 10, 5);
	add(t, "/big", 5000, 900, 2);
	top_table_tick(&t->table, 2 * SECOND);
	take(t, SUMMARY_FILE);
}

static void sorted_by_any_column(void **state)
{
	static const struct {
		struct top_order o;
		const char *wanted;
	} cases[] = {
		{{.column = TOP_RATE}, "/hot /big /old"},
		{{.column = TOP_RATE, .reverse = true}, "/old /big /hot"},
		{{.column = TOP_CALLS}, "/old /hot /big"},
		{{.column = TOP_BYTES_RATE}, "/big /hot /old"},
		{{.column = TOP_BYTES}, "/big /old /hot"},
		{{.column = TOP_P50}, "/big /old /hot"},
		{{.column = TOP_P95, .reverse = true}, "/hot /old /big"},
		{{.column = TOP_P99}, "/big /old /hot"},
		{{.column = TOP_MAX, .last = true}, "/big /hot /old"}, /* unknown comes last, reversed as well */
		{{.column = TOP_MAX, .last = true, .reverse = true}, "/hot /big /old"},
		{{.column = TOP_KEY}, "/big /hot /old"},
		{{.column = TOP_KEY, .reverse = true}, "/old /hot /big"},
		{{.column = TOP_ERRORS}, "/old /hot /big"}, /* all alike: by calls */
		{{.column = TOP_FREED}, "/old /hot /big"},  /* 8192 a call */
		{{.column = TOP_GAINED}, "/old /hot /big"},
		{{.column = TOP_GROWN}, "/old /hot /big"},
	};
	struct topped t;

	(void)state;
	begin_three(&t);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_order(&t, &cases[i].o, cases[i].wanted);
	end(&t);
}

static void chosen_by_part_of_the_key(void **state)
{
	struct topped t;

	(void)state;
	begin_three(&t);
	expect_order(&t, &(struct top_order){.column = TOP_KEY, .filter = "o", .filter_size = 1}, "/hot /old");
	expect_order(&t, &(struct top_order){.column = TOP_KEY, .filter = "/big", .filter_size = 4}, "/big");
	expect_order(&t, &(struct top_order){.column = TOP_KEY, .filter = "BIG", .filter_size = 3}, "");
	expect_order(&t, &(struct top_order){.column = TOP_KEY, .filter = "/bigger", .filter_size = 7}, "");
	end(&t);
}

/* Against counting them one by one. */
static void agrees_with_counting(void **state)
{
	enum { FILES = 50, CALLS = 3000 };
	int64_t calls[FILES] = {0}, bytes[FILES] = {0}, now[FILES] = {0};
	char path[20];
	struct topped t;

	(void)state;
	srand(7);
	begin(&t);
	for (int i = 0; i < CALLS; i++) {
		int file = rand() % FILES;
		int64_t len = rand() % 100000 + 1;

		if (i == CALLS / 3)
			top_table_tick(&t.table, SECOND);
		snprintf(path, sizeof(path), "/f%d", file);
		add(&t, path, len, 1, 1);
		calls[file]++;
		bytes[file] += len;
		now[file] += i >= CALLS / 3;
	}
	top_table_tick(&t.table, 2 * SECOND);
	take(&t, SUMMARY_FILE);
	assert_int_equal(t.rows.count, FILES);
	for (int i = 0; i < FILES; i++) {
		snprintf(path, sizeof(path), "/f%d", i);
		expect(&t, path, TOP_CALLS, calls[i]);
		expect(&t, path, TOP_BYTES, bytes[i]);
		expect(&t, path, TOP_RATE, now[i] * 10);
	}
	top_rows_sort(&t.rows, &(struct top_order){.column = TOP_BYTES});
	for (size_t i = 1; i < t.rows.seen; i++)
		assert_true(t.rows.rows[t.rows.order[i - 1]].value[TOP_BYTES].value >=
			    t.rows.rows[t.rows.order[i]].value[TOP_BYTES].value);
	end(&t);
}

/* --- what others may do to us --- */

static void memory_is_bounded(void **state)
{
	size_t bytes = 0, rows = 0;
	struct topped t;
	char path[4000];

	(void)state;
	begin(&t);
	memset(path, 'x', sizeof(path));
	for (int i = 0; i < 40000; i++) {
		snprintf(path + sizeof(path) - 20, 20, "%d", i);
		if (i % 4) /* few long ones among many short ones */
			add(&t, path + sizeof(path) - 20, 1, i, 1);
		else
			add(&t, path, 1, i, 1);
		if (i % 10000 == 0)
			top_table_tick(&t.table, SECOND * (i + 1));
	}
	add(&t, "/often", 1, 1, 100);
	for (unsigned by = 0; by < TOP_BYS; by++) {
		const struct summary_table *tables[] = {&t.table.all.by[by], &t.table.now.by[by], &t.table.last.by[by]};

		for (int i = 0; i < 3; i++) {
			bytes += tables[i]->bytes;
			rows += tables[i]->count;
		}
	}
	assert_true(bytes < 3 * (2 * (4u << 20) + 5 * (1u << 20)));
	assert_true(rows < 3 * (2 * 5000 + 5 * 200));
	take(&t, SUMMARY_FILE);
	assert_true(t.rows.folds > 0);
	assert_true(row(&t, "(other)")->other);
	/* All of them are somewhere. */
	int64_t calls = 0;
	for (size_t i = 0; i < t.rows.count; i++)
		calls += t.rows.rows[i].value[TOP_CALLS].value;
	assert_int_equal(calls, 40100);
	assert_int_equal(t.rows.all.calls, 40100);
	/* What began late may lack some, and says so; what was folded stands last whatever the order. */
	assert_true(row(&t, "/often")->value[TOP_CALLS].least);
	top_rows_sort(&t.rows, &(struct top_order){.column = TOP_CALLS});
	assert_true(t.rows.rows[t.rows.order[t.rows.seen - 1]].other);
	top_rows_sort(&t.rows, &(struct top_order){.column = TOP_CALLS, .reverse = true});
	assert_true(t.rows.rows[t.rows.order[t.rows.seen - 1]].other);
	end(&t);
}

/* A rate that can't be told, since the window's row may have been folded, is not 0. */
static void a_folded_rate_is_unknown(void **state)
{
	struct topped t;
	char path[20];

	(void)state;
	begin(&t);
	add(&t, "/loyal", 1, 1, 10000);
	top_table_tick(&t.table, SECOND);
	add(&t, "/loyal", 1, 1, 1);
	for (int i = 0; i < 12000; i++) {
		snprintf(path, sizeof(path), "/%d", i);
		add(&t, path, 1, 1, 2);
	}
	top_table_tick(&t.table, 2 * SECOND);
	take(&t, SUMMARY_FILE);
	assert_int_equal(row(&t, "/loyal")->value[TOP_CALLS].value, 10001);
	assert_false(row(&t, "/loyal")->value[TOP_RATE].known);
	end(&t);
}

static void hostile_calls(void **state)
{
	struct call c = call_hostile();
	struct topped t;

	(void)state;
	begin(&t);
	for (int i = 0; i < 3; i++)
		assert_int_equal(top_table_call(&t.table, &c), 0);
	c.len = INT64_MIN;
	assert_int_equal(top_table_call(&t.table, &c), 0);
	top_table_tick(&t.table, 1);
	for (unsigned by = 0; by < TOP_BYS; by++) {
		take(&t, (enum summary_by)by);
		for (enum top_column column = 0; column <= TOP_KEY; column++)
			top_rows_sort(&t.rows, &(struct top_order){.column = column});
		for (size_t i = 0; i < t.rows.keys.size; i++)
			assert_true((unsigned char)t.rows.keys.data[i] >= 0x20 && t.rows.keys.data[i] != 0x7f);
		assert_true(t.rows.rows[0].value[TOP_BYTES].over);
		assert_true(t.rows.rows[0].value[TOP_BYTES_RATE].over);
	}
	assert_int_equal(t.rows.all.len, SUM_OVER);
	end(&t);
}

static void the_sink_counts(void **state)
{
	const struct loss some = {.count = 2};
	struct call c = call_whole();
	struct topped t;
	struct sink *s;
	struct error e;

	(void)state;
	begin(&t);
	s = top_sink_new(&t.table);
	assert_non_null(s);
	assert_int_equal(s->ops->header(s, &e), 0);
	assert_int_equal(s->ops->call(s, &c, &e), 0);
	assert_int_equal(s->ops->lost(s, &some, &e), 0);
	assert_int_equal(s->ops->footer(s, &e), 0);
	s->ops->free(s);
	assert_int_equal(t.table.all.sums.calls, 1);
	assert_int_equal(t.table.lost, 2);
	end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_are_of_the_last_window),
		cmocka_unit_test(no_time_is_no_window),
		cmocka_unit_test(rates_saturate),
		cmocka_unit_test(every_key_counts_at_once),
		cmocka_unit_test(a_clear_leaves_losses),
		cmocka_unit_test(sorted_by_any_column),
		cmocka_unit_test(chosen_by_part_of_the_key),
		cmocka_unit_test(agrees_with_counting),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(a_folded_rate_is_unknown),
		cmocka_unit_test(hostile_calls),
		cmocka_unit_test(the_sink_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
