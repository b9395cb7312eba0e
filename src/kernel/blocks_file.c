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

/* Takes over dir. */
static int search(struct search *s, int dir, int depth)
{
	DIR *d = fdopendir(dir);
	struct dirent *entry;
	struct stat st;
	int fd = -1;

	if (!d) {
		close(dir);
		return -1;
	}
	while (fd < 0 && (entry = readdir(d)) && s->left-- > 0) {
		/* Only files and directories of this filesystem: opening a device or a pipe does something. */
		if (is_dots(entry->d_name) || fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) ||
		    st.st_dev != s->dev || !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
			continue;
		if (st.st_blocks)
			fd = open_quietly(dir, entry->d_name);
		else if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX) {
			int below = open_quietly(dir, entry->d_name);

			fd = below < 0 ? -1 : search(s, below, depth + 1);
		}
	}
	closedir(d);
	return fd;
}

int open_with_blocks(const char *point)
{
	struct search s = {.left = ENTRIES_MAX};
	int dir = open(point, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (dir < 0 || fstat(dir, &st)) {
		if (dir >= 0)
			close(dir);
		return -1;
	}
	if (st.st_blocks)
		return dir;
	s.dev = st.st_dev;
	return search(&s, dir, 0);
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
