/* SPDX-License-Identifier: MIT */
/*
 * What version 7 files are compressed with. A frame is believed in nothing: one
 * that gives more or less than it was said to is broken.
 */
#ifndef FALLOCTRACE_DAT_COMPRESS_H
#define FALLOCTRACE_DAT_COMPRESS_H

#include <stddef.h>
#include <stdint.h>

#include "file.h"

enum compression {
	COMPRESSION_NONE,
	COMPRESSION_ZSTD,
	COMPRESSION_ZLIB,
	COMPRESSION_UNKNOWN,
};

/* By the name in a file's header. */
enum compression compression_find(const char *name);

/* A decoder's state, for frames one after another; not for two threads at once. */
struct decompressor;
/* NULL: memory, or nothing that can be decompressed. */
struct decompressor *decompressor_new(enum compression kind);
void decompressor_free(struct decompressor *d);

/* A whole frame: fills all of out. NULL, or why not ("it …"). */
const char *decompress(struct decompressor *d, const void *in, size_t in_size, void *out, size_t out_size);

/*
 * A frame of so many bytes at a cursor, as a stream, to the end of a spool. -1
 * and *e: what came out before is in the spool.
 */
int decompress_at(struct decompressor *d, const struct cursor *c, uint64_t size, struct dat_file *spool,
		  uint64_t out_size, struct error *e);

#endif
