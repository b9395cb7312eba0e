// SPDX-License-Identifier: MIT
#include "kernel/related.h"

#include <fcntl.h>
#include <linux/btrfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kernel/blocks.h"
#include "kernel/tracefile.h"

static int set_filter(const struct session *s, const char *event, uint32_t mask, struct error *e)
{
	char file[160], filter[32];

	if (!mask)
		return 0;
	snprintf(file, sizeof(file), "events/%s/filter", event);
	snprintf(filter, sizeof(filter), "flags & %u", mask);
	return trace_file_write(s->dir, file, filter, e);
}

static int enable_one(struct session *s, enum convert step, struct error *e)
{
	const char *name, *system = event_of_convert(step, &name);
	char event[96], file[160], *format;
	struct error ignored;
	uint32_t mask;
	size_t size;
	int result;

	snprintf(event, sizeof(event), "%s/%s", system, name);
	snprintf(file, sizeof(file), "events/%s/format", event);
	format = trace_file_read(s->dir, file, &size, &ignored);
	if (!format)
		return 0;
	/* One that is not what we know tells nothing, as if it were not there. */
	result = schema_add(s->schema, system, format, size, &ignored);
	mask = schema_mask(system, format, size);
	free(format);
	if (result != 1)
		return 0;
	snprintf(file, sizeof(file), "events/%s/enable", event);
	if (set_filter(s, event, mask, e) || trace_file_write(s->dir, file, "1", e))
		return -1;
	s->info.related |= 1u << step;
	return 0;
}

int related_enable(struct session *s, struct error *e)
{
	for (enum convert step = 0; step < CONVERT_COUNT; step++)
		if (enable_one(s, step, e))
			return -1;
	for (size_t i = 0; i < s->probes_count; i++)
		if (!strcmp(s->probes[i].name, "trunc_exit"))
			s->info.related |= RELATED_TRUNCATES;
	return 0;
}

/* --- mounts --- */

/* Whether fd is of that mount, and not of what may lie over it, or where its point leads in our namespace. */
static bool is_of_mount(int fd, const struct mount *m)
{
	struct error ignored;
	const char *at;
	char file[64];
	char *text;
	bool is;

	snprintf(file, sizeof(file), "self/fdinfo/%d", fd);
	text = trace_file_read("/proc", file, NULL, &ignored);
	at = text ? strstr(text, "mnt_id:") : NULL;
	is = at && atoi(at + strlen("mnt_id:")) == m->id;
	free(text);
	return is;
}

/* A btrfs has devices of its own making; its events tell its id instead. */
static void ask_btrfs(struct session *s, struct mount *m)
{
	struct btrfs_ioctl_fs_info_args args = {0};
	uint64_t fsid;
	int fd;

	if (mount_may_hang(s, m))
		return;
	fd = open(m->point, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return;
	if (is_of_mount(fd, m) && ioctl(fd, BTRFS_IOC_FS_INFO, &args) == 0) {
		memcpy(&fsid, args.fsid, sizeof(fsid));
		mounts_set_fsid(s->info.mounts, m->dev, fsid);
		m->unit = args.sectorsize / 512;
	}
	close(fd);
}

void related_mounts(struct session *s)
{
	for (size_t i = 0; s->related && i < mounts_count(s->info.mounts); i++) {
		struct mount *m = mounts_at(s->info.mounts, i);

		if (!m->point || !m->point[0])
			continue;
		if (!m->unit && (!strcmp(m->fs, "ext4") || !strcmp(m->fs, "xfs")))
			m->unit = mount_unit(s, m);
		else if (!strcmp(m->fs, "btrfs") && !m->fsid && !(mounts_find(s->info.mounts, m->dev, -1)->fsid))
			ask_btrfs(s, m);
	}
}

/* --- the check --- */

int related_check(struct session *s, struct specimen *f, struct error *e)
{
	int64_t before = (int64_t)f->size;
	struct observed o;
	bool seen;

	if (!(s->info.related & RELATED_TRUNCATES))
		return 0;
	if (ftruncate(f->fd, before + 1) || specimen_stat(f, e))
		return error_errno(e, "can't truncate a memfd");
	if (observe(s, &o, e))
		return -1;
	seen = o.trunc_enter.kind != EVENT_NONE && o.trunc_exit.kind != EVENT_NONE;
	if (seen && o.trunc_enter.len == (int64_t)f->size && o.trunc_enter.ino == f->ino &&
	    o.trunc_enter.dev == f->dev && o.trunc_enter.size == before && o.trunc_exit.ret == 0 &&
	    (!(o.trunc_exit.has & HAS_SIZE) || o.trunc_exit.size == (int64_t)f->size))
		return 0;
	s->info.related &= ~RELATED_TRUNCATES;
	return 0;
}
