// SPDX-License-Identifier: MIT
#include "kernel/specimen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "falloctrace/info.h"
#include "kernel/tracefile.h"

#define OWN_PROGRAM "/proc/self/exe"
/* A user id that nobody has: the credentials that hold it are found by it. */
#define ODD_UID 1987654321
#define PAGE 4096
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x8U
#endif

static int call(int fd, int mode, int64_t offset, int64_t len)
{
	return syscall(SYS_fallocate, fd, mode, offset, len) ? -errno : 0;
}

int specimen_call(const struct specimen *s)
{
	return call(s->fd, s->mode, s->offset, s->len);
}

int badfd_call(void)
{
	return call(BADFD_FD, BADFD_MODE, BADFD_OFFSET, BADFD_LEN);
}

uint32_t cred_call(void)
{
	uid_t own = geteuid();

	setfsuid(ODD_UID);
	return (uint32_t)setfsuid(own);
}

int specimen_stat(struct specimen *s, struct error *e)
{
	struct stat st;

	if (fstat(s->fd, &st))
		return error_errno(e, "fstat");
	s->ino = st.st_ino;
	s->size = (uint64_t)st.st_size;
	s->blocks = (uint64_t)st.st_blocks;
	s->dev = major(st.st_dev) << 20 | minor(st.st_dev);
	return 0;
}

/* fdinfo's "mnt_id:", in Linux since 3.15. */
static int read_mount_id(struct specimen *s, struct error *e)
{
	char file[64];
	char *text, *at;

	snprintf(file, sizeof(file), "self/fdinfo/%d", s->fd);
	text = trace_file_read("/proc", file, NULL, e);
	if (!text)
		return -1;
	at = strstr(text, "mnt_id:");
	if (at)
		s->mnt = (uint32_t)atoi(at + strlen("mnt_id:"));
	free(text);
	return at ? 0 : error_set(e, "/proc/%s tells no mnt_id", file);
}

/* A memfd of an odd size, with some pages allocated from its start on. */
static int open_memfd(struct specimen *s, const char *name, off_t size, int pages, struct error *e)
{
	/* Some systems take no other (vm.memfd_noexec); kernels before 6.3 don't know it. */
	s->fd = memfd_create(name, MFD_CLOEXEC | MFD_NOEXEC_SEAL);
	if (s->fd < 0 && errno == EINVAL)
		s->fd = memfd_create(name, MFD_CLOEXEC);
	if (s->fd < 0)
		return error_errno(e, "memfd_create");
	if (ftruncate(s->fd, size) || call(s->fd, FALLOC_FL_KEEP_SIZE, 0, (int64_t)pages * PAGE))
		return error_errno(e, "can't prepare a memfd");
	snprintf(s->name, sizeof(s->name), "memfd:%s", name);
	snprintf(s->parent, sizeof(s->parent), "memfd:%s", name);
	s->mode = FALLOC_FL_KEEP_SIZE;
	s->len = PAGE;
	return specimen_stat(s, e);
}

/* The names of the last two components of a path inside its filesystem. */
static void split_path(struct specimen *s, const char *path)
{
	const char *leaf = strrchr(path, '/');
	const char *up = leaf;

	if (!leaf)
		return;
	snprintf(s->name, sizeof(s->name), "%s", leaf + 1);
	while (up > path && up[-1] != '/')
		up--;
	if (up == leaf)
		snprintf(s->parent, sizeof(s->parent), "/");
	else
		snprintf(s->parent, sizeof(s->parent), "%.*s", (int)(leaf - up), up);
}

/* Device and path inside the filesystem, by the mount: fstat tells another device on btrfs and overlayfs. */
static int place_on_mount(struct specimen *s, const char *path, struct error *e)
{
	size_t size, n;
	char *text = trace_file_read("/proc", "self/mountinfo", &size, e);
	struct mounts *mounts = mounts_new();
	int result = -1;

	if (text && mounts && mounts_add_text(mounts, text, size) >= 0) {
		for (size_t i = 0; i < mounts_count(mounts) && result; i++) {
			const struct mount *m = mounts_at(mounts, i);

			n = strlen(m->point);
			if ((uint32_t)m->id != s->mnt || strncmp(path, m->point, n))
				continue;
			s->dev = m->dev;
			/* Directly on a mount point: the parent is what is mounted there. */
			if (strchr(path + n + (path[n] == '/'), '/') || !strcmp(m->root, "/")) {
				split_path(s, path + (n == 1 ? 0 : n));
			} else {
				split_path(s, path);
				snprintf(s->parent, sizeof(s->parent), "%.255s", strrchr(m->root, '/') + 1);
			}
			result = 0;
		}
		if (result)
			error_set(e, "%s: its mount is not in /proc/self/mountinfo", path);
	}
	mounts_free(mounts);
	free(text);
	return result;
}

static int open_program(struct specimen *s, struct error *e)
{
	char path[4096];
	ssize_t n = readlink(OWN_PROGRAM, path, sizeof(path) - 1);

	if (n <= 0)
		return error_errno(e, "%s", OWN_PROGRAM);
	path[n] = '\0';
	s->fd = open(OWN_PROGRAM, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0)
		return error_errno(e, "%s", path);
	s->offset = 7 * PAGE;
	s->len = 3 * PAGE;
	return specimen_stat(s, e) || read_mount_id(s, e) || place_on_mount(s, path, e) ? -1 : 0;
}

int specimens_open(struct specimen s[SPECIMENS], struct error *e)
{
	uid_t own = geteuid();
	int result;

	memset(s, 0, SPECIMENS * sizeof(*s));
	for (int i = 0; i < SPECIMENS; i++)
		s[i].fd = -1;
	if (open_memfd(&s[0], "a", 0x7a5c3001, 5, e) || open_program(&s[2], e))
		return -1;
	/*
	 * The one between them last: the first and the third share one struct cred,
	 * and its own differs by the file system uid alone.
	 */
	setfsuid(ODD_UID);
	result = open_memfd(&s[1], "b", 0x1c3d5e7003, 11, e);
	s[0].fsuid = s[2].fsuid = own;
	s[1].fsuid = (uint32_t)setfsuid(own);
	s[0].offset = PAGE;
	s[1].offset = 3 * PAGE;
	s[1].len = 2 * PAGE;
	/* Not with the odd uid: /proc would not let it. */
	return result || read_mount_id(&s[0], e) || read_mount_id(&s[1], e) ? -1 : 0;
}

void specimens_close(struct specimen s[SPECIMENS])
{
	for (int i = 0; i < SPECIMENS; i++)
		if (s[i].fd >= 0)
			close(s[i].fd);
}
