/* SPDX-License-Identifier: MIT */
/*
 * A thread in the kernel can't leave it but by the way that it came. So what
 * shows that a thread has come from user space anew shows, too, that the calls
 * still open on it have returned unseen.
 */
#include <errno.h>
#include <stdlib.h>

#include "assemble_private.h"

int end_top(struct assemble *a, struct thread *t, struct error *e)
{
	struct frame *f = frame_pop(t);

	if (t->top) {
		frame_hang(t->top, f);
		return 0;
	}
	thread_drop(a, t);
	/* Neither its entry nor its return was seen: there is nothing to tell when it was. */
	if (!f->has_start && f->odd & ODD_UNFINISHED) {
		frame_free(a, f);
		return 0;
	}
	return emit(a, f, e);
}

int end_unseen(struct assemble *a, struct thread *t, const struct frame *f, bool too, struct error *e)
{
	bool last = false;

	while (!last && (too || t->top != f)) {
		last = t->top == f || !t->top->below;
		t->top->odd |= ODD_UNFINISHED;
		if (end_top(a, t, e))
			return -1;
	}
	return 0;
}

int end_all_unseen(struct assemble *a, struct thread *t, struct error *e)
{
	return t ? end_unseen(a, t, NULL, true, e) : 0;
}

struct frame *open_frame(struct assemble *a, const struct event *ev, struct error *e)
{
	struct thread *t;
	struct frame *f;

	while (a->bytes >= a->bytes_max && a->first && a->first->tid != ev->tid)
		if (end_all_unseen(a, a->first, e))
			return NULL;
	f = frame_new(a, ev);
	t = f ? thread_get(a, ev->tid) : NULL;
	if (!t) {
		frame_free(a, f);
		error_set(e, "out of memory");
		return NULL;
	}
	frame_push(t, f);
	return f;
}

static void set_start(struct frame *f, const struct event *ev)
{
	f->has_start = true;
	f->start = ev->ts;
}

static void set_end(struct frame *f, const struct event *ev)
{
	f->has_end = true;
	f->end = ev->ts;
}

int enter_way(struct assemble *a, const struct event *ev, enum way way, struct error *e)
{
	struct frame *f;

	if (end_all_unseen(a, thread_find(a, ev->tid), e))
		return -1;
	f = open_frame(a, ev, e);
	if (!f)
		return -1;
	f->way = way;
	set_start(f, ev);
	facts_of_call(f, ev);
	if (way == WAY_FS)
		facts_of_file(f, ev);
	return 0;
}

int orphan(struct assemble *a, const struct event *ev, enum way way, struct error *e)
{
	struct frame *f = frame_new(a, ev);

	if (!f)
		return error_set(e, "out of memory");
	f->way = way;
	f->odd = ODD_ORPHAN | (a->lost ? ODD_LOSS_NEARBY : 0);
	f->vfs = way == WAY_NONE ? VFS_CLOSED : VFS_NOT_YET;
	set_end(f, ev);
	facts_of_exit(f, ev);
	facts_after(f, ev);
	if (way == WAY_FS) {
		facts_of_call(f, ev);
		facts_of_file(f, ev);
	}
	return emit(a, f, e);
}

int exit_way(struct assemble *a, const struct event *ev, enum way way, struct error *e)
{
	struct thread *t = thread_find(a, ev->tid);
	struct frame *root = t ? thread_root(t) : NULL;

	if (!root || root->way != way) {
		if (end_all_unseen(a, t, e))
			return -1;
		return orphan(a, ev, way, e);
	}
	if (end_unseen(a, t, root, false, e))
		return -1;
	set_end(root, ev);
	facts_of_exit(root, ev);
	return end_top(a, t, e);
}

/*
 * Whole in itself, unless the system call's own probes see this call as well:
 * then it is the one that is open and that has not come as far as the VFS.
 */
static int bad_fd(struct assemble *a, const struct event *ev, struct error *e)
{
	struct thread *t = thread_find(a, ev->tid);
	struct frame *f;

	if (t && t->top->way != WAY_NONE && t->top->vfs == VFS_NOT_YET)
		return 0;
	if (end_all_unseen(a, t, e))
		return -1;
	f = frame_new(a, ev);
	if (!f)
		return error_set(e, "out of memory");
	f->way = WAY_SYS;
	set_start(f, ev);
	facts_of_call(f, ev);
	f->ret = ev->has & HAS_RET ? ev->ret : -EBADF;
	f->has |= HAS_RET;
	return emit(a, f, e);
}

bool joins(const struct frame *top, const struct event *ev)
{
	return top->way != WAY_NONE && top->vfs == VFS_NOT_YET && !other_request(top, ev);
}

/* A stacked filesystem passes the request on, to another file. */
static bool passed_on(const struct frame *top, const struct event *ev)
{
	return same_request(top, ev) && top->has & ev->has & HAS_FILE && top->file != ev->file;
}

/*
 * Whether vfs_fallocate is entered from within the open one, whose filesystem
 * must be at work then. If not, that one's return was not seen. Registers of a fallocate system call say that the thread
 * comes from user space, but those of the open call may have been found again
 * in the frame of the one that it made; after a loss we don't go that far.
 */
static bool nests(const struct assemble *a, const struct thread *t, const struct event *ev)
{
	const struct frame *top = t->top;

	if (top->vfs != VFS_OPEN || top->done || t->depth >= THREAD_DEPTH_MAX || t->frames >= THREAD_FRAMES_MAX)
		return false;
	if (!proves_syscall(a, ev->has, ev->nr))
		return true;
	return !(top->odd & ODD_LOSS_NEARBY) && passed_on(top, ev) && top->has & HAS_FD && top->fd == ev->fd;
}

static int vfs_enter(struct assemble *a, const struct event *ev, struct error *e)
{
	struct thread *t = thread_find(a, ev->tid);
	struct frame *f = t ? t->top : NULL;

	if (!f || !joins(f, ev)) {
		if (f && !nests(a, t, ev) && end_all_unseen(a, t, e))
			return -1;
		f = open_frame(a, ev, e);
		if (!f)
			return -1;
		set_start(f, ev);
	}
	f->vfs = VFS_OPEN;
	facts_of_call(f, ev);
	return facts_before(a, f, ev) ? error_set(e, "out of memory") : 0;
}

/*
 * The open VFS frame that a file belongs to. One that is not the innermost shows
 * that those above have returned. A system call alone had its VFS entry lost.
 */
static struct frame *frame_of_file(const struct thread *t, const struct event *ev)
{
	struct frame *f = t->top;

	if (f->vfs == VFS_NOT_YET)
		return f;
	while (f && !(f->vfs == VFS_OPEN && !f->deep && (!(f->has & ev->has & HAS_FILE) || f->file == ev->file)))
		f = f->below;
	return f;
}

static int vfs_done(struct assemble *a, const struct event *ev, struct error *e)
{
	struct thread *t = thread_find(a, ev->tid);
	struct frame *f;

	if (t) {
		f = frame_of_file(t, ev);
		if (!f || end_unseen(a, t, f, false, e))
			return f ? -1 : 0;
	} else {
		/* Its entry was not seen, its return may be. */
		f = open_frame(a, ev, e);
		if (!f)
			return -1;
		f->odd = ODD_ORPHAN | (a->lost ? ODD_LOSS_NEARBY : 0);
		f->file = ev->file;
		f->has |= ev->has & HAS_FILE;
	}
	f->vfs = VFS_OPEN;
	f->done = true;
	facts_after(f, ev);
	return 0;
}

/* Whether vfs_fallocate was called by what user space calls, so that no other fallocate can be around it. */
static bool from_user_space(struct assemble *a, const struct event *ev)
{
	if (!(ev->has & HAS_CALLER))
		return false;
	switch (lookup_caller(a, ev->caller)->via) {
	case VIA_SYSCALL:
	case VIA_COMPAT:
	case VIA_IO_URING:
	case VIA_IOCTL:
	case VIA_MADVISE:
		return true;
	default:
		return false;
	}
}

static bool is_passed_on(const struct frame *inner)
{
	const struct event request = {
		.has = inner->has,
		.mode = inner->mode,
		.offset = inner->offset,
		.len = inner->len,
		.file = inner->file,
	};

	return passed_on(inner->below, &request);
}

/*
 * A return to what user space calls ends a call that nothing is around. If the
 * innermost looks like one that the one below made, its own return was missed,
 * and the one below returns now; else it is the one below whose return was
 * missed, unless that one's system call is known to be still on its way.
 */
static int exit_nested(struct assemble *a, struct thread **t, struct error *e)
{
	struct frame *f;

	while ((*t)->top->below && ((*t)->top->below->way != WAY_NONE || is_passed_on((*t)->top)))
		if (end_unseen(a, *t, (*t)->top->below, false, e))
			return -1;
	if (!(*t)->top->below)
		return 0;
	f = frame_pop(*t);
	if (end_all_unseen(a, *t, e)) {
		frame_free(a, f);
		return -1;
	}
	*t = thread_get(a, f->tid);
	if (!*t) {
		frame_free(a, f);
		return error_set(e, "out of memory");
	}
	frame_push(*t, f);
	return 0;
}

static int vfs_exit(struct assemble *a, const struct event *ev, struct error *e)
{
	struct thread *t = thread_find(a, ev->tid);
	struct frame *f;

	if (t && end_deep(a, t, e))
		return -1;
	if (t && t->top->below && from_user_space(a, ev) && exit_nested(a, &t, e))
		return -1;
	f = t ? t->top : NULL;
	if (!f || f->deep || f->vfs == VFS_CLOSED) {
		if (end_all_unseen(a, t, e))
			return -1;
		return orphan(a, ev, WAY_NONE, e);
	}
	f->vfs = VFS_CLOSED;
	f->after_at_exit = ev->has & HAS_SIZE;
	facts_of_exit(f, ev);
	facts_after(f, ev);
	/* Its end is that of the system call, where that is probed, too. */
	if (f->way != WAY_NONE)
		return 0;
	set_end(f, ev);
	return end_top(a, t, e);
}

static int new_task(struct assemble *a, const struct event *ev, struct error *e)
{
	/* Who had the tid before is gone. */
	if (end_all_unseen(a, thread_find(a, ev->child), e))
		return -1;
	lookup_forget_task(a, ev->child);
	return lookup_new_task(a, ev) ? error_set(e, "out of memory") : 0;
}

static int lost(struct assemble *a, const struct event *ev, struct error *e)
{
	a->lost = true;
	/* A thread that moves between CPUs may have a part of its call in another one's gap. */
	if (ev->ts != UINT64_MAX && ev->ts > a->gap_end)
		a->gap_end = ev->ts;
	for (struct thread *t = a->first; t; t = t->next)
		for (struct frame *f = t->top; f; f = f->below)
			f->odd |= ODD_LOSS_NEARBY;
	return a->target.lost(a->target.ctx, ev, e);
}

int take_event(struct assemble *a, const struct event *ev, struct error *e)
{
	switch (ev->kind) {
	case EVENT_SYS_ENTER:
		return enter_way(a, ev, WAY_SYS, e);
	case EVENT_SYS_EXIT:
		return exit_way(a, ev, WAY_SYS, e);
	case EVENT_SYS_BADFD:
		return bad_fd(a, ev, e);
	case EVENT_COMPAT_ENTER:
		return enter_way(a, ev, WAY_COMPAT, e);
	case EVENT_COMPAT_EXIT:
		return exit_way(a, ev, WAY_COMPAT, e);
	case EVENT_VFS_ENTER:
		return vfs_enter(a, ev, e);
	case EVENT_VFS_DONE:
		return vfs_done(a, ev, e);
	case EVENT_VFS_EXIT:
		return vfs_exit(a, ev, e);
	case EVENT_RAW_ENTER:
		return enter_way(a, ev, WAY_RAW, e);
	case EVENT_RAW_EXIT:
		return exit_way(a, ev, WAY_RAW, e);
	case EVENT_FS_ENTER:
		return enter_way(a, ev, WAY_FS, e);
	case EVENT_FS_EXIT:
		return exit_way(a, ev, WAY_FS, e);
	case EVENT_FS_STEP:
		return fs_step(a, ev, e);
	case EVENT_FS_CALL:
		return fs_call(a, ev, e);
	case EVENT_DEEP_ENTER:
		return deep_enter(a, ev, e);
	case EVENT_DEEP_EXIT:
		return deep_exit(a, ev, e);
	case EVENT_NEWTASK:
		return new_task(a, ev, e);
	case EVENT_CRED:
	case EVENT_MOVE:
	case EVENT_CGROUP:
		return lookup_change_task(a, ev) ? error_set(e, "out of memory") : 0;
	case EVENT_LOST:
		return lost(a, ev, e);
	case EVENT_TRUNC_ENTER: /* assemble_front.c's */
	case EVENT_TRUNC_EXIT:
	case EVENT_CONVERT:
	case EVENT_NONE:
		break;
	}
	return 0;
}
