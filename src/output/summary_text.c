/* SPDX-License-Identifier: MIT */
/*
 * Columns for people, which a script can split at blanks as well:
 *
 *   CALLS ERRORS BYTES GROWN GAINED FREED P50 P95 P99 MAX ERRNOS PIDS PROCESS
 *
 * (PIDS of processes only; of files, with --related, RESERVED USED RELEASED CUT
 * behind FREED), the key last and unpadded, then (rest), (other) and
 * (total), then what is no row.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "info/units.h"
#include "output/color.h"
#include "output/summary.h"
#include "output/utf8.h"
#include "stats/key.h"

enum column {
	CALLS,
	ERRORS,
	BYTES,
	GROWN,
	GAINED,
	FREED,
	RESERVED,
	USED,
	RELEASED,
	CUT,
	P50,
	P95,
	P99,
	MAX,
	ERRNOS,
	PIDS,
	COLUMNS
};
#define NAMED 3	 /* errors, processes, that a cell names */
#define CELL 160 /* … and room for these */

static const char *const titles[COLUMNS] = {"CALLS",	"ERRORS", "BYTES",    "GROWN", "GAINED", "FREED",
					    "RESERVED", "USED",	  "RELEASED", "CUT",   "P50",	 "P95",
					    "P99",	"MAX",	  "ERRNOS",   "PIDS"};

/* One row's cells, and how wide those of all rows are. */
struct cells {
	char text[COLUMNS][CELL];
};
struct widths {
	size_t of[COLUMNS];
	bool lacks[COLUMNS]; /* … of columns that there are not */
};

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

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

/* "ENOSPC:12,EINTR:3,EIO:1,+2": two calls failed with others */
static void errors_cell(const struct error_counts *n, char *buf)
{
	uint64_t more = n->others;
	size_t used = 0;

	strcpy(buf, "-");
	for (unsigned i = 0; i < n->count; i++) {
		const char *name = errno_name(n->of[i].err), *comma = i ? "," : "";

		if (i >= NAMED)
			more += n->of[i].calls;
		else if (name)
			used += (size_t)snprintf(buf + used, CELL - used, "%s%s:%" PRIu64, comma, name, n->of[i].calls);
		else
			used += (size_t)snprintf(buf + used, CELL - used, "%s%d:%" PRIu64, comma, -n->of[i].err,
						 n->of[i].calls);
	}
	if (more)
		snprintf(buf + used, CELL - used, "%s+%" PRIu64, used ? "," : "", more);
}

/* "41,42,43,+2": and two more; ">16": that many are not told apart */
static void pids_cell(const struct pid_set *s, char *buf)
{
	size_t used = 0;

	strcpy(buf, "-");
	if (!s)
		return;
	if (s->more) {
		snprintf(buf, CELL, ">%d", PIDS_MAX);
		return;
	}
	for (unsigned i = 0; i < s->count && i < NAMED; i++)
		used += (size_t)snprintf(buf + used, CELL - used, "%s%" PRId32, i ? "," : "", s->pids[i]);
	if (s->count > NAMED)
		snprintf(buf + used, CELL - used, ",+%d", s->count - NAMED);
}

/* missing: whether calls may be missing in the row. */
static void make_cells(const struct summary *s, const struct summary_counts *n, bool missing, struct cells *c)
{
	const struct histogram *h = &n->latency;

	snprintf(c->text[CALLS], CELL, "%" PRIu64 "%s", n->calls, missing ? "+" : "");
	snprintf(c->text[ERRORS], CELL, "%" PRIu64, n->errors);
	size_cell(s, n->asked, n->len, c->text[BYTES]);
	size_cell(s, n->sized, n->grown, c->text[GROWN]);
	size_cell(s, n->blocked, n->gained, c->text[GAINED]);
	size_cell(s, n->blocked, n->freed, c->text[FREED]);
	size_cell(s, n->related, n->reserved, c->text[RESERVED]);
	size_cell(s, n->related && n->related_used == n->related, n->used, c->text[USED]);
	size_cell(s, n->related, n->released, c->text[RELEASED]);
	size_cell(s, n->related, n->cut, c->text[CUT]);
	time_cell(s, h, histogram_percentile(h, 50), c->text[P50]);
	time_cell(s, h, histogram_percentile(h, 95), c->text[P95]);
	time_cell(s, h, histogram_percentile(h, 99), c->text[P99]);
	time_cell(s, h, h->max, c->text[MAX]);
	errors_cell(&n->kinds, c->text[ERRNOS]);
	if (s->table.pids)
		pids_cell(n->pids, c->text[PIDS]);
}

static void widen(const struct summary *s, const struct summary_counts *n, bool missing, struct widths *w)
{
	struct cells c;

	make_cells(s, n, missing, &c);
	for (unsigned i = 0; i < COLUMNS; i++)
		if (!w->lacks[i] && strlen(c.text[i]) > w->of[i])
			w->of[i] = strlen(c.text[i]);
}

static void find_widths(const struct summary *s, struct widths *w)
{
	const struct summary_table *t = &s->table;

	memset(w->lacks, 0, sizeof(w->lacks));
	w->lacks[PIDS] = !t->pids;
	for (unsigned i = RESERVED; i <= CUT; i++)
		w->lacks[i] = s->o.by != SUMMARY_FILE || !s->total.related;
	for (unsigned i = 0; i < COLUMNS; i++)
		w->of[i] = strlen(titles[i]);
	for (size_t i = 0; i < s->shown; i++)
		widen(s, &t->rows[i]->counts, t->rows[i]->missing_max, w);
	if (s->rest.rows)
		widen(s, &s->rest.counts, s->rest.missing_max, w);
	if (t->folds)
		widen(s, &t->other, false, w);
	widen(s, &s->total, false, w);
}

/* Numbers end, and lists begin, where the column does. */
static void add_cells(struct buf *b, const struct widths *w, const struct cells *c)
{
	for (unsigned i = 0; i < COLUMNS; i++) {
		size_t size, gap;

		if (w->lacks[i])
			continue;
		size = strlen(c->text[i]);
		gap = w->of[i] - size;

		buf_fill(b, ' ', i < ERRNOS ? gap : 0);
		buf_bytes(b, c->text[i], size);
		buf_fill(b, ' ', i < ERRNOS ? 1 : gap + 1);
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

static void add_row(struct summary *s, const struct widths *w, const struct summary_counts *n, bool missing,
		    const char *name)
{
	struct cells c;

	make_cells(s, n, missing, &c);
	add_cells(&s->line, w, &c);
	buf_text(&s->line, name);
	buf_char(&s->line, '\n');
}

static void add_rest(struct summary *s, const struct widths *w)
{
	char name[48];

	snprintf(name, sizeof(name), "(rest) %zu row%s", s->rest.rows, plural(s->rest.rows));
	add_row(s, w, &s->rest.counts, s->rest.missing_max, name);
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
		buf_printf(b, "incomplete: %" PRIu64 " call%s without a return, %" PRIu64 " return%s without a call\n",
			   n->unfinished, plural(n->unfinished), n->orphans, plural(n->orphans));
	if (n->asked < n->calls || n->sized < n->calls || n->blocked < n->calls || n->latency.total < n->calls)
		buf_printf(b,
			   "known: length of %" PRIu64 " call%s, sizes before and after of %" PRIu64
			   ", blocks of %" PRIu64 ", latency of %" PRIu64 "\n",
			   n->asked, plural(n->asked), n->sized, n->blocked, n->latency.total);
}

/* What is exact when rows were folded, and how far the rest may be off. */
static void add_folded(struct summary *s)
{
	const struct summary_table *t = &s->table;

	if (!t->folds)
		return;
	buf_printf(&s->line,
		   "(other): too many for a row each, so %" PRIu64
		   " time%s one with few calls was added to it; (total) is "
		   "exact, so is a row without \"+\"; one with it lacks at most %" PRIu64
		   " call%s, which are in (other); what has no row had at most so many, too\n",
		   t->folds, plural(t->folds), t->folded_max, plural(t->folded_max));
}

int summary_write_text(struct summary *s, const struct interval *i, struct error *e)
{
	const struct summary_table *t = &s->table;
	struct widths w;

	find_widths(s, &w);
	if (s->o.intervals)
		intervals_text(&s->heads, &s->line, i);
	add_titles(s, &w);
	if (buf_write(&s->line, s->o.out, e))
		return -1;
	for (size_t row = 0; row < s->shown; row++)
		if (write_row(s, &w, t->rows[row], e))
			return -1;
	if (s->rest.rows)
		add_rest(s, &w);
	if (t->folds)
		add_row(s, &w, &t->other, false, "(other)");
	add_row(s, &w, &s->total, false, "(total)");
	add_errors(s);
	add_incomplete(s);
	add_folded(s);
	losses_text(&s->losses, &s->line, s->o.color);
	return buf_write(&s->line, s->o.out, e);
}
