// SPDX-License-Identifier: MIT
#include "kernel/search.h"

#include <string.h>

int search_word(const struct dumped *d, size_t from, size_t to, size_t step, const uint64_t *want)
{
	for (size_t i = from; i < to; i += step) {
		size_t f = 0;

		while (f < d->specimens && d->words[f][i] == want[f])
			f++;
		if (f == d->specimens)
			return (int)i;
	}
	return SEARCH_NONE;
}

int search_half(const struct dumped *d, size_t from, size_t to, const uint32_t *want)
{
	for (size_t at = 0; at < (to - from) * 8; at += 4) {
		size_t f = 0;
		uint32_t half;

		for (; f < d->specimens; f++) {
			memcpy(&half, (const char *)&d->words[f][from] + at, sizeof(half));
			if (half != want[f])
				break;
		}
		if (f == d->specimens)
			return (int)at;
	}
	return SEARCH_NONE;
}

int search_text(const struct dumped *d, size_t from, size_t to, size_t step, const char *const *want)
{
	for (size_t i = from; i < to; i += step) {
		size_t f = 0;

		while (f < d->specimens && !strncmp((const char *)&d->words[f][i], want[f], sizeof(uint64_t)))
			f++;
		if (f == d->specimens)
			return (int)i;
	}
	return SEARCH_NONE;
}

bool is_kernel_pointer(uint64_t word)
{
	/* The last page holds error codes and small negative numbers. */
	return word >> 56 == 0xff && word % 8 == 0 && word < (uint64_t)-4096;
}

enum pointer_kind pointer_kind(const struct dumped *d, size_t word)
{
	uint64_t a = d->words[0][word], b = d->words[1][word], c = d->words[2][word];

	if (!is_kernel_pointer(a) || !is_kernel_pointer(b) || !is_kernel_pointer(c))
		return POINTER_NONE;
	if (a != b && b != c && a != c)
		return POINTER_EACH;
	if (a == b && b != c)
		return POINTER_LAST;
	if (a == c && a != b)
		return POINTER_MIDDLE;
	return POINTER_OTHER;
}

bool may_be_regs(uint64_t v, uint64_t sp, size_t regs_size)
{
	/* Stacks are 16 KiB and more, and aligned to their size; pt_regs ends within a few words of the upper end. */
	uint64_t page = 4096;
	uint64_t end = v + regs_size;

	return v > sp && v - sp < 64 * 1024 && v % 8 == 0 && (page - end % page) % page <= 64;
}

size_t search_badfd(const unsigned char *code, size_t size, int *offsets, size_t max)
{
	static const unsigned char minus_9[] = {0xf7, 0xff, 0xff, 0xff};
	size_t count = 0;

	for (size_t i = 3; i + sizeof(minus_9) <= size && count < max; i++) {
		if (memcmp(code + i, minus_9, sizeof(minus_9)))
			continue;
		/* REX.W [REX.WB] c7 /0 imm32: mov to a 64-bit register; b8+r imm32: to a 32-bit one, with 41 before r8 … r15 */
		if ((code[i - 3] & 0xfe) == 0x48 && code[i - 2] == 0xc7 && (code[i - 1] & 0xf8) == 0xc0)
			offsets[count++] = (int)i - 3;
		else if ((code[i - 1] & 0xf8) == 0xb8)
			offsets[count++] = (int)i - (code[i - 2] == 0x41 ? 2 : 1);
	}
	return count;
}
