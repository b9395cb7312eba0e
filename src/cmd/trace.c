// SPDX-License-Identifier: MIT
/*
 * Live: pages of the running kernel, through the same stages as a replay's.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/child.h"
#include "cmd/cmd.h"
#include "cmd/live.h"
#include "cmd/loop.h"
#include "cmd/view.h"
#include "falloctrace/merge.h"
#include "kernel/caps.h"
#include "kernel/clock.h"
#include "kernel/session.h"

/*
 * An event gets its time a moment before it can be read. What is younger than
 * this when the buffers are looked at waits for the next look, so that it can't
 * overtake an older one of another CPU.
 */
#define YOUNG_NS 1000000

/* Events shown between two looks at what has come meanwhile. */
#define ABSORB_EVENTS 128

struct trace {
	const struct options *o;
	FILE *out;
	struct child child;
	struct session session;
	struct loop loop;
	struct merge *merge;
	struct view *view;
	struct view_trace *viewed;
	bool closed;	 /* nobody reads our output any more */
	uint64_t broken; /* times that merge_next failed */
};

static int viewed(struct trace *t, enum view_result r)
{
	t->closed = t->closed || r == VIEW_CLOSED;
	return r == VIEW_FAILED ? -1 : 0;
}

/* Shows what has come, up to the horizon. */
static int drain(struct trace *t, uint64_t horizon, struct error *e)
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
			live_warn(t->o, "%s", why.text);
	}
	if (horizon != UINT64_MAX && viewed(t, view_time(t->viewed, horizon, e)))
		return -1;
	return viewed(t, view_flush(t->view, e));
}

/* Losses that no page told of, since nothing came behind them. */
static int drain_losses(struct trace *t, struct error *e)
{
	struct source *s = reader_source(t->session.reader);

	for (int i = 0; i < s->cpus && !t->closed; i++) {
		uint64_t lost = reader_unreported(t->session.reader, i) + reader_left(t->session.reader, i);
		struct event ev = {.kind = EVENT_LOST, .ts = UINT64_MAX, .cpu = s->cpu_number(s, i), .lost = lost};

		if (lost && viewed(t, view_event(t->viewed, &ev, e)))
			return -1;
	}
	return 0;
}

static int prepare(struct trace *t, struct error *e)
{
	struct loop_options wanted = {.duration = t->o->duration, .tick = t->o->interval, .input = -1};
	struct session *s = &t->session;

	t->out = output_open(t->o->output, e);
	if (!t->out || loop_block_signals(e) || child_start(&t->child, t->o->argv, e) || live_open(s, t->o, false, e))
		return -1;
	if (caps_drop_all(e) || output_begin(t->out, t->o->output, e))
		return -1;
	t->merge = merge_new(reader_source(s->reader), s->schema, reader_format(s->reader));
	if (!t->merge)
		return error_set(e, "out of memory");
	t->view = view_new(t->o, false, t->out, e);
	t->viewed = t->view ? view_add(t->view, &s->info, e) : NULL;
	if (!t->viewed)
		return -1;
	if (t->child.pid && !t->o->all)
		view_set_root(t->viewed, t->child.pid);
	wanted.output = fileno(t->out);
	return loop_open(&t->loop, &t->child, s->reader, &wanted, e);
}

static int run(struct trace *t, struct error *e)
{
	enum loop_wake wake = LOOP_PAGES;

	live_banner(t->o, &t->session);
	if (viewed(t, view_flush(t->view, e)) || child_release(&t->child, e))
		return -1;
	while (!t->closed && wake != LOOP_STOP) {
		wake = loop_wait(&t->loop, e);
		if (wake == LOOP_FAILED)
			return -1;
		machine_refresh_mounts(t->session.machine);
		if (drain(t, trace_clock_now() - YOUNG_NS, e))
			return -1;
	}
	if (session_stop(&t->session, e) || drain(t, UINT64_MAX, e) || drain_losses(t, e))
		return -1;
	return viewed(t, view_trace_end(t->viewed, e)) || viewed(t, view_end(t->view, e)) ? -1 : 0;
}

static int finish(struct trace *t, int result, struct error *e)
{
	struct error late;

	if (result == 0) {
		live_report(t->o, &t->session);
		view_report(t->view, stderr);
	}
	loop_close(&t->loop);
	view_free(t->view);
	merge_free(t->merge);
	child_close(&t->child);
	if (session_close(&t->session, &late) && result == 0) {
		*e = late;
		result = -1;
	}
	if (t->out && output_close(t->out, t->o->output, &late) && result == 0) {
		*e = late;
		result = -1;
	}
	return result ? -1 : t->child.status;
}

int cmd_trace(const struct options *o, struct error *e)
{
	struct trace t = {.o = o, .child = {.go = -1}, .session = {.lock = -1}};
	int result = prepare(&t, e);

	if (result == 0)
		result = run(&t, e);
	return finish(&t, result, e);
}
