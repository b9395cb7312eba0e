// SPDX-License-Identifier: MIT
#include "kernel/deep.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "kernel/blocks.h"
#include "kernel/kallsyms.h"
#include "kernel/nofault.h"
#include "kernel/session.h"
#include "kernel/specimen.h"
#include "kernel/tracefile.h"
#include "kernel/traces.h"

#define MAXACTIVE 1024	/* a return probe's memory is taken for each function */
#define UEVENT_KERNEL 1 /* the multicast group of what the kernel itself says */

static bool older_than(int major, int minor)
{
	int is_major = 0, is_minor = 0;
	struct utsname u;

	if (uname(&u) || sscanf(u.release, "%d.%d", &is_major, &is_minor) != 2)
		return true;
	return is_major < major || (is_major == major && is_minor < minor);
}

/* Modules that come and go, as the kernel tells everybody. */
static int open_uevents(void)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = UEVENT_KERNEL};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* How many functions more there are. */
static size_t look(struct deep *d)
{
	int copy = dup(d->kallsyms);
	FILE *f = copy >= 0 && lseek(copy, 0, SEEK_SET) == 0 ? fdopen(copy, "r") : NULL;
	size_t added = 0;

	if (f)
		added = deep_find(&d->functions, f, d->guesses);
	if (f)
		fclose(f);
	else if (copy >= 0)
		close(copy);
	return added;
}

static void look_for_modules(struct deep *d)
{
	struct error ignored;
	struct utsname u;
	char dir[96], *text = NULL;

	if (uname(&u) == 0) {
		snprintf(dir, sizeof(dir), "/lib/modules/%s", u.release);
		text = trace_file_read(dir, "modules.dep", NULL, &ignored);
	}
	deep_find_later(&d->functions, text);
	free(text);
}

static void make(const struct session *s, size_t i, struct probe pair[2])
{
	char place[DEEP_PLACE_SIZE];

	deep_place(&s->deep->functions.list[i], place);
	probes_make_deep(arch_here(), &s->layout, &s->deep->options, place, s->deep->shared ? -1 : (int)i, &pair[0],
			 &pair[1]);
}

static void remove_event(const struct session *s, const char *event)
{
	struct error ignored;
	char line[96];

	snprintf(line, sizeof(line), "-:%s/%s", s->name, event);
	trace_file_append(s->tracing, "kprobe_events", line, &ignored);
}

/* Both probes of a function or none: an entry without its return would be a call without end. */
static bool add_pair(struct session *s, size_t i, struct probe pair[2])
{
	struct deep_function *f = &s->deep->functions.list[i];
	struct error ignored;

	make(s, i, pair);
	/* The return first: its absence costs only an orphan. */
	if (probe_add(s->tracing, pair[1].line, &ignored) == 0) {
		if (probe_add(s->tracing, pair[0].line, &ignored) == 0)
			return true;
		if (!s->deep->shared)
			remove_event(s, pair[1].name);
	}
	f->state = DEEP_REFUSED;
	return false;
}

/* The event is one of the session's from now on. */
static int adopt(struct session *s, const struct probe *p, struct error *e)
{
	struct probe *more = realloc(s->probes, (s->probes_count + 1) * sizeof(*more));

	if (!more)
		return error_set(e, "out of memory");
	s->probes = more;
	more[s->probes_count++] = *p;
	return session_add_format(s, s->name, p->name, e);
}

static int add_all(struct session *s, struct probe pair[2], struct error *e)
{
	struct deep *d = s->deep;
	bool adopted = false;

	for (size_t i = 0; i < d->functions.count; i++) {
		if (!add_pair(s, i, pair))
			continue;
		if (!(d->shared && adopted) && (adopt(s, &pair[0], e) || adopt(s, &pair[1], e)))
			return -1;
		adopted = true;
	}
	if (!adopted)
		d->wrong = "this kernel takes a probe on no filesystem's own function";
	return 0;
}

int deep_open(struct session *s, const struct probe_options *o, struct error *e)
{
	struct deep *d = calloc(1, sizeof(*d));
	struct probe *pair = calloc(2, sizeof(*pair));
	char path[4096];
	int result;

	s->deep = d;
	if (!d || !pair) {
		free(pair);
		return error_set(e, "out of memory");
	}
	snprintf(path, sizeof(path), "%s/kprobe_events", s->tracing);
	d->kallsyms = kallsyms_open(e);
	d->events = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	/* Before the modules are looked at, so that none comes unseen. */
	d->uevents = open_uevents();
	d->options = *o;
	d->options.maxactive = MAXACTIVE;
	d->shared = !older_than(5, 4);
	d->guesses = s->layout.f_op != NO_OFFSET && s->layout.follow;
	look(d);
	look_for_modules(d);
	result = add_all(s, pair, e);
	free(pair);
	return result;
}

static void set_filter(const struct session *s, const char *field)
{
	const char *event = !strcmp(field, "caller") ? "deep_enter" : "deep_exit";
	struct error ignored;
	char file[160], filter[64];

	snprintf(filter, sizeof(filter), "%s != 0x%" PRIx64, field, s->layout.vfs_back);
	for (size_t i = 0; i < s->probes_count; i++) {
		if (strncmp(s->probes[i].name, event, strlen(event)) != 0)
			continue;
		snprintf(file, sizeof(file), "events/%s/%s/filter", s->name, s->probes[i].name);
		trace_file_write(s->dir, file, filter, &ignored);
	}
}

/* What the two probes tell of the same call differs. */
static bool differ(const struct event *vfs, const struct event *deep)
{
	uint32_t both = vfs->has & deep->has;

	return (both & HAS_FILE && vfs->file != deep->file) || (both & HAS_MODE && vfs->mode != deep->mode) ||
	       (both & HAS_OFFSET && vfs->offset != deep->offset) || (both & HAS_LEN && vfs->len != deep->len) ||
	       (both & HAS_SIZE && vfs->size != deep->size) || (both & HAS_INO && vfs->ino != deep->ino);
}

static void disable(const struct session *s)
{
	struct error ignored;
	char file[160];

	for (size_t i = 0; i < s->probes_count; i++) {
		if (strncmp(s->probes[i].name, "deep_", strlen("deep_")) != 0)
			continue;
		snprintf(file, sizeof(file), "events/%s/%s/enable", s->name, s->probes[i].name);
		trace_file_write(s->dir, file, "0", &ignored);
	}
}

int deep_check(struct session *s, int memfd, struct error *e)
{
	struct deep *d = s->deep;
	struct observed o;

	if (!d || d->wrong)
		return 0;
	if (observe(s, &o, e))
		return -1;
	fallocate(memfd, FALLOC_FL_KEEP_SIZE, 0, 4096);
	if (observe(s, &o, e))
		return -1;
	if (o.deep.kind == EVENT_NONE)
		d->wrong = "a call of our own was not seen by tmpfs' own function";
	else if (differ(&o.enter, &o.deep))
		d->wrong = "the probes show another call than our own";
	else if (o.deep.has & HAS_FOP && (!o.deep.fop || o.deep.func - o.deep.fop > 16))
		d->wrong = "the probes show other file operations than our own file's";
	if (d->wrong) {
		disable(s);
		return 0;
	}
	d->filtered = s->layout.vfs_back;
	if (!d->filtered)
		return 0;
	/* Where the return probe comes first, it has its own address put there. */
	if (o.deep.has & HAS_CALLER && o.deep.caller == s->layout.vfs_back)
		set_filter(s, "caller");
	set_filter(s, "__probe_ret_ip");
	return observe(s, &o, e);
}

int deep_pollfd(const struct deep *d)
{
	return d ? d->uevents : -1;
}

/* Whether a module was loaded. What came meanwhile is taken, too: it is looked once. */
static bool has_module_come(const struct deep *d)
{
	static const char wanted[] = "add@/module/";
	char message[4096];
	bool come = false;
	ssize_t n;

	if (!d || d->uevents < 0)
		return false;
	while ((n = read(d->uevents, message, sizeof(message))) != 0) {
		/* Too many for the socket: one may have been a module's. */
		if (n < 0 && errno == ENOBUFS)
			come = true;
		else if (n < 0)
			break;
		else
			come = come || ((size_t)n > sizeof(wanted) && !memcmp(message, wanted, sizeof(wanted) - 1));
	}
	return come;
}

void deep_refresh(struct session *s)
{
	struct deep *d = s->deep;
	struct probe *pair;
	size_t before;

	if (!has_module_come(d) || d->wrong || !d->shared || d->events < 0)
		return;
	before = d->functions.count;
	look(d);
	pair = calloc(2, sizeof(*pair));
	for (size_t i = before; pair && i < d->functions.count; i++) {
		make(s, i, pair);
		if (write(d->events, pair[1].line, strlen(pair[1].line)) < 0 ||
		    write(d->events, pair[0].line, strlen(pair[0].line)) < 0)
			d->functions.list[i].state = DEEP_REFUSED;
	}
	free(pair);
}

void deep_close(struct deep *d)
{
	if (!d)
		return;
	if (d->kallsyms >= 0)
		close(d->kallsyms);
	if (d->events >= 0)
		close(d->events);
	if (d->uevents >= 0)
		close(d->uevents);
	free(d);
}
