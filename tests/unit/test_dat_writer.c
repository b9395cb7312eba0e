/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dat_image.h"
#include "falloctrace/dat.h"

#define HEADER_PAGE "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
#define HEADER_EVENT "# compressed entry header\n"

static const struct dat_event_format events[] = {
	{"falloctrace_7", "vfs_enter", "name: vfs_enter\nID: 9\n", 22},
	{"task", "task_newtask", "name: task_newtask\n", 19},
	{"falloctrace_7", "vfs_exit", "name: vfs_exit\n", 15},
};
static const char *const stats[] = {"entries: 0\noverrun: 1\n", "", NULL, "entries: 5\n"};

static struct trace_info info;

static int setup(void **state)
{
	(void)state;
	info_init(&info);
	strcpy(info.host, "somewhere");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	info_free(&info);
	unlink(image_path());
	return 0;
}

static struct dat_contents contents(void)
{
	return (struct dat_contents){
		.header_page = HEADER_PAGE,
		.header_event = HEADER_EVENT,
		.events = events,
		.events_count = 3,
		.kallsyms = "ffffffff81000000 t io_fallocate\n",
		.cmdlines = "42 postgres\n",
		.trace_clock = "local global [mono] boot",
		.uname = "Linux somewhere 6.1.0 x86_64",
		.cpustat = stats,
		.info = &info,
		.subbuf_size = 4096,
	};
}

static void fill(unsigned char page[4096], int cpu, int n)
{
	for (int i = 0; i < 4096; i++)
		page[i] = (unsigned char)(i * 7 + cpu * 31 + n);
}

static void put_pages(struct dat_writer *w, int cpu, int count)
{
	unsigned char page[4096];
	struct error e;

	for (int n = 0; n < count; n++) {
		fill(page, cpu, n);
		assert_int_equal(dat_writer_page(w, cpu, page, sizeof(page), &e), 0);
	}
}

/* What the description says that the file must be, byte by byte, up to the table. */
static void expect_head(struct image *im)
{
	char *info_text;
	size_t info_size;
	struct error e;
	FILE *f = open_memstream(&info_text, &info_size);

	assert_int_equal(info_write(&info, f, &e), 0);
	fclose(f);
	im->big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	image_start(im, "6", sizeof(long), 4096);
	image_string(im, "header_page");
	image_text64(im, HEADER_PAGE);
	image_string(im, "header_event");
	image_text64(im, HEADER_EVENT);
	image_u32(im, 0); /* ftrace's own */
	image_u32(im, 2); /* systems */
	image_string(im, "falloctrace_7");
	image_u32(im, 2);
	image_text64(im, events[0].text);
	image_text64(im, events[2].text);
	image_string(im, "task");
	image_u32(im, 1);
	image_text64(im, events[1].text);
	image_text32(im, "ffffffff81000000 t io_fallocate\n");
	image_text32(im, ""); /* printk */
	image_text64(im, "42 postgres\n");
	image_u32(im, 4); /* CPUs */
	image_string(im, "options  ");
	image_option(im, 4, "local global [mono] boot", 25);
	image_option(im, 5, "Linux somewhere 6.1.0 x86_64", 29);
	image_u16(im, 8);
	image_u32(im, 4);
	image_u32(im, 4);
	image_option(im, 2, "CPU: 0\nentries: 0\noverrun: 1\n", 30);
	image_option(im, 2, "CPU: 3\nentries: 5\n", 19);
	image_option(im, 0x5446, info_text, info_size);
	free(info_text);
	image_u16(im, 0);
	image_string(im, "flyrecord");
}

static void whole_file(void **state)
{
	static const int pages[4] = {2, 0, 1, 40};
	struct dat_contents c = contents();
	struct image im = {0};
	struct dat_writer *w;
	unsigned char *file, page[4096];
	uint64_t at;
	struct error e;
	struct stat st;
	FILE *f;

	(void)state;
	w = dat_writer_create(image_path(), 4, &e);
	assert_non_null(w);
	for (int cpu = 3; cpu >= 0; cpu--)
		put_pages(w, cpu, pages[cpu]);
	assert_int_equal(dat_writer_bytes(w), 43 * 4096);
	assert_int_equal(access(image_path(), F_OK), -1); /* not before it is whole */
	assert_int_equal(dat_writer_finish(w, &c, &e), 0);
	dat_writer_close(w);

	expect_head(&im);
	at = (im.size + 4 * 16 + 8 + 6 + 4095) / 4096 * 4096;
	for (int cpu = 0; cpu < 4; cpu++) {
		image_u64(&im, at);
		image_u64(&im, (uint64_t)pages[cpu] * 4096);
		at += (uint64_t)pages[cpu] * 4096;
	}
	image_text64(&im, "[mono]");
	image_align(&im, 4096);
	for (int cpu = 0; cpu < 4; cpu++) {
		for (int n = 0; n < pages[cpu]; n++) {
			fill(page, cpu, n);
			image_bytes(&im, page, sizeof(page));
		}
	}
	assert_int_equal(stat(image_path(), &st), 0);
	assert_int_equal(st.st_size, im.size);
	assert_int_equal(st.st_mode & 07777, 0600);
	file = malloc(im.size);
	f = fopen(image_path(), "r");
	assert_int_equal(fread(file, 1, im.size, f), im.size);
	fclose(f);
	for (size_t i = 0; i < im.size; i++)
		if (file[i] != im.data[i])
			fail_msg("byte %zu is %d, not %d", i, file[i], im.data[i]);
	free(file);
	image_free(&im);
}

static void pages_can_be_read_again(void **state)
{
	unsigned char page[4096], got[8192];
	struct dat_writer *w;
	struct error e;
	size_t size;

	(void)state;
	w = dat_writer_create(image_path(), 2, &e);
	put_pages(w, 1, 3);
	fill(page, 1, 2);
	assert_int_equal(dat_writer_read(w, 1, 8192, got, sizeof(got), &size, &e), 0);
	assert_int_equal(size, 4096);
	assert_memory_equal(got, page, 4096);
	assert_int_equal(dat_writer_read(w, 1, 12288, got, sizeof(got), &size, &e), 0);
	assert_int_equal(size, 0);
	assert_int_equal(dat_writer_read(w, 0, 0, got, sizeof(got), &size, &e), 0);
	assert_int_equal(size, 0);
	assert_int_equal(dat_writer_read(w, 2, 0, got, sizeof(got), &size, &e), -1);
	dat_writer_close(w);
}

static void wrong_use(void **state)
{
	struct dat_contents c = contents();
	unsigned char page[8192] = {0};
	struct dat_writer *w;
	struct error e;

	(void)state;
	assert_null(dat_writer_create(image_path(), 0, &e));
	assert_null(dat_writer_create(image_path(), -1, &e));
	assert_null(dat_writer_create(image_path(), 1 << 20, &e));
	w = dat_writer_create(image_path(), 2, &e);
	assert_int_equal(dat_writer_page(w, -1, page, 4096, &e), -1);
	assert_int_equal(dat_writer_page(w, 2, page, 4096, &e), -1);
	assert_int_equal(dat_writer_page(w, 0, page, 4096, &e), 0);
	assert_int_equal(dat_writer_page(w, 0, page, 8192, &e), -1);
	assert_int_equal(dat_writer_page(w, 1, page, 4095, &e), -1);
	c.subbuf_size = 8192;
	assert_int_equal(dat_writer_finish(w, &c, &e), -1);
	assert_int_equal(access(image_path(), F_OK), -1);
	c.subbuf_size = 4096;
	assert_int_equal(dat_writer_finish(w, &c, &e), 0);
	assert_int_equal(dat_writer_finish(w, &c, &e), -1);
	assert_int_equal(dat_writer_page(w, 0, page, 4096, &e), -1);
	dat_writer_close(w);
	dat_writer_close(NULL);
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

static void nothing_is_left_without_a_finish(void **state)
{
	struct dat_writer *w;
	struct error e;

	(void)state;
	w = dat_writer_create(image_path(), 3, &e);
	put_pages(w, 0, 10);
	assert_int_equal(entries(), 0);
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
	w = dat_writer_create(image_path(), 1, &e);
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
		assert_null(dat_writer_create(paths[i], 1, &e));
		assert_true(e.text[0]);
		assert_null(strchr(e.text, '\n'));
	}
	memset(long_path, 'x', sizeof(long_path));
	long_path[300] = '\0';
	assert_null(dat_writer_create(long_path, 1, &e));

	snprintf(link_path, sizeof(link_path), "%s.link", image_path());
	assert_int_equal(symlink("/etc/passwd", link_path), 0);
	assert_null(dat_writer_create(link_path, 1, &e));
	assert_non_null(strstr(e.text, "symbolic link"));
	unlink(link_path);
	assert_int_equal(mkfifo(link_path, 0600), 0);
	assert_null(dat_writer_create(link_path, 1, &e));
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
	w = dat_writer_create(image_path(), 1, &e);
	put_pages(w, 0, 1);
	assert_int_equal(symlink("/tmp/falloctrace-never-there", image_path()), 0);
	assert_int_equal(dat_writer_finish(w, &c, &e), -1);
	dat_writer_close(w);
	assert_int_equal(lstat("/tmp/falloctrace-never-there", &st), -1);
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
	w = dat_writer_create(path, 1, &e);
	assert_non_null(w);
	put_pages(w, 0, 1);
	assert_int_equal(dat_writer_finish(w, &c, &e), 0);
	dat_writer_close(w);
	assert_int_equal(unlink(path), 0);
}

/* A limit on file sizes stands for a full disk: either way write(2) fails half-way. */
static void no_space(void **state)
{
	struct rlimit limit = {3 * 4096 + 100, RLIM_INFINITY}, old;
	struct dat_contents c = contents();
	unsigned char page[4096] = {0};
	struct dat_writer *w;
	struct error e;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	w = dat_writer_create(image_path(), 2, &e);
	limit.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
	put_pages(w, 0, 3);
	assert_int_equal(dat_writer_page(w, 0, page, sizeof(page), &e), -1);
	assert_non_null(strstr(e.text, "File too large"));
	assert_null(strchr(e.text, '\n'));
	assert_int_equal(dat_writer_bytes(w), 3 * 4096); /* what was whole is kept */
	assert_int_equal(dat_writer_finish(w, &c, &e), -1);
	assert_non_null(strstr(e.text, "File too large"));
	dat_writer_close(w);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(entries(), 0);
}

static void no_pages_at_all(void **state)
{
	struct dat_contents c = contents();
	struct dat_writer *w;
	struct error e;

	(void)state;
	c.cpustat = NULL;
	c.events_count = 0;
	c.info = NULL;
	c.trace_clock = c.uname = c.cmdlines = c.kallsyms = "";
	w = dat_writer_create(image_path(), 1, &e);
	assert_int_equal(dat_writer_finish(w, &c, &e), 0);
	dat_writer_close(w);
	assert_int_equal(access(image_path(), F_OK), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(whole_file),
		T(pages_can_be_read_again),
		T(wrong_use),
		T(nothing_is_left_without_a_finish),
		T(an_old_file_is_replaced_at_the_end),
		T(refused_targets),
		T(a_link_that_appears_is_refused),
		T(a_long_name),
		T(no_space),
		T(no_pages_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
