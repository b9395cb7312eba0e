/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "falloctrace/field.h"
#include "lines.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void every_output_option(void **state)
{
	static const struct {
		const char *word;
		enum time_style time;
	} styles[] = {{"local", TIME_STYLE_LOCAL},
		      {"utc", TIME_STYLE_UTC},
		      {"relative", TIME_STYLE_RELATIVE},
		      {"delta", TIME_STYLE_DELTA},
		      {"raw", TIME_STYLE_RAW}};
	char text[64];
	struct line l;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(styles); i++) {
		snprintf(text, sizeof(text), "%s%s", i % 2 ? "-T " : "--time=", styles[i].word);
		line_good(&l, text);
		assert_int_equal(l.o.time, styles[i].time);
		options_free(&l.o);
	}
	line_good(&l, "trace --human --nested --color always -q -o out.txt --format text");
	assert_true(l.o.human && l.o.nested && l.o.quiet);
	assert_int_equal(l.o.color, COLOR_ALWAYS);
	assert_string_equal(l.o.output, "out.txt");
	options_free(&l.o);
	line_good(&l, "replay -j --color=never --quiet --output=- some.dat");
	assert_int_equal(l.o.format, FORMAT_JSON);
	assert_int_equal(l.o.color, COLOR_NEVER);
	assert_string_equal(l.o.output, "-");
	assert_string_equal(l.o.files[0], "some.dat");
	assert_int_equal(l.o.files_count, 1);
	options_free(&l.o);
	line_good(&l, "--json --format json --color auto");
	assert_int_equal(l.o.format, FORMAT_JSON);
	options_free(&l.o);
	line_good(&l, "--format=json");
	assert_int_equal(l.o.format, FORMAT_JSON);
	options_free(&l.o);
	line_good(&l, "replay --check -j -q -o x --color never a.dat b.dat");
	assert_true(l.o.check);
	assert_int_equal(l.o.files_count, 2);
	options_free(&l.o);
}

static void every_summary(void **state)
{
	static const struct {
		const char *word;
		enum summary_by by;
	} words[] = {{"process", SUMMARY_PROCESS}, {"file", SUMMARY_FILE},   {"op", SUMMARY_OP},    {"fs", SUMMARY_FS},
		     {"via", SUMMARY_VIA},	   {"errno", SUMMARY_ERRNO}, {"host", SUMMARY_HOST}};
	char text[64];
	struct line l;

	(void)state;
	for (size_t i = 0; i < COUNT(words); i++) {
		snprintf(text, sizeof(text), "%s%s", i % 2 ? "replay -s --by " : "--by=", words[i].word);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s", i % 2 ? " x -j" : " --summary");
		line_good(&l, text);
		assert_int_equal(l.o.show, SHOW_SUMMARY);
		assert_int_equal(l.o.by, words[i].by);
		options_free(&l.o);
	}
}

/* Each line, and what of it is shown; 0: the format's usual. */
static const struct {
	const char *line;
	enum format format;
	unsigned show;
} shows[] = {
	{"", FORMAT_TEXT, SHOW_CALLS},
	{"-s", FORMAT_TEXT, SHOW_SUMMARY},
	{"-s -H latency --findings", FORMAT_TEXT, SHOW_SUMMARY | SHOW_HISTOGRAM | SHOW_FINDINGS},
	{"-j", FORMAT_JSON, SHOW_CALLS},
	{"-j --format json -s", FORMAT_JSON, SHOW_SUMMARY},
	{"--csv", FORMAT_CSV, SHOW_CALLS},
	{"--csv --format csv", FORMAT_CSV, SHOW_CALLS},
	{"--csv -s", FORMAT_CSV, SHOW_SUMMARY},
	{"--format chrome", FORMAT_CHROME, SHOW_CALLS},
	{"--format tracee", FORMAT_TRACEE, SHOW_CALLS},
	{"replay --format=strace", FORMAT_STRACE, SHOW_CALLS},
	{"--format openmetrics -i 5", FORMAT_OPENMETRICS, SHOW_REPORT},
	{"--format folded --weight bytes", FORMAT_FOLDED, SHOW_REPORT},
	{"replay --format html", FORMAT_HTML, SHOW_REPORT},
	{"--findings --top 3", FORMAT_TEXT, SHOW_FINDINGS},
	{"-s -i 1", FORMAT_TEXT, SHOW_SUMMARY},
	{"-H len -i 500ms --by op -j", FORMAT_JSON, SHOW_HISTOGRAM},
};

static void what_is_shown(void **state)
{
	struct line l;

	(void)state;
	for (size_t i = 0; i < COUNT(shows); i++) {
		line_good(&l, shows[i].line);
		if (l.o.format != shows[i].format || l.o.show != shows[i].show)
			fail_msg("'%s': format %d, show %x", shows[i].line, l.o.format, l.o.show);
		options_free(&l.o);
	}
}

static void sorting_and_histograms(void **state)
{
	static const char *const sorts[SORT_COUNT] = {
		[SORT_CALLS] = "calls",	  [SORT_ERRORS] = "errors", [SORT_BYTES] = "bytes", [SORT_GROWN] = "grown",
		[SORT_GAINED] = "gained", [SORT_FREED] = "freed",   [SORT_P50] = "p50",	    [SORT_P95] = "p95",
		[SORT_P99] = "p99",	  [SORT_MAX] = "max",	    [SORT_KEY] = "key",
	};
	char text[64];
	struct line l;

	(void)state;
	for (unsigned i = 0; i < SORT_COUNT; i++) {
		snprintf(text, sizeof(text), "%s --sort %s", i % 2 ? "-s" : "top", sorts[i]);
		line_good(&l, text);
		assert_int_equal(l.o.sort, i);
		options_free(&l.o);
	}
	line_good(&l, "-H latency,align -H len --top 7");
	assert_int_equal(l.o.histograms, HISTOGRAM_LATENCY | HISTOGRAM_LEN | HISTOGRAM_ALIGN);
	assert_int_equal(l.o.top, 7);
	options_free(&l.o);
	line_good(&l, "-H len,len");
	assert_int_equal(l.o.histograms, HISTOGRAM_LEN);
	options_free(&l.o);
	line_good(&l, "--format folded --weight calls");
	assert_int_equal(l.o.weight, WEIGHT_CALLS);
	options_free(&l.o);
	line_good(&l, "-s -i 2m");
	assert_int_equal(l.o.interval, INT64_C(120000000000));
	options_free(&l.o);
}

static void columns_by_name(void **state)
{
	static const char *const names[] = {"time", "latency_ns", "path", "size", "notes", "op", "op"};
	struct line l;

	(void)state;
	line_good(&l, "--columns time,lat,file,size --columns notes,op,op");
	assert_int_equal(l.o.columns_count, COUNT(names));
	for (size_t i = 0; i < COUNT(names); i++)
		assert_string_equal(l.o.columns[i]->name, names[i]);
	options_free(&l.o);
	line_good(&l, "replay --csv --columns op,len x");
	assert_int_equal(l.o.columns_count, 2);
	options_free(&l.o);
	line_good(&l, "replay --columns help --nested");
	assert_int_equal(l.o.action, ACTION_COLUMNS);
	options_free(&l.o);
	line_good(&l, "");
	assert_null(l.o.columns);
	assert_int_equal(l.o.width, -1);
	options_free(&l.o);
	line_good(&l, "--width 0");
	assert_int_equal(l.o.width, 0);
	options_free(&l.o);
	line_good(&l, "--width 10000 --format text -x");
	options_free(&l.o);
}

static void every_column_is_listed(void **state)
{
	char *text, *line, *rest, *name;
	size_t size, count = 0;
	FILE *out = open_memstream(&text, &size);
	const struct field *f;

	(void)state;
	assert_non_null(out);
	options_columns(out);
	fclose(out);
	for (rest = text; (line = strsep(&rest, "\n"));) {
		name = strsep(&line, " ");
		if (!*name || !strcmp(name, "Text"))
			continue;
		f = column_find(name, strlen(name));
		assert_non_null(f);
		assert_true(line && strstr(line, f->help));
		count++;
	}
	assert_int_equal(count, fields_count + composites_count);
	free(text);
}

static void an_expression_is_a_filter(void **state)
{
	struct line l;

	(void)state;
	line_good(&l, "--where op==punch --where len>1M -x");
	assert_non_null(l.o.filter.where);
	options_free(&l.o);
	line_good(&l, "top --where failed");
	assert_non_null(l.o.filter.where);
	options_free(&l.o);
	line_good(&l, "");
	assert_null(l.o.filter.where);
	options_free(&l.o);
}

static const struct bad_line bad[] = {
	{"-i 1", "-i/--interval", "needs"},
	{"--where x", "--where", "x"},
	{"--format xml", "--format", "'xml' is none of text, json"},
	{"--format @", "--format", "none of"},
	{"-s --by users", "--by",
	 "'users' is none of process, file, op, fs, via, errno, host, user, cgroup, container"},
	{"-s --by", "--by", "needs an argument (WHAT)"},
	{"-T gmt", "-T/--time", "'gmt' is none of local, utc, relative, delta, raw"},
	{"--color=yes", "--color", "'yes' is none of auto, always, never"},
	{"-j --format text", "-j/--json", "exclude"},
	{"--format text --json", "--format text", "exclude"},
	{"-j --human", "--human", "json"},
	{"--format json --human", "--human", "json"},
	{"-j -T utc", "-T/--time", "json"},
	{"--by op", "--by", "-s/--summary"},
	{"replay --check -s", "-s/--summary", "--check"},
	{"replay --op punch --check x", "--op", "--check exclude"},
	{"replay --check -T utc x", "-T/--time", "--check exclude"},
	/* values */
	{"-H size", "-H/--histogram", "'size' is none of latency, len, align"},
	{"-H latency,", "-H/--histogram", "'' is none of"},
	{"-H @", "-H/--histogram", "none of"},
	{"-s --sort time", "--sort", "'time' is none of calls, errors, bytes, grown"},
	{"-s --top 0", "--top", "not in 1 ..."},
	{"-s --top -1", "--top", "not a number"},
	{"-s --top 99999999999999999999", "--top", "not in 1 ..."},
	{"-s -i 9ms", "-i/--interval", "less than 10ms"},
	{"-s -i 0", "-i/--interval", "no time"},
	{"-s -i x", "-i/--interval", "not a number"},
	{"--columns time,sice", "--columns", "no column 'sice'; falloctrace --columns help"},
	{"--columns time,,op", "--columns", "no column ''"},
	{"--columns @", "--columns", "no column ''"},
	{"--columns time,help", "--columns", "no column 'help'"},
	{"--width 10001", "--width", "not in 0 ... 10000"},
	{"--width wide", "--width", "not a number"},
	{"--format folded --weight size", "--weight", "'size' is none of time, calls, bytes"},
	{"--where op==pnuch", "--where", "at column 5, \"pnuch\": no op; there are extend, keep"},
	{"--where @", "--where", "empty"},
	{"--where", "--where", "needs an argument (EXPR)"},
	/* of another command */
	{"record --where fd", "--where", "not an option of record, but of trace, top, replay"},
	{"recover --columns op", "--columns", "but of trace, replay"},
	{"top --columns op", "--columns", "not an option of top"},
	{"top --top 3", "--top", "not an option of top"},
	{"top -s", "-s/--summary", "not an option of top"},
	{"top --width 3", "--width", "not an option of top"},
	/* what a format hasn't */
	{"-j --csv", "-j/--json", "--csv exclude"},
	{"--csv --format html", "--csv", "--format html exclude"},
	{"-s --format html", "-s/--summary", "cannot be had as html"},
	{"-H len --csv", "-H/--histogram", "cannot be had as csv"},
	{"--findings --format strace", "--findings", "cannot be had as strace"},
	{"-i 1 --format html", "-i/--interval", "needs"},
	{"-i 1 -j", "-i/--interval", "needs"},
	{"-i 1 --findings", "-i/--interval", "needs"},
	{"--csv --human", "--human", "csv"},
	{"--csv -T utc", "-T/--time", "csv"},
	{"--format html -T utc", "-T/--time", "html"},
	/* what is for something else */
	{"--sort max", "--sort", "-s/--summary"},
	{"-H len --sort max", "--sort", "-s/--summary"},
	{"--findings --sort max", "--sort", "-s/--summary"},
	{"--top 3", "--top", "falloctrace top"},
	{"--findings --by op", "--by", "-s/--summary"},
	{"-s --weight time", "--weight", "--format folded"},
	{"-s --columns op", "--columns", "for calls"},
	{"-j --columns op", "--columns", "text or csv"},
	{"--format strace --columns op", "--columns", "text or csv"},
	{"--csv -s --columns op", "--columns", "for calls"},
	{"--csv --columns op,size", "--columns", "'size' is for text"},
	{"-j --width 80", "--width", "for calls as text"},
	{"-s --width 80", "--width", "for calls as text"},
	{"replay --check --where fd x", "--where", "--check exclude"},
	{"replay --check --columns op x", "--columns", "--check exclude"},
	{"replay --check --width 80 x", "--width", "--check exclude"},
	{"replay --check --csv x", "--csv", "--check exclude"},
	{"replay --check --format csv x", "--check", "text or json, not csv"},
	{"replay --check -i 1 x", "-i/--interval", "--check exclude"},
};

static void bad_lines_are_refused(void **state)
{
	(void)state;
	lines_refused(bad, COUNT(bad));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_output_option),
		cmocka_unit_test(every_summary),
		cmocka_unit_test(what_is_shown),
		cmocka_unit_test(sorting_and_histograms),
		cmocka_unit_test(columns_by_name),
		cmocka_unit_test(every_column_is_listed),
		cmocka_unit_test(an_expression_is_a_filter),
		cmocka_unit_test(bad_lines_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
