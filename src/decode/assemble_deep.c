/* SPDX-License-Identifier: MIT */
/*
 * Filesystems' own functions, for the calls that vfs_fallocate does not see.
 *
 * Most of their calls come from vfs_fallocate, whose own events tell all of it:
 * the kernel is asked to drop these, but it can't where somebody else's return
 * probe hides who called. So they are dropped here: by their caller's name, or
 * for being of the file that the thread's open call is of.
 *
 * A probe may sit on a function that only bears such a name. The file's own
 * operations decide: what they have as fallocate is the function, or its first
 * argument is no file.
 */
#include "assemble_private.h"

/* A probe at a function's beginning sits behind what every function begins with (endbr64, bti, paciasp). */
#define ENTRY_MAX 16

static bool is_proven(const struct assemble *a, uint64_t func)
{
	for (unsigned i = 0; i < a->proven_count && i < PROVEN; i++)
		if (a->proven[i] == func)
			return true;
	return false;
}

/* Whether it is the function of the file's own operations. One that does not tell is of a function that is known. */
static bool is_own(struct assemble *a, const struct event *ev)
{
	bool tells = ev->has & HAS_FOP;

	if (!(ev->has & HAS_FUNC) || (tells && (!ev->fop || ev->func - ev->fop > ENTRY_MAX)))
		return false;
	if (!tells && ev->kind == EVENT_DEEP_EXIT)
		return is_proven(a, ev->func);
	if (!is_proven(a, ev->func))
		a->proven[a->proven_count++ % PROVEN] = ev->func;
	return true;
}

static const struct caller *caller_of(struct assemble *a, const struct event *ev)
{
	return ev->has & HAS_CALLER ? lookup_caller(a, ev->caller) : NULL;
}

static bool same_file(const struct frame *f, const struct event *ev)
{
	if (f->has & ev->has & HAS_FILE)
		return f->file == ev->file;
	return f->has & ev->has & HAS_INO && f->ino == ev->ino && !(f->has & ev->has & HAS_DEV && f->dev != ev->dev) &&
	       !other_request(f, ev);
}

/* Whether the call that is open is the one that the event tells of. */
static bool is_part(const struct frame *top, const struct event *ev)
{
	if (joins(top, ev))
		return true;
	/* The same function can't be in itself: then the first one's return was missed. */
	return top->vfs == VFS_OPEN && same_file(top, ev) && !(top->deep && top->func == ev->func);
}

/* Whether it may have been called by the one that is open: by its filesystem, for another file. */
static bool nests(const struct thread *t, const struct event *ev)
{
	const struct frame *top = t->top;

	return top->vfs == VFS_OPEN && !top->done && !same_file(top, ev) && t->depth < THREAD_DEPTH_MAX &&
	       t->frames < THREAD_FRAMES_MAX;
}

int deep_enter(struct assemble *a, const struct event *ev, struct error *e)
{
	struct thread *t = thread_find(a, ev->tid);
	const struct caller *caller;
	struct frame *f;

	if (!is_own(a, ev))
		return 0;
	caller = caller_of(a, ev);
	if ((caller && caller->vfs) || (t && is_part(t->top, ev)))
		return 0;
	if (t && !nests(t, ev) && end_all_unseen(a, t, e))
		return -1;
	f = open_frame(a, ev, e);
	if (!f)
		return -1;
	f->has_start = true;
	f->start = ev->ts;
	f->deep = true;
	f->vfs = VFS_OPEN;
	f->func = ev->func;
	f->caller = ev->caller;
	f->has |= ev->has & HAS_CALLER;
	facts_of_call(f, ev);
	return facts_before(a, f, ev) ? error_set(e, "out of memory") : 0;
}

/* A return without its entry: shown where it is certain that nothing else tells of the call. */
static int deep_orphan(struct assemble *a, const struct event *ev, const struct caller *caller, struct error *e)
{
	struct thread *t = thread_find(a, ev->tid);

	if (t || !caller || caller->via == VIA_UNKNOWN || !is_own(a, ev))
		return 0;
	return orphan(a, ev, WAY_NONE, e);
}

int deep_exit(struct assemble *a, const struct event *ev, struct error *e)
{
	const struct caller *caller = caller_of(a, ev);
	struct thread *t = thread_find(a, ev->tid);
	struct frame *f = t ? t->top : NULL;
	uint64_t entered_from;

	if (caller && caller->vfs)
		return 0;
	while (f && !(f->deep && f->func == ev->func))
		f = f->below;
	if (!f)
		return deep_orphan(a, ev, caller, e);
	if (end_unseen(a, t, f, false, e))
		return -1;
	entered_from = f->caller;
	f->vfs = VFS_CLOSED;
	f->after_at_exit = ev->has & HAS_SIZE;
	f->has_end = true;
	f->end = ev->ts;
	facts_of_exit(f, ev);
	facts_after(f, ev);
	/* Somebody else's return probe hides the caller here; the entry may have told it. */
	if (caller && caller->via == VIA_UNKNOWN && entered_from)
		f->caller = entered_from;
	return end_top(a, t, e);
}

int end_deep(struct assemble *a, struct thread *t, struct error *e)
{
	struct frame *f = t->top;

	while (f && f->deep)
		f = f->below;
	return f && f != t->top ? end_unseen(a, t, f, false, e) : 0;
}
