/* SPDX-License-Identifier: MIT */
/*
 * What a fetch through a bad word does to the kernel. It never crashes; but
 * where a non-canonical address gets as far as the processor (#GP), the kernel
 * warns, once a boot, is tainted by it, and with panic_on_warn stops. From 5.8 on
 * it looks at an address before it tries (copy_from_kernel_nofault_allowed), by
 * the number of bits that the processor can do: one too many where a processor
 * with 5-level page tables runs a kernel without.
 */
#ifndef FALLOCTRACE_KERNEL_NOFAULT_H
#define FALLOCTRACE_KERNEL_NOFAULT_H

#include <stdbool.h>
#include <stdint.h>

/* Whether any word at all may be followed on this machine. pointer: one into the kernel's memory. */
bool any_word_may_be_followed(uint64_t pointer);
/* The same from texts: uname's release, /proc/cpuinfo. */
bool words_may_be_followed(const char *release, const char *cpuinfo, uint64_t pointer);

#endif
