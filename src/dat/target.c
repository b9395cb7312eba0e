/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "place.h"
#include "target.h"

#define MODE 0600 /* who may trace the machine need not be all who may read this directory */
#define TRIES 100 /* for a name that nobody has */

/*
 * What has a name before its time: ".BASE.0123abcd.falloctrace", the base cut so
 * that it fits. Nobody who looks for files by how they end (*.prom) takes it for one.
 */
#define NEW_END ".falloctrace"
#define NEW_DIGITS 8
#define NEW_BASE (NAME_MAX - (int)sizeof(NEW_END) - NEW_DIGITS - 1)

static const char *kind_of(mode_t mode)
{
	if (S_ISLNK(mode))
		return "a symbolic link (name the file that it leads to)";
	if (S_ISDIR(mode))
		return "a directory";
	if (S_ISFIFO(mode) || S_ISSOCK(mode))
		return "a pipe or socket";
	return "a device";
}

static int check_existing(const struct target *t, struct error *e)
{
	struct stat st;

	if (fstatat(t->dir, t->base, &st, AT_SYMLINK_NOFOLLOW)) {
		if (errno == ENOENT)
			return 0;
		return error_errno(e, "cannot write %s", t->path);
	}
	if (S_ISREG(st.st_mode))
		return place_check(&(struct place){.dir = t->dir}, t->path, &st, false, &t->owner, e);
	return error_set(e, "cannot write %s: it is %s, and only a file can be replaced as a whole", t->path,
			 kind_of(st.st_mode));
}

int target_find(struct target *t, const char *path, struct error *e)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	struct place p;

	t->dir = -1;
	t->path = path;
	t->mode = MODE;
	t->sync = true;
	t->as_owner = false;
	owner_of_sudo(&t->owner);
	if (!base[0] || !strcmp(base, ".") || !strcmp(base, ".."))
		return error_set(e, "cannot write \"%s\": it names no file", path);
	if (!strcmp(path, "-"))
		return error_set(e,
				 "cannot write to standard output: a recording is put in place as a whole, as a file");
	if (place_find(&p, path, false, &t->owner, e))
		return -1;
	strcpy(t->base, p.base);
	t->dir = openat(p.dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->dir < 0)
		error_errno(e, "cannot write %s: its directory", path);
	close(p.dir);
	return t->dir < 0 ? -1 : 0;
}

void target_enter(const struct target *t)
{
	if (t->as_owner)
		owner_enter(&t->owner);
}

void target_leave(const struct target *t)
{
	if (t->as_owner)
		owner_leave(&t->owner);
}

int target_keep(const struct target *t, struct error *e)
{
	return t->as_owner && owner_keep(&t->owner) ? error_errno(e, "can't give up privileges") : 0;
}

/* Whether the owner may himself do all that is to be done: make a file, and replace what is there. */
static bool may_as_owner(struct target *t)
{
	struct stat dir, st;
	struct target_file trial;
	struct error why;

	if (!owner_can_enter(&t->owner) || fstat(t->dir, &dir))
		return false;
	if (dir.st_mode & S_ISVTX && dir.st_uid != t->owner.uid &&
	    fstatat(t->dir, t->base, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_uid != t->owner.uid)
		return false;
	t->as_owner = true;
	if (target_create(t, &trial, &why))
		return false;
	target_discard(t, &trial);
	return true;
}

int target_open(struct target *t, const char *path, struct error *e)
{
	if (target_find(t, path, e))
		return -1;
	if (check_existing(t, e)) {
		target_close(t);
		return -1;
	}
	t->as_owner = may_as_owner(t);
	return 0;
}

void target_close(struct target *t)
{
	if (t->dir >= 0)
		close(t->dir);
	t->dir = -1;
}

/* A name beside the target's that is hard to guess. */
static void make_name(const struct target *t, char name[NAME_MAX + 1])
{
	uint32_t number = 0;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) < 0)
		number = (uint32_t)getpid();
	snprintf(name, NAME_MAX + 1, ".%.*s.%0*x" NEW_END, NEW_BASE, t->base, NEW_DIGITS, number);
}

/* Says to target_sweep that we are at work on it. False: that was quicker, and has removed it. */
static bool claim(int fd)
{
	struct stat st;

	return flock(fd, LOCK_EX | LOCK_NB) == 0 ? fstat(fd, &st) == 0 && st.st_nlink : errno != EWOULDBLOCK;
}

static int create_named(const struct target *t, struct target_file *f)
{
	for (int i = 0; i < TRIES; i++) {
		make_name(t, f->name);
		f->fd = openat(t->dir, f->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, t->mode);
		if (f->fd >= 0 ? claim(f->fd) : errno != EEXIST)
			break;
		if (f->fd >= 0)
			close(f->fd);
		f->fd = -1;
	}
	if (f->fd < 0)
		f->name[0] = '\0';
	return f->fd;
}

static int create_unnamed(const struct target *t)
{
	int fd = openat(t->dir, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, t->mode);

	if (fd >= 0)
		flock(fd, LOCK_EX | LOCK_NB); /* for when it has a name */
	return fd;
}

/* An unnamed file gets its name by way of /proc. */
static void fd_path(int fd, char path[32])
{
	snprintf(path, 32, "/proc/self/fd/%d", fd);
}

static int create(const struct target *t, struct target_file *f)
{
	char path[32];

	f->name[0] = '\0';
	f->fd = create_unnamed(t);
	if (f->fd >= 0) {
		fd_path(f->fd, path);
		if (!access(path, F_OK))
			return 0;
		close(f->fd);
	}
	return create_named(t, f) < 0 ? -1 : 0;
}

int target_create(const struct target *t, struct target_file *f, struct error *e)
{
	int ret;

	target_enter(t);
	ret = create(t, f);
	target_leave(t);
	if (ret)
		return error_errno(e, "cannot write %s", t->path);
	/* Some filesystems have no owners; and it is worth having all the same. */
	if (t->owner.known && !t->as_owner && fchown(f->fd, t->owner.uid, t->owner.gid))
		errno = 0;
	return 0;
}

static int give_name(const struct target *t, struct target_file *f)
{
	char path[32];

	if (f->name[0])
		return 0;
	fd_path(f->fd, path);
	for (int i = 0; i < TRIES; i++) {
		make_name(t, f->name);
		if (!linkat(AT_FDCWD, path, t->dir, f->name, AT_SYMLINK_FOLLOW))
			return 0;
		if (errno != EEXIST)
			break;
	}
	f->name[0] = '\0';
	return -1;
}

static int put_in_place(const struct target *t, int dir, const char *name)
{
	int ret;

	target_enter(t);
	ret = renameat(dir, name, t->dir, t->base);
	target_leave(t);
	return ret;
}

static int name_it(const struct target *t, struct target_file *f)
{
	int ret;

	target_enter(t);
	ret = give_name(t, f);
	target_leave(t);
	return ret;
}

int target_publish(const struct target *t, struct target_file *f, struct error *e)
{
	if (check_existing(t, e)) {
		target_discard(t, f);
		return -1;
	}
	if ((t->sync && fsync(f->fd)) || name_it(t, f) || put_in_place(t, t->dir, f->name)) {
		error_errno(e, "cannot write %s", t->path);
		target_discard(t, f);
		return -1;
	}
	/* The data is safe; a filesystem that cannot sync its directory is no reason to fail. */
	if (t->sync)
		fsync(t->dir);
	close(f->fd);
	f->fd = -1;
	f->name[0] = '\0';
	return 0;
}

int target_take(const struct target *t, int dir, const char *name, int fd, struct error *e)
{
	if (check_existing(t, e))
		return -1;
	if (fsync(fd) || put_in_place(t, dir, name))
		return error_errno(e, "cannot write %s", t->path);
	fsync(t->dir);
	return 0;
}

void target_discard(const struct target *t, struct target_file *f)
{
	if (f->name[0]) {
		target_enter(t);
		unlinkat(t->dir, f->name, 0);
		target_leave(t);
	}
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	f->name[0] = '\0';
}

static bool is_new_name(const struct target *t, const char *name)
{
	size_t base = strlen(t->base) < NEW_BASE ? strlen(t->base) : NEW_BASE;

	return name[0] == '.' && !strncmp(name + 1, t->base, base) && name[1 + base] == '.' &&
	       strspn(name + base + 2, "0123456789abcdef") == NEW_DIGITS &&
	       !strcmp(name + base + 2 + NEW_DIGITS, NEW_END);
}

/* Ours, and nobody is at work on it. */
static bool is_left(const struct target *t, int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && owner_is_us(&t->owner, st.st_uid) &&
	       flock(fd, LOCK_EX | LOCK_NB) == 0;
}

void target_sweep(const struct target *t)
{
	int at = openat(t->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = at >= 0 ? fdopendir(at) : NULL;
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		int fd = is_new_name(t, entry->d_name) ?
				 openat(t->dir, entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) :
				 -1;

		if (fd >= 0 && is_left(t, fd))
			unlinkat(t->dir, entry->d_name, 0);
		if (fd >= 0)
			close(fd);
	}
	if (dir)
		closedir(dir);
	else if (at >= 0)
		close(at);
}
