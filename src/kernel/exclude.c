// SPDX-License-Identifier: MIT
#include "kernel/exclude.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "info/tables.h"
#include "kernel/proc.h"
#include "kernel/tracefile.h"

#define LIST "set_event_notrace_pid"
#define TRIES 5
/* A write's words must be whole, and each write copies the list. */
#define WRITE_MAX 4000
#define SETTLE_NS 20000000 /* in which the kernel takes threads that are gone off its list */

bool exclude_is_target(const struct tasks *t, const struct exclude_target *target, int32_t pid)
{
	if (target->root && tasks_descends(t, pid, target->root))
		return true;
	for (size_t i = 0; i < target->count; i++)
		if (pid == target->pids[i] || (target->follow && tasks_descends(t, pid, target->pids[i])))
			return true;
	return false;
}

static int clear(const struct session *s, struct error *e)
{
	char path[600];
	int fd;

	snprintf(path, sizeof(path), "%s/" LIST, s->dir);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return error_errno(e, "%s", path);
	close(fd);
	return 0;
}

/* Threads of which the process is known, and is none of the target's. */
static int write_list(const struct session *s, const struct tasks *t, const struct exclude_target *target,
		      struct error *e)
{
	char text[WRITE_MAX + 16];
	const struct task *task;
	size_t slot = 0, used = 0;

	while ((task = tasks_next(t, &slot))) {
		if (task->tgid <= 0 || exclude_is_target(t, target, task->tgid))
			continue;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%d\n", task->tid);
		if (used < WRITE_MAX)
			continue;
		if (trace_file_append(s->dir, LIST, text, e))
			return -1;
		used = 0;
	}
	return used ? trace_file_append(s->dir, LIST, text, e) : 0;
}

/*
 * Whether each thread on the list is there and is not the target's. A number
 * that was free by the time it was written stays on the list, and whoever gets it
 * next would not be seen.
 */
static bool list_is_right(const struct session *s, const struct exclude_target *target)
{
	struct tasks *now = tasks_new();
	struct error ignored;
	char *list, *line, *save = NULL;
	bool right = now && proc_add_all(now, &ignored) == 0;

	/* First who is there, then the list: whoever has gone meanwhile has left it. */
	list = right ? trace_file_read(s->dir, LIST, NULL, &ignored) : NULL;
	right = list != NULL;
	for (line = list ? strtok_r(list, "\n", &save) : NULL; line && right; line = strtok_r(NULL, "\n", &save)) {
		int32_t tid = atoi(line);

		/* One that is younger than our look at /proc is the child of another one on the list: to be seen. */
		right = (tasks_tgid(now, tid) > 0 || proc_add_task(now, INFO_NO_HIERARCHY, line, 0) == 0) &&
			!exclude_is_target(now, target, tasks_tgid(now, tid));
	}
	free(list);
	tasks_free(now);
	return right;
}

static int try_once(struct session *s, const struct exclude_target *target, bool *right, struct error *e)
{
	const struct timespec settle = {0, SETTLE_NS};
	struct tasks *t = tasks_new();
	int result = -1;

	if (!t)
		return error_set(e, "out of memory");
	if (!clear(s, e) && !proc_add_all(t, e) && !write_list(s, t, target, e))
		result = 0;
	tasks_free(t);
	if (result)
		return -1;
	nanosleep(&settle, NULL);
	*right = list_is_right(s, target);
	return 0;
}

int exclude_others(struct session *s, const struct exclude_target *target, struct error *e)
{
	struct error ignored;
	bool right = false;

	if (!trace_file_exists(s->dir, LIST) || !trace_file_exists(s->dir, "options/event-fork"))
		return error_set(e, "this kernel can't exclude threads (it is older than 5.8)");
	/* First of all: a child that is made while the list is written is its parent's. */
	if (trace_file_write(s->dir, "options/event-fork", "1", e))
		return -1;
	for (int i = 0; i < TRIES && !right; i++)
		if (try_once(s, target, &right, e)) {
			clear(s, &ignored);
			return -1;
		}
	if (!right) {
		clear(s, &ignored);
		return error_set(e, "threads come and go too fast to be excluded");
	}
	s->info.hierarchy = INFO_NO_HIERARCHY;
	return 0;
}
