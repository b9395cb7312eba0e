/* SPDX-License-Identifier: MIT */
/*
 * Broken pages and records, and sources that fail.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "page_script.h"

static void test_broken_pages(void **state)
{
	struct script *s = script_new(2);
	struct step *p = script_page(s, 1, 1);

	(void)state;
	page_record(p, 10, KNOWN, 1, -1);
	page_flag(p, 0x1000, 0); /* claims to be larger than it is */
	p = script_page(s, 1, 1);
	page_record(p, 20, KNOWN, 1, -2);
	page_put(p, "\x00\x00\x00\x00\xff\xff\xff\xff", 8); /* and so does a record */
	page_record(p, 21, KNOWN, 1, -3);
	p = script_page(s, 1, 1);
	page_record(p, 30, KNOWN, 1, -4);
	p = script_page(s, 0, 1);
	page_record(p, 15, KNOWN, 1, -5);
	expect_failure(s, "CPU 10: ");
	/* What was in it is lost, and nobody knows how much that is. */
	expect_lost(s, 1, 20, LOST_UNKNOWN);
	expect_event(s, UINT64_MAX, 0, 15, -5);
	expect_event(s, UINT64_MAX, 1, 20, -2);
	expect_failure(s, "CPU 10: ");
	expect_lost(s, 1, 30, LOST_UNKNOWN);
	expect_event(s, UINT64_MAX, 1, 30, -4);
	expect_end(s);
	assert_int_equal(s->asked[0], 1 + 1);
	assert_int_equal(s->asked[1], 3 + 1);
	script_free(s);
}

static void test_broken_records(void **state)
{
	struct script *s = script_new(1);
	struct step *p = script_page(s, 0, 1);
	uint32_t short_one[4] = {2, NAMED, 1, 3};

	(void)state;
	page_record(p, 10, KNOWN, 1, -1);
	page_put(p, short_one, 12);
	page_record(p, 20, KNOWN, 1, -2);
	expect_event(s, UINT64_MAX, 0, 10, -1);
	expect_failure(s, "CPU 0: ");
	expect_lost(s, 0, 20, 1);
	expect_event(s, UINT64_MAX, 0, 20, -2);
	expect_end(s);
	script_free(s);
}

static void test_failing_source(void **state)
{
	struct script *s = script_new(2);

	(void)state;
	script_step(s, 0, PAGE_FAILED);
	page_record(script_page(s, 0, 1), 10, KNOWN, 1, -1);
	page_record(script_page(s, 1, 1), 5, KNOWN, 1, -2);
	expect_failure(s, "CPU 0: a bad day");
	expect_event(s, UINT64_MAX, 1, 5, -2);
	expect_event(s, UINT64_MAX, 0, 10, -1);
	expect_end(s);
	script_free(s);
}

static void test_source_that_always_fails(void **state)
{
	struct script *s = script_new(1);
	struct event ev;
	struct error e;
	int calls = 0;

	(void)state;
	for (int i = 0; i < STEPS_MAX; i++)
		script_step(s, 0, PAGE_FAILED);
	while (merge_next(s->m, UINT64_MAX, &ev, &e) == MERGE_FAILED)
		assert_true(++calls < STEPS_MAX);
	assert_int_equal(ev.kind, EVENT_LOST);
	assert_true(ev.lost == LOST_UNKNOWN);
	expect_end(s);
	script_free(s);
}

/* One that says that it gets on is asked for as long as it takes. */
static void test_source_that_passes_over(void **state)
{
	struct script *s = script_new(1);

	(void)state;
	s->source.passes_over = true;
	for (int i = 1; i < STEPS_MAX; i++)
		script_step(s, 0, PAGE_FAILED);
	page_record(script_page(s, 0, 1), 10, KNOWN, 1, -1);
	for (int i = 1; i < STEPS_MAX; i++)
		expect_failure(s, "CPU 0: a bad day");
	expect_event(s, UINT64_MAX, 0, 10, -1);
	expect_end(s);
	script_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_broken_pages),
		cmocka_unit_test(test_broken_records),
		cmocka_unit_test(test_failing_source),
		cmocka_unit_test(test_source_that_always_fails),
		cmocka_unit_test(test_source_that_passes_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
