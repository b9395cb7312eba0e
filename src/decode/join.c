/* SPDX-License-Identifier: MIT */
/*
 * Several buffers of one trace. The same event may have gone into more than one
 * of them, and a call's events may lie in different ones. So each buffer has an
 * assembler of its own, and what these make of one call is joined: a thread is in
 * one outermost fallocate at a time, so two of one thread whose times overlap,
 * seen in different buffers, are one. A call is held until no buffer has one open
 * on its thread that may be the same.
 */
#include <stdlib.h>
#include <string.h>

#include "assemble_private.h"
#include "join.h"

#define BUFFERS_MAX 32		  /* of more, some share an assembler */
#define HELD_BYTES_MAX (8u << 20) /* then the oldest go as they are */
#define GROUP_BUCKETS 1024
#define TOLD_SLOTS 1024
/* Two buffers are written to one after the other in one go: this much later, it is another event. */
#define ECHO_NS 10000000

struct sub {
	struct join *join;
	struct assemble *a;
};

/* A call that is held, of what the buffers told of it so far. */
struct group {
	struct call *call;
	uint32_t buffers; /* bits of those that told of it */
	uint64_t latest;  /* when it may still have run, as far as is known */
	size_t bytes;
	struct group *bucket_next, *prev, *next; /* in the order in which they came to be */
};

/* The last call of a thread that was told. */
struct told {
	struct call call; /* its path and inner calls are of no interest */
	uint32_t buffers;
	uint64_t latest;
};

struct join {
	struct assemble_target target;
	struct sub subs[BUFFERS_MAX]; /* the first one's assembler is the caller's */
	unsigned count;
	uint64_t now; /* time of the event at hand */
	struct group *buckets[GROUP_BUCKETS];
	struct group *first, *last;
	size_t bytes;		       /* of all groups */
	struct told *told[TOLD_SLOTS]; /* by tid; of two that meet the later one stays */
};

static size_t slot_of(const struct join *j, int32_t tid, size_t slots)
{
	return (size_t)((uint32_t)tid * j->subs[0].a->multiplier >> 32) % slots;
}

static struct group *group_find(const struct join *j, int32_t tid)
{
	struct group *g = j->buckets[slot_of(j, tid, GROUP_BUCKETS)];

	while (g && g->call->tid != tid)
		g = g->bucket_next;
	return g;
}

static struct group *group_new(struct join *j, const struct call *c)
{
	struct group *g = calloc(1, sizeof(*g)), **bucket = &j->buckets[slot_of(j, c->tid, GROUP_BUCKETS)];

	if (!g)
		return NULL;
	g->bytes = sizeof(*g);
	g->call = call_copy(c, &g->bytes);
	if (!g->call) {
		free(g);
		return NULL;
	}
	g->bucket_next = *bucket;
	*bucket = g;
	g->prev = j->last;
	*(j->last ? &j->last->next : &j->first) = g;
	j->last = g;
	j->bytes += g->bytes;
	return g;
}

static void group_free(struct join *j, struct group *g)
{
	struct group **at = &j->buckets[slot_of(j, g->call->tid, GROUP_BUCKETS)];

	while (*at != g)
		at = &(*at)->bucket_next;
	*at = g->bucket_next;
	*(g->prev ? &g->prev->next : &j->first) = g->next;
	*(g->next ? &g->next->prev : &j->last) = g->prev;
	j->bytes -= g->bytes;
	call_release(g->call);
	free(g);
}

/* Until when a call may have run: one that was not seen to end, until now. */
static uint64_t latest_of(const struct join *j, const struct call *c)
{
	if (c->has_end)
		return c->end;
	return c->odd & ODD_UNFINISHED && j->now ? j->now - 1 : c->start;
}

static int remember(struct join *j, const struct call *c, uint32_t buffers, uint64_t latest)
{
	struct told **slot = &j->told[slot_of(j, c->tid, TOLD_SLOTS)];

	if (!*slot)
		*slot = malloc(sizeof(**slot));
	if (!*slot)
		return -1;
	memcpy(&(*slot)->call, c, offsetof(struct call, path));
	(*slot)->buffers = buffers;
	(*slot)->latest = latest;
	return 0;
}

static int tell(struct join *j, const struct call *c, uint32_t buffers, uint64_t latest, struct error *e)
{
	if (remember(j, c, buffers, latest))
		return error_set(e, "out of memory");
	return j->target.call(j->target.ctx, c, e);
}

static int tell_group(struct join *j, struct group *g, struct error *e)
{
	int ret = tell(j, g->call, g->buffers, g->latest, e);

	group_free(j, g);
	return ret;
}

/* An event that is a call by itself, so that nothing is open before or after it. */
static bool is_instant(const struct call *c)
{
	return !(c->has_start && c->has_end) && !(c->odd & ODD_UNFINISHED);
}

/* Whether a buffer tells what another one has told just before. */
static bool is_echo(const struct join *j, const struct call *c, uint32_t buffer)
{
	struct told *told = j->told[slot_of(j, c->tid, TOLD_SLOTS)];
	uint64_t at = latest_of(j, c);

	if (!told || told->call.tid != c->tid || told->buffers & buffer || !is_instant(c) ||
	    calls_contradict(&told->call, c))
		return false;
	if (told->call.has_ret && c->has_ret && told->call.ret != c->ret)
		return false;
	if (at < told->latest || (!c->ticks && at - told->latest > ECHO_NS))
		return false;
	told->buffers |= buffer;
	return true;
}

/* The open outermost call of a thread in a buffer, if it began at `latest` or before. NULL: none. */
static struct thread *open_since(const struct sub *s, int32_t tid, uint64_t latest)
{
	struct thread *t = thread_find(s->a, tid);
	const struct frame *root = t ? thread_root(t) : NULL;

	return root && (!root->has_start || root->start <= latest) ? t : NULL;
}

static bool awaited(const struct join *j, int32_t tid, uint64_t latest)
{
	for (unsigned i = 0; i < j->count; i++)
		if (open_since(&j->subs[i], tid, latest))
			return true;
	return false;
}

static bool belongs(const struct group *g, const struct call *c, uint32_t buffer)
{
	return !(g->buffers & buffer) && (!c->has_start || c->start <= g->latest) && !calls_contradict(g->call, c);
}

/* What a buffer's assembler makes of a call. */
static int part(void *ctx, const struct call *c, struct error *e)
{
	const struct sub *s = ctx;
	struct join *j = s->join;
	uint32_t buffer = UINT32_C(1) << (s - j->subs);
	uint64_t latest = latest_of(j, c);
	struct group *g = group_find(j, c->tid);
	size_t bytes = 0;

	if (g && !belongs(g, c, buffer)) {
		if (tell_group(j, g, e))
			return -1;
		g = NULL;
	}
	if (!g && is_echo(j, c, buffer))
		return 0;
	if (!g && !awaited(j, c->tid, latest))
		return tell(j, c, buffer, latest, e);
	if (!g)
		g = group_new(j, c);
	else if (call_merge(g->call, c, &bytes))
		g = NULL;
	if (!g)
		return error_set(e, "out of memory");
	g->bytes += bytes;
	j->bytes += bytes;
	g->buffers |= buffer;
	g->latest = latest > g->latest ? latest : g->latest;
	return 0;
}

static int part_lost(void *ctx, const struct event *lost, struct error *e)
{
	const struct sub *s = ctx;

	return s->join->target.lost(s->join->target.ctx, lost, e);
}

static void adopt(struct join *j, struct assemble *a, int32_t buffer)
{
	struct sub *s = &j->subs[j->count++];

	*s = (struct sub){j, a};
	a->buffer = buffer;
	a->target = (struct assemble_target){.call = part, .lost = part_lost, .ctx = s};
	a->bytes_max = OPEN_BYTES_MAX / BUFFERS_MAX;
}

static struct sub *sub_of(struct join *j, int32_t buffer)
{
	struct assemble *a;

	for (unsigned i = 0; i < j->count; i++)
		if (j->subs[i].a->buffer == buffer)
			return &j->subs[i];
	if (j->count == BUFFERS_MAX)
		return &j->subs[(uint32_t)buffer % BUFFERS_MAX];
	a = assemble_new(j->subs[0].a->info, &j->target);
	if (!a)
		return NULL;
	adopt(j, a, buffer);
	return &j->subs[j->count - 1];
}

static int start(struct assemble *first)
{
	struct join *j = calloc(1, sizeof(*j));

	if (!j)
		return -1;
	j->target = first->target;
	first->join = j;
	adopt(j, first, first->buffer);
	/* The last call that it made itself may be the first one of another buffer's, too. */
	if (first->call.has_start || first->call.has_end)
		return remember(j, &first->call, 1, latest_of(j, &first->call));
	return 0;
}

/* Nothing more is to come of a held call: whoever has it open missed its end. */
static int settle(struct join *j, struct group *g, struct error *e)
{
	int32_t tid = g->call->tid;
	uint64_t latest = g->latest;

	for (unsigned i = 0; i < j->count; i++)
		if (end_all_unseen(j->subs[i].a, open_since(&j->subs[i], tid, latest), e))
			return -1;
	g = group_find(j, tid);
	return g ? tell_group(j, g, e) : 0;
}

int join_event(struct assemble *first, const struct event *ev, struct error *e)
{
	int32_t tid = ev->kind == EVENT_NEWTASK ? ev->child : ev->tid;
	/* Of these only a new task says anything of the thread's calls. */
	bool of_tasks = event_of_tasks(ev->kind) && ev->kind != EVENT_NEWTASK;
	bool of_thread = ev->kind != EVENT_LOST && ev->kind != EVENT_NONE && !of_tasks;
	struct join *j;
	struct group *g;
	struct sub *s;

	if (!first->join && start(first))
		return error_set(e, "out of memory");
	j = first->join;
	s = sub_of(j, ev->buffer);
	if (!s)
		return error_set(e, "out of memory");
	if (!of_thread)
		return assemble_one(s->a, ev, e);
	j->now = ev->ts;
	/* The thread begins anew where the held call was told of. */
	g = group_find(j, tid);
	if (g && g->buffers & UINT32_C(1) << (s - j->subs) && !thread_find(s->a, tid) && settle(j, g, e))
		return -1;
	if (assemble_one(s->a, ev, e))
		return -1;
	g = group_find(j, tid);
	if (g && !awaited(j, tid, g->latest) && tell_group(j, g, e))
		return -1;
	while (j->bytes > HELD_BYTES_MAX)
		if (settle(j, j->first, e))
			return -1;
	return 0;
}

int join_end(struct assemble *first, struct error *e)
{
	struct join *j = first->join;

	j->now = UINT64_MAX;
	for (unsigned i = 0; i < j->count; i++)
		while (j->subs[i].a->first)
			if (end_all_unseen(j->subs[i].a, j->subs[i].a->first, e))
				return -1;
	while (j->first)
		if (tell_group(j, j->first, e))
			return -1;
	return 0;
}

void join_drop_outranked(struct join *j, enum rank rank)
{
	for (unsigned i = 1; i < j->count; i++)
		drop_outranked(j->subs[i].a, rank);
}

void join_free(struct join *j)
{
	if (!j)
		return;
	for (unsigned i = 1; i < j->count; i++)
		assemble_free(j->subs[i].a);
	while (j->first)
		group_free(j, j->first);
	for (size_t i = 0; i < TOLD_SLOTS; i++)
		free(j->told[i]);
	free(j);
}
