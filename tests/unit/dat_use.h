/* SPDX-License-Identifier: MIT */
/*
 * Has everything asked of a file that may be broken.
 */
#ifndef FALLOCTRACE_TEST_DAT_USE_H
#define FALLOCTRACE_TEST_DAT_USE_H

#include "dat_kinds.h"

struct used {
	int pages, failures;
	uint64_t bytes; /* of pages */
};

/* A file that is being read, and what the last page was. */
struct reading {
	struct dat_reader *r;
	struct source *s;
	struct page page;
	struct error e;
};

struct reading start_reading(const struct image *im);
enum page_result next_page(struct reading *in, int i);
/* Frees the image, too. */
void end_reading(struct reading *in, struct image *im);

/* Everything that can be asked of a reader. */
struct used use(struct dat_reader *r);
/* Does not open, and says why. */
void refuse(const struct image *im, const char *why);
/* Opens, says what is broken first of all, and has so many pages left. */
void broken(const struct image *im, const char *why, int pages);
/*
 * Cut anywhere: the pages that are whole are given, that something is missing
 * is told, and nothing is made up.
 */
void truncate_kind(struct kind k);

#endif
