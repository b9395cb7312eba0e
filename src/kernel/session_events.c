// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "kernel/blocks.h"
#include "kernel/clock.h"
#include "kernel/discover.h"
#include "kernel/related.h"
#include "kernel/rivals.h"
#include "kernel/selfcheck.h"
#include "kernel/session_private.h"
#include "kernel/tracefile.h"
#include "kernel/traces.h"

/* fallocate sleeps, and the default of a few a CPU loses returns; the kernel takes no more than this. */
#define MAXACTIVE 4096

static int enable(struct session *s, const char *event, struct error *e)
{
	char file[160];

	snprintf(file, sizeof(file), "events/%s/enable", event);
	return trace_file_write(s->dir, file, "1", e);
}

int session_add_format(struct session *s, const char *system, const char *event, struct error *e)
{
	char file[160];
	size_t size;
	char *text;
	int result;

	snprintf(file, sizeof(file), "events/%s/%s/format", system, event);
	text = trace_file_read(s->dir, file, &size, e);
	if (!text)
		return -1;
	result = schema_add(s->schema, system, text, size, e);
	free(text);
	if (result == 0)
		return error_set(e, "%s: not an event that we know", file);
	return result < 0 ? -1 : 0;
}

/* --- probes --- */

/* The root of a mounted XFS, for its discovery; a writable one rather. */
static const char *xfs_dir(const struct session *s)
{
	const char *read_only = NULL;

	for (size_t i = 0; i < mounts_count(s->info.mounts); i++) {
		const struct mount *m = mounts_at(s->info.mounts, i);
		struct statvfs fs;
		struct stat st;

		/* Containers have single files of theirs mounted, too. */
		if (strcmp(m->fs, "xfs") || mount_may_hang(s, m) || stat(m->point, &st) || !S_ISDIR(st.st_mode) ||
		    statvfs(m->point, &fs))
			continue;
		if (!(fs.f_flag & ST_RDONLY))
			return m->point;
		read_only = read_only ? read_only : m->point;
	}
	return read_only;
}

static bool have_probes(struct session *s)
{
	struct error why;

	if (!arch_here()) {
		snprintf(s->fallback_why, sizeof(s->fallback_why), "probes are not written for this machine type yet");
		return false;
	}
	if (!trace_file_exists(s->tracing, "kprobe_events")) {
		snprintf(s->fallback_why, sizeof(s->fallback_why),
			 "this kernel has no kprobe events (CONFIG_KPROBE_EVENTS)");
		return false;
	}
	/* An empty write is the cheapest way to ask whether we may. */
	if (trace_file_append(s->tracing, "kprobe_events", "\n", &why)) {
		snprintf(s->fallback_why, sizeof(s->fallback_why), "%.200s", why.text);
		return false;
	}
	return true;
}

static int add_probes(struct session *s, const struct session_options *o, int64_t t, struct error *e)
{
	struct probe_options options = {
		.group = s->name,
		.path_depth = o->path_depth,
		.maxactive = MAXACTIVE,
		.blocks_xfs = s->layout.xfs_nblocks != NO_OFFSET,
		.related = o->related,
		.deep = o->deep,
	};
	size_t count, kept = 0;

	s->probes = calloc(PROBES_MAX, sizeof(*s->probes));
	if (!s->probes)
		return error_set(e, "out of memory");
	count = probes_make(arch_here(), &s->layout, &options, s->probes);
	for (size_t i = 0; i < count; i++) {
		if (probe_add(s->tracing, s->probes[i].line, e) == 0) {
			if (session_add_format(s, s->name, s->probes[i].name, e))
				return -1;
			if (kept != i)
				s->probes[kept] = s->probes[i];
			kept++;
		} else if (s->probes[i].needed) {
			return -1;
		}
	}
	s->probes_count = kept;
	s->info.sizes_after_seen = s->layout.exit_args || s->layout.done != NO_OFFSET;
	s->info.fallocate_nr = s->layout.enter_regs[0] ? (uint64_t)arch_here()->nr : 0;
	t = session_step(s, "probes", t);
	if (o->deep && deep_open(s, &options, e))
		return -1;
	t = o->deep ? session_step(s, "--deep", t) : t;
	if (enable(s, s->name, e))
		return -1;
	session_step(s, "switched on", t);
	return 0;
}

/* Discovery, probes, self-check. */
static int start_probes(struct session *s, const struct session_options *o, int64_t t, struct error *e)
{
	struct specimen specimens[SPECIMENS];
	int result = -1;

	if (specimens_open(specimens, e) == 0) {
		t = session_step(s, "own files", t);
		result = discover(s->tracing, arch_here(), specimens, xfs_dir(s), o->related, o->deep, &s->layout, e);
		t = session_step(s, "discovery", t);
	}
	if (!result) {
		result = add_probes(s, o, t, e);
		t = (int64_t)trace_clock_now();
	}
	if (!result && o->related)
		result = related_enable(s, e);
	if (!result) {
		result = selfcheck(s, specimens, e) || deep_check(s, specimens[0].fd, e) ? -1 : 0;
		session_step(s, "self-check", t);
	}
	specimens_close(specimens);
	return result;
}

static const char *const fallback_events[] = {"syscalls/sys_enter_fallocate", "syscalls/sys_exit_fallocate"};
#define FALLBACK_EVENTS (sizeof(fallback_events) / sizeof(fallback_events[0]))

static int start_fallback(struct session *s, struct error *e)
{
	s->fallback = true;
	layout_init(&s->layout);
	if (!trace_file_exists(s->tracing, "events/syscalls/sys_enter_fallocate"))
		return error_unsupported(e, "%s, and it has no system-call tracepoints either (CONFIG_FTRACE_SYSCALLS)",
					 s->fallback_why);
	for (size_t i = 0; i < FALLBACK_EVENTS; i++)
		if (session_add_format(s, "syscalls", strchr(fallback_events[i], '/') + 1, e) ||
		    enable(s, fallback_events[i], e))
			return -1;
	return 0;
}

/* Threads and processes made while tracing: which thread belongs to which process; and what cgroups they go to. */
static int start_tasks(struct session *s, struct error *e)
{
	struct error ignored;

	/* A kernel without it: thread groups are then asked of /proc when a thread is first seen. */
	if (session_add_format(s, "task", "task_newtask", &ignored) == 0 && enable(s, "task/task_newtask", e))
		return -1;
	/* A kernel without cgroups, or of before 4.18: paths are then those of the start. */
	if (session_add_format(s, "cgroup", "cgroup_attach_task", &ignored) == 0 &&
	    enable(s, "cgroup/cgroup_attach_task", e))
		return -1;
	return machine_add_tasks(s->machine, e);
}

/* Our group as one. With --deep, by themselves: to the group others of ours may be added later. */
static int start_rivals(struct session *s, struct error *e)
{
	char names[PROBES_MAX][64];
	const char *events[PROBES_MAX] = {s->name};
	size_t count = s->deep ? s->probes_count : 1;

	for (size_t i = 0; s->deep && i < count; i++) {
		snprintf(names[i], sizeof(names[i]), "%s/%s", s->name, s->probes[i].name);
		events[i] = names[i];
	}
	s->rivals = s->fallback ? rivals_open(s->dir, fallback_events, FALLBACK_EVENTS, e) :
				  rivals_open(s->dir, events, count, e);
	return s->rivals ? 0 : -1;
}

int session_events_start(struct session *s, const struct session_options *o, struct error *e)
{
	int64_t t = (int64_t)trace_clock_now();
	int result;

	if (have_probes(s) ? start_probes(s, o, t, e) : start_fallback(s, e))
		return -1;
	t = (int64_t)trace_clock_now();
	result = start_tasks(s, e) || start_rivals(s, e) ? -1 : 0;
	session_step(s, "tasks", t);
	return result;
}

/* As they are to be called by whoever uses them by hand: without those of modules that are not here. */
static size_t remake_deep(const struct session *s, const char *group, struct probe *probes)
{
	struct probe_options options = s->deep->options;
	char place[DEEP_PLACE_SIZE];
	size_t count = 0;

	options.group = group;
	for (size_t i = 0; i < s->deep->functions.count; i++) {
		const struct deep_function *f = &s->deep->functions.list[i];

		if (f->state != DEEP_HERE)
			continue;
		deep_place(f, place);
		probes_make_deep(arch_here(), &s->layout, &options, place, s->deep->shared ? -1 : (int)i,
				 &probes[count], &probes[count + 1]);
		count += 2;
	}
	return count;
}

int session_probe_lines(const struct session_options *o, const char *group, struct probe **probes, size_t *count,
			struct error *e)
{
	struct session s;
	struct error ignored;
	struct probe_options options = {
		.group = group,
		.path_depth = o->path_depth,
		.maxactive = MAXACTIVE,
		.related = o->related,
		.deep = o->deep,
	};

	if (session_open(&s, o, e))
		return -1;
	*probes = calloc(PROBES_MAX + (s.deep ? 2 * s.deep->functions.count : 0), sizeof(**probes));
	if (s.fallback || !*probes) {
		if (s.fallback)
			error_unsupported(e, "no probes to print: %s", s.fallback_why);
		else
			error_set(e, "out of memory");
		session_close(&s, &ignored);
		return -1;
	}
	options.blocks_xfs = s.layout.xfs_nblocks != NO_OFFSET;
	*count = probes_make(arch_here(), &s.layout, &options, *probes);
	if (s.deep)
		*count += remake_deep(&s, group, *probes + *count);
	return session_close(&s, e);
}
