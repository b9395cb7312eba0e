/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lines.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static void defaults(void **state)
{
	struct line l;

	(void)state;
	line_good(&l, "");
	assert_int_equal(l.o.command, CMD_TRACE);
	assert_false(l.o.command_named);
	assert_int_equal(l.o.action, ACTION_RUN);
	assert_int_equal(l.o.format, FORMAT_TEXT);
	assert_int_equal(l.o.color, COLOR_AUTO);
	assert_int_equal(l.o.time, TIME_STYLE_LOCAL);
	assert_false(l.o.human || l.o.nested || l.o.quiet || l.o.all || l.o.filter.failed || l.o.filter.follow);
	assert_null(l.o.output);
	assert_null(l.o.argv);
	assert_int_equal(l.o.duration, 0);
	assert_int_equal(l.o.path_depth, PATH_DEPTH_DEFAULT);
	assert_int_equal(l.o.buffer_size, 0);
	assert_int_equal(l.o.filter.uid, -1);
	options_free(&l.o);

	line_good(&l, "-P /var/*");
	assert_int_equal(l.o.path_depth, PATH_DEPTH_MAX);
	options_free(&l.o);
	line_good(&l, "-P /var/* --path-depth 3");
	assert_int_equal(l.o.path_depth, 3);
	options_free(&l.o);

	line_good(&l, "record");
	assert_int_equal(l.o.path_depth, PATH_DEPTH_DEFAULT);
	assert_int_equal(l.o.command, CMD_RECORD);
	assert_true(l.o.command_named);
	assert_string_equal(l.o.output, "trace.dat");
	options_free(&l.o);

	line_good(&l, "replay");
	assert_int_equal(l.o.files_count, 1);
	assert_string_equal(l.o.files[0], "trace.dat");
	assert_int_equal(l.o.show, SHOW_CALLS);
	assert_false(l.o.check || l.o.compress);
	assert_int_equal(l.o.by, SUMMARY_DEFAULT);
	assert_null(l.o.output);
	options_free(&l.o);

	line_good(&l, "recover");
	assert_int_equal(l.o.files_count, 1);
	assert_string_equal(l.o.files[0], "trace.dat");
	assert_null(l.o.output);
	options_free(&l.o);
}

static void every_command(void **state)
{
	static const char *const names[] = {"trace",   "top",	 "record", "replay",
					    "recover", "doctor", "probes", "cleanup"};
	struct line l;
	int i;

	(void)state;
	assert_int_equal(COUNT(names), CMD_COUNT);
	for (i = 0; i < CMD_COUNT; i++) {
		line_good(&l, names[i]);
		assert_int_equal(l.o.command, i);
		assert_string_equal(command_name((enum command)i), names[i]);
		options_free(&l.o);
	}
	assert_null(command_name(CMD_COUNT));
}

static void every_filter(void **state)
{
	static const char *const spellings[] = {
		"-p 42,43 -f -n postgres -u 107 -x -e ENOSPC,EINTR --op punch,zero --via io_uring -m 10 --min-len 64K -P *.db "
		"--fs xfs",
		"-p42,43 -fx -npostgres -u107 -eENOSPC,EINTR --op=punch,zero --via=io_uring -m10 --min-len=64K -P*.db "
		"--fs=xfs",
		"--pid 42,43 --follow --comm postgres --user 107 --failed --errno nospc,4 --op punch --op zero --via io_uring "
		"--min-latency 10ms --min-len 65536 --path *.db --fs xfs",
		"replay --pid=42,43 --foll --comm=postgres --us=107 --fa --errno=28,4 --op=zero,punch --via=io_uring "
		"--min-la=10000us --min-le=64KiB --path=*.db --fs=xfs",
	};
	struct filter *f;
	struct line l;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(spellings); i++) {
		line_good(&l, spellings[i]);
		f = &l.o.filter;
		assert_int_equal(f->pids_count, 2);
		assert_int_equal(f->pids[0], 42);
		assert_int_equal(f->pids[1], 43);
		assert_true(f->follow && f->failed);
		assert_int_equal(f->comms_count, 1);
		assert_string_equal(f->comms[0], "postgres");
		assert_int_equal(f->uid, 107);
		assert_int_equal(f->errnos_count, 2);
		assert_int_equal(f->errnos[0], 28);
		assert_int_equal(f->errnos[1], 4);
		assert_int_equal(f->ops, 1u << OP_PUNCH | 1u << OP_ZERO);
		assert_int_equal(f->vias, 1u << VIA_IO_URING);
		assert_int_equal(f->min_latency, 10000000);
		assert_int_equal(f->min_len, 65536);
		assert_string_equal(f->paths[0], "*.db");
		assert_string_equal(f->fs[0], "xfs");
		options_free(&l.o);
	}
}

static void every_tracing_option(void **state)
{
	struct line l;

	(void)state;
	line_good(&l, "record -d 10 -o x.dat --path-depth 8 --buffer-size 8K -q");
	assert_int_equal(l.o.duration, INT64_C(10000000000));
	assert_string_equal(l.o.output, "x.dat");
	assert_int_equal(l.o.path_depth, 8);
	assert_int_equal(l.o.buffer_size, 8192);
	assert_false(l.o.compress);
	options_free(&l.o);
	line_good(&l, "record --compress");
	assert_true(l.o.compress);
	options_free(&l.o);
	line_good(&l, "trace --duration=1.5s --path-depth=1 --buffer-size=4G");
	assert_int_equal(l.o.duration, 1500000000);
	assert_int_equal(l.o.path_depth, 1);
	assert_int_equal(l.o.buffer_size, INT64_C(1) << 32);
	options_free(&l.o);
	line_good(&l, "probes --path-depth 3");
	assert_int_equal(l.o.path_depth, 3);
	assert_false(l.o.deep);
	options_free(&l.o);
	for (int i = 0; i < 4; i++) {
		static const char *const lines[] = {"probes --deep", "--deep", "record --deep", "top --deep"};

		line_good(&l, lines[i]);
		assert_true(l.o.deep);
		options_free(&l.o);
	}
	line_good(&l, "doctor");
	options_free(&l.o);
	line_good(&l, "-d 1 -d 2m"); /* the last one counts */
	assert_int_equal(l.o.duration, INT64_C(120000000000));
	options_free(&l.o);
}

static void commands_to_run(void **state)
{
	struct line l;

	(void)state;
	line_good(&l, "-- ls -l --json");
	assert_string_equal(l.o.argv[0], "ls");
	assert_string_equal(l.o.argv[2], "--json");
	assert_null(l.o.argv[3]);
	assert_int_equal(l.o.format, FORMAT_TEXT);
	options_free(&l.o);
	line_good(&l, "record -o x -- sh");
	assert_string_equal(l.o.argv[0], "sh");
	options_free(&l.o);
	line_good(&l, "trace -a -p 7 -- sh -- x");
	assert_true(l.o.all);
	assert_string_equal(l.o.argv[1], "--");
	options_free(&l.o);
	line_good(&l, "trace -- record");
	assert_int_equal(l.o.command, CMD_TRACE);
	assert_string_equal(l.o.argv[0], "record");
	options_free(&l.o);
}

static void files_to_replay(void **state)
{
	struct line l;

	(void)state;
	line_good(&l, "replay -");
	assert_string_equal(l.o.files[0], "-");
	options_free(&l.o);
	line_good(&l, "replay x.dat -x");
	assert_string_equal(l.o.files[0], "x.dat");
	assert_true(l.o.filter.failed);
	options_free(&l.o);
	line_good(&l, "replay -- -x");
	assert_string_equal(l.o.files[0], "-x");
	assert_false(l.o.filter.failed);
	assert_null(l.o.argv);
	options_free(&l.o);
	line_good(&l, "replay --");
	assert_string_equal(l.o.files[0], "trace.dat");
	options_free(&l.o);
	line_good(&l, "replay a -x - b -- -s c");
	assert_int_equal(l.o.files_count, 5);
	assert_string_equal(l.o.files[0], "a");
	assert_string_equal(l.o.files[1], "-");
	assert_string_equal(l.o.files[2], "b");
	assert_string_equal(l.o.files[3], "-s");
	assert_string_equal(l.o.files[4], "c");
	assert_int_equal(l.o.show, SHOW_CALLS);
	options_free(&l.o);
}

static void a_file_to_recover(void **state)
{
	struct line l;

	(void)state;
	line_good(&l, "recover -o whole.dat --compress -q x.dat");
	assert_int_equal(l.o.command, CMD_RECOVER);
	assert_string_equal(l.o.files[0], "x.dat");
	assert_int_equal(l.o.files_count, 1);
	assert_string_equal(l.o.output, "whole.dat");
	assert_true(l.o.compress && l.o.quiet);
	options_free(&l.o);
}

static void help_and_version(void **state)
{
	struct line l;

	(void)state;
	line_good(&l, "--help");
	assert_int_equal(l.o.action, ACTION_HELP);
	assert_false(l.o.command_named);
	options_free(&l.o);
	line_good(&l, "replay -x -h --nonsense"); /* what comes later isn't looked at */
	assert_int_equal(l.o.action, ACTION_HELP);
	assert_int_equal(l.o.command, CMD_REPLAY);
	assert_true(l.o.command_named);
	options_free(&l.o);
	line_good(&l, "-V");
	assert_int_equal(l.o.action, ACTION_VERSION);
	options_free(&l.o);
	line_good(&l, "doctor --version");
	assert_int_equal(l.o.action, ACTION_VERSION);
	options_free(&l.o);
}

static const struct bad_line bad[] = {
	{"lss", "'lss'", "no command"},
	{"tracee", "'tracee'", "falloctrace -- tracee"},
	{"@", "''", "no command"},
	{"Trace", "'Trace'", "no command"},
	{"trace record", "'record'", "too much"},
	{"-x ls", "'ls'", "put -- before it"},
	{"trace ls -- ls", "'ls'", "too much"},
	{"record x.dat", "'x.dat'", "too much"},
	{"doctor x", "'x'", "takes no arguments"},
	{"cleanup -- x", "'x'", "takes no arguments"},
	{"probes x", "'x'", "takes no arguments"},
	{"recover a b", "'b'", "one file at a time"},
	{"recover a -- b", "'b'", "one file at a time"},
	{"recover -", "'-'", "standard input"},
	{"replay @", "file name", "empty"},
	{"replay a @", "file name", "empty"},
	{"replay - a -", "'-'", "given twice"},
	{"replay - -- -", "'-'", "given twice"},
	{"--", "--", "needs a command"},
	{"record -q --", "--", "needs a command"},
	{"--nonsense", "--nonsense", "no option"},
	{"--nonsense=1", "--nonsense", "no option"},
	{"-Z", "-Z", "no option"},
	{"-xZ", "-Z", "no option"},
	{"--f", "--f", "short for several"},
	{"--cvs", "--cvs", "no option"},
	{"--whre x", "--whre", "no option"},
	{"--json=1", "--json", "takes no argument"},
	{"--failed=", "--failed", "takes no argument"},
	{"-p", "-p/--pid", "needs an argument (PID,...)"},
	{"--pid", "-p/--pid", "needs an argument"},
	{"--op", "--op", "needs an argument"},
	{"replay x --min-len", "--min-len", "needs an argument (SIZE)"},
	{"-d", "-d/--duration", "needs an argument"},
	/* values: one of each here, all of them in test_filter.c and test_units.c */
	{"-p x", "-p/--pid", "'x'"},
	{"-p 0", "-p/--pid", "out of range"},
	{"-p -- ls", "-p/--pid", "'--'"},
	{"-n 1234567890123456", "-n/--comm", "15 bytes"},
	{"-u no-such-user-here", "-u/--user", "no user"},
	{"-e EWHAT", "-e/--errno", "'EWHAT'"},
	{"--op hole", "--op", "'hole'"},
	{"--via sys", "--via", "'sys'"},
	{"-m fast", "-m/--min-latency", "'fast'"},
	{"--min-len 1KB", "--min-len", "unit"},
	{"-P @", "-P/--path", "empty"},
	{"--fs @", "--fs", "empty"},
	{"-o @", "-o/--output", "empty"},
	{"-d 0", "-d/--duration", "no time"},
	{"-d 0.0000000001", "-d/--duration", "no time"},
	{"-d -1", "-d/--duration", "negative"},
	{"-d 1x", "-d/--duration", "unit"},
	{"-d @", "-d/--duration", "not a number"},
	{"--path-depth 0", "--path-depth", "1 ... 8"},
	{"--path-depth 9", "--path-depth", "1 ... 8"},
	{"--path-depth 99999999999999999999", "--path-depth", "1 ... 8"},
	{"--path-depth x", "--path-depth", "not a number"},
	{"--path-depth 1x", "--path-depth", "not a number"},
	{"--path-depth -1", "--path-depth", "not a number"},
	{"--path-depth @", "--path-depth", "not a number"},
	{"--buffer-size 8191", "--buffer-size", "8K ... 4G"},
	{"--buffer-size 4097M", "--buffer-size", "8K ... 4G"},
	{"--buffer-size 9999999P", "--buffer-size", "too large"},
	{"--buffer-size x", "--buffer-size", "not a number"},
	/* options of other commands */
	{"record -x", "-x/--failed", "not an option of record, but of trace, top, replay"},
	{"record -j", "-j/--json", "not an option of record"},
	{"record -a -- ls", "-a/--all", "but of trace, top"},
	{"record --check", "--check", "not an option of record, but of replay"},
	{"--compress", "--compress", "not an option of trace, but of record, recover"},
	{"recover -x", "-x/--failed", "not an option of recover"},
	{"record -s", "-s/--summary", "but of trace, replay"},
	{"replay -d 1", "-d/--duration", "but of trace, top, record"},
	{"replay -a", "-a/--all", "not an option of replay"},
	{"replay --path-depth 2", "--path-depth", "but of trace, top, record, probes"},
	{"replay --deep", "--deep", "not an option of replay"},
	{"replay --buffer-size 1M", "--buffer-size", "not an option of replay"},
	{"doctor -q", "-q/--quiet", "not an option of doctor"},
	{"probes -o x", "-o/--output", "not an option of probes"},
	{"cleanup -p 1", "-p/--pid", "not an option of cleanup"},
	/* together */
	{"-f", "-f/--follow", "-p/--pid"},
	{"--exclude-others", "--exclude-others", "-p/--pid"},
	{"--exclude-others -a -- true", "--exclude-others", "without -a"},
	{"--exclude-others -p 1 --cgroup /a", "--cgroup", "others who move"},
	{"record --exclude-others", "--exclude-others", "record"},
	{"--cgroup", "--cgroup", "needs an argument"},
	{"--cgroup=", "--cgroup", "is empty"},
	{"--cgroup /sys/fs/cgroup/a", "--cgroup", "leave /sys/fs/cgroup away"},
	{"record --cgroup /a", "--cgroup", "record"},
	{"replay -f", "-f/--follow", "-p/--pid"},
	{"-a", "-a/--all", "-- COMMAND"},
	{"-p 1 -- ls", "-p/--pid", "exclude"},
	{"record -o -", "-o/--output", "standard output"},
	{"recover -o -", "-o/--output", "standard output"},
};

static void bad_lines_are_refused(void **state)
{
	(void)state;
	lines_refused(bad, COUNT(bad));
}

/* main says whose --help to try: the command is known although its options were wrong. */
static void a_bad_line_still_names_its_command(void **state)
{
	struct line l;

	(void)state;
	line_parse(&l, "replay --nonsense");
	assert_int_equal(l.ret, -1);
	assert_int_equal(l.o.command, CMD_REPLAY);
	assert_true(l.o.command_named);
	options_free(&l.o);
}

static char *help_of(enum command c, bool named)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	options_help(out, c, named);
	fclose(out);
	return text;
}

static void help_shows_the_commands_options_only(void **state)
{
	char *text = help_of(CMD_RECORD, true);

	(void)state;
	assert_non_null(strstr(text, "Usage: falloctrace record "));
	assert_non_null(strstr(text, "-d, --duration TIME"));
	assert_non_null(strstr(text, "--buffer-size SIZE"));
	assert_null(strstr(text, "--json"));
	assert_null(strstr(text, "--pid"));
	free(text);
	text = help_of(CMD_TRACE, false);
	assert_non_null(strstr(text, "  cleanup "));
	assert_non_null(strstr(text, "-x, --failed"));
	free(text);
}

static void help_fits_a_terminal(void **state)
{
	(void)state;
	for (int i = 0; i < 2 * CMD_COUNT; i++) {
		char *text = help_of((enum command)(i / 2), i % 2), *line, *rest = text;

		while ((line = strsep(&rest, "\n")))
			if (strlen(line) > 80)
				fail_msg("%s", line);
		free(text);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(every_command),
		cmocka_unit_test(every_filter),
		cmocka_unit_test(every_tracing_option),
		cmocka_unit_test(commands_to_run),
		cmocka_unit_test(files_to_replay),
		cmocka_unit_test(a_file_to_recover),
		cmocka_unit_test(help_and_version),
		cmocka_unit_test(bad_lines_are_refused),
		cmocka_unit_test(a_bad_line_still_names_its_command),
		cmocka_unit_test(help_shows_the_commands_options_only),
		cmocka_unit_test(help_fits_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
