// SPDX-License-Identifier: MIT
#include "kernel/blocks.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kernel/blocks_file.h"
#include "kernel/related.h"

#define MOUNTS_LOOKED_AT 8 /* of a type that fails the check: a host of containers has hundreds of overlays */

/* Opening something there may wait for another machine or process, or mount something. */
static bool may_hang(const char *fs)
{
	static const char *const types[] = {"autofs", "nfs", "nfs4",	  "cifs",   "smb3",  "9p",
					    "ceph",   "afs", "glusterfs", "lustre", "ocfs2", "gfs2"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(fs, types[i]))
			return true;
	return !strncmp(fs, "fuse", 4);
}

/* Whether a path leads through x's mount point, or to it. */
static bool leads_through(const char *path, const struct mount *x)
{
	size_t n = x->point ? strlen(x->point) : 0;

	return n > 1 && !strncmp(path, x->point, n) && (path[n] == '/' || !path[n]);
}

bool mount_may_hang(const struct session *s, const struct mount *m)
{
	if (may_hang(m->fs))
		return true;
	/* Something mounted over it, or on the way to it. */
	for (size_t i = 0; i < mounts_count(s->info.mounts); i++) {
		const struct mount *x = mounts_at(s->info.mounts, i);

		if (x != m && may_hang(x->fs) && leads_through(m->point, x))
			return true;
	}
	return false;
}

static const char *check_file(struct session *s, const struct mount *m, int fd, struct session_blocks *b)
{
	struct observed o;
	struct error ignored;
	struct statvfs fs;
	struct stat st;
	uint64_t blocks;

	if (observe(s, &o, &ignored) || fstat(fd, &st) || fstatvfs(fd, &fs))
		return "it could not be asked";
	/* Read-only: fails with EBADF behind the probe. Scratch: has these blocks already. */
	fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 4096);
	if (observe(s, &o, &ignored) || o.enter.kind != EVENT_VFS_ENTER)
		return "a call of our own was not seen";
	if (o.enter.has & HAS_DEV && o.enter.dev != m->dev)
		return "something else is mounted over it";
	blocks = (uint64_t)st.st_blocks;
	if (o.enter.has & HAS_BLOCKS && !(s->info.distrust & HAS_BLOCKS) && o.enter.blocks == blocks)
		b->rule = BLOCKS_INODE;
	else if (o.enter.has & HAS_NBLOCKS &&
		 (o.enter.nblocks + (o.enter.has & HAS_DBLOCKS ? o.enter.dblocks : 0)) * (fs.f_bsize / 512) == blocks)
		b->rule = BLOCKS_NBLOCKS;
	else
		return "the kernel's count is not fstat's";
	return NULL;
}

static void check_mount(struct session *s, const struct mount *m, struct session_blocks *b)
{
	int fd;

	b->rule = BLOCKS_UNTRUSTED;
	b->why = "not checked: opening a file there might hang";
	if (mount_may_hang(s, m))
		return;
	b->why = "no file with blocks was found to check it with";
	fd = open_with_blocks(m->point);
	if (fd >= 0) {
		b->why = check_file(s, m, fd, b);
		close(fd);
	}
	if (!b->why)
		return;
	fd = open_scratch(m->point);
	if (fd >= 0) {
		b->why = check_file(s, m, fd, b);
		close(fd);
	}
}

static struct session_blocks *find_type(struct session *s, const char *fs)
{
	for (size_t i = 0; i < s->blocks_count; i++)
		if (!strcmp(s->blocks[i].fs, fs))
			return &s->blocks[i];
	return NULL;
}

/* A device stands behind it, or memory, or another filesystem: something that has blocks. */
static bool has_blocks(const struct mount *m)
{
	static const char *const types[] = {"tmpfs", "ramfs", "rootfs",	  "overlay",
					    "btrfs", "zfs",   "bcachefs", "hugetlbfs"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(m->fs, types[i]))
			return true;
	return m->dev >> 20 || may_hang(m->fs);
}

/* The mount point may be another namespace's, and lead to something else, or nowhere, in ours. */
uint32_t mount_unit(const struct session *s, const struct mount *m)
{
	struct statvfs fs;
	struct stat st;

	for (size_t i = 0; i < mounts_count(s->info.mounts); i++) {
		const struct mount *x = mounts_at(s->info.mounts, i);

		if (x->dev == m->dev && x->unit)
			return x->unit;
	}
	if (mount_may_hang(s, m) || stat(m->point, &st) || (major(st.st_dev) << 20 | minor(st.st_dev)) != m->dev ||
	    statvfs(m->point, &fs))
		return 0;
	return (uint32_t)(fs.f_bsize / 512);
}

/* Gives every mount the rule of its type. */
static void apply_rules(void *ctx)
{
	struct session *s = ctx;

	for (size_t i = 0; i < mounts_count(s->info.mounts); i++) {
		struct mount *m = mounts_at(s->info.mounts, i);
		const struct session_blocks *b = find_type(s, m->fs);

		if (!b || m->rule == b->rule)
			continue;
		if (b->rule == BLOCKS_NBLOCKS)
			m->unit = mount_unit(s, m);
		if (b->rule != BLOCKS_NBLOCKS || m->unit)
			m->rule = b->rule;
	}
	related_mounts(s);
}

int check_blocks(struct session *s, struct error *e)
{
	struct observed o;

	for (size_t i = 0; i < mounts_count(s->info.mounts) && s->blocks_count < SESSION_BLOCKS; i++) {
		const struct mount *m = mounts_at(s->info.mounts, i);
		struct session_blocks *b = find_type(s, m->fs);

		if (!has_blocks(m) || (b && (!b->why || b->tries == MOUNTS_LOOKED_AT)))
			continue;
		if (!b) {
			b = &s->blocks[s->blocks_count++];
			snprintf(b->fs, sizeof(b->fs), "%.31s", m->fs);
		}
		/* The kernel's own tmpfs was checked with the memfds. */
		if (!m->point || !m->point[0]) {
			b->rule = s->info.distrust & HAS_BLOCKS ? BLOCKS_UNTRUSTED : BLOCKS_INODE;
			b->why = s->info.distrust & HAS_BLOCKS ? "the kernel's count is not fstat's" : NULL;
		} else {
			b->tries++;
			check_mount(s, m, b);
		}
	}
	apply_rules(s);
	machine_on_mounts(s->machine, apply_rules, s);
	return observe(s, &o, e); /* calls that were made meanwhile, ours among them, are not for the user */
}
