/* SPDX-License-Identifier: MIT */
/*
 * What info_write needs of the tables, to go through them.
 */
#ifndef FALLOCTRACE_INFO_TABLES_H
#define FALLOCTRACE_INFO_TABLES_H

#include "falloctrace/info.h"

struct symbol {
	uint64_t start, end; /* end exclusive */
	char *name;
};
/* In the order of their addresses; i < symbols_count(). */
const struct symbol *symbols_at(const struct symbols *s, size_t i);

struct task {
	int32_t tid;	/* 0: an empty slot */
	int32_t tgid;	/* -1: unknown */
	int32_t parent; /* thread group; 0: unknown */
};
/* The next known task at or after slot *i, which moves behind it. NULL: no more. */
const struct task *tasks_next(const struct tasks *t, size_t *i);

/*
 * Adds one mount, whose strings it takes over (on failure, too). Id -1: one
 * without a mount point. The entry, old or new, or NULL: memory. *added tells
 * whether there is a new one.
 */
struct mount *mounts_put(struct mounts *m, struct mount mount, bool *added);

#endif
