/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/progress.h"

#define S INT64_C(1000000000)

static void expect_line(const char *name, int columns, uint64_t total, uint64_t position, int64_t ns, const char *want)
{
	struct progress p = {.name = name, .columns = columns, .total = total};
	char got[384];

	assert_int_equal(progress_line(&p, position, ns, got, sizeof(got)), strlen(want));
	assert_string_equal(got, want);
}

static void a_line_tells_how_far_and_how_fast(void **state)
{
	(void)state;
	expect_line("trace.dat", 80, 1000, 0, S, "falloctrace: trace.dat: 0%, 0 B/s, more than 100 h left");
	expect_line("trace.dat", 80, 2000000000, 620000000, 2 * S, "falloctrace: trace.dat: 31%, 310 MB/s, 5 s left");
	expect_line("trace.dat", 80, 2000000000, 1999999999, 2 * S, "falloctrace: trace.dat: 99%, 1.0 GB/s, 1 s left");
	expect_line("trace.dat", 80, 2000, 2000, 2 * S, "falloctrace: trace.dat: 100%, 1.0 KB/s, 1 s left");
	expect_line("trace.dat", 80, 2000, 5000, 2 * S, "falloctrace: trace.dat: 100%, 2.5 KB/s, 1 s left");
	expect_line("x", 80, 100000000, 1000000, S, "falloctrace: x: 1%, 1.0 MB/s, 1 min 39 s left");
	expect_line("x", 80, 10000000, 1000, S, "falloctrace: x: 0%, 1.0 KB/s, 2 h 46 min left");
	expect_line("x", 80, 1000, 1, 0, "falloctrace: x: 0%, 0 B/s, more than 100 h left");
}

/* A line that wraps can't be wiped; a name can hold anything. */
static void a_name_fits_or_is_left_out(void **state)
{
	char longest[2000];

	(void)state;
	expect_line("trace.dat", 49, 1000, 500, S, "falloctrace: trace.dat: 50%, 500 B/s, 2 s left");
	expect_line("trace.dat", 46, 1000, 500, S, "falloctrace: 50%, 500 B/s, 2 s left");
	expect_line("evil\033[2J\n", 80, 1000, 500, S, "falloctrace: evil\\x1b[2J\\n: 50%, 500 B/s, 2 s left");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = 0;
	expect_line(longest, 80, 1000, 500, S, "falloctrace: 50%, 500 B/s, 2 s left");
	expect_line(longest, 4000, 1000, 500, S, "falloctrace: 50%, 500 B/s, 2 s left");
}

struct terminal {
	int master;
	FILE *err;
};

static void open_terminal(struct terminal *t)
{
	struct winsize size = {.ws_row = 24, .ws_col = 60};

	t->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
	assert_true(t->master >= 0);
	assert_int_equal(grantpt(t->master), 0);
	assert_int_equal(unlockpt(t->master), 0);
	t->err = fdopen(open(ptsname(t->master), O_RDWR | O_NOCTTY), "w");
	assert_non_null(t->err);
	assert_int_equal(ioctl(fileno(t->err), TIOCSWINSZ, &size), 0);
}

static const char *seen(struct terminal *t)
{
	static char text[1024];
	ssize_t n = read(t->master, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = 0;
	return text;
}

static void close_terminal(struct terminal *t)
{
	fclose(t->err);
	close(t->master);
}

/* As a terminal shows it: what a line leaves after "\r" wrote over it. */
static void shows(const char *text, const char *want)
{
	char line[256];
	size_t at = 0, end = 0;

	memset(line, 0, sizeof(line));
	for (; *text; text++) {
		if (*text == '\r') {
			at = 0;
			continue;
		}
		line[at++] = *text;
		end = at > end ? at : end;
	}
	while (end && line[end - 1] == ' ')
		line[--end] = 0;
	assert_string_equal(line, want);
}

static void it_is_shown_after_a_second_and_wiped(void **state)
{
	struct progress p;
	struct terminal t;
	char all[1024];

	(void)state;
	open_terminal(&t);
	progress_start(&p, t.err, true, "trace.dat", 1000);
	assert_int_equal(p.columns, 60);
	progress_show(&p, 10);
	assert_string_equal(seen(&t), "");
	p.next -= S; /* a second later */
	p.start -= S;
	progress_show(&p, 250);
	strcpy(all, seen(&t));
	assert_non_null(strstr(all, "\rfalloctrace: trace.dat: 2"));
	assert_non_null(strstr(all, "%, 2"));
	progress_show(&p, 260); /* not so soon */
	assert_string_equal(seen(&t), "");
	p.next -= S;
	p.name = "x";
	progress_show(&p, 270);
	strcat(all, seen(&t));
	assert_null(strchr(all, '\n'));
	progress_end(&p);
	strcat(all, seen(&t));
	shows(all, "");
	progress_end(&p);
	assert_string_equal(seen(&t), "");
	close_terminal(&t);
}

static void a_shorter_line_leaves_nothing_of_a_longer_one(void **state)
{
	struct progress p;
	struct terminal t;
	char all[1024];

	(void)state;
	open_terminal(&t);
	progress_start(&p, t.err, true, "trace.dat", 1000000);
	p.start -= 10 * S;
	p.next -= 10 * S;
	progress_show(&p, 0);
	strcpy(all, seen(&t));
	p.start -= 10 * S; /* so that the clock's own time is none of the rate */
	p.next -= 10 * S;
	p.total = 40;
	progress_show(&p, 40);
	strcat(all, seen(&t));
	shows(all, "falloctrace: trace.dat: 100%, 2 B/s, 1 s left");
	close_terminal(&t);
}

static void nothing_is_shown_where_nobody_looks(void **state)
{
	FILE *file = tmpfile();
	struct progress p;
	struct terminal t;
	unsigned due = 0;

	(void)state;
	open_terminal(&t);
	progress_start(&p, t.err, false, "trace.dat", 1000); /* not wanted */
	assert_false(progress_due(&p));
	progress_start(&p, t.err, true, "trace.dat", 0); /* nothing to do */
	assert_null(p.err);
	progress_start(&p, file, true, "trace.dat", 1000);
	assert_null(p.err);
	progress_show(&p, 500);
	progress_end(&p);
	progress_start(&p, t.err, true, "trace.dat", 1000);
	for (int i = 0; i < 160; i++)
		due += progress_due(&p);
	assert_int_equal(due, 10);
	assert_string_equal(seen(&t), "");
	close_terminal(&t);
	fclose(file);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_tells_how_far_and_how_fast),
		cmocka_unit_test(a_name_fits_or_is_left_out),
		cmocka_unit_test(it_is_shown_after_a_second_and_wiped),
		cmocka_unit_test(a_shorter_line_leaves_nothing_of_a_longer_one),
		cmocka_unit_test(nothing_is_shown_where_nobody_looks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
