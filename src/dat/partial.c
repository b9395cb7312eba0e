/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"
#include "partial.h"
#include "place.h"

#define FOLDER_MODE 0700
#define FILE_MODE 0600
#define NEW_SUFFIX ".new"
#define PAGES "cpu"

static int name_it(struct partial *p, const struct target *t, struct error *e)
{
	p->parent = t->dir;
	p->dir = -1;
	p->file = t->path;
	p->path = NULL;
	/* A name that is too long for that is cut. */
	snprintf(p->name, sizeof(p->name), "%.*s" PARTIAL_SUFFIX, (int)(NAME_MAX - strlen(PARTIAL_SUFFIX)), t->base);
	if (asprintf(&p->path, "%.*s%s", (int)(strlen(t->path) - strlen(t->base)), t->path, p->name) < 0) {
		p->path = NULL;
		return error_set(e, "out of memory");
	}
	return 0;
}

static int open_folder(struct partial *p)
{
	p->dir = openat(p->parent, p->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return p->dir < 0 ? -1 : 0;
}

int partial_file(const struct partial *p, const char *name, bool make)
{
	struct stat st;
	int fd = openat(p->dir, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | (make ? O_CREAT | O_EXCL : 0),
			FILE_MODE);

	/* Nor what is another file as well: it would be written to, and cut off. */
	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_nlink > 1)) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

int partial_pages(const struct partial *p, int cpu, bool make)
{
	char name[32];

	snprintf(name, sizeof(name), PAGES "%d", cpu);
	return partial_file(p, name, make);
}

int partial_lock(const struct partial *p, int cpu0, struct error *e)
{
	/* A filesystem without locks is no reason not to record on it. */
	if (!flock(cpu0, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK)
		return 0;
	return error_set(e, "%s is being recorded to or recovered at the moment, by another falloctrace (%s is in use)",
			 p->file, p->path);
}

int partial_put(const struct partial *p, const char *name, const void *data, size_t size)
{
	char new_name[64];
	int fd, saved;

	snprintf(new_name, sizeof(new_name), "%s" NEW_SUFFIX, name);
	unlinkat(p->dir, new_name, 0);
	fd = partial_file(p, new_name, true);
	if (fd < 0)
		return -1;
	if (!io_write(fd, data, size, 0) && !fsync(fd) && !renameat(p->dir, new_name, p->dir, name)) {
		close(fd);
		return 0;
	}
	saved = errno;
	close(fd);
	unlinkat(p->dir, new_name, 0);
	errno = saved;
	return -1;
}

/* N of a "cpuN"; -1: it is none. */
static long number_of(const char *name)
{
	const char *digits = name + strlen(PAGES);
	size_t n;

	if (strncmp(name, PAGES, strlen(PAGES)))
		return -1;
	n = strspn(digits, "0123456789");
	return n && !digits[n] ? strtol(digits, NULL, 10) : -1;
}

/* Whether a name in the folder is one of ours. */
static bool is_ours(const char *name)
{
	static const char *const names[] = {PARTIAL_HEAD, PARTIAL_HEAD NEW_SUFFIX, PARTIAL_WHOLE, PARTIAL_PLACES,
					    PARTIAL_PLACES NEW_SUFFIX};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return true;
	return number_of(name) >= 0;
}

static DIR *list(const struct partial *p)
{
	int fd = openat(p->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d && fd >= 0)
		close(fd);
	return d;
}

static bool has(const struct partial *p, const char *name)
{
	struct stat st;

	/* What cannot be looked at is not to be taken for gone: it would be removed. */
	return !fstatat(p->dir, name, &st, AT_SYMLINK_NOFOLLOW) || errno != ENOENT;
}

bool partial_begun(const struct partial *p)
{
	return has(p, PARTIAL_HEAD);
}

int partial_cpus(const struct partial *p)
{
	DIR *d = list(p);
	struct dirent *entry;
	long last = -1, number;
	int failed;

	if (!d)
		return -1;
	while ((errno = 0, entry = readdir(d))) {
		number = number_of(entry->d_name);
		last = number > last ? number : last;
	}
	failed = errno;
	closedir(d);
	errno = failed;
	if (failed)
		return -1;
	return last < INT_MAX ? (int)last + 1 : INT_MAX;
}

static bool has_pages(const struct partial *p, const char *name)
{
	struct stat st;

	return number_of(name) >= 0 && (fstatat(p->dir, name, &st, AT_SYMLINK_NOFOLLOW) || st.st_size);
}

/*
 * Whether there is anything in it that could be missed: pages, or what we have
 * not put there. Without a head, which comes before the first page and is the
 * first to go, a recording has not begun or has its file.
 */
static bool holds_something(const struct partial *p)
{
	bool begun = partial_begun(p), found = begun && has(p, PARTIAL_PLACES) && has(p, PARTIAL_WHOLE);
	DIR *d = list(p);
	struct dirent *entry;

	while (d && !found && (entry = readdir(d)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			found = !is_ours(entry->d_name) || (begun && has_pages(p, entry->d_name));
	if (d)
		closedir(d);
	return found || !d;
}

/* Not one that somebody else has put where all may write: its files would be written to, too. */
static int check_owner(const struct partial *p, const struct target *t, struct error *e)
{
	struct stat st;

	if (fstat(p->dir, &st))
		return error_errno(e, "cannot read %s", p->path);
	return place_check(&(struct place){.dir = p->parent}, p->path, &st, false, &t->owner, e);
}

/* There is one already: of a recording that runs, or of one that was killed. */
static int take_over(struct partial *p, const struct target *t, struct error *e)
{
	int cpu0, ret;

	if (open_folder(p))
		return error_errno(e, "cannot record to %s: %s is in the way", p->file, p->path);
	if (check_owner(p, t, e)) {
		close(p->dir);
		p->dir = -1;
		return -1;
	}
	cpu0 = partial_pages(p, 0, false);
	ret = cpu0 < 0 ? 0 : partial_lock(p, cpu0, e);
	if (!ret && holds_something(p))
		ret = error_set(e,
				"%s holds a recording that was broken off: have it back with \"falloctrace recover "
				"%s\", or record to another file (-o)",
				p->path, p->file);
	if (!ret)
		partial_remove(p);
	else
		close(p->dir);
	p->dir = -1;
	if (cpu0 >= 0)
		close(cpu0);
	return ret;
}

int partial_create(struct partial *p, const struct target *t, struct error *e)
{
	int ret;

	if (name_it(p, t, e))
		return -1;
	ret = mkdirat(p->parent, p->name, FOLDER_MODE);
	if (ret && errno == EEXIST) {
		if (take_over(p, t, e))
			return -1;
		ret = mkdirat(p->parent, p->name, FOLDER_MODE);
	}
	if (!ret && !open_folder(p))
		return 0;
	error_errno(e, "cannot make %s, where %s is kept while it is recorded", p->path, p->file);
	if (!ret)
		unlinkat(p->parent, p->name, AT_REMOVEDIR);
	return -1;
}

int partial_open(struct partial *p, const struct target *t, struct error *e)
{
	if (name_it(p, t, e))
		return -1;
	if (!open_folder(p))
		return check_owner(p, t, e);
	if (errno == ENOENT)
		return error_set(e, "there is nothing to recover: no %s", p->path);
	return error_errno(e, "cannot read %s", p->path);
}

void partial_close(struct partial *p)
{
	if (p->dir >= 0)
		close(p->dir);
	p->dir = -1;
	free(p->path);
	p->path = NULL;
}

void partial_end(const struct partial *p)
{
	unlinkat(p->dir, PARTIAL_HEAD, 0);
}

int partial_remove(struct partial *p)
{
	int result = 0;
	DIR *d = p->dir < 0 ? NULL : list(p);
	struct dirent *entry;

	/* First, so that nobody takes for a recording what is only half removed. */
	if (d)
		partial_end(p);
	while (d && (entry = readdir(d)))
		if (is_ours(entry->d_name))
			unlinkat(p->dir, entry->d_name, 0);
	if (d)
		closedir(d);
	if (p->dir >= 0) {
		close(p->dir);
		p->dir = -1;
		result = unlinkat(p->parent, p->name, AT_REMOVEDIR);
	}
	return result;
}
