/* SPDX-License-Identifier: MIT */
/*
 * How often calls failed with what. Few kinds occur in any one place, so these
 * are a short list rather than a number for each errno that there is.
 */
#ifndef FALLOCTRACE_STATS_ERROR_COUNTS_H
#define FALLOCTRACE_STATS_ERROR_COUNTS_H

#include <stddef.h>
#include <stdint.h>

#include "output/buf.h"

#define ERROR_KINDS_MAX 64 /* that are told apart: no kernel returns as many from fallocate */
#define ERRNO_MAX 4095	   /* the largest that a kernel returns */

struct error_count {
	int err; /* positive */
	uint64_t calls;
};

/* One of zeros is empty. */
struct error_counts {
	struct error_count *of;
	uint8_t count, room;
	uint64_t others; /* calls with a kind too many, or with what is no errno */
};

void error_counts_free(struct error_counts *n);
/* ret < 0, as the kernel returned it; calls of it more. -1: memory, and they are not counted. */
int error_counts_add(struct error_counts *n, int64_t ret, uint64_t calls);
int error_counts_merge(struct error_counts *to, const struct error_counts *from); /* the same */
/* Most calls first, then by number. */
void error_counts_sort(struct error_counts *n);
/* Bytes allocated. */
size_t error_counts_bytes(const struct error_counts *n);
/* Adds "ENOSPC", or "-4000" of one without a name. */
void error_count_name(struct buf *b, const struct error_count *n);

#endif
