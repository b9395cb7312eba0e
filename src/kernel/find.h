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

/* After the second stage: what lies in the inode, the mount and the credentials. */
void find_in_targets(const struct dumps *d, const struct specimen s[SPECIMENS], struct layout *l);
/* The words of a target that the third stage may follow: fills t->sub_words. */
void find_pointers(struct target *t);
/* After the third stage: what the inode and the dentry point to. */
void find_in_subs(const struct dumps *d, const struct specimen s[SPECIMENS], struct layout *l);
/* The place whose pt_regs held the arguments of every specimen's call: l->enter_regs. */
void find_enter_regs(const struct dumps *d, const struct specimen s[SPECIMENS], const struct arch *a, struct layout *l);
/* The struct pt_regs * itself, of this thread; 0 where it was not found. */
uint64_t find_regs_value(const struct dumps *d, const struct layout *l);

#endif
