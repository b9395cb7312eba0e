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

#include "dat_use.h"

static void truncations_v6(void **state)
{
	(void)state;
	truncate_kind((struct kind){.version = 6, .long_size = 8, .notes = true});
	truncate_kind((struct kind){.version = 6, .long_size = 4, .big = true});
}

static void cut_in_the_pages(void **state)
{
	struct kind k = {.version = 6, .long_size = 8, .notes = true};
	struct reading in;
	struct image im;

	(void)state;
	make(&im, k);
	im.size -= PAGE - 100;
	in = start_reading(&im);
	assert_int_equal(in.s->cpus, 3);
	assert_int_equal(dat_reader_size(in.r), 3 * PAGE + 100);
	/* its only record is there */
	assert_int_equal(next_page(&in, 2), PAGE_OK);
	assert_int_equal(in.page.size, 100);
	assert_int_equal(next_page(&in, 2), PAGE_FAILED);
	assert_non_null(strstr(in.e.text, "cut off"));
	assert_non_null(strstr(in.e.text, "924 bytes"));
	assert_int_equal(next_page(&in, 2), PAGE_END);
	assert_true(in.page.lost == LOST_UNKNOWN);
	assert_int_equal(next_page(&in, 2), PAGE_END);
	assert_int_equal(in.page.lost, 0);
	assert_int_equal(next_page(&in, 0), PAGE_OK);
	dat_reader_close(in.r);

	/* not whole */
	im.size -= 100 - 27;
	in = start_reading(&im);
	assert_int_equal(next_page(&in, 2), PAGE_FAILED);
	assert_non_null(strstr(in.e.text, "1024 bytes"));
	assert_int_equal(next_page(&in, 2), PAGE_END);
	end_reading(&in, &im);
}

/* Somebody shortens the file under us: no signal, an error. */
static void cut_while_reading(void **state)
{
	struct kind k = {.version = 7, .long_size = 8, .notes = true};
	struct reading in;
	struct image im;

	(void)state;
	make(&im, k);
	in = start_reading(&im);
	assert_int_equal(truncate(image_path(), 100), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(next_page(&in, i), PAGE_FAILED);
		assert_int_equal(next_page(&in, i), PAGE_END);
	}
	end_reading(&in, &im);
}

static void refused(void **state)
{
	struct kind k = {.version = 6, .long_size = 8};
	struct image im;

	(void)state;
	make(&im, k);
	im.data[10] = '8';
	refuse(&im, "version \"8\"");
	im.data[10] = '\033';
	refuse(&im, "version \"?\"");
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

static void broken_v6(void **state)
{
	struct kind k = {.version = 6, .long_size = 8};
	size_t table, tag, cpus;
	uint64_t pages;
	struct image im;

	(void)state;
	make(&im, k);
	table = place_of(&im, "flyrecord", 10) + 10;
	memcpy(&pages, im.data + table, sizeof(pages));
	tag = table - 10;
	cpus = place_of(&im, "options  ", 10) - 4;

	image_set_u32(&im, cpus, 8193);
	broken(&im, "too many CPUs", 0);
	image_set_u32(&im, cpus, 3);

	memcpy(im.data + tag, "latency  ", 10);
	broken(&im, "latency tracer", 1);
	memcpy(im.data + tag, "flyrecorD", 10);
	broken(&im, "something else", 1);
	memcpy(im.data + tag, "flyrecord", 10);

	image_set_u64(&im, table + 32, pages + PAGE); /* into CPU 0's */
	broken(&im, "same place, at byte 3072: the latter's are left out", 3);
	image_set_u64(&im, table + 32, pages + 2 * PAGE);

	im.data[place_of(&im, " commit;", 8) + 1] = 'k';
	broken(&im, "how its pages begin", 4);
	im.data[place_of(&im, " kommit;", 8) + 1] = 'c';

	image_set_u32(&im, 14, 4095);
	broken(&im, "pages of 4095 bytes", 0);
	image_set_u32(&im, 14, 512);
	broken(&im, "pages of 512 bytes", 0);
	image_set_u32(&im, 14, 0);
	broken(&im, "pages of 0 bytes", 0);
	image_set_u32(&im, 14, 1 << 21);
	broken(&im, "pages of 2097152 bytes", 0);
	image_set_u32(&im, 14, PAGE);

	image_set_u64(&im, table + 8, UINT64_MAX); /* reaches over all the others */
	broken(&im, "the latter's are left out", 5);
	image_free(&im);
}

/* A text that is broken hides the next, but no pages: their tables have tags. */
static void broken_texts_v6(void **state)
{
	struct kind k = {.version = 6, .long_size = 8};
	struct image im;
	size_t at;

	(void)state;
	make(&im, k);
	at = place_of(&im, "header_page", 12);
	im.data[at] = 'H';
	broken(&im, "something else", 4);
	im.data[at] = 'h';
	image_set_u64(&im, at + 12, UINT64_MAX);
	broken(&im, "header_page is too long", 4);
	image_free(&im);

	make(&im, k);
	at = place_of(&im, "syscalls", 9);
	image_set_u64(&im, at + 9 + 4, 1 << 30);
	broken(&im, "cut off", 4);
	image_set_u32(&im, at + 9, UINT32_MAX);
	broken(&im, "the events' formats", 4);
	image_free(&im);

	/* An option that is too long hides the clock only: the first tag is the table's. */
	make(&im, k);
	at = place_of(&im, "options  ", 10) + 10;
	image_set_u32(&im, at + 2, UINT32_MAX);
	broken(&im, "an option is longer", 3);
	image_free(&im);
}

/* The instance's table may not lie before the first one. */
static void broken_instance(void **state)
{
	struct kind k = {.version = 6, .long_size = 8};
	size_t option, table;
	struct image im;

	(void)state;
	make(&im, k);
	option = place_of(&im, "inst", 5) - 8;
	table = place_of(&im, "flyrecord", 10);
	image_set_u64(&im, option, table);
	broken(&im, "further on", 3);
	image_set_u64(&im, option, UINT64_MAX);
	broken(&im, "cut off", 3);
	image_set_u64(&im, option, im.size - 100);
	broken(&im, "none where it should be", 3);
	image_free(&im);
}

/* It is not the first buffer for that. */
static void instance_without_a_name(void **state)
{
	struct kind k = {.version = 6, .long_size = 8};
	struct dat_reader *r;
	struct image im;
	struct error e;

	(void)state;
	make(&im, k);
	im.data[place_of(&im, "inst", 5)] = '\0';
	r = open_image(&im, &e);
	assert_int_equal(dat_reader_problems(r), 0);
	assert_int_equal(use(r).pages, 4);
	dat_reader_close(r);
	image_free(&im);
}

/* What a pipe begins with tells: its end, which may never come, is not waited for. */
static void pipe_of_something_else(void **state)
{
	int fds[2], saved = dup(0);
	struct error e;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "SQLite format 3", 16), 16);
	dup2(fds[0], 0);
	close(fds[0]);
	alarm(10);
	assert_null(dat_reader_open("-", &e));
	alarm(0);
	assert_string_equal(e.text, "standard input is no trace.dat");
	close(fds[1]);
	dup2(saved, 0);
	close(saved);
}

static void mutate(struct image *im, struct kind k)
{
	static const unsigned char likely[] = {0, 1, 0x7f, 0x80, 0xff, 3, 16};
	/* mostly where the structure is: the first page, and what follows the pages */
	size_t head = k.version == 6 ? place_of(im, "flyrecord", 10) + 100 : im->size;

	for (int i = rand() % 6; i >= 0; i--) {
		size_t at = (size_t)rand() % head;

		if (k.version == 7 && rand() % 2)
			at = im->size - 1 - (size_t)rand() % 200;
		im->data[at] = rand() % 2 ? likely[(size_t)rand() % sizeof(likely)] : (unsigned char)rand();
		if (rand() % 8 == 0 && at + 8 <= im->size)
			image_set_u64(im, at,
				      rand() % 2 ? UINT64_MAX - (uint64_t)rand() % 9000 : (uint64_t)rand() % 20000);
	}
}

static void mutations(void **state)
{
	int opened = 0;

	(void)state;
	srand(5);
	for (int n = 0; n < 20000; n++) {
		struct kind k = {.version = n & 1 ? 6 : 7,
				 .big = n & 2,
				 .long_size = n & 4 ? 4 : 8,
				 .notes = n & 8,
				 .packing = n & 1 ? PLAIN : (enum packing)(n / 16 % 3),
				 .chunk = n & 128 ? 1 : 10};
		struct dat_reader *r;
		struct image im;
		struct error e;

		make(&im, k);
		mutate(&im, k);
		if (n % 7 == 0)
			im.size = (size_t)rand() % im.size;
		r = open_image(&im, &e);
		assert_true(r || e.text[0]);
		if (r) {
			struct used u = use(r);

			opened++;
			assert_true(k.packing != PLAIN || u.bytes <= im.size);
		}
		dat_reader_close(r);
		image_free(&im);
	}
	assert_true(opened > 1000);
	assert_true(opened < 20000);
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
		cmocka_unit_test(truncations_v6),
		cmocka_unit_test(cut_in_the_pages),
		cmocka_unit_test(cut_while_reading),
		cmocka_unit_test(refused),
		cmocka_unit_test(broken_v6),
		cmocka_unit_test(broken_texts_v6),
		cmocka_unit_test(broken_instance),
		cmocka_unit_test(instance_without_a_name),
		cmocka_unit_test(pipe_of_something_else),
		cmocka_unit_test(mutations),
		cmocka_unit_test(no_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
