// SPDX-License-Identifier: MIT
#include "kernel/traces.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kernel/tracefile.h"

#define EVENTS "kprobe_events"
#define BUSY_TRIES 40
#define FEW_TRIES 4
#define PASSES 8
#define BUSY_WAIT_NS 50000000 /* between tries */

void traces_name(char name[TRACES_NAME_SIZE], pid_t pid, bool discovery)
{
	snprintf(name, TRACES_NAME_SIZE, TRACES_PREFIX "%d%s", (int)pid, discovery ? "_d" : "");
}

static void instance_path(char *path, size_t size, const char *tracing, const char *name)
{
	snprintf(path, size, "%s/instances/%s", tracing, name);
}

static int instance_open(const char *tracing, const char *name)
{
	char path[4096];

	instance_path(path, sizeof(path), tracing, name);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void wait_busy(void)
{
	struct timespec t = {0, BUSY_WAIT_NS};

	nanosleep(&t, NULL);
}

/* Whether lock is that of the directory that is at path now: a cleanup may take one away before it is locked. */
static bool still_there(int lock, const char *path)
{
	struct stat locked, there;

	return fstat(lock, &locked) == 0 && stat(path, &there) == 0 && locked.st_ino == there.st_ino &&
	       locked.st_dev == there.st_dev;
}

/*
 * The kernel shows a new instance long before its mkdir returns. So that no
 * cleanup takes one for a dead one's before it is locked, names are taken by one
 * at a time: by the lock of all instances' directory. -1: it can't be had, and
 * has to do without; errno EWOULDBLOCK: somebody has it.
 */
static int take_turn(const char *tracing)
{
	int turn = instance_open(tracing, "");

	if (turn < 0 || flock(turn, LOCK_EX | LOCK_NB) == 0)
		return turn;
	close(turn);
	return -1;
}

static int make_and_lock(const char *path, const char *tracing, const char *name, bool create, int *lock,
			 struct error *e)
{
	if (create && mkdir(path, 0700) && errno != EEXIST)
		return errno == EACCES || errno == EPERM ?
			       error_unsupported(e,
						 "%s: %s: run as root (sudo falloctrace …), or with CAP_DAC_OVERRIDE",
						 path, strerror(errno)) :
			       error_errno(e, "%s: can't make a tracing instance", path);
	*lock = instance_open(tracing, name);
	if (*lock < 0)
		return error_errno(e, "%s", path);
	if (flock(*lock, LOCK_EX | LOCK_NB)) {
		close(*lock);
		*lock = -1;
		return error_errno(e, "%s: in use by somebody else", path);
	}
	return 0;
}

/* Once: see take_name. */
static int try_name(const char *path, const char *tracing, const char *name, bool create, int *lock, struct error *e)
{
	*lock = -1;
	if (make_and_lock(path, tracing, name, create, lock, e))
		return -1;
	if (still_there(*lock, path))
		return 0;
	close(*lock);
	*lock = -1;
	error_set(e, "%s: somebody else removes it again and again", path);
	errno = ENOENT;
	return -1;
}

/* create: where there is none, one is made; else errno is then ENOENT. EWOULDBLOCK: it is in use, for two seconds by now. */
static int take_name(const char *tracing, const char *name, bool create, int *lock, struct error *e)
{
	char path[4096];
	int turn, result, saved;

	instance_path(path, sizeof(path), tracing, name);
	for (int i = 0; i < BUSY_TRIES; i++) {
		turn = take_turn(tracing);
		/* One that was stopped with it must not stop all others. */
		if (turn < 0 && errno == EWOULDBLOCK && i < BUSY_TRIES / 2) {
			wait_busy();
			continue;
		}
		result = try_name(path, tracing, name, create, lock, e);
		saved = errno;
		if (turn >= 0)
			close(turn);
		errno = saved;
		if (result == 0)
			return 0;
		if ((errno != ENOENT || !create) && errno != EWOULDBLOCK && errno != EINTR)
			break;
		wait_busy();
	}
	return -1;
}

int instance_make(const char *tracing, const char *name, int *lock, struct error *e)
{
	/* Somebody who cleans up may have it for a moment. */
	return take_name(tracing, name, true, lock, e);
}

int probe_add(const char *tracing, const char *line, struct error *e)
{
	return trace_file_append(tracing, EVENTS, line, e);
}

/* "p:GROUP/NAME …", "r16:GROUP/NAME …": finds group and name. */
static bool split_line(const char *line, char group[64], char name[64])
{
	return sscanf(line, "%*[pr0-9]:%63[^/ \n]/%63[^ \n]", group, name) == 2;
}

/* events: kprobe_events, open to append to; -1: it is opened. */
static int append(const char *tracing, int events, const char *line, struct error *e)
{
	size_t size = strlen(line);

	if (events < 0)
		return trace_file_append(tracing, EVENTS, line, e);
	if (write(events, line, size) == (ssize_t)size)
		return 0;
	return error_errno(e, "%s/" EVENTS ": can't write \"%.100s\"", tracing, line);
}

/* *tries: how often to look again whether it is still busy; what that took is taken off. */
static int remove_probe(const char *tracing, int events, const char *group, const char *name, int *tries,
			struct error *e)
{
	char line[160];

	snprintf(line, sizeof(line), "-:%s/%s", group, name);
	for (;;) {
		if (append(tracing, events, line, e) == 0 || errno == ENOENT)
			return 0;
		if (errno != EBUSY || *tries <= 0)
			return -1;
		--*tries;
		wait_busy();
	}
}

/* Names that a removal was tried of. */
struct tried {
	char (*names)[64];
	size_t count;
};

/* Whether name is the first of its kind; without memory each is, which PASSES bounds. */
static bool is_new(struct tried *t, const char *name)
{
	char(*more)[64];

	for (size_t i = 0; i < t->count; i++)
		if (!strcmp(t->names[i], name))
			return false;
	more = realloc(t->names, (t->count + 1) * sizeof(*more));
	if (!more)
		return true;
	t->names = more;
	snprintf(more[t->count++], sizeof(*more), "%s", name);
	return true;
}

/* What of the list, as it is read now, was not tried before. *tries: see remove_probes. -1: something is left; else how many there were. */
static int remove_listed(const char *tracing, int events, const char *group, int *tries, struct tried *tried,
			 struct error *e)
{
	char *text = trace_file_read(tracing, EVENTS, NULL, e), line_group[64], name[64], *line, *save = NULL;
	int count = 0;
	bool left = false;

	if (!text)
		return -1;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!split_line(line, line_group, name) || strcmp(line_group, group) != 0 || !is_new(tried, name))
			continue;
		count++;
		left = (tries && remove_probe(tracing, events, group, name, tries, e)) || left;
	}
	free(text);
	return left ? -1 : count;
}

/*
 * tries: for all of them together; none, and 1 is returned where there are any.
 * The kernel gives the list in pieces, each from the line of the next number:
 * where others remove theirs meanwhile it passes over some of ours. So it is read
 * until it shows nothing new.
 */
static int remove_probes(const char *tracing, int events, const char *group, int tries, struct error *e)
{
	struct tried tried = {0};
	int left = tries, result = 0, found = trace_file_exists(tracing, EVENTS);

	for (int i = 0; found && i < PASSES; i++) {
		found = remove_listed(tracing, events, group, tries ? &left : NULL, &tried, e);
		if (found < 0 || (found && !tries))
			result = found < 0 ? -1 : 1;
		if (!tries)
			break;
	}
	free(tried.names);
	return result;
}

static int remove_instance(const char *tracing, const char *name, struct error *e)
{
	char path[4096];

	instance_path(path, sizeof(path), tracing, name);
	for (int i = 0; i < BUSY_TRIES; i++) {
		if (rmdir(path) == 0 || errno == ENOENT)
			return 0;
		/* ENODEV: somebody else is about to have removed it. */
		if (errno != EBUSY && errno != EINTR && errno != ENODEV)
			break;
		wait_busy();
	}
	return error_errno(e, "%s: can't remove", path);
}

/*
 * The instance, whose lock is ours, goes last: no probe is ever without one, by
 * which others could see whether its owner lives. One that somebody else's
 * instance has switched on can't be removed; ours is no reason to keep that.
 */
static int remove_locked(const char *tracing, const char *name, struct error *e)
{
	char enable[96];
	struct error ignored;
	int probes, instance;

	snprintf(enable, sizeof(enable), "instances/%s/events/%s/enable", name, name);
	trace_file_write(tracing, enable, "0", &ignored);
	probes = remove_probes(tracing, -1, name, FEW_TRIES, &ignored);
	instance = remove_instance(tracing, name, e);
	if (probes)
		probes = remove_probes(tracing, -1, name, BUSY_TRIES, e);
	return probes || instance ? -1 : 0;
}

int traces_remove_by(const char *tracing, const char *name, int events, struct error *e)
{
	/* The instance first: its removal switches the probes off, and a probe in use can't be removed. */
	int instance = remove_instance(tracing, name, e);

	return remove_probes(tracing, events, name, BUSY_TRIES, e) || instance ? -1 : 0;
}

int traces_remove(const char *tracing, const char *name, struct error *e)
{
	char instance[64];
	int lock, result;
	bool exists;

	snprintf(instance, sizeof(instance), "instances/%s", name);
	for (int i = 0; i < FEW_TRIES; i++) {
		exists = trace_file_exists(tracing, instance);
		result = exists ? 1 : remove_probes(tracing, -1, name, 0, e);
		if (result <= 0)
			return result;
		if (take_name(tracing, name, !exists, &lock, e) == 0) {
			result = remove_locked(tracing, name, e);
			close(lock);
			return result;
		}
		if (errno == EWOULDBLOCK)
			return TRACES_IN_USE;
		/* Somebody else has removed it meanwhile. */
		if (errno != ENOENT)
			break;
	}
	return -1;
}

int traces_remove_quickly(const char *tracing, const char *name, struct error *e)
{
	char path[4096];

	instance_path(path, sizeof(path), tracing, name);
	if (rmdir(path) && errno != ENOENT)
		return traces_remove(tracing, name, e);
	return remove_probes(tracing, -1, name, BUSY_TRIES, e);
}

int traces_claim(const char *tracing, pid_t pid, struct error *e)
{
	char name[TRACES_NAME_SIZE];

	for (int discovery = 1; discovery >= 0; discovery--) {
		traces_name(name, pid, discovery);
		switch (traces_remove(tracing, name, e)) {
		case 0:
			break;
		case TRACES_IN_USE:
			return error_set(e, "%s/instances/%s: in use, perhaps by a process of another pid namespace",
					 tracing, name);
		default:
			return -1;
		}
	}
	return 0;
}

static bool is_ours(const char *name)
{
	size_t n = strlen(TRACES_PREFIX);
	size_t digits = 0;

	if (strncmp(name, TRACES_PREFIX, n))
		return false;
	while (isdigit((unsigned char)name[n + digits]))
		digits++;
	return digits && (!strcmp(name + n + digits, "") || !strcmp(name + n + digits, "_d"));
}

static int each_instance(const char *tracing, int (*each)(void *, const char *, struct error *), void *ctx,
			 struct error *e)
{
	char path[4096];
	struct dirent *entry;
	int result = 0;
	DIR *d;

	instance_path(path, sizeof(path), tracing, "");
	d = opendir(path);
	if (!d)
		return error_errno(e, "%s", path);
	while (result == 0 && (errno = 0, entry = readdir(d)))
		if (is_ours(entry->d_name))
			result = each(ctx, entry->d_name, e);
	if (result == 0 && errno)
		result = error_errno(e, "%s", path);
	closedir(d);
	return result;
}

/* Whether a line from text on, before that one, is of the group: the lines end with a NUL each by then. */
static bool seen_before(const char *text, const char *line, const char *group)
{
	char other[64], name[64];

	for (; text < line; text += strlen(text) + 1)
		if (split_line(text, other, name) && !strcmp(other, group))
			return true;
	return false;
}

/* Groups that have probes and no instance: those with one were called back for that. */
static int each_group(const char *tracing, int (*each)(void *, const char *, struct error *), void *ctx,
		      struct error *e)
{
	char group[64], name[64], instance[96];
	char *text, *line, *save = NULL;
	int result = 0;

	if (!trace_file_exists(tracing, EVENTS))
		return 0;
	text = trace_file_read(tracing, EVENTS, NULL, e);
	if (!text)
		return -1;
	for (line = strtok_r(text, "\n", &save); line && result == 0; line = strtok_r(NULL, "\n", &save)) {
		if (!split_line(line, group, name) || !is_ours(group) || seen_before(text, line, group))
			continue;
		snprintf(instance, sizeof(instance), "instances/%s", group);
		if (!trace_file_exists(tracing, instance))
			result = each(ctx, group, e);
	}
	free(text);
	return result;
}

int traces_each(const char *tracing, int (*each)(void *ctx, const char *name, struct error *e), void *ctx,
		struct error *e)
{
	return each_instance(tracing, each, ctx, e) || each_group(tracing, each, ctx, e) ? -1 : 0;
}
