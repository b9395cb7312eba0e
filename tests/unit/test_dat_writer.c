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
#include <unistd.h>

#include "dat_image.h"
#include "falloctrace/dat_writer.h"
#include "falloctrace/event.h"

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
	image_option(im, 9, info_text, info_size + 1);
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
	w = dat_writer_create(image_path(), 4, 4096, &e);
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

/* Bytes of FILE.partial/cpuN. */
static size_t read_kept(int cpu, unsigned char *buf, size_t size)
{
	char path[300];
	size_t got;
	FILE *f;

	snprintf(path, sizeof(path), "%s.partial/cpu%d", image_path(), cpu);
	f = fopen(path, "r");
	assert_non_null(f);
	got = fread(buf, 1, size, f);
	fclose(f);
	return got;
}

/* More than a batch, of two CPUs by turns, and short ones: all is there at a flush, in its order. */
static void pages_come_in_batches(void **state)
{
	static unsigned char got[300 * 4096];
	unsigned char page[4096];
	struct dat_writer *w;
	struct error e;

	(void)state;
	w = dat_writer_create(image_path(), 2, 4096, &e);
	put_pages(w, 1, 100);
	put_pages(w, 0, 3);
	assert_int_equal(read_kept(1, got, sizeof(got)), 100 * 4096);
	assert_int_equal(read_kept(0, got, sizeof(got)), 0);
	assert_int_equal(dat_writer_bytes(w), 103 * 4096);
	assert_int_equal(dat_writer_flush(w, &e), 0);
	assert_int_equal(read_kept(0, got, sizeof(got)), 3 * 4096);
	fill(page, 1, 7);
	assert_int_equal(dat_writer_page(w, 1, page, 1000, &e), 0);
	assert_int_equal(dat_writer_flush(w, &e), 0);
	dat_writer_sync_soon(w);
	assert_int_equal(read_kept(1, got, sizeof(got)), 101 * 4096);
	for (int n = 0; n < 100; n++) {
		fill(page, 1, n);
		assert_memory_equal(got + n * 4096, page, 4096);
	}
	fill(page, 1, 7);
	memset(page + 1000, 0, 3096);
	assert_memory_equal(got + 100 * 4096, page, 4096);
	dat_writer_discard(w);
	dat_writer_close(w);
}

/* A page with size bytes of data, given to a writer that knows of a loss. */
static void write_lossy(unsigned long commit, uint64_t lost, uint64_t more, unsigned char got[4096])
{
	unsigned char page[4096], both[8192];
	struct dat_writer *w;
	struct error e;

	memset(page, 'p', sizeof(page));
	memcpy(page + 8, &commit, sizeof(commit));
	w = dat_writer_create(image_path(), 1, 4096, &e);
	dat_writer_lost(w, 0, lost);
	dat_writer_lost(w, 0, more);
	dat_writer_lost(w, 1, 5); /* no such CPU */
	dat_writer_lost(w, -1, 5);
	assert_int_equal(dat_writer_page(w, 0, page, sizeof(page), &e), 0);
	assert_int_equal(dat_writer_page(w, 0, page, sizeof(page), &e), 0);
	assert_int_equal(dat_writer_flush(w, &e), 0);
	assert_int_equal(read_kept(0, both, 8192), 8192);
	assert_memory_equal(both + 4096, page, 4096); /* the next one knows of nothing */
	memcpy(got, both, 4096);
	assert_memory_equal(got, page, 8);
	assert_memory_equal(got + 8 + sizeof(long), page + 8 + sizeof(long), commit & 0x7ffffff);
	dat_writer_discard(w);
	dat_writer_close(w);
}

static void check_mark(const unsigned char page[4096], unsigned long commit, size_t count_at, unsigned long count)
{
	unsigned long number;

	memcpy(&number, page + 8, sizeof(number));
	assert_true((uint32_t)number == commit);
	if (!count_at)
		return;
	memcpy(&number, page + count_at, sizeof(number));
	assert_true(number == count);
}

/* As trace-dat.md and the kernel have it: bit 31 lost, bit 30 their number behind the data. */
static void losses_are_marked(void **state)
{
	const size_t data = 8 + sizeof(long), whole = 4096 - data;
	unsigned char got[4096];

	(void)state;
	write_lossy(100, 7, 0, got);
	check_mark(got, 100 | 3UL << 30, data + 100, 7);
	write_lossy(0, 7, 8, got);
	check_mark(got, 0 | 3UL << 30, data, 15);
	write_lossy(100, LOST_UNKNOWN, 1, got);
	check_mark(got, 100 | 2UL << 30, data + 100, 0x7070707070707070 & ~0UL);
	write_lossy(whole - sizeof(long), 9, 0, got);
	check_mark(got, (whole - sizeof(long)) | 3UL << 30, 4096 - sizeof(long), 9);
	write_lossy(100 | 2UL << 30, 9, 0, got); /* flagged by the kernel, without a number */
	check_mark(got, 100 | 3UL << 30, data + 100, 9);
	write_lossy(100 | 3UL << 30, 9, 0, got); /* the kernel's number stays */
	check_mark(got, 100 | 3UL << 30, data + 100, 0x7070707070707070 & ~0UL);
	write_lossy(100, 0, 0, got);
	check_mark(got, 100, 0, 0);
}

/* A page that is full has no room for the number: one without records comes before it. */
static void losses_before_full_pages(void **state)
{
	static const struct {
		uint64_t lost;
		unsigned long flags; /* the kernel's own */
		bool before;
		size_t left;
	} cases[] = {
		{9, 0, true, 0},	  {9, 0, true, 4},  {9, 2UL << 30, true, 0}, {LOST_UNKNOWN, 0, false, 0},
		{9, 3UL << 30, false, 0}, {0, 0, false, 0},
	};
	const size_t whole = 4096 - 8 - sizeof(long);
	unsigned char page[4096], both[8192], zeros[4096] = {0};
	struct error e;

	(void)state;
	memset(page, 'p', sizeof(page));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dat_writer *w = dat_writer_create(image_path(), 1, 4096, &e);
		unsigned long commit = (whole - cases[i].left) | cases[i].flags;
		size_t size = cases[i].before ? 8192 : 4096;

		memcpy(page + 8, &commit, sizeof(commit));
		dat_writer_lost(w, 0, cases[i].lost);
		assert_int_equal(dat_writer_page(w, 0, page, sizeof(page), &e), 0);
		assert_int_equal(dat_writer_flush(w, &e), 0);
		assert_int_equal(read_kept(0, both, 8192), size);
		check_mark(both + size - 4096, commit | (cases[i].lost ? 2UL << 30 : 0), 0, 0);
		assert_memory_equal(both + size - 4096 + 8 + sizeof(long), page + 8 + sizeof(long), whole);
		if (cases[i].before) {
			check_mark(both, 3UL << 30, 8 + sizeof(long), 9);
			assert_memory_equal(both, page, 8);
			assert_memory_equal(both + 8 + 2 * sizeof(long), zeros, whole - sizeof(long));
		}
		dat_writer_discard(w);
		dat_writer_close(w);
	}
}

static void wrong_use(void **state)
{
	struct dat_contents c = contents();
	unsigned char page[8192] = {0};
	struct dat_writer *w;
	struct error e;

	(void)state;
	assert_null(dat_writer_create(image_path(), 0, 4096, &e));
	assert_null(dat_writer_create(image_path(), -1, 4096, &e));
	assert_null(dat_writer_create(image_path(), 1 << 20, 4096, &e));
	assert_null(dat_writer_create(image_path(), 1, 5000, &e));
	assert_null(dat_writer_create(image_path(), 1, 0, &e));
	w = dat_writer_create(image_path(), 2, 4096, &e);
	assert_int_equal(dat_writer_page(w, -1, page, 4096, &e), -1);
	assert_int_equal(dat_writer_page(w, 2, page, 4096, &e), -1);
	assert_int_equal(dat_writer_page(w, 0, page, 4096, &e), 0);
	assert_int_equal(dat_writer_page(w, 0, page, 8192, &e), -1);
	assert_int_equal(dat_writer_page(w, 1, page, 15, &e), -1);
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
	w = dat_writer_create(image_path(), 1, 4096, &e);
	assert_int_equal(dat_writer_finish(w, &c, &e), 0);
	dat_writer_close(w);
	assert_int_equal(access(image_path(), F_OK), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(whole_file), T(pages_come_in_batches), T(losses_are_marked), T(losses_before_full_pages),
		T(wrong_use),  T(no_pages_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
