/* SPDX-License-Identifier: MIT */
/*
 * What info_write needs of the tables, to go through them.
 */
#ifndef FALLOCTRACE_INFO_TABLES_H
#define FALLOCTRACE_INFO_TABLES_H

#include "falloctrace/info.h"

struct cgroups;

struct symbol {
	uint64_t start, end; /* end exclusive */
	char *name;
};
/* In the order of their addresses; i < symbols_count(). */
const struct symbol *symbols_at(const struct symbols *s, size_t i);

#define TASK_UID_UNKNOWN UINT32_MAX /* (uid_t)-1 is nobody's */

struct task {
	int32_t tid;	/* 0: an empty slot */
	int32_t tgid;	/* -1: unknown */
	int32_t parent; /* thread group; 0: unknown */
	uint32_t uid;
	/* Number of the move that its cgroup is of: a later one of its process's leader counts for it, too. */
	uint32_t move;
	uint16_t cgroup; /* number; 0: unknown */
	/* When it was read from /proc, in TASK_FOUND_NS after tasks_found_from, rounded down; 0: not, or at once. */
	uint16_t found;
};
#define TASK_FOUND_NS 65536
/* The next known task at or after slot *i, which moves behind it. NULL: no more. */
const struct task *tasks_next(const struct tasks *t, size_t *i);

/* The number of the cgroup that a task is in. */
uint16_t tasks_cgroup(const struct tasks *t, const struct task *task);
struct cgroups *tasks_cgroups(const struct tasks *t);
uint64_t tasks_found_since(const struct tasks *t);
/* As in notes: found is struct task's. False: memory (errno), or it is none. */
bool tasks_put_who(struct tasks *t, int32_t tid, uint32_t uid, uint16_t cgroup, uint16_t found);

/* A task that was made in another cgroup than its parent's. */
struct task_born {
	uint64_t ts;
	int32_t tid;
	uint16_t cgroup;
};
#define TASKS_BORN_MAX 65536
/* In the order of their times; i from 0, NULL: no more. */
const struct task_born *tasks_born(const struct tasks *t, size_t i);
const struct task_born *tasks_born_last(const struct tasks *t); /* NULL: none */
/* As tasks_born_into, by number. */
int tasks_put_born(struct tasks *t, const struct task_born *born);

/*
 * Adds one mount, whose strings it takes over (on failure, too). Id -1: one
 * without a mount point. The entry, old or new, or NULL: memory. *added tells
 * whether there is a new one.
 */
struct mount *mounts_put(struct mounts *m, struct mount mount, bool *added);

#endif
