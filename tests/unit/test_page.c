/* SPDX-License-Identifier: MIT */
/*
 * What the walk yields of pages that are good, and which ones are not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "page_maker.h"

static void test_records(void **state)
{
	struct maker m;

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		const struct seen want[] = {{1000, 4, 1}, {1007, 112, 2}, {1007, 200, 3}, {1008, 0x400, 4}};

		maker_start(&m, &page_formats[f], 1000);
		maker_small(&m, 0, 4, 1);
		maker_small(&m, 7, 112, 2);
		maker_large(&m, 0, 200, 3);
		maker_large(&m, 1, 0x400, 4);
		expect_records(&m, 0, want, 4);
		agree_with_kbuffer(&m);
	}
}

static void test_empty_page(void **state)
{
	struct maker m;

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		maker_start(&m, &page_formats[f], 5);
		expect_records(&m, 0, NULL, 0);
		expect_broken_start(&m, 0);
		expect_broken_start(&m, 11);
		expect_broken_start(&m, header_of(&page_formats[f]) - 1);
	}
}

static void test_times(void **state)
{
	const uint64_t base = 0x1000000000000123, top = 0x0812345678901234;
	struct maker m;

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		/* An extend adds 59 bits; a stamp sets them and keeps the top five. */
		const struct seen want[] = {
			{base + 0x123456789abcd + 3, 8, 1},
			{(top & 0x07ffffffffffffff) | 0x1000000000000000, 8, 2},
			{((top & 0x07ffffffffffffff) | 0x1000000000000000) + 0x7ffffff, 8, 3},
		};

		maker_start(&m, &page_formats[f], base);
		maker_stamp(&m, 30, 0x123456789abcd);
		maker_small(&m, 3, 8, 1);
		maker_stamp(&m, 31, top & 0x07ffffffffffffff);
		maker_small(&m, 0, 8, 2);
		maker_small(&m, 0x7ffffff, 8, 3);
		expect_records(&m, 0, want, 3);
	}
}

static void test_discarded_records_take_time(void **state)
{
	struct maker m;

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		const struct seen want[] = {{110, 8, 1}, {117, 8, 2}};

		maker_start(&m, &page_formats[f], 100);
		maker_small(&m, 10, 8, 1);
		maker_discarded(&m, 5, 24);
		maker_small(&m, 2, 8, 2);
		maker_discarded(&m, 1, 0);
		expect_records(&m, 0, want, 2);
		agree_with_kbuffer(&m);
	}
}

static void test_padding_to_the_end(void **state)
{
	struct maker m;

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		const struct seen want[] = {{101, 8, 1}};

		maker_start(&m, &page_formats[f], 100);
		maker_small(&m, 1, 8, 1);
		maker_head(&m, 29, 0);
		maker_fill(&m, 40, 0xee);
		maker_commit(&m, 0, false);
		expect_records(&m, 0, want, 1);
		/* Even where there is no room for anything behind it. */
		maker_start(&m, &page_formats[f], 100);
		maker_small(&m, 1, 8, 1);
		maker_head(&m, 29, 0);
		maker_commit(&m, 0, false);
		expect_records(&m, 0, want, 1);
	}
}

static void test_losses(void **state)
{
	const struct seen want[] = {{9, 8, 7}};
	struct maker m;

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		for (int extended = 0; extended < 2; extended++) {
			maker_start(&m, &page_formats[f], 9);
			maker_small(&m, 0, 8, 7);
			maker_commit(&m, LOST_FLAG, extended);
			expect_records(&m, LOST_UNKNOWN, want, 1);
			/* The count lies behind the records. */
			if (page_formats[f].long_size == 8)
				maker_set64(&m, m.used, 0x123456789a);
			else
				maker_set32(&m, m.used, 0x12345678);
			maker_commit(&m, LOST_FLAG | COUNT_FLAG, extended);
			expect_records(&m, page_formats[f].long_size == 8 ? 0x123456789a : 0x12345678, want, 1);
			/* A count without a loss, and a loss of nothing */
			maker_commit(&m, COUNT_FLAG, extended);
			expect_records(&m, 0, want, 1);
			maker_set64(&m, m.used, 0);
			maker_commit(&m, LOST_FLAG | COUNT_FLAG, extended);
			expect_records(&m, LOST_UNKNOWN, want, 1);
		}
	}
}

static void test_count_outside_of_the_page(void **state)
{
	struct maker m;

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		for (size_t room = 0; room < (size_t)page_formats[f].long_size; room++) {
			struct page_walk *w = page_walk_new(&page_formats[f]);
			unsigned char *page;
			uint64_t lost;
			struct error e;

			maker_start(&m, &page_formats[f], 9);
			maker_small(&m, 0, 8, 7);
			maker_commit(&m, LOST_FLAG | COUNT_FLAG, true);
			page = maker_copy(&m, m.used + room);
			assert_int_equal(page_walk_start(w, page, m.used + room, &lost, &e), 0);
			assert_int_equal(lost, LOST_UNKNOWN);
			page_walk_free(w);
			free(page);
		}
	}
}

static void test_commit_beyond_the_page(void **state)
{
	struct maker m;

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		maker_start(&m, &page_formats[f], 9);
		maker_small(&m, 0, 8, 7);
		expect_broken_start(&m, m.used - 1);
		m.used = header_of(&page_formats[f]) + 0x7ffffff;
		maker_commit(&m, LOST_FLAG | COUNT_FLAG, true);
		expect_broken_start(&m, PAGE);
	}
}

static void test_lengths_that_lie(void **state)
{
	const uint32_t lengths[] = {0, 1, 2, 3, 17, 0x7fffffff, 0x80000000, 0x80000003, 0xfffffffc, 0xffffffff};
	struct maker m;

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
			for (unsigned padding = 0; padding < 2; padding++) {
				maker_start(&m, &page_formats[f], 9);
				maker_small(&m, 0, 8, 7);
				maker_head(&m, padding ? 29 : 0, 1);
				maker_word(&m, lengths[i]);
				maker_fill(&m, 12, 1);
				maker_commit(&m, 0, false);
				expect_broken(&m, 1);
			}
		}
	}
}

static void test_records_cut_off(void **state)
{
	struct maker m;

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		for (unsigned type = 0; type < 32; type++) {
			for (size_t have = 0; have < 4; have += 2) {
				maker_start(&m, &page_formats[f], 9);
				maker_small(&m, 0, 8, 7);
				maker_head(&m, type, 1);
				maker_fill(&m, have, 0);
				maker_commit(&m, 0, false);
				expect_broken(&m, 1);
			}
		}
		for (size_t have = 1; have < 4; have++) {
			maker_start(&m, &page_formats[f], 9);
			maker_small(&m, 0, 8, 7);
			maker_fill(&m, have, 1);
			maker_commit(&m, 0, false);
			expect_broken(&m, 1);
		}
	}
}

/* A length that is no multiple of 4 is rounded up: behind the end, that is one too long. */
static void test_rounding_beyond_the_end(void **state)
{
	struct maker m;

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		const struct seen want[] = {{10, 12, 1}, {11, 4, 2}};

		maker_start(&m, &page_formats[f], 9);
		maker_head(&m, 0, 1);
		maker_word(&m, 4 + 9);
		maker_fill(&m, 12, 1);
		maker_small(&m, 1, 4, 2);
		expect_records(&m, 0, want, 2);
		agree_with_kbuffer(&m);
		maker_start(&m, &page_formats[f], 9);
		maker_head(&m, 0, 1);
		maker_word(&m, 4 + 9);
		maker_fill(&m, 9, 1);
		maker_commit(&m, 0, false);
		expect_broken(&m, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_empty_page),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_discarded_records_take_time),
		cmocka_unit_test(test_padding_to_the_end),
		cmocka_unit_test(test_losses),
		cmocka_unit_test(test_count_outside_of_the_page),
		cmocka_unit_test(test_commit_beyond_the_page),
		cmocka_unit_test(test_lengths_that_lie),
		cmocka_unit_test(test_records_cut_off),
		cmocka_unit_test(test_rounding_beyond_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
