// SPDX-License-Identifier: MIT
#include "kernel/session.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "kernel/blocks.h"
#include "kernel/caps.h"
#include "kernel/clock.h"
#include "kernel/discover.h"
#include "kernel/related.h"
#include "kernel/rivals.h"
#include "kernel/room.h"
#include "kernel/selfcheck.h"
#include "kernel/tracefile.h"
#include "kernel/traces.h"
#include "kernel/watchdog.h"

/* fallocate sleeps, and the default of a few a CPU loses returns; the kernel takes no more than this. */
#define MAXACTIVE 4096
#define PROFILE_PIECE 4096
#define SUBBUF_MIN 8192 /* bytes per CPU that the kernel can do with */

/* Notes what a step took that began at start; returns the time now. */
static int64_t step(struct session *s, const char *name, int64_t start)
{
	int64_t now = (int64_t)trace_clock_now();

	if (s->steps_count < SESSION_STEPS)
		s->steps[s->steps_count++] = (struct session_step){name, now - start};
	return now;
}

/* --- the instance --- */

static int set_buffer_size(struct session *s, uint64_t size, struct error *e)
{
	struct error ignored;
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)((size + 1023) / 1024));
	if (trace_file_write(s->dir, "buffer_size_kb", text, &ignored))
		return error_set(e, "can't get %s KiB of trace buffer for each CPU (%s): make --buffer-size smaller",
				 text, strerror(errno));
	s->buffer_size = size;
	return 0;
}

/* As it was asked for; else what this machine has room for, or less. */
static int make_buffers(struct session *s, uint64_t wanted, struct error *e)
{
	uint64_t size = wanted ? wanted : room_for_this_machine();
	int result = set_buffer_size(s, size < SUBBUF_MIN ? SUBBUF_MIN : size, e);

	s->buffer_chosen = !wanted;
	while (result && s->buffer_chosen && size > ROOM_MIN) {
		size /= 2;
		result = set_buffer_size(s, size, e);
	}
	return result;
}

static int configure(struct session *s, const struct session_options *o, struct error *e)
{
	struct error ignored;

	if (trace_file_write(s->dir, "trace_clock", "mono", e))
		return -1;
	/*
	 * Before 6.7 the first buffer of all to be resized marks the top-level one,
	 * too, as having its full size; it would stay at 7 KiB for everybody after
	 * us. Touching an event gives it that size, as for any first user of tracing.
	 */
	trace_file_write(s->dir, "events/task/task_newtask/enable", "0", &ignored);
	if (make_buffers(s, o->buffer_size, e))
		return -1;
	/* Kernels before 4.20 have no buffer_percent, and wake at the first event. */
	if (trace_file_exists(s->dir, "buffer_percent"))
		return trace_file_write(s->dir, "buffer_percent", o->batch ? "50" : "0", e);
	return 0;
}

/* For writing: later, nothing can be opened so. -1 with *e. */
static int open_switch(const struct session *s, const char *file, struct error *e)
{
	char path[600];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", s->dir, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd < 0 ? error_errno(e, "%s", path) : fd;
}

static int open_switches(struct session *s, struct error *e)
{
	char path[600];

	s->running = open_switch(s, "tracing_on", e);
	s->enabled = s->running < 0 ? -1 : open_switch(s, "events/enable", e);
	if (s->enabled < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/kprobe_profile", s->tracing);
	s->profile = open(path, O_RDONLY | O_CLOEXEC);
	return 0;
}

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

static int open_reader(struct session *s, struct error *e)
{
	s->reader = reader_open(s->dir, e);
	if (!s->reader)
		return -1;
	s->schema = schema_new(reader_format(s->reader));
	return s->schema ? 0 : error_set(e, "out of memory");
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

static int add_probes(struct session *s, const struct session_options *o, struct error *e)
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
	if (o->deep && deep_open(s, &options, e))
		return -1;
	return enable(s, s->name, e);
}

/* Discovery, probes, self-check. */
static int start_probes(struct session *s, const struct session_options *o, int64_t t, struct error *e)
{
	struct specimen specimens[SPECIMENS];
	int result = -1;

	if (specimens_open(specimens, e) == 0) {
		t = step(s, "own files", t);
		result = discover(s->tracing, arch_here(), specimens, xfs_dir(s), o->related, o->deep, &s->layout, e);
		t = step(s, "discovery", t);
	}
	if (!result) {
		result = add_probes(s, o, e);
		t = step(s, "probes", t);
	}
	if (!result && o->related)
		result = related_enable(s, e);
	if (!result) {
		result = selfcheck(s, specimens, e) || deep_check(s, specimens[0].fd, e) ? -1 : 0;
		step(s, "self-check", t);
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

/*
 * The kernel's events count threads as the first pid namespace does: in another
 * one we know neither our own calls nor anybody's pid. Its number is part of the
 * ABI (PROC_PID_INIT_INO).
 */
static int check_namespace(struct error *e)
{
	char link[64];
	ssize_t n = readlink("/proc/self/ns/pid", link, sizeof(link) - 1);

	if (n < 0)
		return 0;
	link[n] = '\0';
	if (!strcmp(link, "pid:[4026531836]"))
		return 0;
	return error_unsupported(
		e, "this is not the machine's own pid namespace: run outside the container, or with --pid=host");
}

static int start(struct session *s, const struct session_options *o, struct error *e)
{
	int64_t t = (int64_t)trace_clock_now();
	int result;

	if (caps_use(e))
		return -1;
	caps_missing(s->without, sizeof(s->without));
	if (check_namespace(e))
		return -1;
	s->tracing = tracing_dir(e);
	if (!s->tracing)
		return -1;
	traces_name(s->name, getpid(), false);
	snprintf(s->dir, sizeof(s->dir), "%s/instances/%s", s->tracing, s->name);
	/* Before the watchdog, which removes whatever bears our name. */
	if (traces_claim(s->tracing, getpid(), e))
		return -1;
	s->watchdog = watchdog_start(s->tracing, e);
	if (!s->watchdog || instance_make(s->tracing, s->name, &s->lock, e))
		return -1;
	if (configure(s, o, e) || open_switches(s, e) || open_reader(s, e))
		return -1;
	t = step(s, "instance", t);
	s->machine = machine_open(&s->info, e);
	if (!s->machine)
		return -1;
	t = step(s, "machine", t);
	result = have_probes(s) ? start_probes(s, o, t, e) : start_fallback(s, e);
	if (result)
		return -1;
	t = (int64_t)trace_clock_now();
	result = start_tasks(s, e) || start_rivals(s, e) ? -1 : 0;
	step(s, "tasks", t);
	return result;
}

int session_open(struct session *s, const struct session_options *o, struct error *e)
{
	struct error ignored;

	memset(s, 0, sizeof(*s));
	s->lock = s->running = s->enabled = s->profile = -1;
	s->related = o->related;
	info_init(&s->info);
	if (start(s, o, e) == 0)
		return 0;
	session_close(s, &ignored);
	return -1;
}

void session_ready(const struct session *s)
{
	if (!s->fallback)
		watchdog_drop_discovery(s->watchdog);
}

int session_look(struct session *s, bool last, struct error *e)
{
	int result = s->rivals ? rivals_look(s->rivals, last, e) : 0;

	if (result == RIVALS_CLOCK)
		reader_shut(s->reader);
	return result;
}

int session_rivals_fd(const struct session *s)
{
	return rivals_fd(s->rivals);
}

int session_stop(struct session *s, struct error *e)
{
	/* From here on it is us who writes there. */
	rivals_close(s->rivals);
	s->rivals = NULL;
	if (s->running < 0)
		return trace_file_write(s->dir, "tracing_on", "0", e);
	if (pwrite(s->running, "0", 1, 0) == 1)
		return 0;
	return error_errno(e, "%s/tracing_on: can't write", s->dir);
}

void session_disable(const struct session *s)
{
	/* If not, it goes with the session. */
	(void)!pwrite(s->enabled, "0", 1, 0);
}

int session_close(struct session *s, struct error *e)
{
	int result;

	rivals_close(s->rivals);
	reader_close(s->reader);
	schema_free(s->schema);
	machine_close(s->machine);
	free(s->probes);
	deep_close(s->deep);
	/* Without a watchdog nothing was made; the 0 of a zeroed session is somebody else's. */
	if (s->watchdog && s->lock >= 0)
		close(s->lock);
	if (s->watchdog && s->running >= 0)
		close(s->running);
	if (s->watchdog && s->enabled >= 0)
		close(s->enabled);
	if (s->watchdog && s->profile >= 0)
		close(s->profile);
	result = watchdog_stop(s->watchdog, e);
	info_free(&s->info);
	memset(s, 0, sizeof(*s));
	s->lock = s->running = s->enabled = s->profile = -1;
	return result;
}

/* malloc'ed, or NULL: by what is open, for it may not be opened any more. */
static char *read_profile(const struct session *s)
{
	char *text = NULL, *more;
	size_t size = 0;
	ssize_t n = 1;

	while (s->profile >= 0 && n > 0 && (more = realloc(text, size + PROFILE_PIECE + 1))) {
		text = more;
		n = pread(s->profile, text + size, PROFILE_PIECE, (off_t)size);
		size += n > 0 ? (size_t)n : 0;
		text[size] = '\0';
	}
	return text;
}

uint64_t session_missed_returns(const struct session *s)
{
	char *text = read_profile(s);
	unsigned long long hits, missed;
	char *line, *save = NULL;
	char name[64];
	uint64_t sum = 0;

	/* "  EVENT   HITS   MISSED": events without their group, so only names that are ours while ours exist. */
	for (line = text ? strtok_r(text, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save))
		for (size_t i = 0; i < s->probes_count; i++)
			if (sscanf(line, " %63s %llu %llu", name, &hits, &missed) == 3 &&
			    !strcmp(name, s->probes[i].name))
				sum += missed;
	free(text);
	return sum;
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
