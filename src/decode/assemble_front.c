/* SPDX-License-Identifier: MIT */
/*
 * What callers see of the assembler: here it is decided which events count.
 */
#include "related.h"

static bool is_vfs(const struct event *ev)
{
	return ev->kind == EVENT_VFS_ENTER || ev->kind == EVENT_VFS_DONE || ev->kind == EVENT_VFS_EXIT ||
	       ev->kind == EVENT_DEEP_ENTER || ev->kind == EVENT_DEEP_EXIT;
}

/* What the self-check of the recording machine did not confirm is as good as not fetched. */
static void forget_distrusted(const struct trace_info *info, struct event *ev)
{
	bool after = ev->kind != EVENT_VFS_ENTER && ev->kind != EVENT_TRUNC_ENTER && ev->kind != EVENT_DEEP_ENTER;

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

/* Recordings of ours tell that they have it; in others its first event shows it. */
static int want_related(struct assemble *a)
{
	if (!a->related)
		a->related = related_new(a->info);
	return a->related ? 0 : -1;
}

int front_call(void *ctx, const struct call *c, struct error *e)
{
	struct assemble *a = ctx;
	const struct call *told = c;
	int ret;

	if (a->info->related && want_related(a))
		return error_set(e, "out of memory");
	if (a->related)
		told = related_call(a->related, c);
	if (!told)
		return error_set(e, "out of memory");
	ret = a->outer.call(a->outer.ctx, told, e);
	if (a->related && ret > 0)
		related_shown(a->related, c);
	return ret < 0 ? -1 : 0;
}

int front_lost(void *ctx, const struct event *lost, struct error *e)
{
	struct assemble *a = ctx;

	related_lost(a->related);
	return a->outer.lost(a->outer.ctx, lost, e);
}

static bool is_related(const struct event *ev)
{
	return ev->kind == EVENT_TRUNC_ENTER || ev->kind == EVENT_TRUNC_EXIT || ev->kind == EVENT_CONVERT;
}

static int beside_calls(struct assemble *a, const struct event *ev, struct error *e)
{
	struct event trusted = *ev;
	const struct call *told;
	int ret;

	if (ev->kind != EVENT_CONVERT)
		forget_distrusted(a->info, &trusted);
	ret = want_related(a) ? -1 : related_event(a->related, a, &trusted, &told);
	if (ret < 0)
		return error_set(e, "out of memory");
	return ret && a->outer.related && a->outer.related(a->outer.ctx, told, e) < 0 ? -1 : 0;
}

int assemble_event(struct assemble *a, const struct event *ev, struct error *e)
{
	if (is_related(ev))
		return beside_calls(a, ev, e);
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
