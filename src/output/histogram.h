/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the histogram sink share.
 */
#ifndef FALLOCTRACE_OUTPUT_HISTOGRAM_H
#define FALLOCTRACE_OUTPUT_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "falloctrace/sink.h"
#include "output/buf.h"
#include "output/intervals.h"
#include "output/losses.h"
#include "stats/summary_table.h"

#define HISTOGRAM_KEYS_MAX 4000

struct histogram_sink {
	struct sink sink;
	struct sink_options o;
	struct buf line;
	struct interval_heads heads;
	struct summary_table table; /* one key where all calls are one */
	struct losses losses;
	/* Made when it is written: */
	size_t shown; /* keys */
	struct summary_counts rest;
	bool above; /* text: something stands above, so a blank line goes between */
};

enum part_kind { PART_ALL, PART_KEY, PART_REST, PART_OTHER };

/* Calls whose values are one histogram of each kind. */
struct histogram_part {
	enum part_kind kind;
	const struct summary_row *row; /* PART_KEY */
	const struct summary_counts *counts;
	uint64_t keys;	      /* PART_REST: that are in it */
	uint64_t missing_max; /* calls of it that are in PART_OTHER, at most */
};

/* One kind of histogram: bit is that of enum histogram_of. */
struct histogram_kind {
	unsigned bit;
	const char *name, *unit;
	const char *value; /* with its article */
};
extern const struct histogram_kind histogram_kinds[LOG2_KINDS];

/* Slots that are shown: up to the last that is not empty. 0: all are. */
unsigned histogram_slots(const struct log2_counts *n);

/* One histogram, of kinds[kind]. */
int histogram_write_text(struct histogram_sink *s, const struct histogram_part *p, unsigned kind, struct error *e);
int histogram_write_json(struct histogram_sink *s, const struct interval *i, const struct histogram_part *p,
			 unsigned kind, struct error *e);
/* What stands below them all. */
int histogram_write_notes(struct histogram_sink *s, struct error *e);

#endif
