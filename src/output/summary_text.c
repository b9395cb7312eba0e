/* SPDX-License-Identifier: MIT */
/*
 * Columns for people, which a script can split at blanks as well:
 *
 *   CALLS ERRORS BYTES GROWN GAINED FREED P50 P95 P99 MAX PROCESS
 *
 * the key last and unpadded, then (other) and (total), then what is no row.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "info/units.h"
#include "output/summary.h"
#include "output/utf8.h"
#include "stats/key.h"

#define COLOR_HEADER "\033[1m"
#define COLOR_ODD "\033[33m"
#define COLOR_OFF "\033[0m"

#define COLUMNS 10
#define CELL 32

static const char *const titles[COLUMNS] = {"CALLS", "ERRORS", "BYTES", "GROWN", "GAINED",
					    "FREED", "P50",    "P95",	"P99",	 "MAX"};

/* One row's cells, and how wide those of all rows are. */
struct cells {
	char text[COLUMNS][CELL];
};
struct widths {
	size_t of[COLUMNS];
};

static const char *size_cell(const struct summary *s, bool known, int64_t sum, char *buf)
{
	if (!known)
		return strcpy(buf, "-");
	if (sum == SUM_OVER)
		return strcpy(buf, "?");
	if (s->o.human)
		return units_size(sum, buf);
	snprintf(buf, CELL, "%" PRId64, sum);
	return buf;
}

/* One unit for all, so that columns compare and sort. */
static const char *time_cell(const struct summary *s, const struct histogram *h, int64_t ns, char *buf)
{
	if (!h->total)
		return strcpy(buf, "-");
	if (s->o.human)
		return units_time(ns, buf);
	snprintf(buf, CELL, "%" PRId64 ".%dus", ns / NS_PER_US, (int)(ns % NS_PER_US / 100));
	return buf;
}

/* missing: whether calls may be missing in the row. */
static void make_cells(const struct summary *s, const struct summary_counts *n, bool missing, struct cells *c)
{
	static const unsigned percents[] = {50, 95, 99};
	const struct histogram *h = &n->latency;
	unsigned i = 0;

	snprintf(c->text[i++], CELL, "%" PRIu64 "%s", n->calls, missing ? "+" : "");
	snprintf(c->text[i++], CELL, "%" PRIu64, n->errors);
	size_cell(s, n->calls, n->len, c->text[i++]);
	size_cell(s, n->sized, n->grown, c->text[i++]);
	size_cell(s, n->blocked, n->gained, c->text[i++]);
	size_cell(s, n->blocked, n->freed, c->text[i++]);
	for (unsigned p = 0; p < 3; p++)
		time_cell(s, h, histogram_percentile(h, percents[p]), c->text[i++]);
	time_cell(s, h, h->max, c->text[i]);
}

static void widen(const struct summary *s, const struct summary_counts *n, bool missing, struct widths *w)
{
	struct cells c;

	make_cells(s, n, missing, &c);
	for (unsigned i = 0; i < COLUMNS; i++)
		if (strlen(c.text[i]) > w->of[i])
			w->of[i] = strlen(c.text[i]);
}

static void find_widths(const struct summary *s, struct widths *w)
{
	const struct summary_table *t = &s->table;

	for (unsigned i = 0; i < COLUMNS; i++)
		w->of[i] = strlen(titles[i]);
	for (size_t i = 0; i < t->count; i++)
		widen(s, &t->rows[i]->counts, t->rows[i]->missing_max, w);
	widen(s, &t->other, false, w);
	widen(s, &s->total, false, w);
}

static void add_cells(struct buf *b, const struct widths *w, const struct cells *c)
{
	for (unsigned i = 0; i < COLUMNS; i++) {
		size_t size = strlen(c->text[i]);

		buf_fill(b, ' ', w->of[i] - size);
		buf_bytes(b, c->text[i], size);
		buf_char(b, ' ');
	}
}

static int write_row(struct summary *s, const struct widths *w, const struct summary_row *r, struct error *e)
{
	struct cells c;

	make_cells(s, &r->counts, r->missing_max, &c);
	add_cells(&s->line, w, &c);
	utf8_escape(&s->line, r->key, r->size, false);
	buf_char(&s->line, '\n');
	return buf_write(&s->line, s->o.out, e);
}

static void add_row(struct summary *s, const struct widths *w, const struct summary_counts *n, const char *name)
{
	struct cells c;

	make_cells(s, n, false, &c);
	add_cells(&s->line, w, &c);
	buf_text(&s->line, name);
	buf_char(&s->line, '\n');
}

static void add_titles(struct summary *s, const struct widths *w)
{
	struct buf *b = &s->line;
	const char *name = stats_by_name(s->o.by);
	struct cells c;

	for (unsigned i = 0; i < COLUMNS; i++)
		strcpy(c.text[i], titles[i]);
	if (s->o.color)
		buf_text(b, COLOR_HEADER);
	add_cells(b, w, &c);
	for (; *name; name++)
		buf_char(b, (char)(*name - 'a' + 'A'));
	buf_text(b, s->o.color ? COLOR_OFF "\n" : "\n");
}

/* --- what is no row --- */

/* "errors: ENOSPC 12, EINTR 3" */
static void add_errors(struct summary *s)
{
	const struct error_counts *n = &s->total.kinds;
	struct buf *b = &s->line;
	const char *comma = "errors: ";

	for (unsigned i = 0; i < n->count; i++, comma = ", ") {
		buf_text(b, comma);
		error_count_name(b, &n->of[i]);
		buf_printf(b, " %" PRIu64, n->of[i].calls);
	}
	if (n->others)
		buf_printf(b, "%sothers %" PRIu64, comma, n->others);
	if (n->count || n->others)
		buf_char(b, '\n');
}

static void add_incomplete(struct summary *s)
{
	const struct summary_counts *n = &s->total;
	struct buf *b = &s->line;

	if (n->unfinished || n->orphans)
		buf_printf(b, "incomplete: %" PRIu64 " calls without a return, %" PRIu64 " returns without a call\n",
			   n->unfinished, n->orphans);
	if (n->sized < n->calls || n->blocked < n->calls || n->latency.total < n->calls)
		buf_printf(b,
			   "known: sizes before and after of %" PRIu64 " calls, blocks of %" PRIu64
			   ", latency of %" PRIu64 "\n",
			   n->sized, n->blocked, n->latency.total);
}

/* What is exact when rows were folded, and how far the rest may be off. */
static void add_folded(struct summary *s)
{
	const struct summary_table *t = &s->table;

	if (!t->folds)
		return;
	buf_printf(&s->line,
		   "(other): too many for a row each, so %" PRIu64
		   " times one with few calls was added to it; (total) is "
		   "exact, so is a row without \"+\"; one with it lacks at most %" PRIu64
		   " calls, which are in (other); what has no row had at most so many, too\n",
		   t->folds, t->folded_max);
}

static void add_lost(struct summary *s)
{
	struct buf *b = &s->line;

	if (!s->lost && !s->gaps)
		return;
	if (s->o.color)
		buf_text(b, COLOR_ODD);
	buf_text(b, "LOST ");
	if (s->lost || !s->gaps)
		buf_printf(b, "%" PRIu64 " events", s->lost);
	if (s->gaps)
		buf_printf(b, "%s%" PRIu64 " times an unknown number of events", s->lost ? ", and " : "", s->gaps);
	buf_text(b, ": calls may be missing\n");
	if (s->o.color)
		buf_text(b, COLOR_OFF);
}

int summary_write_text(struct summary *s, struct error *e)
{
	const struct summary_table *t = &s->table;
	struct widths w;

	find_widths(s, &w);
	add_titles(s, &w);
	if (buf_write(&s->line, s->o.out, e))
		return -1;
	for (size_t i = 0; i < t->count; i++)
		if (write_row(s, &w, t->rows[i], e))
			return -1;
	if (t->folds)
		add_row(s, &w, &t->other, "(other)");
	add_row(s, &w, &s->total, "(total)");
	add_errors(s);
	add_incomplete(s);
	add_folded(s);
	add_lost(s);
	return buf_write(&s->line, s->o.out, e);
}
