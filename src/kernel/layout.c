// SPDX-License-Identifier: MIT
#include "kernel/layout.h"

#include <string.h>

void layout_init(struct layout *l)
{
	memset(l, 0, sizeof(*l));
	l->f_inode = l->f_dentry = l->f_mnt = l->f_cred = NO_OFFSET;
	l->i_sb = l->i_ino = l->i_size = l->i_blocks = NO_OFFSET;
	l->s_dev = l->d_parent = l->d_name = l->mnt_id = l->fsuid = NO_OFFSET;
	l->xfs_nblocks = l->xfs_dblocks = NO_OFFSET;
	l->badfd = l->done = NO_OFFSET;
	l->trunc_dentry = l->d_inode = NO_OFFSET;
	l->f_op = l->fop_fallocate = NO_OFFSET;
}
