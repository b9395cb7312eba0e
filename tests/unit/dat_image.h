/* SPDX-License-Identifier: MIT */
/*
 * Makes trace.dat images from the descriptions of the format alone
 * (trace-cmd.dat.v6(5), trace-cmd.dat.v7(5)), with nothing of the reader or the
 * writer, in either byte order.
 */
#ifndef FALLOCTRACE_TEST_DAT_IMAGE_H
#define FALLOCTRACE_TEST_DAT_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum packing {
	PLAIN,
	ZSTD, /* frames that do not tell their content's size, as trace-cmd's */
	ZLIB,
};

struct image {
	unsigned char *data;
	size_t size, room;
	bool big; /* byte order of what is put next */
};

void image_free(struct image *im);
void image_bytes(struct image *im, const void *data, size_t size);
void image_u8(struct image *im, unsigned v);
void image_u16(struct image *im, unsigned v);
void image_u32(struct image *im, uint32_t v);
void image_u64(struct image *im, uint64_t v);
void image_string(struct image *im, const char *s); /* with its NUL */
void image_text32(struct image *im, const char *s); /* u32 size, bytes */
void image_text64(struct image *im, const char *s);
void image_option(struct image *im, unsigned id, const void *data, size_t size);
void image_align(struct image *im, size_t align);
/* Overwrites what lies at a place. */
void image_set_u32(struct image *im, size_t at, uint32_t v);
void image_set_u64(struct image *im, size_t at, uint64_t v);

/* magic, version, byte order, long size, page size */
void image_start(struct image *im, const char *version, unsigned long_size, uint32_t page_size);
/* header_page and header_event of a kernel with such longs */
void image_headers(struct image *im, unsigned long_size);
/* A version 7 section begins; the end puts its size in. Returns its place. */
size_t image_section(struct image *im, unsigned id, unsigned flags);
void image_section_end(struct image *im, size_t at);
/* As a section's contents are compressed: {u32 compressed size, u32 size, data} replaces what was put since. */
void image_pack(struct image *im, size_t from, enum packing how);
/* As a CPU's pages are: u32 chunks, {u32 compressed size, u32 size, data} for every so many bytes. ends: where each
 * chunk does, or NULL. */
void image_chunks(struct image *im, const struct image *pages, size_t chunk, enum packing how, size_t *ends);
/* A page: header, then one record with these 4·words bytes of payload; the rest is padding. */
void image_page(struct image *im, uint64_t ts, unsigned long_size, size_t page_size, const void *record,
		unsigned words);

/* Writes a new file, in a directory that image_path made. */
void image_write(const struct image *im, const char *path);
/* A path of its own for this test process. */
const char *image_path(void);

#endif
