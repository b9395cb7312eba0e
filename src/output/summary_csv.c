/* SPDX-License-Identifier: MIT */
/*
 * The summary as comma-separated values (RFC 4180): a line of names, then one
 * table, or with intervals one after the other. "type" says what a row is:
 *
 *   key    of what "key" names; it is empty where that is unknown
 *   rest   what --top leaves out; rows: how many these are
 *   other  what there were too many of; rows: how often one was added
 *   total  of all; it alone has lost and gaps
 *
 * What is not known is an empty cell.
 */
#include <string.h>

#include "output/csv_text.h"
#include "output/summary.h"

#define COLUMNS                                                                                         \
	"key,rows,missing_max,calls,errors,errnos,unfinished,orphans,lens_known,len,sizes_known,grown," \
	"blocks_known,gained,freed,latencies_known,p50_ns,p95_ns,p99_ns,max_ns"

static int end_row(struct summary *s, struct error *e)
{
	buf_text(&s->line, "\r\n");
	return buf_write(&s->line, s->o.out, e);
}

int summary_write_csv_header(struct summary *s, struct error *e)
{
	struct buf *b = &s->line;

	if (s->o.intervals)
		buf_text(b, INTERVALS_CSV_COLUMNS);
	buf_text(b, "type," COLUMNS);
	if (s->table.pids)
		buf_text(b, ",pids,pids_more");
	buf_text(b, ",lost,gaps");
	return end_row(s, e);
}

static void count(struct buf *b, uint64_t value)
{
	buf_char(b, ',');
	buf_u64(b, value);
}

static void number(struct buf *b, bool known, int64_t value)
{
	buf_char(b, ',');
	if (known)
		buf_i64(b, value);
}

/* "ENOSPC:12,EINTR:3" */
static void add_errors(struct buf *b, const struct error_counts *n)
{
	const char *comma = "\"";

	buf_char(b, ',');
	for (unsigned i = 0; i < n->count; i++, comma = ",") {
		buf_text(b, comma);
		error_count_name(b, &n->of[i]);
		buf_char(b, ':');
		buf_u64(b, n->of[i].calls);
	}
	if (n->others) {
		buf_text(b, comma);
		buf_text(b, "other:");
		buf_u64(b, n->others);
	}
	if (n->count || n->others)
		buf_char(b, '"');
}

static void add_pids(struct buf *b, const struct pid_set *s)
{
	buf_char(b, ',');
	for (unsigned i = 0; s && i < s->count; i++) {
		buf_char(b, i ? ',' : '"');
		buf_i64(b, s->pids[i]);
	}
	if (s && s->count)
		buf_char(b, '"');
	buf_text(b, s && s->more ? ",true" : ",false");
}

static void add_counts(const struct summary *s, struct buf *b, const struct summary_counts *n)
{
	static const unsigned percents[] = {50, 95, 99};
	const struct histogram *h = &n->latency;

	count(b, n->calls);
	count(b, n->errors);
	add_errors(b, &n->kinds);
	count(b, n->unfinished);
	count(b, n->orphans);
	count(b, n->asked);
	number(b, n->asked && n->len != SUM_OVER, n->len);
	count(b, n->sized);
	number(b, n->sized && n->grown != SUM_OVER, n->grown);
	count(b, n->blocked);
	number(b, n->blocked && n->gained != SUM_OVER, n->gained);
	number(b, n->blocked && n->freed != SUM_OVER, n->freed);
	count(b, h->total);
	for (unsigned i = 0; i < sizeof(percents) / sizeof(*percents); i++)
		number(b, h->total, histogram_percentile(h, percents[i]));
	number(b, h->total, h->max);
	if (s->table.pids)
		add_pids(b, n->pids);
}

static struct buf *begin_row(struct summary *s, const struct interval *i, const char *type)
{
	if (s->o.intervals)
		intervals_csv(&s->heads, &s->line, i);
	buf_text(&s->line, type);
	buf_char(&s->line, ',');
	return &s->line;
}

static int write_row(struct summary *s, const struct interval *i, const struct summary_row *r, struct error *e)
{
	struct buf *b = begin_row(s, i, "key");

	if (r->known)
		csv_text(b, &s->cell, r->key, r->size);
	buf_char(b, ',');
	count(b, r->missing_max);
	add_counts(s, b, &r->counts);
	buf_text(b, ",,");
	return end_row(s, e);
}

static int write_rest(struct summary *s, const struct interval *i, struct error *e)
{
	struct buf *b = begin_row(s, i, "rest");

	count(b, s->rest.rows);
	count(b, s->rest.missing_max);
	add_counts(s, b, &s->rest.counts);
	buf_text(b, ",,");
	return end_row(s, e);
}

static int write_other(struct summary *s, const struct interval *i, struct error *e)
{
	struct buf *b = begin_row(s, i, "other");

	count(b, s->table.folds);
	buf_char(b, ',');
	add_counts(s, b, &s->table.other);
	buf_text(b, ",,");
	return end_row(s, e);
}

int summary_write_csv(struct summary *s, const struct interval *i, struct error *e)
{
	struct buf *b;

	for (size_t k = 0; k < s->shown; k++)
		if (write_row(s, i, s->table.rows[k], e))
			return -1;
	if ((s->rest.rows && write_rest(s, i, e)) || (s->table.folds && write_other(s, i, e)))
		return -1;
	b = begin_row(s, i, "total");
	buf_text(b, ",,");
	add_counts(s, b, &s->total);
	count(b, s->losses.lost);
	count(b, s->losses.gaps);
	return end_row(s, e);
}
