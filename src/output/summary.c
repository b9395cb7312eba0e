/* SPDX-License-Identifier: MIT */
/*
 * Counts, sums and latencies instead of calls, by one of a call's properties;
 * written when the trace has ended.
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

/* --- the sink --- */

static int summary_header(struct sink *sink, struct error *e)
{
	(void)sink;
	(void)e;
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

static int summary_lost(struct sink *sink, const struct loss *l, struct error *e)
{
	struct summary *s = (struct summary *)sink;

	(void)e;
	if (l->count == LOST_UNKNOWN)
		s->gaps++;
	else if (__builtin_add_overflow(s->lost, l->count, &s->lost))
		s->lost = UINT64_MAX; /* a file may claim anything */
	return 0;
}

static int summary_footer(struct sink *sink, struct error *e)
{
	struct summary *s = (struct summary *)sink;

	s->line.size = 0;
	summary_table_sort(&s->table, s->o.sort);
	for (size_t i = 0; i < s->table.count; i++)
		if (summary_counts_merge(&s->total, &s->table.rows[i]->counts))
			return no_memory(e);
	if (summary_counts_merge(&s->total, &s->table.other))
		return no_memory(e);
	error_counts_sort(&s->total.kinds);
	return s->o.format == FORMAT_JSON ? summary_write_json(s, e) : summary_write_text(s, e);
}

static void summary_free(struct sink *sink)
{
	struct summary *s = (struct summary *)sink;

	if (!s)
		return;
	summary_table_free(&s->table);
	summary_counts_free(&s->total);
	buf_free(&s->line);
	free(s);
}

static const struct sink_ops summary_ops = {
	.name = "summary",
	.header = summary_header,
	.call = summary_call,
	.lost = summary_lost,
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
	if (summary_table_init(&s->table, SUMMARY_KEYS_MAX, SUMMARY_BYTES_MAX)) {
		summary_free(&s->sink);
		return NULL;
	}
	return &s->sink;
}
