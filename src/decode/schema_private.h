/* SPDX-License-Identifier: MIT */
#ifndef FALLOCTRACE_DECODE_SCHEMA_PRIVATE_H
#define FALLOCTRACE_DECODE_SCHEMA_PRIVATE_H

#include <stdbool.h>

#include "falloctrace/schema.h"

/* Whether a record is of an event of interest: cheaper than to decode it. */
bool schema_knows(const struct schema *s, const void *data, size_t size);

#endif
