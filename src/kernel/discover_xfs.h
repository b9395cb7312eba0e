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
 * Fills l->xfs_*, from a file without a name (O_TMPFILE) in dir, a mount's root,
 * whose blocks are first delayed and then allocated. Where none can be made (a
 * full filesystem), l->xfs_nblocks alone, from what is there already: then the
 * count lacks what is delayed, as it does on ext4 and btrfs. Leaves them unknown
 * where anything is not as expected.
 */
void discover_xfs(struct dumper *d, const struct arch *a, const char *dir, struct layout *l);

#endif
