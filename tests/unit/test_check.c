/* SPDX-License-Identifier: MIT */
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

#include "cmd/cmd.h"
#include "replay_image.h"

#define NOTES "host alpha\nrelease 6.1.0\nmachine x86_64\nclock mono\nutc_offset 1700000000000000000\n"

static const struct made_call calls[] = {{5000000, 1000, 11, 1, 0}, {30000000, 1500, 12, 3, -28}};

/* What --check writes of some files; its status. */
static int check(const char *option, const char *a, const char *b, char *text, size_t size, struct error *e)
{
	char *argv[] = {strdup("falloctrace"),
			strdup("replay"),
			strdup("--check"),
			strdup(option),
			strdup("-o"),
			strdup(recording_path("out")),
			strdup(a),
			b ? strdup(b) : NULL,
			NULL};
	struct options o;
	FILE *file;
	size_t n;
	int ret;

	memset(e, 0, sizeof(*e));
	assert_int_equal(options_parse(&o, b ? 8 : 7, argv, e), 0);
	ret = cmd_replay(&o, e);
	options_free(&o);
	file = fopen(argv[5], "r");
	assert_non_null(file);
	n = fread(text, 1, size - 1, file);
	text[n] = 0;
	fclose(file);
	unlink(argv[5]);
	for (int i = 0; i < 8; i++)
		free(argv[i]);
	return ret;
}

/* Written by hand from what recording_image puts in. */
static void a_sound_file(void **state)
{
	const char *path = recording_file("a", NOTES, calls, 2);
	char text[4096], want[4096];
	struct error e;
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 8192);
	assert_int_equal(check("-q", path, NULL, text, sizeof(text), &e), 0);
	snprintf(want, sizeof(want),
		 "%s: trace.dat version 6, 8K\n"
		 "  format        little endian, longs of 8 bytes\n"
		 "  recorded by   falloctrace 1\n"
		 "  machine       alpha, kernel 6.1.0 on x86_64, 1 CPU\n"
		 "  clock         mono, wall time is known\n"
		 "  buffer        4 events on 1 CPU, 1 page of 4K, 4K in the file\n"
		 "  events        4\n"
		 "                         2 syscalls:sys_enter_fallocate\n"
		 "                         2 syscalls:sys_exit_fallocate\n"
		 "  lost          nothing\n"
		 "  time          2023-11-14T22:13:20.005000Z to 2023-11-14T22:13:20.030001Z, 25.0ms\n"
		 "  fallocate     system-call tracepoints\n"
		 "  not told      comm, inode, path, size, blocks\n"
		 "  problems      none\n",
		 path);
	assert_string_equal(text, want);
	unlink(path);
}

static void a_sound_file_as_json(void **state)
{
	const char *path = recording_file("a", NOTES "lost 0 22\n", calls, 2);
	char text[4096], want[4096];
	struct error e;

	(void)state;
	assert_int_equal(check("-j", path, NULL, text, sizeof(text), &e), 0);
	snprintf(
		want, sizeof(want),
		"{\"type\":\"check\",\"file\":\"%s\",\"version\":6,\"size\":8192,\"big_endian\":false,\"long_size\":8,"
		"\"kernel_long_size\":8,\"page_size\":4096,\"compression\":\"none\",\"tool\":\"falloctrace 1\","
		"\"host\":\"alpha\",\"release\":\"6.1.0\",\"machine\":\"x86_64\",\"cpus\":1,\"clock\":\"mono\","
		"\"ticks\":false,\"wall_time\":true,\"trace_id\":null,\"guest\":false,\"guests\":0,"
		"\"buffers\":[{\"name\":\"\",\"clock\":null,\"page_size\":4096,\"cpus\":1,\"bytes\":4096,"
		"\"pages\":1,\"events\":4}],\"events\":4,"
		"\"event_types\":[{\"id\":500,\"name\":\"syscalls:sys_enter_fallocate\",\"count\":2,\"fallocate\":true},"
		"{\"id\":501,\"name\":\"syscalls:sys_exit_fallocate\",\"count\":2,\"fallocate\":true}],"
		"\"lost\":22,\"gaps\":0,\"first_ts\":5000000,\"last_ts\":30001500,"
		"\"first_time\":\"2023-11-14T22:13:20.005000000Z\",\"last_time\":\"2023-11-14T22:13:20.030001500Z\","
		"\"fallocate\":[\"syscalls\"],\"not_told\":[\"comm\",\"inode\",\"path\",\"size\",\"blocks\"],"
		"\"problem_count\":0,\"problems\":[]}\n",
		path);
	assert_string_equal(text, want);
	unlink(path);
}

/* The page is cut behind its second record: two events remain, one problem is named, and the next file is looked at. */
static void what_is_broken_is_told(void **state)
{
	const char *a = recording_file("a", NOTES, calls, 2), *b = recording_file("b", NULL, calls, 1);
	char text[4096], *second;
	struct error e;

	(void)state;
	assert_int_equal(truncate(a, 4096 + 16 + 80), 0);
	assert_int_equal(check("-q", a, b, text, sizeof(text), &e), STATUS_ERROR);
	second = strstr(text, "b: trace.dat version 6");
	assert_non_null(second);
	assert_non_null(strstr(second, "  machine       unknown, 1 CPU\n"));
	assert_non_null(strstr(second, "  problems      none\n"));
	assert_non_null(strstr(second, ", wall time is not known\n"));
	assert_non_null(strstr(second, "  time          0.005000 to 0.005001, 1.0us\n"));
	*second = 0;
	assert_null(strstr(text, "problems      none"));
	assert_non_null(strstr(text, "at byte 4192"));
	unlink(a);
	unlink(b);
}

/* What was in it is lost, as a replay says. */
static void broken_page_is_a_loss(void **state)
{
	const char *path = recording_path("a");
	struct image im = {.data = NULL};
	char text[4096];
	struct error e;

	(void)state;
	recording_image(&im, NOTES, calls, 2);
	image_set_u64(&im, 4096 + 8, 0x7fff);
	image_write(&im, path);
	image_free(&im);
	assert_int_equal(check("-q", path, NULL, text, sizeof(text), &e), STATUS_ERROR);
	assert_non_null(strstr(text, "  lost          1 time a number that is not known\n"));
	assert_non_null(strstr(text, "claims to hold 32767 bytes of records (the page at byte 4096)\n"));
	unlink(path);
}

static void what_is_no_trace_is_told_and_the_next_is_checked(void **state)
{
	const char *a = recording_file("a", NOTES, calls, 2);
	char text[4096];
	struct error e;

	(void)state;
	listen_begin();
	assert_int_equal(check("-q", "/no/such/file", a, text, sizeof(text), &e), STATUS_ERROR);
	assert_string_equal(listen_end(), "falloctrace: cannot read /no/such/file: No such file or directory\n");
	assert_non_null(strstr(text, "  problems      none\n"));
	unlink(a);
}

/* Names of the file's go to a terminal. */
static void hostile_names_are_escaped(void **state)
{
	const char *a = recording_file("a", "host evil\\033[2J\nclock a\\012b\n", calls, 1);
	char text[4096];
	struct error e;

	(void)state;
	check("-q", a, NULL, text, sizeof(text), &e);
	assert_null(strchr(text, 033));
	assert_non_null(strstr(text, "machine       evil\\x1b[2J, 1 CPU\n"));
	assert_non_null(strstr(text, "clock         a\\nb, "));
	check("-j", a, NULL, text, sizeof(text), &e);
	assert_non_null(strstr(text, "\"host\":\"evil\\u001b[2J\""));
	unlink(a);
}

static void so_is_the_name_of_the_compression(void **state)
{
	struct image im = {0};
	char text[4096];
	struct error e;

	(void)state;
	image_start(&im, "7", 8, 4096);
	image_string(&im, "zstd\033[2J");
	image_string(&im, "1.5");
	image_u64(&im, 0);
	image_write(&im, image_path());
	image_free(&im);
	assert_int_equal(check("-q", image_path(), NULL, text, sizeof(text), &e), STATUS_ERROR);
	assert_null(strchr(text, 033));
	assert_non_null(strstr(text, "compressed with zstd\\x1b[2J\n"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_file),
		cmocka_unit_test(a_sound_file_as_json),
		cmocka_unit_test(what_is_broken_is_told),
		cmocka_unit_test(broken_page_is_a_loss),
		cmocka_unit_test(what_is_no_trace_is_told_and_the_next_is_checked),
		cmocka_unit_test(hostile_names_are_escaped),
		cmocka_unit_test(so_is_the_name_of_the_compression),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
