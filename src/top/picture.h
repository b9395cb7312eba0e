/* SPDX-License-Identifier: MIT */
/*
 * What stands on the screen, line by line, for a terminal of any size: made
 * without one.
 */
#ifndef FALLOCTRACE_TOP_PICTURE_H
#define FALLOCTRACE_TOP_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output/buf.h"
#include "top/rows.h"
#include "top/state.h"

enum top_style {
	TOP_PLAIN,
	TOP_STRONG,
	TOP_TITLES,
	TOP_MARKED, /* the title of the column sorted by */
	TOP_WARNING,
	TOP_FAINT,
};

struct top_line {
	struct buf text;
	enum top_style style;
	size_t mark, mark_size; /* bytes of it in TOP_MARKED; 0: none */
};

struct top_picture {
	size_t width, height; /* columns and lines there are */
	struct top_line *lines;
	size_t room, count; /* lines made: count <= height */
	size_t skip;	    /* so many lines are not among them */
	size_t wanted;	    /* lines that there would be, were there room */
	bool has_cursor;
	size_t cursor_x, cursor_y;
	bool failed; /* memory was out */
};

/* What is told beside the table. Text of others is escaped here. */
struct top_about {
	const char *host, *release; /* "" unknown */
	int64_t ran;		    /* ns since the start */
	int64_t interval;	    /* ns between two ticks */
	uint64_t lost, gaps;
	const char *note;	/* what can't be seen on this kernel; NULL: nothing */
	const char *note_whole; /* the same at length, for the help */
	const char *message;	/* what went wrong; NULL: nothing */
	const char *said;	/* the command's last line; NULL: it has said nothing, or there is no command */
	size_t said_size;
	bool ending; /* the command was asked to end */
	bool utf8;   /* the terminal takes it */
};

/* A picture of zeros is empty. */
void top_picture_free(struct top_picture *p);
/* Sorts the rows as s has it, keeps s->first among them, and learns s's page and widths. */
void top_picture_draw(struct top_picture *p, size_t width, size_t height, struct top_rows *rows, struct top_state *s,
		      const struct top_about *about);

/* --- its parts --- */

/* The next line; lines beyond the height go to nowhere. */
struct top_line *top_picture_line(struct top_picture *p, enum top_style style);
void top_picture_header(struct top_picture *p, size_t lines, const struct top_rows *rows, const struct top_state *s,
			const struct top_about *about);
void top_picture_rows(struct top_picture *p, size_t lines, bool titles, const struct top_rows *rows,
		      struct top_state *s, bool utf8);
void top_picture_help(struct top_picture *p, struct top_state *s, const struct top_about *about);

#endif
