/* SPDX-License-Identifier: MIT */
/*
 * What the parts of --format html share. It counts while calls come, in bounded
 * memory, and writes the page at the end.
 */
#ifndef FALLOCTRACE_OUTPUT_HTML_HTML_H
#define FALLOCTRACE_OUTPUT_HTML_HTML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "falloctrace/info.h"
#include "falloctrace/sink.h"
#include "output/buf.h"
#include "output/clock.h"
#include "output/html/axis.h"
#include "output/html/history.h"
#include "output/html/notable.h"
#include "stats/findings.h"
#include "stats/summary_table.h"

#define HTML_ROWS 500	   /* of a table that are written; the others are summed up */
#define HTML_LONG 100	   /* rows of a table that need not be laid out at once: report.css */
#define HTML_PAPER_ROWS 50 /* … that are printed: report.css */
#define HTML_TRACES 16	   /* that are named */
#define HTML_LOSSES 50	   /* that are written one by one */
#define HTML_FILES 6	   /* that have a chart since they have most calls; as many since their blocks changed most */
#define HTML_FINDINGS 5	   /* of a kind that are written */

enum html_table { HTML_BY_OP, HTML_BY_PROCESS, HTML_BY_FILE, HTML_BY_ERRNO, HTML_TABLES };

struct html_losses {
	uint64_t events, gaps; /* lost; losses of an unknown number of them */
	struct loss first[HTML_LOSSES];
	size_t count;
	uint64_t more; /* losses beyond these */
};

struct html {
	struct sink sink;
	struct sink_options o;
	struct buf line;    /* of the page, under construction */
	struct buf scratch; /* keys; text before it becomes HTML */
	struct clock clock;
	const struct trace_info *traces[HTML_TRACES];
	size_t traces_count; /* may be more */
	struct summary_table tables[HTML_TABLES];
	struct summary_counts total; /* made at the end */
	struct html_losses losses;
	/* Of all calls whose time is on the axis' clock: ns; only where has_span. */
	bool has_span;
	int64_t from, to;
	struct axis axis;
	struct histories histories;
	size_t histories_shown;
	struct notable notable;
	struct findings *findings;
};

/* Each writes its part of the page; -1 with *e where that fails. */
int html_write_page(struct html *h, struct error *e);
int html_write_tables(struct html *h, struct error *e);
int html_write_calls(struct html *h, struct error *e);
int html_write_findings(struct html *h, struct error *e);
int html_write_data(struct html *h, struct error *e);
void html_add_charts(struct html *h); /* adds to h->line */
/* Writes what was added so far. */
int html_flush(struct html *h, struct error *e);

/* --- text (text.c): any bytes become text that a browser shows, and nothing else --- */

void html_text(struct html *h, const char *text);
void html_shown(struct html *h,
		const char *text); /* what is safe to show already: only HTML's own characters are told apart */
/* A name, set apart from what is around it in the direction of its script; of one too long the middle is left out. */
void html_name(struct html *h, const char *name, size_t size);
void html_grouped(struct buf *b, uint64_t n); /* "1,234,567" */
void html_signed(struct buf *b, int64_t n);   /* "-1,234,567" */
/* "1.5M" with the number of bytes as its title, "35.1us" with that of ns. */
void html_size(struct buf *b, int64_t bytes);
void html_duration(struct buf *b, int64_t ns);
/* A moment: as UTC, else (or where ticks) as a number of the trace's clock. */
void html_moment(struct html *h, bool utc, bool ticks, int64_t time);

/* --- cells (text.c) --- data-v is exact; one that is not known has none. */
void html_cell_unknown(struct buf *b);
void html_cell_count(struct buf *b, uint64_t n);
void html_cell_number(struct buf *b, int64_t n);
void html_cell_size(struct buf *b, bool known, int64_t bytes);
void html_cell_sum(struct buf *b, bool known, int64_t sum); /* bytes; SUM_OVER: too large to tell */
void html_cell_time(struct buf *b, bool known, int64_t ns);

#endif
