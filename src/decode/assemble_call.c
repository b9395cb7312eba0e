/* SPDX-License-Identifier: MIT */
/*
 * From a frame, with those that hang on it, to a call.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "assemble_private.h"

/* Sources of what each mode does to the size: fallocate(2), and xfs_file_fallocate for UNSHARE_RANGE. */
#define KEEP_SIZE 0x01

/* Where the range ends, or the size, whichever is more. False: no such size exists. */
static bool grown(const struct frame *f, int64_t *size)
{
	int64_t end;

	if (__builtin_add_overflow(f->offset, f->len, &end))
		return false;
	*size = end > f->size_before ? end : f->size_before;
	return true;
}

static bool size_after_success(const struct frame *f, int64_t *size)
{
	const uint32_t range = HAS_OFFSET | HAS_LEN;

	if (!(f->has & HAS_MODE))
		return false;
	*size = f->size_before;
	if (f->mode & KEEP_SIZE && op_of_mode(f->mode) != OP_INVALID)
		return true;
	if ((f->has & range) != range)
		return false;
	switch (op_of_mode(f->mode)) {
	case OP_EXTEND:
	case OP_ZERO:
	case OP_UNSHARE:
	case OP_WRITE_ZEROES:
		return grown(f, size);
	case OP_COLLAPSE:
		return !__builtin_sub_overflow(f->size_before, f->len, size) && *size >= 0;
	case OP_INSERT:
		return !__builtin_add_overflow(f->size_before, f->len, size) && *size >= 0;
	default:
		return false;
	}
}

/*
 * Failed before the filesystem's own function was called: nothing can have
 * changed. Only the vfs_done that would have been seen, had it been called,
 * shows that: not where there are none, nor where it may have been lost.
 */
static bool never_reached(const struct assemble *a, const struct frame *f)
{
	bool done_expected = a->info->sizes_after_seen && !f->after_at_exit && !(a->info->distrust & HAS_AFTER) &&
			     !(f->odd & ODD_LOSS_NEARBY);

	return f->has & HAS_RET && f->ret < 0 && f->vfs == VFS_CLOSED && done_expected && !f->done && !f->deep;
}

static void set_sizes(const struct assemble *a, const struct frame *f, struct call *c)
{
	bool untouched = never_reached(a, f);

	c->size_before = f->size_before;
	c->size_before_known = f->size_before_known;
	c->blocks_before = f->blocks_before;
	c->blocks_before_known = f->blocks_before_known;
	c->size_after = f->size_after;
	c->size_after_known = f->size_after_known;
	c->blocks_after = f->blocks_after;
	c->blocks_after_known = f->blocks_after_known;

	if (!c->blocks_after_known && c->blocks_before_known && untouched) {
		c->blocks_after = c->blocks_before;
		c->blocks_after_known = DERIVED;
	}
	if (c->size_after_known || !c->size_before_known || !(f->has & HAS_RET))
		return;
	if (untouched) {
		c->size_after = c->size_before;
		c->size_after_known = DERIVED;
	} else if (f->ret == 0 && size_after_success(f, &c->size_after)) {
		c->size_after_known = DERIVED;
	}
}

/* A probe on the way knows best, then the caller's name, then the registers that fd was found in. */
static void set_via(struct assemble *a, const struct frame *f, struct call *c)
{
	const struct caller *caller = f->has & HAS_CALLER ? lookup_caller(a, f->caller) : NULL;

	if (caller) {
		memcpy(c->caller, caller->text, sizeof(c->caller));
		c->via = caller->via;
	}
	if (f->way == WAY_SYS || f->way == WAY_RAW)
		c->via = VIA_SYSCALL;
	else if (f->way == WAY_COMPAT)
		c->via = VIA_COMPAT;
	else if (!(caller && caller->named) && c->depth == 0 && proves_syscall(a, f->has, f->nr))
		c->via = VIA_SYSCALL;
}

/* An fd found in registers is that of the call only if they are a fallocate's. */
static bool believes_fd(const struct assemble *a, const struct frame *f, int depth)
{
	if (!(f->has & HAS_FD) || depth)
		return false;
	return !(f->has & HAS_NR) || !a->info->fallocate_nr || f->nr == a->info->fallocate_nr;
}

static void set_request(const struct assemble *a, const struct frame *f, struct call *c)
{
	c->has_fd = believes_fd(a, f, c->depth);
	c->has_mode = f->has & HAS_MODE;
	c->has_offset = f->has & HAS_OFFSET;
	c->has_len = f->has & HAS_LEN;
	c->has_ret = f->has & HAS_RET;
	c->fd = c->has_fd ? f->fd : -1;
	c->mode = f->mode;
	c->op = c->has_mode ? op_of_mode(f->mode) : f->has_op ? f->op : OP_COUNT;
	c->offset = f->offset;
	c->len = f->len;
	c->ret = f->ret;
}

static void set_file(const struct frame *f, struct call *c)
{
	c->has_dev = f->has & HAS_DEV;
	c->has_ino = f->has & HAS_INO;
	c->dev_major = f->dev >> 20;
	c->dev_minor = f->dev & 0xfffff;
	c->ino = f->ino;
	memcpy(c->fs, f->fs, sizeof(c->fs));
	if (f->path)
		memcpy(c->path, f->path, strlen(f->path) + 1);
}

/* Only of those that failed for want of it was it asked. */
static void set_space(const struct assemble *a, struct call *c)
{
	bool wanting = c->has_ret && (c->ret == -ENOSPC || c->ret == -EDQUOT);
	struct info_space space;

	if (!wanting || !c->has_dev || !c->has_end || c->ticks ||
	    !info_space_after(a->info, c->dev_major << 20 | c->dev_minor, c->end, &space))
		return;
	c->has_space = true;
	c->space_free = space.free;
	c->space_avail = space.avail;
	c->space_size = space.size;
	c->space_later = space.ts - c->end;
}

static void set_who_and_when(struct assemble *a, const struct frame *f, struct call *c)
{
	c->host = a->info->host;
	c->trace = a->info->number;
	c->ticks = a->info->ticks;
	c->has_start = f->has_start;
	c->has_end = f->has_end;
	c->start = f->start;
	c->end = f->end;
	c->has_utc = a->info->has_utc_offset && !c->ticks && (f->has_start || f->has_end);
	if (c->has_utc)
		c->utc = (int64_t)((f->has_start ? f->start : f->end) + (uint64_t)a->info->utc_offset);
	c->tid = f->tid;
	c->pid = f->pid >= 0 ? f->pid : lookup_pid(a, f->tid);
	c->uid = f->who.uid;
	c->cgroup = f->who.cgroup;
	c->container = f->who.container;
	c->cpu = f->cpu;
	memcpy(c->comm, f->comm, sizeof(c->comm));
	if (!*c->comm)
		lookup_comm(a, f->tid, c->comm);
}

static void free_inner(struct call *c)
{
	while (c->inner) {
		struct call *inner = c->inner;

		c->inner = inner->next;
		free_inner(inner);
		free(inner);
	}
}

/* Of the path only what is used is written: it is most of a call. No deeper than THREAD_DEPTH_MAX. */
static int fill(struct assemble *a, const struct frame *f, int depth, struct call *c, struct error *e)
{
	struct call **last = &c->inner;

	memset(c, 0, offsetof(struct call, path));
	c->path[0] = '\0';
	memset((char *)c + offsetof(struct call, path) + sizeof(c->path), 0,
	       sizeof(*c) - offsetof(struct call, path) - sizeof(c->path));
	c->depth = depth;
	c->odd = f->odd | (depth ? ODD_NESTED : 0);
	set_who_and_when(a, f, c);
	set_request(a, f, c);
	set_via(a, f, c);
	set_file(f, c);
	set_sizes(a, f, c);
	set_space(a, c);
	for (const struct frame *inner = f->inner; inner; inner = inner->next) {
		*last = malloc(sizeof(**last));
		if (!*last)
			return error_set(e, "out of memory");
		if (fill(a, inner, depth + 1, *last, e))
			return -1;
		/* Whoever is the caller, it came from there. */
		if ((*last)->via == VIA_UNKNOWN && !strcmp(c->fs, "overlay"))
			(*last)->via = VIA_OVERLAY;
		last = &(*last)->next;
	}
	return 0;
}

int emit(struct assemble *a, struct frame *f, struct error *e)
{
	int ret = fill(a, f, 0, &a->call, e);

	if (!ret)
		ret = a->target.call(a->target.ctx, &a->call, e);
	free_inner(&a->call);
	frame_free(a, f);
	return ret;
}
