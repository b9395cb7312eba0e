/* SPDX-License-Identifier: MIT */
/*
 * Ranges of a file that calls of the trace allocated and none has freed since:
 * a few. What does not fit is forgotten, so a range that is there was
 * allocated; one that is not may have been.
 */
#ifndef FALLOCTRACE_STATS_FINDING_RANGES_H
#define FALLOCTRACE_STATS_FINDING_RANGES_H

#include <stddef.h>
#include <stdint.h>

#include "stats/findings.h"

/* Allocation goes on where it ended, and punches make holes: a few are enough for what is done in stretches. */
#define RANGES_MAX 6

struct range {
	int64_t begin, end;	    /* bytes, end exclusive; 0 <= begin < end */
	struct finding_stamp stamp; /* of the last call that allocated of it */
	int64_t size;		    /* of the file when the first one did */
};

struct ranges {
	struct range range[RANGES_MAX];
	size_t count;
};

/* Of offset and len, what can be a range; false: neither. */
bool range_of(int64_t offset, int64_t len, int64_t *begin, int64_t *end);

/* Allocated now, when the file had that size: joins what it touches. */
void ranges_add(struct ranges *r, int64_t begin, int64_t end, const struct finding_stamp *stamp, int64_t size);
/* Not allocated any more. */
void ranges_cut(struct ranges *r, int64_t begin, int64_t end);
/* The first range that has at least min bytes of begin … end, NULL: none. *bytes: how many are known in all. */
const struct range *ranges_overlap(const struct ranges *r, int64_t begin, int64_t end, int64_t min, int64_t *bytes);

#endif
