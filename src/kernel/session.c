// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/caps.h"
#include "kernel/clock.h"
#include "kernel/rivals.h"
#include "kernel/room.h"
#include "kernel/session_private.h"
#include "kernel/tracefile.h"
#include "kernel/traces.h"
#include "kernel/watchdog.h"

#define PROFILE_PIECE 4096
#define SUBBUF_MIN 8192 /* bytes per CPU that the kernel can do with */

int64_t session_step(struct session *s, const char *name, int64_t start)
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

static int open_reader(struct session *s, struct error *e)
{
	s->reader = reader_open(s->dir, e);
	if (!s->reader)
		return -1;
	s->schema = schema_new(reader_format(s->reader));
	return s->schema ? 0 : error_set(e, "out of memory");
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
	t = session_step(s, "instance", t);
	s->machine = machine_open(&s->info, e);
	if (!s->machine)
		return -1;
	session_step(s, "machine", t);
	return session_events_start(s, o, e);
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
