/* SPDX-License-Identifier: MIT */
/*
 * Has the kernel pass over threads that surely are not the target's
 * (set_event_notrace_pid of our instance, Linux 5.8). Not the other way round:
 * a list of those that are would miss io_uring's workers, of which the kernel's
 * own following (event-fork) does not hear. Who slips through is filtered as
 * without it.
 *
 * Excluded threads' other events are gone, too, and those who move the target
 * between cgroups are among them: cgroups are not known with it.
 */
#ifndef FALLOCTRACE_KERNEL_EXCLUDE_H
#define FALLOCTRACE_KERNEL_EXCLUDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "falloctrace/error.h"
#include "kernel/session.h"

struct exclude_target {
	const int32_t *pids; /* processes */
	size_t count;
	int32_t root; /* … and one more; 0: none */
	bool follow;  /* their descendants, too; root's always */
};

/*
 * Excludes every thread that there is and that is not the target's; the children
 * of those, too, from then on. 0; -1: it can't be had, and nobody is excluded.
 */
int exclude_others(struct session *s, const struct exclude_target *target, struct error *e);
/* Whether a thread of process pid belongs to the target. For tests. */
bool exclude_is_target(const struct tasks *t, const struct exclude_target *target, int32_t pid);

#endif
