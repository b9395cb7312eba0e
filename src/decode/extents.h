/* SPDX-License-Identifier: MIT */
/*
 * Which bytes of a file are in some state: ranges, in order, that neither
 * overlap nor touch. Bounded: where there would be too many, those that are
 * nearest to each other become one.
 */
#ifndef FALLOCTRACE_DECODE_EXTENTS_H
#define FALLOCTRACE_DECODE_EXTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXTENTS_MAX 4096 /* ranges */

struct extent {
	int64_t start, end; /* bytes; end is not in it */
};

/* One of zeros is empty. */
struct extents {
	struct extent *list;
	size_t count, room;
	bool merged; /* some became one that were not */
};

void extents_free(struct extents *x);
void extents_clear(struct extents *x);
/* Bytes of [start, end) that are not in it. */
int64_t extents_missing(const struct extents *x, int64_t start, int64_t end);
/* Bytes that came in; -1: memory. */
int64_t extents_add(struct extents *x, int64_t start, int64_t end);
/* Bytes that went out; -1: memory. */
int64_t extents_remove(struct extents *x, int64_t start, int64_t end);
/* All that lies at or behind `from` moves by so many bytes; what would begin before `from` then must have been removed. */
void extents_shift(struct extents *x, int64_t from, int64_t by);
/* Makes its ranges at most max, at least 1, taking together what is nearest. */
void extents_limit(struct extents *x, size_t max);

#endif
