/* SPDX-License-Identifier: MIT */
/*
 * One of the files that are replayed: its events in the order of its time, and
 * what is broken in it.
 */
#ifndef FALLOCTRACE_CMD_REPLAY_FILE_H
#define FALLOCTRACE_CMD_REPLAY_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cmd/progress.h"
#include "cmd/view.h"
#include "falloctrace/dat_reader.h"
#include "falloctrace/merge.h"

#define REPLAY_TOLD 10 /* problems of a file that are named */

/* The reader's pages, and the progress looked after at each. */
struct watched_source {
	struct source source; /* first: its functions get back here by it */
	struct source *inner;
	void (*watch)(void *ctx);
	void *ctx;
};

struct replay_file {
	const char *name; /* for messages */
	struct dat_reader *reader;
	struct schema *schema;
	struct trace_info info;
	struct watched_source source;
	struct merge *merge;
	struct view_trace *view;
	bool ended;
	struct event event; /* the next one, unless ended */
	/* Its place among the events of all files: UTC ns, never less than the one before. */
	int64_t wall;
	uint64_t broken;    /* what was found broken on the way */
	struct error *told; /* … the first REPLAY_TOLD of it; NULL none */
};

/* As dat_input_open, whose error says more where path is a recording that still runs or was cut off. */
struct dat_input *replay_input_open(const char *path, struct error *e);
/*
 * Takes in, however it ends. -1 and *e: nothing of it can be replayed;
 * replay_file_close either way. watch, if any, is called at each page.
 */
int replay_file_open(struct replay_file *f, const char *path, struct dat_input *in, void (*watch)(void *ctx), void *ctx,
		     struct error *e);
void replay_file_close(struct replay_file *f);
/* To the next event; sets ended where there is none. */
void replay_file_next(struct replay_file *f);
/* What is broken in it, the first REPLAY_TOLD problems. Their number. */
uint64_t replay_file_report(const struct replay_file *f, FILE *err);

#endif
