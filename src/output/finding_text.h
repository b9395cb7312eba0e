/* SPDX-License-Identifier: MIT */
/*
 * A finding in words, so that all that show findings say the same.
 */
#ifndef FALLOCTRACE_OUTPUT_FINDING_TEXT_H
#define FALLOCTRACE_OUTPUT_FINDING_TEXT_H

#include "falloctrace/sink.h"
#include "output/buf.h"
#include "output/clock.h"
#include "stats/findings.h"

struct finding_words {
	bool human, hosts;
	enum time_style time;
	bool has_first; /* TIME_STYLE_RELATIVE counts from there, on the trace's clock */
	uint64_t first;
	struct clock clock;
};

void finding_words_init(struct finding_words *w, const struct sink_options *o);

/* "12 calls on /var/lib/x (xfs)", names escaped for a terminal. */
void finding_about(struct finding_words *w, struct buf *b, const struct finding *f);
/*
 * Adds the i-th line of evidence (without a newline) and returns its label, or ""
 * where there is nothing to say on this one; NULL: there are no more. Names are
 * escaped for a terminal. Labels are at most FINDING_LABEL long.
 */
const char *finding_line(struct finding_words *w, struct buf *b, const struct finding *f, unsigned i);
#define FINDING_LABEL 9

#endif
