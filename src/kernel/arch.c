// SPDX-License-Identifier: MIT
#include "kernel/arch.h"

#include <stddef.h>

#if defined(__x86_64__)
static const char *const x86_sys[] = {"__x64_sys_fallocate", NULL};
static const char *const x86_compat[] = {"__ia32_sys_ia32_fallocate", "__ia32_compat_sys_x86_fallocate",
					 "__ia32_compat_sys_ia32_fallocate", NULL};

static const struct arch here = {
	.args = {"%di", "%si", "%dx", "%cx"},
	.caller = "$stack0",
	.saved = {"%bx", "%bp", "%r12", "%r13", "%r14", "%r15", NULL},
	.sys = x86_sys,
	.compat = x86_compat,
	.sys_fd = 112,		 /* di */
	.sys_mode = 104,	 /* si */
	.sys_offset = 96,	 /* dx */
	.sys_len = 56,		 /* r10 */
	.sys_nr = 120,		 /* orig_ax */
	.compat_fd = 40,	 /* bx */
	.compat_mode = 88,	 /* cx */
	.compat_offset_lo = 96,	 /* dx */
	.compat_offset_hi = 104, /* si */
	.compat_len_lo = 112,	 /* di */
	.compat_len_hi = 32,	 /* bp */
	.nr = 285,
	.regs_size = 168,
	.badfd_code = true,
};

const struct arch *arch_here(void)
{
	return &here;
}
#elif defined(__aarch64__)
static const char *const arm64_sys[] = {"__arm64_sys_fallocate", NULL};
static const char *const arm64_compat[] = {"__arm64_compat_sys_aarch32_fallocate", NULL};

static const struct arch here = {
	.args = {"%x0", "%x1", "%x2", "%x3"},
	.caller = "%x30",
	.saved = {"%x19", "%x20", "%x21", "%x22", "%x23", "%x24", NULL},
	.sys = arm64_sys,
	.compat = arm64_compat,
	.sys_fd = 0, /* x0 */
	.sys_mode = 8,
	.sys_offset = 16,
	.sys_len = 24,
	.sys_nr = 280, /* syscallno */
	.compat_fd = 0,
	.compat_mode = 8,
	.compat_offset_lo = 16,
	.compat_offset_hi = 24,
	.compat_len_lo = 32,
	.compat_len_hi = 40,
	.nr = 47,
	.regs_size = 304,
};

const struct arch *arch_here(void)
{
	return &here;
}
#else
const struct arch *arch_here(void)
{
	return NULL;
}
#endif
