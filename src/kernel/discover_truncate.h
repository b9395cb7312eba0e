/* SPDX-License-Identifier: MIT */
/*
 * Which arguments of do_truncate are the dentry and the new size, which changed
 * in 5.12, and where the dentry keeps its inode: seen at truncates of our own
 * memfds to the sizes that they have.
 */
#ifndef FALLOCTRACE_KERNEL_DISCOVER_TRUNCATE_H
#define FALLOCTRACE_KERNEL_DISCOVER_TRUNCATE_H

#include "kernel/arch.h"
#include "kernel/dumper.h"
#include "kernel/layout.h"
#include "kernel/specimen.h"

/* inodes: addresses of the specimens' inodes. Sets l->trunc_dentry and l->d_inode, or neither. */
void discover_truncate(struct dumper *d, const struct arch *a, const struct specimen s[SPECIMENS],
		       const uint64_t inodes[SPECIMENS], struct layout *l);

#endif
