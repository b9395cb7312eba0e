/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the findings' sink share.
 */
#ifndef FALLOCTRACE_OUTPUT_FINDINGS_H
#define FALLOCTRACE_OUTPUT_FINDINGS_H

#include "falloctrace/sink.h"
#include "output/buf.h"
#include "output/clock.h"
#include "output/finding_text.h"
#include "output/intervals.h"
#include "stats/findings.h"

struct findings_sink {
	struct sink sink;
	struct sink_options o;
	struct buf line;
	struct interval_heads heads;
	struct finding_words words;
	struct clock clock;
	struct findings *findings;
};

/* Each writes all of it; i is NULL where there are no intervals, or the time is not known. */
int findings_write_text(struct findings_sink *s, const struct interval *i, const struct finding *found, size_t count,
			struct error *e);
int findings_write_json(struct findings_sink *s, const struct interval *i, const struct finding *found, size_t count,
			struct error *e);

#endif
