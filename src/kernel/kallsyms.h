/* SPDX-License-Identifier: MIT */
/*
 * Names for addresses of the running kernel, from /proc/kallsyms. The file is
 * opened once, while there are privileges: with kptr_restrict the kernel decides
 * by who opened it whether addresses are shown.
 */
#ifndef FALLOCTRACE_KERNEL_KALLSYMS_H
#define FALLOCTRACE_KERNEL_KALLSYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "falloctrace/error.h"
#include "falloctrace/info.h"

/* A descriptor, or -1 and *e. */
int kallsyms_open(struct error *e);
/*
 * Adds the functions that hold the addresses to s, modules' as "name [module]".
 * Reads the whole file, once. 0; -1 with a reason (kptr_restrict among them).
 */
int kallsyms_resolve(int fd, const uint64_t *addrs, size_t count, struct symbols *s, struct error *e);

#endif
