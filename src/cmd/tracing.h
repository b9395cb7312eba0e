/* SPDX-License-Identifier: MIT */
/*
 * A live trace that is looked at while it runs: what trace and top share. Pages
 * of the running kernel, through the same stages as a replay's, into a view.
 *
 *   tracing_open, a view, tracing_begin, tracing_step until LOOP_STOP, tracing_end
 *
 * and tracing_close, after any of these.
 */
#ifndef FALLOCTRACE_CMD_TRACING_H
#define FALLOCTRACE_CMD_TRACING_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/child.h"
#include "cmd/live.h"
#include "cmd/loop.h"
#include "cmd/options.h"
#include "cmd/queue.h"
#include "cmd/view.h"
#include "falloctrace/error.h"
#include "falloctrace/merge.h"
#include "kernel/session.h"

struct tracing {
	const struct options *o;
	struct queue *queue;   /* … by way of this; NULL: directly. The caller's. To be set before tracing_begin */
	struct output *output; /* what is shown goes there; NULL: not to be asked. To be set before tracing_open */
	struct child child;
	struct session session;
	struct loop loop;
	struct merge *merge;
	struct view *view; /* owned */
	struct view_trace *viewed;
	bool ending;	/* nothing is traced any more */
	bool quiet;	/* … and no probe fires */
	int requests;	/* to stop, that had come then */
	bool closed;	/* nobody reads our output any more */
	bool disturbed; /* somebody else put a hand to the instance: */
	struct error rival;
	struct live_cost began;
	uint64_t broken;  /* times that events could not be read */
	struct error why; /* … the first of them */
};

/* Borrows o. */
void tracing_init(struct tracing *t, const struct options *o);
/*
 * Starts the command, held back, and the session; then gives up all privileges.
 * output: where the command's output goes in place of the terminal, see child.h;
 * -1: it is left alone.
 */
int tracing_open(struct tracing *t, int output, struct error *e);
/* Takes the view, NULL where making it failed with *e. Then lets the command go. */
int tracing_begin(struct tracing *t, struct view *view, const struct loop_options *wanted, struct error *e);
/* Waits, then shows what has come. LOOP_STOP where nobody reads our output any more, too. */
enum loop_wake tracing_step(struct tracing *t, struct error *e);
/*
 * Stops, and shows the rest. Whoever is slow to take it is waited for, and nothing
 * is traced meanwhile; but no longer than until another signal comes, nor than two
 * seconds without his taking anything where it was SIGTERM or the like that
 * stopped us. What is left then is an error, and so is it where somebody else had
 * put a hand to the instance.
 */
int tracing_end(struct tracing *t, struct error *e);
/* After LOOP_FAILED: stops, and shows what can be. Returns -1. */
int tracing_give_up(struct tracing *t);
/* On stderr, what was lost or missed. After tracing_end. */
void tracing_report(const struct tracing *t);
/* result: 0, or -1 with *e. Returns the exit status, or -1 with *e. */
int tracing_close(struct tracing *t, int result, struct error *e);

#endif
