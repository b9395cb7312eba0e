/* SPDX-License-Identifier: MIT */
/*
 * Events of all CPUs of a source in the order of their time, losses among them.
 */
#ifndef FALLOCTRACE_MERGE_H
#define FALLOCTRACE_MERGE_H

#include <stdint.h>

#include "falloctrace/event.h"
#include "falloctrace/page.h"
#include "falloctrace/schema.h"
#include "falloctrace/source.h"

struct merge;

enum merge_result {
	MERGE_FAILED = -1, /* see the error; may be called again, what was broken is skipped */
	MERGE_NONE = 0,	   /* nothing (more) before the horizon now */
	MERGE_OK = 1,
	MERGE_END = 2, /* every CPU has ended */
};

/* Borrows all three. NULL: memory. */
struct merge *merge_new(struct source *src, const struct schema *schema, const struct page_format *f);
void merge_free(struct merge *m);
/*
 * The next event with ts <= horizon. Live: horizon is a time read from the
 * trace's clock before the call, so that nothing earlier can still arrive from a
 * CPU that was empty when asked. Replay: UINT64_MAX. *ev's spans are valid until
 * the next call.
 *
 * Losses come as EVENT_LOST at the place where the gap begins, so that all that
 * other CPUs saw meanwhile follows; ts, its end, may lie beyond the horizon. A
 * loss that the page's flag and the source both tell of is told once, with a
 * count if either has one.
 */
enum merge_result merge_next(struct merge *m, uint64_t horizon, struct event *ev, struct error *e);

#endif
