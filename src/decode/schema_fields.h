/* SPDX-License-Identifier: MIT */
/*
 * Which field of which event goes where in struct event, and how a format's
 * fields become a list of copies.
 */
#ifndef FALLOCTRACE_DECODE_SCHEMA_FIELDS_H
#define FALLOCTRACE_DECODE_SCHEMA_FIELDS_H

#include <event-parse.h>
#include <stdint.h>

#include "falloctrace/error.h"
#include "falloctrace/event.h"
#include "schema_events.h"

/* What a number means, whatever the format says of its sign. */
enum meaning {
	MEANS_S32, /* an int: of 8 bytes the low 4 count */
	MEANS_S64,
	MEANS_UNSIGNED,
	MEANS_ERROR, /* an errno that is positive */
};

enum copy_how {
	COPY_ANY, /* step by step */
	COPY_8,
	COPY_4,
	COPY_S4_TO_8,
	COPY_U4_TO_8,
};

struct number_copy {
	uint16_t from; /* in the record */
	uint16_t to;   /* in struct event */
	uint8_t size;  /* in the record: 1, 2, 4 or 8 */
	uint8_t room;  /* in struct event: 4 or 8 */
	uint8_t meaning;
	uint8_t how; /* enum copy_how */
};

enum string_kind {
	STRING_ARRAY,	 /* in place */
	STRING_DATA_LOC, /* u32: length << 16 | offset in the record */
	STRING_REL_LOC,	 /* … offset behind the field */
};

struct string_copy {
	uint16_t from;
	uint16_t size; /* of an array */
	uint16_t to;
	uint8_t kind;
	uint32_t has; /* its bit; 0: one of the names */
};

#define NUMBERS_MAX 24
#define STRINGS_MAX (EVENT_NAMES_MAX + 2)

struct decoder {
	enum event_kind kind;
	uint32_t has;  /* numbers that every record of this event has */
	uint32_t need; /* bytes that a record has at least */
	unsigned numbers_count, strings_count;
	struct number_copy numbers[NUMBERS_MAX];
	const char *fs; /* the filesystem that it is of; NULL: not told */
	int mode;	/* that it stands for; -1: none */
	uint8_t step, mode_if;
	/* Believed only if, of this group (an index of the schema's), these ways in have a beginning. */
	uint8_t group, needs_begin;
	/* Only records in which this number is nr are of interest; size 0: all are. */
	struct number_copy filter;
	uint64_t nr;
	uint32_t mask;				 /* not 0: … in which this number has a bit of these */
	struct string_copy strings[STRINGS_MAX]; /* names last, leaf first */
};

/* What a format is resolved for. */
struct resolve {
	struct known_event known;
	int long_size; /* the traced kernel's */
	bool big_endian;
	uint64_t nr; /* number of fallocate among its system calls; 0: unknown */
};
/*
 * Fills d from a parsed format. 1; 0: it is not what its name says; -1 and *e: a
 * field is not what its meaning needs.
 */
int decoder_resolve(struct decoder *d, const struct resolve *r, struct tep_event *event, struct error *e);

#endif
