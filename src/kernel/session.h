/* SPDX-License-Identifier: MIT */
/*
 * A running trace of this machine: everything made in the kernel, in the order
 * in which it is made and unmade. Open gives a session whose first event can
 * already be read, or an error and nothing left behind.
 */
#ifndef FALLOCTRACE_KERNEL_SESSION_H
#define FALLOCTRACE_KERNEL_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "falloctrace/error.h"
#include "falloctrace/info.h"
#include "falloctrace/schema.h"
#include "kernel/deep.h"
#include "kernel/layout.h"
#include "kernel/machine.h"
#include "kernel/probes.h"
#include "kernel/reader.h"

struct session_options {
	uint64_t buffer_size; /* bytes per CPU; 0: what this machine has room for */
	unsigned path_depth;  /* names fetched */
	bool related;	      /* truncates, and writes to what was reserved */
	bool deep;	      /* filesystems' own functions, too */
	bool batch;	      /* wake the reader when a buffer is half full, not at the first event */
};

#define SESSION_STEPS 16
struct session_step {
	const char *name;
	int64_t ns; /* it took */
};

/* How the blocks of a mounted filesystem type were found to be. */
struct session_blocks {
	char fs[32];
	enum blocks_rule rule;
	const char *why; /* not trusted: the reason; else NULL */
	unsigned tries;	 /* mounts of the type that were looked at */
};
#define SESSION_BLOCKS 32

struct session {
	struct trace_info info;
	struct machine *machine;
	const char *tracing;  /* tracefs */
	char name[32];	      /* of instance and group */
	char dir[512];	      /* the instance's */
	uint64_t buffer_size; /* bytes per CPU, as asked of the kernel … */
	bool buffer_chosen;   /* … by the machine's memory, not by the user */
	bool sees_badfd;      /* calls with a bad descriptor show */
	bool related;	      /* … was asked for */
	bool fallback;	      /* system-call tracepoints: no probes can be had */
	char fallback_why[256];
	char without[256]; /* capabilities that were missing at the start, and what they are for; empty: none */
	struct layout layout;
	struct probe *probes;
	size_t probes_count;
	struct deep *deep; /* NULL: not asked for, or not to be had */
	struct reader *reader;
	struct schema *schema;
	struct session_step steps[SESSION_STEPS];
	size_t steps_count;
	struct session_blocks blocks[SESSION_BLOCKS];
	size_t blocks_count;
	/* private to session.c and session_events.c */
	struct watchdog *watchdog;
	int lock;
	int running; /* tracing_on, */
	int enabled; /* events/enable and */
	int profile; /* … kprobe_profile, for when they can't be opened any more; or -1 */
	struct rivals *rivals;
};

int session_open(struct session *s, const struct session_options *o, struct error *e);
/*
 * To be said when everything is opened: what only the start needed is then removed, in the background,
 * and that takes a second in which every open in tracefs waits.
 */
void session_ready(const struct session *s);
/*
 * Whether somebody else has put a hand to the instance; see rivals_look. To be
 * asked after each wake-up, before pages are read: what comes from then on may be
 * of another clock. Readable when it is time to: session_rivals_fd.
 */
int session_look(struct session *s, bool last, struct error *e);
int session_rivals_fd(const struct session *s);
/* No event is recorded any more; what was can still be read. */
int session_stop(struct session *s, struct error *e);
/* After that, for who has much to do before session_close: nobody's calls cost more any more. */
void session_disable(const struct session *s);
/* Takes a session in any state, zeroed too. 0: nothing of it is left in the kernel. */
int session_close(struct session *s, struct error *e);
/* Returns that the kernel missed because more calls slept at once than maxactive; stands in kprobe_profile. */
uint64_t session_missed_returns(const struct session *s);
/* Has the schema know an event that the instance has. For deep.c. */
int session_add_format(struct session *s, const char *system, const char *event, struct error *e);
/* Only the probes' lines, for `falloctrace probes`: discovers, and leaves nothing. group: as they are to be called. The caller frees *probes. */
int session_probe_lines(const struct session_options *o, const char *group, struct probe **probes, size_t *count,
			struct error *e);

#endif
