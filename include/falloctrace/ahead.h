/* SPDX-License-Identifier: MIT */
/*
 * A merge run ahead by a thread of its own, so that events of a recording are
 * read and decoded on one CPU while the calls are put together on another.
 */
#ifndef FALLOCTRACE_AHEAD_H
#define FALLOCTRACE_AHEAD_H

#include "falloctrace/merge.h"

struct ahead;

/*
 * Borrows m, which belongs to the thread until ahead_free, and all that m
 * borrows. Where there is but one CPU to run on, or no thread to be had, there
 * is none, and nothing else is different. NULL: memory.
 */
struct ahead *ahead_new(struct merge *m);
void ahead_free(struct ahead *a); /* ends the thread; NULL is fine */
/*
 * As merge_next with UINT64_MAX for a horizon, for a source that never has
 * nothing for now. *ev is valid until the next call; of a string no more than
 * AHEAD_STRING_MAX bytes are kept.
 */
enum merge_result ahead_next(struct ahead *a, const struct event **ev, struct error *e);

#define AHEAD_STRING_MAX 4096 /* no path is longer, nor any other name */

#endif
