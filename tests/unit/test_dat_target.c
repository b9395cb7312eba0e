/* SPDX-License-Identifier: MIT */
/* How a recording comes to its place: whole, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dat_image.h"
#include "falloctrace/dat_writer.h"

static int setup(void **state)
{
	(void)state;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(image_path());
	return 0;
}

static struct dat_contents contents(void)
{
	return (struct dat_contents){
		.header_page = "",
		.header_event = "",
		.kallsyms = "",
		.cmdlines = "",
		.trace_clock = "",
		.uname = "",
		.subbuf_size = 4096,
	};
}

static void put_pages(struct dat_writer *w, int cpu, int count)
{
	unsigned char page[4096] = {0};
	struct error e;

	while (count--)
		assert_int_equal(dat_writer_page(w, cpu, page, sizeof(page), &e), 0);
}

static int entries(void)
{
	char dir[256];
	struct dirent *d;
	int count = 0;
	DIR *h;

	snprintf(dir, sizeof(dir), "%s", image_path());
	*strrchr(dir, '/') = '\0';
	h = opendir(dir);
	while ((d = readdir(h)))
		count += d->d_name[0] != '.';
	closedir(h);
	return count;
}

/* … unless there are pages that somebody could miss: see test_dat_partial. */
static void nothing_is_left_without_pages(void **state)
{
	struct dat_writer *w;
	struct error e;

	(void)state;
	w = dat_writer_create(image_path(), 3, 4096, &e);
	assert_int_equal(entries(), 1);
	assert_string_equal(strrchr(dat_writer_folder(w), '/'), "/trace.dat.partial");
	dat_writer_close(w);
	assert_int_equal(entries(), 0);
	w = dat_writer_create(image_path(), 3, 4096, &e);
	put_pages(w, 0, 10);
	dat_writer_discard(w);
	dat_writer_close(w);
	assert_int_equal(entries(), 0);
}

static void an_old_file_is_replaced_at_the_end(void **state)
{
	struct dat_contents c = contents();
	struct dat_writer *w;
	char start[4] = "";
	struct error e;
	FILE *f;

	(void)state;
	f = fopen(image_path(), "w");
	fputs("old", f);
	fclose(f);
	w = dat_writer_create(image_path(), 1, 4096, &e);
	put_pages(w, 0, 1);
	f = fopen(image_path(), "r");
	assert_int_equal(fread(start, 1, 4, f), 3);
	assert_int_equal(dat_writer_finish(w, &c, &e), 0);
	dat_writer_close(w);
	rewind(f);
	assert_int_equal(fread(start, 1, 4, f), 3); /* who had it open has it still */
	fclose(f);
	f = fopen(image_path(), "r");
	assert_int_equal(fread(start, 1, 4, f), 4);
	assert_memory_equal(start, "\x17\x08\x44t", 4);
	fclose(f);
	assert_int_equal(entries(), 1);
}

static void refused_targets(void **state)
{
	static const char *const paths[] = {
		"", "/", "/tmp", "/tmp/", ".", "..", "-", "/dev/null", "/dev/stdout", "/nonexistent/trace.dat",
	};
	char link_path[256], long_path[400];
	struct error e;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		e.text[0] = '\0';
		assert_null(dat_writer_create(paths[i], 1, 4096, &e));
		assert_true(e.text[0]);
		assert_null(strchr(e.text, '\n'));
	}
	memset(long_path, 'x', sizeof(long_path));
	long_path[300] = '\0';
	assert_null(dat_writer_create(long_path, 1, 4096, &e));

	snprintf(link_path, sizeof(link_path), "%s.link", image_path());
	assert_int_equal(symlink("/etc/passwd", link_path), 0);
	assert_null(dat_writer_create(link_path, 1, 4096, &e));
	assert_non_null(strstr(e.text, "symbolic link"));
	unlink(link_path);
	assert_int_equal(mkfifo(link_path, 0600), 0);
	assert_null(dat_writer_create(link_path, 1, 4096, &e));
	unlink(link_path);
}

/* Somebody puts a link there while we record: it is not followed. */
static void a_link_that_appears_is_refused(void **state)
{
	struct dat_contents c = contents();
	struct dat_writer *w;
	struct error e;
	struct stat st;

	(void)state;
	w = dat_writer_create(image_path(), 1, 4096, &e);
	put_pages(w, 0, 1);
	assert_int_equal(symlink("/tmp/falloctrace-never-there", image_path()), 0);
	assert_int_equal(dat_writer_finish(w, &c, &e), -1);
	assert_int_equal(lstat("/tmp/falloctrace-never-there", &st), -1);
	assert_int_equal(entries(), 2);
	unlink(image_path());
	assert_int_equal(dat_writer_finish(w, &c, &e), 0); /* nothing was lost by it */
	dat_writer_close(w);
	assert_int_equal(entries(), 1);
}

static void a_long_name(void **state)
{
	struct dat_contents c = contents();
	struct dat_writer *w;
	char path[400];
	struct error e;

	(void)state;
	snprintf(path, sizeof(path), "%s", image_path());
	memset(strrchr(path, '/') + 1, 'n', 255);
	strrchr(path, '/')[256] = '\0';
	w = dat_writer_create(path, 1, 4096, &e);
	assert_non_null(w);
	put_pages(w, 0, 1);
	assert_int_equal(dat_writer_finish(w, &c, &e), 0);
	dat_writer_close(w);
	assert_int_equal(unlink(path), 0);
}

static struct rlimit set_limit(rlim_t size)
{
	struct rlimit limit, old;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	limit = old;
	limit.rlim_cur = size;
	setrlimit(RLIMIT_FSIZE, &limit);
	return old;
}

/* A limit on file sizes stands for a full disk: either way write(2) fails half-way. */
static void a_write_that_fails(void **state)
{
	struct dat_contents c = contents();
	unsigned char page[4096] = {0};
	struct dat_writer *w;
	struct rlimit old;
	struct error e;
	struct stat st;
	size_t size;
	int cpu;

	(void)state;
	w = dat_writer_create(image_path(), 2, 4096, &e);
	old = set_limit(3 * 4096 + 100);
	put_pages(w, 1, 5);
	assert_int_equal(dat_writer_flush(w, &e), -1);
	assert_non_null(strstr(e.text, "File too large"));
	assert_null(strchr(e.text, '\n'));
	assert_non_null(dat_writer_unwritten(w, &cpu, &size));
	assert_int_equal(cpu, 1);
	assert_int_equal(size, 2 * 4096);
	assert_null(dat_writer_unwritten(w, &cpu, &size));
	assert_int_equal(dat_writer_bytes(w), 3 * 4096); /* what was whole is kept */
	assert_int_equal(dat_writer_page(w, 0, page, sizeof(page), &e), 0);
	assert_int_equal(dat_writer_flush(w, &e), -1); /* and nothing after it */
	assert_int_equal(dat_writer_finish(w, &c, &e), -1);
	assert_non_null(strstr(e.text, "File too large"));
	assert_int_equal(entries(), 1); /* the folder */
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(dat_writer_finish(w, &c, &e), 0);
	dat_writer_close(w);
	assert_int_equal(entries(), 1);
	assert_int_equal(stat(image_path(), &st), 0);
	assert_int_equal(st.st_size, 4096 + 3 * 4096);
}

/* A limit that is known from the start leaves room for the file that it all becomes. */
static void a_limit(void **state)
{
	struct dat_contents c = contents();
	unsigned char page[4096] = {0};
	struct dat_writer *w;
	struct rlimit old;
	struct error e;
	int pages = 0;

	(void)state;
	old = set_limit(1 << 20);
	w = dat_writer_create(image_path(), 2, 4096, &e);
	while (pages < 1000 && !dat_writer_page(w, pages / 16 % 2, page, sizeof(page), &e))
		pages++;
	assert_in_range(pages, 100, 255);
	assert_non_null(strstr(e.text, "File too large"));
	assert_int_equal(dat_writer_finish(w, &c, &e), 0);
	assert_true(dat_writer_bytes(w) >= 400 * 1024);
	dat_writer_close(w);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(entries(), 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(nothing_is_left_without_pages),
		T(an_old_file_is_replaced_at_the_end),
		T(refused_targets),
		T(a_link_that_appears_is_refused),
		T(a_long_name),
		T(a_write_that_fails),
		T(a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
