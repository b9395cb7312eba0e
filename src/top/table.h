/* SPDX-License-Identifier: MIT */
/*
 * What the live table counts: calls by each of the keys at once, so that what
 * it shows can be switched; since the start, and in windows of time between two
 * ticks. In bounded memory, as stats/summary_table.h says.
 */
#ifndef FALLOCTRACE_TOP_TABLE_H
#define FALLOCTRACE_TOP_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "falloctrace/call.h"
#include "falloctrace/sink.h"
#include "output/buf.h"
#include "stats/summary_table.h"

#define TOP_BYS SUMMARY_DEFAULT /* process … host */

/* Of all keys, exact. */
struct top_sums {
	uint64_t calls, errors;
	int64_t len; /* bytes asked for; SUM_OVER */
};

struct top_span {
	struct summary_table by[TOP_BYS];
	struct top_sums sums;
};

struct top_table {
	struct top_span all;	   /* since the start, or since it was cleared */
	struct top_span now, last; /* the window that is filled, the one before */
	int64_t now_began;	   /* ns, as top_table_tick is told the time */
	int64_t last_ns;	   /* how long last took; 0: there is none */
	uint64_t lost, gaps;	   /* events; losses of an unknown number. Not cleared */
	struct buf key;
};

int top_table_init(struct top_table *t, int64_t now); /* -1: memory; to be freed all the same */
void top_table_free(struct top_table *t);
int top_table_call(struct top_table *t, const struct call *c); /* -1: memory */
void top_table_lost(struct top_table *t, const struct loss *l);
/* The window that is filled becomes the last one; time goes on from now. */
void top_table_tick(struct top_table *t, int64_t now);
/* Begins anew, but for the losses. */
void top_table_clear(struct top_table *t, int64_t now);

/* A sink that counts into t, which it borrows. NULL: memory. */
struct sink *top_sink_new(struct top_table *t);

#endif
