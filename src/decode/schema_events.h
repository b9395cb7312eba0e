/* SPDX-License-Identifier: MIT */
/*
 * Which events of a trace tell of a fallocate: ours by their names, others' by
 * their names and by what they hold.
 */
#ifndef FALLOCTRACE_DECODE_SCHEMA_EVENTS_H
#define FALLOCTRACE_DECODE_SCHEMA_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "falloctrace/event.h"

/* Who says that an event is what its name says. */
enum origin {
	ORIGIN_KERNEL,	/* a tracepoint of the kernel's */
	ORIGIN_OURS,	/* a group of ours */
	ORIGIN_BY_HAND, /* our name in somebody else's group */
	ORIGIN_SYMBOL,	/* a probe on vfs_fallocate that is named after it: entry or return */
};

struct known_event {
	enum event_kind kind; /* ORIGIN_SYMBOL: of the entry */
	enum origin origin;
	const char *fs;	 /* the filesystem that it is of, as mountinfo names it; NULL: not told */
	int mode;	 /* that it stands for, whatever its fields say; -1: none */
	uint8_t step;	 /* enum fs_step, or enum convert */
	uint32_t mask;	 /* only records whose flags have a bit of these; 0: all. See event_mask */
	uint8_t mode_if; /* bits 1 << enum fs_step: … if events of these steps, too, are in the trace */
};

/* False: none of interest. */
bool event_known(const char *system, const char *name, struct known_event *k);

/* … whose format has this text. */
uint32_t event_mask(const struct known_event *k, const char *text, size_t size);
/* Whether a record with these flags is one of those that the event's mask is for; the kernel may let others pass. */
bool event_flags_wanted(uint32_t mask, uint64_t flags);

/* The probe that an event comes of, as its fields tell. */
enum probe_shape {
	PROBE_NONE,
	PROBE_ENTRY,
	PROBE_RETURN,
};
/*
 * Whether a probe with these fields (enum event_has) is what a name in somebody
 * else's group says.
 */
bool event_believed(const struct known_event *k, enum probe_shape shape, uint32_t has);
/*
 * An event that is believed by hand only beside its beginning: a bit for the
 * way in that it is of. 0: it needs none.
 */
uint8_t event_needs_begin(const struct known_event *k);
/* … and the bit of the way in whose beginning this is. */
uint8_t event_begins(const struct known_event *k);

#endif
