/* SPDX-License-Identifier: MIT */
/*
 * What became of files over time, of those that matter most: bounded however
 * many files there are.
 */
#ifndef FALLOCTRACE_OUTPUT_HTML_HISTORIES_H
#define FALLOCTRACE_OUTPUT_HTML_HISTORIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "falloctrace/call.h"
#include "output/html/axis.h"

#define HISTORIES_MAX 256
/* Of these, those whose blocks changed most stay, however few calls they have. */
#define HISTORIES_MOVED 16
#define HISTORIES_SLOTS 1024
#define POINT_UNKNOWN INT64_MIN

/* A file's calls within one bin of the axis. Sizes in bytes: before the first of them, after the last; POINT_UNKNOWN. */
struct history_point {
	uint64_t bin; /* its number, at its shift */
	uint64_t calls, errors;
	int64_t size_before, size_after;
	int64_t allocated_before, allocated_after;
};

struct history {
	char *key;
	size_t key_size;
	uint64_t hash;
	uint64_t calls, errors;
	uint64_t moved;	      /* bytes of blocks gained and freed; UINT64_MAX: or more */
	uint64_t missing_max; /* so many calls, at most, came before it was watched */
	unsigned shift;	      /* of the axis, when it was last touched */
	struct history_point *points;
	size_t points_count, points_room;
};

struct histories {
	struct history *files[HISTORIES_MAX];
	size_t count;
	uint16_t slots[HISTORIES_SLOTS]; /* 1 + place in files, where a key's hash leads; 0: free */
	uint64_t dropped_max;		 /* calls that a file which is not watched has had, at most */
	uint64_t seed;
};

void histories_init(struct histories *t);
void histories_free(struct histories *t);
/* A call on a file, in a bin of the axis. -1: memory. */
int histories_add(struct histories *t, const struct axis *a, uint64_t bin, const char *key, size_t size,
		  const struct call *c);
/*
 * Puts those first that are to be shown: the ones with most calls, then those
 * with most blocks moved, if these are more than one of the former has; at most
 * count of each. Points of all are at the axis' width. Returns how many. Nothing
 * can be added afterwards.
 */
size_t histories_choose(struct histories *t, const struct axis *a, size_t count);

#endif
