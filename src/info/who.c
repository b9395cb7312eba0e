/* SPDX-License-Identifier: MIT */
#include "who.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cgroups.h"
#include "tables.h"

static void write_uid(FILE *out, uint32_t uid)
{
	if (uid == TASK_UID_UNKNOWN)
		fputc('-', out);
	else
		fprintf(out, "%" PRIu32, uid);
}

void who_write(const struct trace_info *info, FILE *out)
{
	const struct cgroups *cgroups = tasks_cgroups(info->tasks);
	const struct task_born *born;
	const struct cgroup *g;
	const struct task *task;
	size_t slot = 0;

	fprintf(out, "users %d %" PRIu64 "\n", info->sees_uids, tasks_found_since(info->tasks));
	fprintf(out, "hierarchy %" PRIu32 "\n", info->hierarchy);
	for (unsigned i = 1; i <= CGROUPS_MAX && (g = cgroups_at(cgroups, (uint16_t)i)); i++) {
		fprintf(out, "cgroup %u ", i);
		text_escape(out, g->path);
		fputc('\n', out);
	}
	while ((task = tasks_next(info->tasks, &slot))) {
		fprintf(out, "who %d ", task->tid);
		write_uid(out, task->uid);
		fprintf(out, " %u %u\n", tasks_cgroup(info->tasks, task), task->found);
	}
	for (size_t i = 0; (born = tasks_born(info->tasks, i)); i++)
		fprintf(out, "born %" PRIu64 " %d %u\n", born->ts, born->tid, born->cgroup);
}

static bool take(struct text *values, uint64_t max, uint64_t *v)
{
	struct text field;

	return text_field(values, &field) && text_u64(field, 10, v) && *v <= max;
}

static bool parse_users(struct trace_info *info, struct text values)
{
	uint64_t sees, from;

	if (!take(&values, 1, &sees) || !take(&values, UINT64_MAX, &from) || values.size)
		return false;
	info->sees_uids = sees;
	tasks_found_from(info->tasks, from);
	return true;
}

static bool parse_hierarchy(struct trace_info *info, struct text values)
{
	uint64_t number;

	if (!take(&values, UINT32_MAX, &number) || values.size)
		return false;
	info->hierarchy = (uint32_t)number;
	return true;
}

/* Their numbers are 1, 2, …, and each path stands there once. Those above what we keep have no number. */
static bool parse_cgroup(struct trace_info *info, struct text values)
{
	uint64_t wanted;
	uint16_t number = 0;
	struct text path;
	char *name;

	if (!take(&values, UINT32_MAX, &wanted) || !text_field(&values, &path) || values.size)
		return false;
	name = text_unescape(path);
	if (!name)
		return false;
	number = cgroups_number(tasks_cgroups(info->tasks), name, strlen(name));
	free(name);
	return number ? number == wanted : cgroups_full(tasks_cgroups(info->tasks)) && errno != ENOMEM;
}

static bool parse_who(struct trace_info *info, struct text values)
{
	uint64_t tid, uid = TASK_UID_UNKNOWN, cgroup, found;
	struct text user;

	if (!take(&values, INT32_MAX, &tid) || !text_field(&values, &user) ||
	    (!text_is(user, "-") && (!text_u64(user, 10, &uid) || uid >= TASK_UID_UNKNOWN)) ||
	    !take(&values, UINT16_MAX, &cgroup) || !take(&values, UINT16_MAX, &found) || values.size)
		return false;
	return tasks_put_who(info->tasks, (int32_t)tid, (uint32_t)uid, (uint16_t)cgroup, (uint16_t)found);
}

/* In the order of their times, as they are written: to sort what a file holds would cost whoever reads it. */
static bool parse_born(struct trace_info *info, struct text values)
{
	const struct task_born *last = tasks_born_last(info->tasks);
	uint64_t ts, tid, cgroup;
	struct task_born born;

	if (!take(&values, UINT64_MAX, &ts) || !take(&values, INT32_MAX, &tid) || !take(&values, UINT16_MAX, &cgroup) ||
	    values.size || !tid || (last && last->ts > ts))
		return false;
	born = (struct task_born){.ts = ts, .tid = (int32_t)tid, .cgroup = (uint16_t)cgroup};
	return !tasks_put_born(info->tasks, &born);
}

static const struct {
	const char *key;
	bool (*parse)(struct trace_info *info, struct text values);
} keys[] = {
	{"users", parse_users}, {"hierarchy", parse_hierarchy}, {"cgroup", parse_cgroup},
	{"who", parse_who},	{"born", parse_born},
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

bool who_is_key(struct text key)
{
	for (size_t i = 0; i < KEYS; i++)
		if (text_is(key, keys[i].key))
			return true;
	return false;
}

bool who_parse(struct trace_info *info, struct text key, struct text values)
{
	for (size_t i = 0; i < KEYS; i++)
		if (text_is(key, keys[i].key))
			return keys[i].parse(info, values);
	return false;
}
