/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/cmd.h"
#include "replay_image.h"

#define WORDS_MAX 300

/* A replay of some files: its status, and what it wrote. */
struct run {
	int ret;
	char text[8192];
	const char *said;
	struct error e;
};

static void replay(struct run *r, const char *const *words, unsigned count)
{
	char *argv[WORDS_MAX + 5], out[160];
	struct options o;
	FILE *file;
	size_t n;
	int argc = 0;

	memset(r, 0, sizeof(*r));
	snprintf(out, sizeof(out), "%s", recording_path("out"));
	unlink(out);
	argv[argc++] = strdup("falloctrace");
	argv[argc++] = strdup("replay");
	argv[argc++] = strdup("-o");
	argv[argc++] = strdup(out);
	for (unsigned i = 0; i < count; i++)
		argv[argc++] = strdup(words[i]);
	argv[argc] = NULL;
	assert_int_equal(options_parse(&o, argc, argv, &r->e), 0);
	listen_begin();
	r->ret = cmd_replay(&o, &r->e);
	r->said = listen_end();
	options_free(&o);
	while (argc)
		free(argv[--argc]);
	file = fopen(out, "r");
	n = file ? fread(r->text, 1, sizeof(r->text) - 1, file) : 0;
	r->text[n] = 0;
	if (file)
		fclose(file);
	unlink(out);
}

#define REPLAY(run, ...)                                               \
	do {                                                           \
		const char *const words_[] = {__VA_ARGS__};            \
		replay(run, words_, sizeof(words_) / sizeof(*words_)); \
	} while (0)

static void contains(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("'%s' lacks '%s'", text, what);
}

/* The lens of the calls, in the order of the lines, and nothing else. */
static void expect_lens(const char *text, const char *want)
{
	char got[512] = "";
	const char *at = text;

	while ((at = strstr(at, "\"len\":"))) {
		char *end;

		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%ld", *got ? " " : "",
			 strtol(at + 6, &end, 10));
		at = end;
	}
	assert_string_equal(got, want);
}

/* Two machines whose clocks began an hour apart: 1000 s + … and 4600 s + … are the same moment. */
#define NOTES_A "host alpha\nutc_offset 1700000000000000000\n"
#define NOTES_B "host beta\nutc_offset 1699996400000000000\n"
#define A(s) ((s)*UINT64_C(1000000))
#define B(s) (UINT64_C(3600000000000) + A(s))

static const struct made_call alpha[] = {{A(10), 1000, 11, 1, 0}, {A(30), 1000, 11, 3, -28}, {A(31), 1000, 12, 4, 0}};
/* the second call of beta spans two of alpha's */
static const struct made_call beta[] = {{B(20), 1000, 11, 2, 0}, {B(29), 5000000, 11, 5, 0}};

static void calls_come_by_wall_clock(void **state)
{
	const char *a = recording_file("a", NOTES_A, alpha, 3), *b = recording_file("b", NOTES_B, beta, 2);
	struct run r;

	(void)state;
	REPLAY(&r, "-j", a, b);
	assert_int_equal(r.ret, 0);
	expect_lens(r.text, "1 2 3 4 5");
	contains(r.text,
		 "{\"type\":\"call\",\"time\":\"2023-11-14T22:13:20.010000000Z\",\"ts\":10000000,\"host\":\"alpha\","
		 "\"pid\":null,\"tid\":11,");
	contains(r.text, "{\"type\":\"call\",\"time\":\"2023-11-14T22:13:20.020000000Z\",\"ts\":3600020000000,"
			 "\"host\":\"beta\",");
	contains(r.text, "\"latency_ns\":5000000,");
	/* in whatever order they are named */
	REPLAY(&r, "-j", b, a);
	expect_lens(r.text, "1 2 3 4 5");
	REPLAY(&r, "-T", "utc", b, a);
	assert_memory_equal(r.text, "TIME                        HOST            COMM ", 49);
	contains(r.text, "\n2023-11-14T22:13:20.010000Z alpha           -  ");
	contains(r.text, "\n2023-11-14T22:13:20.029000Z beta            -  ");
	assert_string_equal(r.said, "");
	/* filters are for all; one file has no such column */
	REPLAY(&r, "-x", "-T", "utc", a, b);
	assert_null(strstr(r.text, " beta "));
	contains(r.text, " ENOSPC ");
	REPLAY(&r, "-T", "utc", a);
	assert_null(strstr(r.text, "HOST"));
	unlink(a);
	unlink(b);
}

static void who_is_unknown_is_called_by_his_file(void **state)
{
	const char *a = recording_file("a", "utc_offset 5\n", alpha, 1), *b = recording_file("b", NOTES_A, beta, 1);
	const char *slash = strrchr(a, '/');
	char want[80];
	struct run r;

	(void)state;
	REPLAY(&r, "-T", "raw", a, b);
	snprintf(want, sizeof(want), " %s ", slash + 1);
	contains(r.text, want);
	contains(r.text, " alpha ");
	REPLAY(&r, "-j", a, b);
	contains(r.text, "\"host\":null,");
	contains(r.text, "\"host\":\"alpha\",");
	REPLAY(&r, "--format", "strace", a, b);
	snprintf(want, sizeof(want), " /* on %s */", slash + 1);
	contains(r.text, want);
	unlink(a);
	unlink(b);
}

/* 65 bytes, of which there is room for 64: no half of a character. */
static void a_long_name_is_cut_between_characters(void **state)
{
	const char *a = recording_file("a", "utc_offset 5\n", alpha, 1), *b = recording_file("b", NOTES_A, beta, 1);
	char name[PATH_MAX], want[80];
	struct run r;

	(void)state;
	snprintf(name, sizeof(name), "%.*s/%062d\xe6\x97\xa5", (int)(strrchr(a, '/') - a), a, 0);
	snprintf(want, sizeof(want), " %062d ", 0);
	assert_int_equal(rename(a, name), 0);
	REPLAY(&r, "-T", "raw", name, b);
	contains(r.text, want);
	unlink(name);
	unlink(b);
}

/* What programs read has no name that is none: a pipeline would take it for a machine. */
static void programs_are_told_that_a_host_is_unknown(void **state)
{
	static const char *const formats[] = {"json", "csv", "chrome", "tracee", "openmetrics"};
	const char *a = recording_file("a", "utc_offset 5\n", alpha, 1), *b = recording_file("b", NOTES_A, beta, 1);
	const char *slash = strrchr(a, '/');
	struct run r;

	(void)state;
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		REPLAY(&r, "--format", formats[i], a, b);
		assert_int_equal(r.ret, 0);
		contains(r.text, "alpha");
		if (strstr(r.text, slash + 1))
			fail_msg("%s calls a machine %s: %s", formats[i], slash + 1, r.text);
	}
	REPLAY(&r, "--csv", "-s", "--by", "host", a, b);
	contains(r.text, "alpha");
	assert_null(strstr(r.text, slash + 1));
	unlink(a);
	unlink(b);
}

static void losses_have_their_host_and_place(void **state)
{
	const char *a = recording_file("a", NOTES_A "lost 0 7\n", alpha, 1);
	const char *b = recording_file("b", NOTES_B, beta, 2);
	struct run r;
	char *lost;

	(void)state;
	REPLAY(&r, "-j", b, a);
	lost = strstr(r.text, "{\"type\":\"lost\",\"host\":\"alpha\",\"cpu\":0,\"count\":7,\"before_ts\":null}\n");
	assert_non_null(lost);
	/* told where alpha's recording ended, not where all did */
	assert_non_null(strstr(lost, "\"host\":\"beta\""));
	contains(r.said, "falloctrace: 7 events were lost\n");
	unlink(a);
	unlink(b);
}

static void what_has_no_wall_time_is_left_out(void **state)
{
	const char *a = recording_file("a", NOTES_A, alpha, 3), *b = recording_file("b", "host beta\n", beta, 2);
	struct run r;

	(void)state;
	REPLAY(&r, "-j", b, a);
	assert_int_equal(r.ret, STATUS_ERROR);
	expect_lens(r.text, "1 3 4");
	contains(r.said,
		 "b does not tell wall time, and cannot be merged with others: replay it alone, or record with ");
	REPLAY(&r, "-j", b);
	assert_int_equal(r.ret, 0);
	expect_lens(r.text, "2 5");
	unlink(a);
	unlink(b);
}

static void a_broken_file_does_not_keep_the_others(void **state)
{
	const char *a = recording_file("a", NOTES_A, alpha, 3), *b = recording_file("b", NOTES_B, beta, 2);
	const char *c = recording_path("c");
	char want[200];
	struct stat st;
	struct run r;
	FILE *f;

	(void)state;
	/* cut into its page: the first call is whole */
	assert_int_equal(stat(b, &st), 0);
	assert_int_equal(truncate(b, st.st_size - 4096 + 16 + 80), 0);
	f = fopen(c, "w");
	fputs("nothing of the kind\n", f);
	fclose(f);
	REPLAY(&r, "-j", a, c, b, "/no/such/file");
	assert_int_equal(r.ret, STATUS_ERROR);
	contains(r.text, "\"len\":1,");
	contains(r.text, "\"len\":4,");
	contains(r.said, "c is no trace.dat\n");
	contains(r.said, "/no/such/file: No such file or directory\n");
	snprintf(want, sizeof(want), "falloctrace: %s is cut off at byte ", b);
	contains(r.said, want);
	/* alone, what can't be read is an error */
	REPLAY(&r, "-j", c, "/no/such/file");
	assert_int_equal(r.ret, -1);
	contains(r.e.text, "none of the 2 files");
	unlink(a);
	unlink(b);
	unlink(c);
}

static void broken_notes_cost_what_they_told(void **state)
{
	const char *a = recording_file("a", NOTES_A "distrust nothing\n", alpha, 3);
	struct run r;

	(void)state;
	REPLAY(&r, "-j", a);
	assert_int_equal(r.ret, STATUS_ERROR);
	assert_non_null(strstr(r.text, "\"host\":\"alpha\""));
	contains(r.text, "\"time\":\"2023-11-14T22:13:20.010000000Z\"");
	expect_lens(r.text, "1 3 4");
	contains(r.said, "line 4 of the recording's notes on its machine is broken\n");
	unlink(a);
}

static void no_file_is_replayed_twice(void **state)
{
	const char *a = recording_file("a", NOTES_A, alpha, 3), *link = recording_path("link");
	struct run r;

	(void)state;
	REPLAY(&r, "-j", a, a);
	assert_int_equal(r.ret, -1);
	assert_int_equal(r.e.status, STATUS_USAGE);
	contains(r.e.text, "is given twice");
	assert_int_equal(symlink(a, link), 0);
	REPLAY(&r, "-j", a, link);
	assert_int_equal(r.ret, -1);
	contains(r.e.text, "are the same file");
	assert_string_equal(r.text, "");
	unlink(a);
	unlink(link);
}

static long size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -1 : (long)st.st_size;
}

static void no_file_is_written_over_what_is_read(void **state)
{
	const char *a = recording_file("a", NOTES_A, alpha, 3), *b = recording_file("b", NOTES_B, beta, 2);
	const char *link = recording_path("link");
	long size = size_of(a);
	struct run r;

	(void)state;
	assert_int_equal(symlink(a, link), 0);
	REPLAY(&r, "-o", a, a);
	assert_int_equal(r.ret, -1);
	assert_int_equal(r.e.status, STATUS_USAGE);
	contains(r.e.text, "would be read and written");
	REPLAY(&r, "-s", "-o", link, b, a);
	assert_int_equal(r.ret, -1);
	REPLAY(&r, "--check", "-o", a, b, a);
	assert_int_equal(r.ret, -1);
	assert_int_equal(r.e.status, STATUS_USAGE);
	assert_int_equal(size_of(a), size);
	unlink(a);
	unlink(b);
	unlink(link);
}

static void a_recording_that_was_cut_off_is_recovered_first(void **state)
{
	const char *a = recording_path("gone"), *partial = recording_path("gone.partial");
	struct run r;

	(void)state;
	REPLAY(&r, a);
	contains(r.e.text, "gone: No such file or directory");
	assert_int_equal(mkdir(partial, 0700), 0);
	REPLAY(&r, a);
	assert_int_equal(r.ret, -1);
	contains(r.e.text, "there is no ");
	contains(r.e.text, "gone.partial");
	contains(r.e.text, "falloctrace recover ");
	REPLAY(&r, "--check", a);
	assert_int_equal(r.ret, STATUS_ERROR);
	contains(r.said, "falloctrace recover ");
	REPLAY(&r, partial);
	contains(r.e.text, "falloctrace recover ");
	assert_null(strstr(strstr(r.e.text, "recover "), "partial"));
	rmdir(partial);
}

static void too_many_files_are_refused_at_once(void **state)
{
	const char *words[WORDS_MAX];
	struct rlimit before, few;
	struct run r;

	(void)state;
	for (unsigned i = 0; i < WORDS_MAX; i++)
		words[i] = "/no/such/file";
	replay(&r, words, 257);
	assert_int_equal(r.ret, -1);
	contains(r.e.text, "257 files are too many");
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = 64;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	replay(&r, words, 25); /* each may need two */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(r.ret, -1);
	contains(r.e.text, "raise ulimit -n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_come_by_wall_clock),
		cmocka_unit_test(who_is_unknown_is_called_by_his_file),
		cmocka_unit_test(a_long_name_is_cut_between_characters),
		cmocka_unit_test(programs_are_told_that_a_host_is_unknown),
		cmocka_unit_test(losses_have_their_host_and_place),
		cmocka_unit_test(what_has_no_wall_time_is_left_out),
		cmocka_unit_test(a_broken_file_does_not_keep_the_others),
		cmocka_unit_test(broken_notes_cost_what_they_told),
		cmocka_unit_test(no_file_is_replayed_twice),
		cmocka_unit_test(no_file_is_written_over_what_is_read),
		cmocka_unit_test(a_recording_that_was_cut_off_is_recovered_first),
		cmocka_unit_test(too_many_files_are_refused_at_once),
	};

	setenv("TZ", "UTC0", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
