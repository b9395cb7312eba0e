/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "stats/histogram.h"

#define COUNT 5000

static void add(struct histogram *h, int64_t value)
{
	assert_int_equal(histogram_add(h, value), 0);
}

static void an_empty_one_has_nothing(void **state)
{
	struct histogram h = {0}, other = {0};

	(void)state;
	assert_int_equal(histogram_merge(&h, &other), 0);
	assert_int_equal(histogram_percentile(&h, 50), 0);
	assert_int_equal(h.total, 0);
	assert_int_equal(histogram_bytes(&h), 0);
}

static void small_values_are_exact(void **state)
{
	struct histogram h = {0};

	(void)state;
	for (int64_t v = 0; v < 64; v++)
		add(&h, v);
	/* rank 32 of 0 … 63 is 31, rank 61 (60.8 rounded up) is 60 */
	assert_int_equal(histogram_percentile(&h, 50), 31);
	assert_int_equal(histogram_percentile(&h, 95), 60);
	assert_int_equal(histogram_percentile(&h, 100), 63);
	assert_int_equal(histogram_percentile(&h, 1), 0);
	histogram_free(&h);
}

/* The ranks of 4 values: 50 % is the second, everything above 75 % the fourth. */
static void ranks_are_rounded_up(void **state)
{
	struct histogram h = {0};

	(void)state;
	add(&h, 1000000);
	add(&h, 10);
	add(&h, 30);
	add(&h, 20);
	assert_int_equal(histogram_percentile(&h, 50), 20);
	assert_int_equal(histogram_percentile(&h, 51), 30);
	assert_int_equal(histogram_percentile(&h, 75), 30);
	assert_int_equal(histogram_percentile(&h, 76), 1000000);
	histogram_free(&h);
}

/*
 * 2^19 … 2^20 - 1 has 32 buckets of 16384: 1,000,000 lies in the 30th,
 * 999,424 … 1,015,807, whose middle is 1,007,616.
 */
static void the_middle_of_a_bucket_within_what_was_seen(void **state)
{
	struct histogram h = {0};

	(void)state;
	add(&h, 1000000);
	assert_int_equal(histogram_percentile(&h, 50), 1000000);
	add(&h, 2000000);
	assert_int_equal(histogram_percentile(&h, 50), 1007616);
	assert_int_equal(histogram_percentile(&h, 99), 2000000);
	add(&h, 500000);
	add(&h, 500000);
	assert_int_equal(histogram_percentile(&h, 50), 503808); /* 61 × 8192 + 4096 */
	assert_int_equal(h.min, 500000);
	assert_int_equal(h.max, 2000000);
	histogram_free(&h);
}

static void the_largest_value_fits(void **state)
{
	struct histogram h = {0};

	(void)state;
	add(&h, INT64_MAX);
	add(&h, 0);
	assert_int_equal(histogram_percentile(&h, 50), 0);
	assert_true(histogram_percentile(&h, 99) == INT64_MAX);
	add(&h, INT64_MAX);
	assert_true(histogram_percentile(&h, 50) == INT64_MAX - (INT64_C(1) << 56) + 1); /* the last bucket's middle */
	histogram_free(&h);
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static int64_t some(void)
{
	return (int64_t)(((uint64_t)random() << 32 ^ (uint64_t)random()) & INT64_MAX) >> random() % 63;
}

/* Against the sorted values themselves, of all magnitudes. */
static void no_percentile_is_off_by_more_than_a_64th(void **state)
{
	static int64_t values[COUNT];
	struct histogram halves[2] = {{0}};

	(void)state;
	srandom(1);
	for (int i = 0; i < COUNT; i++) {
		values[i] = some();
		add(&halves[i % 2], values[i]);
	}
	assert_int_equal(histogram_merge(&halves[0], &halves[1]), 0);
	qsort(values, COUNT, sizeof(*values), compare);
	assert_int_equal(halves[0].total, COUNT);
	for (unsigned p = 1; p <= 100; p++) {
		int64_t exact = values[(COUNT * p + 99) / 100 - 1], told = histogram_percentile(&halves[0], p);

		assert_true(llabs(told - exact) <= exact / 64 + (exact >= 64));
	}
	assert_true(halves[0].min == values[0]);
	assert_true(halves[0].max == values[COUNT - 1]);
	histogram_free(&halves[0]);
	histogram_free(&halves[1]);
}

static void memory_is_for_what_occurs(void **state)
{
	struct histogram h = {0};

	(void)state;
	for (int i = 0; i < 100000; i++)
		add(&h, 3000 + i % 1000);
	assert_true(histogram_bytes(&h) <= 512);
	for (int i = 0; i < 63; i++)
		add(&h, INT64_MAX >> i);
	assert_true(histogram_bytes(&h) <= 59 * 256);
	histogram_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_one_has_nothing),
		cmocka_unit_test(small_values_are_exact),
		cmocka_unit_test(ranks_are_rounded_up),
		cmocka_unit_test(the_middle_of_a_bucket_within_what_was_seen),
		cmocka_unit_test(the_largest_value_fits),
		cmocka_unit_test(no_percentile_is_off_by_more_than_a_64th),
		cmocka_unit_test(memory_is_for_what_occurs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
