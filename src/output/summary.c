/* SPDX-License-Identifier: MIT */
/*
 * Counts, sums and latencies instead of calls, by one of a call's properties;
 * written when the trace, or an interval of it, has ended.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output/summary.h"
#include "stats/key.h"

static int no_memory(struct error *e)
{
	errno = ENOMEM;
	error_errno(e, "cannot sum up the calls");
	errno = ENOMEM;
	return -1;
}

static int summary_header(struct sink *sink, struct error *e)
{
	struct summary *s = (struct summary *)sink;

	return s->o.format == FORMAT_CSV ? summary_write_csv_header(s, e) : 0;
}

static int summary_trace(struct sink *sink, const struct trace_info *info, struct error *e)
{
	(void)e;
	intervals_trace(&((struct summary *)sink)->heads, info);
	return 0;
}

static int summary_call(struct sink *sink, const struct call *c, struct error *e)
{
	struct summary *s = (struct summary *)sink;
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
		if (summary_call(sink, inner, e))
			return -1;
	return 0;
}

/* Only of files is it told what became of what they had reserved. */
static int summary_related(struct sink *sink, const struct call *c, struct error *e)
{
	struct summary *s = (struct summary *)sink;
	struct buf *b = &s->line;
	struct summary_counts *n;

	if (s->o.by != SUMMARY_FILE)
		return 0;
	b->size = 0;
	stats_key(b, s->o.by, s->o.hosts, c);
	if (b->failed || !b->size) {
		b->failed = false;
		return 0;
	}
	n = summary_table_at(&s->table, b->data, b->size);
	if (!n)
		return no_memory(e);
	summary_counts_related(n, c);
	return 0;
}

static int summary_lost(struct sink *sink, const struct loss *l, struct error *e)
{
	(void)e;
	losses_add(&((struct summary *)sink)->losses, l);
	return 0;
}

/* --- what is written --- */

static void put_in_order(struct summary_counts *n)
{
	error_counts_sort(&n->kinds);
	if (n->pids)
		pid_set_sort(n->pids);
}

static int add_rest(struct summary_rest *rest, const struct summary_row *r)
{
	rest->rows++;
	if (__builtin_add_overflow(rest->missing_max, r->missing_max, &rest->missing_max))
		rest->missing_max = UINT64_MAX;
	return summary_counts_merge(&rest->counts, &r->counts);
}

static int prepare(struct summary *s)
{
	struct summary_table *t = &s->table;

	s->line.size = 0;
	summary_table_sort(t, s->o.sort);
	s->shown = s->o.top && s->o.top < t->count ? (size_t)s->o.top : t->count;
	for (size_t i = 0; i < t->count; i++) {
		if (i >= s->shown && add_rest(&s->rest, t->rows[i]))
			return -1;
		put_in_order(&t->rows[i]->counts);
		if (summary_counts_merge(&s->total, &t->rows[i]->counts))
			return -1;
	}
	if (summary_counts_merge(&s->total, &t->other))
		return -1;
	put_in_order(&s->rest.counts);
	put_in_order(&t->other);
	put_in_order(&s->total);
	return 0;
}

static int write_table(struct summary *s, const struct interval *i, struct error *e)
{
	if (prepare(s))
		return no_memory(e);
	if (s->o.format == FORMAT_JSON)
		return summary_write_json(s, i, e);
	return s->o.format == FORMAT_CSV ? summary_write_csv(s, i, e) : summary_write_text(s, i, e);
}

static void reset(struct summary *s)
{
	summary_table_reset(&s->table);
	summary_counts_free(&s->total);
	summary_counts_free(&s->rest.counts);
	memset(&s->rest, 0, sizeof(s->rest));
	memset(&s->losses, 0, sizeof(s->losses));
}

static bool came(const struct summary *s)
{
	return s->table.count || s->losses.lost || s->losses.gaps;
}

static int summary_interval(struct sink *sink, const struct interval *i, struct error *e)
{
	struct summary *s = (struct summary *)sink;
	int ret = came(s) ? write_table(s, i, e) : 0;

	reset(s);
	return ret;
}

/* With intervals nothing is left but what had no time. */
static int summary_footer(struct sink *sink, struct error *e)
{
	struct summary *s = (struct summary *)sink;

	return s->o.intervals && !came(s) ? 0 : write_table(s, NULL, e);
}

static void summary_free(struct sink *sink)
{
	struct summary *s = (struct summary *)sink;

	if (!s)
		return;
	summary_table_free(&s->table);
	summary_counts_free(&s->total);
	summary_counts_free(&s->rest.counts);
	buf_free(&s->line);
	buf_free(&s->cell);
	free(s);
}

static const struct sink_ops summary_ops = {
	.name = "summary",
	.header = summary_header,
	.trace = summary_trace,
	.call = summary_call,
	.related = summary_related,
	.lost = summary_lost,
	.interval = summary_interval,
	.footer = summary_footer,
	.free = summary_free,
};

struct sink *sink_summary_new(const struct sink_options *o)
{
	struct summary *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->sink.ops = &summary_ops;
	s->o = *o;
	if (s->o.by == SUMMARY_DEFAULT)
		s->o.by = SUMMARY_PROCESS;
	buf_init(&s->line);
	buf_init(&s->cell);
	intervals_init(&s->heads, o);
	if (summary_table_init(&s->table, SUMMARY_KEYS_MAX, SUMMARY_BYTES_MAX)) {
		summary_free(&s->sink);
		return NULL;
	}
	/* a pid is one machine's */
	s->table.pids = s->o.by == SUMMARY_PROCESS && !s->o.hosts;
	return &s->sink;
}
