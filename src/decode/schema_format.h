/* SPDX-License-Identifier: MIT */
/*
 * An event's format text, taken apart by a strict grammar and written anew, so
 * that libtraceevent's parser only ever sees texts of ours.
 */
#ifndef FALLOCTRACE_DECODE_SCHEMA_FORMAT_H
#define FALLOCTRACE_DECODE_SCHEMA_FORMAT_H

#include <stddef.h>

#include "falloctrace/error.h"

#define FORMAT_WORD_SIZE 64 /* longest identifier, with the NUL */

struct format {
	char name[FORMAT_WORD_SIZE];
	int id;	    /* 0 … 65535 */
	char *text; /* rebuilt, NUL-terminated; format_free frees it */
	size_t size;
};

/* Only the first line, for a look at which event it is. 0 or -1. */
int format_name(const char *text, size_t size, char name[FORMAT_WORD_SIZE]);
/* 0, or -1 and *e; then there is nothing to free. */
int format_rebuild(const char *text, size_t size, struct format *f, struct error *e);
void format_free(struct format *f);

#endif
