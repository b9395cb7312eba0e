/* SPDX-License-Identifier: MIT */
/*
 * What callers see of the assembler: here it is decided which events count.
 */
#include "assemble_private.h"

static bool is_vfs(const struct event *ev)
{
	return ev->kind == EVENT_VFS_ENTER || ev->kind == EVENT_VFS_DONE || ev->kind == EVENT_VFS_EXIT;
}

/* What the self-check of the recording machine did not confirm is as good as not fetched. */
static void forget_distrusted(const struct trace_info *info, struct event *ev)
{
	bool after = ev->kind != EVENT_VFS_ENTER;

	ev->has &= ~info->distrust;
	if (info->distrust & HAS_NAMES)
		ev->names_count = 0;
	if (info->distrust & HAS_AFTER && after)
		ev->has &= ~(uint32_t)(HAS_SIZE | HAS_BLOCKS | HAS_NBLOCKS | HAS_DBLOCKS);
}

int assemble_one(struct assemble *a, const struct event *ev, struct error *e)
{
	struct event trusted;

	/* The self-check is about the fields of these alone. */
	if (!a->info->distrust || !is_vfs(ev))
		return take_event(a, ev, e);
	trusted = *ev;
	forget_distrusted(a->info, &trusted);
	return take_event(a, &trusted, e);
}

static enum rank rank_of(const struct event *ev)
{
	switch (ev->kind) {
	case EVENT_NONE:
	case EVENT_NEWTASK:
	case EVENT_CRED:
	case EVENT_MOVE:
	case EVENT_CGROUP:
	case EVENT_LOST:
		return RANK_ANY;
	case EVENT_RAW_ENTER:
	case EVENT_RAW_EXIT:
		return RANK_RAW;
	case EVENT_FS_ENTER:
	case EVENT_FS_EXIT:
	case EVENT_FS_STEP:
	case EVENT_FS_CALL:
		return RANK_FS;
	default:
		return RANK_CALL;
	}
}

/*
 * A file's formats don't tell what was recorded (trace-cmd extract writes them
 * all), the events do: the better ones of a call come first, from around it.
 */
static bool outranked(struct assemble *a, const struct event *ev)
{
	enum rank rank = rank_of(ev);

	if (rank == a->best || rank == RANK_ANY)
		return false;
	if (rank > a->best)
		return true;
	a->best = rank;
	drop_outranked(a, rank);
	if (a->join)
		join_drop_outranked(a->join, rank);
	return false;
}

int assemble_event(struct assemble *a, const struct event *ev, struct error *e)
{
	if (outranked(a, ev))
		return 0;
	if (a->buffer < 0)
		a->buffer = ev->buffer;
	if (a->join || ev->buffer != a->buffer)
		return join_event(a, ev, e);
	return assemble_one(a, ev, e);
}

/* What is still open, in the order of its start: threads are in the order of their first frame. */
int assemble_end(struct assemble *a, struct error *e)
{
	if (a->join)
		return join_end(a, e);
	while (a->first)
		if (end_all_unseen(a, a->first, e))
			return -1;
	return 0;
}
