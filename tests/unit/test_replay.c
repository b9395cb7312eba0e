/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/cmd.h"
#include "replay_image.h"

#define EVENTS_MAX 40
#define BROKEN_PAGES 12

/* A format as events/SYSTEM/NAME/format has it. */
static char *format_text(const char *name, int id, const char *fields)
{
	char *text;

	if (asprintf(&text,
		     "name: %s\nID: %d\nformat:\n"
		     "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		     "\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
		     "\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
		     "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n%s\nprint fmt: \"\"\n",
		     name, id, fields) < 0)
		fail();
	return text;
}

/* Version 6 up to the events of so many systems. */
static void begin_head(struct image *im, unsigned systems)
{
	memset(im, 0, sizeof(*im));
	image_start(im, "6", 8, 4096);
	image_headers(im, 8);
	image_u32(im, 0); /* ftrace's own events */
	image_u32(im, systems);
}

/* Each as {u64 size, text}. */
static void system_events(struct image *im, const char *system, char *const *texts, unsigned count)
{
	image_string(im, system);
	image_u32(im, count);
	for (unsigned i = 0; i < count; i++)
		image_text64(im, texts[i]);
}

/* … up to the tables. */
static void end_head(struct image *im)
{
	image_u32(im, 0); /* kallsyms */
	image_u32(im, 0); /* printk formats */
	image_u64(im, 0); /* comms */
	image_u32(im, 1); /* CPUs */
}

static void head(struct image *im, const char *system, char *const *texts, unsigned count)
{
	begin_head(im, count ? 1 : 0);
	if (count)
		system_events(im, system, texts, count);
	end_head(im);
}

/* Options, and one CPU with these pages (none: NULL). */
static void tail(struct image *im, const void *page, size_t size)
{
	size_t table;

	static const char notes[] = "falloctrace 1\nlost 3 22\n";

	image_bytes(im, "options  ", 10);
	if (size)
		image_option(im, 9, notes, sizeof(notes));
	image_u16(im, 0);
	image_bytes(im, "flyrecord", 10);
	table = im->size;
	image_u64(im, 0);
	image_u64(im, size);
	image_align(im, 4096);
	image_set_u64(im, table, im->size);
	if (size)
		image_bytes(im, page, size);
}

static int replay(const char *option, const char *path, char *out_path, struct error *e)
{
	char program[] = "falloctrace", command[] = "replay", o[] = "-o", opt[32], file[256];
	char *argv[] = {program, command, o, out_path, opt, file, NULL};
	struct options options;
	int ret;

	snprintf(opt, sizeof(opt), "%s", option);
	snprintf(file, sizeof(file), "%s", path);
	memset(e, 0, sizeof(*e));
	assert_int_equal(options_parse(&options, 6, argv, e), 0);
	ret = cmd_replay(&options, e);
	options_free(&options);
	return ret;
}

static void fails_with(const struct image *im, const char *why)
{
	char out[] = "/dev/null";
	struct error e;

	image_write(im, image_path());
	assert_int_equal(replay("-q", image_path(), out, &e), -1);
	if (!strstr(e.text, why))
		fail_msg("'%s' lacks '%s'", e.text, why);
	assert_int_equal(e.status, STATUS_ERROR);
}

static void a_file_without_fallocate_says_what_it_has(void **state)
{
	char *texts[EVENTS_MAX], name[32];
	struct image im;
	int i;

	(void)state;
	head(&im, "sched", NULL, 0);
	tail(&im, NULL, 0);
	fails_with(&im, "has no fallocate events; it has no events at all");
	image_free(&im);

	texts[0] = format_text("sched_switch", 300, "");
	texts[1] = format_text("sched_waking", 301, "");
	head(&im, "sched", texts, 2);
	tail(&im, NULL, 0);
	fails_with(&im, "has no fallocate events; it has these: sched:sched_switch, sched:sched_waking");
	image_free(&im);
	free(texts[1]);
	free(texts[0]);

	/* of use to us, but no fallocate */
	texts[0] = format_text("task_newtask", 302, "\tfield:pid_t pid;\toffset:8;\tsize:4;\tsigned:1;\n");
	head(&im, "task", texts, 1);
	tail(&im, NULL, 0);
	fails_with(&im, "has no fallocate events; it has these: task:task_newtask");
	image_free(&im);
	free(texts[0]);

	for (i = 0; i < EVENTS_MAX; i++) {
		snprintf(name, sizeof(name), "sched_event_number_%02d", i);
		texts[i] = format_text(name, 300 + i, "");
	}
	head(&im, "sched", texts, EVENTS_MAX);
	tail(&im, NULL, 0);
	fails_with(&im, "it has these: sched:sched_event_number_00, sched:sched_event_number_01, ");
	fails_with(&im, " more");
	image_free(&im);
	for (i = 0; i < EVENTS_MAX; i++)
		free(texts[i]);
}

/* task_newtask beside it takes nothing away. */
static void one_event_of_fallocate_is_enough(void **state)
{
	char *exits = format_text("sys_exit_fallocate", 301, "\tfield:long ret;\toffset:16;\tsize:8;\tsigned:1;\n");
	char *tasks = format_text("task_newtask", 302, "\tfield:pid_t pid;\toffset:8;\tsize:4;\tsigned:1;\n");
	char out[] = "/dev/null";
	struct image im;
	struct error e;

	(void)state;
	begin_head(&im, 2);
	system_events(&im, "syscalls", &exits, 1);
	system_events(&im, "task", &tasks, 1);
	end_head(&im);
	tail(&im, NULL, 0);
	image_write(&im, image_path());
	if (replay("-q", image_path(), out, &e))
		fail_msg("%s", e.text);
	image_free(&im);
	free(exits);
	free(tasks);
}

/* Names go to a terminal. */
static void hostile_event_names_are_not_shown(void **state)
{
	char *text = format_text("good", 300, "");
	struct image im;

	(void)state;
	head(&im, "evil\x1b[2J", &text, 1);
	tail(&im, NULL, 0);
	fails_with(&im, "it has these: ?");
	image_free(&im);
	free(text);
}

/* sys_enter_fallocate and sys_exit_fallocate, in one page of a little-endian machine. */
static void a_call_is_replayed(void **state)
{
	static const char enter[] = "\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n"
				    "\tfield:int fd;\toffset:16;\tsize:8;\tsigned:0;\n"
				    "\tfield:int mode;\toffset:24;\tsize:8;\tsigned:0;\n"
				    "\tfield:loff_t offset;\toffset:32;\tsize:8;\tsigned:0;\n"
				    "\tfield:loff_t len;\toffset:40;\tsize:8;\tsigned:0;\n";
	static const char leave[] = "\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n"
				    "\tfield:long ret;\toffset:16;\tsize:8;\tsigned:1;\n";
	char *texts[] = {format_text("sys_enter_fallocate", 500, enter), format_text("sys_exit_fallocate", 501, leave)};
	char out[] = "/tmp/test_replay.XXXXXX", line[1024] = "";
	struct image im, page = {0};
	struct error e;
	FILE *f;

	(void)state;
	image_u64(&page, 7000000000); /* time of the page */
	image_u64(&page, 4 + 48 + 4 + 24);
	image_u32(&page, 48 / 4 | 0 << 5);
	image_u16(&page, 500);
	image_u16(&page, 0);
	image_u32(&page, 4711);
	image_u64(&page, 285);
	image_u64(&page, 9);	/* fd */
	image_u64(&page, 1);	/* mode */
	image_u64(&page, 4096); /* offset */
	image_u64(&page, 65536);
	image_u32(&page, 24 / 4 | 2500 << 5);
	image_u16(&page, 501);
	image_u16(&page, 0);
	image_u32(&page, 4711);
	image_u64(&page, 285);
	image_u64(&page, (uint64_t)-28);
	image_align(&page, 4096);
	head(&im, "syscalls", texts, 2);
	tail(&im, page.data, page.size);
	image_write(&im, image_path());

	close(mkstemp(out));
	if (replay("-j", image_path(), out, &e) != 0)
		fail_msg("%s", e.text);
	f = fopen(out, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	assert_non_null(strstr(line, "\"ts\":7000000000,"));
	assert_non_null(strstr(line, "\"tid\":4711,"));
	assert_non_null(strstr(line, "\"fd\":9,\"mode\":1,\"flags\":[\"KEEP_SIZE\"],\"op\":\"keep\",\"offset\":4096,"
				     "\"len\":65536,\"ret\":-28,\"error\":\"ENOSPC\",\"latency_ns\":2500,"));
	/* What only the notes tell of */
	assert_non_null(fgets(line, sizeof(line), f));
	assert_string_equal(line, "{\"type\":\"lost\",\"host\":null,\"cpu\":3,\"count\":22,\"before_ts\":null}\n");
	assert_null(fgets(line, sizeof(line), f));
	fclose(f);
	unlink(out);
	image_free(&im);
	image_free(&page);
	free(texts[0]);
	free(texts[1]);
}

static void what_is_no_trace_is_refused(void **state)
{
	char out[] = "/dev/null";
	struct error e;

	(void)state;
	assert_int_equal(replay("-j", "/no/such/file", out, &e), -1);
	assert_non_null(strstr(e.text, "/no/such/file: No such file or directory"));
	assert_int_equal(replay("-j", "/proc/self/maps", out, &e), -1);
	assert_int_equal(replay("-j", "/", out, &e), -1);
}

/* A broken part costs itself; what was whole is shown, and the status says that not all was. */
static void what_is_broken_is_skipped_and_told(void **state)
{
	char *texts[] = {format_text("sys_enter_fallocate", 500, "\tfield:int fd;\toffset:16;\tsize:8;\tsigned:0;\n")};
	struct image im, page = {0};
	char out[] = "/dev/null";
	struct error e;
	char want[300];
	const char *said;
	size_t first;
	int ret;

	(void)state;
	for (int i = 0; i < BROKEN_PAGES; i++) {
		image_u64(&page, 1);
		image_u64(&page, 5000); /* more than a page */
		image_align(&page, 4096);
	}
	head(&im, "syscalls", texts, 1);
	tail(&im, page.data, page.size);
	image_write(&im, image_path());
	listen_begin();
	ret = replay("-q", image_path(), out, &e);
	said = listen_end();
	assert_int_equal(ret, STATUS_ERROR);
	first = im.size - BROKEN_PAGES * 4096;
	for (unsigned i = 0; i < BROKEN_PAGES; i++) {
		snprintf(
			want, sizeof(want),
			"falloctrace: %s: CPU 0: a page of 4096 bytes claims to hold 5000 bytes of records (the page at "
			"byte %zu)\n",
			image_path(), first + i * 4096);
		assert_int_equal(strstr(said, want) != NULL, i < 10);
	}
	assert_non_null(strstr(said, "falloctrace: ... and 2 more\n"));
	image_free(&im);
	image_free(&page);
	free(texts[0]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_without_fallocate_says_what_it_has),
		cmocka_unit_test(one_event_of_fallocate_is_enough),
		cmocka_unit_test(hostile_event_names_are_not_shown),
		cmocka_unit_test(a_call_is_replayed),
		cmocka_unit_test(what_is_no_trace_is_refused),
		cmocka_unit_test(what_is_broken_is_skipped_and_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
