/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "info/units.h"
#include "output/color.h"
#include "output/intervals.h"

#define DIGITS_TEXT 6 /* as the calls' own times have */
#define DIGITS_RAW 9
#define DAY (24 * 3600 * NS_PER_S)

void intervals_init(struct interval_heads *h, const struct sink_options *o)
{
	memset(h, 0, sizeof(*h));
	clock_init(&h->clock);
	h->style = o->time;
	h->color = o->color;
}

void intervals_trace(struct interval_heads *h, const struct trace_info *info)
{
	h->only = h->traces++ ? NULL : info;
}

/* A time of the interval on the clock of the one trace. False: that cannot be told. */
static bool raw_time(const struct interval_heads *h, const struct interval *i, int64_t time, int64_t *raw)
{
	*raw = time;
	if (!i->has_utc)
		return true;
	return h->only && h->only->has_utc_offset && !__builtin_sub_overflow(time, h->only->utc_offset, raw);
}

/* --- text --- */

static void add_since(struct interval_heads *h, struct buf *b, int64_t time)
{
	int64_t since;

	if (__builtin_sub_overflow(time, h->first, &since))
		since = INT64_MAX;
	clock_seconds(b, since, DIGITS_TEXT);
}

/* Times of day alone would not tell it: "00:00:00 to 00:00:00". */
static bool is_long(const struct interval *i)
{
	int64_t length;

	return __builtin_sub_overflow(i->end, i->begin, &length) || length >= DAY;
}

static void add_time(struct interval_heads *h, struct buf *b, const struct interval *i, int64_t time)
{
	int64_t raw;

	if (h->style == TIME_STYLE_RELATIVE || h->style == TIME_STYLE_DELTA)
		add_since(h, b, time);
	else if (h->style == TIME_STYLE_RAW && raw_time(h, i, time, &raw))
		clock_seconds(b, raw, DIGITS_RAW);
	else if (!i->has_utc)
		clock_seconds(b, time, DIGITS_TEXT);
	else if (h->style == TIME_STYLE_LOCAL && is_long(i))
		clock_local_date(&h->clock, b, time, DIGITS_TEXT);
	else if (h->style == TIME_STYLE_LOCAL)
		clock_local(&h->clock, b, time, DIGITS_TEXT);
	else
		clock_utc(&h->clock, b, time, DIGITS_TEXT);
}

void intervals_text(struct interval_heads *h, struct buf *b, const struct interval *i)
{
	if (h->again)
		buf_char(b, '\n');
	h->again = true;
	if (h->color)
		buf_text(b, COLOR_HEADER);
	buf_text(b, "interval: ");
	if (i) {
		if (!h->has_first)
			h->first = i->begin;
		h->has_first = true;
		add_time(h, b, i, i->begin);
		buf_text(b, " to ");
		add_time(h, b, i, i->end);
		if (h->style == TIME_STYLE_DELTA)
			h->first = i->begin;
	} else {
		buf_text(b, "unknown");
	}
	buf_text(b, h->color ? COLOR_OFF "\n" : "\n");
}

/* --- for machines --- */

static void json_utc(struct interval_heads *h, struct buf *b, bool known, int64_t time)
{
	if (!known) {
		buf_text(b, "null");
		return;
	}
	buf_char(b, '"');
	clock_utc(&h->clock, b, time, 9);
	buf_char(b, '"');
}

static void json_raw(struct interval_heads *h, struct buf *b, const struct interval *i, int64_t time)
{
	int64_t raw;

	if (i && raw_time(h, i, time, &raw))
		buf_i64(b, raw);
	else
		buf_text(b, "null");
}

void intervals_json(struct interval_heads *h, struct buf *b, const struct interval *i)
{
	int64_t begin = i ? i->begin : 0, end = i ? i->end : 0;

	buf_text(b, ",\"begin\":");
	json_utc(h, b, i && i->has_utc, begin);
	buf_text(b, ",\"end\":");
	json_utc(h, b, i && i->has_utc, end);
	buf_text(b, ",\"begin_ts\":");
	json_raw(h, b, i, begin);
	buf_text(b, ",\"end_ts\":");
	json_raw(h, b, i, end);
}

void intervals_csv(struct interval_heads *h, struct buf *b, const struct interval *i)
{
	int64_t raw;

	for (int end = 0; end < 2; end++) {
		if (i && i->has_utc)
			clock_utc(&h->clock, b, end ? i->end : i->begin, 9);
		buf_char(b, ',');
	}
	for (int end = 0; end < 2; end++) {
		if (i && raw_time(h, i, end ? i->end : i->begin, &raw))
			buf_i64(b, raw);
		buf_char(b, ',');
	}
}
