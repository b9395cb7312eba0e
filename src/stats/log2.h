/* SPDX-License-Identifier: MIT */
/*
 * How values are spread over the powers of two, in the slots of bcc's
 * bpf_log2l: 0 and 1 are in slot 1, 2 and 3 in slot 2, 4 … 7 in slot 3, and so
 * on up to slot 63. What no value of a call can have is told by -1.
 */
#ifndef FALLOCTRACE_STATS_LOG2_H
#define FALLOCTRACE_STATS_LOG2_H

#include <stdint.h>

#include "falloctrace/call.h"

#define LOG2_SLOTS 64

struct log2_counts {
	uint64_t slots[LOG2_SLOTS]; /* values; none in slot 0 */
	uint64_t without;	    /* calls without a value */
};

/* One of each kind, in the order of the bits of enum histogram_of. */
#define LOG2_KINDS 3
struct log2_set {
	struct log2_counts of[LOG2_KINDS];
};

/* value >= 0. */
unsigned log2_slot(int64_t value);
int64_t log2_low(unsigned slot);  /* the least value in it */
int64_t log2_high(unsigned slot); /* the largest */

/*
 * What is counted of a call; -1 where that is unknown:
 * us that it took, a fraction of one cut off;
 * bytes that it asked for (a length below 0, which the kernel refuses, is none);
 * the largest power of two that both ends of its range are multiples of (that
 * divides offset and length). A range that begins at 0 is as aligned as its
 * length; an empty one at 0, and one that begins or ends below 0, has none.
 */
int64_t log2_latency(const struct call *c);
int64_t log2_len(const struct call *c);
int64_t log2_align(const struct call *c);

void log2_add(struct log2_set *s, const struct call *c);
void log2_merge(struct log2_set *to, const struct log2_set *from);

#endif
