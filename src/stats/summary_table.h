/* SPDX-License-Identifier: MIT */
/*
 * Counts of calls by a key, in bounded memory however many keys there are.
 */
#ifndef FALLOCTRACE_STATS_SUMMARY_TABLE_H
#define FALLOCTRACE_STATS_SUMMARY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "falloctrace/call.h"
#include "stats/histogram.h"

/* A sum that has become too large to tell, and stays so. */
#define SUM_OVER INT64_MAX

struct summary_counts {
	uint64_t calls, errors;	  /* all; of these, ret < 0 */
	uint64_t sized, blocked;  /* calls whose sizes, whose blocks are known before and after */
	int64_t len;		  /* bytes that all the calls asked for */
	int64_t grown;		  /* bytes: sizes after, less sizes before, of the sized */
	int64_t gained, freed;	  /* bytes of blocks, of the blocked: a call counts into one of them */
	struct histogram latency; /* ns, of the calls where it is known */
	uint64_t unfinished, orphans;
};

struct summary_row {
	struct summary_counts counts;
	uint64_t missing_max; /* so many calls, at most, of this key were folded before the row began: 0 is exact */
	uint64_t hash;
	uint32_t size;
	bool known;
	char key[]; /* ends in a NUL */
};

struct summary_slot {
	uint64_t hash;
	struct summary_row *row; /* NULL: free */
};

#define SUMMARY_KEYS_MAX 10000
#define SUMMARY_BYTES_MAX (24u << 20) /* of rows, with their keys and latencies */

/*
 * Lossy counting: when a row too many is wanted, or memory, the half of the rows
 * with the fewest calls is folded into other. A key that comes again begins a
 * new row, which knows how many calls it may lack.
 */
struct summary_table {
	struct summary_row **rows; /* in the order in which they began, until summary_table_sort */
	size_t count, keys_max;
	size_t bytes, bytes_max;
	struct summary_slot *slots; /* the rows, by their hash */
	size_t mask;		    /* one less than there are slots */
	uint64_t seed;
	struct summary_counts other; /* what was folded */
	uint64_t folds;		     /* rows that were: of a key that came again, several */
	uint64_t folded_max;	     /* a key without a row has at most so many calls */
};

int summary_table_init(struct summary_table *t, size_t keys_max, size_t bytes_max); /* -1: memory */
void summary_table_free(struct summary_table *t);
/* Counts c under a key. known: false for what has none. -1: memory. */
int summary_table_add(struct summary_table *t, const char *key, size_t size, bool known, const struct call *c);
/* Most calls first, then by key. Nothing can be added afterwards. */
void summary_table_sort(struct summary_table *t);

int summary_counts_add(struct summary_counts *n, const struct call *c); /* -1: memory */
int summary_counts_merge(struct summary_counts *to, const struct summary_counts *from);
void summary_counts_free(struct summary_counts *n);

#endif
