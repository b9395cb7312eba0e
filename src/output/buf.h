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
#include <string.h>

#include "falloctrace/error.h"

struct buf {
	char *data;
	size_t size, room; /* bytes used, bytes there */
	bool failed;	   /* memory was out: what was added since is missing */
};

void buf_init(struct buf *b);
void buf_free(struct buf *b);

/* Makes room for more bytes. False: memory is out. */
bool buf_grow(struct buf *b, size_t more);

/* Here, so that the compiler sees the sizes: a call is a hundred of these. */
static inline void buf_bytes(struct buf *b, const void *data, size_t size)
{
	if (b->room - b->size < size && !buf_grow(b, size))
		return;
	if (size)
		memcpy(b->data + b->size, data, size);
	b->size += size;
}

static inline void buf_text(struct buf *b, const char *text)
{
	buf_bytes(b, text, strlen(text));
}

static inline void buf_char(struct buf *b, char c)
{
	if (b->room == b->size && !buf_grow(b, 1))
		return;
	b->data[b->size++] = c;
}

static inline void buf_fill(struct buf *b, char c, size_t count)
{
	if (b->room - b->size < count && !buf_grow(b, count))
		return;
	if (count)
		memset(b->data + b->size, c, count);
	b->size += count;
}

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
