/* SPDX-License-Identifier: MIT */
/*
 * From dumps and the truth to a layout: nothing here touches the kernel.
 */
#ifndef FALLOCTRACE_KERNEL_FIND_H
#define FALLOCTRACE_KERNEL_FIND_H

#include "kernel/arch.h"
#include "kernel/dumps.h"
#include "kernel/layout.h"
#include "kernel/specimen.h"

/* The offsets in struct file, inode, super_block, dentry, mount and cred. */
void find_offsets(const struct dumps *d, const struct specimen s[SPECIMENS], struct layout *l);
/* The place whose pt_regs held the arguments of every specimen's call: l->enter_regs. */
void find_enter_regs(const struct dumps *d, const struct specimen s[SPECIMENS], const struct arch *a, struct layout *l);

#endif
