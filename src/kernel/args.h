/* SPDX-License-Identifier: MIT */
/*
 * The arguments of a dump probe, in the making.
 */
#ifndef FALLOCTRACE_KERNEL_ARGS_H
#define FALLOCTRACE_KERNEL_ARGS_H

#include <stddef.h>

struct args {
	char text[4096]; /* the kernel takes no longer line */
	size_t count;
};

/* Adds one argument: " +8(%di):u64". */
void args_add(struct args *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
