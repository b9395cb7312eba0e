/* SPDX-License-Identifier: MIT */
/* Sums done by hand, and by python, from the options' description; tables that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dat/time.h"
#include "dat_image.h"

#define NO_FRACTIONS 64

typedef int taker(struct dat_time *t, struct cursor *c, struct error *e);

/* An option's payload given to one of them, by way of a file. */
static int take(taker *fn, struct dat_time *t, const struct image *im, struct error *e)
{
	struct cursor c;
	struct dat_file f;
	int ret;

	image_write(im, image_path());
	assert_int_equal(file_open(&f, image_path(), e), 0);
	f.big_endian = im->big;
	cursor_start(&c, &f, 0, im->size, "an option");
	ret = fn(t, &c, e);
	file_close(&f);
	unlink(image_path());
	return ret;
}

static int take_text(taker *fn, struct dat_time *t, const char *text, struct error *e)
{
	struct image im = {0};
	int ret;

	image_string(&im, text);
	ret = take(fn, t, &im, e);
	image_free(&im);
	return ret;
}

static int take_tsc(struct dat_time *t, uint32_t mult, uint32_t bits, bool big, struct error *e)
{
	struct image im = {.big = big};
	int ret;

	image_u32(&im, mult);
	image_u32(&im, bits);
	image_u64(&im, 77);
	ret = take(dat_time_take_tsc, t, &im, e);
	image_free(&im);
	return ret;
}

struct row {
	uint64_t time, offset, scaling, fraction;
};

static void put_rows(struct image *im, const struct row *rows, uint32_t count)
{
	image_u32(im, count);
	for (uint32_t i = 0; i < count; i++)
		image_u64(im, rows[i].time);
	for (uint32_t i = 0; i < count; i++)
		image_u64(im, rows[i].offset);
	for (uint32_t i = 0; i < count; i++)
		image_u64(im, rows[i].scaling);
}

static void put_table(struct image *im, uint32_t flags, uint32_t cpus)
{
	image_u64(im, 0x1234);
	image_u32(im, flags);
	image_u32(im, cpus);
}

/* A table of one CPU. */
static int take_rows(struct dat_time *t, uint32_t flags, const struct row *rows, uint32_t count, bool big,
		     struct error *e)
{
	struct image im = {.big = big};
	int ret;

	put_table(&im, flags, 1);
	put_rows(&im, rows, count);
	for (uint32_t i = 0; i < count && rows[0].fraction != NO_FRACTIONS; i++)
		image_u64(&im, rows[i].fraction);
	ret = take(dat_time_take_shift, t, &im, e);
	image_free(&im);
	return ret;
}

static void nothing(void **state)
{
	struct dat_time t = {0};

	(void)state;
	assert_false(dat_time_converts(&t));
	assert_int_equal(dat_time_of(&t, 0, 5), 5);
	assert_int_equal(dat_time_of(&t, -1, UINT64_MAX), UINT64_MAX);
	dat_time_free(&t);
}

static void offset(void **state)
{
	struct dat_time t = {0};
	struct error e;

	(void)state;
	assert_int_equal(take_text(dat_time_take_offset, &t, "0x10", &e), 0);
	assert_int_equal(dat_time_of(&t, 0, 1000), 1016);
	assert_int_equal(take_text(dat_time_take_offset, &t, "-1000", &e), 0);
	assert_true(dat_time_converts(&t));
	assert_int_equal(dat_time_of(&t, 0, 1000), 16);
	assert_int_equal(dat_time_of(&t, 9, 984), 0);
	assert_int_equal(dat_time_of(&t, 9, 983), UINT64_MAX);
	/* what is no number changes nothing */
	assert_int_equal(take_text(dat_time_take_offset, &t, "", &e), 0);
	assert_int_equal(take_text(dat_time_take_offset, &t, "x", &e), 0);
	assert_int_equal(dat_time_of(&t, 0, 1000), 16);
}

static void date(void **state)
{
	struct dat_time t = {0};
	struct error e;

	(void)state;
	assert_int_equal(take_text(dat_time_take_date, &t, "0", &e), 0);
	assert_false(t.has_date);
	/* 2024-01-02 03:04:05.678901 UTC in µs */
	assert_int_equal(take_text(dat_time_take_date, &t, "0x60dedc0582f35", &e), 0);
	assert_true(t.has_date);
	assert_int_equal(t.date, INT64_C(0x60dedc0582f35) * 1000);
	assert_int_equal(take_text(dat_time_take_date, &t, "-5", &e), 0);
	assert_int_equal(t.date, INT64_C(0x60dedc0582f35) * 1000 - 5000);
	/* it tells where UTC is: times stay */
	assert_false(dat_time_converts(&t));
	assert_int_equal(dat_time_of(&t, 0, 7), 7);
	assert_int_equal(take_text(dat_time_take_date, &t, "0x7fffffffffffffff", &e), -1);
	assert_non_null(strstr(e.text, "date"));
}

static void tsc(void **state)
{
	struct dat_time t = {0};
	struct error e;

	(void)state;
	/* 2.5 GHz: 13421773 / 2^25 = 0.40000000596 */
	assert_int_equal(take_tsc(&t, 13421773, 25, false, &e), 0);
	assert_int_equal(dat_time_of(&t, 0, 0), 0);
	assert_int_equal(dat_time_of(&t, 0, 2500000000), 1000000014);
	/* python: (1 << 63) * 13421773 >> 25 */
	assert_int_equal(dat_time_of(&t, 0, UINT64_C(1) << 63), UINT64_C(3689348869717491712));
	assert_int_equal(take_tsc(&t, 0xffffffff, 32, true, &e), 0);
	assert_int_equal(dat_time_of(&t, 0, UINT64_MAX), UINT64_C(0xfffffffeffffffff));
	assert_int_equal(take_text(dat_time_take_offset, &t, "3", &e), 0);
	assert_int_equal(dat_time_of(&t, 0, UINT64_C(1) << 32), UINT64_C(0xffffffff) + 3);
	assert_int_equal(take_tsc(&t, 3, 64, false, &e), 0);
	assert_int_equal(dat_time_of(&t, 0, UINT64_C(1) << 63), 1 + 3);
}

static void tsc_lies(void **state)
{
	struct dat_time t = {0};
	struct error e;

	(void)state;
	assert_int_equal(take_tsc(&t, 1, 65, false, &e), -1);
	assert_int_equal(take_text(dat_time_take_tsc, &t, "short", &e), -1);
	assert_false(dat_time_converts(&t));
	/* too many ns for 64 bits: no less than what came before */
	assert_int_equal(take_tsc(&t, 0xffffffff, 0, false, &e), 0);
	assert_int_equal(dat_time_of(&t, 0, UINT64_MAX), UINT64_MAX);
}

static void one_sample(void **state)
{
	static const struct row row = {1000, (uint64_t)-600, 0, 0};
	struct dat_time t = {0};
	struct error e;

	(void)state;
	for (int big = 0; big < 2; big++) {
		assert_int_equal(take_rows(&t, 1, &row, 1, big, &e), 0);
		assert_int_equal(dat_time_of(&t, 0, 1), UINT64_C(0) - 599);
		assert_int_equal(dat_time_of(&t, 0, 1000), 400);
		/* it has no such CPU */
		assert_int_equal(dat_time_of(&t, 1, 1000), 1000);
		assert_int_equal(dat_time_of(&t, -1, 1000), 1000);
	}
	dat_time_free(&t);
}

static void steps(void **state)
{
	/* in no order, and one twice */
	static const struct row rows[] = {
		{3000, 30, 1, 0}, {1000, 10, 1, 0}, {2000, 20, 1, 0}, {2000, 20, 1, 0}, {4000, 40, 1, 0}};
	struct dat_time t = {0};
	struct error e;

	(void)state;
	assert_int_equal(take_rows(&t, 0, rows, 5, false, &e), 0);
	assert_int_equal(t.cpus[0].count, 4);
	assert_int_equal(dat_time_of(&t, 0, 0), 10);
	assert_int_equal(dat_time_of(&t, 0, 1999), 2009);
	assert_int_equal(dat_time_of(&t, 0, 2000), 2020);
	assert_int_equal(dat_time_of(&t, 0, 3999), 4029);
	/* behind the last sample, the last but one goes on */
	assert_int_equal(dat_time_of(&t, 0, 4000), 4030);
	assert_int_equal(dat_time_of(&t, 0, 9000), 9030);
	dat_time_free(&t);
}

static void falling_steps(void **state)
{
	static const struct row rows[] = {{1000, 500, 1, 0}, {2000, 200, 1, 0}, {3000, 100, 1, 0}, {4000, 0, 1, 0}};
	struct dat_time t = {0};
	struct error e;
	uint64_t last = 0;

	(void)state;
	assert_int_equal(take_rows(&t, 0, rows, 4, false, &e), 0);
	assert_int_equal(dat_time_of(&t, 0, 1999), 2499);
	/* 2000 + 200 would be before that: it stands still at 2000 + 500 until then */
	assert_int_equal(dat_time_of(&t, 0, 2000), 2500);
	assert_int_equal(dat_time_of(&t, 0, 2300), 2500);
	assert_int_equal(dat_time_of(&t, 0, 2301), 2501);
	for (uint64_t ts = 0; ts < 6000; ts++) {
		assert_true(dat_time_of(&t, 0, ts) >= last);
		last = dat_time_of(&t, 0, ts);
	}
	dat_time_free(&t);
}

static void interpolated(void **state)
{
	static const struct row rows[] = {{1000, 100, 1, NO_FRACTIONS},
					  {2000, 201, 1, 0},
					  {3000, (uint64_t)-300, 1, 0}};
	struct dat_time t = {0};
	struct error e;

	(void)state;
	assert_int_equal(take_rows(&t, 1, rows, 3, true, &e), 0);
	assert_int_equal(dat_time_of(&t, 0, 1000), 1100);
	/* 500 × 101 / 1000 = 50.5, rounded up */
	assert_int_equal(dat_time_of(&t, 0, 1500), 1500 + 100 + 51);
	assert_int_equal(dat_time_of(&t, 0, 2000), 2201);
	/* 1000 × -501 / 1000, at its half and its end */
	assert_int_equal(dat_time_of(&t, 0, 2500), 2500 + 201 - 250);
	assert_int_equal(dat_time_of(&t, 0, 3000), 3000 + 201 - 500);
	/* and on in the same line, to both sides: (-2000 × 101 + 500) / 1000 and so on */
	assert_int_equal(dat_time_of(&t, 0, 0), 0 + 100 - 100);
	assert_int_equal(dat_time_of(&t, 0, 4000), 4000 + 201 - 1001);
	dat_time_free(&t);
}

static void scaled(void **state)
{
	/* 1.5 with 48 bits of fraction: the product has more than 64 bits */
	static const struct row rows[] = {{1000, (uint64_t)-7, UINT64_C(3) << 47, 48},
					  {5000, 13, UINT64_C(3) << 47, 48}};
	struct dat_time t = {0};
	struct error e;

	(void)state;
	assert_int_equal(take_rows(&t, 0, rows, 2, false, &e), 0);
	assert_int_equal(dat_time_of(&t, 0, 2001), 3001 - 7);
	assert_int_equal(dat_time_of(&t, 0, UINT64_C(4000000000000000000)), UINT64_C(6000000000000000000) - 7);
	/* no room for it: the end of time, not its start */
	assert_int_equal(dat_time_of(&t, 0, UINT64_MAX), UINT64_MAX - 7);
	assert_int_equal(take_tsc(&t, 1, 1, false, &e), 0);
	assert_int_equal(dat_time_of(&t, 0, 2001), (3001 - 7) / 2);
	dat_time_free(&t);
}

static void some_cpus(void **state)
{
	static const struct row row = {10, 5, 1, 0};
	struct image im = {0};
	struct dat_time t = {0};
	struct error e;

	(void)state;
	put_table(&im, 0, 3);
	put_rows(&im, &row, 1);
	put_rows(&im, NULL, 0);
	put_rows(&im, &row, 1);
	image_u64(&im, 0);
	image_u64(&im, 0);
	assert_int_equal(take(dat_time_take_shift, &t, &im, &e), 0);
	assert_int_equal(dat_time_of(&t, 0, 10), 15);
	assert_int_equal(dat_time_of(&t, 1, 10), 10);
	assert_int_equal(dat_time_of(&t, 2, 10), 15);
	image_free(&im);
	dat_time_free(&t);
}

/* Refused, and no stamp is changed. */
static void refused(const struct row *rows, uint32_t count, uint32_t flags)
{
	struct dat_time t = {0};
	struct error e = {0};

	assert_int_equal(take_rows(&t, flags, rows, count, false, &e), -1);
	assert_non_null(strstr(e.text, "can't be true"));
	assert_false(dat_time_converts(&t));
	assert_int_equal(dat_time_of(&t, 0, 1234), 1234);
	dat_time_free(&t);
}

static void tables_that_cannot_be(void **state)
{
	static const struct row no_scaling[] = {{1, 0, 1, 0}, {2, 0, 0, 0}};
	static const struct row huge_scaling[] = {{1, 0, UINT64_C(1) << 63, 0}, {2, 0, 1, 0}};
	static const struct row fraction[] = {{1, 0, 1, 300}, {2, 0, 1, 0}};
	static const struct row backward[] = {{1000, 9000, 1, 0}, {2000, 100, 1, 0}, {3000, 0, 1, 0}};
	static const struct row leap[] = {{1000, 0, 1, 0}, {1001, 1 << 30, 1, 0}};
	static const struct row extremes[] = {{0, UINT64_C(1) << 63, 1, 0}, {UINT64_MAX, INT64_MAX, 1, 0}};

	(void)state;
	refused(no_scaling, 2, 0);
	refused(huge_scaling, 2, 0);
	refused(fraction, 2, 0);
	refused(backward, 3, 0);
	refused(backward, 3, 1);
	refused(leap, 2, 1);
	refused(extremes, 2, 1);
}

/* A table that says it is longer than it is, cut at every byte, and none of it allocated. */
static void tables_cut_off(void **state)
{
	static const struct row rows[] = {{1, 2, 1, 0}, {3, 4, 1, 0}};
	struct image im = {0};
	struct dat_time t = {0};
	struct error e;
	size_t whole;

	(void)state;
	put_table(&im, 0, 1);
	put_rows(&im, rows, 2);
	whole = im.size;
	image_u64(&im, 0);
	image_u64(&im, 0);
	for (size_t size = im.size; size--;) {
		im.size = size;
		assert_int_equal(take(dat_time_take_shift, &t, &im, &e), size == whole ? 0 : -1);
	}
	assert_false(dat_time_converts(&t));
	im.size = whole;
	image_set_u32(&im, 16, 0xffffffff);
	assert_int_equal(take(dat_time_take_shift, &t, &im, &e), -1);
	assert_non_null(strstr(e.text, "longer than its option"));
	image_set_u32(&im, 12, 0xffffffff);
	assert_int_equal(take(dat_time_take_shift, &t, &im, &e), -1);
	assert_non_null(strstr(e.text, "too many CPUs"));
	image_free(&im);
}

static void clocks(void **state)
{
	static const char *const ns[] = {"local", "global", "perf", "mono", "mono_raw", "boot", "tai", ""};
	static const char *const ticks[] = {"counter", "uptime", "x86-tsc", "ppc-tb", "mono_", "xyz"};
	struct dat_time t = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(ns) / sizeof(ns[0]); i++)
		assert_false(dat_time_ticks(&t, ns[i]));
	assert_false(dat_time_ticks(&t, NULL));
	for (size_t i = 0; i < sizeof(ticks) / sizeof(ticks[0]); i++)
		assert_true(dat_time_ticks(&t, ticks[i]));
	t.mult = 5;
	assert_false(dat_time_ticks(&t, "x86-tsc"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing),	  cmocka_unit_test(offset),
		cmocka_unit_test(date),		  cmocka_unit_test(tsc),
		cmocka_unit_test(tsc_lies),	  cmocka_unit_test(one_sample),
		cmocka_unit_test(steps),	  cmocka_unit_test(falling_steps),
		cmocka_unit_test(interpolated),	  cmocka_unit_test(scaled),
		cmocka_unit_test(some_cpus),	  cmocka_unit_test(tables_that_cannot_be),
		cmocka_unit_test(tables_cut_off), cmocka_unit_test(clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
