/* SPDX-License-Identifier: MIT */
/*
 * Whole recordings of a few system calls, for the tests of replay: version 6,
 * little endian, one CPU with one page.
 */
#ifndef FALLOCTRACE_TEST_REPLAY_IMAGE_H
#define FALLOCTRACE_TEST_REPLAY_IMAGE_H

#include "dat_image.h"

struct made_call {
	uint64_t start, ns; /* on the trace's clock; how long it took */
	int tid;
	int64_t len;
	int64_t ret;
};

/* notes: what follows "falloctrace 1\n"; NULL none. The image is to be freed. */
void recording_image(struct image *im, const char *notes, const struct made_call *calls, unsigned count);
/* The same into a file of a folder of this test's own, whose path is returned (static). */
const char *recording_file(const char *name, const char *notes, const struct made_call *calls, unsigned count);
/* The path of a file there, made or not. */
const char *recording_path(const char *name);

/* What is written on standard error between the two. The text is the ear's until the next time. */
void listen_begin(void);
const char *listen_end(void);

#endif
