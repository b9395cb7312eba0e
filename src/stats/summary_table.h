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
#include "falloctrace/sink.h"
#include "stats/summary_counts.h"

struct summary_row {
	struct summary_counts counts;
	uint64_t missing_max; /* so many calls, at most, of this key were folded before the row began: 0 is exact */
	uint64_t hash;
	int64_t order; /* of sorting */
	uint32_t size;
	bool known;
	char key[]; /* ends in a NUL */
};

struct summary_slot {
	uint64_t hash;
	struct summary_row *row; /* NULL: free */
};

#define SUMMARY_KEYS_MAX 10000
#define SUMMARY_BYTES_MAX (24u << 20) /* of rows, with their keys, latencies and errors */

/*
 * Lossy counting: when a row too many is wanted, or memory, the half of the rows
 * with the fewest calls is folded into other. A key that comes again begins a
 * new row, which knows how many calls it may lack.
 */
struct summary_table {
	struct summary_row **rows; /* in the order in which they began, until summary_table_sort */
	size_t count, keys_max;
	size_t bytes, bytes_max;
	bool pids;		    /* rows know whose calls; set after summary_table_init */
	bool log2;		    /* they have histograms, and no sums; the same */
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
/* The counts of a key, to be added to by functions that allocate nothing; NULL: memory. Good until the next call. */
struct summary_counts *summary_table_at(struct summary_table *t, const char *key, size_t size);
/* Most first, what is not known last; then, as with SORT_KEY, by key. The table counts on as before. */
void summary_table_sort(struct summary_table *t, enum summary_sort sort);
/* Empty again, with no row folded. Costs little where little was counted. */
void summary_table_reset(struct summary_table *t);

#endif
