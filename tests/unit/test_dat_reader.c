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
#include "falloctrace/dat_writer.h"

static void check_pages(struct dat_reader *r, const struct kind k)
{
	static const int first[3] = {0, 2, 3}, count[3] = {2, 1, 1}, cpu[3] = {0, 2, 1};
	struct source *s = dat_reader_source(r);
	struct error e;

	assert_int_equal(s->cpus, 3);
	if (k.packing == PLAIN)
		assert_int_equal(dat_reader_size(r), 4 * PAGE);
	assert_int_equal(dat_reader_problems(r), 0);
	assert_null(dat_reader_problem(r, 0));
	for (int i = 0; i < 3; i++) {
		struct page page;

		assert_int_equal(s->cpu_number(s, i), cpu[i]);
		for (int n = 0; n < count[i]; n++) {
			struct image expected = {.big = k.big};

			put_page(&expected, k, first[i] + n);
			assert_int_equal(s->next(s, i, &page, &e), PAGE_OK);
			assert_int_equal(page.size, PAGE);
			assert_int_equal(page.lost, 0);
			assert_memory_equal(page.data, expected.data, PAGE);
			image_free(&expected);
		}
		assert_int_equal(s->next(s, i, &page, &e), PAGE_END);
		assert_int_equal(s->next(s, i, &page, &e), PAGE_END);
	}
	assert_int_equal(dat_reader_position(r), dat_reader_size(r));
}

static void check_info(struct dat_reader *r, struct kind k)
{
	struct trace_info info;
	struct error e;

	info_init(&info);
	assert_int_equal(dat_reader_info(r, &info, &e), 0);
	assert_string_equal(info.host, k.notes ? "db-7" : "host-5");
	assert_string_equal(info.release, "6.1.0-x");
	assert_string_equal(info.machine, "aarch64");
	assert_string_equal(info.clock, k.notes ? "mono" : "boot");
	assert_true(info.has_utc_offset);
	assert_int_equal(info.utc_offset, k.notes ? 5 : 16000);
	if (k.notes) {
		assert_string_equal(symbols_find(info.symbols, 0xffffffff81000005), "vfs_fallocate");
		assert_null(info.find_symbol);
	}
	info_free(&info);
}

static void check_kind(struct kind k)
{
	struct dat_reader *r;
	struct schema *s;
	struct image im;
	struct error e;

	make(&im, k);
	r = open_image(&im, &e);
	if (!r)
		fail_msg("%s", e.text);
	assert_int_equal(dat_reader_format(r)->big_endian, k.big);
	assert_int_equal(dat_reader_format(r)->long_size, k.long_size);
	s = schema_new(dat_reader_format(r));
	assert_int_equal(dat_reader_schema(r, s, &e), 0);
	assert_int_equal(schema_count(s), 1);
	schema_free(s);
	check_info(r, k);
	check_pages(r, k);
	dat_reader_close(r);
	image_free(&im);
}

static void every_kind(void **state)
{
	(void)state;
	for (int i = 0; i < 16; i++)
		check_kind((struct kind){
			.version = i & 1 ? 6 : 7, .big = i & 2, .long_size = i & 4 ? 4 : 8, .notes = i & 8});
	dat_reader_close(NULL);
}

static void every_compressed_kind(void **state)
{
	(void)state;
	for (int i = 0; i < 64; i++)
		check_kind((struct kind){.version = 7,
					 .packing = i & 1 ? ZSTD : ZLIB,
					 .big = i & 2,
					 .long_size = i & 4 ? 4 : 8,
					 .chunk = i & 8 ? 1 : 10,
					 .short_size = i & 16,
					 .early = i & 32});
}

static const char *look_up(struct trace_info *info, uint64_t addr)
{
	info->find_symbol(info->find_ctx, info->symbols, addr);
	return symbols_find(info->symbols, addr);
}

static void symbols_of_other_files(void **state)
{
	struct kind k = {.version = 7, .long_size = 8};
	struct trace_info info;
	struct dat_reader *r;
	struct image im;
	struct error e;

	(void)state;
	make(&im, k);
	r = open_image(&im, &e);
	info_init(&info);
	assert_int_equal(dat_reader_info(r, &info, &e), 0);
	assert_non_null(info.find_symbol);
	assert_string_equal(look_up(&info, 0xffffffff81000010), "do_fallocate");
	assert_string_equal(look_up(&info, 0xffffffff810001ff), "do_fallocate");
	assert_string_equal(look_up(&info, 0xffffffff81000200), "io_fallocate");
	assert_string_equal(look_up(&info, 0xffffffff81000401), "last_of_them");
	assert_null(look_up(&info, 0xffffffff80ffffff));
	assert_null(look_up(&info, 0xffffffff82000000)); /* too far behind the last */
	assert_null(look_up(&info, 0));
	info_free(&info);
	dat_reader_close(r);
	image_free(&im);
}

static void check_text(struct dat_reader *r, enum dat_text which, const char *start)
{
	struct error e;
	size_t size;
	char *text = dat_reader_text(r, which, &size, &e);

	assert_non_null(text);
	assert_int_equal(strlen(text), size);
	if (strncmp(text, start, strlen(start)) || (!start[0] && size))
		fail_msg("\"%s\" is not \"%s\"", text, start);
	free(text);
}

static void check_event(struct dat_reader *r)
{
	const char *system;
	char name[256], *text;
	struct error e;
	size_t size;
	int id;

	assert_true(dat_reader_event(r, 0, name, sizeof(name), &id));
	assert_string_equal(name, "syscalls:sys_exit_fallocate");
	assert_int_equal(id, 7);
	assert_false(dat_reader_event(r, 1, name, sizeof(name), &id));
	assert_string_equal(dat_reader_event_names(r, name, sizeof(name)), "syscalls:sys_exit_fallocate");
	text = dat_reader_format_text(r, 0, &system, &size, &e);
	assert_string_equal(system, "syscalls");
	assert_int_equal(strlen(text), size);
	assert_int_equal(strncmp(text, "name: sys_exit_fallocate\nID: 7\n", 31), 0);
	free(text);
	assert_null(dat_reader_format_text(r, 1, &system, &size, &e));
}

static void check_buffers(const struct dat_about *a, struct kind k)
{
	assert_int_equal(a->buffers_count, 2);
	for (int i = 0; i < 2; i++) {
		assert_string_equal(a->buffers[i].name, i ? "inst" : "");
		assert_string_equal(a->buffers[i].clock, "boot");
		assert_int_equal(a->buffers[i].page_size, PAGE);
		assert_int_equal(a->buffers[i].cpus, i ? 1 : 2);
		if (k.packing == PLAIN)
			assert_int_equal(a->buffers[i].bytes, (i ? 1 : 3) * PAGE);
	}
}

static void check_about(struct dat_reader *r, struct kind k, size_t size)
{
	static const char *const compression[] = {"none", "zstd", "zlib"};
	const struct dat_about *a = dat_reader_about(r);

	assert_int_equal(a->size, size);
	assert_int_equal(a->version, k.version);
	assert_int_equal(a->big_endian, k.big);
	assert_int_equal(a->user_long_size, 8);
	assert_int_equal(a->kernel_long_size, k.long_size);
	assert_int_equal(a->page_size, PAGE);
	assert_string_equal(a->compression, compression[k.packing]);
	assert_string_equal(a->tool, k.notes ? "falloctrace 1" : "");
	assert_string_equal(a->uname, "Linux host-5 6.1.0-x aarch64");
	assert_string_equal(a->clock, "boot");
	assert_int_equal(a->cpus, k.version == 6 ? 3 : 0);
	assert_int_equal(a->events, 1);
	assert_false(a->guest);
	check_buffers(a, k);
}

static void what_it_says(void **state)
{
	(void)state;
	for (int i = 0; i < 16; i++) {
		struct kind k = {.version = i < 4 ? 6 : 7,
				 .big = i & 1,
				 .long_size = i & 2 ? 4 : 8,
				 .notes = i & 1,
				 .packing = i < 4 ? PLAIN : (enum packing)(i / 4 - 1)};
		struct dat_reader *r;
		struct source *s;
		struct image im;
		struct error e;

		make(&im, k);
		r = open_image(&im, &e);
		assert_string_equal(dat_reader_name(r), image_path());
		check_about(r, k, im.size);
		check_event(r);
		check_text(r, DAT_TEXT_HEADER_PAGE, "\tfield: u64 timestamp;\toffset:0;");
		check_text(r, DAT_TEXT_HEADER_EVENT, "# compressed entry header\n");
		check_text(r, DAT_TEXT_KALLSYMS, "ffffffff81000000 T do_fallocate\n");
		check_text(r, DAT_TEXT_CMDLINES, k.version == 6 ? "12 sh\n" : "");
		check_text(r, DAT_TEXT_CLOCK, k.version == 6 ? "[boot]" : "local [boot] mono");
		check_text(r, DAT_TEXT_UNAME, "Linux host-5 6.1.0-x aarch64");
		s = dat_reader_source(r);
		for (int n = 0; n < 3; n++)
			assert_int_equal(s->buffer_number(s, n), n / 2);
		dat_reader_close(r);
		image_free(&im);
	}
}

/* Of two buffers without a name, the last counts: as trace-cmd has it. */
static void the_last_of_two_top_buffers(void **state)
{
	struct kind k = {.version = 7, .long_size = 8};
	struct dat_reader *r;
	struct source *s;
	struct image im;
	struct error e;
	size_t at, next, pages, buffer;

	(void)state;
	make(&im, k);
	buffer = place_of(&im, "\x03\x00\x00\x00\xff\xff\xff\xff", 8);
	pages = (buffer + 16 + PAGE - 1) / PAGE * PAGE;
	next = im.size - 8;
	image_set_u64(&im, next, im.size);
	at = image_section(&im, 0, 0);
	begin_buffer(&im, buffer, "", 1);
	put_cpu(&im, 7, pages, PAGE); /* the very pages of the first: no overlap, since that is gone */
	end_options(&im, at);
	r = open_image(&im, &e);
	if (!r)
		fail_msg("%s", e.text);
	s = dat_reader_source(r);
	assert_int_equal(s->cpus, 2);
	assert_int_equal(s->cpu_number(s, 0), 1);
	assert_int_equal(s->cpu_number(s, 1), 7);
	dat_reader_close(r);
	image_free(&im);
}

static void from_a_pipe(void **state)
{
	struct kind k = {.version = 7, .long_size = 8, .notes = true};
	int fds[2], saved = dup(0), status;
	struct dat_reader *r;
	struct image im;
	struct error e;
	pid_t pid;

	(void)state;
	make(&im, k);
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (!pid) {
		close(fds[0]);
		_exit(write(fds[1], im.data, im.size) != (ssize_t)im.size);
	}
	close(fds[1]);
	dup2(fds[0], 0);
	close(fds[0]);
	r = dat_reader_open("-", &e);
	if (!r)
		fail_msg("%s", e.text);
	check_pages(r, k);
	dat_reader_close(r);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	dup2(saved, 0);
	close(saved);
	image_free(&im);
}

static void from_standard_input_that_is_a_file(void **state)
{
	struct kind k = {.version = 6, .long_size = 8, .notes = true};
	int saved = dup(0);
	struct dat_reader *r;
	struct image im;
	struct error e;
	FILE *f;

	(void)state;
	make(&im, k);
	image_write(&im, image_path());
	f = fopen(image_path(), "r");
	dup2(fileno(f), 0);
	r = dat_reader_open("-", &e);
	if (!r)
		fail_msg("%s", e.text);
	check_pages(r, k);
	dat_reader_close(r);
	fclose(f);
	dup2(saved, 0);
	close(saved);
	image_free(&im);
}

/* The clock ends what precedes the pages: they may not lie over it. */
static void check_clock(void)
{
	static const char expected[] = "\6\0\0\0\0\0\0\0[mono]";
	char head[3 * 4096];
	FILE *f = fopen(image_path(), "r");
	size_t size = fread(head, 1, sizeof(head), f);
	const char *tag = memmem(head, size, "flyrecord", 10);

	fclose(f);
	assert_non_null(tag);
	assert_memory_equal(tag + 10 + 2 * 16, expected, sizeof(expected) - 1);
}

/* The table's place depends on the length of all before it: every length must come out right. */
static void what_our_writer_writes(void **state)
{
	static char symbols[4096 + 200], page[PAGE];

	(void)state;
	for (size_t n = 4096 - 600; n < 4096 + 100; n += 16) {
		struct dat_contents c = {.header_page = "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n",
					 .header_event = "",
					 .cmdlines = "",
					 .trace_clock = "[mono]",
					 .uname = "Linux a b c",
					 .subbuf_size = PAGE};
		struct dat_writer *w;
		struct dat_reader *r;
		struct source *s;
		struct page got;
		struct error e;

		memset(symbols, 'x', sizeof(symbols));
		symbols[n] = '\0';
		c.kallsyms = symbols;
		w = dat_writer_create(image_path(), 2, PAGE, &e);
		for (int i = 0; i < 2; i++) {
			memset(page, i + 1, sizeof(page));
			assert_int_equal(dat_writer_page(w, i, page, PAGE, &e), 0);
		}
		assert_int_equal(dat_writer_finish(w, &c, &e), 0);
		dat_writer_close(w);
		r = dat_reader_open(image_path(), &e);
		if (!r)
			fail_msg("%zu: %s", n, e.text);
		s = dat_reader_source(r);
		assert_int_equal(s->next(s, 0, &got, &e), PAGE_OK);
		assert_int_equal(*(const char *)got.data, 1);
		assert_int_equal(s->next(s, 1, &got, &e), PAGE_OK);
		assert_int_equal(*(const char *)got.data, 2);

		dat_reader_close(r);
		check_clock();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind),
		cmocka_unit_test(every_compressed_kind),
		cmocka_unit_test(symbols_of_other_files),
		cmocka_unit_test(what_it_says),
		cmocka_unit_test(the_last_of_two_top_buffers),
		cmocka_unit_test(from_a_pipe),
		cmocka_unit_test(from_standard_input_that_is_a_file),
		cmocka_unit_test(what_our_writer_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
