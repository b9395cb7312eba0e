/* SPDX-License-Identifier: MIT */
/*
 * Where a machine's calling convention and its struct pt_regs keep what we
 * fetch. Names are those of the kprobe event syntax (trace/kprobetrace.rst);
 * offsets those of the kernel's arch/.../include/asm/ptrace.h, which are part of
 * its ABI with core dumps and ptrace.
 */
#ifndef FALLOCTRACE_KERNEL_ARCH_H
#define FALLOCTRACE_KERNEL_ARCH_H

#include <stdbool.h>

struct arch {
	const char *args[4];  /* registers of a function's first arguments */
	const char *caller;   /* where the return address is at a function's beginning */
	const char *saved[8]; /* callee-saved registers; ends with NULL */
	const char *const
		*sys; /* native system-call wrappers that take a struct pt_regs *, newest first; ends with NULL */
	const char *const *compat;			   /* 32-bit ones, likewise */
	int sys_fd, sys_mode, sys_offset, sys_len, sys_nr; /* byte offsets in pt_regs */
	/* 32-bit call: halves of offset and len, each in a register of its own */
	int compat_fd, compat_mode, compat_offset_lo, compat_offset_hi, compat_len_lo, compat_len_hi;
	long nr;	 /* number of fallocate, as sys_nr holds it */
	int regs_size;	 /* bytes of pt_regs */
	bool badfd_code; /* whether code of "return -EBADF" is known: see search_badfd */
};

/* This machine's; NULL where nobody has written it down yet. */
const struct arch *arch_here(void);

#endif
