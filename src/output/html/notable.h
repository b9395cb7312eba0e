/* SPDX-License-Identifier: MIT */
/*
 * Single calls worth showing: the slowest, and the first ones that failed, of
 * each error. Bounded, however many there are.
 */
#ifndef FALLOCTRACE_OUTPUT_HTML_NOTABLE_H
#define FALLOCTRACE_OUTPUT_HTML_NOTABLE_H

#include <stddef.h>
#include <stdint.h>

#include "falloctrace/call.h"

#define NOTABLE_SLOW 50
#define NOTABLE_FAILED 100
#define NOTABLE_EACH 10 /* failed calls of one error */

/* Calls as they came, but without their inner ones. */
struct notable {
	struct call *slow[NOTABLE_SLOW]; /* in no order until notable_sort */
	size_t slow_count, slow_least;	 /* the place of the fastest of them */
	struct call *failed[NOTABLE_FAILED];
	size_t failed_count;
};

void notable_init(struct notable *n);
void notable_free(struct notable *n);
int notable_add(struct notable *n, const struct call *c); /* -1: memory */
/* The slowest first; the failed ones as they came. Nothing can be added afterwards. */
void notable_sort(struct notable *n);

#endif
