/* SPDX-License-Identifier: MIT */
/*
 * A byte more or less moves all that lies behind it away from where the file
 * says that it is, and hardly anything is read any more. So most of the time a
 * few bytes are changed where they are.
 */
#include <string.h>

#include "fuzz.h"

struct dice {
	uint64_t state;
};

/* Numbers below n, of the seed that libFuzzer gives. */
static size_t roll(struct dice *d, size_t n)
{
	d->state = d->state * 6364136223846793005u + 1442695040888963407u;
	return n ? (size_t)((d->state >> 33) % n) : 0;
}

/* libFuzzer's own ways, kept inside of a window. */
static void mutate_window(struct dice *d, uint8_t *data, size_t size)
{
	size_t length = 1 + roll(d, size < 64 ? size : 64), at = roll(d, size - length + 1);
	uint8_t window[64];

	memcpy(window, data + at, length);
	LLVMFuzzerMutate(window, length, length);
	memcpy(data + at, window, length);
}

/* A number of a size that counts and sizes have, in either order of bytes. */
static void put_number(struct dice *d, uint8_t *data, size_t size)
{
	static const uint64_t edges[] = {0,	  1,	   4,	       8,	   16,	       4095,
					 4096,	  4097,	   65535,      65536,	   0x7fffffff, 0x80000000,
					 1 << 20, 1 << 27, 0xffffffff, 0xfffffff0, 0xc0000000, 0x7fffffffffffffff};
	size_t width = (size_t)1 << (1 + roll(d, 3)), at;
	uint64_t v = edges[roll(d, sizeof(edges) / sizeof(edges[0]))];
	bool big = roll(d, 4) == 0;

	if (roll(d, 3) == 0)
		v = size + roll(d, 33) - 16;
	if (roll(d, 8) == 0)
		v = 0 - v;
	if (width > size)
		return;
	at = roll(d, size - width + 1);
	if (roll(d, 2))
		at -= at % width;
	for (size_t i = 0; i < width; i++)
		data[at + i] = (uint8_t)(v >> 8 * (big ? width - 1 - i : i));
}

/* A part takes the place of another. */
static void copy_part(struct dice *d, uint8_t *data, size_t size)
{
	size_t unit = (size_t)1 << roll(d, 13), length, from, to;

	if (unit > size / 2)
		unit = 1;
	length = unit * (1 + roll(d, 4));
	if (length > size)
		return;
	from = roll(d, (size - length) / unit + 1) * unit;
	to = roll(d, (size - length) / unit + 1) * unit;
	memmove(data + to, data + from, length);
}

size_t mutate_in_place(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	struct dice d = {seed};
	size_t changes;

	if (size < 4 || roll(&d, 8) == 0)
		return LLVMFuzzerMutate(data, size, room);
	for (changes = 1 + roll(&d, 3); changes; changes--) {
		switch (roll(&d, 8)) {
		case 0:
			copy_part(&d, data, size);
			break;
		case 1:
		case 2:
		case 3:
			put_number(&d, data, size);
			break;
		default:
			mutate_window(&d, data, size);
		}
	}
	if (roll(&d, 32) == 0)
		size -= roll(&d, size);
	return size;
}
