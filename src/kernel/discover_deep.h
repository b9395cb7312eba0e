/* SPDX-License-Identifier: MIT */
/*
 * For --deep: where a file's own functions are found from struct file, and the
 * place in vfs_fallocate to which they return.
 */
#ifndef FALLOCTRACE_KERNEL_DISCOVER_DEEP_H
#define FALLOCTRACE_KERNEL_DISCOVER_DEEP_H

#include "kernel/arch.h"
#include "kernel/dumper.h"
#include "kernel/dumps.h"
#include "kernel/layout.h"

/* The probes on the memfds' own function. */
struct deep_dumps {
	struct dump *dump;     /* of what may be their struct file_operations; NULL: none */
	struct dump *back;     /* its return */
	int words[DUMP_WORDS]; /* each argument's: word of struct file */
	int slots[DUMP_WORDS]; /* … and bytes from what that points to */
};

/*
 * first: the words of two memfds' struct file. Defines dump; what can't be had
 * is left out.
 */
void discover_deep_define(struct dumper *d, const struct arch *a, const struct taken *first, struct deep_dumps *deep);
/* After a call on a memfd has hit them. entry: where the probe on vfs_fallocate sits. */
void discover_deep_find(const struct deep_dumps *deep, uint64_t entry, struct layout *l);

#endif
