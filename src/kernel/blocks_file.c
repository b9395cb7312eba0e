// SPDX-License-Identifier: MIT
#include "kernel/blocks_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRIES_MAX 256 /* looked at, in all */
#define DEPTH_MAX 3
#define SCRATCH_SIZE 65536
#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY)

struct search {
	dev_t dev;
	int left; /* entries that may still be looked at */
	bool (*each)(void *ctx, int fd);
	void *ctx;
};

/* Not to leave a trace in somebody's access times, where that may be asked for. */
static int open_quietly(int dir, const char *name)
{
	int fd = openat(dir, name, OPEN_FLAGS | O_NOATIME);

	return fd < 0 ? openat(dir, name, OPEN_FLAGS) : fd;
}

static bool is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

static bool search(struct search *s, int dir, int depth);

/* Opens only files and directories of this filesystem: opening a device or a pipe does something. */
static bool look_at(struct search *s, int dir, const char *name, int depth)
{
	struct stat st;
	bool enough = false;
	int fd;

	if (is_dots(name) || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) || st.st_dev != s->dev ||
	    !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
		return false;
	if (!st.st_blocks && !(S_ISDIR(st.st_mode) && depth < DEPTH_MAX))
		return false;
	fd = open_quietly(dir, name);
	if (fd < 0)
		return false;
	if (st.st_blocks)
		enough = s->each(s->ctx, fd);
	if (!enough && S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
		return search(s, fd, depth + 1);
	close(fd);
	return enough;
}

/* Takes over dir. Whether the callback has had enough. */
static bool search(struct search *s, int dir, int depth)
{
	DIR *d = fdopendir(dir);
	struct dirent *entry;
	bool enough = false;

	if (!d) {
		close(dir);
		return false;
	}
	while (!enough && (entry = readdir(d)) && s->left-- > 0)
		enough = look_at(s, dir, entry->d_name, depth);
	closedir(d);
	return enough;
}

void each_with_blocks(const char *point, bool (*each)(void *ctx, int fd), void *ctx)
{
	struct search s = {.left = ENTRIES_MAX, .each = each, .ctx = ctx};
	int dir = open(point, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (dir < 0)
		return;
	if (fstat(dir, &st) || (st.st_blocks && each(ctx, dir))) {
		close(dir);
		return;
	}
	s.dev = st.st_dev;
	search(&s, dir, 0);
}

static bool keep_first(void *ctx, int fd)
{
	int *kept = ctx;

	*kept = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return *kept >= 0;
}

int open_with_blocks(const char *point)
{
	int fd = -1;

	each_with_blocks(point, keep_first, &fd);
	return fd;
}

int open_scratch(const char *point)
{
	int fd = open(point, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 && fallocate(fd, 0, 0, SCRATCH_SIZE)) {
		close(fd);
		fd = -1;
	}
	return fd;
}
