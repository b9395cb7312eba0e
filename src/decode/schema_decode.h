/* SPDX-License-Identifier: MIT */
#ifndef FALLOCTRACE_DECODE_SCHEMA_DECODE_H
#define FALLOCTRACE_DECODE_SCHEMA_DECODE_H

#include <stdbool.h>

#include "schema_fields.h"

/* Once its numbers are known: how each is copied out of records in this byte order. */
void decoder_choose_copies(struct decoder *d, bool big_endian);
/* Nothing is known: no kind, no bit of `has`. */
void event_clear(struct event *ev);
/*
 * Fills *ev, which is clear, from a record of at least d->need bytes. steps: bits
 * 1 << enum fs_step, which the trace can tell. As schema_decode.
 */
int decoder_decode(const struct decoder *d, bool big_endian, uint8_t steps, const void *data, size_t size,
		   struct event *ev, struct error *e);

#endif
