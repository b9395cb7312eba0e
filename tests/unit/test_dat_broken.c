/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dat_kinds.h"

static const char *look_up(struct trace_info *info, uint64_t addr)
{
	info->find_symbol(info->find_ctx, info->symbols, addr);
	return symbols_find(info->symbols, addr);
}

/* Everything that can be asked of a file; how many bytes of pages were there. */
static uint64_t use(struct dat_reader *r, int *failures)
{
	struct source *s = dat_reader_source(r);
	struct trace_info info;
	struct schema *schema = schema_new(dat_reader_format(r));
	unsigned sum = 0;
	uint64_t bytes = 0;
	struct error e;

	*failures = 0;
	dat_reader_schema(r, schema, &e);
	info_init(&info);
	if (!dat_reader_info(r, &info, &e) && info.find_symbol)
		look_up(&info, 0xffffffff81000010);
	info_free(&info);
	schema_free(schema);
	for (int i = 0; i < s->cpus; i++) {
		enum page_result res;
		struct page page;

		assert_true(s->cpu_number(s, i) >= 0);
		while ((res = s->next(s, i, &page, &e)) != PAGE_END) {
			if (res == PAGE_FAILED) {
				assert_true(++*failures <= s->cpus);
				continue;
			}
			assert_int_equal(res, PAGE_OK);
			bytes += page.size;
			for (size_t b = 0; b < page.size; b++)
				sum += ((const unsigned char *)page.data)[b];
		}
	}
	assert_int_equal(bytes, dat_reader_position(r));
	assert_true(sum < UINT32_MAX); /* it was read */
	return bytes;
}

/* Cut anywhere: what is there is given, what is not is told, and nothing is made up. */
static void truncations(void **state)
{
	(void)state;
	for (int version = 6; version <= 7; version++) {
		struct kind k = {version, false, 8, true};
		size_t whole;
		struct image im;

		make(&im, k);
		whole = im.size;
		image_write(&im, image_path());
		while (im.size--) {
			struct dat_reader *r;
			struct error e = {.text = ""};
			int failures;

			assert_int_equal(truncate(image_path(), (off_t)im.size), 0);
			r = dat_reader_open(image_path(), &e);
			assert_true(r || e.text[0]);
			if (!r)
				continue;
			/* version 7 has the options last: nothing of it opens */
			assert_int_equal(version, 6);
			assert_true(use(r, &failures) < 4 * PAGE);
			assert_true(failures > 0);
			dat_reader_close(r);
		}
		im.size = whole;
		image_free(&im);
	}
}

static void cut_in_the_pages(void **state)
{
	struct kind k = {6, false, 8, true};
	struct dat_reader *r;
	struct source *s;
	struct page page;
	struct image im;
	struct error e;

	(void)state;
	make(&im, k);
	im.size -= PAGE - 100;
	r = open_image(&im, &e);
	assert_non_null(r);
	s = dat_reader_source(r);
	assert_int_equal(s->cpus, 3);
	assert_int_equal(dat_reader_size(r), 3 * PAGE + 100);
	assert_int_equal(s->next(s, 2, &page, &e), PAGE_OK);
	assert_int_equal(page.size, 100);
	assert_int_equal(s->next(s, 2, &page, &e), PAGE_FAILED);
	assert_non_null(strstr(e.text, "cut off"));
	assert_non_null(strstr(e.text, "924 bytes"));
	assert_int_equal(s->next(s, 2, &page, &e), PAGE_END);
	assert_int_equal(s->next(s, 0, &page, &e), PAGE_OK);
	dat_reader_close(r);
	image_free(&im);
}

/* Somebody shortens the file under us: no signal, an error. */
static void cut_while_reading(void **state)
{
	struct kind k = {7, false, 8, true};
	struct dat_reader *r;
	struct source *s;
	struct page page;
	struct image im;
	struct error e;

	(void)state;
	make(&im, k);
	r = open_image(&im, &e);
	s = dat_reader_source(r);
	assert_int_equal(truncate(image_path(), 100), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(s->next(s, i, &page, &e), PAGE_FAILED);
		assert_int_equal(s->next(s, i, &page, &e), PAGE_END);
	}
	dat_reader_close(r);
	image_free(&im);
}

static void refuse(const struct image *im, const char *why)
{
	struct error e;
	struct dat_reader *r = open_image(im, &e);

	assert_null(r);
	if (!strstr(e.text, why))
		fail_msg("\"%s\" does not say \"%s\"", e.text, why);
	assert_int_equal(e.status, STATUS_ERROR);
}

static void refused_v6(void **state)
{
	struct kind k = {6, false, 8, false};
	size_t table, tag, cpus;
	struct image im;

	(void)state;
	make(&im, k);
	table = place_of(&im, "flyrecord", 10) + 10;
	tag = table - 10;
	cpus = place_of(&im, "options  ", 10) - 4;

	image_set_u32(&im, cpus, 8193);
	refuse(&im, "too many CPUs");
	image_set_u32(&im, cpus, 3);

	memcpy(im.data + tag, "latency  ", 10);
	refuse(&im, "latency tracer");
	memcpy(im.data + tag, "flyrecorD", 10);
	refuse(&im, "something else");
	memcpy(im.data + tag, "flyrecord", 10);

	image_set_u64(&im, table + 32, PAGE * 2); /* into CPU 0's */
	refuse(&im, "same place");
	image_set_u64(&im, table + 32, PAGE * 3);

	im.data[place_of(&im, "header_page", 12)] = 'H';
	refuse(&im, "something else");
	im.data[place_of(&im, "Header_page", 12)] = 'h';
	im.data[place_of(&im, " commit;", 8) + 1] = 'k';
	refuse(&im, "how pages begin");
	im.data[place_of(&im, " kommit;", 8) + 1] = 'c';

	image_set_u32(&im, 14, 4095);
	refuse(&im, "pages of 4095 bytes");
	image_set_u32(&im, 14, 512);
	refuse(&im, "pages of 512 bytes");
	image_set_u32(&im, 14, 0);
	refuse(&im, "pages of 0 bytes");
	image_set_u32(&im, 14, 1 << 21);
	refuse(&im, "pages of 2097152 bytes");
	image_set_u32(&im, 14, PAGE);

	im.data[10] = '8';
	refuse(&im, "version \"8\"");
	im.data[10] = '6';
	im.data[12] = 2;
	refuse(&im, "byte order");
	im.data[12] = 0;
	im.data[3] = 'T';
	refuse(&im, "is no trace.dat");
	im.data[3] = 't';
	im.size = 0;
	refuse(&im, "is no trace.dat");
	image_free(&im);
}

/* The instance's table may not lie before the first one. */
static void refused_instance(void **state)
{
	struct kind k = {6, false, 8, false};
	size_t option, table;
	struct image im;

	(void)state;
	make(&im, k);
	option = place_of(&im, "inst", 5) - 8;
	table = place_of(&im, "flyrecord", 10);
	image_set_u64(&im, option, table);
	refuse(&im, "further on");
	image_set_u64(&im, option, UINT64_MAX);
	refuse(&im, "cut off");
	image_set_u64(&im, option, im.size - 100);
	refuse(&im, "none where it should be");
	image_free(&im);
}

static void refused_v7(void **state)
{
	struct kind k = {7, false, 8, false};
	size_t options, buffer, next;
	struct image im;

	(void)state;
	make(&im, k);
	options = 18 + 5 + 1;
	memcpy(im.data + 18, "zstd", 5);
	refuse(&im, "zstd");
	memcpy(im.data + 18, "none", 5);

	/* the first section of options, and the link at its end */
	buffer = place_of(&im, "\x03\x00\x00\x00\xff\xff\xff\xff", 8);
	next = buffer - 8;
	image_set_u64(&im, next, 24);
	refuse(&im, "backwards");
	image_set_u64(&im, next, place_of(&im, "\x00\x00\x00\x00\xff\xff\xff\xff", 8));
	refuse(&im, "backwards");
	image_set_u64(&im, next, buffer);
	refuse(&im, "another section");
	image_free(&im);

	make(&im, k);
	im.data[buffer + 2] = 1;
	refuse(&im, "compressed");
	image_free(&im);

	make(&im, k);
	im.data[place_of(&im, "\x10\x00\x00\x00\xff\xff\xff\xff", 8) + 2] = 1;
	refuse(&im, "compressed");
	image_free(&im);

	make(&im, k);
	image_set_u64(&im, options, 0);
	refuse(&im, "no options");
	image_set_u64(&im, options, UINT64_MAX - 5);
	refuse(&im, "cut off");
	image_free(&im);
}

static void mutations(void **state)
{
	int opened = 0;

	(void)state;
	srand(5);
	for (int n = 0; n < 30000; n++) {
		struct kind k = {n & 1 ? 6 : 7, n & 2, n & 4 ? 4 : 8, n & 8};
		struct dat_reader *r;
		struct image im;
		struct error e;
		size_t head;
		int failures;

		make(&im, k);
		/* mostly where the structure is: the first page, and what follows the pages */
		head = k.version == 6 ? place_of(&im, "flyrecord", 10) + 100 : im.size;
		for (int i = rand() % 6; i >= 0; i--) {
			static const unsigned char likely[] = {0, 1, 0x7f, 0x80, 0xff, 3, 16};
			size_t at = (size_t)rand() % head;

			if (k.version == 7 && rand() % 2)
				at = im.size - 1 - (size_t)rand() % 200;
			im.data[at] = rand() % 2 ? likely[(size_t)rand() % sizeof(likely)] : (unsigned char)rand();
			if (rand() % 8 == 0 && at + 8 <= im.size)
				image_set_u64(&im, at,
					      rand() % 2 ? UINT64_MAX - (uint64_t)rand() % 9000 :
							   (uint64_t)rand() % 20000);
		}
		if (n % 7 == 0)
			im.size = (size_t)rand() % im.size;
		r = open_image(&im, &e);
		assert_true(r || e.text[0]);
		if (r) {
			opened++;
			assert_true(use(r, &failures) <= im.size);
		}
		dat_reader_close(r);
		image_free(&im);
	}
	assert_true(opened > 1000);
	assert_true(opened < 29000);
}

static void no_files(void **state)
{
	static const char *const paths[] = {"", "/nonexistent", "/tmp", "/dev/null", "/dev/zero"};
	struct error e;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		e.text[0] = '\0';
		assert_null(dat_reader_open(paths[i], &e));
		assert_true(e.text[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(truncations), cmocka_unit_test(cut_in_the_pages), cmocka_unit_test(cut_while_reading),
		cmocka_unit_test(refused_v6),  cmocka_unit_test(refused_instance), cmocka_unit_test(refused_v7),
		cmocka_unit_test(mutations),   cmocka_unit_test(no_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
