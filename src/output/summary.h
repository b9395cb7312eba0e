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
#include "stats/summary_table.h"

struct summary {
	struct sink sink;
	struct sink_options o;
	struct buf line;
	struct summary_table table;
	struct summary_counts total; /* made at the end */
	uint64_t lost, gaps;	     /* events; losses of an unknown number of them */
};

/* Writes all of it, sorted and with s->total. */
int summary_write_text(struct summary *s, struct error *e);
int summary_write_json(struct summary *s, struct error *e);

#endif
