/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "calls.h"
#include "falloctrace/field.h"
#include "output/utf8.h"

#define COLUMNS_MAX 64

/* What stands in two lines: the titles and a call, by columns named as --columns takes them. */
static char *shown(const char *names, const struct call *c, struct sink_options o)
{
	const struct field *columns[COLUMNS_MAX];
	struct script s = {.header = true, .calls = c, .calls_count = 1};

	for (o.columns_count = 0; *names; names += *names == ',') {
		size_t size = strcspn(names, ",");

		assert_true(o.columns_count < COLUMNS_MAX);
		columns[o.columns_count] = column_find(names, size);
		assert_non_null(columns[o.columns_count++]);
		names += size;
	}
	o.columns = columns;
	return sink_output(sink_text_new, o, &s);
}

static void expect(const char *names, const struct call *c, struct sink_options o, const char *want)
{
	char *got = shown(names, c, o);

	assert_string_equal(got, want);
	free(got);
}

static const struct sink_options plain = {.time = TIME_STYLE_LOCAL};

static void columns_stand_below_their_titles(void **state)
{
	struct call c = call_whole();

	(void)state;
	expect("path,pid,op", &c, plain,
	       "FILE                                         PID OP\n"
	       "/var/lib/db/16384                             42 punch\n");
	expect("time,ts,tid,cpu", &c, plain,
	       "TIME                            TS     TID CPU\n"
	       "09:15:02.123456       123456789012      43   1\n");
	expect("mode,flags,fs,dev,ino", &c, plain,
	       "MODE FLAGS                FS     DEV           INO\n"
	       "0x3  KEEP_SIZE|PUNCH_HOLE ext4   254:0         131\n");
	expect("size,blocks,lat,result,notes", &c, plain,
	       "              SIZE       BLOCKS        LAT RESULT     NOTES\n"
	       "           1048576   2048->2032     35.1us 0          -\n");
	expect("op,op", &c, plain, "OP        OP\npunch     punch\n");
	expect("len", &c, plain, "       LEN\n      8192\n");
}

static void values_have_units_and_say_how_they_are_known(void **state)
{
	struct sink_options human = {.human = true};
	struct call c = call_whole();

	(void)state;
	c.size_after = 2097152;
	c.size_after_known = DERIVED;
	expect("size_before,size_after,grown,gained,blocks_before", &c, plain,
	       " SIZE_BEFORE   SIZE_AFTER        GROWN       GAINED BLOCKS_BEFORE\n"
	       "     1048576     ~2097152     ~1048576        -8192          2048\n");
	expect("size_before,size_after,grown,gained,blocks_before,lat,offset", &c, human,
	       " SIZE_BEFORE   SIZE_AFTER        GROWN       GAINED BLOCKS_BEFORE        LAT       OFFSET\n"
	       "          1M          ~2M          ~1M          -8K            1M     35.1us           4K\n");
	c.has_space = true;
	c.space_free = 3 << 20;
	c.space_avail = UINT64_MAX;
	expect("space_free,space_avail,space_size", &c, human,
	       "SPACE_FREE SPACE_AVAIL SPACE_SIZE\n"
	       "        3M 18446744073709551615          0\n");
}

static void what_is_not_known_is_a_dash(void **state)
{
	struct call c = call_bare();
	char names[1024] = "", *got, *cell, *rest;
	size_t cells = 0, count = 0;

	(void)state;
	for (size_t i = 0; i < fields_count; i++) {
		/* these are always known */
		if (strcmp(fields[i].name, "tid") != 0 && strcmp(fields[i].name, "pid") != 0 &&
		    strcmp(fields[i].name, "depth") != 0 && strcmp(fields[i].name, "after") != 0) {
			sprintf(names + strlen(names), "%s%s", count++ ? "," : "", fields[i].name);
		}
	}
	got = shown(names, &c, plain);
	rest = strchr(got, '\n') + 1;
	rest[strcspn(rest, "\n")] = 0;
	while ((cell = strsep(&rest, " ")))
		if (*cell) {
			assert_string_equal(cell, "-");
			cells++;
		}
	assert_int_equal(cells, count);
	free(got);
}

/* All there are, of a call whose names are hostile: a script finds as many cells as titles. */
static void no_cell_but_the_last_has_a_blank(void **state)
{
	struct call c = call_hostile();
	char names[1024] = "", *got;
	size_t lines[2] = {0, 0};
	int line = 0;

	(void)state;
	for (size_t i = 0; i < fields_count; i++)
		sprintf(names + strlen(names), "%s,", fields[i].name);
	for (size_t i = 0; i < composites_count; i++)
		sprintf(names + strlen(names), "%s,", composites[i].name);
	strcat(names, "op");
	got = shown(names, &c, plain);
	for (char *at = got; *at && line < 2; at++) {
		if (*at != ' ' && *at != '\n' && (at[1] == ' ' || at[1] == '\n'))
			lines[line]++;
		line += *at == '\n';
		assert_false(((unsigned char)*at < 0x20 && *at != '\n') || *at == 0x7f);
	}
	assert_int_equal(lines[0], fields_count + composites_count + 1);
	assert_int_equal(lines[1], lines[0]);
	free(got);
	expect("pid,comm", &c, plain, "    PID COMM\n     42 a b\"\\\\\\n\\x1b[2J\\xff\\t\n");
	expect("comm,pid", &c, plain, "COMM                PID\na\\x20b\"\\\\\\n\\x1b[2J\\xff\\t      42\n");
}

static void an_inner_call_is_indented(void **state)
{
	struct call inner, c = call_overlay(&inner);
	struct sink_options o = {.time = TIME_STYLE_LOCAL, .nested = true};

	(void)state;
	expect("pid,op,comm,fs", &c, o,
	       "    PID OP        COMM            FS\n"
	       "     42 punch     postgres        overlay\n"
	       "       42 punch     postgres      xfs\n");
	expect("pid,op,fs", &c, o, "    PID OP        FS\n     42 punch     overlay\n       42 punch   xfs\n");
	expect("pid,len", &c, o, "    PID        LEN\n     42       8192\n       42       8192\n");
	expect("path", &c, o, "FILE\n/var/lib/db/16384\n  /mnt/up per/16384\n");
}

/* The line of a call with that path, without its newline. */
static char *line_of(const char *names, const char *path, size_t width)
{
	struct sink_options o = {.width = width};
	struct call c = call_whole();
	char *got, *line;

	snprintf(c.path, sizeof(c.path), "%s", path);
	got = shown(names, &c, o);
	line = strdup(strchr(got, '\n') + 1);
	assert_non_null(line);
	line[strcspn(line, "\n")] = 0;
	free(got);
	return line;
}

static void expect_line(const char *names, const char *path, size_t width, const char *want)
{
	char *got = line_of(names, path, width);

	assert_string_equal(got, want);
	free(got);
}

static void a_path_is_cut_to_the_terminal(void **state)
{
	(void)state;
	expect_line("pid,path", "/var/lib/db/16384", 0, "     42 /var/lib/db/16384");
	expect_line("pid,path", "/var/lib/db/16384", 25, "     42 /var/lib/db/16384");
	expect_line("pid,path", "/var/lib/db/16384", 24,
		    "     42 \xe2\x80\xa6"
		    "ar/lib/db/16384");
	expect_line("pid,path", "/var/lib/db/16384", 18,
		    "     42 \xe2\x80\xa6"
		    "/db/16384");
	/* with less than ten columns left it goes on in the next row, and fills that */
	expect_line("pid,path", "/var/lib/db/16384", 17, "     42 /var/lib/db/16384");
	expect_line("pid,path", "/var/lib/db/1638400000000000000", 17,
		    "     42 \xe2\x80\xa6"
		    "ib/db/1638400000000000000");
	expect_line("pid,path", "/var/lib/db/16384", 3,
		    "     42 \xe2\x80\xa6"
		    "384");
	/* wide characters, marks and escapes aren't torn */
	expect_line("pid,path", "/\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87", 18,
		    "     42 \xe2\x80\xa6\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87");
	expect_line("pid,path",
		    "/123456789e\xcc\x81"
		    "abcdefgh",
		    18,
		    "     42 \xe2\x80\xa6"
		    "e\xcc\x81"
		    "abcdefgh");
	expect_line("pid,path",
		    "/123456789e\xcc\x81"
		    "abcdefghi",
		    18,
		    "     42 \xe2\x80\xa6"
		    "abcdefghi");
	expect_line("pid,path",
		    "/123456789\x1b"
		    "abcdef",
		    18,
		    "     42 \xe2\x80\xa6"
		    "abcdef");
	expect_line("pid,path",
		    "/123456789\x1b"
		    "abcde",
		    18, "     42 \xe2\x80\xa6\\x1babcde");
	/* what isn't last isn't cut, and neither are numbers */
	expect_line("path,pid", "/var/lib/db/16384", 10, "/var/lib/db/16384                             42");
	expect_line("pid,len", "", 5, "     42       8192");
	/* of other names their beginning tells */
	expect_line("len,caller", "", 24, "      8192 __x64_sys_fa\xe2\x80\xa6");
}

/* The usual columns, whatever the terminal: as few rows as can be. */
static void a_line_takes_no_more_rows_than_it_must(void **state)
{
	static const char usual[] = "time,comm,pid,op,offset,len,size,blocks,lat,result,path";
	char *got, path[512], *whole;

	(void)state;
	memset(path, '/', sizeof(path) - 1);
	path[sizeof(path) - 1] = 0;
	whole = line_of(usual, path, 0);
	for (size_t width = 1; width < 300; width++) {
		size_t fixed = strlen(whole) - (sizeof(path) - 1), columns, rows;

		got = line_of(usual, path, width);
		columns = utf8_columns(got, strlen(got));
		rows = (columns + width - 1) / width;
		assert_int_equal(columns, rows * width);
		if (width >= 10)
			assert_int_equal(rows, (fixed + 10 + width - 1) / width);
		free(got);
	}
	free(whole);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_stand_below_their_titles),
		cmocka_unit_test(values_have_units_and_say_how_they_are_known),
		cmocka_unit_test(what_is_not_known_is_a_dash),
		cmocka_unit_test(no_cell_but_the_last_has_a_blank),
		cmocka_unit_test(an_inner_call_is_indented),
		cmocka_unit_test(a_path_is_cut_to_the_terminal),
		cmocka_unit_test(a_line_takes_no_more_rows_than_it_must),
	};

	setenv("TZ", "UTC0", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
