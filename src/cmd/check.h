/* SPDX-License-Identifier: MIT */
/*
 * replay --check: what files are, without replaying them. Pages are walked,
 * records are not decoded.
 */
#ifndef FALLOCTRACE_CMD_CHECK_H
#define FALLOCTRACE_CMD_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/options.h"
#include "falloctrace/dat_reader.h"

#define CHECK_TOLD 10 /* problems of a file that are named */
#define CHECK_IDS 65536

/* Kinds of events that tell of fallocate: bits. */
enum check_kind {
	CHECK_OURS = 1 << 0,	   /* probes of falloctrace's */
	CHECK_SYSCALLS = 1 << 1,   /* system-call tracepoints */
	CHECK_FILESYSTEM = 1 << 2, /* a file system's own tracepoints */
	CHECK_OTHER = 1 << 3,	   /* other probes */
};
#define CHECK_KINDS 4

struct check_event {
	char name[256]; /* "system:name"; "" the file has no format for it */
	int id;
	bool fallocate; /* tells of fallocate */
	uint64_t count;
};

struct check_buffer {
	uint64_t pages, events;
};

struct check {
	struct dat_reader *reader;
	const struct dat_about *about;
	struct trace_info info;
	struct check_event *events; /* those that occur or tell of fallocate: these first, then the most frequent */
	size_t events_count;
	struct check_buffer *buffers; /* as about's */
	uint64_t pages, count;	      /* of records */
	uint64_t lost, gaps;	      /* counted events, and times that it is not known how many */
	bool has_time;
	uint64_t first, last; /* on the trace's clock */
	unsigned kinds;	      /* enum check_kind */
	uint32_t has;	      /* enum event_has: what its fallocate events tell */
	bool names;	      /* … names of files, too */
	uint64_t problems;
	struct error told[CHECK_TOLD];
};

/* Takes in, however it ends. 0, or -1 and *e: it can't be read at all. check_free either way. With progress: on a terminal it says how far it is. */
int check_file(struct check *c, const char *path, struct dat_input *in, bool progress, struct error *e);
void check_free(struct check *c);

/* What it says: check_show.c, check_json.c. 0, or -1 and *e: it could not be written. */
int check_text(const struct check *c, FILE *out, struct error *e);
int check_json(const struct check *c, FILE *out, struct error *e);
/* The nth thing ("size", "path") that no event of the file tells, from 0 on. NULL: there are no more. */
const char *check_untold(const struct check *c, unsigned n);
/* A place on the trace's clock as UTC. False: it has none. */
bool check_wall(const struct check *c, uint64_t ts, int64_t *utc);

/* The command: an exit status, or -1 and *e. */
int check_files(const struct options *o, struct error *e);

#endif
