/* SPDX-License-Identifier: MIT */
/*
 * The third stage of discovery: places in the kernel's code. Found by what is
 * hit, and what is not, when a good and a bad call are made.
 */
#ifndef FALLOCTRACE_KERNEL_DISCOVER_CODE_H
#define FALLOCTRACE_KERNEL_DISCOVER_CODE_H

#include <stddef.h>
#include <stdint.h>

#include "falloctrace/error.h"
#include "kernel/arch.h"
#include "kernel/dumper.h"
#include "kernel/layout.h"
#include "kernel/specimen.h"

#define CODE_WORDS 32 /* of the system-call wrapper, from its start */

/* What the stages before have found out. */
struct code_hints {
	const uint64_t *code; /* CODE_WORDS; NULL: unknown */
	uint64_t entry;	      /* address of the probe at vfs_fallocate's entry */
	uint64_t back;	      /* address in vfs_fallocate that the filesystem returns to; 0: unknown, or not needed */
	uint64_t file;	      /* the struct file * of the first specimen */
	uint64_t regs;	      /* this thread's struct pt_regs *; 0: not known, and no probe on EBADF then */
};

/* Fills l->badfd, badfd_regs, done, done_file as far as they are found. */
int discover_code(struct dumper *dumper, const struct arch *a, const struct code_hints *h, const struct specimen *s,
		  struct layout *l, struct error *e);

#endif
