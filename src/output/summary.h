/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the summary share.
 */
#ifndef FALLOCTRACE_OUTPUT_SUMMARY_H
#define FALLOCTRACE_OUTPUT_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "falloctrace/sink.h"
#include "output/buf.h"
#include "output/intervals.h"
#include "output/losses.h"
#include "stats/summary_table.h"

/* --top's: the rows that are not shown, as one. */
struct summary_rest {
	size_t rows;
	uint64_t missing_max; /* of all of them */
	struct summary_counts counts;
};

struct summary {
	struct sink sink;
	struct sink_options o;
	struct buf line, cell;
	struct interval_heads heads;
	struct summary_table table;
	struct losses losses;
	/* Made when it is written: */
	size_t shown; /* rows */
	struct summary_rest rest;
	struct summary_counts total;
};

/*
 * Each writes one table: s->shown rows, sorted, the rest, other and total, with
 * errors and processes in order. i: the interval that it is of; NULL: the whole
 * trace, or (with s->o.intervals) an unknown time.
 */
int summary_write_text(struct summary *s, const struct interval *i, struct error *e);
int summary_write_json(struct summary *s, const struct interval *i, struct error *e);
int summary_write_csv(struct summary *s, const struct interval *i, struct error *e);
/* The names of the columns. */
int summary_write_csv_header(struct summary *s, struct error *e);

#endif
