/* SPDX-License-Identifier: MIT */
/*
 * What trace and replay share: events in, lines out
 * (assembler → filter → sink, by the options). A view can show several traces,
 * each with an assembler of its own.
 */
#ifndef FALLOCTRACE_CMD_VIEW_H
#define FALLOCTRACE_CMD_VIEW_H

#include <stdint.h>
#include <stdio.h>

#include "cmd/options.h"
#include "cmd/queue.h"
#include "falloctrace/error.h"
#include "falloctrace/event.h"
#include "falloctrace/info.h"

struct view;
struct view_trace;
struct output;

enum view_result {
	VIEW_FAILED = -1, /* see the error */
	VIEW_OK = 0,
	VIEW_CLOSED = 1, /* the reader of the output has gone (EPIPE): stop, quietly; no error is set */
};

struct view_counts {
	uint64_t calls; /* outer calls seen, shown or not */
	uint64_t shown; /* … of these, written */
	uint64_t odd;	/* … of the shown, with enum odd other than ODD_NESTED */
	uint64_t lost;	/* events lost, as far as counted */
	uint64_t gaps;	/* losses of an unknown number of events */
};

/*
 * Borrows both until view_free. Writes the header. out is made line-buffered for
 * a live trace unless it is a regular file. hosts: of several machines, whose
 * names are to be seen.
 */
struct view *view_new(const struct options *o, bool hosts, FILE *out, struct error *e);
/* The same for a live trace, to a queue, which is borrowed, too. */
struct view *view_new_queued(const struct options *o, struct queue *queue, struct error *e);
/* The same, with a sink of the caller's, which is the view's from here on, failure or not (NULL: memory was out). */
struct view *view_new_sink(const struct options *o, struct sink *sink, FILE *out, struct error *e);
/* Tells output when what has been written to its file is whole: after each interval, and at the end. Borrows it. */
void view_publish_to(struct view *v, struct output *output);
void view_free(struct view *v); /* takes NULL; frees its traces, too; doesn't close out */
/* One trace more, freed with the view. Borrows info until then. */
struct view_trace *view_add(struct view *v, struct trace_info *info, struct error *e);

/*
 * Shows only calls of thread group pid and its descendants (-- COMMAND without
 * -a), on top of the filters. To be called before the first event.
 */
void view_set_root(struct view_trace *t, int32_t pid);

/* Losses (EVENT_LOST) are always written, whatever the filters. */
enum view_result view_event(struct view_trace *t, const struct event *ev, struct error *e);
/*
 * It is now (ns on the trace's clock), and all that is older has been shown: ends
 * the interval (options' interval) that is over. A call that ends in a later one
 * does, too; a loss is of the one in which its gap began.
 */
enum view_result view_time(struct view_trace *t, uint64_t now, struct error *e);
/* ns from now until the interval that it is in ends, at least 1; 0: nobody wants to know. */
int64_t view_until_end(const struct view_trace *t, uint64_t now);
/* The trace has ended: its open calls are written as unfinished. Call it once. */
enum view_result view_trace_end(struct view_trace *t, struct error *e);
/* All have ended: the footer; flushes out. Call it once. */
enum view_result view_end(struct view *v, struct error *e);
/* Writes what is buffered (once a batch of a live trace, say). */
enum view_result view_flush(struct view *v, struct error *e);
void view_counts(const struct view *v, struct view_counts *c);
/*
 * One line on stderr where something was lost (unless quiet):
 * "falloctrace: 118 events lost …, make --buffer-size larger".
 */
void view_report(const struct view *v, FILE *err);

#endif
