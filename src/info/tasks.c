/* SPDX-License-Identifier: MIT */
/*
 * Threads by tid, in a hash table with linear probing. Tasks that have ended
 * stay: a late call, and a descendant of theirs, may still refer to them.
 */
#include <stdlib.h>

#include "hash.h"
#include "tasks_private.h"

/* Ancestors followed before we give up: more than any real line of processes. */
#define ANCESTORS_MAX (1 << 16)

struct tasks *tasks_new(void)
{
	struct tasks *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->seed = hash_seed();
	t->cgroups = cgroups_new();
	if (t->cgroups)
		return t;
	free(t);
	return NULL;
}

void tasks_free(struct tasks *t)
{
	if (!t)
		return;
	cgroups_free(t->cgroups);
	free(t->born);
	free(t->slots);
	free(t);
}

/* tid's slot, or the empty one where it belongs. */
static struct task *slot_of(struct task *slots, size_t room, uint64_t seed, int32_t tid)
{
	size_t i = hash_u32((uint32_t)tid, seed) & (room - 1);

	while (slots[i].tid && slots[i].tid != tid)
		i = (i + 1) & (room - 1);
	return &slots[i];
}

struct task *tasks_find(const struct tasks *t, int32_t tid)
{
	struct task *slot;

	if (!t || !t->room || tid <= 0)
		return NULL;
	slot = slot_of(t->slots, t->room, t->seed, tid);
	return slot->tid ? slot : NULL;
}

static int grow(struct tasks *t)
{
	size_t room = t->room ? t->room * 2 : 64;
	struct task *slots = calloc(room, sizeof(*slots));

	if (!slots)
		return -1;
	for (size_t i = 0; i < t->room; i++)
		if (t->slots[i].tid)
			*slot_of(slots, room, t->seed, t->slots[i].tid) = t->slots[i];
	free(t->slots);
	t->slots = slots;
	t->room = room;
	return 0;
}

int tasks_put(struct tasks *t, struct task task)
{
	struct task *slot;

	if (t->count * 2 >= t->room && t->count < TASKS_MAX && grow(t))
		return -1;
	slot = slot_of(t->slots, t->room, t->seed, task.tid);
	if (!slot->tid) {
		if (t->count >= TASKS_MAX)
			return 0;
		t->count++;
	}
	*slot = task;
	return 0;
}

/* A task of which nothing else is known, or what was known of it before. */
static struct task as_known(const struct tasks *t, int32_t tid, int32_t tgid, int32_t parent)
{
	const struct task *old = tasks_find(t, tid);
	struct task task = {.uid = TASK_UID_UNKNOWN};

	if (old && (old->tgid == tgid || old->tgid < 0))
		task = *old;
	task.tid = tid;
	task.tgid = tgid;
	task.parent = parent;
	return task;
}

int tasks_add(struct tasks *t, int32_t tid, int32_t tgid, int32_t parent)
{
	const struct task *old = tasks_find(t, tid);
	const struct task *leader = tasks_find(t, tgid);

	/* Numbers that no task has come only from hostile files: nothing to keep. */
	if (!t || tid <= 0 || tgid <= 0 || parent < 0)
		return t ? 0 : -1;
	if (!parent && old && old->tgid == tgid)
		parent = old->parent;
	/* A parent belongs to the group, and is looked up at its leader. */
	if (tid != tgid && parent && (!leader || leader->tgid != tgid || !leader->parent) &&
	    tasks_put(t, as_known(t, tgid, tgid, parent)))
		return -1;
	return tasks_put(t, as_known(t, tid, tgid, parent));
}

static int32_t parent_of(const struct tasks *t, int32_t tgid)
{
	const struct task *leader = tasks_find(t, tgid);

	return leader ? leader->parent : 0;
}

int tasks_clone(struct tasks *t, int32_t parent_tid, int32_t child, uint64_t clone_flags, uint64_t ts)
{
	struct task task = {.tid = child, .tgid = child};
	int32_t tgid = tasks_tgid(t, parent_tid);
	int32_t grandparent = parent_of(t, tgid);

	if (!t || child <= 0)
		return t ? 0 : -1;
	if (tasks_knew_already(t, tasks_find(t, child), ts))
		return 0;
	/* What a reused tid was before is overwritten, by "unknown" too. */
	if (clone_flags & CLONE_THREAD)
		task.tgid = tgid;
	task.parent = clone_flags & (CLONE_THREAD | CLONE_PARENT) ? grandparent : tgid > 0 ? tgid : 0;
	tasks_inherit(t, parent_tid, clone_flags, ts, &task);
	return tasks_put(t, task);
}

int32_t tasks_tgid(const struct tasks *t, int32_t tid)
{
	const struct task *task = tasks_find(t, tid);

	return task ? task->tgid : -1;
}

bool tasks_descends(const struct tasks *t, int32_t tgid, int32_t pid)
{
	int32_t mark = tgid;
	unsigned steps = 0, next_mark = 1;

	/* Reused pids can make a ring of parents: a mark, moved ever further apart, is met again in one. */
	while (tgid > 0 && tgid != pid) {
		tgid = parent_of(t, tgid);
		if (tgid == mark || ++steps > ANCESTORS_MAX)
			return false;
		if (steps == next_mark) {
			mark = tgid;
			next_mark *= 2;
		}
	}
	return tgid > 0;
}

const struct task *tasks_next(const struct tasks *t, size_t *i)
{
	while (t && *i < t->room) {
		const struct task *task = &t->slots[(*i)++];

		if (task->tid)
			return task;
	}
	return NULL;
}
