/* SPDX-License-Identifier: MIT */
/*
 * A picture's rows: what top_table has counted at one moment, by one key, to be
 * sorted and looked through while counting goes on.
 */
#ifndef FALLOCTRACE_TOP_ROWS_H
#define FALLOCTRACE_TOP_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "falloctrace/sink.h"
#include "output/buf.h"
#include "top/table.h"

/* In the order in which they stand. */
enum top_column {
	TOP_RATE, /* tenths of a call a second, in the last window */
	TOP_CALLS,
	TOP_ERRORS,
	TOP_BYTES_RATE, /* bytes asked for, a second, in the last window */
	TOP_BYTES,
	TOP_GROWN,
	TOP_GAINED,
	TOP_FREED,
	TOP_P50, /* ns */
	TOP_P95,
	TOP_P99,
	TOP_MAX,
	TOP_KEY,
	TOP_COLUMNS = TOP_KEY, /* those with numbers */
};

struct top_value {
	bool known; /* else "-" */
	bool over;  /* known, and too large to tell: "?" */
	bool least; /* some may be missing, folded: "+" */
	int64_t value;
};

struct top_row {
	size_t key, size;  /* in the rows' keys, escaped, its end without a NUL */
	bool known, other; /* other: what was folded */
	struct top_value value[TOP_COLUMNS];
	struct top_value latency[TOP_MAX - TOP_P50 + 1]; /* of the last window; value has those since the start */
};

struct top_rows {
	enum summary_by by;
	struct top_row *rows;
	size_t count;
	struct buf keys;
	struct top_sums all, last; /* of all rows */
	int64_t last_ns;	   /* 0: no window has ended yet */
	uint64_t folds;		   /* of the table since the start */
	/* Those that are seen, and in which order: numbers of rows. */
	size_t *order;
	size_t seen;
};

struct top_order {
	enum top_column column;
	bool reverse;
	bool last;	    /* latencies of the last window */
	const char *filter; /* in the key, as it is shown */
	size_t filter_size; /* 0: any */
};

/* Rows of zeros are none. */
void top_rows_free(struct top_rows *r);
/* What is so far, by a key. -1: memory; r holds nothing then. */
int top_rows_take(struct top_rows *r, const struct top_table *t, enum summary_by by);
/* Chooses and sorts: most first, keys from a on; unknown values behind, what was folded last. */
void top_rows_sort(struct top_rows *r, const struct top_order *o);
/* last: of the last window, where that makes a difference. */
const struct top_value *top_row_value(const struct top_row *r, enum top_column c, bool last);
/* count a second, rounded, in tenths or whole, saturated at INT64_MAX. ns > 0. */
int64_t top_tenths(uint64_t count, int64_t ns);
int64_t top_rate(int64_t count, int64_t ns);

#endif
