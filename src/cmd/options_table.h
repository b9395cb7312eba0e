/* SPDX-License-Identifier: MIT */
/*
 * The one list of options.
 */
#ifndef FALLOCTRACE_CMD_OPTIONS_TABLE_H
#define FALLOCTRACE_CMD_OPTIONS_TABLE_H

#include "cmd/options.h"

/* Long-only options have ids above any character. */
enum option_id {
	OPT_OP = 256,
	OPT_VIA,
	OPT_MIN_LEN,
	OPT_FS,
	OPT_FORMAT,
	OPT_HUMAN,
	OPT_NESTED,
	OPT_COLOR,
	OPT_PATH_DEPTH,
	OPT_BUFFER_SIZE,
	OPT_COMPRESS,
	OPT_CHECK,
	OPT_BY,
	OPT_CSV,
	OPT_FINDINGS,
	OPT_SORT,
	OPT_TOP,
	OPT_COLUMNS,
	OPT_WIDTH,
	OPT_WEIGHT,
	OPT_WHERE,
	OPT_CGROUP,
	OPT_EXCLUDE,
	OPT_RELATED,
	OPT_DEEP,
};

struct option_desc {
	int id; /* the short option's character, or an enum option_id */
	const char *name;
	const char *arg;   /* as help shows it; NULL: takes none */
	unsigned commands; /* bit 1 << enum command */
	const char *group; /* help's heading, the same for neighbours */
	const char *help;  /* lines, split by \n */
};

extern const struct option_desc option_table[]; /* ends with a NULL name */

struct command_desc {
	const char *name;
	const char *synopsis; /* behind "falloctrace NAME" */
	const char *help;     /* one line */
	const char *details;  /* further lines for its own --help; NULL none */
};

extern const struct command_desc command_table[CMD_COUNT];

#endif
