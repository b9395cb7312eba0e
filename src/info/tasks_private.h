/* SPDX-License-Identifier: MIT */
/*
 * The table of threads: tasks.c keeps it, tasks_who.c what it holds of users and
 * cgroups.
 */
#ifndef FALLOCTRACE_INFO_TASKS_PRIVATE_H
#define FALLOCTRACE_INFO_TASKS_PRIVATE_H

#include "cgroups.h"
#include "falloctrace/event.h"
#include "falloctrace/info.h"
#include "tables.h"

/* Source: the kernel's include/uapi/linux/sched.h. */
#define CLONE_PARENT 0x00008000
#define CLONE_THREAD 0x00010000

/*
 * Most tasks kept (24 MiB of table). Beyond it, tids not met before stay
 * unknown: their calls have no pid, which is shown as such.
 */
#define TASKS_MAX (1 << 19)

struct tasks {
	struct task *slots; /* a power of two of them, at most half used */
	size_t room;
	size_t count;
	uint64_t seed;
	struct cgroups *cgroups;
	uint32_t moves;	     /* that were told so far */
	uint64_t looked_at;  /* slots, in search of a process's threads */
	uint64_t found_from; /* see tasks_found_from */
	struct task_born *born;
	size_t born_count, born_room;
};

/* NULL: unknown. Valid until the next one is put. */
struct task *tasks_find(const struct tasks *t, int32_t tid);
/* Puts a task in, over what was known of its tid. At the bound, new tids are left out. 0; -1: memory. */
int tasks_put(struct tasks *t, struct task task);
/* Whether it was read from /proc after ts, so that an event of then tells nothing of it. task may be NULL. */
bool tasks_knew_already(const struct tasks *t, const struct task *task, uint64_t ts);
/* What a task that parent made at ts has of it. */
void tasks_inherit(const struct tasks *t, int32_t parent, uint64_t clone_flags, uint64_t ts, struct task *task);

#endif
