/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "falloctrace/filter.h"
#include "filter/cgroup.h"
#include "filter/where.h"
#include "info/units.h"
#include "info/users.h"

void filter_init(struct filter *f)
{
	memset(f, 0, sizeof(*f));
	f->uid = -1;
}

static void free_texts(char **texts, size_t count)
{
	while (count)
		free(texts[--count]);
	free(texts);
}

void filter_free(struct filter *f)
{
	free(f->pids);
	free(f->errnos);
	free_texts(f->comms, f->comms_count);
	free_texts(f->paths, f->paths_count);
	free_texts(f->fs, f->fs_count);
	free_texts(f->cgroups, f->cgroups_count);
	where_free(f->where);
	filter_init(f);
}

/* --- adding --- */

static int no_memory(struct error *e)
{
	errno = ENOMEM;
	return error_errno(e, "cannot keep the filter");
}

static int add_text(char ***texts, size_t *count, const char *text, struct error *e)
{
	char **more = realloc(*texts, (*count + 1) * sizeof(**texts));

	if (!more)
		return no_memory(e);
	*texts = more;
	more[*count] = strdup(text);
	if (!more[*count])
		return no_memory(e);
	++*count;
	return 0;
}

typedef int (*add_item)(struct filter *f, const char *item, struct error *e);

/* Adds each of the items between the commas of text. */
static int each_item(struct filter *f, const char *text, add_item add, struct error *e)
{
	char *copy = strdup(text), *item, *rest = copy;
	int ret = 0;

	if (!copy)
		return no_memory(e);
	while (ret == 0 && (item = strsep(&rest, ",")))
		ret = *item ? add(f, item, e) : error_usage(e, "'%.64s' has an empty item", text);
	free(copy);
	return ret;
}

static int add_pid(struct filter *f, const char *item, struct error *e)
{
	int32_t *more;
	long long pid;
	char *end;

	errno = 0;
	pid = strtoll(item, &end, 10);
	if (*end || *item < '0' || *item > '9')
		return error_usage(e, "'%.64s' is not a process id", item);
	if (errno || pid < 1 || pid > INT32_MAX)
		return error_usage(e, "'%.64s' is out of range", item);
	more = realloc(f->pids, (f->pids_count + 1) * sizeof(*more));
	if (!more)
		return no_memory(e);
	f->pids = more;
	more[f->pids_count++] = (int32_t)pid;
	return 0;
}

int filter_add_pids(struct filter *f, const char *text, struct error *e)
{
	return each_item(f, text, add_pid, e);
}

static int add_comm(struct filter *f, const char *item, struct error *e)
{
	if (strlen(item) >= COMM_SIZE)
		return error_usage(e, "'%.64s' is longer than the %d bytes that the kernel keeps of a name", item,
				   COMM_SIZE - 1);
	return add_text(&f->comms, &f->comms_count, item, e);
}

int filter_add_comms(struct filter *f, const char *text, struct error *e)
{
	return each_item(f, text, add_comm, e);
}

int filter_set_user(struct filter *f, const char *text, struct error *e)
{
	long long uid;
	uid_t found;
	char *end;

	if (!*text)
		return error_usage(e, "the user is empty");
	if (user_by_name(text, &found, NULL)) { /* first: a name may consist of digits */
		f->uid = found;
		return 0;
	}
	errno = 0;
	uid = strtoll(text, &end, 10);
	if (*end || *text < '0' || *text > '9')
		return error_usage(e, "there is no user '%.64s'", text);
	if (errno || uid >= UINT32_MAX) /* (uid_t)-1 is nobody's */
		return error_usage(e, "'%.64s' is out of range", text);
	f->uid = uid;
	return 0;
}

static int add_errno(struct filter *f, const char *item, struct error *e)
{
	int *more, number = errno_number(item);

	if (number < 0)
		return error_usage(e, "there is no error '%.64s'", item);
	more = realloc(f->errnos, (f->errnos_count + 1) * sizeof(*more));
	if (!more)
		return no_memory(e);
	f->errnos = more;
	more[f->errnos_count++] = number;
	return 0;
}

int filter_add_errnos(struct filter *f, const char *text, struct error *e)
{
	return each_item(f, text, add_errno, e);
}

static int add_op(struct filter *f, const char *item, struct error *e)
{
	int op;

	for (op = 0; op < OP_COUNT; op++)
		if (!strcmp(item, op_name((enum op)op))) {
			f->ops |= 1u << op;
			return 0;
		}
	return error_usage(
		e, "'%.64s' is none of extend, keep, punch, collapse, insert, zero, unshare, write-zeroes, invalid",
		item);
}

int filter_add_ops(struct filter *f, const char *text, struct error *e)
{
	return each_item(f, text, add_op, e);
}

static int add_via(struct filter *f, const char *item, struct error *e)
{
	int via;

	for (via = VIA_UNKNOWN + 1; via < VIA_COUNT; via++)
		if (!strcmp(item, via_name((enum via)via))) {
			f->vias |= 1u << via;
			return 0;
		}
	return error_usage(e,
			   "'%.64s' is none of syscall, compat, io_uring, ioctl, madvise, overlay, nfsd, loop, kernel",
			   item);
}

int filter_add_vias(struct filter *f, const char *text, struct error *e)
{
	return each_item(f, text, add_via, e);
}

/* A plain number is in ms, as bcc's tools take it. */
int filter_set_min_latency(struct filter *f, const char *text, struct error *e)
{
	const char *why = units_parse_time(text, NS_PER_MS, &f->min_latency);

	return why ? error_usage(e, "'%.64s' %s", text, why) : 0;
}

int filter_set_min_len(struct filter *f, const char *text, struct error *e)
{
	const char *why = units_parse_size(text, &f->min_len);

	return why ? error_usage(e, "'%.64s' %s", text, why) : 0;
}

int filter_add_path(struct filter *f, const char *text, struct error *e)
{
	if (!*text)
		return error_usage(e, "the pattern is empty");
	return add_text(&f->paths, &f->paths_count, text, e);
}

static int add_fs(struct filter *f, const char *item, struct error *e)
{
	return add_text(&f->fs, &f->fs_count, item, e);
}

int filter_add_fs(struct filter *f, const char *text, struct error *e)
{
	return each_item(f, text, add_fs, e);
}

int filter_add_cgroup(struct filter *f, const char *text, struct error *e)
{
	const char *wrong = cgroup_pattern_wrong(text);
	char *pattern = wrong ? NULL : cgroup_pattern(text);
	int ret;

	if (wrong)
		return error_usage(e, "'%.80s' %s", text, wrong);
	if (!pattern)
		return no_memory(e);
	ret = add_text(&f->cgroups, &f->cgroups_count, pattern, e);
	free(pattern);
	return ret;
}

/* --- matching --- */

static bool pid_matches(const struct filter *f, const struct call *c, const struct trace_info *info)
{
	size_t i;

	if (f->pids_count == 0)
		return true;
	for (i = 0; i < f->pids_count; i++) {
		/* a thread whose id is a process's is that process's first, whatever else is unknown */
		if (c->pid == f->pids[i] || c->tid == f->pids[i])
			return true;
		if (f->follow && c->pid > 0 && info && info->tasks && tasks_descends(info->tasks, c->pid, f->pids[i]))
			return true;
	}
	return false;
}

static bool text_among(char *const *texts, size_t count, const char *text)
{
	size_t i;

	if (count == 0)
		return true;
	for (i = 0; *text && i < count; i++)
		if (!strcmp(texts[i], text))
			return true;
	return false;
}

static bool errno_matches(const struct filter *f, const struct call *c)
{
	size_t i;

	if (f->errnos_count == 0)
		return true;
	for (i = 0; c->has_ret && i < f->errnos_count; i++)
		if (c->ret == -(int64_t)f->errnos[i])
			return true;
	return false;
}

static bool path_matches(const struct filter *f, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t i;

	if (f->paths_count == 0)
		return true;
	for (i = 0; *path && i < f->paths_count; i++)
		/* a star spans slashes: one behind /var/lib/ takes everything below */
		if (!fnmatch(f->paths[i], strchr(f->paths[i], '/') ? path : name, 0))
			return true;
	return false;
}

static bool cgroups_match(const struct filter *f, const struct call *c)
{
	for (size_t i = 0; i < f->cgroups_count; i++)
		if (cgroup_matches(f->cgroups[i], c->cgroup, c->container))
			return true;
	return f->cgroups_count == 0;
}

bool filter_match(const struct filter *f, const struct call *c, const struct trace_info *info)
{
	return (!f->failed || (c->has_ret && c->ret < 0)) && errno_matches(f, c) &&
	       (!f->ops || (c->op < OP_COUNT && f->ops & 1u << c->op)) && (!f->vias || (f->vias & 1u << c->via)) &&
	       (f->uid < 0 || c->uid == f->uid) && (!f->min_latency || call_latency(c) >= f->min_latency) &&
	       (!f->min_len || (c->has_len && c->len >= f->min_len)) && text_among(f->comms, f->comms_count, c->comm) &&
	       text_among(f->fs, f->fs_count, c->fs) && pid_matches(f, c, info) && path_matches(f, c->path) &&
	       cgroups_match(f, c) && where_match(f->where, c);
}
