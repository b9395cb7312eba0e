/* SPDX-License-Identifier: MIT */
/*
 * Literal calls for the tests of sinks.
 */
#ifndef FALLOCTRACE_TESTS_UNIT_CALLS_H
#define FALLOCTRACE_TESTS_UNIT_CALLS_H

#include "falloctrace/call.h"
#include "falloctrace/sink.h"

/* The container that call_whole is made in. */
#define CALL_CONTAINER "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct call call_whole(void);		      /* design.md's example: all is known, nothing is odd */
struct call call_bare(void);		      /* a thread did something: nothing else is known */
struct call call_hostile(void);		      /* every odd, no UTF-8, extreme numbers */
struct call call_badfd(void);		      /* EBADF: an fd and no file */
struct call call_overlay(struct call *inner); /* with *inner inside */

typedef struct sink *(*sink_maker)(const struct sink_options *o);

/* What a sink writes for header, calls (in a row), losses, footer. The caller frees it. */
struct script {
	bool header;
	const struct call *calls;
	unsigned calls_count;
	const struct loss *losses;
	unsigned losses_count;
};
char *sink_output(sink_maker make, struct sink_options o, const struct script *s);

#endif
