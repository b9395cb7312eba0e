/* SPDX-License-Identifier: MIT */
/*
 * What the first two stages of discovery dump, as arrays of words: where
 * discover.c puts what it fetched and find.c looks for what is known.
 */
#ifndef FALLOCTRACE_KERNEL_DUMPS_H
#define FALLOCTRACE_KERNEL_DUMPS_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/dumper.h"
#include "kernel/search.h"

/* First stage, at the entry of vfs_fallocate: what each word is. */
#define FILE_WORDS 32 /* the beginning of struct file */
#define SAVED_MAX 6   /* callee-saved registers */
#define STACK_WORDS 24
enum {
	AT_FILE = 0,
	AT_POINTER = FILE_WORDS, /* the struct file * itself */
	AT_SP,
	AT_SAVED,
	AT_STACK = AT_SAVED + SAVED_MAX,
	FIRST_WORDS = AT_STACK + STACK_WORDS
};

/*
 * Second stage, for each pointer in struct file that may matter: the words of
 * its target; of what those words point to, the first few (sub); and of what the
 * words of that point to again, the first (names of parents).
 */
#define TARGET_WORDS 56
#define PARENT_FROM 1 /* a word of the target that may be d_parent … */
#define PARENT_COUNT 6
#define NAME_FROM 2 /* … and one of the parent that may be d_name.name */
#define NAME_COUNT 8
#define SUB_COUNT 12 /* words of the target whose targets are dumped … */
#define SUB_STEP 4   /* … and how much of them */

/* … and for each place on the stack that may hold the struct pt_regs *, of that: */
enum { REGS_FD, REGS_MODE, REGS_OFFSET, REGS_LEN, REGS_NR, REGS_FIELDS };
#define REGS_MAX 10
#define TARGETS_MAX 10

/* The same dump of each specimen. */
struct taken {
	struct dump *dump; /* discover.c's; NULL: not dumped */
	uint64_t words[SPECIMENS][DUMP_WORDS];
};

struct target {
	int word; /* of struct file */
	enum pointer_kind kind;
	struct taken target, sub; /* sub only of POINTER_EACH */
};

struct dumps {
	struct taken first;
	struct target targets[TARGETS_MAX];
	size_t targets_count;
	struct taken regs;
	char regs_place[REGS_MAX][16]; /* "%bx", "$stack3" */
	size_t regs_count;
};

#endif
