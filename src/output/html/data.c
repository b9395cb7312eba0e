/* SPDX-License-Identifier: MIT */
/*
 * What the charts are drawn from, as JSON: numbers only, so nothing in it can
 * be taken for markup or a script. See charts.js.
 */
#include "info/units.h"
#include "output/html/html.h"

#define BINS_LEAST 16 /* so that few calls at once don't fill the whole width */

static void add_axis(struct html *h)
{
	const struct axis *a = &h->axis;
	struct buf *b = &h->line;
	int64_t start = a->used ? axis_time(a, 0) : 0, second = start / NS_PER_S, rest = start % NS_PER_S;

	if (rest < 0) {
		rest += NS_PER_S;
		second--;
	}
	buf_printf(b, "{\"axis\":{\"utc\":%s,\"ns\":%s,\"start\":%lld,\"start_ns\":%lld,\"width\":%llu,\"bins\":%u}",
		   a->utc ? "true" : "false", a->ticks ? "false" : "true", (long long)second, (long long)rest,
		   1ull << a->shift, a->used > BINS_LEAST ? a->used : BINS_LEAST);
}

static void add_latency(struct html *h)
{
	const struct histogram *t = &h->total.latency;
	struct buf *b = &h->line;

	buf_text(b, ",\"latency\":{");
	if (t->total)
		buf_printf(b, "\"p50\":%lld,\"p99\":%lld,\"max\":%lld", (long long)histogram_percentile(t, 50),
			   (long long)histogram_percentile(t, 99), (long long)t->max);
	buf_char(b, '}');
}

static void add_bins(struct html *h)
{
	struct buf *b = &h->line;
	const char *comma = "";

	buf_text(b, ",\n\"bins\":[");
	for (unsigned i = 0; i < h->axis.used; i++) {
		const struct axis_bin *n = &h->axis.bins[i];

		if (!n->calls && !n->losses)
			continue;
		buf_printf(b, "%s[%u,%llu,%llu,%lld,%lld,%llu]", comma, i, (unsigned long long)n->calls,
			   (unsigned long long)n->errors, (long long)n->gained, (long long)n->freed,
			   (unsigned long long)n->losses);
		comma = ",";
	}
	buf_char(b, ']');
}

static void add_heat(struct html *h)
{
	struct buf *b = &h->line;
	const char *comma = "";

	buf_text(b, ",\n\"heat\":[");
	for (unsigned i = 0; i < h->axis.used; i++)
		for (unsigned row = 0; row < AXIS_ROWS; row++)
			if (h->axis.heat[i][row]) {
				buf_printf(b, "%s[%u,%u,%u]", comma, i, row, h->axis.heat[i][row]);
				comma = ",";
			}
	buf_char(b, ']');
}

static void add_bytes(struct buf *b, int64_t bytes)
{
	buf_char(b, ',');
	if (bytes == POINT_UNKNOWN)
		buf_text(b, "null");
	else
		buf_i64(b, bytes);
}

static void add_point(struct html *h, const struct history_point *p)
{
	struct buf *b = &h->line;

	buf_printf(b, "[%llu,%llu,%llu", (unsigned long long)(p->bin - h->axis.first), (unsigned long long)p->calls,
		   (unsigned long long)p->errors);
	add_bytes(b, p->size_before);
	add_bytes(b, p->size_after);
	add_bytes(b, p->allocated_before);
	add_bytes(b, p->allocated_after);
	buf_char(b, ']');
}

static void add_files(struct html *h)
{
	struct buf *b = &h->line;

	buf_text(b, ",\n\"files\":[");
	for (size_t i = 0; i < h->histories_shown; i++) {
		const struct history *f = h->histories.files[i];

		buf_text(b, i ? ",\n[" : "[");
		for (size_t at = 0; at < f->points_count; at++) {
			if (at)
				buf_char(b, ',');
			add_point(h, &f->points[at]);
		}
		buf_char(b, ']');
	}
	buf_text(b, "]}");
}

int html_write_data(struct html *h, struct error *e)
{
	buf_text(&h->line, "<script type=\"application/json\" id=\"data\">");
	add_axis(h);
	add_latency(h);
	add_bins(h);
	add_heat(h);
	add_files(h);
	buf_text(&h->line, "</script>\n");
	return html_flush(h, e);
}
