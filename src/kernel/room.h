/* SPDX-License-Identifier: MIT */
/*
 * How large the trace buffers are to be where nobody says so.
 *
 * They are chosen once, at the start: a kernel can be told another size while it
 * records, but from 6.7 on (and in older ones that got the change) it stops
 * recording for that while, and counts what it then leaves out nowhere.
 */
#ifndef FALLOCTRACE_KERNEL_ROOM_H
#define FALLOCTRACE_KERNEL_ROOM_H

#include <stdint.h>

#define ROOM_MIN (UINT64_C(512) << 10) /* bytes per CPU: a tenth of a second of a flood */
#define ROOM_MAX (UINT64_C(16) << 20)

/*
 * Bytes for each of cpus processors, a power of two between ROOM_MIN and
 * ROOM_MAX: all together no more than a thirty-second of what is available
 * (bytes; 0: not known) and than 1 GiB, unless that is less than the least.
 */
uint64_t room_choose(uint64_t available, unsigned cpus);
/* Bytes of memory that can be had without swapping, by /proc/meminfo's text; 0: it does not say. */
uint64_t room_available(const char *meminfo);
/* The same for this machine, now. */
uint64_t room_for_this_machine(void);

#endif
