/* SPDX-License-Identifier: MIT */
/*
 * Sums of calls since the beginning, by what has few values whatever happens:
 * what a monitoring system keeps for years. Nothing is allocated.
 */
#ifndef FALLOCTRACE_STATS_METRIC_TABLE_H
#define FALLOCTRACE_STATS_METRIC_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "falloctrace/call.h"

/*
 * What a trace says of its filesystems can be anything, and a series is for ever:
 * so many types of them have names, so many combinations have a cell of their own.
 */
#define METRIC_FS_MAX 16
#define METRIC_CELLS_MAX 500
/* Those that come later: "other" filesystem and error, one for each op, way in and kind of end (good, bad, unknown). */
#define METRIC_OTHERS_MAX ((OP_COUNT + 1) * VIA_COUNT * 3)

/* Of a cell's fs */
#define METRIC_FS_UNKNOWN 0
#define METRIC_FS_OTHER 1
/* Of a cell's error: an errno with a name, or */
#define METRIC_NO_ERROR 0
#define METRIC_ERROR_OTHER UINT16_MAX
#define METRIC_ERROR_UNKNOWN (UINT16_MAX - 1) /* not seen to return */

/* Sums saturate at UINT64_MAX. */
struct metric_cell {
	uint8_t op;  /* enum op; OP_COUNT: unknown */
	uint8_t via; /* enum via */
	uint8_t fs;  /* metric_fs_name */
	uint16_t error;
	uint64_t calls;
	bool has_requested, has_sizes, has_blocks; /* of at least one call; else the sums below mean nothing */
	uint64_t requested;			   /* bytes; a negative length is none */
	uint64_t grown, shrunk;			   /* bytes of sizes: a call counts into one of them */
	uint64_t allocated, freed;		   /* bytes of blocks: the same */
};

/* Up to 1 us, up to 2 us, … up to 2^24 us (16.8 s); the last: longer */
#define METRIC_BUCKETS 26

struct metric_latency {
	uint64_t calls, ns;
	uint64_t buckets[METRIC_BUCKETS];
};

#define METRIC_SLOTS 2048 /* a power of two, well above all cells */

struct metric_table {
	struct metric_cell cells[METRIC_CELLS_MAX + METRIC_OTHERS_MAX]; /* in the order in which they came */
	unsigned count;
	uint16_t slots[METRIC_SLOTS]; /* 1 + place of a cell; 0: free */
	char fs[METRIC_FS_MAX][sizeof(((struct call *)NULL)->fs)];
	unsigned fs_count;
	struct metric_latency latency[OP_COUNT + 1]; /* OP_COUNT: unknown */
	uint64_t odd[ODD_COUNT];		     /* calls with that bit */
	uint64_t lost, gaps;			     /* events; losses of an unknown number of them */
};

/* One of zeros is empty. */
void metric_table_add(struct metric_table *t, const struct call *c);
void metric_table_lost(struct metric_table *t, uint64_t count); /* or LOST_UNKNOWN */
/* Plain ASCII that needs no quoting. Of two values of a cell's, two. */
const char *metric_fs_name(const struct metric_table *t, unsigned fs);
const char *metric_error_name(unsigned error);

#endif
