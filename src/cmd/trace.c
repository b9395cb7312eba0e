// SPDX-License-Identifier: MIT
/*
 * Live, a line a call, or what sums them up.
 */
#include "cmd/cmd.h"
#include "cmd/live.h"
#include "cmd/output.h"
#include "cmd/tracing.h"

/* Once: what can't be read is told, its like not again. */
static void warn(const struct tracing *t, bool *warned)
{
	if (t->broken && !*warned)
		live_warn(t->o, "%s", t->why.text);
	*warned = t->broken != 0;
}

static int run(struct tracing *t, struct error *e)
{
	FILE *out = output_file(t->output);
	struct loop_options wanted = {
		.duration = t->o->duration, .tick = t->o->interval, .output = fileno(out), .input = -1, .said = -1};
	enum loop_wake wake = LOOP_PAGES;
	bool warned = false;
	struct view *view;
	int result;

	if (tracing_open(t, -1, e) || output_begin(t->output, e))
		return -1;
	live_banner(t->o, &t->session);
	t->queue = queue_open(fileno(out));
	view = t->queue ? view_new_queued(t->o, t->queue, e) : view_new(t->o, false, out, e);
	if (view)
		view_publish_to(view, t->output);
	if (tracing_begin(t, view, &wanted, e))
		return -1;
	while (wake != LOOP_STOP) {
		wake = tracing_step(t, e);
		if (wake == LOOP_FAILED)
			return tracing_give_up(t);
		warn(t, &warned);
	}
	result = tracing_end(t, e);
	warn(t, &warned);
	return result;
}

static void report(const struct tracing *t)
{
	struct view_counts c;

	tracing_report(t);
	view_counts(t->view, &c);
	live_closing(t->o, &t->began, c.shown, c.lost);
}

int cmd_trace(const struct options *o, struct error *e)
{
	struct output *out = output_open(o, e);
	struct tracing t;
	struct error late;
	int status;

	if (!out)
		return -1;
	tracing_init(&t, o);
	t.output = out;
	status = run(&t, e);
	if (status == 0)
		report(&t);
	status = tracing_close(&t, status, e);
	queue_close(t.queue);
	if (output_close(out, &late) && status >= 0) {
		*e = late;
		return -1;
	}
	return status;
}
