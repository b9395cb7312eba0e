/* SPDX-License-Identifier: MIT */
/*
 * Probes that dump words of kernel memory, for discovery: each argument is 64
 * bits wide, so that a record is an array. They see this thread only, and live
 * under the discovery's own name (traces.h), so that one removal ends them.
 */
#ifndef FALLOCTRACE_KERNEL_DUMPER_H
#define FALLOCTRACE_KERNEL_DUMPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "falloctrace/error.h"
#include "kernel/dump_format.h"

#define DUMP_WORDS 128 /* arguments that a probe can have */

/* One probe, and what its last hit fetched. */
struct dump {
	char name[16];
	char type; /* 'p' or 'r' */
	struct dump_format format;
	size_t count;
	bool hit;
	uint64_t ip; /* where the probe sits; of a return probe, where the function returned to */
	/* A word whose fetch failed holds whatever the ring buffer held before. */
	uint64_t words[DUMP_WORDS];
};

struct dumper;

struct dumper *dumper_open(const char *tracing, struct error *e);
/* Closes what it holds open; the probes stay for watchdog_drop_discovery, since removing them takes long. */
void dumper_close(struct dumper *d);
/*
 * Defines a probe: args as kprobe_events has them, each of type u64, count of
 * them. Not armed yet. NULL and errno as probe_add. Owned by the dumper.
 */
struct dump *dumper_add(struct dumper *d, char type, const char *name, const char *where, const char *args,
			size_t count, struct error *e);
/* Arms all that are defined. */
int dumper_arm(struct dumper *d, struct error *e);
/* Nothing is dumped any more: from now on other processes' calls cost no more for it. */
int dumper_disarm(struct dumper *d, struct error *e);
/* Takes what has been hit since the last time into the dumps; all others' hit is false. */
int dumper_collect(struct dumper *d, struct error *e);

#endif
