/* SPDX-License-Identifier: MIT */
/*
 * The command line as plain values. One table (options_table.c) drives parsing
 * and --help; the man page and the completion are linted against --help.
 */
#ifndef FALLOCTRACE_CMD_OPTIONS_H
#define FALLOCTRACE_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "falloctrace/error.h"
#include "falloctrace/filter.h"
#include "falloctrace/sink.h"

enum command {
	CMD_TRACE, /* also where no command is named */
	CMD_TOP,
	CMD_RECORD,
	CMD_REPLAY,
	CMD_RECOVER,
	CMD_DOCTOR,
	CMD_PROBES,
	CMD_CLEANUP,
	CMD_COUNT,
};

/* What is asked for, beside the command itself. */
enum action {
	ACTION_RUN,
	ACTION_HELP,	/* print options_help(command) */
	ACTION_VERSION, /* print the version */
	ACTION_COLUMNS, /* print options_columns */
};

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/*
 * Names read of a file's path, leaf and parents. Each costs the traced call some
 * 1,200 instructions; the kernel takes no argument of a kprobe event that is
 * longer than 63 characters (MAX_ARGSTR_LEN), which are 8 names.
 */
#define PATH_DEPTH_DEFAULT 4
#define PATH_DEPTH_MAX 8
#define RECORD_FILE_DEFAULT "trace.dat"

struct options {
	enum command command; /* set even where parsing failed later: whose --help to point at */
	bool command_named;   /* the command line names it */
	enum action action;

	struct filter filter;	      /* trace, top, replay */
	enum format format;	      /* trace, replay */
	unsigned show;		      /* … enum show, never 0 */
	bool human;		      /* … text and top only */
	bool nested;		      /* … a row of its own for each inner call */
	enum color_when color;	      /* … and top */
	enum time_style time;	      /* … text and csv only */
	const struct field **columns; /* … NULL: the usual ones */
	size_t columns_count;	      /* … */
	int64_t width;		      /* … text: columns of a line; 0: any; -1: the terminal's, where there is one */
	int64_t interval;	      /* … ns; 0 none. top: between two pictures */
	enum summary_by by;	      /* … and top */
	enum summary_sort sort;	      /* … and top */
	uint64_t top;		      /* … rows at most; 0: all */
	unsigned histograms;	      /* … enum histogram_of */
	enum folded_weight weight;    /* … */
	bool check;		      /* replay: say what the files are, replay nothing */
	/* -o: NULL standard output ("-", too); record: the file, never NULL; recover: the file, NULL: by the name of files[0] */
	const char *output;
	bool compress;	      /* record, recover: write version 7, compressed */
	bool quiet;	      /* no banner, progress or closing counts on stderr; errors only */
	int64_t duration;     /* -d: ns; 0 until interrupted. trace, record */
	bool all;	      /* -a: everyone's calls, although a command is given. trace */
	bool related;	      /* truncates, and writes to what was reserved, too. trace, top, record */
	bool exclude;	      /* the kernel is to pass over others than -p or a command. trace, top */
	unsigned path_depth;  /* 1 … PATH_DEPTH_MAX. trace, record, probes */
	uint64_t buffer_size; /* bytes per CPU; 0: by the memory that there is. trace, record */
	bool deep;	      /* filesystems' own functions, too. trace, record, probes */

	bool confined; /* main's: this process is ours alone, and gives up for good what it needs no more */

	/* The main's argv, without the words of a COMMAND: how the program was called. */
	char *const *words;
	size_t words_count;
	char **argv; /* -- COMMAND…: NULL-ended, NULL without; the main's argv */
	/* replay (one or more, "-" at most once is standard input), recover (one): "trace.dat" where none is named */
	const char **files;
	size_t files_count;
};

/*
 * Reads a main's arguments; strings are borrowed from argv, which is not
 * changed. 0, or -1 with STATUS_USAGE and one line that names the option and
 * the reason. options_free either way.
 */
int options_parse(struct options *o, int argc, char **argv, struct error *e);
void options_free(struct options *o); /* frees what o holds, not o */

const char *command_name(enum command c); /* "trace" … */
/* --help of a command; named false: the overview of all. */
void options_help(FILE *out, enum command c, bool named);
/* --columns help: what it takes. */
void options_columns(FILE *out);

#endif
