/* SPDX-License-Identifier: MIT */
/*
 * How values are spread: buckets of equal width within each power of two, so
 * that what a bucket stands for is no more than 1/64 (1.6 %) away from any value
 * in it. Values below 64 have a bucket each. Only the powers of two that
 * occurred take memory.
 */
#ifndef FALLOCTRACE_STATS_HISTOGRAM_H
#define FALLOCTRACE_STATS_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_BUCKETS 32 /* of a group */
#define HISTOGRAM_GROUPS 59  /* 0 … 31, 32 … 63, 64 … 127, … 2^62 … 2^63 - 1 */
#define HISTOGRAM_WAITING 32

struct histogram {
	uint64_t total;	  /* values */
	int64_t min, max; /* exact; 0 where there is none */
	/* The last few values' buckets, which are counted all at once: that spares memory accesses far apart. */
	uint16_t waiting[HISTOGRAM_WAITING];
	uint8_t waiting_count;
	uint8_t used, room;		       /* of groups */
	uint8_t group_at[HISTOGRAM_GROUPS];    /* 1 + place in groups; 0: none of these values yet */
	uint64_t (*groups)[HISTOGRAM_BUCKETS]; /* values in each bucket */
};

/* One of zeros is empty. */
void histogram_free(struct histogram *h);
/* value >= 0. -1: memory, and some are not counted. */
int histogram_add(struct histogram *h, int64_t value);
/* The same. */
int histogram_merge(struct histogram *to, const struct histogram *from);
/*
 * What percent of the values (1 … 100) do not exceed: the middle of the bucket
 * of the value at rank ceil(percent / 100 × total), kept within min and max; the
 * last rank is max itself. 0 where there are no values.
 */
int64_t histogram_percentile(const struct histogram *h, unsigned percent);
/* Bytes allocated. */
size_t histogram_bytes(const struct histogram *h);

#endif
