/* SPDX-License-Identifier: MIT */
/*
 * Text, inside: a line is a row of columns, each of which adds its cell.
 */
#ifndef FALLOCTRACE_OUTPUT_TEXT_PRIVATE_H
#define FALLOCTRACE_OUTPUT_TEXT_PRIVATE_H

#include "falloctrace/field.h"
#include "falloctrace/sink.h"
#include "output/buf.h"
#include "output/clock.h"

struct text_column;

struct text {
	struct sink sink;
	struct sink_options o;
	struct buf line;
	struct clock clock;
	bool has_first, has_last; /* TIME_STYLE_RELATIVE and TIME_STYLE_DELTA count from them */
	uint64_t first, last;	  /* ns on the trace's clock */
	bool ticks;		  /* … which, by the last call, does not count ns */
	const char *color;	  /* of the cell that is being added; NULL: none */
	struct text_column *columns;
	size_t columns_count;
	size_t narrow; /* the column that gives its room to a nested call's indentation; columns_count: none */
};

struct text_column {
	const struct field *field;
	const char *title;
	char own_title[24]; /* where title is its name in capitals */
	size_t width;	    /* columns on the terminal */
	bool right;	    /* numbers */
	bool title_left;    /* … but its title isn't */
	bool optional;	    /* without a title, and without a cell where there is nothing to say */
	bool names;	    /* holds others' names; the last one may have blanks, and is cut to fit */
	bool end_tells;	    /* … at its front */
	bool last;
	/*
	 * Adds the cell's text to t->line, and says how many columns it takes;
	 * nothing is added where nothing is known.
	 */
	size_t (*add)(struct text *t, const struct text_column *k, const struct call *c);
};
/* … as many as bytes were added. */
#define TEXT_BYTES SIZE_MAX

/* text_columns.c: t->columns, by t->o. -1: memory is out. */
int text_columns_make(struct text *t);

/* text_time.c: a line's time, as t->o.time wants it. To be told of each line, shown or not. */
struct text_when {
	bool has_ts, has_utc;
	uint64_t ts; /* ns on the trace's clock */
	int64_t utc; /* ns since the epoch */
};
struct text_when text_when_of(const struct call *c);
size_t text_time_width(enum time_style style);
void text_time_begin(struct text *t, struct text_when *w);
void text_time_add(struct text *t, const struct text_when *w);
void text_time_end(struct text *t, const struct text_when *w);

/* text_cells.c: columns that are more than one field's value. */
size_t text_time_cell(struct text *t, const struct text_column *k, const struct call *c);
size_t text_pid_cell(struct text *t, const struct text_column *k, const struct call *c);
size_t text_comm_cell(struct text *t, const struct text_column *k, const struct call *c);
size_t text_op_cell(struct text *t, const struct text_column *k, const struct call *c);
size_t text_mode_cell(struct text *t, const struct text_column *k, const struct call *c);
size_t text_offset_cell(struct text *t, const struct text_column *k, const struct call *c);
size_t text_len_cell(struct text *t, const struct text_column *k, const struct call *c);
size_t text_size_cell(struct text *t, const struct text_column *k, const struct call *c);
size_t text_blocks_cell(struct text *t, const struct text_column *k, const struct call *c);
size_t text_latency_cell(struct text *t, const struct text_column *k, const struct call *c);
size_t text_result_cell(struct text *t, const struct text_column *k, const struct call *c);
size_t text_notes_cell(struct text *t, const struct text_column *k, const struct call *c);
size_t text_container_cell(struct text *t, const struct text_column *k, const struct call *c);
size_t text_path_cell(struct text *t, const struct text_column *k, const struct call *c);
/* … and any field's */
size_t text_field_cell(struct text *t, const struct text_column *k, const struct call *c);

#endif
