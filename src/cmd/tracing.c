/* SPDX-License-Identifier: MIT */
#include "cmd/tracing.h"

#include <errno.h>

#include "cmd/confine.h"
#include "cmd/live.h"
#include "cmd/output.h"
#include "kernel/caps.h"
#include "kernel/clock.h"
#include "kernel/exclude.h"

/*
 * An event gets its time a moment before it can be read. What is younger than
 * this when the buffers are looked at waits for the next look, so that it can't
 * overtake an older one of another CPU.
 */
#define YOUNG_NS 1000000

/* Events shown between two looks at what has come meanwhile. */
#define ABSORB_EVENTS 128

static int viewed(struct tracing *t, enum view_result r)
{
	t->closed = t->closed || r == VIEW_CLOSED;
	return r == VIEW_FAILED ? -1 : 0;
}

/* --- output that may be slow --- */

/* Between two looks at what has come, while the output takes nothing. */
#define LOOK_MS 20
/* Who wants us to end at once waits this long for an output that takes nothing. */
#define STALL_NS 2000000000

static int pump(struct tracing *t, struct error *e)
{
	if (!t->queue || queue_pump(t->queue) == 0)
		return 0;
	if (errno == EPIPE || errno == EIO) { /* the latter of a terminal that has gone */
		t->closed = true;
		return 0;
	}
	return error_errno(e, "cannot write the output");
}

/* After the end: whether the rest is still worth waiting for. */
static bool waits_on(const struct tracing *t, uint64_t since)
{
	const struct loop *l = &t->loop;

	return l->requests == t->requests && !(l->urgent && trace_clock_now() - since > STALL_NS);
}

static int give_up(struct tracing *t, struct error *e)
{
	t->closed = true;
	return error_set(e,
			 "whoever reads the output stopped reading: the last %zu KiB that were ready, and what "
			 "came behind them, are not written",
			 queue_backlog(t->queue) / 1024);
}

/* Until no more than enough is left in the queue, or, while tracing runs, it is time to stop. */
static int make_room(struct tracing *t, size_t enough, struct error *e)
{
	uint64_t since = trace_clock_now();
	size_t before = SIZE_MAX;

	while (!t->closed) {
		if (pump(t, e))
			return -1;
		if (queue_backlog(t->queue) <= enough)
			break;
		if (queue_backlog(t->queue) < before)
			since = trace_clock_now();
		before = queue_backlog(t->queue);
		if (!t->ending && loop_stopped(&t->loop))
			break;
		if (t->ending && !waits_on(t, since))
			return give_up(t, e);
		/* However long it takes, nobody's calls are to cost more for it. */
		if (t->ending && !t->quiet)
			session_disable(&t->session);
		t->quiet = t->ending;
		loop_wait_output(&t->loop, LOOK_MS);
		if (!t->ending)
			reader_absorb(t->session.reader);
	}
	return 0;
}

/* Shows what has come, up to the horizon. */
static int drain(struct tracing *t, uint64_t horizon, struct error *e)
{
	enum merge_result result = MERGE_OK;
	unsigned shown = 0;
	struct error why;
	struct event ev;

	while (result != MERGE_NONE && result != MERGE_END && !t->closed) {
		result = merge_next(t->merge, horizon, &ev, &why);
		if (result == MERGE_OK && viewed(t, view_event(t->viewed, &ev, e)))
			return -1;
		if (result == MERGE_OK && ++shown % ABSORB_EVENTS == 0)
			reader_absorb(t->session.reader);
		if (result == MERGE_FAILED && t->broken++ == 0)
			t->why = why;
		if (queue_backlog(t->queue) > QUEUE_ENOUGH) {
			if (make_room(t, QUEUE_ENOUGH, e))
				return -1;
			if (!t->ending && loop_stopped(&t->loop))
				return 0;
		}
	}
	if (horizon != UINT64_MAX && viewed(t, view_time(t->viewed, horizon, e)))
		return -1;
	if (viewed(t, view_flush(t->view, e)) || pump(t, e))
		return -1;
	loop_want_output(&t->loop, queue_backlog(t->queue) != 0);
	return 0;
}

/* Whether somebody else has put a hand to the instance; what is harmless is told. */
static bool look_at_rivals(struct tracing *t, bool last)
{
	struct error why;
	int result = session_look(&t->session, last, &why);

	if (result > 0)
		live_warn(t->o, "%s", why.text);
	if (result < 0)
		t->rival = why;
	t->disturbed = result < 0;
	return t->disturbed;
}

/* Losses that no page told of, since nothing came behind them. */
static int drain_losses(struct tracing *t, struct error *e)
{
	struct source *s = reader_source(t->session.reader);

	for (int i = 0; i < s->cpus && !t->closed; i++) {
		uint64_t lost = reader_unreported(t->session.reader, i) + reader_left(t->session.reader, i);
		struct event ev = {.kind = EVENT_LOST, .ts = UINT64_MAX, .cpu = s->cpu_number(s, i), .lost = lost};

		if (t->disturbed)
			ev.lost = lost = LOST_UNKNOWN;

		if (lost && viewed(t, view_event(t->viewed, &ev, e)))
			return -1;
	}
	return 0;
}

void tracing_init(struct tracing *t, const struct options *o)
{
	*t = (struct tracing){.o = o, .child = {.go = -1}, .session = {.lock = -1}};
}

/* Where it can't be done all is as without it, but for what it costs: a warning is enough. */
static int exclude(struct tracing *t, struct error *e)
{
	struct exclude_target target = {.pids = t->o->filter.pids,
					.count = t->o->filter.pids_count,
					.follow = t->o->filter.follow};

	if (!t->o->exclude)
		return 0;
	if (t->child.pid && !t->o->all)
		target = (struct exclude_target){.root = t->child.pid};
	if (exclude_others(&t->session, &target, e))
		live_warn(t->o, "others' calls are left to us to drop: %s", e->text);
	return 0;
}

int tracing_open(struct tracing *t, int output, struct error *e)
{
	struct session *s = &t->session;

	if (loop_block_signals(e) || child_start_apart(&t->child, t->o->argv, output, e) ||
	    live_open(s, t->o, false, e) || exclude(t, e) ||
	    (t->output ? output_drop_caps(t->output, e) : caps_drop_all(e)))
		return -1;
	t->merge = merge_new(reader_source(s->reader), s->schema, reader_format(s->reader));
	return t->merge ? 0 : error_set(e, "out of memory");
}

/*
 * Intervals begin when the wall clock says so, whenever we did: at their ends we
 * are to be awake, and as much later as it takes until all of them can be shown.
 */
static struct loop_options at_ends(const struct tracing *t, const struct loop_options *wanted)
{
	struct loop_options o = *wanted;
	int64_t until = view_until_end(t->viewed, trace_clock_now());

	if (until)
		o.first = until + 2 * YOUNG_NS;
	return o;
}

int tracing_begin(struct tracing *t, struct view *view, const struct loop_options *wanted, struct error *e)
{
	struct sandbox may = {.writes = t->output && output_writes_files(t->output), .signals = t->child.pid};
	struct loop_options aligned;

	t->view = view;
	t->viewed = view ? view_add(view, &t->session.info, e) : NULL;
	if (!t->viewed)
		return -1;
	if (t->child.pid && !t->o->all)
		view_set_root(t->viewed, t->child.pid);
	aligned = at_ends(t, wanted);
	aligned.rivals = session_rivals_fd(&t->session);
	if (loop_open(&t->loop, &t->child, t->session.reader, &aligned, e) || confine(t->o, &may, e) ||
	    viewed(t, view_flush(view, e)))
		return -1;
	loop_watch(&t->loop, deep_pollfd(t->session.deep));
	session_ready(&t->session);
	t->began = live_cost_now();
	return child_release(&t->child, e);
}

enum loop_wake tracing_step(struct tracing *t, struct error *e)
{
	enum loop_wake wake = loop_wait(&t->loop, e);

	if (wake == LOOP_FAILED)
		return wake;
	if (look_at_rivals(t, false))
		return LOOP_STOP;
	machine_refresh_mounts(t->session.machine);
	deep_refresh(&t->session);
	if (drain(t, trace_clock_now() - YOUNG_NS, e))
		return LOOP_FAILED;
	return t->closed ? LOOP_STOP : wake;
}

int tracing_end(struct tracing *t, struct error *e)
{
	struct error ignored;

	t->ending = true;
	t->requests = t->loop.requests;
	/* What has come is shown, whatever became of the rest. */
	if (!t->disturbed && !look_at_rivals(t, true) && session_stop(&t->session, &t->rival))
		t->disturbed = true;
	else if (t->disturbed)
		session_stop(&t->session, &ignored);
	if (drain(t, UINT64_MAX, e) || drain_losses(t, e) || viewed(t, view_trace_end(t->viewed, e)) ||
	    viewed(t, view_end(t->view, e)) || make_room(t, 0, e))
		return -1;
	if (t->disturbed)
		*e = t->rival;
	return t->disturbed ? -1 : 0;
}

int tracing_give_up(struct tracing *t)
{
	struct error ignored; /* what made us give up is told */

	tracing_end(t, &ignored);
	return -1;
}

void tracing_report(const struct tracing *t)
{
	live_report(t->o, &t->session);
	view_report(t->view, stderr);
}

int tracing_close(struct tracing *t, int result, struct error *e)
{
	struct error late;

	loop_close(&t->loop);
	view_free(t->view);
	merge_free(t->merge);
	child_close(&t->child);
	if (session_close(&t->session, &late) && result == 0) {
		*e = late;
		result = -1;
	}
	return result ? -1 : t->child.status;
}
