/* SPDX-License-Identifier: MIT */
/*
 * How the stamps of a file become times: the shift of a guest's clock against
 * its host's (TIME_SHIFT), ticks as ns (TSC2NSEC), a fixed offset (OFFSET), in
 * this order, as trace-cmd does. DATE tells how far all that is from UTC.
 * Each take function is given an option's payload, and believes nothing in it.
 */
#ifndef FALLOCTRACE_DAT_TIME_H
#define FALLOCTRACE_DAT_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "falloctrace/error.h"

#include "file.h"

/* From `time` on: host = (guest × scaling >> fraction) + offset. */
struct time_sample {
	uint64_t time;
	int64_t offset;
	uint64_t scaling;
	uint8_t fraction;
};

/* A CPU's, by time; none: its stamps stay as they are. */
struct time_samples {
	struct time_sample *list;
	uint32_t count;
};

struct dat_time {
	uint64_t offset; /* two's complement */
	uint64_t date;	 /* ns to add for UTC, two's complement */
	bool has_date;
	uint32_t mult, shift; /* mult 0: no ticks are converted */
	bool interpolate;     /* between two samples' offsets */
	struct time_samples *cpus;
	uint32_t cpus_count; /* 0: no shift */
};

void dat_time_free(struct dat_time *t);

/* Several of these add up. */
int dat_time_take_date(struct dat_time *t, struct cursor *c, struct error *e);
int dat_time_take_offset(struct dat_time *t, struct cursor *c, struct error *e);
int dat_time_take_tsc(struct dat_time *t, struct cursor *c, struct error *e);
/* A table that can't be true is not followed: -1 and *e; stamps stay unshifted then. */
int dat_time_take_shift(struct dat_time *t, struct cursor *c, struct error *e);

/* Whether stamps are anything else than times. */
bool dat_time_converts(const struct dat_time *t);
/* Grows with ts, but where OFFSET takes it past 0: there it wraps, as it does for trace-cmd. */
uint64_t dat_time_of(const struct dat_time *t, int cpu, uint64_t ts);
/* Whether times made of this clock's stamps count something else than ns. "" or NULL: not told, which means ns. */
bool dat_time_ticks(const struct dat_time *t, const char *clock);

#endif
