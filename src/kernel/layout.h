/* SPDX-License-Identifier: MIT */
/*
 * What has to be known of the running kernel before our probes can be written:
 * byte offsets in its structures, and a few places in its code. All found at
 * start (discover.h), none compiled in.
 */
#ifndef FALLOCTRACE_KERNEL_LAYOUT_H
#define FALLOCTRACE_KERNEL_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#define NO_OFFSET (-100000) /* not found: what needs it is not fetched */

struct layout {
	/* struct file */
	int f_inode, f_dentry, f_mnt, f_cred;
	/* struct inode */
	int i_sb, i_ino, i_size, i_blocks;
	int s_dev;    /* struct super_block */
	int d_parent; /* struct dentry */
	int d_name;   /* … the pointer to its name */
	int d_inode;  /* … the pointer to its inode; only where --related asks for it */
	int mnt_id;   /* from f_mnt's struct vfsmount into the struct mount around it */
	int fsuid;    /* struct cred */
	/* relative to struct inode (negative), XFS only: i_nblocks, i_delayed_blks */
	int xfs_nblocks, xfs_dblocks;

	/* --deep: from struct file to its struct file_operations, and in that; where these functions return to in vfs_fallocate, 0 unknown */
	int f_op, fop_fallocate;
	uint64_t vfs_back;
	bool follow; /* any word at all may be followed as a pointer: see nofault.h */

	/*
	 * Where vfs_fallocate's caller, the system-call wrapper, still keeps the
	 * struct pt_regs * of the call: a register or a stack slot in the kprobe
	 * events' words ("%bx", "$stack4"), or "".
	 */
	char enter_regs[16];
	/*
	 * The instruction of the wrapper that only a call with a bad descriptor
	 * reaches: bytes from the wrapper's start, and where pt_regs is there.
	 */
	int badfd;
	char badfd_regs[16];

	/* Size after: the return probe may read the entry's arguments (6.9 and newer) … */
	bool exit_args;
	/* … or else the instruction of vfs_fallocate that the filesystem returns to, and what register holds the file there. */
	int done;
	char done_file[8];

	int trunc_dentry; /* which argument of do_truncate, from 0; the new size is behind it. As d_inode */

	const char *sys;    /* native wrapper's name, NULL none */
	const char *compat; /* 32-bit wrapper's name, NULL none */
};

/* Nothing known. */
void layout_init(struct layout *l);

#endif
