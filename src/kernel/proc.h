/* SPDX-License-Identifier: MIT */
/*
 * What /proc tells of threads: their processes, users and cgroups.
 */
#ifndef FALLOCTRACE_KERNEL_PROC_H
#define FALLOCTRACE_KERNEL_PROC_H

#include "falloctrace/info.h"

/*
 * The hierarchy of cgroups that users know processes by: version 2's where it is
 * in use (alone, or beside version 1's with processes in it); else that of
 * "pids", which container runtimes and systemd manage both, of "memory", of
 * systemd's own, or the first one. INFO_NO_HIERARCHY: there is none, or its
 * paths can't be read, since we are in a cgroup namespace that we can't leave.
 *
 * Sources: cgroups(7), cgroup_namespaces(7), proc_pid_cgroup(5).
 */
uint32_t proc_hierarchy(void);
/*
 * Adds what /proc/NAME tells, as of ts (0: of now, once events are being read),
 * NAME being "PID" or "PID/task/TID". 0; -1: there is no such thread any more.
 */
int proc_add_task(struct tasks *t, uint32_t hierarchy, const char *name, uint64_t ts);
/* All threads of a process, each as of now: credentials are a thread's, and so may its cgroup be. */
void proc_add_threads(struct tasks *t, uint32_t hierarchy, const char *pid);
/* All threads of the machine, without cgroups. 0; -1 and *e. */
int proc_add_all(struct tasks *t, struct error *e);
/* The path of a thread's cgroup. To be freed; NULL: unknown. */
char *proc_cgroup(uint32_t hierarchy, const char *name);
/* … as of the time that it was made, see tasks_born_into. */
void proc_add_born(struct tasks *t, uint32_t hierarchy, int32_t tid, uint64_t ts);

/* The line of a hierarchy in the text of /proc/PID/cgroup: its path, cut out of text. NULL: none. For tests. */
char *proc_cgroup_path(char *text, uint32_t hierarchy);
/* The hierarchy to choose by such a text; v2: whether version 2's is in use. */
uint32_t proc_choose_hierarchy(const char *text, bool v2);

#endif
