/* SPDX-License-Identifier: MIT */
/*
 * What a report counts with: the axis of time, files over time, single calls.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "calls.h"
#include "output/html/axis.h"
#include "output/html/history.h"
#include "output/html/notable.h"
#include "output/html/sha256.h"
#include "stats/summary_counts.h"

#define CALLS 20000

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static struct call call_at(int64_t utc, int64_t latency)
{
	struct call c = call_whole();

	c.utc = utc;
	c.end = c.start + (uint64_t)latency;
	return c;
}

/* --- sha256: numbers from coreutils' sha256sum --- */

static void digests_are_sha256(void **state)
{
	static const struct {
		size_t size; /* of so many "a" */
		const char *base64;
	} known[] = {
		{0, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
		{1, "ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs="},
		{3, "mDSHbc+wXLFnpcJJU+uljErImxrfV/KPL50JrxB+6PA="},
		{55, "n0OQ+NMMLdkuyfCVtl4rmumwqSWlJY4kHJ8ekQ9zQxg="},
		{56, "s1Q5pKxvCUi21vnjxq8PX1kM4g8b3nCQ73lwaG7Gc4o="},
		{57, "8TstckZZ6zv0fy3WrxrMyHuB8J9Z8rdeXAvtZYnf6MY="},
		{63, "fT50oF19sVvOStnsBljqmOPwbu7PFrTG//LaRX3cLzQ="},
		{64, "/+BU/nrgy23GXDr5th1SCfQ5hR20PQulmXM33xVGaOs="},
		{65, "Y1NhxIu56rFBmOduqKt/GkFoXWrWKqkUbTAdTxfrCuA="},
		{119, "MeulHDE6XAgiat8Y1KNZz9/Y0ugWsT9K+VL36mWE3Ps="},
		{120, "Lz0zVDLHC1gK8Ojhs2dKfAINaDql9zqq7f3FWvkEwhw="},
		{128, "aDbPE7rEAOkQUHHNavRwhN+srU5eMCyUv+0k4BOvtz4="},
		{1000, "Qe3s5C1j6Nm/UVqbppMuHCDLyfWl0TRkWttdsblzfqM="},
	};
	char text[1000], base64[SHA256_BASE64];
	uint8_t digest[SHA256_SIZE];

	(void)state;
	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		sha256(text, known[i].size, digest);
		assert_string_equal(sha256_base64(digest, base64), known[i].base64);
	}
}

/* --- the axis --- */

/* Each time lies in its bin, and each bin has the calls whose times lie in it. */
static void check_axis(const struct axis *a, const int64_t *times, size_t count)
{
	uint64_t calls[AXIS_BINS] = {0};
	unsigned __int128 width = (unsigned __int128)1 << a->shift;

	assert_in_range(a->used, 1, AXIS_BINS);
	for (size_t i = 0; i < count; i++) {
		__int128 since = (__int128)times[i] - axis_time(a, 0);

		assert_true(since >= 0 && (unsigned __int128)since / width < a->used);
		calls[(unsigned __int128)since / width]++;
	}
	for (unsigned i = 0; i < AXIS_BINS; i++)
		assert_int_equal(a->bins[i].calls, calls[i]);
	assert_true(a->bins[0].calls && a->bins[a->used - 1].calls);
}

static void place_all(int64_t from, uint64_t range, uint64_t seed)
{
	static int64_t times[CALLS];
	struct axis *a = malloc(sizeof(*a));
	uint64_t bin;

	assert_non_null(a);
	axis_init(a);
	for (size_t i = 0; i < CALLS; i++) {
		struct call c = call_at((int64_t)((uint64_t)from + next_random(&seed) % range), 0);

		times[i] = c.utc;
		assert_true(axis_call(a, &c, &bin));
		assert_int_equal(a->bins[bin - a->first].calls > 0, 1);
	}
	check_axis(a, times, CALLS);
	/* wide enough, and no wider than it must be */
	assert_true(range < 1024 * AXIS_BINS || a->used > AXIS_BINS / 2 - 2);
	free(a);
}

static void calls_are_where_they_ended(void **state)
{
	(void)state;
	place_all(1795425302123456789, 1, 1);
	place_all(1795425302123456789, 1000, 2);
	place_all(1795425302123456789, 1000000000000, 3);
	place_all(-5000, 10000, 4);
	place_all(-1000000000, 2000000000, 5);
	place_all(INT64_MIN, UINT64_MAX / 2, 6);
	place_all(INT64_MIN, UINT64_MAX, 7);
}

/* In whatever order they come, and however far apart. */
static void times_may_fall(void **state)
{
	static const int64_t times[] = {0, 1000000, -1000000, INT64_MAX, 5, INT64_MIN, -1, INT64_MAX - 1};
	struct axis *a = malloc(sizeof(*a));
	uint64_t bin;

	(void)state;
	assert_non_null(a);
	axis_init(a);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct call c = call_at(times[i], 0);

		assert_true(axis_call(a, &c, &bin));
		check_axis(a, times, i + 1);
	}
	free(a);
}

/* A row's least latency, as charts.js has it. */
static int64_t row_start(unsigned row)
{
	return row < 2 ? (int64_t)row : (int64_t)(2 + row % 2) << (row / 2 - 1);
}

static void latencies_have_two_rows_a_power_of_two(void **state)
{
	uint64_t seed = 9;

	(void)state;
	assert_int_equal(axis_row(0), 0);
	assert_int_equal(axis_row(1), 1);
	assert_int_equal(axis_row(1024), 20);
	assert_int_equal(axis_row(1536), 21);
	assert_int_equal(axis_row(INT64_MAX), AXIS_ROWS - 1);
	for (int i = 0; i < CALLS; i++) {
		int64_t latency = (int64_t)(next_random(&seed) >> (1 + i % 62));
		unsigned row = axis_row(latency);

		assert_true(row < AXIS_ROWS && row_start(row) <= latency);
		assert_true(row == AXIS_ROWS - 1 || latency < row_start(row + 1));
	}
}

static void what_has_no_time_has_no_place(void **state)
{
	struct axis *a = malloc(sizeof(*a));
	struct call bare = call_bare(), whole = call_whole(), raw = call_badfd();
	struct loss l = {.count = 1};
	uint64_t bin;

	(void)state;
	assert_non_null(a);
	axis_init(a);
	axis_lost(a, &l); /* at the end: nowhere */
	assert_false(axis_call(a, &bare, &bin));
	assert_true(axis_call(a, &whole, &bin));
	assert_false(axis_call(a, &raw, &bin)); /* another clock */
	assert_int_equal(a->unplaced, 2);
	assert_int_equal(a->used, 1);
	assert_int_equal(a->bins[0].losses, 0);
	assert_int_equal(a->bins[0].freed, 16 * 512);
	l.has_before = l.has_utc = true;
	l.utc = whole.utc - 100000;
	axis_lost(a, &l);
	assert_int_equal(a->bins[0].losses, 1);
	assert_int_equal(a->bins[a->used - 1].calls, 1);
	free(a);
}

static void sums_do_not_wrap(void **state)
{
	struct axis *a = malloc(sizeof(*a));
	struct call c = call_whole();
	uint64_t bin;

	(void)state;
	assert_non_null(a);
	axis_init(a);
	c.blocks_before = 0;
	c.blocks_after = UINT64_MAX;
	assert_true(axis_call(a, &c, &bin) && axis_call(a, &c, &bin));
	assert_int_equal(a->bins[0].gained, SUM_OVER);
	assert_int_equal(a->bins[0].freed, 0);
	free(a);
}

/* --- files --- */

static struct history *find(struct histories *h, const char *key)
{
	for (size_t i = 0; i < h->count; i++)
		if (!strcmp(h->files[i]->key, key))
			return h->files[i];
	return NULL;
}

static void add(struct histories *h, struct axis *a, const char *key, const struct call *c)
{
	uint64_t bin;

	assert_true(axis_call(a, c, &bin));
	assert_int_equal(histories_add(h, a, bin, key, strlen(key), c), 0);
}

/* Of 50,000 files, those often called and those that grew most are kept, with all that they did. */
static void many_files_are_few_histories(void **state)
{
	struct histories *h = malloc(sizeof(*h));
	struct axis *a = malloc(sizeof(*a));
	struct call c = call_at(0, 10);
	char key[32];
	size_t shown;

	(void)state;
	assert_true(h && a);
	histories_init(h);
	axis_init(a);
	for (int i = 0; i < 50000; i++) {
		c.utc = i * INT64_C(1000000);
		c.blocks_after = c.blocks_before;
		snprintf(key, sizeof(key), "/file/%d", i);
		add(h, a, key, &c);
		if (i % 10 == 0)
			add(h, a, "/often", &c);
		c.blocks_after = c.blocks_before + 1000000;
		if (i == 100)
			add(h, a, "/grew", &c);
		assert_true(h->count <= HISTORIES_MAX);
	}
	assert_int_equal(find(h, "/often")->calls, 5000);
	assert_int_equal(find(h, "/often")->missing_max, 0);
	assert_int_equal(find(h, "/grew")->moved, 512000000);
	assert_true(find(h, "/file/49999")->missing_max > 0);
	shown = histories_choose(h, a, 1);
	assert_int_equal(shown, 2);
	assert_string_equal(h->files[0]->key, "/often");
	assert_string_equal(h->files[1]->key, "/grew");
	assert_true(h->files[0]->points_count <= AXIS_BINS && h->files[0]->points_count > AXIS_BINS / 4);
	histories_free(h);
	free(h);
	free(a);
}

/* Bins grow twofold while points come: each point has the first state before and the last after. */
static void points_join_as_bins_grow(void **state)
{
	struct histories *h = malloc(sizeof(*h));
	struct axis *a = malloc(sizeof(*a));
	struct call c = call_at(0, 0);
	const struct history *f;
	uint64_t calls = 0;
	int64_t last = 0;

	(void)state;
	assert_true(h && a);
	histories_init(h);
	axis_init(a);
	for (int64_t i = 0; i < CALLS; i++) {
		c.utc = i * 3001;
		c.size_before = i;
		c.size_after = i + 1;
		c.ret = i % 2 ? -1 : 0;
		add(h, a, "/f", &c);
	}
	assert_int_equal(histories_choose(h, a, 1), 1);
	f = h->files[0];
	for (size_t i = 0; i < f->points_count; i++) {
		const struct history_point *p = &f->points[i];

		assert_true(!i || p->bin > p[-1].bin);
		assert_int_equal(p->bin - a->first, (p->size_before * 3001 - axis_time(a, 0)) >> a->shift);
		assert_int_equal(p->size_before, last);
		assert_int_equal(p->size_after, last + (int64_t)p->calls);
		assert_int_equal(p->allocated_before, 1048576);
		last = p->size_after;
		calls += p->calls;
	}
	assert_int_equal(calls, CALLS);
	assert_int_equal(f->errors, CALLS / 2);
	histories_free(h);
	free(h);
	free(a);
}

static void unknown_sizes_stay_unknown(void **state)
{
	struct histories *h = malloc(sizeof(*h));
	struct axis *a = malloc(sizeof(*a));
	struct call c = call_at(0, 0);
	const struct history_point *p;

	(void)state;
	assert_true(h && a);
	histories_init(h);
	axis_init(a);
	c.size_before_known = c.size_after_known = c.blocks_before_known = UNKNOWN;
	c.blocks_after = UINT64_MAX;
	add(h, a, "/f", &c);
	p = h->files[0]->points;
	assert_int_equal(p->size_before, POINT_UNKNOWN);
	assert_int_equal(p->size_after, POINT_UNKNOWN);
	assert_int_equal(p->allocated_before, POINT_UNKNOWN);
	assert_int_equal(p->allocated_after, INT64_MAX);
	assert_int_equal(h->files[0]->moved, 0);
	c.size_before_known = SEEN;
	c.size_before = INT64_MIN;
	add(h, a, "/f", &c);
	assert_int_equal(h->files[0]->points->size_before, 0);
	histories_free(h);
	free(h);
	free(a);
}

/* --- single calls --- */

static int downwards(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? 1 : -(x > y);
}

static void the_slowest_are_kept(void **state)
{
	static int64_t latencies[CALLS];
	struct notable n;
	uint64_t seed = 3;

	(void)state;
	notable_init(&n);
	for (size_t i = 0; i < CALLS; i++) {
		struct call c = call_at(0, (int64_t)(next_random(&seed) % 1000000));

		latencies[i] = call_latency(&c);
		assert_int_equal(notable_add(&n, &c), 0);
	}
	notable_sort(&n);
	qsort(latencies, CALLS, sizeof(latencies[0]), downwards);
	assert_int_equal(n.slow_count, NOTABLE_SLOW);
	for (size_t i = 0; i < NOTABLE_SLOW; i++)
		assert_int_equal(call_latency(n.slow[i]), latencies[i]);
	assert_int_equal(n.failed_count, 0);
	notable_free(&n);
}

static void a_few_of_each_error_are_kept(void **state)
{
	struct notable n;

	(void)state;
	notable_init(&n);
	for (int i = 0; i < 1000; i++) {
		struct call inner, c = call_overlay(&inner);

		c.ret = -(1 + i / 20); /* twenty of each */
		c.offset = i;
		assert_int_equal(notable_add(&n, &c), 0);
	}
	assert_int_equal(n.failed_count, NOTABLE_FAILED);
	for (int i = 0; i < NOTABLE_FAILED; i++) {
		assert_int_equal(n.failed[i]->offset, i / NOTABLE_EACH * 20 + i % NOTABLE_EACH);
		assert_null(n.failed[i]->inner); /* it is gone by now */
	}
	notable_free(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_are_sha256),
		cmocka_unit_test(calls_are_where_they_ended),
		cmocka_unit_test(times_may_fall),
		cmocka_unit_test(latencies_have_two_rows_a_power_of_two),
		cmocka_unit_test(what_has_no_time_has_no_place),
		cmocka_unit_test(sums_do_not_wrap),
		cmocka_unit_test(many_files_are_few_histories),
		cmocka_unit_test(points_join_as_bins_grow),
		cmocka_unit_test(unknown_sizes_stay_unknown),
		cmocka_unit_test(the_slowest_are_kept),
		cmocka_unit_test(a_few_of_each_error_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
