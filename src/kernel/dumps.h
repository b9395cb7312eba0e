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
 * its target. Third, for those of these that are pointers in turn: the first few
 * words of their targets (sub). Never is anything followed that has not been
 * seen to be a kernel pointer: older kernels warn of other words (a #GP in
 * probe_kernel_read), and some machines stop at a warning.
 */
#define TARGET_WORDS 56
#define SUB_COUNT 12 /* words of the target that may be followed */
#define SUB_STEP 4   /* words of what each points to */

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
	struct taken target;
	/* only of POINTER_EACH; words i*SUB_STEP … are of what word sub_words[i] points to */
	struct taken sub;
	int sub_words[SUB_COUNT];
	size_t sub_count;
};

struct dumps {
	struct taken first;
	struct target targets[TARGETS_MAX];
	size_t targets_count;
	struct taken regs;
	char regs_place[REGS_MAX][16]; /* "%bx", "$stack3" */
	int regs_word[REGS_MAX];       /* … where that stands in first */
	size_t regs_count;
};

#endif
