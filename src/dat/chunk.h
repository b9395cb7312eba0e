/* SPDX-License-Identifier: MIT */
/*
 * Chunks of compressed pages. All streams of a file share memory for them:
 * however many CPUs there are, it stays within a budget.
 */
#ifndef FALLOCTRACE_DAT_CHUNK_H
#define FALLOCTRACE_DAT_CHUNK_H

#include "reader.h"

struct shared;

/* NULL: memory. */
struct shared *shared_new(const struct dat_file *f, struct decompressor *d, const struct stream *streams, size_t count);
void shared_free(struct shared *shared);
/*
 * Brings more pages of a compressed stream into its chunk, behind what was not
 * handed out yet: that is less than a page. 1: but it may still be less; 0: there
 * are no more; -1 and *e: something is unreadable, the next call goes on behind it.
 */
int chunk_next(struct shared *shared, struct stream *s, struct error *e);
/* The stream needs its chunk no more. */
void chunk_release(struct shared *shared, struct stream *s);

#endif
