/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "assemble_private.h"

static void copy_span(char *to, size_t room, const struct span *from)
{
	size_t size = from->size < room ? from->size : room - 1;

	memcpy(to, from->data, size);
	to[size] = '\0';
}

void facts_of_call(struct frame *f, const struct event *ev)
{
	/* what an earlier event of the same call told stays */
	uint32_t news = ev->has & ~f->has;

	if (news & HAS_FD) {
		f->fd = ev->fd;
		/* belongs to this fd */
		f->nr = ev->nr;
		f->has |= ev->has & HAS_NR;
	}
	if (news & HAS_MODE)
		f->mode = ev->mode;
	if (news & HAS_OFFSET)
		f->offset = ev->offset;
	if (news & HAS_LEN)
		f->len = ev->len;
	if (news & HAS_COMM)
		copy_span(f->comm, sizeof(f->comm), &ev->comm);
	f->has |= news & (HAS_FD | HAS_MODE | HAS_OFFSET | HAS_LEN | HAS_COMM);
}

void facts_of_file(struct frame *f, const struct event *ev)
{
	f->ino = ev->ino;
	f->dev = ev->dev;
	f->has |= ev->has & (HAS_INO | HAS_DEV);
	if (ev->has & HAS_FS)
		copy_span(f->fs, sizeof(f->fs), &ev->fs);
}

bool blocks_by_rule(enum blocks_rule rule, uint32_t unit, const struct event *ev, uint64_t *blocks)
{
	if (rule == BLOCKS_INODE && ev->has & HAS_BLOCKS) {
		*blocks = ev->blocks;
		return true;
	}
	if (rule == BLOCKS_NBLOCKS && unit && ev->has & HAS_NBLOCKS) {
		*blocks = (ev->nblocks + (ev->has & HAS_DBLOCKS ? ev->dblocks : 0)) * unit;
		return true;
	}
	return false;
}

static bool blocks_of(const struct frame *f, const struct event *ev, uint64_t *blocks)
{
	return blocks_by_rule(f->rule, f->unit, ev, blocks);
}

/* No file has a negative size: such a one was read from somewhere else. */
static bool has_size(const struct event *ev)
{
	return ev->has & HAS_SIZE && ev->size >= 0;
}

/*
 * The mount that the file was opened by, whose device need not be the file's:
 * before 6.7 overlayfs opens the file below by the path that it has above.
 */
static const struct mount *mount_of_names(const struct assemble *a, const struct event *ev, const struct mount *m)
{
	const struct mount *by_id = ev->has & HAS_MNT && a->info->mounts ? mounts_find_id(a->info->mounts, ev->mnt) :
									   NULL;

	return by_id ? by_id : m;
}

int facts_before(struct assemble *a, struct frame *f, const struct event *ev)
{
	const struct mount *m = lookup_mount(a, ev);

	facts_of_file(f, ev);
	f->file = ev->file;
	f->has |= ev->has & HAS_FILE;
	if (!(ev->has & HAS_FS) && m)
		copy_span(f->fs, sizeof(f->fs), &(struct span){m->fs, (uint32_t)strlen(m->fs)});
	f->rule = m ? m->rule : BLOCKS_UNTRUSTED;
	f->unit = m ? m->unit : 0;
	if (has_size(ev)) {
		f->size_before = ev->size;
		f->size_before_known = SEEN;
	}
	if (blocks_of(f, ev, &f->blocks_before))
		f->blocks_before_known = SEEN;
	return frame_set_path(a, f, path_of(a, ev, mount_of_names(a, ev, m)));
}

void facts_after(struct frame *f, const struct event *ev)
{
	if (has_size(ev)) {
		f->size_after = ev->size;
		f->size_after_known = SEEN;
	}
	if (blocks_of(f, ev, &f->blocks_after))
		f->blocks_after_known = SEEN;
}

void facts_of_exit(struct frame *f, const struct event *ev)
{
	if (ev->has & HAS_RET)
		f->ret = ev->ret;
	if (ev->has & HAS_CALLER)
		f->caller = ev->caller;
	f->has |= ev->has & (HAS_RET | HAS_CALLER);
}

bool same_request(const struct frame *f, const struct event *ev)
{
	const uint32_t all = HAS_MODE | HAS_OFFSET | HAS_LEN;

	return (f->has & ev->has & all) == all && !other_request(f, ev);
}

bool other_request(const struct frame *f, const struct event *ev)
{
	uint32_t both = f->has & ev->has;

	return (both & HAS_MODE && f->mode != ev->mode) || (both & HAS_OFFSET && f->offset != ev->offset) ||
	       (both & HAS_LEN && f->len != ev->len);
}

bool proves_syscall(const struct assemble *a, uint32_t has, uint64_t nr)
{
	return has & HAS_FD && has & HAS_NR && a->info->fallocate_nr && nr == a->info->fallocate_nr;
}
