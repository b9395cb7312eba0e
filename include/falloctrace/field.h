/* SPDX-License-Identifier: MIT */
/*
 * What a call tells, by name: the one list behind --columns, --csv and --where.
 * The names are those of the JSON output, where that has them.
 */
#ifndef FALLOCTRACE_FIELD_H
#define FALLOCTRACE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "falloctrace/call.h"

enum field_unit {
	UNIT_NONE, /* a plain number */
	UNIT_BYTES,
	UNIT_BLOCKS, /* of 512 bytes */
	UNIT_NS,
	UNIT_UTC,  /* ns since the epoch */
	UNIT_WORD, /* text out of a known few: plain ASCII without blanks */
	UNIT_TEXT, /* any bytes but NUL */
};

enum value_kind { VALUE_NONE, VALUE_SIGNED, VALUE_UNSIGNED, VALUE_TEXT };

#define VALUE_ROOM 128

/* What a call has in a field. VALUE_NONE: unknown, or there is none (the error of a call that succeeded). */
struct value {
	enum value_kind kind;
	enum known known; /* VALUE_NONE: UNKNOWN */
	int64_t number;	  /* VALUE_SIGNED */
	uint64_t unsigned_number;
	const char *text; /* VALUE_TEXT: ends in a NUL; the call's, or in room */
	char room[VALUE_ROOM];
};

struct field {
	const char *name;
	enum field_unit unit;
	const char *help; /* a few words */
	void (*get)(const struct call *c, struct value *v);
};

extern const struct field fields[];
extern const size_t fields_count;

/* What text alone has a column for: put together of several fields, so there is no get. */
extern const struct field composites[];
extern const size_t composites_count;

/* By name, or by a shorter one ("latency" for latency_ns, "pid", "file" for path). NULL: there is none. */
const struct field *field_find(const char *name, size_t size);
/* Among the composites as well. */
const struct field *column_find(const char *name, size_t size);

#endif
