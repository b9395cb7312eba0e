/* SPDX-License-Identifier: MIT */
/*
 * For the tests of findings: calls one after another on one file, and what is
 * found in them.
 */
#ifndef FALLOCTRACE_TESTS_UNIT_FINDER_H
#define FALLOCTRACE_TESTS_UNIT_FINDER_H

#include "falloctrace/call.h"
#include "stats/findings.h"

#define KIB INT64_C(1024)
#define MIB (KIB * 1024)
#define FINDER_STEP 1000000 /* ns from the end of a call to the next one's start */

struct finder {
	struct findings *f;
	struct call next; /* what the next call is, but for what is asked for */
};

/* A call on an ext4 file of 16 MiB that is all allocated and stays so; 10 us long. */
void finder_init(struct finder *t);
void finder_free(struct finder *t);
/* The next call; nothing of it changes the file, unless next's after is set to something else before. */
void finder_call(struct finder *t, enum op op, int64_t offset, int64_t len, int64_t ret);
/* From now on the file has so many bytes, and blocks, before and after. */
void finder_set(struct finder *t, int64_t size, uint64_t blocks);
/* A call after which it has others; the next one begins with these. */
void finder_change(struct finder *t, enum op op, int64_t offset, int64_t len, int64_t ret, int64_t size,
		   uint64_t blocks);

/* Exactly these kinds, "a b", each on one file, in the order of enum finding_kind; "": nothing. */
void finder_expect(struct finder *t, const char *kinds);
/* The first finding of the kind, which there must be. */
const struct finding *finder_found(struct finder *t, enum finding_kind kind);
/* The number of that name, which it must have. */
int64_t finder_number(const struct finding *f, const char *name);

#endif
