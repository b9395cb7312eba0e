/* SPDX-License-Identifier: MIT */
/*
 * --deep: probes on filesystems' own fallocate, for what calls them by itself:
 * loop devices, LIO, one filesystem another.
 *
 * Calls that come by way of vfs_fallocate hit them, too, and are told by its own
 * probes. The kernel is asked to drop these events (a filter on the return
 * address); the assembler drops what gets through all the same.
 *
 * Probes on modules that are not loaded are there as soon as these are. Modules
 * with functions that nobody knows of are looked at when the kernel says that
 * they have come.
 */
#ifndef FALLOCTRACE_KERNEL_DEEP_H
#define FALLOCTRACE_KERNEL_DEEP_H

#include "falloctrace/error.h"
#include "kernel/deep_names.h"
#include "kernel/probes.h"

struct session;

struct deep {
	struct deep_functions functions;
	bool shared;		      /* the events are those of all functions: 5.4 and newer */
	bool filtered;		      /* the kernel drops calls of vfs_fallocate's */
	bool guesses;		      /* functions are taken by their names, too */
	const char *wrong;	      /* why nothing is shown of it; NULL: it is */
	struct probe_options options; /* that the probes were made with */
	/* private */
	int kallsyms, events, uevents; /* -1: not open */
};

/* Adds the probes, not armed yet, and their formats. Nothing to be had is no error. s->deep is set. */
int deep_open(struct session *s, const struct probe_options *o, struct error *e);
/* By a call on a memfd, once they are armed: whether they show what vfs_fallocate's do. Then has the kernel drop those. */
int deep_check(struct session *s, int memfd, struct error *e);
/* POLLIN there: deep_refresh may have something to do. -1: none. */
int deep_pollfd(const struct deep *d);
/* Probes on the functions of modules that have been loaded. Needs no privileges. */
void deep_refresh(struct session *s);
void deep_close(struct deep *d);

#endif
