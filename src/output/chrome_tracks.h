/* SPDX-License-Identifier: MIT */
/*
 * Whose line of a picture a call is drawn on: machines, processes and threads, as
 * many as there may be in a bounded memory.
 */
#ifndef FALLOCTRACE_OUTPUT_CHROME_TRACKS_H
#define FALLOCTRACE_OUTPUT_CHROME_TRACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "falloctrace/call.h"
#include "falloctrace/info.h"

#define TRACK_THREADS 65536 /* remembered at once; beyond it the one that called last long ago is forgotten */
#define TRACK_PROCESSES 16384
#define TRACK_NAMES_MAX 8 /* how often one that is remembered is named anew */

/* Sums of bytes since the beginning; they stay at the largest number rather than begin anew. */
struct track_bytes {
	int64_t asked;	      /* by calls, whatever became of them */
	int64_t grown;	      /* of sizes, as they were seen */
	int64_t gained, lost; /* of blocks, as they were seen */
};

struct track {
	bool used;
	uint32_t id; /* unique among those of all machines */
	char comm[COMM_SIZE];
	unsigned names; /* told so far */
	uint64_t end;	/* threads: ns, before which its next call cannot have begun */
	bool counted;	/* processes: bytes has all since the beginning */
	struct track_bytes bytes;
};

/* A machine: of one name, or of a trace that tells none. */
struct track_host {
	const char *name; /* "" unknown */
	unsigned number;  /* then: its trace's, from 1; 0: it has none */
	uint32_t index;
	bool named;
	struct track_bytes bytes;
};

struct track_table {
	struct track *slots; /* sets of a few, the one used last first */
	size_t sets;
	bool forgot;
};

/* A trace: its calls' host is info's. */
struct track_trace {
	const struct trace_info *info;
	size_t host;
};

struct tracks {
	uint64_t seed;
	struct track_table processes, threads;
	struct track_trace *traces;
	size_t traces_count;
	struct track_host *hosts;
	size_t hosts_count;
};

/* 0, or -1: memory is out. Freed by tracks_free in any case. */
int tracks_init(struct tracks *t);
void tracks_free(struct tracks *t);

/* A trace more. -1: memory is out. */
int tracks_add_trace(struct tracks *t, const struct trace_info *info);
/*
 * The machine that calls with this host are of, valid until the next call here;
 * NULL: memory is out. *shift: ns, to be added to the trace's time so that the
 * clocks of all traces agree and none is below 0; 0 where there is one trace.
 */
struct track_host *tracks_host(struct tracks *t, const char *host, uint64_t *shift);

/*
 * Numbers that differ where machine or process (thread) do, of the pids that Linux
 * gives (below 1 << 22); the first machine's are the pids themselves.
 */
uint32_t track_id(const struct track_host *h, int32_t pid);
/* A number beside all of them: the machine itself. */
uint32_t track_machine_id(const struct track_host *h);

/* The one of this number, made if it is not remembered; *made says so. Valid until the next call of it. */
struct track *tracks_process(struct tracks *t, uint32_t id, bool *made);
struct track *tracks_thread(struct tracks *t, uint32_t id, bool *made);

/* Adds what c tells. Whether that changed anything. */
bool track_bytes_add(struct track_bytes *b, const struct call *c);

#endif
