/* SPDX-License-Identifier: MIT */
/*
 * Pages are made here from the layout's description, in both byte orders and
 * both sizes of long, and what the walk yields is held against what was put in
 * and against libtraceevent's own walk.
 */
#ifndef FALLOCTRACE_TESTS_UNIT_PAGE_MAKER_H
#define FALLOCTRACE_TESTS_UNIT_PAGE_MAKER_H

#include "falloctrace/event.h"
#include "falloctrace/page.h"

#define PAGE 4096
#define LOST_FLAG (1u << 31)
#define COUNT_FLAG (1u << 30)
#define FORMATS 4

extern const struct page_format page_formats[FORMATS];

struct maker {
	struct page_format format;
	unsigned char page[PAGE + 64];
	size_t used;
};

size_t header_of(const struct page_format *f);

/* An empty page. */
void maker_start(struct maker *m, const struct page_format *f, uint64_t ts);
/* A record of `size` bytes, a multiple of 4, its size in the head where it fits. */
void maker_small(struct maker *m, uint32_t delta, size_t size, unsigned char byte);
void maker_large(struct maker *m, uint32_t delta, size_t size, unsigned char byte);
void maker_discarded(struct maker *m, uint32_t delta, size_t size);
void maker_stamp(struct maker *m, unsigned type, uint64_t v);

/* By hand: at the end, and then the commit, with LOST_FLAG and COUNT_FLAG, its sign extended or not. */
void maker_head(struct maker *m, unsigned type, uint32_t delta);
void maker_word(struct maker *m, uint32_t v);
void maker_fill(struct maker *m, size_t size, unsigned char byte);
void maker_commit(struct maker *m, uint32_t flags, bool extended);
/* … and anywhere. */
void maker_set32(struct maker *m, size_t at, uint32_t v);
void maker_set64(struct maker *m, size_t at, uint64_t v);

/* Copied to an allocation of just its size, so that a sanitizer sees the byte behind it. */
unsigned char *maker_copy(const struct maker *m, size_t size);

struct seen {
	uint64_t ts;
	size_t size;
	unsigned char byte;
};

void expect_records(const struct maker *m, uint64_t lost, const struct seen *want, size_t count);
/* What libtraceevent makes of the same page. Only for pages that are good. */
void agree_with_kbuffer(const struct maker *m);
void expect_broken_start(const struct maker *m, size_t size);
/* good: records before the break. The page is no longer than what was put in. */
void expect_broken(const struct maker *m, size_t good);

#endif
