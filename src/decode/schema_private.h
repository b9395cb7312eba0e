/* SPDX-License-Identifier: MIT */
#ifndef FALLOCTRACE_DECODE_SCHEMA_PRIVATE_H
#define FALLOCTRACE_DECODE_SCHEMA_PRIVATE_H

#include "falloctrace/schema.h"

struct decoder;

/* What decodes a record, which tells whether it is of interest: NULL if not. The schema's. */
const struct decoder *schema_find(const struct schema *s, const void *data, size_t size);
/* As schema_decode, for a record of which that is known. */
int schema_decode_as(const struct schema *s, const struct decoder *d, const struct record *r, int cpu, struct event *ev,
		     struct error *e);

#endif
