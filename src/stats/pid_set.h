/* SPDX-License-Identifier: MIT */
/*
 * The first few different processes that were seen: enough to say which one it
 * is, or that it is many.
 */
#ifndef FALLOCTRACE_STATS_PID_SET_H
#define FALLOCTRACE_STATS_PID_SET_H

#include <stdbool.h>
#include <stdint.h>

#define PIDS_MAX 16

/* One of zeros is empty. */
struct pid_set {
	int32_t pids[PIDS_MAX]; /* as they came */
	uint8_t count;
	bool more; /* others came that it has no room for */
};

/* pid < 0: unknown, and left out. */
void pid_set_add(struct pid_set *s, int32_t pid);
void pid_set_merge(struct pid_set *to, const struct pid_set *from);
/* Least first. */
void pid_set_sort(struct pid_set *s);

#endif
