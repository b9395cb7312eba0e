/* SPDX-License-Identifier: MIT */
/*
 * Histograms instead of calls: of all of them, or one for each of a call's
 * properties; written when the trace, or an interval of it, has ended.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output/histogram.h"
#include "stats/key.h"

const struct histogram_kind histogram_kinds[LOG2_KINDS] = {
	{HISTOGRAM_LATENCY, "latency", "usecs", "a latency"},
	{HISTOGRAM_LEN, "len", "bytes", "a length"},
	{HISTOGRAM_ALIGN, "align", "bytes", "an alignment"},
};

unsigned histogram_slots(const struct log2_counts *n)
{
	unsigned slots = LOG2_SLOTS;

	while (slots && !n->slots[slots - 1])
		slots--;
	return slots;
}

static int no_memory(struct error *e)
{
	errno = ENOMEM;
	error_errno(e, "cannot count the calls");
	errno = ENOMEM;
	return -1;
}

static int histogram_header(struct sink *sink, struct error *e)
{
	(void)sink;
	(void)e;
	return 0;
}

static int histogram_trace(struct sink *sink, const struct trace_info *info, struct error *e)
{
	(void)e;
	intervals_trace(&((struct histogram_sink *)sink)->heads, info);
	return 0;
}

static int histogram_call(struct sink *sink, const struct call *c, struct error *e)
{
	struct histogram_sink *s = (struct histogram_sink *)sink;
	struct buf *b = &s->line;
	const struct call *inner;
	bool failed;

	b->size = 0;
	stats_key(b, s->o.by, s->o.hosts, c);
	failed = b->failed;
	b->failed = false;
	if (failed || summary_table_add(&s->table, b->size ? b->data : "-", b->size ? b->size : 1, b->size != 0, c))
		return no_memory(e);
	for (inner = s->o.nested ? c->inner : NULL; inner; inner = inner->next)
		if (histogram_call(sink, inner, e))
			return -1;
	return 0;
}

static int histogram_lost(struct sink *sink, const struct loss *l, struct error *e)
{
	(void)e;
	losses_add(&((struct histogram_sink *)sink)->losses, l);
	return 0;
}

/* --- what is written --- */

static int write_part(struct histogram_sink *s, const struct interval *i, const struct histogram_part *p,
		      struct error *e)
{
	for (unsigned kind = 0; kind < LOG2_KINDS; kind++) {
		if (!(s->o.histograms & histogram_kinds[kind].bit))
			continue;
		if (s->o.format == FORMAT_JSON ? histogram_write_json(s, i, p, kind, e) :
						 histogram_write_text(s, p, kind, e))
			return -1;
	}
	return 0;
}

static int write_rest(struct histogram_sink *s, const struct interval *i, struct error *e)
{
	struct histogram_part p = {.kind = PART_REST, .counts = &s->rest};

	for (size_t k = s->shown; k < s->table.count; k++) {
		const struct summary_row *r = s->table.rows[k];

		p.keys++;
		if (__builtin_add_overflow(p.missing_max, r->missing_max, &p.missing_max))
			p.missing_max = UINT64_MAX;
		if (summary_counts_merge(&s->rest, &r->counts))
			return no_memory(e);
	}
	return p.keys ? write_part(s, i, &p, e) : 0;
}

static int write_parts(struct histogram_sink *s, const struct interval *i, struct error *e)
{
	struct summary_table *t = &s->table;

	summary_table_sort(t, SORT_CALLS);
	s->shown = s->o.top && s->o.top < t->count ? (size_t)s->o.top : t->count;
	for (size_t k = 0; k < s->shown; k++) {
		const struct summary_row *r = t->rows[k];
		const struct histogram_part p = {
			.kind = s->o.by == SUMMARY_DEFAULT ? PART_ALL : PART_KEY,
			.row = r,
			.counts = &r->counts,
			.missing_max = r->missing_max,
		};

		if (write_part(s, i, &p, e))
			return -1;
	}
	if (write_rest(s, i, e))
		return -1;
	return t->folds ? write_part(s, i, &(struct histogram_part){.kind = PART_OTHER, .counts = &t->other}, e) : 0;
}

/* Without a call there is one histogram still, where one of all was asked for, and it is empty. */
static int write_all(struct histogram_sink *s, const struct interval *i, struct error *e)
{
	struct log2_set empty = {0};
	const struct summary_counts none = {.log2 = &empty};
	const struct histogram_part all = {.kind = PART_ALL, .counts = &none};
	int ret;

	s->line.size = 0;
	if (s->o.format != FORMAT_JSON && s->o.intervals)
		intervals_text(&s->heads, &s->line, i);
	s->above = s->above && !s->o.intervals;
	if (!s->table.count && s->o.by == SUMMARY_DEFAULT)
		ret = write_part(s, i, &all, e);
	else
		ret = write_parts(s, i, e);
	return ret || s->o.format == FORMAT_JSON ? ret : histogram_write_notes(s, e);
}

static void reset(struct histogram_sink *s)
{
	summary_table_reset(&s->table);
	summary_counts_free(&s->rest);
	memset(&s->losses, 0, sizeof(s->losses));
}

static bool came(const struct histogram_sink *s)
{
	return s->table.count || s->losses.lost || s->losses.gaps;
}

static int histogram_interval(struct sink *sink, const struct interval *i, struct error *e)
{
	struct histogram_sink *s = (struct histogram_sink *)sink;
	int ret = came(s) ? write_all(s, i, e) : 0;

	reset(s);
	return ret;
}

/* With intervals nothing is left but what had no time. */
static int histogram_footer(struct sink *sink, struct error *e)
{
	struct histogram_sink *s = (struct histogram_sink *)sink;

	return s->o.intervals && !came(s) ? 0 : write_all(s, NULL, e);
}

static void histogram_sink_free(struct sink *sink)
{
	struct histogram_sink *s = (struct histogram_sink *)sink;

	if (!s)
		return;
	summary_table_free(&s->table);
	summary_counts_free(&s->rest);
	buf_free(&s->line);
	free(s);
}

static const struct sink_ops histogram_ops = {
	.name = "histogram",
	.header = histogram_header,
	.trace = histogram_trace,
	.call = histogram_call,
	.lost = histogram_lost,
	.interval = histogram_interval,
	.footer = histogram_footer,
	.free = histogram_sink_free,
};

struct sink *sink_histogram_new(const struct sink_options *o)
{
	struct histogram_sink *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->sink.ops = &histogram_ops;
	s->o = *o;
	buf_init(&s->line);
	intervals_init(&s->heads, o);
	s->above = s->heads.again = (o->show & (SHOW_CALLS | SHOW_SUMMARY)) != 0;
	if (summary_table_init(&s->table, HISTOGRAM_KEYS_MAX, SUMMARY_BYTES_MAX)) {
		histogram_sink_free(&s->sink);
		return NULL;
	}
	s->table.log2 = true;
	return &s->sink;
}
