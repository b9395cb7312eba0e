/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "dat_use.h"

static void truncations_v7(void **state)
{
	(void)state;
	for (int packing = PLAIN; packing <= ZLIB; packing++) {
		struct kind k = {.version = 7, .long_size = 8, .notes = true, .packing = (enum packing)packing};

		truncate_kind(k);
		k.early = true;
		truncate_kind(k);
		k.chunk = 1;
		k.short_size = packing != PLAIN;
		k.big = true;
		k.long_size = 4;
		truncate_kind(k);
	}
}

/* Sections that no option leads to are found all the same. */
static void broken_chain(void **state)
{
	struct kind k = {.version = 7, .long_size = 8};
	size_t options, buffer, next, first;
	struct image im;

	(void)state;
	make(&im, k);
	options = 18 + 5 + 1;
	first = place_of(&im, "\x00\x00\x00\x00\xff\xff\xff\xff", 8);
	/* the first section of options, and the link at its end */
	buffer = place_of(&im, "\x03\x00\x00\x00\xff\xff\xff\xff", 8);
	next = buffer - 8;
	image_set_u64(&im, next, 24);
	broken(&im, "another section", 4);
	image_set_u64(&im, next, first);
	broken(&im, "in circles", 4);
	image_set_u64(&im, next, buffer);
	broken(&im, "another section", 4);
	image_set_u64(&im, next, UINT64_MAX - 3);
	broken(&im, "cut off", 4);
	image_set_u64(&im, next, 0);
	broken(&im, "do not lead to its pages", 4);
	image_free(&im);

	make(&im, k);
	image_set_u64(&im, options, 0);
	broken(&im, "where its options are", 4);
	image_set_u64(&im, options, UINT64_MAX - 5);
	broken(&im, "cut off", 4);
	/* an option that reaches too far takes the rest of its section with it */
	image_set_u64(&im, options, first);
	image_set_u32(&im, first + 16 + 2, UINT32_MAX);
	broken(&im, "an option is longer", 4);
	image_free(&im);
}

/* The last section of options first, and the first behind it. */
static void chain_that_runs_backwards(void **state)
{
	struct kind k = {.version = 7, .long_size = 8};
	size_t options, first, last, next;
	struct dat_reader *r;
	struct image im;
	struct error e;

	(void)state;
	make(&im, k);
	options = 18 + 5 + 1;
	first = place_of(&im, "\x00\x00\x00\x00\xff\xff\xff\xff", 8);
	next = place_of(&im, "\x03\x00\x00\x00\xff\xff\xff\xff", 8) - 8;
	memcpy(&last, im.data + next, sizeof(last));
	image_set_u64(&im, options, last);
	image_set_u64(&im, next, 0);
	image_set_u64(&im, im.size - 8, first);
	r = open_image(&im, &e);
	assert_int_equal(dat_reader_problems(r), 0);
	assert_int_equal(use(r).pages, 4);
	dat_reader_close(r);
	image_set_u64(&im, next, last);
	broken(&im, "in circles", 4);
	image_free(&im);
}

static void broken_sections(void **state)
{
	struct kind k = {.version = 7, .long_size = 8};
	struct image im;
	size_t at;

	(void)state;
	/* flags that can't be: nothing is compressed in this file */
	make(&im, k);
	im.data[place_of(&im, "\x10\x00\x00\x00\xff\xff\xff\xff", 8) + 2] = 1;
	broken(&im, "though the file says that nothing is", 4);
	image_free(&im);
	make(&im, k);
	im.data[place_of(&im, "\x03\x00\x00\x00\xff\xff\xff\xff", 8)] = 30;
	broken(&im, "no buffer is where one should be", 4);
	image_free(&im);

	make(&im, k);
	at = place_of(&im, "\x12\x00\x00\x00\xff\xff\xff\xff", 8);
	im.data[at] = 30;
	broken(&im, "another section", 4);
	image_free(&im);

	/* the option itself is missing */
	make(&im, k);
	at = place_of(&im, "\x10\x00\x08\x00\x00\x00", 6);
	im.data[at] = 63;
	broken(&im, "no section of the header files", 4);
	image_free(&im);

	/* pages behind the end of the file */
	make(&im, k);
	at = im.size - 14 - 16;
	image_set_u64(&im, at, im.size + 100);
	{
		struct error e;
		struct dat_reader *r = open_image(&im, &e);
		struct used u = use(r);

		assert_int_equal(u.pages, 3);
		assert_int_equal(u.failures, 1);
		dat_reader_close(r);
	}
	image_free(&im);
}

/* A section of options that the last one of the file leads to. */
static size_t more_options(struct image *im)
{
	image_set_u64(im, im->size - 8, im->size);
	return image_section(im, 0, 0);
}

/* One buffer holds a latency tracer's text, others hold events. */
static void latency_beside_events(void **state)
{
	struct dat_reader *r;
	struct image im;
	struct error e;
	size_t at;

	(void)state;
	make(&im, (struct kind){.version = 7, .long_size = 8});
	at = more_options(&im);
	image_option(&im, 22, "\x10\0\0\0\0\0\0\0late\0mono", 18);
	end_options(&im, at);
	r = open_image(&im, &e);
	assert_int_equal(dat_reader_problems(r), 0);
	assert_int_equal(use(r).pages, 4);
	dat_reader_close(r);
	image_free(&im);
}

static void long_chain(void **state)
{
	struct image im;

	(void)state;
	make(&im, (struct kind){.version = 7, .long_size = 8});
	for (int i = 0; i < 300; i++)
		end_options(&im, more_options(&im));
	broken(&im, "the chain of options is longer than any real one", 4);
	image_free(&im);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(truncations_v7),
		cmocka_unit_test(broken_chain),
		cmocka_unit_test(chain_that_runs_backwards),
		cmocka_unit_test(broken_sections),
		cmocka_unit_test(latency_beside_events),
		cmocka_unit_test(long_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
