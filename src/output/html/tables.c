/* SPDX-License-Identifier: MIT */
/*
 * The tables by operation, process, file and error: whole in HTML, so that they
 * are there where scripts are not.
 */
#include <string.h>

#include "output/html/html.h"

#define ERRORS_SHOWN 3
#define PIDS_SHOWN 4

struct heading {
	const char *text, *about;
};

static const struct heading headings[] = {
	{"Calls", "all, failed ones as well"},
	{"Failed", "calls that returned an error"},
	{"Asked", "bytes that all the calls asked for"},
	{"Grown", "bytes by which sizes grew, where they are known"},
	{"Gained", "bytes of blocks gained, where they are known"},
	{"Freed", "bytes of blocks freed, where they are known"},
	{"p50", "half of the calls took no longer"},
	{"p95", "95 of 100 calls took no longer"},
	{"p99", "99 of 100 calls took no longer"},
	{"Max", "the slowest call"},
};

static const struct {
	const char *id, *title, *key, *kind, *about;
} texts[HTML_TABLES] = {
	[HTML_BY_OP] = {"operations", "By operation", "Operation", "key", NULL},
	[HTML_BY_PROCESS] = {"processes", "By process", "Process", "key",
			     "Processes and threads of one name are one row."},
	[HTML_BY_FILE] = {"files", "By file", "File", "path",
			  "A file whose path is not known is told by its device and inode."},
	[HTML_BY_ERRNO] = {"errors", "By error", "Error", "key", "Of the calls that failed."},
};

static void add_headings(struct html *h, enum html_table which)
{
	struct buf *b = &h->line;

	buf_printf(b, "<div class=\"scroll%s\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">",
		   h->tables[which].count > HTML_LONG ? " long" : "", texts[which].title);
	buf_printf(b, "<table class=\"sorts\" id=\"table-%s\">\n<thead><tr><th scope=\"col\" class=\"text %s\">%s</th>",
		   texts[which].id, texts[which].kind, texts[which].key);
	for (size_t i = 0; i < sizeof(headings) / sizeof(headings[0]); i++)
		buf_printf(b, "<th scope=\"col\" title=\"%s\"%s>%s</th>", headings[i].about,
			   i ? "" : " aria-sort=\"descending\"", headings[i].text);
	if (which != HTML_BY_ERRNO)
		buf_text(
			b,
			"<th scope=\"col\" class=\"text\" title=\"the errors' names, and how many calls\">Errors</th>");
	buf_text(b, "</tr></thead>\n<tbody>\n");
}

/* missing: so many calls more may be a row's. */
static void add_calls(struct buf *b, uint64_t calls, uint64_t missing)
{
	if (!missing) {
		html_cell_count(b, calls);
		return;
	}
	buf_text(b, "<td data-v=\"");
	buf_u64(b, calls);
	buf_text(b, "\" title=\"or up to ");
	html_grouped(b, missing);
	buf_text(b, " more, counted below the table's rows\">");
	html_grouped(b, calls);
	buf_text(b, "+</td>");
}

static void add_counts(struct buf *b, const struct summary_counts *n, uint64_t missing)
{
	static const unsigned percents[] = {50, 95, 99};
	const struct histogram *t = &n->latency;

	add_calls(b, n->calls, missing);
	html_cell_count(b, n->errors);
	html_cell_sum(b, n->asked, n->len);
	html_cell_sum(b, n->sized, n->grown);
	html_cell_sum(b, n->blocked, n->gained);
	html_cell_sum(b, n->blocked, n->freed);
	for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++)
		html_cell_time(b, t->total, histogram_percentile(t, percents[i]));
	html_cell_time(b, t->total, t->max);
}

/* "ENOSPC 12, EINTR 3" */
static void add_errors(struct buf *b, const struct error_counts *n)
{
	buf_text(b, "<td class=\"text errors\">");
	for (unsigned i = 0; i < n->count && i < ERRORS_SHOWN; i++) {
		buf_text(b, i ? ", " : "");
		error_count_name(b, &n->of[i]);
		buf_text(b, "&nbsp;");
		html_grouped(b, n->of[i].calls);
	}
	if (n->count > ERRORS_SHOWN || n->others)
		buf_text(b, n->count ? ", others" : "others");
	buf_text(b, n->count || n->others ? "</td>" : "-</td>");
}

static void end_row(struct buf *b, enum html_table which, struct summary_counts *n)
{
	error_counts_sort(&n->kinds);
	if (which != HTML_BY_ERRNO)
		add_errors(b, &n->kinds);
	buf_text(b, "</tr>\n");
}

/* What an error's number means, for who doesn't know it by heart. */
static void add_meaning(struct html *h, const char *name)
{
	int number = errno_number(name);

	if (number <= 0)
		return;
	buf_text(&h->line, " <span class=\"soft\">");
	html_shown(h, strerror(number));
	buf_text(&h->line, "</span>");
}

/* Whose calls a name stands for. */
static void add_pids(struct buf *b, struct pid_set *set)
{
	if (!set || !set->count)
		return;
	pid_set_sort(set);
	buf_text(b, " <span class=\"soft\">pid ");
	for (unsigned i = 0; i < set->count && i < PIDS_SHOWN; i++)
		buf_printf(b, "%s%d", i ? ", " : "", set->pids[i]);
	buf_text(b, set->more || set->count > PIDS_SHOWN ? ", …</span>" : "</span>");
}

static int write_row(struct html *h, enum html_table which, struct summary_row *r, struct error *e)
{
	struct buf *b = &h->line;

	buf_printf(b, "<tr><td class=\"text %s\">", texts[which].kind);
	if (r->known)
		html_name(h, r->key, r->size);
	else
		buf_char(b, '-');
	if (which == HTML_BY_ERRNO && r->known)
		add_meaning(h, r->key);
	add_pids(b, r->counts.pids);
	buf_text(b, "</td>");
	add_counts(b, &r->counts, r->missing_max);
	end_row(b, which, &r->counts);
	return html_flush(h, e);
}

static void add_sum(struct buf *b, enum html_table which, const char *title, struct summary_counts *n)
{
	buf_printf(b, "<tr><td class=\"text\">%s</td>", title);
	add_counts(b, n, 0);
	end_row(b, which, n);
}

/* The rows that are not written, and those that were never kept. */
static int sum_rest(const struct summary_table *t, struct summary_counts *rest)
{
	int ret = summary_counts_merge(rest, &t->other);

	for (size_t i = HTML_ROWS; i < t->count; i++)
		ret |= summary_counts_merge(rest, &t->rows[i]->counts);
	return ret;
}

static int add_foot(struct html *h, enum html_table which)
{
	const struct summary_table *t = &h->tables[which];
	struct summary_counts rest = {0}, total = {0};
	struct buf *b = &h->line;
	int ret = sum_rest(t, &rest);

	ret |= summary_counts_merge(&total, &rest);
	for (size_t i = 0; i < t->count && i < HTML_ROWS; i++)
		ret |= summary_counts_merge(&total, &t->rows[i]->counts);
	buf_text(b, "</tbody>\n<tfoot>\n");
	if (rest.calls)
		add_sum(b, which, "all others", &rest);
	add_sum(b, which, "total", &total);
	buf_text(b, "</tfoot>\n</table></div>\n");
	summary_counts_free(&rest);
	summary_counts_free(&total);
	return ret;
}

/* What is not in the rows, and why. */
static void add_about(struct html *h, enum html_table which)
{
	const struct summary_table *t = &h->tables[which];
	struct buf *b = &h->line;

	buf_text(b, "<p class=\"soft\">");
	buf_text(b, texts[which].about ? texts[which].about : "");
	if (t->count > HTML_ROWS || t->folds) {
		buf_printf(b, " Rows: the %d with most calls; all others are summed up below them.", HTML_ROWS);
		if (t->folds) {
			buf_text(b, " There were more than are counted one by one: what is among the others had "
				    "at most ");
			html_grouped(b, t->folded_max);
			buf_text(b, " calls before it was dropped, and a row that may lack some shows a +.");
		}
	}
	buf_text(b, "</p>\n");
	if (t->count > HTML_PAPER_ROWS)
		buf_printf(b, "<p class=\"paper\">Printed: the first %d rows.</p>\n", HTML_PAPER_ROWS);
}

static int write_table(struct html *h, enum html_table which, struct error *e)
{
	const struct summary_table *t = &h->tables[which];

	buf_printf(&h->line, "<section id=\"%s\">\n<h2>%s</h2>\n", texts[which].id, texts[which].title);
	add_about(h, which);
	if (t->count) {
		add_headings(h, which);
		for (size_t i = 0; i < t->count && i < HTML_ROWS; i++)
			if (write_row(h, which, t->rows[i], e))
				return -1;
		if (add_foot(h, which))
			h->line.failed = true;
	} else {
		buf_text(&h->line, which == HTML_BY_ERRNO && h->total.calls ?
					   "<p class=\"empty\">No call failed.</p>\n" :
					   "<p class=\"empty\">No calls.</p>\n");
	}
	buf_text(&h->line, "</section>\n");
	return html_flush(h, e);
}

int html_write_tables(struct html *h, struct error *e)
{
	for (unsigned i = 0; i < HTML_TABLES; i++)
		if (write_table(h, i, e))
			return -1;
	return 0;
}
