/* SPDX-License-Identifier: MIT */
/*
 * Which interval a table is of: what stands above it, or in it.
 */
#ifndef FALLOCTRACE_OUTPUT_INTERVALS_H
#define FALLOCTRACE_OUTPUT_INTERVALS_H

#include "falloctrace/info.h"
#include "falloctrace/sink.h"
#include "output/buf.h"
#include "output/clock.h"

struct interval_heads {
	enum time_style style;
	bool color;
	bool again; /* text: something stands above, so a blank line goes between */
	struct clock clock;
	const struct trace_info *only; /* the trace, where there is one: it knows how far UTC is from its clock */
	unsigned traces;
	bool has_first;
	int64_t first; /* where TIME_STYLE_RELATIVE and TIME_STYLE_DELTA count from: the first begin, the last one */
};

void intervals_init(struct interval_heads *h, const struct sink_options *o);
/* As sink_ops.trace: info stays. */
void intervals_trace(struct interval_heads *h, const struct trace_info *info);

/* In each i is NULL where the time is unknown. */

/* A line "interval: 09:15:02.000000 to 09:15:03.000000", as -T has times, with a blank one before it unless it is the first. */
void intervals_text(struct interval_heads *h, struct buf *b, const struct interval *i);
/* ,"begin":"2026-…Z","end":"2026-…Z","begin_ts":12…,"end_ts":13… — on the trace's clock; what is not known is null. */
void intervals_json(struct interval_heads *h, struct buf *b, const struct interval *i);
#define INTERVALS_CSV_COLUMNS "begin,end,begin_ts,end_ts,"
/* The cells of these, each with the comma behind it. */
void intervals_csv(struct interval_heads *h, struct buf *b, const struct interval *i);

#endif
