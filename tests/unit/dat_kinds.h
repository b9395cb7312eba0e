/* SPDX-License-Identifier: MIT */
/*
 * Files of every kind, with the same in them: CPU 0 has two pages, 1 none, 2
 * one; in a second buffer CPU 1 has one.
 */
#ifndef FALLOCTRACE_TEST_DAT_KINDS_H
#define FALLOCTRACE_TEST_DAT_KINDS_H

#include "dat_image.h"
#include "falloctrace/dat_reader.h"

#define PAGE 1024

struct kind {
	int version; /* 6, 7 */
	bool big;
	unsigned long_size; /* the traced kernel's */
	bool notes;	    /* of ours; without, the file tells the same as trace-cmd's */
	/* version 7 */
	enum packing packing;
	unsigned chunk;	 /* pages in a chunk; 0: 10, as writers have it */
	bool short_size; /* a CPU's size leaves the number of its chunks out, as trace-cmd 3.1 has it */
	bool early;	 /* all options lie before the pages */
};

void make(struct image *im, struct kind k);
/* Also, of each page, how much of the file must be there for it to be found, and read. */
void make_marked(struct image *im, struct kind k, size_t enough[4]);
/* Page n, 0 to 3: two of CPU 0, CPU 2's, the second buffer's. */
void put_page(struct image *im, struct kind k, int n);
/* The first fields of a version 7 BUFFER option, and each of its CPUs. */
void begin_buffer(struct image *im, uint64_t at, const char *name, uint32_t cpus);
void put_cpu(struct image *im, uint32_t cpu, uint64_t at, uint64_t size);
/* Ends a version 7 section of options: where its link to the next is. */
size_t end_options(struct image *im, size_t section);
/* Where these bytes first are. */
size_t place_of(const struct image *im, const void *bytes, size_t size);
/* Written to image_path(), and opened. */
struct dat_reader *open_image(const struct image *im, struct error *e);

#endif
