/* SPDX-License-Identifier: MIT */
/*
 * One page that tells of a whole trace, to be attached to a ticket: it needs
 * nothing from anywhere. It is written at the end; until then there are counts,
 * of which there are never more than fit into a few MiB.
 */
#include <errno.h>
#include <stdlib.h>

#include "output/html/html.h"
#include "stats/key.h"

static const struct {
	enum summary_by by;
	size_t keys, bytes; /* at most */
} limits[HTML_TABLES] = {
	[HTML_BY_OP] = {SUMMARY_OP, 64, 1 << 20},
	[HTML_BY_PROCESS] = {SUMMARY_PROCESS, 5000, 6 << 20},
	[HTML_BY_FILE] = {SUMMARY_FILE, SUMMARY_KEYS_MAX, 12 << 20},
	[HTML_BY_ERRNO] = {SUMMARY_ERRNO, 1000, 2 << 20},
};

static int no_memory(struct error *e)
{
	errno = ENOMEM;
	error_errno(e, "cannot make the report");
	errno = ENOMEM;
	return -1;
}

static int html_header(struct sink *sink, struct error *e)
{
	(void)sink;
	(void)e;
	return 0;
}

static int html_trace(struct sink *sink, const struct trace_info *info, struct error *e)
{
	struct html *h = (struct html *)sink;

	(void)e;
	if (h->traces_count < HTML_TRACES)
		h->traces[h->traces_count] = info;
	h->traces_count++;
	return 0;
}

/* --- calls --- */

static int64_t clip(uint64_t ts)
{
	return ts > INT64_MAX ? INT64_MAX : (int64_t)ts;
}

static void add_span(struct html *h, const struct call *c)
{
	int64_t latency = call_latency(c), from, to;

	if (c->has_utc != h->axis.utc)
		return;
	from = c->has_utc ? c->utc : clip(c->has_start ? c->start : c->end);
	to = c->has_utc ? c->utc : clip(c->has_end ? c->end : c->start);
	if (c->has_utc && latency >= 0 && __builtin_add_overflow(c->utc, latency, &to))
		to = c->utc;
	if (!h->has_span || from < h->from)
		h->from = from;
	if (!h->has_span || to > h->to)
		h->to = to;
	h->has_span = true;
}

/* The key of the one who asks last stays in h->scratch. */
static int count_by(struct html *h, enum html_table which, const struct call *c)
{
	struct buf *b = &h->scratch;
	bool failed;

	b->size = 0;
	stats_key(b, limits[which].by, h->o.hosts, c);
	failed = b->failed;
	b->failed = false;
	return failed ? -1 :
			summary_table_add(&h->tables[which], b->size ? b->data : "-", b->size ? b->size : 1,
					  b->size != 0, c);
}

static int count(struct html *h, const struct call *c)
{
	bool placed;
	uint64_t bin;

	if (count_by(h, HTML_BY_OP, c) || count_by(h, HTML_BY_PROCESS, c) ||
	    (c->has_ret && c->ret < 0 && count_by(h, HTML_BY_ERRNO, c)) || count_by(h, HTML_BY_FILE, c))
		return -1;
	placed = axis_call(&h->axis, c, &bin);
	if (placed)
		add_span(h, c);
	if (placed && h->scratch.size &&
	    histories_add(&h->histories, &h->axis, bin, h->scratch.data, h->scratch.size, c))
		return -1;
	return notable_add(&h->notable, c);
}

/* With those inside, where they have rows of their own. */
static int count_all(struct html *h, const struct call *c)
{
	if (count(h, c))
		return -1;
	for (const struct call *inner = h->o.nested ? c->inner : NULL; inner; inner = inner->next)
		if (count_all(h, inner))
			return -1;
	return 0;
}

static int html_call(struct sink *sink, const struct call *c, struct error *e)
{
	struct html *h = (struct html *)sink;

	return findings_call(h->findings, c) || count_all(h, c) ? no_memory(e) : 0;
}

static int html_related(struct sink *sink, const struct call *c, struct error *e)
{
	return findings_related(((struct html *)sink)->findings, c) ? no_memory(e) : 0;
}

static int html_lost(struct sink *sink, const struct loss *l, struct error *e)
{
	struct html *h = (struct html *)sink;
	struct html_losses *n = &h->losses;

	(void)e;
	findings_lost(h->findings, l);
	axis_lost(&h->axis, l);
	if (l->count == LOST_UNKNOWN)
		n->gaps++;
	else if (__builtin_add_overflow(n->events, l->count, &n->events))
		n->events = UINT64_MAX; /* a file may claim anything */
	if (n->count < HTML_LOSSES)
		n->first[n->count++] = *l;
	else
		n->more++;
	return 0;
}

/* --- the end --- */

int html_flush(struct html *h, struct error *e)
{
	h->line.failed |= h->scratch.failed;
	return buf_write(&h->line, h->o.out, e);
}

static int html_footer(struct sink *sink, struct error *e)
{
	struct html *h = (struct html *)sink;
	const struct summary_table *ops = &h->tables[HTML_BY_OP];

	for (unsigned i = 0; i < HTML_TABLES; i++)
		summary_table_sort(&h->tables[i], SORT_CALLS);
	for (size_t i = 0; i < ops->count; i++)
		if (summary_counts_merge(&h->total, &ops->rows[i]->counts))
			return no_memory(e);
	if (summary_counts_merge(&h->total, &ops->other))
		return no_memory(e);
	notable_sort(&h->notable);
	h->histories_shown = histories_choose(&h->histories, &h->axis, HTML_FILES);
	h->line.size = 0;
	return html_write_page(h, e);
}

static void html_free(struct sink *sink)
{
	struct html *h = (struct html *)sink;

	if (!h)
		return;
	for (unsigned i = 0; i < HTML_TABLES; i++)
		summary_table_free(&h->tables[i]);
	summary_counts_free(&h->total);
	histories_free(&h->histories);
	notable_free(&h->notable);
	findings_free(h->findings);
	buf_free(&h->line);
	buf_free(&h->scratch);
	free(h);
}

static const struct sink_ops html_ops = {
	.name = "html",
	.header = html_header,
	.trace = html_trace,
	.call = html_call,
	.related = html_related,
	.lost = html_lost,
	.footer = html_footer,
	.free = html_free,
};

struct sink *sink_html_new(const struct sink_options *o)
{
	struct html *h = calloc(1, sizeof(*h));
	bool failed = false;

	if (!h)
		return NULL;
	h->sink.ops = &html_ops;
	h->o = *o;
	buf_init(&h->line);
	buf_init(&h->scratch);
	clock_init(&h->clock);
	axis_init(&h->axis);
	histories_init(&h->histories);
	notable_init(&h->notable);
	for (unsigned i = 0; i < HTML_TABLES; i++)
		failed |= summary_table_init(&h->tables[i], limits[i].keys, limits[i].bytes) != 0;
	h->tables[HTML_BY_PROCESS].pids = true;
	h->findings = findings_new();
	if (failed || !h->findings) {
		html_free(&h->sink);
		return NULL;
	}
	return &h->sink;
}
