/* SPDX-License-Identifier: MIT */
/*
 * The kprobe_events lines of our probes, from what is known of the kernel. Text
 * only: nothing here touches the kernel.
 *
 * What each buys (schema.h lists the fields; `make bench` the prices):
 *   vfs_enter   the call, the file, size and blocks before; fd, by way of the
 *               caller's pt_regs: no probe on the system call is needed
 *   vfs_done    size and blocks after, before 6.9
 *   vfs_exit    the result and the caller; from 6.9 size and blocks after
 *   sys_badfd   EBADF, which never reaches vfs_fallocate: costs other calls nothing
 *   sys_enter, sys_exit   instead of fd and sys_badfd where those can't be had
 *   trunc_enter, trunc_exit     truncates of any file, with --related
 *   compat_enter, compat_exit   fd and early errors of 32-bit calls
 *   cred        who a thread is from now on, for uid: costs no fallocate anything
 *   move        whether the whole process goes to another cgroup; the kernel's
 *               own event, which follows, tells where to
 *   deep_enter, deep_exit   --deep: filesystems' own functions, for calls that don't
 *                           come by way of vfs_fallocate
 */
#ifndef FALLOCTRACE_KERNEL_PROBES_H
#define FALLOCTRACE_KERNEL_PROBES_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/arch.h"
#include "kernel/layout.h"

#define PROBES_MAX 14
#define PROBE_LINE_SIZE 4096 /* the kernel takes no longer line */

struct probe {
	char name[24];		    /* event */
	bool needed;		    /* tracing makes no sense without */
	char line[PROBE_LINE_SIZE]; /* without a newline */
};

struct probe_options {
	const char *group;
	unsigned path_depth; /* names fetched, 1 … EVENT_NAMES_MAX; 0: none */
	unsigned maxactive;  /* returns awaited at once, per return probe */
	bool blocks_xfs;     /* fetch XFS's own counts, too */
	bool related;	     /* truncates, too */
	bool deep;	     /* there will be deep_enter and deep_exit */
};

/* Fills probes[PROBES_MAX]; how many. */
size_t probes_make(const struct arch *a, const struct layout *l, const struct probe_options *o, struct probe *probes);

/*
 * deep_enter and deep_exit on a function, as kprobe_events names it. number: from
 * 0, of events that have a name for each function; -1: all functions share them.
 */
void probes_make_deep(const struct arch *a, const struct layout *l, const struct probe_options *o, const char *place,
		      int number, struct probe *enter, struct probe *leave);

#endif
