/* SPDX-License-Identifier: MIT */
/*
 * What the user has chosen, and how keys change it.
 */
#ifndef FALLOCTRACE_TOP_STATE_H
#define FALLOCTRACE_TOP_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/options.h"
#include "top/rows.h"

#define TOP_FILTER 256

/* A key: a character's number, or one of these, beyond all characters. */
enum top_special {
	TOP_UP = 0x110000,
	TOP_DOWN,
	TOP_LEFT,
	TOP_RIGHT,
	TOP_PAGE_UP,
	TOP_PAGE_DOWN,
	TOP_HOME,
	TOP_END,
	TOP_ENTER,
	TOP_BACKSPACE,
	TOP_OTHER_KEY, /* one that we have no use for */
};

struct top_state {
	enum summary_by by;
	enum top_column sort;
	bool reverse;
	bool last;  /* latencies of the last window, else since the start */
	bool human; /* sizes and times with units */
	bool paused;
	bool help;
	bool editing; /* keys go into the filter */
	char filter[TOP_FILTER + 4];
	size_t filter_size;
	size_t first;	   /* row at the top, of those that are seen */
	size_t page;	   /* rows that the last picture had */
	size_t help_first; /* the help's line at the top */
	unsigned known;	   /* bits 1 << enum top_column: some row knew it so far */
	/* Columns of each number so far, so that they don't jump to and fro. */
	unsigned width[TOP_COLUMNS];
};

/* What is to be done after a key, beside drawing it all again. */
enum top_todo {
	TOP_DRAW,
	TOP_TAKE,  /* other rows are wanted: by another key, or after a pause */
	TOP_CLEAR, /* counting is to begin anew */
	TOP_WIPE,  /* the terminal is to be drawn from scratch */
	TOP_QUIT,
};

/* As the command line wants it. */
void top_state_init(struct top_state *s, const struct options *o);
enum top_todo top_state_key(struct top_state *s, uint32_t key);
/* "CALLS/S" … "MAX", and "KEY" */
const char *top_column_name(enum top_column c);
/* "PROCESS" …, for the title of the key. */
const char *top_by_title(enum summary_by by);

#endif
