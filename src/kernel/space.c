// SPDX-License-Identifier: MIT
/*
 * The filesystem is reached by a mount point of ours: whoever traces has dropped
 * its privileges, so one below a folder that it may not search stays unknown, and
 * so does one that is mounted in other namespaces alone. Nothing is kept open
 * between calls, for that would keep it from being unmounted.
 */
#include "kernel/space.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>

#include "info/remote.h"

/* A device may be mounted in a thousand places (containers): one of the first will do, or none. */
#define TRIES 16

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* What the kernel says that fd is on; -1: it doesn't. */
static int32_t mount_id(int fd)
{
	char path[64], line[128];
	int id = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "mnt_id: %d", &id) == 1)
			break;
	if (f)
		fclose(f);
	return id;
}

/* The name may stand for something else by now, or in our namespace. */
static bool is_on(struct mounts *mounts, int fd, uint32_t dev)
{
	const struct mount *m = mounts_find_id(mounts, mount_id(fd));

	return m && m->dev == dev;
}

/* Whether other is point or leads to it. What is mounted on "/" all that is done here waits for anyway. */
static bool leads_to(const char *other, const char *point)
{
	size_t size = strlen(other);

	return size > 1 && !strncmp(point, other, size) && (point[size] == '/' || !point[size]);
}

/*
 * Whether opening the mount point may wait for a server, or for a daemon that
 * mounts. The name may be that of another namespace, so any mount that is known
 * counts. autofs below a mount is passed without asking it: it is mounted already.
 */
static bool way_may_wait(struct mounts *mounts, const struct mount *m)
{
	for (size_t i = 0; i < mounts_count(mounts); i++) {
		const struct mount *other = mounts_at(mounts, i);

		if (!leads_to(other->point, m->point))
			continue;
		if (fs_remote(other->fs) || (!strcmp(other->fs, "autofs") && strcmp(other->point, m->point) != 0))
			return true;
	}
	return false;
}

static bool ask_mount(struct mounts *mounts, const struct mount *m, struct info_space *space)
{
	int fd = open(m->point, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct statfs s;
	uint64_t unit;
	bool ok;

	if (fd < 0)
		return false;
	ok = is_on(mounts, fd, space->dev) && fstatfs(fd, &s) == 0;
	close(fd);
	if (!ok)
		return false;
	unit = s.f_frsize > 0 ? (uint64_t)s.f_frsize : (uint64_t)s.f_bsize;
	space->ts = now();
	/* a filesystem that says 0 of everything has no such numbers */
	return s.f_blocks && !__builtin_mul_overflow((uint64_t)s.f_bfree, unit, &space->free) &&
	       !__builtin_mul_overflow((uint64_t)s.f_bavail, unit, &space->avail) &&
	       !__builtin_mul_overflow((uint64_t)s.f_blocks, unit, &space->size);
}

static bool ask(struct mounts *mounts, uint32_t dev, struct info_space *space)
{
	int tries = 0;

	space->dev = dev;
	for (size_t i = 0; i < mounts_count(mounts) && tries < TRIES; i++) {
		const struct mount *m = mounts_at(mounts, i);

		if (m->id < 0 || m->dev != dev)
			continue;
		if (fs_remote(m->fs)) /* the tracer would wait for it */
			return false;
		tries++;
		if (!way_may_wait(mounts, m) && ask_mount(mounts, m, space))
			return true;
	}
	return false;
}

static struct space_answer *answer_of(struct space_answers *a, uint32_t dev)
{
	for (int i = 0; i < SPACE_DEVICES; i++)
		if (a->of[i].asked && a->of[i].space.dev == dev)
			return &a->of[i];
	return NULL;
}

/* In the place of the one that was asked about the longest time ago. NULL: all were just asked about. */
static struct space_answer *answer_new(struct space_answers *a, uint32_t dev, uint64_t time)
{
	struct space_answer *oldest = &a->of[0];

	for (int i = 1; i < SPACE_DEVICES; i++)
		if (a->of[i].when < oldest->when)
			oldest = &a->of[i];
	if (oldest->asked && time < oldest->when + SPACE_GAP)
		return NULL;
	*oldest = (struct space_answer){.asked = true, .space.dev = dev};
	return oldest;
}

bool space_find(struct space_answers *a, struct mounts *mounts, uint32_t dev, uint64_t after, struct info_space *space)
{
	struct space_answer *answer = answer_of(a, dev);
	uint64_t time = now();

	if (!answer || !answer->known || answer->space.ts < after) {
		/* it is too late, or the trace's clock is not this one */
		if (time < after || time - after > INFO_SPACE_LATER_MAX)
			return false;
		if (answer && time - answer->when < SPACE_GAP)
			return false;
		answer = answer ? answer : answer_new(a, dev, time);
		if (!answer)
			return false;
		answer->when = time;
		answer->known = ask(mounts, dev, &answer->space);
	}
	if (!answer->known || answer->space.ts - after > INFO_SPACE_LATER_MAX)
		return false;
	*space = answer->space;
	return true;
}
