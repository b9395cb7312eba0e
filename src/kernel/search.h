/* SPDX-License-Identifier: MIT */
/*
 * Looking for known values in dumps of kernel memory. The same dump is taken of
 * several files whose truth differs; a place counts only where every file's dump
 * has that file's value, so a word that matches one by chance does not.
 */
#ifndef FALLOCTRACE_KERNEL_SEARCH_H
#define FALLOCTRACE_KERNEL_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPECIMENS 3
#define SEARCH_NONE (-1)

/* One dump of each specimen: arrays of the same shape. */
struct dumped {
	const uint64_t *words[SPECIMENS];
	size_t specimens; /* how many of them are to be looked at, from the first */
};

/* The first index from … to-1, in steps, where word i of each specimen is want[specimen]. */
int search_word(const struct dumped *d, size_t from, size_t to, size_t step, const uint64_t *want);
/* The same for 32-bit halves (native order): a byte offset from word from. */
int search_half(const struct dumped *d, size_t from, size_t to, const uint32_t *want);
/* The same for words that hold the beginning of a string: up to 8 bytes, its NUL among them where it is shorter. */
int search_text(const struct dumped *d, size_t from, size_t to, size_t step, const char *const *want);

/* Whether a word looks like a pointer into the kernel's half: by its top byte, since 5-level page tables move all others. */
bool is_kernel_pointer(uint64_t word);

/* How a pointer in struct file differs between the specimens: says what it may point to. */
enum pointer_kind {
	POINTER_NONE,	/* not a pointer in all */
	POINTER_EACH,	/* another in each: the inode, the dentry */
	POINTER_LAST,	/* the last one's differs: the mount */
	POINTER_MIDDLE, /* the middle one's differs: the credentials */
	POINTER_OTHER,
};
enum pointer_kind pointer_kind(const struct dumped *d, size_t word);

/* Whether v, found on a stack whose pointer is sp, may point to the pt_regs at that stack's upper end. */
bool may_be_regs(uint64_t v, uint64_t sp, size_t regs_size);

/*
 * Offsets in code at which an instruction begins that loads -EBADF as a whole
 * (x86-64: mov $-9 to any register). Up to max; how many.
 */
size_t search_badfd(const unsigned char *code, size_t size, int *offsets, size_t max);

#endif
