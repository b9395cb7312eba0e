/* SPDX-License-Identifier: MIT */
/*
 * The time as the trace's events have it: the instance's trace_clock is "mono".
 */
#ifndef FALLOCTRACE_KERNEL_CLOCK_H
#define FALLOCTRACE_KERNEL_CLOCK_H

#include <stdint.h>
#include <time.h>

/* ns */
static inline uint64_t trace_clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

#endif
