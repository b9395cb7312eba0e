/* SPDX-License-Identifier: MIT */
/*
 * Records of one ring-buffer sub-buffer, each step checked before it is
 * believed: the page may come from a file.
 */
#ifndef FALLOCTRACE_PAGE_H
#define FALLOCTRACE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "falloctrace/error.h"

/* How the traced kernel lays out its sub-buffers (events/header_page). */
struct page_format {
	int long_size; /* 4 or 8: the traced kernel's */
	bool big_endian;
};

struct record {
	const void *data; /* in the page */
	size_t size;	  /* bytes that lie in the page */
	uint64_t ts;	  /* ns or ticks */
};

struct page_walk;

struct page_walk *page_walk_new(const struct page_format *f); /* NULL: memory */
void page_walk_free(struct page_walk *w);
/*
 * Starts on a page. *lost is the number of events lost before it by the page's
 * own flags (0, a count, or LOST_UNKNOWN). -1 and *e: not a page.
 */
int page_walk_start(struct page_walk *w, const void *data, size_t size, uint64_t *lost, struct error *e);
/* Whether there is nothing more in the page. */
bool page_walk_empty(const struct page_walk *w);
/* 1 and *r, 0 at the end of the page, -1 and *e where the page is broken (what came before was good). */
int page_walk_next(struct page_walk *w, struct record *r, struct error *e);

#endif
