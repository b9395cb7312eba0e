// SPDX-License-Identifier: MIT
#include "kernel/rivals.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define SECOND 1

/* What writing to it does to what we record. */
static const struct watched {
	const char *file;
	int result;
	const char *does;
} watched[] = {
	{"tracing_on", -1, "switched tracing off, or on again"},
	{"trace_clock", RIVALS_CLOCK, "set the clock, which empties the buffers"},
	{"trace", -1, "emptied the buffers"},
	{"current_tracer", -1, "set a tracer"},
	{"set_event", -1, "chose other events"},
	/* Of what is lost by that the kernel keeps count. */
	{"buffer_size_kb", RIVALS_RESIZED, "changed the size of the buffers"},
};
#define WATCHED (sizeof(watched) / sizeof(watched[0]))

struct rivals {
	const char *dir;
	int epoll, inotify, timer;
	int watches[WATCHED]; /* -1: there is none */
	int on;		      /* tracing_on */
	size_t count;
	int enabled[RIVALS_EVENTS];
	char events[RIVALS_EVENTS][64];
};

static int open_below(const char *dir, const char *file, int *fd, struct error *e)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	do
		*fd = open(path, O_RDONLY | O_CLOEXEC);
	while (*fd < 0 && errno == EINTR);
	return *fd < 0 ? error_errno(e, "%s", path) : 0;
}

/* A machine whose users have all the watches there may be: what is looked at each second has to do. */
static void watch(struct rivals *r)
{
	char path[4096];

	r->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	for (size_t i = 0; i < WATCHED && r->inotify >= 0; i++) {
		snprintf(path, sizeof(path), "%s/%s", r->dir, watched[i].file);
		r->watches[i] = inotify_add_watch(r->inotify, path, IN_MODIFY);
	}
}

static int add(struct rivals *r, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return fd < 0 ? 0 : epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &event);
}

static int wait_for_all(struct rivals *r, struct error *e)
{
	struct itimerspec each = {.it_value = {SECOND, 0}, .it_interval = {SECOND, 0}};

	r->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	r->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (r->timer < 0 || r->epoll < 0 || timerfd_settime(r->timer, 0, &each, NULL) || add(r, r->timer) ||
	    add(r, r->inotify))
		return error_errno(e, "can't watch the tracing instance");
	return 0;
}

static int open_events(struct rivals *r, const char *const *events, size_t count, struct error *e)
{
	for (size_t i = 0; i < count && r->count < RIVALS_EVENTS; i++) {
		char file[128];

		snprintf(r->events[r->count], sizeof(r->events[0]), "%s", events[i]);
		snprintf(file, sizeof(file), "events/%s/enable", events[i]);
		if (open_below(r->dir, file, &r->enabled[r->count], e))
			return -1;
		r->count++;
	}
	return 0;
}

struct rivals *rivals_open(const char *dir, const char *const *events, size_t count, struct error *e)
{
	struct rivals *r = calloc(1, sizeof(*r));

	if (!r) {
		error_errno(e, "out of memory");
		return NULL;
	}
	r->dir = dir;
	r->epoll = r->inotify = r->timer = r->on = -1;
	for (size_t i = 0; i < WATCHED; i++)
		r->watches[i] = -1;
	watch(r);
	if (open_below(dir, "tracing_on", &r->on, e) || open_events(r, events, count, e) || wait_for_all(r, e)) {
		rivals_close(r);
		return NULL;
	}
	return r;
}

static void close_one(int fd)
{
	if (fd >= 0)
		close(fd);
}

void rivals_close(struct rivals *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++)
		close(r->enabled[i]);
	close_one(r->on);
	close_one(r->timer);
	close_one(r->inotify);
	close_one(r->epoll);
	free(r);
}

int rivals_fd(const struct rivals *r)
{
	return r->epoll;
}

static int tell(const struct rivals *r, const struct watched *w, struct error *e)
{
	error_set(e, "somebody else wrote to %s/%s, that is, %s%s", r->dir, w->file, w->does,
		  w->result < 0 ? ": from there on calls may be missing" : "");
	return w->result;
}

static const struct watched *find_watch(const struct rivals *r, const struct inotify_event *ev)
{
	for (size_t i = 0; i < WATCHED; i++)
		if (ev->wd == r->watches[i] && ev->mask & IN_MODIFY)
			return &watched[i];
	return NULL;
}

/* Of the files that were written to, the worst. */
static int look_at_writes(struct rivals *r, struct error *e)
{
	char buf[sizeof(struct inotify_event) + NAME_MAX + 1] __attribute__((aligned(8)));
	const struct watched *w, *worst = NULL;
	const struct inotify_event *ev;
	ssize_t n;

	while (r->inotify >= 0 && (n = read(r->inotify, buf, sizeof(buf))) > 0) {
		for (ssize_t at = 0; at < n; at += (ssize_t)(sizeof(*ev) + ev->len)) {
			ev = (const struct inotify_event *)(buf + at);
			w = find_watch(r, ev);
			if (w && (!worst || w->result < worst->result))
				worst = w;
		}
	}
	return worst ? tell(r, worst, e) : 0;
}

/* Whether a file begins with '1'. */
static bool is_on(int fd)
{
	char text[8];
	ssize_t n;

	do
		n = pread(fd, text, sizeof(text), 0);
	while (n < 0 && errno == EINTR);
	return n > 0 && text[0] == '1';
}

static int look_at_states(const struct rivals *r, struct error *e)
{
	if (!is_on(r->on))
		return tell(r, &watched[0], e);
	for (size_t i = 0; i < r->count; i++)
		if (!is_on(r->enabled[i]))
			return error_set(e,
					 "somebody else disabled or removed our events (%s/events/%s): calls may be "
					 "missing",
					 r->dir, r->events[i]);
	return 0;
}

int rivals_look(struct rivals *r, bool last, struct error *e)
{
	struct error states;
	uint64_t seconds;
	int result = look_at_writes(r, e);

	last = read(r->timer, &seconds, sizeof(seconds)) > 0 || last;
	if (result >= 0 && last && look_at_states(r, &states)) {
		*e = states;
		return -1;
	}
	return result;
}
