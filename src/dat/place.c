/* SPDX-License-Identifier: MIT */
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel's */
#define TRIES 100    /* while somebody changes what is there */

/* Others than its owner can put things into it. A group's members trust one another unless it says otherwise. */
static bool is_shared(const struct stat *dir)
{
	return dir->st_mode & S_IWOTH || (dir->st_mode & S_IWGRP && dir->st_mode & S_ISVTX);
}

/* Whoever owns the directory can do worse than that. */
static bool is_trusted(const struct stat *dir, const struct stat *st, const struct owner *o)
{
	return !is_shared(dir) || owner_is_us(o, st->st_uid) || st->st_uid == dir->st_uid;
}

static bool in_proc(int dir)
{
	struct statfs fs;

	return fstatfs(dir, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* --- the way --- */

struct way {
	int dir;
	char rest[2 * PATH_MAX]; /* of the path */
	unsigned links;		 /* followed */
};

static int fail(struct way *w, int err)
{
	if (w->dir >= 0)
		close(w->dir);
	w->dir = -1;
	errno = err;
	return -1;
}

static int go(struct way *w, const char *name, int flags)
{
	int from = w->dir;

	w->dir = openat(from, name, O_PATH | O_DIRECTORY | O_CLOEXEC | flags);
	if (from >= 0) {
		int saved = errno;

		close(from);
		errno = saved;
	}
	return w->dir < 0 ? -1 : 0;
}

static int start(struct way *w)
{
	return w->rest[0] == '/' ? go(w, "/", 0) : 0;
}

/* Cuts the next name off. *last: nothing is behind it. */
static int next_name(struct way *w, char name[NAME_MAX + 1], bool *last)
{
	char *from = w->rest + strspn(w->rest, "/");
	size_t size = strcspn(from, "/");
	char *behind = from + size + strspn(from + size, "/");

	if (size > NAME_MAX)
		return fail(w, ENAMETOOLONG);
	memcpy(name, from, size);
	name[size] = '\0';
	*last = !*behind;
	memmove(w->rest, behind, strlen(behind) + 1);
	return 0;
}

/* Puts what a link says before the rest. */
static int follow_link(struct way *w, const char *name)
{
	char text[PATH_MAX];
	ssize_t n = readlinkat(w->dir, name, text, sizeof(text) - 1);
	size_t rest = strlen(w->rest);

	if (n <= 0)
		return fail(w, n < 0 ? errno : ENOENT);
	if (++w->links > LINKS_MAX)
		return fail(w, ELOOP);
	if ((size_t)n + 1 + rest >= sizeof(w->rest))
		return fail(w, ENAMETOOLONG);
	memmove(w->rest + n + (rest ? 1 : 0), w->rest, rest + 1);
	memcpy(w->rest, text, (size_t)n);
	if (rest)
		w->rest[n] = '/';
	return start(w);
}

/* Whose link it is, in what directory. 0: it may be followed. */
static int check_link(struct way *w, const char *path, const char *name, const struct stat *st, const struct owner *o,
		      struct error *e)
{
	struct stat dir;

	if (fstat(w->dir, &dir)) {
		error_errno(e, "cannot write %s", path);
		return fail(w, errno);
	}
	if (is_trusted(&dir, st, o))
		return 0;
	error_set(
		e,
		"cannot write %s: %s is a symbolic link of another user's (uid %u) in a directory that all may write to",
		path, name, st->st_uid);
	return fail(w, EACCES);
}

static int step_on(struct way *w, const char *path, const char *name, bool last, struct place *p, const struct owner *o,
		   struct error *e)
{
	struct stat st;
	bool there = fstatat(w->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0, proc = there && in_proc(w->dir);

	if (there && S_ISLNK(st.st_mode) && !proc) {
		if (check_link(w, path, name, &st, o, e))
			return -1;
		return follow_link(w, name) ? error_errno(e, "cannot write %s", path) : 0;
	}
	if (last) {
		strcpy(p->base, name);
		p->by_kernel = there && S_ISLNK(st.st_mode);
		return 1;
	}
	return go(w, name, proc ? 0 : O_NOFOLLOW) ? error_errno(e, "cannot write %s: its directory", path) : 0;
}

int place_find(struct place *p, const char *path, bool follow, const struct owner *o, struct error *e)
{
	struct way w = {.dir = -1};
	char name[NAME_MAX + 1];
	bool last = false;
	int done = 0;

	p->dir = -1;
	p->by_kernel = false;
	if (strlen(path) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return error_errno(e, "cannot write %s", path);
	}
	strcpy(w.rest, path);
	/* Not for a whole path: where we are may be out of our reach. */
	if (path[0] == '/' ? start(&w) : (w.dir = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		return error_errno(e, "cannot write %s", path);
	while (!done) {
		if (next_name(&w, name, &last))
			return error_errno(e, "cannot write %s", path);
		if (last && !follow) {
			strcpy(p->base, name);
			done = 1;
		} else {
			done = step_on(&w, path, name[0] ? name : ".", last, p, o, e);
		}
	}
	if (done < 0) {
		if (w.dir >= 0)
			close(w.dir);
		return -1;
	}
	p->dir = w.dir;
	return 0;
}

/* --- what is there --- */

int place_check(const struct place *p, const char *path, const struct stat *st, bool linked, const struct owner *o,
		struct error *e)
{
	struct stat dir;

	if (fstat(p->dir, &dir))
		return error_errno(e, "cannot write %s", path);
	if (!is_trusted(&dir, st, o))
		return error_set(e,
				 "cannot write %s: it is another user's (uid %u), in a directory that all may write to",
				 path, st->st_uid);
	if (linked && is_shared(&dir) && S_ISREG(st->st_mode) && st->st_nlink > 1)
		return error_set(
			e, "cannot write %s: it has another name, too, and lies in a directory that all may write to",
			path);
	return 0;
}

static int make(const struct place *p, const struct owner *o)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY;
	int fd;

	owner_enter(o);
	fd = openat(p->dir, p->base, flags, 0600);
	owner_leave(o);
	if (fd >= 0 || !o->known || (errno != EACCES && errno != EPERM))
		return fd;
	/* Where only root may write. A filesystem without owners is no reason to fail. */
	fd = openat(p->dir, p->base, flags, 0600);
	if (fd >= 0 && fchown(fd, o->uid, o->gid))
		errno = 0;
	return fd;
}

/* What was looked at, or -1 with EAGAIN if that is another one by now. */
static int open_same(const struct place *p, const struct stat *st)
{
	bool regular = S_ISREG(st->st_mode);
	/* Not to wait for a pipe that has come in its place. */
	int fd = openat(p->dir, p->base, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | (regular ? O_NONBLOCK : 0));
	struct stat now;

	if (fd < 0) {
		/* gone, or a link, or a pipe without a reader, by now */
		if (errno == ENOENT || errno == ELOOP || (regular && errno == ENXIO))
			errno = EAGAIN;
		return -1;
	}
	if (fstat(fd, &now) || now.st_ino != st->st_ino || now.st_dev != st->st_dev ||
	    (now.st_mode & S_IFMT) != (st->st_mode & S_IFMT) || now.st_nlink > st->st_nlink) {
		close(fd);
		errno = EAGAIN;
		return -1;
	}
	if (regular)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	return fd;
}

/* -1 with EAGAIN: it has changed meanwhile. -1 with errno 0: *e is set. */
static int try_open(const struct place *p, const char *path, const struct owner *o, struct error *e)
{
	struct stat st;

	if (p->by_kernel)
		return openat(p->dir, p->base, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (fstatat(p->dir, p->base, &st, AT_SYMLINK_NOFOLLOW)) {
		int fd = errno == ENOENT ? make(p, o) : -1;

		if (fd < 0 && errno == EEXIST)
			errno = EAGAIN;
		return fd;
	}
	if (S_ISLNK(st.st_mode)) {
		errno = EAGAIN;
		return -1;
	}
	if (place_check(p, path, &st, true, o, e)) {
		errno = 0;
		return -1;
	}
	return open_same(p, &st);
}

/* Once. As try_open. */
static int find_and_open(const char *path, const struct owner *o, struct error *e)
{
	struct place p;
	int fd, saved;

	if (place_find(&p, path, true, o, e)) {
		errno = 0;
		return -1;
	}
	fd = try_open(&p, path, o, e);
	saved = errno;
	close(p.dir);
	errno = saved;
	return fd;
}

int place_open(const char *path, const struct owner *o, struct error *e)
{
	int fd;

	for (int i = 0; i < TRIES; i++) {
		fd = find_and_open(path, o, e);
		if (fd >= 0 || !errno)
			return fd;
		if (errno != EAGAIN)
			return error_errno(e, "cannot write %s", path);
	}
	return error_set(e, "cannot write %s: what is there changes again and again", path);
}
