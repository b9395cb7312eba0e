/* SPDX-License-Identifier: MIT */
/*
 * What the join needs of calls: to keep them, and to make one of two.
 */
#ifndef FALLOCTRACE_DECODE_JOIN_H
#define FALLOCTRACE_DECODE_JOIN_H

#include "falloctrace/call.h"

/* A copy with copies of its inner calls; *bytes grows by its memory. NULL: memory. */
struct call *call_copy(const struct call *c, size_t *bytes);
void call_release(struct call *c); /* NULL is fine */
/* Whether two can't be the same call: what both know of the request differs. */
bool calls_contradict(const struct call *a, const struct call *b);
/*
 * Adds what `from`, the same call as another buffer saw it, knows better. 0; -1:
 * memory. *bytes grows by what is copied.
 */
int call_merge(struct call *to, const struct call *from, size_t *bytes);

#endif
