/* SPDX-License-Identifier: MIT */
/*
 * What a process that looks at events, or shows them, may still ask of the
 * kernel: a seccomp filter, by a list of what is allowed. It is put on once all
 * is open and every other process is forked, and stays until the end.
 */
#ifndef FALLOCTRACE_KERNEL_SANDBOX_H
#define FALLOCTRACE_KERNEL_SANDBOX_H

#include <stdbool.h>
#include <sys/types.h>

#include "falloctrace/error.h"

/* Beyond reading, and writing to what is open: */
struct sandbox {
	bool writes;   /* make, replace and remove files */
	bool forks;    /* processes, which have the same filter */
	pid_t signals; /* signal this process, besides itself; 0: none */
};

/*
 * For good. What is forbidden kills the process; what a library can do without
 * fails instead. 0 also where this kernel or build has no such filters, see
 * sandbox_missing.
 */
int sandbox_enter(const struct sandbox *s, struct error *e);
/* Why there can be no filter here; NULL: there can. */
const char *sandbox_missing(void);

#endif
