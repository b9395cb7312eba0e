/* SPDX-License-Identifier: MIT */
/*
 * What a test says of the calls that come of its events.
 */
#ifndef FALLOCTRACE_TESTS_UNIT_EXPECT_CALLS_H
#define FALLOCTRACE_TESTS_UNIT_EXPECT_CALLS_H

#include "collector.h"

#define UNFINISHED ODD_UNFINISHED
#define ORPHAN ODD_ORPHAN
#define NESTED ODD_NESTED
#define NEARBY ODD_LOSS_NEARBY
#define NO_TIME 0
#define NO_RET 1

/* What a test says of a call; len tells calls apart, -1 if it is not known. */
struct want {
	int32_t tid;
	uint64_t start, end;
	int64_t ret;
	int64_t len;
	enum via via;
	unsigned odd;
	int depth;
	size_t inner;
};

void check_call(const struct call *c, const struct want *w);
/* Whole calls, in the order in which they come out. */
struct collector *expect_calls(const struct event *events, size_t events_count, const struct want *want, size_t count);

#define EXPECT(events, want) expect_calls(events, COUNT(events), want, COUNT(want))

#endif
