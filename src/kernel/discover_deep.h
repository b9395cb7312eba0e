/* SPDX-License-Identifier: MIT */
/* For --deep: where a file's own functions are found from struct file. */
#ifndef FALLOCTRACE_KERNEL_DISCOVER_DEEP_H
#define FALLOCTRACE_KERNEL_DISCOVER_DEEP_H

#include "kernel/arch.h"
#include "kernel/dumper.h"
#include "kernel/dumps.h"
#include "kernel/layout.h"

/* The probe on the memfds' own function. */
struct deep_dumps {
	struct dump *dump;     /* of what may be their struct file_operations; NULL: none */
	int words[DUMP_WORDS]; /* each argument's: word of struct file */
	int slots[DUMP_WORDS]; /* … and bytes from what that points to */
};

/*
 * first: the words of two memfds' struct file. Defines dump; what can't be had
 * is left out.
 */
void discover_deep_define(struct dumper *d, const struct arch *a, const struct taken *first, struct deep_dumps *deep);
/* After a call on a memfd has hit it. */
void discover_deep_find(const struct deep_dumps *deep, struct layout *l);

#endif
