/* SPDX-License-Identifier: MIT */
/*
 * What was lost, as those tell it who show no single loss.
 */
#ifndef FALLOCTRACE_OUTPUT_LOSSES_H
#define FALLOCTRACE_OUTPUT_LOSSES_H

#include <stdbool.h>
#include <stdint.h>

#include "falloctrace/sink.h"
#include "output/buf.h"

struct losses {
	uint64_t lost, gaps; /* events; losses of an unknown number of them */
};

void losses_add(struct losses *n, const struct loss *l);
/* A line "LOST 118 events, and an unknown number of events 2 times: …"; nothing where nothing was lost. */
void losses_text(const struct losses *n, struct buf *b, bool color);
/* ,"lost":118,"gaps":2 */
void losses_json(const struct losses *n, struct buf *b);

#endif
