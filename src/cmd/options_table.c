/* SPDX-License-Identifier: MIT */
#include "cmd/options_table.h"

#define ON(c) (1u << CMD_##c)
#define LIVE (ON(TRACE) | ON(TOP) | ON(RECORD))
#define VIEW (ON(TRACE) | ON(REPLAY))
#define CALLS (VIEW | ON(TOP))
#define WRITE (ON(RECORD) | ON(RECOVER))
#define EVERY ((1u << CMD_COUNT) - 1)

#define FILTERS "Filters (all must hold; a comma means or)"
#define OUTPUT "Output"
#define TRACING "Tracing"
#define GENERAL "General"

const struct option_desc option_table[] = {
	{'p', "pid", "PID,...", CALLS, FILTERS, "only these processes, all their threads"},
	{'f', "follow", NULL, CALLS, FILTERS, "with -p: their descendants as well"},
	{'n', "comm", "NAME,...", CALLS, FILTERS, "only threads of these names"},
	{'u', "user", "USER", CALLS, FILTERS, "only calls by this user (a name or a number)"},
	{OPT_CGROUP, "cgroup", "PATTERN", CALLS, FILTERS,
	 "only calls from this cgroup and those below (a path, a\nname or a glob), or from the container of this id (its\nbeginning) or name; repeat it for or"},
	{'x', "failed", NULL, CALLS, FILTERS, "only calls that failed"},
	{'e', "errno", "ERRNO,...", CALLS, FILTERS, "only calls that failed so: ENOSPC, nospc, 28"},
	{OPT_OP, "op", "OP,...", CALLS, FILTERS,
	 "only these operations: extend, keep, punch, collapse,\ninsert, zero, unshare, write-zeroes, invalid"},
	{OPT_VIA, "via", "VIA,...", CALLS, FILTERS,
	 "only these ways in: syscall, compat, io_uring, ioctl,\nmadvise, overlay, nfsd, loop, kernel"},
	{'m', "min-latency", "TIME", CALLS, FILTERS,
	 "only calls that took at least TIME: 250us, 10ms, 1.5s;\na plain number is in milliseconds"},
	{OPT_MIN_LEN, "min-len", "SIZE", CALLS, FILTERS, "only calls of at least SIZE bytes: 4096, 64K, 1.5M"},
	{'P', "path", "GLOB", CALLS, FILTERS,
	 "only files whose path matches, or whose name does\nwhere GLOB has no slash; * matches slashes; repeat it\nfor or"},
	{OPT_FS, "fs", "TYPE,...", CALLS, FILTERS, "only files on filesystems of these types"},
	{OPT_WHERE, "where", "EXPR", CALLS, FILTERS,
	 "only calls for which EXPR holds, such as\n'op==punch && latency>10ms && path~\"*.qcow2\"'\n(names: --columns help)"},

	{'j', "json", NULL, VIEW, OUTPUT, "one JSON object a line; short for --format json"},
	{OPT_CSV, "csv", NULL, VIEW, OUTPUT, "comma-separated values; short for --format csv"},
	{OPT_FORMAT, "format", "NAME", VIEW, OUTPUT,
	 "text (the default), json, csv; chrome (for Perfetto),\ntracee, strace; openmetrics, folded (flame graphs),\nhtml (a report)"},
	{'s', "summary", NULL, VIEW, OUTPUT, "totals instead of the calls"},
	{'H', "histogram", "WHAT,...", VIEW, OUTPUT, "histograms instead of the calls: latency, len, align"},
	{OPT_FINDINGS, "findings", NULL, VIEW, OUTPUT,
	 "what is wrong, and its evidence, instead of the calls;\n-s, -H and --findings can be had together"},
	{OPT_BY, "by", "WHAT", VIEW | ON(TOP), OUTPUT,
	 "with -s, -H and top: a row for each process (-s's\ndefault), file, op, fs, via, errno, host, user, cgroup\nor container"},
	{OPT_SORT, "sort", "COLUMN", VIEW | ON(TOP), OUTPUT,
	 "with -s and top: most calls (the default), errors,\nbytes, grown, gained, freed, p50, p95, p99, max first;\nor by key. top: calls and bytes by their rates"},
	{OPT_TOP, "top", "N", VIEW, OUTPUT, "with -s, -H and --findings: at most N rows"},
	{'i', "interval", "TIME", CALLS, OUTPUT,
	 "with -s, -H, openmetrics: every TIME (5, 500ms, 1m);\ntop: between two pictures (default 1)"},
	{OPT_WEIGHT, "weight", "WHAT", VIEW, OUTPUT, "with --format folded: time (the default), calls, bytes"},
	{OPT_CHECK, "check", NULL, ON(REPLAY), OUTPUT,
	 "say what each FILE is and what is wrong with it;\nreplay nothing"},
	{'o', "output", "FILE", VIEW | WRITE, OUTPUT,
	 "write to FILE (record: the recording, trace.dat by\ndefault; recover: the file put together)"},
	{OPT_COMPRESS, "compress", NULL, WRITE, OUTPUT, "write the file compressed (zstd, version 7)"},
	{OPT_COLUMNS, "columns", "NAME,...", VIEW, OUTPUT, "text and csv: these columns; \"help\" lists them"},
	{OPT_WIDTH, "width", "N", VIEW, OUTPUT,
	 "text: cut file names so that a line has N columns\n(default: the terminal's; 0: don't)"},
	{OPT_HUMAN, "human", NULL, CALLS, OUTPUT, "text: sizes and times with units"},
	{'T', "time", "STYLE", VIEW, OUTPUT,
	 "text: local (the default), utc, relative (to the first\nline), delta (to the line above), raw (trace clock)"},
	{OPT_NESTED, "nested", NULL, VIEW, OUTPUT, "a line of its own for each call inside another"},
	{OPT_COLOR, "color", "WHEN", CALLS, OUTPUT, "text: auto (on a terminal; the default), always, never"},

	{'d', "duration", "TIME", LIVE, TRACING, "stop after TIME: 10, 1.5s, 2m; a plain number is in\nseconds"},
	{'a', "all", NULL, ON(TRACE) | ON(TOP), TRACING, "with -- COMMAND: show everyone's calls"},
	{OPT_RELATED, "related", NULL, LIVE, TRACING,
	 "also truncates of files that were fallocated, and\nwrites to what was reserved (ext4, XFS, btrfs)"},
	{OPT_EXCLUDE, "exclude-others", NULL, ON(TRACE) | ON(TOP), TRACING,
	 "with -p or -- COMMAND: have the kernel skip others\n(pays where others call a lot; cgroups are not known)"},
	{OPT_PATH_DEPTH, "path-depth", "N", LIVE | ON(PROBES), TRACING,
	 "read at most N names of a file's path, 1 to 8\n(default 4; with --path 8)"},
	{OPT_DEEP, "deep", NULL, LIVE | ON(PROBES), TRACING,
	 "see calls of filesystems' own functions, too, as loop\ndevices and LIO make them; slows every fallocate more"},
	{OPT_BUFFER_SIZE, "buffer-size", "SIZE", LIVE, TRACING, "kernel buffer per CPU, 8K to 4G (default: by memory)"},

	{'q', "quiet", NULL, LIVE | ON(REPLAY) | ON(RECOVER), GENERAL, "nothing on standard error but errors"},
	{'h', "help", NULL, EVERY, GENERAL, "print this help"},
	{'V', "version", NULL, EVERY, GENERAL, "print the version"},
	{0, NULL, NULL, 0, NULL, NULL},
};

const struct command_desc command_table[CMD_COUNT] = {
	[CMD_TRACE] = {"trace", "[OPTION...] [-- COMMAND [ARG...]]", "show calls as they happen (the default)",
		       "With -- COMMAND: only what it and its descendants call, until it ends;\n"
		       "its exit status is falloctrace's."},
	[CMD_TOP] = {"top", "[OPTION...] [-- COMMAND [ARG...]]",
		     "show who calls, and how much, in a table that refreshes",
		     "Keys: q ends it, h or ? lists them all."},
	[CMD_RECORD] = {"record", "[OPTION...] [-- COMMAND [ARG...]]", "record calls to a trace.dat",
			"Records everyone's calls; filter when you replay. trace-cmd and KernelShark\n"
			"open the file, too."},
	[CMD_REPLAY] = {"replay", "[OPTION...] [FILE...]", "show the calls of recordings",
			"FILE is trace.dat by default; - is standard input. Several files (of several\n"
			"machines, say) are merged by wall clock. Needs no privileges."},
	[CMD_RECOVER] = {"recover", "[OPTION...] [FILE]", "put together a recording that was cut off",
			 "FILE is what record was to write, trace.dat by default."},
	[CMD_DOCTOR] = {"doctor", "", "what this kernel offers, what is missing, what to do", NULL},
	[CMD_PROBES] = {"probes", "[OPTION...]", "print the kprobe_events lines for this kernel", NULL},
	[CMD_CLEANUP] = {"cleanup", "", "remove what a dead falloctrace left behind", NULL},
};
