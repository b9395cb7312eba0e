/* SPDX-License-Identifier: MIT */
/*
 * Finds a struct layout on the running kernel: probes dump memory during calls
 * on files whose truth is known (specimen.h), and the known values are looked
 * for (search.h). Three stages, each of several probes armed at once, since
 * arming is what takes long.
 */
#ifndef FALLOCTRACE_KERNEL_DISCOVER_H
#define FALLOCTRACE_KERNEL_DISCOVER_H

#include <stdbool.h>

#include "falloctrace/error.h"
#include "kernel/arch.h"
#include "kernel/layout.h"
#include "kernel/specimen.h"

/*
 * Fills *l as far as the kernel lets itself be found out; what is not found is
 * NO_OFFSET. -1 only where not even the dumps could be made. xfs_dir: the
 * root of a mounted XFS, or NULL. related: what truncates need, too; deep: what
 * --deep needs.
 */
int discover(const char *tracing, const struct arch *a, struct specimen s[SPECIMENS], const char *xfs_dir, bool related,
	     bool deep, struct layout *l, struct error *e);

#endif
