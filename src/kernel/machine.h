/* SPDX-License-Identifier: MIT */
/*
 * Fills a struct trace_info from the running system, and keeps it up to date:
 * mounts of every mount namespace, thread groups, names of kernel functions.
 */
#ifndef FALLOCTRACE_KERNEL_MACHINE_H
#define FALLOCTRACE_KERNEL_MACHINE_H

#include <stdbool.h>

#include "falloctrace/error.h"
#include "falloctrace/info.h"

struct machine;

/* Sets info's texts, clocks, tables and find_*. info outlives the machine's use of it. */
struct machine *machine_open(struct trace_info *info, struct error *e);
void machine_close(struct machine *m);
/* Has changed(ctx) called whenever mounts have been read. */
void machine_on_mounts(struct machine *m, void (*changed)(void *ctx), void *ctx);
/* The tasks that there are now: to be called once task_newtask is being recorded. */
int machine_add_tasks(struct machine *m, struct error *e);
/* Reads the mounts again if they have changed since. */
void machine_refresh_mounts(struct machine *m);
/* A name for every one of the addresses, as far as the kernel tells. */
int machine_name_symbols(struct machine *m, const uint64_t *addrs, size_t count, struct error *e);

#endif
