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
		return 0;
	return error_set(e, "cannot write %s: it is %s, and only a file can be replaced as a whole", t->path,
			 kind_of(st.st_mode));
}

int target_find(struct target *t, const char *path, struct error *e)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t dir_size = slash ? (size_t)(slash - path) + 1 : 0;
	char dir[PATH_MAX] = ".";

	t->dir = -1;
	t->path = path;
	t->mode = MODE;
	t->sync = true;
	if (!base[0] || !strcmp(base, ".") || !strcmp(base, ".."))
		return error_set(e, "cannot write \"%s\": it names no file", path);
	if (!strcmp(path, "-"))
		return error_set(e,
				 "cannot write to standard output: a recording is put in place as a whole, as a file");
	if (strlen(base) > NAME_MAX || dir_size >= sizeof(dir)) {
		errno = ENAMETOOLONG;
		return error_errno(e, "cannot write %s", path);
	}
	strcpy(t->base, base);
	if (slash) {
		memcpy(dir, path, dir_size);
		dir[dir_size] = '\0';
	}
	t->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->dir < 0)
		return error_errno(e, "cannot write %s: its directory", path);
	return 0;
}

int target_open(struct target *t, const char *path, struct error *e)
{
	if (target_find(t, path, e))
		return -1;
	if (!check_existing(t, e))
		return 0;
	target_close(t);
	return -1;
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

int target_create(const struct target *t, struct target_file *f, struct error *e)
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
	if (create_named(t, f) < 0)
		return error_errno(e, "cannot write %s", t->path);
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

int target_publish(const struct target *t, struct target_file *f, struct error *e)
{
	if (check_existing(t, e)) {
		target_discard(t, f);
		return -1;
	}
	if ((t->sync && fsync(f->fd)) || give_name(t, f) || renameat(t->dir, f->name, t->dir, t->base)) {
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
	if (fsync(fd) || renameat(dir, name, t->dir, t->base))
		return error_errno(e, "cannot write %s", t->path);
	fsync(t->dir);
	return 0;
}

void target_discard(const struct target *t, struct target_file *f)
{
	if (f->name[0])
		unlinkat(t->dir, f->name, 0);
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
static bool is_left(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
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

		if (fd >= 0 && is_left(fd))
			unlinkat(t->dir, entry->d_name, 0);
		if (fd >= 0)
			close(fd);
	}
	if (dir)
		closedir(dir);
	else if (at >= 0)
		close(at);
}
