/* SPDX-License-Identifier: MIT */
/*
 * The reader of per-CPU buffers, on a directory that looks like an instance's:
 * files stand for trace_pipe_raw, whose pages are told apart by their last byte.
 */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/reader.h"

#define SUBBUF 256
#define MISSED 0x80000000u
#define MISSED_STORED 0x40000000u

static char dir[] = "/tmp/falloctrace-reader.XXXXXX";

static FILE *create(const char *file)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	f = fopen(path, "w");
	assert_non_null(f);
	return f;
}

static void write_file(const char *file, const char *text)
{
	FILE *f = create(file);

	assert_true(fputs(text, f) >= 0);
	fclose(f);
}

static void make_directory(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

/* One page a letter of text; flags[i] goes into page i's commit word. */
static void write_pages(const char *file, const char *text, const uint32_t *flags)
{
	FILE *f = create(file);

	for (size_t i = 0; text[i]; i++) {
		char page[SUBBUF] = {0};
		uint64_t commit = 8 | (flags ? flags[i] : 0);

		memcpy(page + 8, &commit, sizeof(commit));
		page[SUBBUF - 1] = text[i];
		assert_int_equal(fwrite(page, sizeof(page), 1, f), 1);
	}
	fclose(f);
}

static void write_lost(int cpu, unsigned overrun, unsigned dropped)
{
	char file[64], text[128];

	snprintf(file, sizeof(file), "per_cpu/cpu%d/stats", cpu);
	snprintf(text, sizeof(text), "entries: 3\noverrun: %u\ncommit overrun: 0\nbytes: 9\ndropped events: %u\n",
		 overrun, dropped);
	write_file(file, text);
}

static int set_up(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	make_directory("events");
	make_directory("per_cpu");
	make_directory("per_cpu/cpu0");
	make_directory("per_cpu/cpu12");
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static int fresh(void **state)
{
	(void)state;
	write_file("events/header_page", "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
					 "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
					 "\tfield: char data;\toffset:16;\tsize:240;\tsigned:1;\n");
	write_pages("per_cpu/cpu0/trace_pipe_raw", "", NULL);
	write_pages("per_cpu/cpu12/trace_pipe_raw", "", NULL);
	write_lost(0, 0, 0);
	write_lost(12, 0, 0);
	return 0;
}

static struct reader *open_it(void)
{
	struct error e = {.text = ""};
	struct reader *r = reader_open(dir, &e);

	if (!r)
		fail_msg("%s", e.text);
	return r;
}

/* The next page of stream i is the one of that letter; 0: there is none now. */
static uint64_t expect_page(struct reader *r, int i, char letter)
{
	struct source *s = reader_source(r);
	struct error e = {.text = ""};
	struct page page;

	if (!letter) {
		assert_int_equal(s->next(s, i, &page, &e), PAGE_NONE);
		return 0;
	}
	assert_int_equal(s->next(s, i, &page, &e), PAGE_OK);
	assert_int_equal(page.size, SUBBUF);
	assert_int_equal(((const char *)page.data)[SUBBUF - 1], letter);
	return page.lost;
}

static void test_streams(void **state)
{
	struct reader *r;

	(void)state;
	write_pages("per_cpu/cpu12/trace_pipe_raw", "ab", NULL);
	r = open_it();
	assert_int_equal(reader_cpus(r), 2);
	assert_int_equal(reader_subbuf_size(r), SUBBUF);
	assert_int_equal(reader_source(r)->cpu_number(reader_source(r), 0), 0);
	assert_int_equal(reader_source(r)->cpu_number(reader_source(r), 1), 12);
	expect_page(r, 0, 0);
	expect_page(r, 1, 'a');
	expect_page(r, 1, 'b');
	expect_page(r, 1, 0);
	reader_close(r);
}

/* What is read ahead comes first and in order; what comes after it, behind it. */
static void test_absorb(void **state)
{
	struct reader *r;

	(void)state;
	write_pages("per_cpu/cpu0/trace_pipe_raw", "abc", NULL);
	write_pages("per_cpu/cpu12/trace_pipe_raw", "x", NULL);
	r = open_it();
	expect_page(r, 0, 'a');
	reader_absorb(r);
	write_pages("per_cpu/cpu0/trace_pipe_raw", "abcd", NULL);
	expect_page(r, 0, 'b');
	reader_absorb(r);
	expect_page(r, 0, 'c');
	expect_page(r, 0, 'd');
	expect_page(r, 0, 0);
	expect_page(r, 1, 'x');
	expect_page(r, 1, 0);
	reader_absorb(r);
	expect_page(r, 0, 0);
	reader_close(r);
}

/* Closing frees what was never asked for (the sanitizers tell). */
static void test_close_with_pages_held(void **state)
{
	struct reader *r;

	(void)state;
	write_pages("per_cpu/cpu0/trace_pipe_raw", "abc", NULL);
	r = open_it();
	expect_page(r, 0, 'a');
	reader_absorb(r);
	reader_close(r);
}

static void test_losses(void **state)
{
	const uint32_t flags[] = {0, MISSED, MISSED | MISSED_STORED, MISSED};
	struct reader *r;

	(void)state;
	write_lost(0, 100, 10); /* before we came */
	write_pages("per_cpu/cpu0/trace_pipe_raw", "a", flags);
	r = open_it();
	assert_int_equal(expect_page(r, 0, 'a'), 0);
	write_lost(0, 107, 10);
	write_pages("per_cpu/cpu0/trace_pipe_raw", "ab", flags);
	assert_int_equal(expect_page(r, 0, 'b'), 7);
	write_lost(0, 109, 10);
	write_pages("per_cpu/cpu0/trace_pipe_raw", "abc", flags);
	assert_int_equal(expect_page(r, 0, 'c'), 0); /* its own count stands in it */
	write_pages("per_cpu/cpu0/trace_pipe_raw", "abcd", flags);
	assert_true(expect_page(r, 0, 'd') == LOST_UNKNOWN);
	assert_int_equal(reader_unreported(r, 0), 0);
	write_lost(0, 110, 12);
	assert_int_equal(reader_unreported(r, 0), 3);
	assert_int_equal(reader_unreported(r, 0), 0);
	reader_close(r);
}

/* A loss is told with the page that it came before, read ahead or not. */
static void test_losses_of_absorbed_pages(void **state)
{
	const uint32_t flags[] = {0, 0, MISSED};
	struct reader *r;

	(void)state;
	write_pages("per_cpu/cpu0/trace_pipe_raw", "abc", flags);
	r = open_it();
	write_lost(0, 5, 0);
	reader_absorb(r);
	assert_int_equal(expect_page(r, 0, 'a'), 0);
	assert_int_equal(expect_page(r, 0, 'b'), 0);
	assert_int_equal(expect_page(r, 0, 'c'), 5);
	reader_close(r);
}

/* Wherever the reader went for a page, it is back afterwards. */
static void test_home(void **state)
{
	cpu_set_t before, after;
	struct reader *r;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	write_pages("per_cpu/cpu0/trace_pipe_raw", "ab", NULL);
	r = open_it();
	expect_page(r, 0, 'a');
	reader_absorb(r);
	assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
	assert_true(CPU_EQUAL(&before, &after));
	reader_close(r);
}

static void test_left(void **state)
{
	struct reader *r;

	(void)state;
	r = open_it();
	write_file("per_cpu/cpu0/stats", "entries: 22\noverrun: 0\ncommit overrun: 0\n");
	write_file("per_cpu/cpu12/stats", "overrun: 22\n");
	assert_int_equal(reader_left(r, 0), 22);
	assert_int_equal(reader_left(r, 1), 0);
	reader_close(r);
}

static void test_bad_header(void **state)
{
	static const char *const texts[] = {
		"",
		"field: local_t commit;\toffset:8;\tsize:8;\n",
		"\tfield: local_t commit;\toffset:8;\tsize:5;\n\tfield: char data;\toffset:16;\tsize:240;\n",
		"\tfield: local_t commit;\toffset:8;\tsize:8;\n\tfield: char data;\toffset:16;\tsize:-1;\n",
		"\tfield: local_t commit;\toffset:8;\tsize:8;\n\tfield: char data;\toffset:16;\tsize:99999999;\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct error e = {.text = ""};

		write_file("events/header_page", texts[i]);
		assert_null(reader_open(dir, &e));
		assert_non_null(strstr(e.text, "header_page"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_streams, fresh),
		cmocka_unit_test_setup(test_absorb, fresh),
		cmocka_unit_test_setup(test_close_with_pages_held, fresh),
		cmocka_unit_test_setup(test_losses, fresh),
		cmocka_unit_test_setup(test_losses_of_absorbed_pages, fresh),
		cmocka_unit_test_setup(test_home, fresh),
		cmocka_unit_test_setup(test_left, fresh),
		cmocka_unit_test_setup(test_bad_header, fresh),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
