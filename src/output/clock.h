/* SPDX-License-Identifier: MIT */
/*
 * Nanoseconds since the epoch as dates. Taking a date apart is dear and calls
 * come many a second, so the last second's is kept.
 */
#ifndef FALLOCTRACE_OUTPUT_CLOCK_H
#define FALLOCTRACE_OUTPUT_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "output/buf.h"

struct clock {
	bool kept;
	int64_t second;
	char text[48];
};

void clock_init(struct clock *k);
/* "2026-11-23T09:15:02.123456789Z", with digits (1 … 9) behind the point, the rest cut off. */
void clock_utc(struct clock *k, struct buf *b, int64_t utc, unsigned digits);
/* "09:15:02.123456" by the machine's time zone. One struct clock is for one of these functions. */
void clock_local(struct clock *k, struct buf *b, int64_t utc, unsigned digits);
/* "2026-11-23T09:15:02.123456", the same with its date. */
void clock_local_date(struct clock *k, struct buf *b, int64_t utc, unsigned digits);
/* "12.345678" of a number of ns, "-0.5" as well. */
void clock_seconds(struct buf *b, int64_t ns, unsigned digits);

#endif
