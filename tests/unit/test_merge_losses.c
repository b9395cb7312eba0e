/* SPDX-License-Identifier: MIT */
/*
 * Losses: how many, and when they are told among the events.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "page_script.h"

static void test_losses_of_page_and_source(void **state)
{
	static const struct {
		uint32_t flags;
		uint64_t counted, source, want;
	} cases[] = {
		{0, 0, 7, 7},
		{0, 0, LOST_UNKNOWN, LOST_UNKNOWN},
		{FLAG_LOST, 0, 0, LOST_UNKNOWN},
		{FLAG_LOST, 0, 7, 7},
		{FLAG_LOST, 0, LOST_UNKNOWN, LOST_UNKNOWN},
		{FLAG_LOST | FLAG_COUNTED, 5, 0, 5},
		{FLAG_LOST | FLAG_COUNTED, 5, LOST_UNKNOWN, 5},
		{FLAG_LOST | FLAG_COUNTED, 5, 7, 7},
		{FLAG_LOST | FLAG_COUNTED, 7, 5, 7},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct script *s = script_new(1);
		struct step *p = script_page(s, 0, 1);

		page_record(p, 10, KNOWN, 1, -1);
		p = script_page(s, 0, 1);
		page_record(p, 20, KNOWN, 1, -2);
		page_flag(p, cases[i].flags, cases[i].counted);
		p->lost = cases[i].source;
		expect_event(s, UINT64_MAX, 0, 10, -1);
		expect_lost(s, 0, 20, cases[i].want);
		expect_event(s, UINT64_MAX, 0, 20, -2);
		expect_end(s);
		script_free(s);
	}
}

/* The time of a loss is that of the next record of any kind, and other CPUs' events before it come first. */
static void test_loss_before_a_record_of_no_interest(void **state)
{
	struct script *s = script_new(2);
	struct step *p = script_page(s, 0, 1);

	(void)state;
	page_record(p, 20, OTHER, 1, -1);
	page_record(p, 40, KNOWN, 1, -2);
	p->lost = 3;
	p = script_page(s, 1, 1);
	page_record(p, 15, KNOWN, 1, -3);
	page_record(p, 30, KNOWN, 1, -4);
	/* The gap begins before all else, and ends with the record. */
	expect_lost(s, 0, 20, 3);
	expect_event(s, UINT64_MAX, 1, 15, -3);
	expect_result(s, 16, MERGE_NONE);
	expect_event(s, UINT64_MAX, 1, 30, -4);
	expect_event(s, UINT64_MAX, 0, 40, -2);
	expect_end(s);
	script_free(s);
}

/* What other CPUs saw during the gap comes behind its announcement, which tells where it ends. */
static void test_loss_where_the_gap_begins(void **state)
{
	struct script *s = script_new(2);
	struct step *p = script_page(s, 0, 1);

	(void)state;
	page_record(p, 10, KNOWN, 1, -1);
	p = script_page(s, 0, 1);
	page_record(p, 40, KNOWN, 1, -2);
	p->lost = 3;
	p = script_page(s, 1, 1);
	page_record(p, 5, KNOWN, 1, -3);
	page_record(p, 20, KNOWN, 1, -4);
	page_record(p, 50, KNOWN, 1, -5);
	expect_event(s, 25, 1, 5, -3);
	expect_event(s, 25, 0, 10, -1);
	expect_lost(s, 0, 40, 3);
	expect_event(s, 25, 1, 20, -4);
	expect_result(s, 25, MERGE_NONE);
	expect_event(s, UINT64_MAX, 0, 40, -2);
	expect_event(s, UINT64_MAX, 1, 50, -5);
	expect_end(s);
	script_free(s);
}

/* What an empty page has told already, the flags of the full one behind it don't tell again. */
static void test_a_page_that_tells_of_a_loss_alone(void **state)
{
	static const struct {
		uint64_t told, source; /* by the empty page; of the full one, by its source */
		bool between;	       /* another page, of which nothing is lost */
		uint64_t want;
	} cases[] = {
		{7, 0, false, 7},
		{7, LOST_UNKNOWN, false, LOST_UNKNOWN},
		{7, 3, false, 10},
		{LOST_UNKNOWN, 0, false, LOST_UNKNOWN},
		{0, 0, false, LOST_UNKNOWN},
		{7, 0, true, LOST_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct script *s = script_new(1);
		struct step *p = script_page(s, 0, 1);

		page_record(p, 10, KNOWN, 1, -1);
		script_page(s, 0, 12)->lost = cases[i].told;
		if (cases[i].between)
			script_page(s, 0, 12);
		p = script_page(s, 0, 13);
		page_record(p, 20, KNOWN, 1, -2);
		page_flag(p, FLAG_LOST, 0);
		p->lost = cases[i].source;
		expect_event(s, UINT64_MAX, 0, 10, -1);
		expect_lost(s, 0, 20, cases[i].want);
		expect_event(s, UINT64_MAX, 0, 20, -2);
		expect_end(s);
		script_free(s);
	}
}

static void test_loss_before_an_empty_page(void **state)
{
	struct script *s = script_new(1);
	struct step *p = script_page(s, 0, 1);

	(void)state;
	page_record(p, 10, KNOWN, 1, -1);
	script_page(s, 0, 12)->lost = 3;
	p = script_page(s, 0, 13);
	p->lost = 4;
	page_record(p, 20, KNOWN, 1, -2);
	script_page(s, 0, 12)->lost = LOST_UNKNOWN;
	p = script_page(s, 0, 13);
	p->lost = 4;
	page_record(p, 30, KNOWN, 1, -3);
	expect_event(s, UINT64_MAX, 0, 10, -1);
	expect_lost(s, 0, 20, 7);
	expect_event(s, UINT64_MAX, 0, 20, -2);
	expect_lost(s, 0, 30, LOST_UNKNOWN);
	expect_event(s, UINT64_MAX, 0, 30, -3);
	expect_end(s);
	script_free(s);
}

static void test_loss_at_the_end(void **state)
{
	struct script *s = script_new(3);

	(void)state;
	page_record(script_page(s, 0, 1), 10, KNOWN, 1, -1);
	script_page(s, 0, 12)->lost = 3;
	/* … or told with the end itself */
	page_record(script_page(s, 1, 1), 20, KNOWN, 1, -2);
	script_step(s, 1, PAGE_END)->lost = 4;
	script_step(s, 2, PAGE_END)->lost = UINT64_MAX - 1;
	expect_lost(s, 2, 0, UINT64_MAX - 1);
	expect_event(s, UINT64_MAX, 0, 10, -1);
	expect_lost(s, 0, 10, 3);
	expect_event(s, UINT64_MAX, 1, 20, -2);
	expect_lost(s, 1, 20, 4);
	assert_int_equal(s->asked[2], 1);
	expect_end(s);
	/* Who has ended is not asked again. */
	assert_int_equal(s->asked[2], 1);
	script_free(s);
}

static void test_sums_of_losses_do_not_wrap(void **state)
{
	struct script *s = script_new(1);

	(void)state;
	script_page(s, 0, 1)->lost = UINT64_MAX - 1;
	script_page(s, 0, 1)->lost = 3;
	expect_lost(s, 0, 0, LOST_UNKNOWN);
	expect_end(s);
	script_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_losses_of_page_and_source),
		cmocka_unit_test(test_loss_before_a_record_of_no_interest),
		cmocka_unit_test(test_loss_where_the_gap_begins),
		cmocka_unit_test(test_a_page_that_tells_of_a_loss_alone),
		cmocka_unit_test(test_loss_before_an_empty_page),
		cmocka_unit_test(test_loss_at_the_end),
		cmocka_unit_test(test_sums_of_losses_do_not_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
