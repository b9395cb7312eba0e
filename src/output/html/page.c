/* SPDX-License-Identifier: MIT */
/*
 * The page around its sections: what was traced, what was lost. See report.css,
 * charts.js and tables.js for the rest of it.
 */
#include <string.h>

#include "output/html/asset.h"
#include "output/html/html.h"
#include "output/html/sha256.h"

/* --- head --- */

static void add_hash(struct buf *b, const char *text)
{
	uint8_t digest[SHA256_SIZE];
	char base64[SHA256_BASE64];

	sha256(text, strlen(text), digest);
	buf_printf(b, " 'sha256-%s'", sha256_base64(digest, base64));
}

/* The style and the scripts of this very page, and nothing from anywhere. */
static void add_policy(struct buf *b)
{
	buf_text(b, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src");
	add_hash(b, asset_charts);
	add_hash(b, asset_tables);
	buf_text(b, "; style-src");
	add_hash(b, asset_style);
	buf_text(b, "; img-src data:; base-uri 'none'; form-action 'none'\">\n");
}

static void add_hosts(struct html *h, void (*add)(struct html *h, const char *name, size_t size))
{
	size_t told = 0;

	for (size_t i = 0; i < h->traces_count && i < HTML_TRACES; i++) {
		const char *host = h->traces[i]->host;
		bool again = false;

		for (size_t k = 0; k < i; k++)
			again |= !strcmp(h->traces[k]->host, host);
		if (again || !*host)
			continue;
		if (told++)
			buf_text(&h->line, ", ");
		add(h, host, strlen(host));
	}
	if (!told)
		buf_char(&h->line, '-');
}

/* For where no markup can be. */
static void add_plain(struct html *h, const char *name, size_t size)
{
	(void)size;
	html_text(h, name);
}

static void add_head(struct html *h)
{
	struct buf *b = &h->line;

	buf_text(b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
	add_policy(b);
	buf_text(b, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		    "<meta name=\"color-scheme\" content=\"light dark\">\n"
		    "<meta name=\"referrer\" content=\"no-referrer\">\n"
		    "<meta name=\"generator\" content=\"falloctrace " VERSION "\">\n"
		    "<link rel=\"icon\" href=\"data:,\">\n<title>fallocate on ");
	add_hosts(h, add_plain);
	buf_text(b, "</title>\n<style>");
	buf_text(b, asset_style);
	buf_text(b, "</style>\n</head>\n<body>\n");
}

/* --- what was traced --- */

static void open_fact(struct buf *b, const char *name, bool wide)
{
	buf_printf(b, "<div%s><dt>%s</dt><dd>", wide ? " class=\"wide\"" : "", name);
}

static void close_fact(struct buf *b)
{
	buf_text(b, "</dd></div>\n");
}

static void add_kernels(struct html *h)
{
	size_t told = 0;

	open_fact(&h->line, "Kernel", false);
	for (size_t i = 0; i < h->traces_count && i < HTML_TRACES; i++) {
		const struct trace_info *t = h->traces[i];
		bool again = false;

		for (size_t k = 0; k < i; k++)
			again |= !strcmp(h->traces[k]->release, t->release) &&
				 !strcmp(h->traces[k]->machine, t->machine);
		if (again || !*t->release)
			continue;
		if (told++)
			buf_text(&h->line, ", ");
		html_text(h, t->release);
		buf_char(&h->line, ' ');
		html_text(h, t->machine);
	}
	if (!told)
		buf_char(&h->line, '-');
	close_fact(&h->line);
}

static void add_span(struct html *h)
{
	struct buf *b = &h->line;
	int64_t span;

	open_fact(b, h->axis.utc ? "From (UTC)" : "From (trace's clock)", false);
	if (h->has_span)
		html_moment(h, h->axis.utc, h->axis.ticks, h->from);
	else
		buf_char(b, '-');
	close_fact(b);
	open_fact(b, h->axis.utc ? "To (UTC)" : "To (trace's clock)", false);
	if (h->has_span)
		html_moment(h, h->axis.utc, h->axis.ticks, h->to);
	else
		buf_char(b, '-');
	close_fact(b);
	open_fact(b, "Time span", false);
	if (h->has_span && !h->axis.ticks && !__builtin_sub_overflow(h->to, h->from, &span))
		html_duration(b, span);
	else
		buf_char(b, '-');
	close_fact(b);
}

static void add_strong(struct buf *b, uint64_t n)
{
	buf_text(b, "<strong>");
	html_grouped(b, n);
	buf_text(b, "</strong>");
}

static void add_odd(struct buf *b, uint64_t calls, const char *what)
{
	if (!calls)
		return;
	buf_text(b, " <span class=\"soft\">");
	html_grouped(b, calls);
	buf_printf(b, " %s</span>", what);
}

static void add_gaps(struct buf *b, uint64_t gaps)
{
	html_grouped(b, gaps);
	buf_text(b, gaps == 1 ? " time a number that is not known" : " times a number that is not known");
}

static void add_numbers(struct html *h)
{
	const struct summary_counts *n = &h->total;
	struct buf *b = &h->line;

	open_fact(b, "Calls", false);
	add_strong(b, n->calls);
	add_odd(b, n->unfinished, "not seen to return");
	add_odd(b, n->orphans, "not seen to begin");
	close_fact(b);
	open_fact(b, "Failed", false);
	add_strong(b, n->errors);
	if (n->errors)
		buf_printf(b, " <span class=\"soft\">%.2f %%</span>", 100.0 * (double)n->errors / (double)n->calls);
	close_fact(b);
	open_fact(b, "Events lost", false);
	add_strong(b, h->losses.events);
	if (h->losses.gaps) {
		buf_text(b, " <span class=\"soft\">and ");
		add_gaps(b, h->losses.gaps);
		buf_text(b, "</span>");
	}
	close_fact(b);
}

static void add_sum(struct buf *b, bool known, int64_t bytes)
{
	if (!known)
		buf_char(b, '-');
	else if (bytes == SUM_OVER)
		buf_char(b, '?');
	else
		html_size(b, bytes);
}

static void add_sums(struct html *h)
{
	static const unsigned percents[] = {50, 99, 100};
	const struct summary_counts *n = &h->total;
	struct buf *b = &h->line;

	open_fact(b, "Blocks gained / freed", false);
	add_sum(b, n->blocked, n->gained);
	buf_text(b, " / ");
	add_sum(b, n->blocked, n->freed);
	close_fact(b);
	open_fact(b, "Latency p50 / p99 / max", false);
	for (size_t i = 0; i < sizeof(percents) / sizeof(percents[0]); i++) {
		buf_text(b, i ? " / " : "");
		if (n->latency.total)
			html_duration(b, histogram_percentile(&n->latency, percents[i]));
		else
			buf_char(b, '-');
	}
	close_fact(b);
}

/* As a shell would be told; only what is no plain word is quoted. */
static void add_word(struct html *h, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%";
	struct buf quoted;

	buf_init(&quoted);
	if (*word && !word[strspn(word, plain)]) {
		buf_text(&quoted, word);
	} else {
		buf_char(&quoted, '\'');
		for (; *word; word++)
			buf_bytes(&quoted, *word == '\'' ? "'\"'\"'" : word, *word == '\'' ? 5 : 1);
		buf_char(&quoted, '\'');
	}
	if (!quoted.failed)
		html_name(h, quoted.data, quoted.size);
	h->line.failed |= quoted.failed;
	buf_free(&quoted);
}

/*
 * How it was called: filters may have kept calls away. The words of a COMMAND
 * may be secrets, and are not told.
 */
static void add_words(struct html *h)
{
	const char *name, *slash;

	if (!h->o.words_count)
		return;
	open_fact(&h->line, "Called as", true);
	for (size_t i = 0; i < h->o.words_count; i++) {
		name = h->o.words[i];
		slash = i ? NULL : strrchr(name, '/');
		if (i)
			buf_char(&h->line, ' ');
		add_word(h, slash ? slash + 1 : name);
	}
	close_fact(&h->line);
}

static void add_facts(struct html *h)
{
	struct buf *b = &h->line;

	buf_text(b, "<header>\n<h1>fallocate on ");
	add_hosts(h, html_name);
	buf_text(b, "</h1>\n<dl class=\"facts\">\n");
	open_fact(b, h->traces_count > 1 ? "Hosts" : "Host", false);
	add_hosts(h, html_name);
	if (h->traces_count > HTML_TRACES)
		buf_printf(b, ", of %zu recordings the first %d told", h->traces_count, HTML_TRACES);
	close_fact(b);
	add_kernels(h);
	add_span(h);
	add_numbers(h);
	add_sums(h);
	add_words(h);
	buf_text(b, "</dl>\n");
}

static void add_warning(struct html *h)
{
	struct buf *b = &h->line;

	if (h->losses.count) {
		buf_text(b, "<p class=\"warning\" role=\"alert\"><strong>Events were lost</strong>: ");
		if (h->losses.events) {
			html_grouped(b, h->losses.events);
			buf_text(b, " of them");
		}
		if (h->losses.gaps) {
			buf_text(b, h->losses.events ? ", and " : "");
			add_gaps(b, h->losses.gaps);
		}
		buf_text(b, ". More has happened than is counted here, and findings may be missing. "
			    "<a href=\"#losses\">Where</a></p>\n");
	}
}

static void add_links(struct buf *b)
{
	static const char *const links[][2] = {
		{"findings", "Findings"},     {"time", "Over time"},	  {"charts-files", "Files over time"},
		{"operations", "Operations"}, {"processes", "Processes"}, {"files", "Files"},
		{"errors", "Errors"},	      {"slow", "Slowest calls"},  {"failed", "Failed calls"},
		{"losses", "Losses"},
	};

	buf_text(b, "<nav aria-label=\"Sections\">");
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		buf_printf(b, "<a href=\"#%s\">%s</a>", links[i][0], links[i][1]);
	buf_text(b, "</nav>\n</header>\n<main>\n");
}

/* --- all of it --- */

static void add_end(struct html *h)
{
	struct buf *b = &h->line;

	buf_text(b, "<script>");
	buf_text(b, asset_tables);
	buf_text(b, "</script>\n<script>");
	buf_text(b, asset_charts);
	buf_text(b, "</script>\n</body>\n</html>\n");
}

static void add_footer(struct buf *b)
{
	buf_text(
		b,
		"</main>\n<footer><p>Sizes are in powers of 1024; point at a number for the exact one. Percentiles are "
		"within 1.6 % of it. A \"-\" is not known. Names are shown as they are; what is not text in them, or "
		"would steer how text is shown, as \\xHH.</p>\n<p>Made by falloctrace " VERSION ".</p></footer>\n");
}

int html_write_page(struct html *h, struct error *e)
{
	add_head(h);
	add_facts(h);
	add_warning(h);
	add_links(&h->line);
	if (html_flush(h, e) || html_write_findings(h, e))
		return -1;
	html_add_charts(h);
	if (html_flush(h, e) || html_write_tables(h, e) || html_write_calls(h, e))
		return -1;
	add_footer(&h->line);
	if (html_write_data(h, e))
		return -1;
	add_end(h);
	return html_flush(h, e);
}
