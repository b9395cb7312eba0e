/* SPDX-License-Identifier: MIT */
/*
 * XFS keeps i_blocks at 0; fstat's count is i_nblocks + i_delayed_blks of the
 * struct xfs_inode around the inode, in filesystem blocks.
 */
#ifndef FALLOCTRACE_KERNEL_DISCOVER_XFS_H
#define FALLOCTRACE_KERNEL_DISCOVER_XFS_H

#include "kernel/arch.h"
#include "kernel/dumper.h"
#include "kernel/layout.h"

/*
 * Fills l->xfs_*, from a file without a name (O_TMPFILE) in dir, whose blocks
 * are first delayed and then allocated. Leaves them unknown where anything is
 * not as expected.
 */
void discover_xfs(struct dumper *d, const struct arch *a, const char *dir, struct layout *l);

#endif
