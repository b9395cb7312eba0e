/* SPDX-License-Identifier: MIT */
/*
 * The tables of single calls, and of losses.
 */
#include <string.h>

#include "output/html/html.h"
#include "output/notes.h"
#include "stats/key.h"

static void add_call_headings(const struct html *h, struct buf *b, const char *id, const char *title)
{
	const struct {
		const char *kind, *text;
	} headings[] = {
		{"text", h->axis.utc ? "Time (UTC)" : "Time (trace's clock)"},
		{"", "Latency"},
		{"text path", "File"},
		{"text", "Op"},
		{"text", "Result"},
		{"text", "Process"},
		{"", "PID"},
		{"", "Offset"},
		{"", "Length"},
		{"", "Size"},
		{"", "Grown"},
		{"", "Gained"},
	};

	buf_printf(b, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">", title);
	buf_printf(b, "<table class=\"sorts calls\" id=\"table-%s\">\n<thead><tr>", id);
	for (size_t i = 0; i < sizeof(headings) / sizeof(headings[0]); i++)
		buf_printf(b, "<th scope=\"col\" class=\"%s\">%s</th>", headings[i].kind, headings[i].text);
	buf_text(b, "</tr></thead>\n<tbody>\n");
}

static void add_time(struct html *h, const struct call *c)
{
	uint64_t ts = c->has_start ? c->start : c->end;

	buf_text(&h->line, "<td class=\"text\">");
	if (c->has_utc || c->has_start || c->has_end)
		html_moment(h, c->has_utc, c->ticks, c->has_utc ? c->utc : ts > INT64_MAX ? INT64_MAX : (int64_t)ts);
	else
		buf_char(&h->line, '-');
	buf_text(&h->line, "</td>");
}

static void add_word(struct buf *b, const char *word)
{
	buf_printf(b, "<td class=\"text\">%s</td>", word ? word : "-");
}

static void add_process(struct html *h, const struct call *c)
{
	struct buf *b = &h->line;

	buf_text(b, "<td class=\"text\">");
	if (*c->comm)
		html_name(h, c->comm, strnlen(c->comm, sizeof(c->comm)));
	else
		buf_char(b, '-');
	buf_text(b, "</td>");
	if (c->pid < 0)
		html_cell_unknown(b);
	else
		buf_printf(b, "<td data-v=\"%d\" title=\"thread %d\">%d</td>", c->pid, c->tid, c->pid);
}

static void add_grown(struct buf *b, const struct call *c)
{
	bool known = c->size_before_known != UNKNOWN && c->size_after_known != UNKNOWN;
	int64_t grown = 0;

	if (known && __builtin_sub_overflow(c->size_after, c->size_before, &grown))
		grown = SUM_OVER;
	html_cell_sum(b, known, grown);
}

static void add_gained(struct buf *b, const struct call *c)
{
	bool more = c->blocks_after > c->blocks_before;
	uint64_t blocks = more ? c->blocks_after - c->blocks_before : c->blocks_before - c->blocks_after;

	if (c->blocks_before_known == UNKNOWN || c->blocks_after_known == UNKNOWN)
		html_cell_unknown(b);
	else if (blocks > INT64_MAX / 512)
		html_cell_sum(b, true, SUM_OVER);
	else
		html_cell_size(b, true, more ? (int64_t)blocks * 512 : -(int64_t)blocks * 512);
}

static void add_result(struct buf *b, const struct call *c)
{
	const char *name = c->ret < 0 && c->ret >= -4095 ? errno_name((int)-c->ret) : NULL;

	if (!c->has_ret) {
		add_word(b, NULL);
		return;
	}
	buf_printf(b, "<td class=\"text%s\">", c->ret < 0 ? " bad" : "");
	if (name)
		buf_text(b, name);
	else
		buf_i64(b, c->ret);
	buf_text(b, "</td>");
}

static void add_file(struct html *h, const struct call *c)
{
	struct buf *b = &h->line, key;

	buf_init(&key);
	stats_key(&key, SUMMARY_FILE, h->o.hosts, c);
	buf_text(b, "<td class=\"text path\">");
	if (key.size)
		html_name(h, key.data, key.size);
	else
		buf_char(b, '-');
	key.size = 0;
	text_notes(&key, c, false);
	buf_char(&key, 0);
	if (key.size > 1) {
		buf_text(b, " <span class=\"soft\">");
		html_shown(h, key.data);
		buf_text(b, "</span>");
	}
	buf_text(b, "</td>");
	b->failed |= key.failed;
	buf_free(&key);
}

static int write_call(struct html *h, const struct call *c, struct error *e)
{
	struct buf *b = &h->line;
	int64_t latency = call_latency(c);

	buf_text(b, "<tr>");
	add_time(h, c);
	html_cell_time(b, latency >= 0, latency);
	add_file(h, c);
	add_word(b, op_name(c->op));
	add_result(b, c);
	add_process(h, c);
	html_cell_size(b, c->has_offset, c->offset);
	html_cell_size(b, c->has_len, c->len);
	html_cell_size(b, c->size_after_known != UNKNOWN, c->size_after);
	add_grown(b, c);
	add_gained(b, c);
	buf_text(b, "</tr>\n");
	return html_flush(h, e);
}

static int write_calls(struct html *h, const char *id, const char *title, struct call *const *calls, size_t count,
		       struct error *e)
{
	if (!count) {
		buf_text(&h->line, "<p class=\"empty\">None.</p>\n");
		return html_flush(h, e);
	}
	if (count > HTML_PAPER_ROWS)
		buf_printf(&h->line, "<p class=\"paper\">Printed: the first %d rows.</p>\n", HTML_PAPER_ROWS);
	add_call_headings(h, &h->line, id, title);
	for (size_t i = 0; i < count; i++)
		if (write_call(h, calls[i], e))
			return -1;
	buf_text(&h->line, "</tbody>\n</table></div>\n");
	return html_flush(h, e);
}

/* --- losses --- */

static void add_loss(struct html *h, const struct loss *l)
{
	struct buf *b = &h->line;

	buf_text(b, "<tr><td class=\"text\">");
	if (l->has_utc || l->has_before)
		html_moment(h, l->has_utc, h->axis.ticks, l->has_utc ? l->utc : (int64_t)l->before);
	else
		buf_text(b, "the end");
	buf_text(b, "</td><td class=\"text\">");
	if (l->host && *l->host)
		html_name(h, l->host, strlen(l->host));
	else
		buf_char(b, '-');
	buf_text(b, "</td>");
	html_cell_number(b, l->cpu);
	if (l->count == LOST_UNKNOWN)
		html_cell_unknown(b);
	else
		html_cell_count(b, l->count);
	buf_text(b, "</tr>\n");
}

static int write_losses(struct html *h, struct error *e)
{
	const struct html_losses *l = &h->losses;
	struct buf *b = &h->line;

	buf_text(b, "<section id=\"losses\">\n<h2>Losses</h2>\n");
	if (!l->count) {
		buf_text(b, "<p class=\"empty\">No events were lost.</p>\n</section>\n");
		return html_flush(h, e);
	}
	buf_text(b, "<p class=\"soft\">Events that the kernel's buffers had no room for. A number that is not known "
		    "is a \"-\".");
	if (l->more) {
		buf_text(b, " The first ");
		html_grouped(b, l->count);
		buf_text(b, " of ");
		html_grouped(b, l->count + l->more);
		buf_text(b, " losses.");
	}
	buf_text(b,
		 "</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Losses\">"
		 "<table class=\"sorts\" id=\"table-losses\">\n<thead><tr><th scope=\"col\" class=\"text\">Before (");
	buf_text(b, h->axis.utc ? "UTC" : "trace's clock");
	buf_text(b, ")</th><th scope=\"col\" class=\"text\">Host</th><th scope=\"col\">CPU</th>"
		    "<th scope=\"col\">Events</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < l->count; i++)
		add_loss(h, &l->first[i]);
	buf_text(b, "</tbody>\n</table></div>\n</section>\n");
	return html_flush(h, e);
}

int html_write_calls(struct html *h, struct error *e)
{
	const struct notable *n = &h->notable;

	buf_printf(&h->line,
		   "<section id=\"slow\">\n<h2>Slowest calls</h2>\n<p class=\"soft\">The %d that took longest.</p>\n",
		   NOTABLE_SLOW);
	if (write_calls(h, "slow", "Slowest calls", n->slow, n->slow_count, e))
		return -1;
	buf_printf(&h->line,
		   "</section>\n<section id=\"failed\">\n<h2>Failed calls</h2>\n<p class=\"soft\">The first %d of each "
		   "error, %d at most.</p>\n",
		   NOTABLE_EACH, NOTABLE_FAILED);
	if (write_calls(h, "failed", "Failed calls", n->failed, n->failed_count, e))
		return -1;
	buf_text(&h->line, "</section>\n");
	return write_losses(h, e);
}
