/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "assemble_private.h"

#define SLOTS (sizeof(((struct asked *)0)->slots) / sizeof(uint64_t))

static size_t slot_of(const struct asked *set, uint64_t n)
{
	size_t i = (size_t)(n * 0x9e3779b97f4a7c15 >> 40) % SLOTS;

	while (set->slots[i] && set->slots[i] != n + 1)
		i = (i + 1) % SLOTS;
	return i;
}

/*
 * Whether n is asked for the first time. What is forgotten when the set is
 * full is asked once more: its size is bounded, however many numbers there are.
 */
static bool first_time(struct asked *set, uint64_t n)
{
	size_t i = slot_of(set, n);

	if (set->slots[i])
		return false;
	if (set->count == SLOTS / 2) {
		memset(set, 0, sizeof(*set));
		i = slot_of(set, n);
	}
	set->slots[i] = n + 1;
	set->count++;
	return true;
}

static const char *find_symbol(struct assemble *a, uint64_t addr)
{
	struct trace_info *info = a->info;
	const char *name;

	if (!info->symbols)
		return NULL;
	name = symbols_find(info->symbols, addr);
	if (!name && info->find_symbol && first_time(&a->symbols, addr)) {
		info->find_symbol(info->find_ctx, info->symbols, addr);
		name = symbols_find(info->symbols, addr);
	}
	return name;
}

/*
 * Where somebody else has a return probe on vfs_fallocate, too, kernels with
 * rethook (seen on 6.1 and 6.12, not on 5.10) tell one of us that it returns to
 * the other's trampoline.
 */
static bool is_trampoline(const char *symbol)
{
	return strstr(symbol, "trampoline") != NULL;
}

const struct caller *lookup_caller(struct assemble *a, uint64_t addr)
{
	struct caller *c = &a->callers[(addr * 0x9e3779b97f4a7c15 >> 32) % CALLERS];
	const char *name;

	if (c->asked && c->addr == addr)
		return c;
	name = find_symbol(a, addr);
	*c = (struct caller){.addr = addr, .asked = true, .via = VIA_KERNEL};
	if (!name) {
		snprintf(c->text, sizeof(c->text), "0x%" PRIx64, addr);
	} else if (is_trampoline(name)) {
		c->via = VIA_UNKNOWN;
	} else {
		snprintf(c->text, sizeof(c->text), "%s", name);
		c->named = true;
		c->via = via_of_symbol(name);
		c->vfs = !strncmp(name, "vfs_fallocate", strlen("vfs_fallocate"));
	}
	return c;
}

const struct mount *lookup_mount(struct assemble *a, const struct event *ev)
{
	struct trace_info *info = a->info;
	int32_t id = ev->has & HAS_MNT ? ev->mnt : -1;
	const struct mount *m;

	if (!(ev->has & HAS_DEV) || !info->mounts)
		return NULL;
	m = mounts_find(info->mounts, ev->dev, id);
	/* Of the same device another mount is as good only if nobody knows the right one. */
	if ((!m || (id >= 0 && m->id != id)) && info->find_mount &&
	    first_time(&a->mounts, (uint64_t)(uint32_t)id << 32 | ev->dev)) {
		info->find_mount(info->find_ctx, info->mounts, ev->tid, ev->dev, id);
		m = mounts_find(info->mounts, ev->dev, id);
	}
	return m;
}

int32_t lookup_pid(struct assemble *a, int32_t tid)
{
	struct trace_info *info = a->info;
	int32_t pid;

	if (!info->tasks)
		return -1;
	pid = tasks_tgid(info->tasks, tid);
	if (pid < 0 && info->find_task && first_time(&a->tasks, (uint32_t)tid)) {
		info->find_task(info->find_ctx, info->tasks, tid);
		pid = tasks_tgid(info->tasks, tid);
	}
	return pid;
}

void lookup_comm(struct assemble *a, int32_t tid, char comm[COMM_SIZE])
{
	const struct trace_info *info = a->info;
	const char *name = info->find_comm ? info->find_comm(info->find_ctx, tid) : NULL;

	if (name)
		snprintf(comm, COMM_SIZE, "%s", name);
}

void lookup_who(struct assemble *a, int32_t tid, struct task_who *who)
{
	struct trace_info *info = a->info;

	tasks_who(info->tasks, tid, who);
	if (!*who->cgroup && info->hierarchy != INFO_NO_HIERARCHY && info->tasks && info->find_task &&
	    first_time(&a->tasks, (uint32_t)tid)) {
		info->find_task(info->find_ctx, info->tasks, tid);
		tasks_who(info->tasks, tid, who);
	}
	/* What was at the start may have been moved, unseen. */
	if (info->hierarchy == INFO_NO_HIERARCHY)
		who->cgroup = who->container = "";
	/* Whoever it was at the start, it may be somebody else since. */
	if (!info->sees_uids)
		who->uid = -1;
}

int lookup_new_task(struct assemble *a, const struct event *ev)
{
	struct trace_info *info = a->info;
	uint64_t flags = ev->clone_flags;

	if (!info->tasks)
		return 0;
	/* That is always version 2's, and no other hierarchy's. */
	if (info->hierarchy)
		flags &= ~EVENT_INTO_CGROUP;
	if (tasks_clone(info->tasks, ev->tid, ev->child, flags, ev->ts))
		return -1;
	/* Which one no event tells; the sooner it is asked the better. */
	if (flags & EVENT_INTO_CGROUP && info->find_task)
		info->find_task(info->find_ctx, info->tasks, ev->child);
	return 0;
}

/* Moves are made one at a time in the whole machine: the one that was begun last is the one that is done. */
static int moved(struct assemble *a, const struct event *ev)
{
	enum task_move move = MOVE_UNKNOWN;

	if (a->mover == ev->tid)
		move = a->moves_process ? MOVE_PROCESS : MOVE_THREAD;
	a->mover = 0;
	if (ev->hierarchy != a->info->hierarchy)
		return 0;
	return tasks_set_cgroup(a->info->tasks, ev->child, ev->cgroup.data, ev->has & HAS_CGROUP ? ev->cgroup.size : 0,
				move, ev->ts);
}

int lookup_change_task(struct assemble *a, const struct event *ev)
{
	if (!a->info->tasks)
		return 0;
	switch (ev->kind) {
	case EVENT_CRED:
		return ev->has & HAS_UID ? tasks_set_uid(a->info->tasks, ev->tid, ev->uid, ev->ts) : 0;
	case EVENT_MOVE:
		a->mover = ev->tid;
		a->moves_process = ev->process;
		return 0;
	case EVENT_CGROUP:
		return moved(a, ev);
	default:
		return 0;
	}
}

void lookup_forget_task(struct assemble *a, int32_t tid)
{
	size_t i = slot_of(&a->tasks, (uint32_t)tid);

	/* A hole would end the search for those behind it too early: all are forgotten. */
	if (a->tasks.slots[i])
		memset(&a->tasks, 0, sizeof(a->tasks));
}
