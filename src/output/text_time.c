/* SPDX-License-Identifier: MIT */
#include "output/text_private.h"

struct text_when text_when_of(const struct call *c)
{
	return (struct text_when){.has_ts = c->has_start || c->has_end,
				  .has_utc = c->has_utc,
				  .ts = c->has_start ? c->start : c->end,
				  .utc = c->utc};
}

/* Columns of each style's widest usual time. */
size_t text_time_width(enum time_style style)
{
	switch (style) {
	case TIME_STYLE_LOCAL:
		return 15; /* 09:15:02.123456 */
	case TIME_STYLE_UTC:
		return 27; /* 2026-11-23T09:15:02.123456Z */
	case TIME_STYLE_RELATIVE:
	case TIME_STYLE_DELTA:
		return 12; /* 12345.678901 */
	case TIME_STYLE_RAW:
		return 17; /* 1234567.123456789 */
	}
	return 0;
}

void text_time_begin(struct text *t, struct text_when *w)
{
	/* machines have a clock each, and only wall time in common */
	if (t->o.hosts && w->has_utc && t->o.time != TIME_STYLE_RAW)
		w->ts = (uint64_t)w->utc;
	if (w->has_ts && !t->has_first) {
		t->first = w->ts;
		t->has_first = true;
	}
}

/* The trace's own time, as trace-cmd report has it. */
static void add_raw(struct text *t, const struct text_when *w, unsigned digits)
{
	if (w->has_ts && t->ticks)
		buf_u64(&t->line, w->ts);
	else if (w->has_ts)
		clock_seconds(&t->line, (int64_t)w->ts, digits);
}

void text_time_add(struct text *t, const struct text_when *w)
{
	struct buf *b = &t->line;

	switch (t->o.time) {
	case TIME_STYLE_LOCAL:
		if (w->has_utc)
			clock_local(&t->clock, b, w->utc, 6);
		else
			add_raw(t, w, 6);
		break;
	case TIME_STYLE_UTC:
		if (w->has_utc)
			clock_utc(&t->clock, b, w->utc, 6);
		else
			add_raw(t, w, 6);
		break;
	case TIME_STYLE_RELATIVE:
		if (w->has_ts)
			clock_seconds(b, (int64_t)(w->ts - t->first), 6);
		break;
	case TIME_STYLE_DELTA:
		if (w->has_ts)
			clock_seconds(b, t->has_last ? (int64_t)(w->ts - t->last) : 0, 6);
		break;
	case TIME_STYLE_RAW:
		add_raw(t, w, 9);
		break;
	}
}

void text_time_end(struct text *t, const struct text_when *w)
{
	if (!w->has_ts)
		return;
	t->last = w->ts;
	t->has_last = true;
}
