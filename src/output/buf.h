/* SPDX-License-Identifier: MIT */
/*
 * A line under construction: grows, and is written in one piece, so that lines
 * of several writers never interleave.
 */
#ifndef FALLOCTRACE_OUTPUT_BUF_H
#define FALLOCTRACE_OUTPUT_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "falloctrace/error.h"

struct buf {
	char *data;
	size_t size, room; /* bytes used, bytes there */
	bool failed;	   /* memory was out: what was added since is missing */
};

void buf_init(struct buf *b);
void buf_free(struct buf *b);

void buf_bytes(struct buf *b, const void *data, size_t size);
void buf_text(struct buf *b, const char *text);
void buf_char(struct buf *b, char c);
void buf_fill(struct buf *b, char c, size_t count);
void buf_u64(struct buf *b, uint64_t value);
void buf_i64(struct buf *b, int64_t value);
/* With zeros in front, up to width digits. */
void buf_digits(struct buf *b, uint64_t value, unsigned width);
void buf_hex_byte(struct buf *b, unsigned char byte);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Writes what was built and empties b. Fails where memory was out as well as
 * where writing fails; then errno tells which (ENOMEM, EPIPE, …).
 */
int buf_write(struct buf *b, FILE *out, struct error *e);

#endif
