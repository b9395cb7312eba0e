/* SPDX-License-Identifier: MIT */
/*
 * Threads' names out of a file's cmdlines, hostile ones, too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dat/comms.h"
#include "dat_image.h"
#include "falloctrace/dat_reader.h"
#include "falloctrace/dat_writer.h"

#define PAGE 4096

static struct dat_reader *file_with(const char *cmdlines)
{
	struct dat_contents c = {.header_page = "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n",
				 .header_event = "",
				 .kallsyms = "",
				 .cmdlines = cmdlines,
				 .trace_clock = "[mono]",
				 .uname = "Linux host 6.1.0 riscv64",
				 .subbuf_size = PAGE};
	struct error e = {.text = ""};
	struct dat_writer *w = dat_writer_create(image_path(), 1, PAGE, &e);
	struct dat_reader *r;
	char page[PAGE] = "";

	assert_non_null(w);
	assert_int_equal(dat_writer_page(w, 0, page, PAGE, &e), 0);
	assert_int_equal(dat_writer_finish(w, &c, &e), 0);
	dat_writer_close(w);
	r = dat_reader_open(image_path(), &e);
	if (!r)
		fail_msg("%s", e.text);
	return r;
}

static void assert_name(const struct comms *c, int32_t tid, const char *name)
{
	const char *got = comms_find(c, tid);

	if (!name)
		assert_null(got);
	else
		assert_string_equal(got, name);
}

static void test_names(void **state)
{
	struct dat_reader *r = file_with("17 seventeen\n3 a name with blanks\n2147483647 last\n17 another\n1 init\n");
	struct comms *c = comms_read(r);

	(void)state;
	assert_non_null(c);
	assert_name(c, 1, "init");
	assert_name(c, 3, "a name with blanks");
	assert_name(c, 17, "another");
	assert_name(c, 2147483647, "last");
	assert_name(c, 2, NULL);
	assert_name(c, 0, NULL);
	assert_name(c, -1, NULL);
	comms_free(c);
	dat_reader_close(r);
}

static void test_hostile_lines(void **state)
{
	struct dat_reader *r = file_with("\n\n 5 five\nx y\n6\n7 \n8x eight\n-9 nine\n0 swapper\n"
					 "99999999999999999999 many\n4294967297 wraps\n10 ten");
	struct comms *c = comms_read(r);

	(void)state;
	assert_non_null(c);
	assert_name(c, 5, "five");
	assert_name(c, 10, "ten");
	for (int32_t tid = -9; tid < 5; tid++)
		assert_name(c, tid, NULL);
	for (int32_t tid = 6; tid < 10; tid++)
		assert_name(c, tid, NULL);
	comms_free(c);
	dat_reader_close(r);
}

static void test_none(void **state)
{
	struct dat_reader *r = file_with("");
	struct comms *c = comms_read(r);

	(void)state;
	assert_non_null(c);
	assert_name(c, 1, NULL);
	comms_free(c);
	comms_free(NULL);
	dat_reader_close(r);
}

/* What a file without our notes tells of itself. */
static void test_info(void **state)
{
	struct dat_reader *r = file_with("17 seventeen\n");
	struct trace_info info;
	struct error e;

	(void)state;
	info_init(&info);
	assert_int_equal(dat_reader_info(r, &info, &e), 0);
	assert_string_equal(info.machine, "riscv64");
	assert_int_equal(info.fallocate_nr, 47);
	assert_non_null(info.find_comm);
	assert_string_equal(info.find_comm(info.find_ctx, 17), "seventeen");
	assert_null(info.find_comm(info.find_ctx, 18));
	info_free(&info);
	dat_reader_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_hostile_lines),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_info),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
