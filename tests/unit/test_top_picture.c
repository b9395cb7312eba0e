/* SPDX-License-Identifier: MIT */
/*
 * What stands on the screen, at every size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

#include "calls.h"
#include "top/cut.h"
#include "top/picture.h"

#define SECOND INT64_C(1000000000)

struct drawn {
	struct top_table table;
	struct top_rows rows;
	struct top_state state;
	struct top_picture picture;
	struct top_about about;
};

static void add(struct drawn *d, const char *path, const char *comm, int count)
{
	struct call c = call_whole();

	strcpy(c.path, path);
	strcpy(c.comm, comm);
	for (int i = 0; i < count; i++)
		assert_int_equal(top_table_call(&d->table, &c), 0);
}

static void begin(struct drawn *d)
{
	struct options o = {.by = SUMMARY_FILE};

	memset(d, 0, sizeof(*d));
	assert_int_equal(top_table_init(&d->table, 0), 0);
	top_state_init(&d->state, &o);
	d->about = (struct top_about){
		.host = "db1", .release = "6.1.0", .ran = 3725 * SECOND, .interval = SECOND, .utf8 = true};
}

static void end(struct drawn *d)
{
	top_picture_free(&d->picture);
	top_rows_free(&d->rows);
	top_table_free(&d->table);
}

static void draw(struct drawn *d, size_t width, size_t height)
{
	assert_int_equal(top_rows_take(&d->rows, &d->table, d->state.by), 0);
	top_picture_draw(&d->picture, width, height, &d->rows, &d->state, &d->about);
	assert_false(d->picture.failed);
}

static const char *line(const struct drawn *d, size_t i)
{
	static char text[5000];
	const struct buf *b = &d->picture.lines[i].text;

	assert_true(i < d->picture.count);
	snprintf(text, sizeof(text), "%.*s", (int)b->size, b->size ? b->data : "");
	return text;
}

/* The number of the line that begins with text, or -1. */
static int line_with(const struct drawn *d, const char *text)
{
	for (size_t i = 0; i < d->picture.count; i++)
		if (!strncmp(line(d, i), text, strlen(text)))
			return (int)i;
	return -1;
}

/* By the C library's own reckoning. */
static int columns_of(const struct buf *b)
{
	wchar_t wide[5000];
	char text[5000];
	size_t n;

	snprintf(text, sizeof(text), "%.*s", (int)b->size, b->size ? b->data : "");
	n = mbstowcs(wide, text, 5000);
	assert_true(n != (size_t)-1);
	return wcswidth(wide, n);
}

static void a_whole_screen(void **state)
{
	struct drawn d;

	(void)state;
	begin(&d);
	add(&d, "/var/lib/db/1", "postgres", 30);
	add(&d, "/var/lib/db/2", "postgres", 10);
	top_table_tick(&d.table, 2 * SECOND);
	add(&d, "/var/lib/db/2", "postgres", 5);
	draw(&d, 120, 14);
	assert_string_equal(line(&d, 0), "falloctrace db1 Linux 6.1.0  1:02:05  every 1.0s");
	assert_string_equal(line(&d, 1), "20.0 calls/s  0.0 errors/s  163840 bytes/s asked  in all 45 calls, 0 errors");
	assert_string_equal(line(&d, 2), "lost nothing");
	assert_string_equal(line(&d, 3), "2 rows  by file  sort CALLS/S  latencies: since start");
	assert_string_equal(line(&d, 4), "CALLS/S CALLS ERRORS BYTES/S  BYTES GROWN GAINED  FREED    P50    P99    MAX "
					 "FILE                                       ");
	assert_string_equal(line(&d, 5), "   15.0    30      0  122880 245760     0      0 245760 35.1us 35.1us 35.1us "
					 "/var/lib/db/1");
	assert_string_equal(line(&d, 6), "    5.0    15      0   40960 122880     0      0 122880 35.1us 35.1us 35.1us "
					 "/var/lib/db/2");
	assert_int_equal(d.picture.lines[4].mark, 0);
	assert_int_equal(d.picture.lines[4].mark_size, strlen("CALLS/S"));
	assert_int_equal(d.picture.count, 14);
	assert_memory_equal(line(&d, 13), "h help", 6);
	d.state.human = true;
	draw(&d, 120, 14);
	assert_string_equal(line(&d, 1), "20.0 calls/s  0.0 errors/s  160K bytes/s asked  in all 45 calls, 0 errors");
	assert_non_null(strstr(line(&d, 5), " 120K "));
	end(&d);
}

/* Every size: never more lines or columns than there are, and something of the losses, first of all. */
static void any_size(void **state)
{
	struct drawn d;

	(void)state;
	begin(&d);
	add(&d, "/var/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e/e\xcc\x81t\xc3\xa9.log", "postgres", 3);
	for (int i = 0; i < 60; i++) {
		char path[50];

		snprintf(path, sizeof(path), "/a/quite/long/path/to/a/file/number/%d", i);
		add(&d, path, "x", i);
	}
	top_table_tick(&d.table, SECOND);
	d.about.note = "what can't be seen";
	d.about.note_whole = "what can't be seen, at length, with averyverylongwordinit";
	d.about.message = "broken";
	d.about.said = "Segmentation fault";
	d.about.said_size = 18;
	for (int help = 0; help < 2; help++)
		for (size_t width = 1; width < 230; width += width < 100 ? 1 : 13)
			for (size_t height = 1; height < 60; height += height < 26 ? 1 : 7) {
				d.state.help = help;
				d.state.editing = width % 7 == 3;
				d.about.lost = width % 2;
				draw(&d, width, height);
				assert_true(d.picture.count >= 1 && d.picture.count <= height);
				for (size_t i = 0; i < d.picture.count; i++)
					assert_in_range(columns_of(&d.picture.lines[i].text), 0, width);
				if (d.picture.has_cursor)
					assert_true(d.picture.cursor_x < width && d.picture.cursor_y < height);
				if (d.about.lost && !help && !d.state.editing)
					assert_true(line_with(&d, width < 6 ? "L" : "LOST 1") >= 0);
			}
	end(&d);
}

static void losses_are_never_hidden(void **state)
{
	struct drawn d;

	(void)state;
	begin(&d);
	d.about.note = "note";
	d.about.lost = 118;
	draw(&d, 80, 1);
	assert_string_equal(line(&d, 0), "LOST 118 events: calls may be missing");
	assert_int_equal(d.picture.lines[0].style, TOP_WARNING);
	d.about.gaps = 2;
	draw(&d, 80, 3);
	assert_string_equal(line(&d, 0),
			    "LOST 118 events, and 2 times an unknown number of events: calls may be missing");
	d.about.lost = 0;
	draw(&d, 80, 24);
	assert_true(line_with(&d, "LOST 2 times an unknown number of events") >= 0);
	d.about.gaps = 0;
	draw(&d, 80, 24);
	assert_true(line_with(&d, "lost nothing") >= 0);
	end(&d);
}

static void narrow_ones_keep_what_matters(void **state)
{
	struct drawn d;

	(void)state;
	begin(&d);
	add(&d, "/var/lib/db/1", "postgres", 30);
	top_table_tick(&d.table, SECOND);
	draw(&d, 40, 10);
	assert_true(line_with(&d, "CALLS/S ERRORS FILE") >= 0);
	assert_true(line_with(&d, "   30.0      0 /var/lib/db/1") >= 0);
	d.state.sort = TOP_MAX; /* what is sorted by is there */
	draw(&d, 40, 10);
	assert_true(line_with(&d, "CALLS/S    MAX FILE") >= 0);
	draw(&d, 10, 10);
	assert_true(line_with(&d, "FILE") >= 0);
	assert_true(line_with(&d, "...b/db/1") < 0);
	assert_true(line_with(&d, "...ib/db/1") >= 0);
	end(&d);
}

static void what_nobody_knows_comes_last(void **state)
{
	struct call c = call_badfd();
	struct drawn d;

	(void)state;
	begin(&d);
	assert_int_equal(top_table_call(&d.table, &c), 0);
	top_table_tick(&d.table, SECOND);
	draw(&d, 80, 24);
	assert_true(line_with(&d, "CALLS/S CALLS ERRORS BYTES/S BYTES") >= 0);
	end(&d);
}

static void rows_that_move(void **state)
{
	struct drawn d;
	char path[20];

	(void)state;
	begin(&d);
	for (int i = 0; i < 30; i++) {
		snprintf(path, sizeof(path), "/%02d", i);
		add(&d, path, "x", 1);
	}
	d.state.sort = TOP_KEY;
	draw(&d, 80, 24); /* 4 + 1 above, 1 below */
	assert_int_equal(d.state.page, 18);
	assert_non_null(strstr(line(&d, 5), "/00"));
	assert_non_null(strstr(line(&d, 22), "/17"));
	d.state.first = SIZE_MAX;
	draw(&d, 80, 24);
	assert_int_equal(d.state.first, 12);
	assert_non_null(strstr(line(&d, 5), "/12"));
	assert_non_null(strstr(line(&d, 22), "/29"));
	strcpy(d.state.filter, "/1");
	d.state.filter_size = 2;
	draw(&d, 80, 24);
	assert_int_equal(d.state.first, 0);
	assert_string_equal(line(&d, 3), "filter: /1  10 of 30 rows  by file  sort file  latencies: since start");
	assert_non_null(strstr(line(&d, 14), "/19"));
	end(&d);
}

static void hostile_names(void **state)
{
	struct drawn d;

	(void)state;
	begin(&d);
	add(&d, "/a\x1b[2J\n\xc2\x9b\xe2\x80\xae\xff", "\x1b]0;x\x07", 1);
	top_table_tick(&d.table, SECOND);
	d.about.host = "h\x1b[31m";
	d.about.said = "\x1b[31mred\xff";
	d.about.said_size = 9;
	for (int by = 0; by < TOP_BYS; by++) {
		d.state.by = (enum summary_by)by;
		draw(&d, 200, 24);
		for (size_t i = 0; i < d.picture.count; i++)
			for (const char *p = line(&d, i); *p; p++)
				assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
	}
	d.state.by = SUMMARY_FILE;
	draw(&d, 200, 24);
	assert_non_null(strstr(line(&d, 6), "/a\\x1b[2J\\n\\xc2\\x9b\\xe2\\x80\\xae\\xff"));
	assert_true(line_with(&d, "command: \\x1b[31mred\\xff") >= 0);
	end(&d);
}

/* --- cutting --- */

static void cut(const char *text, size_t columns, bool utf8, const char *from_start, const char *from_end)
{
	struct buf b;

	buf_init(&b);
	cut_end(&b, text, strlen(text), columns, utf8);
	buf_char(&b, 0);
	assert_string_equal(b.data, from_end);
	b.size = 0;
	cut_start(&b, text, strlen(text), columns, utf8);
	buf_char(&b, 0);
	assert_string_equal(b.data, from_start);
	buf_free(&b);
}

static void cut_to_columns(void **state)
{
	(void)state;
	cut("/usr/lib/file", 13, true, "/usr/lib/file", "/usr/lib/file");
	cut("/usr/lib/file", 12, true, ".../lib/file", "/usr/lib/fil");
	cut("/usr/lib/file", 5, true, "/usr/", "/usr/"); /* too narrow for dots */
	cut("/usr/lib/file", 0, true, "", "");
	/* characters of two columns aren't halved */
	cut("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 6, true, "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
	    "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e");
	cut("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 5, true, "\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac");
	/* marks take none, but there is no heap of them */
	cut("e\xcc\x81\xcc\x81\xcc\x81t", 20, true, "e\xcc\x81\xcc\x81\\xcc\\x81t", "e\xcc\x81\xcc\x81\\xcc\\x81t");
	cut("\xcc\x81t", 20, true, "\\xcc\\x81t", "\\xcc\\x81t");
	/* a terminal without UTF-8 */
	cut("a\xc3\xa9z", 10, false, "a\\xc3\\xa9z", "a\\xc3\\xa9z");
	cut("a\xc3\xa9z", 8, false, "a", "a");
	/* what should have been escaped */
	cut("\x1b\xff", 10, true, "\\x1b\\xff", "\\x1b\\xff");
	assert_int_equal(cut_width("a\xe6\x97\xa5", 4, true), 3);
	assert_int_equal(cut_width("a\xe6\x97\xa5", 4, false), 13);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_screen),
		cmocka_unit_test(any_size),
		cmocka_unit_test(losses_are_never_hidden),
		cmocka_unit_test(narrow_ones_keep_what_matters),
		cmocka_unit_test(what_nobody_knows_comes_last),
		cmocka_unit_test(rows_that_move),
		cmocka_unit_test(hostile_names),
		cmocka_unit_test(cut_to_columns),
	};

	/* in the locale that a program begins with, which knows no character but ASCII's */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
