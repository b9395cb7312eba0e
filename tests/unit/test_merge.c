/* SPDX-License-Identifier: MIT */
/*
 * The order in which events of several CPUs come out, up to which time, and who
 * is asked for more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "page_script.h"

static void test_order(void **state)
{
	struct script *s = script_new(3);
	struct step *p;

	(void)state;
	p = script_page(s, 0, 5);
	page_record(p, 10, KNOWN, 1, -1);
	page_record(p, 15, OTHER, 1, -2);
	page_record(p, 40, KNOWN, 1, -3);
	p = script_page(s, 0, 50);
	page_record(p, 50, OTHER, 1, -4);
	p = script_page(s, 0, 60);
	page_record(p, 60, KNOWN, 1, -5);
	p = script_page(s, 2, 5);
	page_record(p, 20, KNOWN, 1, -6);
	page_record(p, 40, KNOWN, 1, -7);
	page_record(p, 55, KNOWN, 1, -8);
	expect_event(s, UINT64_MAX, 0, 10, -1);
	expect_event(s, UINT64_MAX, 2, 20, -6);
	expect_event(s, UINT64_MAX, 0, 40, -3);
	expect_event(s, UINT64_MAX, 2, 40, -7);
	expect_event(s, UINT64_MAX, 2, 55, -8);
	expect_event(s, UINT64_MAX, 0, 60, -5);
	expect_end(s);
	/* pages, and once where there are no more */
	assert_int_equal(s->asked[0], 3 + 1);
	assert_int_equal(s->asked[1], 0 + 1);
	assert_int_equal(s->asked[2], 1 + 1);
	script_free(s);
}

static void test_no_cpus(void **state)
{
	struct script *s = script_new(0);

	(void)state;
	expect_end(s);
	script_free(s);
}

static void test_strings_live_until_the_next_call(void **state)
{
	struct script *s = script_new(2);
	struct event ev;
	struct error e;

	(void)state;
	page_named_record(script_page(s, 0, 1), 1, "one");
	page_named_record(script_page(s, 0, 2), 3, "three");
	page_named_record(script_page(s, 1, 1), 2, "two");
	for (int i = 0; i < 3; i++) {
		static const char *const want[] = {"one", "two", "three"};

		assert_int_equal(merge_next(s->m, UINT64_MAX, &ev, &e), MERGE_OK);
		assert_int_equal(ev.comm.size, strlen(want[i]));
		assert_memory_equal(ev.comm.data, want[i], strlen(want[i]));
	}
	expect_end(s);
	script_free(s);
}

static void test_horizon(void **state)
{
	struct script *s = script_new(2);
	struct step *p;

	(void)state;
	p = script_page(s, 0, 1);
	page_record(p, 10, KNOWN, 1, -1);
	page_record(p, 20, KNOWN, 1, -2);
	page_record(p, 30, OTHER, 1, -3);
	page_record(p, 40, KNOWN, 1, -4);
	expect_result(s, 9, MERGE_NONE);
	expect_event(s, 10, 0, 10, -1);
	expect_result(s, 19, MERGE_NONE);
	expect_result(s, 19, MERGE_NONE);
	expect_event(s, 25, 0, 20, -2);
	expect_result(s, 25, MERGE_NONE);
	expect_result(s, 35, MERGE_NONE);
	expect_event(s, 40, 0, 40, -4);
	expect_end(s);
	script_free(s);
}

/* A CPU that had nothing is asked once for all events up to one horizon, and again for the next. */
static void test_empty_cpu_is_asked_once_a_round(void **state)
{
	struct script *s = script_new(2);
	struct step *p;

	(void)state;
	p = script_page(s, 0, 1);
	page_record(p, 10, KNOWN, 1, -1);
	page_record(p, 20, KNOWN, 1, -2);
	page_record(p, 60, KNOWN, 1, -3);
	p = script_page(s, 1, 30);
	page_record(p, 30, KNOWN, 1, -4);
	p->after = 35;
	expect_event(s, 25, 0, 10, -1);
	expect_event(s, 25, 0, 20, -2);
	expect_result(s, 25, MERGE_NONE);
	assert_int_equal(s->asked[1], 1);
	s->now = 40;
	expect_event(s, 50, 1, 30, -4);
	assert_int_equal(s->asked[1], 2);
	expect_result(s, 50, MERGE_NONE);
	assert_int_equal(s->asked[0], 1);
	expect_event(s, 60, 0, 60, -3);
	expect_end(s);
	script_free(s);
}

/* Who asks for everything until nothing comes, and then again, is served again. */
static void test_same_horizon_after_nothing(void **state)
{
	struct script *s = script_new(1);

	(void)state;
	script_step(s, 0, PAGE_NONE);
	script_step(s, 0, PAGE_NONE);
	page_record(script_page(s, 0, 30), 30, KNOWN, 1, -4);
	expect_result(s, UINT64_MAX, MERGE_NONE);
	expect_result(s, UINT64_MAX, MERGE_NONE);
	expect_event(s, UINT64_MAX, 0, 30, -4);
	expect_end(s);
	script_free(s);
}

/* A CPU that writes what nobody wants faster than we read must not keep us. */
static void test_nothing_is_passed_over_beyond_the_horizon(void **state)
{
	struct script *s = script_new(1);

	(void)state;
	for (uint64_t i = 1; i < 100; i++)
		page_record(script_page(s, 0, i * 10), i * 10, OTHER, 1, -1);
	expect_result(s, 35, MERGE_NONE);
	assert_int_equal(s->asked[0], 4);
	expect_end(s);
	script_free(s);
}

static void test_time_going_backwards(void **state)
{
	struct script *s = script_new(2);
	struct step *p = script_page(s, 0, 1);

	(void)state;
	page_record(p, 30, KNOWN, 1, -1);
	page_record(p, 10, KNOWN, 1, -2);
	page_record(p, 40, KNOWN, 1, -3);
	page_record(script_page(s, 1, 1), 20, KNOWN, 1, -4);
	expect_event(s, UINT64_MAX, 1, 20, -4);
	expect_event(s, UINT64_MAX, 0, 30, -1);
	expect_event(s, UINT64_MAX, 0, 10, -2);
	expect_event(s, UINT64_MAX, 0, 40, -3);
	expect_end(s);
	script_free(s);
}

static uint64_t seed = 0x5bd1e995deadbeef;

static uint64_t draw(uint64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % below;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* CPUs at random; times are all different, so that sorting them says what must come out. */
static size_t make_random(struct script *s, uint64_t *times)
{
	uint64_t ts = 0;
	size_t count = 0;

	for (int i = 0; i < 400; i++) {
		int cpu = (int)draw((uint64_t)s->source.cpus);
		struct step *p;

		if (s->count[cpu] > STEPS_MAX - 2)
			continue;
		ts += 1 + draw(1000);
		p = script_page(s, cpu, ts);
		/* Not read before it is whole, and perhaps later. */
		for (uint64_t n = draw(8); n; n--) {
			bool known = draw(3);

			ts += 1 + draw(50);
			page_record(p, ts, known ? KNOWN : OTHER, 1, -5);
			if (known)
				times[count++] = ts;
		}
	}
	return count;
}

static void test_random_replay(void **state)
{
	static uint64_t times[4000];

	(void)state;
	for (int round = 0; round < 50; round++) {
		struct script *s = script_new(1 + (int)draw(CPUS_MAX));
		size_t count = make_random(s, times);
		struct event ev;
		struct error e;

		qsort(times, count, sizeof(times[0]), compare);
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(merge_next(s->m, UINT64_MAX, &ev, &e), MERGE_OK);
			assert_int_equal(ev.ts, times[i]);
		}
		expect_end(s);
		script_free(s);
	}
}

/* Live: a page is there once its last record was written. The horizon is read before the source is asked. */
static void test_random_live(void **state)
{
	static uint64_t times[4000];

	(void)state;
	for (int round = 0; round < 50; round++) {
		struct script *s = script_new(1 + (int)draw(8));
		uint64_t horizon = 0, last = 0;
		size_t count = 0, seen = 0;
		enum merge_result ret;
		struct event ev;
		struct error e;
		uint64_t ts = 0;

		for (int i = 0; i < 400; i++) {
			int cpu = (int)draw((uint64_t)s->source.cpus);

			if (s->count[cpu] > STEPS_MAX - 2)
				continue;
			ts += 1 + draw(100);
			page_record(script_page(s, cpu, ts), ts, KNOWN, 1, -5);
			s->steps[cpu][s->count[cpu] - 1].after = ts;
			times[count++] = ts;
		}
		do {
			horizon += draw(500);
			s->now = horizon + draw(200);
			while ((ret = merge_next(s->m, horizon, &ev, &e)) == MERGE_OK) {
				assert_true(ev.ts <= horizon && ev.ts >= last);
				assert_int_equal(ev.ts, times[seen]);
				last = ev.ts;
				seen++;
			}
			assert_true(ret == MERGE_NONE || ret == MERGE_END);
			/* all that had happened by then */
			assert_true(seen == count || times[seen] > horizon);
		} while (ret == MERGE_NONE);
		assert_int_equal(seen, count);
		script_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_no_cpus),
		cmocka_unit_test(test_strings_live_until_the_next_call),
		cmocka_unit_test(test_horizon),
		cmocka_unit_test(test_empty_cpu_is_asked_once_a_round),
		cmocka_unit_test(test_same_horizon_after_nothing),
		cmocka_unit_test(test_nothing_is_passed_over_beyond_the_horizon),
		cmocka_unit_test(test_time_going_backwards),
		cmocka_unit_test(test_random_replay),
		cmocka_unit_test(test_random_live),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
