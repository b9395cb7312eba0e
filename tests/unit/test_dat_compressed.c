/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dat_use.h"

/* The second buffer section's pages of the kind, packed a page a chunk: where chunk n of CPU 0 begins. */
static size_t chunk_at(const struct image *im, int n)
{
	size_t at = place_of(im, "\x03\x00\x01\x00\xff\xff\xff\xff", 8) + 16 + 4;

	for (; n; n--) {
		uint32_t size;

		memcpy(&size, im->data + at, sizeof(size));
		at += 8 + size;
	}
	return at;
}

static struct kind one_page_chunks(enum packing packing)
{
	return (struct kind){.version = 7, .long_size = 8, .packing = packing, .chunk = 1};
}

/* The first page of CPU 0 can't be had: told of once, as a loss before the second one. */
static void lose_first(const struct image *im, const char *why)
{
	struct reading in = start_reading(im);

	assert_int_equal(dat_reader_problems(in.r), 0);
	assert_int_equal(next_page(&in, 0), PAGE_FAILED);
	if (!strstr(in.e.text, why))
		fail_msg("\"%s\" does not say \"%s\"", in.e.text, why);
	assert_non_null(strstr(in.e.text, "at byte "));
	assert_int_equal(next_page(&in, 0), PAGE_OK);
	assert_true(in.page.lost == LOST_UNKNOWN);
	assert_int_equal(((const char *)in.page.data)[20], 'b');
	assert_int_equal(next_page(&in, 0), PAGE_END);
	assert_int_equal(in.page.lost, 0);
	assert_int_equal(next_page(&in, 1), PAGE_OK);
	assert_int_equal(in.page.lost, 0);
	dat_reader_close(in.r);
}

static void broken_chunk(void **state)
{
	(void)state;
	for (int packing = ZSTD; packing <= ZLIB; packing++) {
		struct image im;
		size_t at;

		make(&im, one_page_chunks((enum packing)packing));
		at = chunk_at(&im, 0);
		memset(im.data + at + 8, 0xee, 4);
		lose_first(&im, "does not decompress");
		image_free(&im);

		make(&im, one_page_chunks((enum packing)packing));
		image_set_u32(&im, at + 4, PAGE - 1);
		lose_first(&im, "more than announced");
		image_set_u32(&im, at + 4, PAGE + 1);
		lose_first(&im, "less than announced");
		image_set_u32(&im, at + 4, 0);
		lose_first(&im, "empty");
		image_set_u32(&im, at + 4, UINT32_MAX);
		lose_first(&im, "larger than any real one");
		image_set_u32(&im, at + 4, (1 << 20) + 1);
		lose_first(&im, "larger than any real one");
		image_free(&im);
	}
}

/* Without the place of the next chunk, the rest of the CPU is lost, and of no other one. */
static void lost_way(void **state)
{
	struct reading in;
	struct image im;
	size_t at;

	(void)state;
	make(&im, one_page_chunks(ZSTD));
	at = chunk_at(&im, 0);
	image_set_u32(&im, at, UINT32_MAX);
	in = start_reading(&im);
	assert_int_equal(next_page(&in, 0), PAGE_FAILED);
	assert_non_null(strstr(in.e.text, "a chunk is too long"));
	assert_int_equal(next_page(&in, 0), PAGE_END);
	assert_true(in.page.lost == LOST_UNKNOWN);
	assert_int_equal(next_page(&in, 1), PAGE_OK);
	end_reading(&in, &im);

	/* the number of chunks: one more, and one less, than there are */
	make(&im, one_page_chunks(ZSTD));
	for (unsigned n = 1; n <= 3; n += 2) {
		image_set_u32(&im, at - 4, n);
		in = start_reading(&im);
		for (unsigned i = 0; i < (n == 1 ? 1 : 2); i++)
			assert_int_equal(next_page(&in, 0), PAGE_OK);
		assert_int_equal(next_page(&in, 0), PAGE_FAILED);
		assert_non_null(strstr(in.e.text, n == 1 ? "more than announced" : "more is announced"));
		assert_int_equal(next_page(&in, 0), PAGE_END);
		dat_reader_close(in.r);
	}
	image_free(&im);
}

/* A section of option id: its compressed size, and what it should decompress to. */
static size_t section_at(const struct image *im, char id)
{
	char start[8] = {id, 0, 1, 0, -1, -1, -1, -1};

	return place_of(im, start, 8) + 16;
}

static void broken_section(void **state)
{
	(void)state;
	for (int packing = ZSTD; packing <= ZLIB; packing++) {
		struct kind k = one_page_chunks((enum packing)packing);
		uint32_t size;
		struct image im;
		size_t at;

		make(&im, k);
		at = section_at(&im, 18);
		memcpy(&size, im.data + at + 4, sizeof(size));
		image_set_u32(&im, at + 4, size - 1);
		broken(&im, "decompresses to more than announced", 4);
		image_set_u32(&im, at + 4, size + 1);
		broken(&im, "decompresses to less than announced", 4);
		image_set_u32(&im, at + 4, UINT32_MAX);
		broken(&im, "more than any real one", 4);
		image_set_u32(&im, at + 4, size);
		image_set_u32(&im, at, 20);
		broken(&im, "is cut off", 4);
		memset(im.data + at + 8, 0, 4);
		broken(&im, "does not decompress", 4);
		image_free(&im);
	}
}

/* 3 MiB of nothing in a few kilobytes, twice: each may be true, both are too much. */
static void bomb(void **state)
{
	enum { SIZE = 3 << 20 };
	struct kind k = one_page_chunks(ZSTD);
	size_t sections[2], at, link;
	struct image im;

	(void)state;
	make(&im, k);
	link = im.size - 8;
	for (int i = 0; i < 2; i++) {
		sections[i] = image_section(&im, i ? 21 : 19, 1);
		at = im.size;
		image_u32(&im, SIZE - 4);
		while (im.size < at + SIZE) {
			static const char nothing[1 << 20];

			image_bytes(&im, nothing, sizeof(nothing));
		}
		im.size = at + SIZE;
		image_pack(&im, at, ZSTD);
		assert_true(im.size - at < SIZE / 1000);
		image_section_end(&im, sections[i]);
	}
	image_set_u64(&im, link, im.size);
	at = image_section(&im, 0, 0);
	for (int i = 0; i < 2; i++) {
		image_u16(&im, i ? 21 : 19);
		image_u32(&im, 8);
		image_u64(&im, sections[i]);
	}
	end_options(&im, at);
	broken(&im, "more than any real one (the command lines", 4);
	image_free(&im);
}

/* It decompresses well, and what comes out is too short for what it says: the file is whole. */
static void short_contents(void **state)
{
	size_t section, contents, link, at;
	struct image im;

	(void)state;
	make(&im, one_page_chunks(ZSTD));
	link = im.size - 8;
	section = image_section(&im, 19, 1);
	contents = im.size;
	image_u32(&im, 1000);
	image_bytes(&im, "short", 5);
	image_pack(&im, contents, ZSTD);
	image_section_end(&im, section);
	image_set_u64(&im, link, im.size);
	at = image_section(&im, 0, 0);
	image_option(&im, 19, &section, sizeof(section));
	end_options(&im, at);
	broken(&im, "more is announced than is there (the kernel's symbols, compressed at byte ", 4);
	image_free(&im);
}

static void unknown_way(void **state)
{
	struct dat_reader *r;
	struct image im;
	struct error e;

	(void)state;
	make(&im, one_page_chunks(ZSTD));
	memcpy(im.data + 18, "lz\x1b!", 4);
	broken(&im, "compressed with \"lz?!\", which is not known", 0);
	r = open_image(&im, &e);
	assert_int_equal(dat_reader_source(r)->cpus, 3); /* they are there, though */
	/* it is told once, then what follows from it: the layout is assumed */
	assert_int_equal(dat_reader_problems(r), 2);
	dat_reader_close(r);
	image_free(&im);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(broken_chunk), cmocka_unit_test(lost_way),    cmocka_unit_test(broken_section),
		cmocka_unit_test(bomb),		cmocka_unit_test(unknown_way), cmocka_unit_test(short_contents),

	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
