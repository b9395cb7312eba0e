/* SPDX-License-Identifier: MIT */
/*
 * What a falloctrace makes in the kernel, and the removal of it: a tracing
 * instance and a group of probe events, both under one name, falloctrace_PID,
 * and a second pair, falloctrace_PID_d, while structures are being discovered.
 * Nothing else is ever touched: no file is truncated, nothing is removed by any
 * other name.
 */
#ifndef FALLOCTRACE_KERNEL_TRACES_H
#define FALLOCTRACE_KERNEL_TRACES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "falloctrace/error.h"

#define TRACES_PREFIX "falloctrace_"
#define TRACES_NAME_SIZE 32

/* The name for process pid; discovery: the second pair. */
void traces_name(char name[TRACES_NAME_SIZE], pid_t pid, bool discovery);

/*
 * Makes the instance and locks its directory (flock): the lock is how others see
 * that its owner, or the owner's watchdog, lives. *lock is the descriptor.
 */
int instance_make(const char *tracing, const char *name, int *lock, struct error *e);
/*
 * Before anything is made under the names of process pid: removes what a dead
 * one of the same number left. -1: a living process of another pid namespace
 * has these names.
 */
int traces_claim(const char *tracing, pid_t pid, struct error *e);

/* Defines one probe event. On failure errno is the kernel's: ENOENT no such function, EINVAL or E2BIG a line it won't take. */
int probe_add(const char *tracing, const char *line, struct error *e);

/*
 * Removes instance and probes of that name, waiting up to two seconds for those
 * that are busy, unless a living process holds the instance's lock: then
 * TRACES_IN_USE. Probes have an instance as long as their owner lives; to those
 * without one an instance is given first, so that nobody takes the name
 * meanwhile. 0: nothing of that name is left.
 */
#define TRACES_IN_USE 1
int traces_remove(const char *tracing, const char *name, struct error *e);
/*
 * The same for the watchdog of an owner who lives, so that nobody else can get
 * his number: the instance first. While there is one in which it was switched
 * on, the kernel takes five times as long to remove a probe.
 */
int traces_remove_quickly(const char *tracing, const char *name, struct error *e);
/* For who can open nothing for writing any more: by kprobe_events, open to append to. No lock is asked for. */
int traces_remove_by(const char *tracing, const char *name, int events, struct error *e);

/*
 * Calls back for every name beginning with TRACES_PREFIX and a number that has
 * an instance or a probe. -1 from the callback ends it.
 */
int traces_each(const char *tracing, int (*each)(void *ctx, const char *name, struct error *e), void *ctx,
		struct error *e);

#endif
