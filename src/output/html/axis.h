/* SPDX-License-Identifier: MIT */
/*
 * When calls happened, and how long they took, in bounded memory however long
 * the trace is: bins of time that double their width when they no longer reach.
 */
#ifndef FALLOCTRACE_OUTPUT_HTML_AXIS_H
#define FALLOCTRACE_OUTPUT_HTML_AXIS_H

#include <stdbool.h>
#include <stdint.h>

#include "falloctrace/call.h"
#include "falloctrace/sink.h"

#define AXIS_BINS 512
/* Of latencies: [0, 1), [1, 2), then two of equal width each power of two: [2, 3), [3, 4), [4, 6) … */
#define AXIS_ROWS 126

struct axis_bin {
	uint64_t calls, errors;
	int64_t gained, freed; /* bytes of blocks; SUM_OVER */
	uint64_t losses;       /* times that events were lost before here */
};

/*
 * Times are kept in the order of unsigned numbers, and a bin is all the times
 * with the same number after shift: so bins of all axes and widths nest.
 */
struct axis {
	bool begun;
	bool utc;	   /* ns since the epoch; else on the trace's clock, as the first that came with a time */
	bool ticks;	   /* these are no ns */
	unsigned shift;	   /* a bin is 2^shift ns wide */
	uint64_t first;	   /* number of bins[0] */
	unsigned used;	   /* bins, up to the last that holds something */
	bool timed;	   /* heat holds something */
	uint64_t unplaced; /* calls whose time is not known, or on another clock */
	struct axis_bin bins[AXIS_BINS];
	uint32_t heat[AXIS_BINS][AXIS_ROWS]; /* calls; UINT32_MAX: that or more */
};

void axis_init(struct axis *a);
/* Counts c at its end (its begin, where only that is known). False: it has no place; else *bin is its number. */
bool axis_call(struct axis *a, const struct call *c, uint64_t *bin);
void axis_lost(struct axis *a, const struct loss *l);
/* Of bins[at], ns as they came. */
int64_t axis_time(const struct axis *a, unsigned at);
unsigned axis_row(int64_t latency);

#endif
