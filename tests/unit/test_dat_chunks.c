/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dat_use.h"

#define MANY 8192
#define LARGE 4096
#define CHUNK 10

/* Page n of every CPU: what its record begins with tells it. */
static void put_large(struct image *im, uint32_t n)
{
	char record[8];

	memset(record, (int)('A' + n), sizeof(record));
	image_page(im, n, 8, LARGE, record, 2);
}

/* All CPUs have these chunks, each its own. */
static void make_of(struct image *im, unsigned cpus, const struct image *chunks)
{
	size_t options, at, section, first;

	memset(im, 0, sizeof(*im));
	image_start(im, "7", 8, LARGE);
	image_string(im, "zstd");
	image_string(im, "1.5.4");
	options = im->size;
	image_u64(im, 0);
	section = image_section(im, 3, 1);
	first = im->size;
	for (unsigned i = 0; i < cpus; i++)
		image_bytes(im, chunks->data, chunks->size);
	image_section_end(im, section);
	image_set_u64(im, options, im->size);
	at = image_section(im, 0, 0);
	begin_buffer(im, section, "", cpus);
	for (unsigned i = 0; i < cpus; i++)
		put_cpu(im, i, first + i * chunks->size, chunks->size);
	end_options(im, at);
}

/* … the same pages in chunks of so many bytes. */
static void make_many(struct image *im, unsigned cpus, size_t chunk)
{
	struct image pages = {.data = NULL}, chunks = {.data = NULL};

	for (uint32_t n = 0; n < CHUNK; n++)
		put_large(&pages, n);
	image_chunks(&chunks, &pages, chunk, ZSTD, NULL);
	make_of(im, cpus, &chunks);
	image_free(&pages);
	image_free(&chunks);
}

/* A page of each in turn, as the merge has them; they stay as they are until the CPU's next. */
static void read_many(size_t chunk)
{
	const void **pages = calloc(MANY, sizeof(*pages));
	struct mallinfo2 before, after;
	struct reading in;
	struct image im;

	make_many(&im, MANY, chunk);
	before = mallinfo2();
	in = start_reading(&im);
	assert_int_equal(in.s->cpus, MANY);
	for (int n = 0; n < CHUNK; n++) {
		for (int i = 0; i < MANY; i++) {
			assert_int_equal(next_page(&in, i), PAGE_OK);
			assert_int_equal(in.page.size, LARGE);
			pages[i] = in.page.data;
		}
		for (int i = 0; i < MANY; i++)
			assert_int_equal(((const char *)pages[i])[20], 'A' + n);
	}
	after = mallinfo2();
	assert_in_range(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd, 0, 64 << 20);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(next_page(&in, i), PAGE_END);
	assert_int_equal(dat_reader_position(in.r), dat_reader_size(in.r));
	end_reading(&in, &im);
	free(pages);
}

static void many_cpus(void **state)
{
	(void)state;
	read_many(CHUNK * LARGE);
	read_many(CHUNK / 2 * LARGE + 100); /* pages go from one chunk into the next */
}

/* --- chunks that end in the middle of a page, as the format allows --- */

static void pages_across_chunks(void **state)
{
	static const size_t sizes[] = {100, LARGE / 2, LARGE - 1, LARGE + 1, 3 * LARGE - 16};
	struct reading in;
	struct image im;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		make_many(&im, 2, sizes[i]);
		in = start_reading(&im);
		for (int n = 0; n < 2 * CHUNK; n++) {
			assert_int_equal(next_page(&in, n % 2), PAGE_OK);
			assert_int_equal(in.page.size, LARGE);
			assert_int_equal(((const char *)in.page.data)[20], 'A' + n / 2);
			assert_int_equal(in.page.lost, 0);
		}
		for (int n = 0; n < 2; n++)
			assert_int_equal(next_page(&in, n), PAGE_END);
		assert_int_equal(dat_reader_position(in.r), dat_reader_size(in.r));
		end_reading(&in, &im);
	}
}

/* Behind a broken one nobody knows where a page begins: that is told, and nothing is made up. */
static void broken_between_pages(void **state)
{
	struct reading in;
	struct image im;
	uint32_t size;
	size_t at;

	(void)state;
	make_many(&im, 2, 2 * LARGE + 1000);
	at = place_of(&im, "\x03\x00\x01\x00\xff\xff\xff\xff", 8) + 16 + 4;
	memcpy(&size, im.data + at, sizeof(size));
	memset(im.data + at + 8 + size + 8, 0xee, 4); /* in the second chunk */
	in = start_reading(&im);
	for (int n = 0; n < 2; n++) {
		assert_int_equal(next_page(&in, 0), PAGE_OK);
		assert_int_equal(((const char *)in.page.data)[20], 'A' + n);
	}
	assert_int_equal(next_page(&in, 0), PAGE_FAILED);
	assert_non_null(strstr(in.e.text, "does not decompress; what follows it of that CPU is lost, too"));
	assert_int_equal(next_page(&in, 0), PAGE_END);
	assert_true(in.page.lost == LOST_UNKNOWN);
	for (int n = 0; n < CHUNK; n++)
		assert_int_equal(next_page(&in, 1), PAGE_OK);
	assert_int_equal(next_page(&in, 1), PAGE_END);
	assert_int_equal(dat_reader_position(in.r), dat_reader_size(in.r));
	end_reading(&in, &im);
}

/* Beyond a page of each in so much memory, CPUs are left out. */
static void too_many_cpus(void **state)
{
	struct dat_reader *r;
	struct image im;
	struct error e;

	(void)state;
	make_many(&im, 100, CHUNK * LARGE);
	image_set_u32(&im, 14, 1 << 20); /* pages of 1 MiB each */
	r = open_image(&im, &e);
	assert_int_equal(dat_reader_source(r)->cpus, 32);
	assert_non_null(strstr(dat_reader_problem(r, dat_reader_problems(r) - 1), "only the first 32 are read"));
	dat_reader_close(r);
	image_free(&im);
}

/* --- what fails again and again --- */

/* A hundred broken chunks of so many bytes, and a whole one. */
static void make_failing(struct image *im, size_t size)
{
	struct image pages = {.data = NULL}, whole = {.data = NULL}, chunks = {.data = NULL};
	static const char nothing[4096];

	put_large(&pages, 0);
	image_chunks(&whole, &pages, LARGE, ZSTD, NULL);
	image_u32(&chunks, 101);
	for (int n = 0; n < 100; n++) {
		image_u32(&chunks, (uint32_t)size);
		image_u32(&chunks, LARGE);
		image_bytes(&chunks, nothing, size);
	}
	image_bytes(&chunks, whole.data + 4, whole.size - 4);
	make_of(im, 1, &chunks);
	image_free(&pages);
	image_free(&whole);
	image_free(&chunks);
}

/* Whatever is whole is read, however much is broken before it; what can't be chunks ends it. */
static void many_broken_chunks(void **state)
{
	(void)state;
	for (int small = 0; small < 2; small++) {
		struct reading in;
		struct image im;
		int failed = 0;

		make_failing(&im, small ? 1 : 100);
		in = start_reading(&im);
		assert_true(in.s->passes_over);
		while (next_page(&in, 0) == PAGE_FAILED)
			failed++;
		assert_int_equal(failed, small ? 64 : 100);
		assert_int_equal(strstr(in.e.text, "what follows it of that CPU is lost, too") != NULL, small);
		assert_true(in.page.lost == LOST_UNKNOWN);
		if (!small)
			assert_int_equal(next_page(&in, 0), PAGE_END);
		assert_int_equal(dat_reader_position(in.r), dat_reader_size(in.r));
		end_reading(&in, &im);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_cpus),	       cmocka_unit_test(too_many_cpus),
		cmocka_unit_test(pages_across_chunks), cmocka_unit_test(broken_between_pages),
		cmocka_unit_test(many_broken_chunks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
