/* SPDX-License-Identifier: MIT */
/*
 * What becomes of what was reserved: the files that were fallocated, and which
 * of their bytes are reserved and not yet anything else.
 *
 * A byte that fallocate reserves is, from then on, left, until it is used
 * (written to), released (punched, collapsed), or cut off (truncated): once, and
 * what was used and is punched later stays used. What was there already when a
 * call reserved it again counts by the blocks that the file gained.
 *
 * Bounded: RELATED_FILES files, the one not seen for the longest time makes
 * room; of each file's ranges EXTENTS_MAX, of all RELATED_BYTES: those that are
 * nearest to each other are taken together then (reservation.exact is false).
 */
#ifndef FALLOCTRACE_DECODE_RELATED_H
#define FALLOCTRACE_DECODE_RELATED_H

#include "assemble_private.h"

#define RELATED_FILES 4096
#define RELATED_BYTES (16u << 20)

struct related_files;

struct related_files *related_new(const struct trace_info *info); /* NULL: memory */
void related_free(struct related_files *r);
/* Events were lost: nothing is exact from here on. */
void related_lost(struct related_files *r);
/*
 * A fallocate has ended: what it did to its file's reservation. Returns a copy
 * of c that tells it, good until the next call of a function here; c where
 * nothing of its file is known; NULL: memory.
 */
const struct call *related_call(struct related_files *r, const struct call *c);
/* The call was shown to somebody: what happens to its file is of interest. */
void related_shown(struct related_files *r, const struct call *c);
/*
 * EVENT_TRUNC_ENTER, _EXIT or EVENT_CONVERT. 1: *told is to be shown; good until
 * the next call of a function here; 0: nothing is; -1: memory.
 */
int related_event(struct related_files *r, struct assemble *a, const struct event *ev, const struct call **told);

#endif
