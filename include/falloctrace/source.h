/* SPDX-License-Identifier: MIT */
/*
 * Where pages come from: the running kernel or a trace.dat. Everything after
 * this point is the same for both.
 */
#ifndef FALLOCTRACE_SOURCE_H
#define FALLOCTRACE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "falloctrace/error.h"
#include "falloctrace/event.h"

/* One sub-buffer of one CPU, with its header, as the kernel wrote it. */
struct page {
	const void *data; /* the source's, until the next page of this CPU is asked for */
	size_t size;	  /* bytes, header included */
	/*
	 * Events that the source knows to have been lost on this CPU just before
	 * this page: 0 none known of, LOST_UNKNOWN some. The page's own flags
	 * may tell of more: see page_gap.
	 */
	uint64_t lost;
	uint64_t at; /* where it begins in its file, for messages; 0: that can't be told */
};

/*
 * What was lost before a page, whose own flags (page.h) tell of the same gap: a
 * count is better than none, and the greater one includes the other.
 */
static inline uint64_t page_gap(const struct page *page, uint64_t by_flags)
{
	if (!by_flags || by_flags == LOST_UNKNOWN)
		return page->lost ? page->lost : by_flags;
	if (!page->lost || page->lost == LOST_UNKNOWN)
		return by_flags;
	return by_flags > page->lost ? by_flags : page->lost;
}

/*
 * A page that is full has no room for the number of what was lost before it. So a
 * page without records may come first, to say it (see dat_writer_lost); that the
 * full one's flags know no number then says nothing new. told: whether such a page
 * came last, kept by the caller for each CPU. Returns what was lost before this one.
 */
static inline uint64_t page_gap_told(const struct page *page, uint64_t by_flags, bool empty, bool *told)
{
	uint64_t lost = *told && !page->lost && by_flags == LOST_UNKNOWN ? 0 : page_gap(page, by_flags);

	*told = empty && lost && lost != LOST_UNKNOWN;
	return lost;
}

enum page_result {
	PAGE_FAILED = -1, /* see the error */
	PAGE_NONE = 0,	  /* a live source has nothing now */
	PAGE_OK = 1,
	PAGE_END = 2, /* there will be no more of this CPU */
};

struct source {
	int cpus; /* CPU streams, numbered 0 … cpus-1 here */
	/* What fails is passed over: who goes on asking gets to the end. Else it may fail forever. */
	bool passes_over;
	/* The kernel's number of stream i. */
	int (*cpu_number)(const struct source *s, int i);
	enum page_result (*next)(struct source *s, int i, struct page *page, struct error *e);
	/*
	 * Which of the trace's buffers stream i is of: the same event may have gone
	 * into several. NULL: there is only one.
	 */
	int (*buffer_number)(const struct source *s, int i);
	/* A record's stamp on stream i as the trace's time. NULL: it is that. Grows with ts. */
	uint64_t (*time)(const struct source *s, int i, uint64_t ts);
};

#endif
