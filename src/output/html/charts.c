/* SPDX-License-Identifier: MIT */
/*
 * Places for the charts, with what is told beside them; charts.js draws them.
 */
#include "output/html/html.h"

static void add_chart(struct buf *b, const char *title, const char *kind, const char *about, const char *legend)
{
	buf_printf(b,
		   "<figure><figcaption><h3>%s</h3><ul class=\"legend\">%s</ul></figcaption>"
		   "<div class=\"chart\" data-chart=\"%s\" data-label=\"%s\"></div></figure>\n",
		   title, legend, kind, about);
}

static void add_time_charts(struct html *h)
{
	const struct summary_counts *n = &h->total;
	struct buf *b = &h->line;

	buf_text(b, "<section id=\"time\">\n<h2>Over time</h2>\n");
	if (!h->axis.used) {
		buf_text(b, "<p class=\"empty\">Nothing whose time is known.</p>\n</section>\n");
		return;
	}
	buf_text(b, "<noscript><p class=\"warning\">The charts are drawn by a script; the tables below are "
		    "complete without.</p></noscript>\n<p class=\"soft\">Calls count when they ended.");
	if (h->axis.unplaced) {
		buf_char(b, ' ');
		html_grouped(b, h->axis.unplaced);
		buf_text(b, " calls are not in the charts: when they ended is not known, or on another clock.");
	}
	buf_text(b, "</p>\n");
	add_chart(b, "Calls", "calls", "Calls over time",
		  "<li class=\"first\">ended well</li><li class=\"failed\">failed</li>"
		  "<li class=\"lost\">events lost</li>");
	if (n->blocked && (n->gained || n->freed))
		add_chart(b, "Blocks", "blocks", "Bytes of blocks gained and freed over time",
			  "<li class=\"first\">gained</li><li class=\"second\">freed</li>");
	if (h->axis.timed)
		add_chart(b, "Latency", "heat", "Latencies over time: the darker, the more calls",
			  "<li class=\"first\">the stronger, the more calls</li>");
	buf_text(b, "</section>\n");
}

static void add_file_chart(struct html *h, size_t i)
{
	const struct history *f = h->histories.files[i];
	struct buf *b = &h->line;

	buf_text(b, "<figure><figcaption><h3>");
	html_name(h, f->key, f->key_size);
	buf_text(b, "</h3><span class=\"soft\">");
	html_grouped(b, f->calls);
	buf_text(b, f->calls == 1 ? " call" : " calls");
	if (f->errors) {
		buf_text(b, ", ");
		html_grouped(b, f->errors);
		buf_text(b, " failed");
	}
	if (f->missing_max) {
		buf_text(b, "; begins late: up to ");
		html_grouped(b, f->missing_max);
		buf_text(b, " earlier calls are missing");
	}
	buf_printf(b,
		   "</span></figcaption><div class=\"chart\" data-chart=\"file\" data-file=\"%zu\" "
		   "data-label=\"Size and allocated bytes of a file over time\"></div></figure>\n",
		   i);
}

static void add_files(struct html *h)
{
	struct buf *b = &h->line;

	buf_text(b, "<section id=\"charts-files\">\n<h2>Files over time</h2>\n");
	if (!h->histories_shown) {
		buf_text(b, "<p class=\"empty\">No file whose name is known.</p>\n</section>\n");
		return;
	}
	buf_printf(
		b,
		"<p class=\"soft\">The %d files with most calls, and as many whose blocks changed most. Lines are what "
		"calls saw before and after; between calls they keep what was known last.</p>\n",
		HTML_FILES);
	buf_text(b, "<ul class=\"legend\"><li class=\"first\">size</li><li class=\"second\">allocated</li>"
		    "<li class=\"calls\">calls</li><li class=\"failed\">failed</li></ul>\n<div class=\"files\">\n");
	for (size_t i = 0; i < h->histories_shown; i++)
		add_file_chart(h, i);
	buf_text(b, "</div>\n</section>\n");
}

void html_add_charts(struct html *h)
{
	add_time_charts(h);
	add_files(h);
}
