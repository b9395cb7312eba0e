/* SPDX-License-Identifier: MIT */
/*
 * Users and cgroups of tasks. A process that is moved takes its threads along,
 * and there may be thousands: the move is noted at its leader, with a number that
 * tells whether a thread was moved by itself since.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tasks_private.h"

/*
 * A leader that is moved without its process (version 1's "tasks" files) makes us
 * look for its threads. A file that has a million of such moves is none of a
 * machine: then nothing is known any more.
 */
#define LOOKED_AT_MAX (UINT64_C(1) << 28)

/* --- what is known --- */

uint16_t tasks_cgroup(const struct tasks *t, const struct task *task)
{
	const struct task *leader = task->tgid != task->tid ? tasks_find(t, task->tgid) : NULL;

	return leader && leader->tgid == task->tgid && leader->move > task->move ? leader->cgroup : task->cgroup;
}

struct cgroups *tasks_cgroups(const struct tasks *t)
{
	return t ? t->cgroups : NULL;
}

void tasks_who(const struct tasks *t, int32_t tid, struct task_who *who)
{
	const struct task *task = tasks_find(t, tid);
	const struct cgroup *g = task ? cgroups_at(t->cgroups, tasks_cgroup(t, task)) : NULL;

	who->uid = task && task->uid != TASK_UID_UNKNOWN ? (int64_t)task->uid : -1;
	who->cgroup = g ? g->path : "";
	who->container = g ? g->container : "";
}

/* --- what is found --- */

void tasks_found_from(struct tasks *t, uint64_t ts)
{
	t->found_from = ts;
}

uint64_t tasks_found_since(const struct tasks *t)
{
	return t ? t->found_from : 0;
}

bool tasks_knew_already(const struct tasks *t, const struct task *task, uint64_t ts)
{
	return task && task->found && ts < t->found_from + (uint64_t)task->found * TASK_FOUND_NS;
}

static uint16_t found_at(const struct tasks *t, uint64_t ts)
{
	uint64_t after = ts > t->found_from && t->found_from ? (ts - t->found_from) / TASK_FOUND_NS : 0;

	return after < UINT16_MAX ? (uint16_t)after : UINT16_MAX;
}

/* The task, or one of which only the tid is known. */
static struct task known_or_new(const struct tasks *t, int32_t tid)
{
	const struct task *old = tasks_find(t, tid);

	return old ? *old : (struct task){.tid = tid, .tgid = -1, .uid = TASK_UID_UNKNOWN};
}

bool tasks_put_who(struct tasks *t, int32_t tid, uint32_t uid, uint16_t cgroup, uint16_t found)
{
	struct task task;

	if (!t || tid <= 0)
		return false;
	task = known_or_new(t, tid);
	if (task.uid == TASK_UID_UNKNOWN)
		task.uid = uid;
	if (!task.cgroup) {
		task.cgroup = cgroup;
		task.move = t->moves;
	}
	task.found = found;
	return !tasks_put(t, task);
}

int tasks_found(struct tasks *t, int32_t tid, int64_t uid, const char *cgroup, uint64_t ts)
{
	uint16_t number = cgroup && t ? cgroups_number(t->cgroups, cgroup, strlen(cgroup)) : 0;

	return tasks_put_who(t, tid, uid < 0 ? TASK_UID_UNKNOWN : (uint32_t)uid, number, t ? found_at(t, ts) : 0) ? 0 :
														    -1;
}

/* --- what events tell --- */

int tasks_set_uid(struct tasks *t, int32_t tid, uint32_t uid, uint64_t ts)
{
	struct task task;

	if (!t || tid <= 0)
		return t ? 0 : -1;
	task = known_or_new(t, tid);
	if (tasks_knew_already(t, tasks_find(t, tid), ts))
		return 0;
	task.uid = uid;
	return tasks_put(t, task);
}

/* The leader goes without them: what they had by its moves becomes their own. False: too much to look at. */
static bool leave_threads(struct tasks *t, const struct task *leader)
{
	t->looked_at += t->room;
	if (t->looked_at > LOOKED_AT_MAX)
		return false;
	for (size_t i = 0; i < t->room; i++) {
		struct task *task = &t->slots[i];

		if (!task->tid || task->tgid != leader->tid || task->tid == leader->tid)
			continue;
		task->cgroup = tasks_cgroup(t, task);
		task->move = t->moves;
	}
	return true;
}

int tasks_set_cgroup(struct tasks *t, int32_t tid, const char *path, size_t size, enum task_move move, uint64_t ts)
{
	struct task task;

	if (!t || tid <= 0)
		return t ? 0 : -1;
	task = known_or_new(t, tid);
	if (tasks_knew_already(t, tasks_find(t, tid), ts))
		return 0;
	task.cgroup = cgroups_number(t->cgroups, path, size);
	if (move == MOVE_PROCESS && task.tgid < 0)
		task.tgid = tid;
	if (t->moves < UINT32_MAX)
		t->moves++;
	if (move == MOVE_THREAD && task.tgid == tid && !leave_threads(t, &task))
		task.cgroup = 0;
	task.move = t->moves;
	return tasks_put(t, task);
}

/* --- tasks that begin in another cgroup than their parent's --- */

static int by_time(const void *a, const void *b)
{
	const struct task_born *one = a, *two = b;

	return one->ts != two->ts ? (one->ts > two->ts) - (one->ts < two->ts) :
				    (one->tid > two->tid) - (one->tid < two->tid);
}

static uint16_t born_into(const struct tasks *t, int32_t tid, uint64_t ts)
{
	const struct task_born key = {.ts = ts, .tid = tid};
	const struct task_born *born = t->born_count ? bsearch(&key, t->born, t->born_count, sizeof(key), by_time) :
						       NULL;

	return born ? born->cgroup : 0;
}

void tasks_inherit(const struct tasks *t, int32_t parent, uint64_t clone_flags, uint64_t ts, struct task *task)
{
	const struct task *from = tasks_find(t, parent);

	task->uid = from ? from->uid : TASK_UID_UNKNOWN;
	task->move = t->moves;
	if (clone_flags & EVENT_INTO_CGROUP)
		task->cgroup = born_into(t, task->tid, ts);
	else
		task->cgroup = from ? tasks_cgroup(t, from) : 0;
}

const struct task_born *tasks_born(const struct tasks *t, size_t i)
{
	return t && i < t->born_count ? &t->born[i] : NULL;
}

const struct task_born *tasks_born_last(const struct tasks *t)
{
	return t && t->born_count ? &t->born[t->born_count - 1] : NULL;
}

int tasks_put_born(struct tasks *t, const struct task_born *born)
{
	struct task_born *more;
	size_t room = t->born_room ? t->born_room * 2 : 64;
	size_t i = t->born_count;

	if (t->born_count >= TASKS_BORN_MAX)
		return -1;
	if (t->born_count == t->born_room) {
		more = reallocarray(t->born, room, sizeof(*more));
		if (!more)
			return -1;
		t->born = more;
		t->born_room = room;
	}
	/* They come in order, but for those of different CPUs. */
	for (; i && by_time(&t->born[i - 1], born) > 0; i--)
		;
	memmove(&t->born[i + 1], &t->born[i], (t->born_count - i) * sizeof(*born));
	t->born[i] = *born;
	t->born_count++;
	return 0;
}

int tasks_born_into(struct tasks *t, int32_t tid, uint64_t ts, const char *cgroup)
{
	struct task_born born = {.ts = ts, .tid = tid};

	if (!t)
		return -1;
	born.cgroup = cgroups_number(t->cgroups, cgroup, strlen(cgroup));
	return born.cgroup ? tasks_put_born(t, &born) : 0;
}
