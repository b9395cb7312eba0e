/* SPDX-License-Identifier: MIT */
/*
 * Matches what a thread's events tell into calls.
 */
#ifndef FALLOCTRACE_ASSEMBLE_H
#define FALLOCTRACE_ASSEMBLE_H

#include "falloctrace/call.h"
#include "falloctrace/error.h"
#include "falloctrace/event.h"
#include "falloctrace/info.h"

struct assemble;

struct assemble_target {
	/*
	 * Called as calls end; a call's inner calls hang on it. -1 stops the
	 * assembler, too; 1: it is of interest, and so is what happens to its file.
	 */
	int (*call)(void *ctx, const struct call *c, struct error *e);
	int (*lost)(void *ctx, const struct event *lost, struct error *e);
	void *ctx;
	/* What call's related says, of a file that is of interest. May be NULL. */
	int (*related)(void *ctx, const struct call *c, struct error *e);
};

/* Borrows info (and adds to its tasks as EVENT_NEWTASK tells). NULL: memory. */
struct assemble *assemble_new(struct trace_info *info, const struct assemble_target *t);
void assemble_free(struct assemble *a);
int assemble_event(struct assemble *a, const struct event *ev, struct error *e);
/* The trace has ended: what is still open is emitted as unfinished. */
int assemble_end(struct assemble *a, struct error *e);

#endif
