/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "output/buf.h"

#define FIRST_ROOM 1024

void buf_init(struct buf *b)
{
	memset(b, 0, sizeof(*b));
}

void buf_free(struct buf *b)
{
	free(b->data);
	buf_init(b);
}

bool buf_grow(struct buf *b, size_t more)
{
	size_t room = b->room ? b->room : FIRST_ROOM;
	char *data;

	while (room - b->size < more)
		room *= 2;
	data = realloc(b->data, room);
	if (!data) {
		b->failed = true;
		return false;
	}
	b->data = data;
	b->room = room;
	return true;
}

static unsigned digits_of(uint64_t value)
{
	static const uint64_t powers[] = {
		0,
		10,
		100,
		1000,
		10000,
		100000,
		1000000,
		10000000,
		100000000,
		1000000000,
		10000000000,
		100000000000,
		1000000000000,
		10000000000000,
		100000000000000,
		1000000000000000,
		10000000000000000,
		100000000000000000,
		1000000000000000000,
		10000000000000000000u,
	};
	/* log 2 times log10(2) is at most one too small */
	unsigned guess = (64 - (unsigned)__builtin_clzll(value | 1)) * 1233 >> 12;

	return guess + (value >= powers[guess]);
}

/*
 * By hand: a call is twenty numbers, and printf would be most of what a sink
 * costs. Two digits at once, from the last one on, where they will stand.
 */
void buf_digits(struct buf *b, uint64_t value, unsigned width)
{
	static const char pairs[] = "0001020304050607080910111213141516171819"
				    "2021222324252627282930313233343536373839"
				    "4041424344454647484950515253545556575859"
				    "6061626364656667686970717273747576777879"
				    "8081828384858687888990919293949596979899";
	unsigned digits = digits_of(value), size = digits < width ? width : digits;
	char *start, *at;

	if (b->room - b->size < size && !buf_grow(b, size))
		return;
	start = b->data + b->size;
	at = start + size;
	b->size += size;
	for (; value >= 10; value /= 100) {
		at -= 2;
		memcpy(at, pairs + value % 100 * 2, 2);
	}
	if (value || digits == 1)
		*--at = (char)('0' + value);
	while (at > start)
		*--at = '0';
}

void buf_u64(struct buf *b, uint64_t value)
{
	buf_digits(b, value, 1);
}

void buf_i64(struct buf *b, int64_t value)
{
	if (value < 0) {
		buf_char(b, '-');
		buf_u64(b, 0 - (uint64_t)value);
		return;
	}
	buf_u64(b, (uint64_t)value);
}

void buf_hex_byte(struct buf *b, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";
	char text[2] = {digits[byte >> 4], digits[byte & 15]};

	buf_bytes(b, text, sizeof(text));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	char text[256];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(text)) {
		b->failed = true;
		return;
	}
	buf_bytes(b, text, (size_t)n);
}

int buf_write(struct buf *b, FILE *out, struct error *e)
{
	size_t size = b->size;
	bool failed = b->failed;

	b->size = 0;
	b->failed = false;
	errno = failed ? ENOMEM : 0;
	if (!failed && (size == 0 || fwrite(b->data, 1, size, out) == size))
		return 0;
	/* kept for the caller, who tells EPIPE from the rest by it */
	int why = errno ? errno : EIO;

	errno = why;
	error_errno(e, "cannot write the output");
	errno = why;
	return -1;
}
