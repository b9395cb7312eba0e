/* SPDX-License-Identifier: MIT */
/*
 * What filesystems' own tracepoints tell, for traces that have nothing better.
 *
 * ext4 has a beginning and an end for each call in newer kernels (seen on
 * 6.12.117 and 7.2); in older ones (5.10, 6.1) these are of plain allocation
 * alone, and the other operations tell that they are at work, never how they
 * ended. f2fs and NFS tell each call when it ends. XFS tells what it does, step
 * by step, and some steps are made of others: zeroing frees and allocates,
 * collapsing frees.
 */
#include <stdlib.h>

#include "assemble_private.h"

#define MAX_ERRNO 4095 /* NFS has errors of its own, beyond */

static const uint8_t parts_of_step[STEP_COUNT] = {
	[STEP_XFS_ZERO] = 1 << STEP_XFS_FREE | 1 << STEP_XFS_ALLOC,
	[STEP_XFS_COLLAPSE] = 1 << STEP_XFS_FREE,
};

/*
 * Whether a step is a part of the one that its thread took before. One that
 * failed at once, before its parts, takes the next call's step for its own:
 * nothing tells these apart.
 */
static bool is_part(struct assemble *a, const struct event *ev)
{
	struct step_seen *s = &a->steps[(uint32_t)ev->tid * a->multiplier >> (64 - STEPS_LOG)];
	uint8_t bit = (uint8_t)(1 << ev->step);

	if (s->tid == ev->tid && s->dev == ev->dev && s->ino == ev->ino && s->parts & bit) {
		/* allocation is the last */
		s->parts = ev->step == STEP_XFS_ALLOC ? 0 : s->parts & (uint8_t)~bit;
		return true;
	}
	*s = (struct step_seen){ev->tid, ev->dev, ev->ino, parts_of_step[ev->step]};
	return false;
}

int fs_step(struct assemble *a, const struct event *ev, struct error *e)
{
	struct thread *t = thread_find(a, ev->tid);
	struct frame *f;

	if (t && t->top->way == WAY_FS)
		return 0;
	if (is_part(a, ev))
		return 0;
	f = frame_new(a, ev);
	if (!f)
		return error_set(e, "out of memory");
	f->way = WAY_FS;
	f->has_start = true;
	f->start = ev->ts;
	facts_of_call(f, ev);
	facts_of_file(f, ev);
	f->has_op = ev->step == STEP_XFS_ZERO;
	f->op = OP_ZERO;
	/* What it may have been a part of may be lost. */
	if (ev->step == STEP_XFS_FREE && f->odd & ODD_LOSS_NEARBY)
		f->has &= ~(uint32_t)HAS_MODE;
	return emit(a, f, e);
}

int fs_call(struct assemble *a, const struct event *ev, struct error *e)
{
	struct frame *f = frame_new(a, ev);

	if (!f)
		return error_set(e, "out of memory");
	f->way = WAY_FS;
	f->has_end = true;
	f->end = ev->ts;
	facts_of_call(f, ev);
	facts_of_file(f, ev);
	facts_of_exit(f, ev);
	if (f->ret < -MAX_ERRNO)
		f->has &= ~(uint32_t)HAS_RET;
	/* f2fs, whose own count is what fstat tells */
	f->rule = BLOCKS_INODE;
	facts_after(f, ev);
	return emit(a, f, e);
}

static enum rank rank_of_way(enum way way)
{
	return way == WAY_FS ? RANK_FS : way == WAY_RAW ? RANK_RAW : RANK_CALL;
}

void drop_outranked(struct assemble *a, enum rank rank)
{
	struct thread *t = a->first, *next;

	for (; t; t = next) {
		next = t->next;
		/* frames of these ways are alone on their threads */
		if (rank_of_way(t->top->way) <= rank)
			continue;
		while (t->top)
			frame_free(a, frame_pop(t));
		thread_drop(a, t);
	}
}
