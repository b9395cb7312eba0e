/* SPDX-License-Identifier: MIT */
/*
 * Where a record of a probe that dumps has what, by the text of the event's
 * "format" file. What all events begin with has 8 bytes on most kernels, and more
 * where something is added to it, as PREEMPT_RT's lazy preemption counts before 6.6.
 */
#ifndef FALLOCTRACE_KERNEL_DUMP_FORMAT_H
#define FALLOCTRACE_KERNEL_DUMP_FORMAT_H

#include <stddef.h>

#include "falloctrace/error.h"

struct dump_format {
	int id;	       /* of the event */
	size_t ip;     /* byte offset of the probe's address; of a return probe's: where the function returned to */
	size_t words;  /* byte offset of the first argument */
	size_t length; /* bytes of a record with all arguments, each of 8 bytes, one behind the other */
};

/* type is 'p' or 'r'; count the number of arguments. -1: the text is no such event's. */
int dump_format_read(struct dump_format *f, const char *text, char type, size_t count, struct error *e);

#endif
