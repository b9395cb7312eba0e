/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "info/units.h"
#include "output/html/html.h"
#include "output/utf8.h"

#define NAME_MAX_SHOWN 1024 /* bytes; of longer ones … */
#define NAME_HEAD 640
#define NAME_TAIL 320

/* --- text --- */

static void add_escaped(struct buf *b, const char *s, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		switch (s[i]) {
		case '&':
			buf_text(b, "&amp;");
			break;
		case '<':
			buf_text(b, "&lt;");
			break;
		case '>':
			buf_text(b, "&gt;");
			break;
		case '"':
			buf_text(b, "&quot;");
			break;
		case '\'':
			buf_text(b, "&#39;");
			break;
		default:
			buf_char(b, s[i]);
		}
	}
}

void html_shown(struct html *h, const char *text)
{
	add_escaped(&h->line, text, strlen(text));
}

/* What isn't text, or would turn it around, is told by its bytes. */
static void add_bytes(struct html *h, const char *name, size_t size)
{
	h->scratch.size = 0;
	utf8_escape(&h->scratch, name, size, false);
	add_escaped(&h->line, h->scratch.data, h->scratch.size);
}

void html_text(struct html *h, const char *text)
{
	add_bytes(h, text, strlen(text));
}

void html_name(struct html *h, const char *name, size_t size)
{
	struct buf *b = &h->line;

	buf_text(b, "<bdi class=\"name\">");
	if (size <= NAME_MAX_SHOWN) {
		add_bytes(h, name, size);
	} else {
		add_bytes(h, name, NAME_HEAD);
		buf_printf(b, "<span class=\"cut\"> … %zu bytes more … </span>", size - NAME_HEAD - NAME_TAIL);
		add_bytes(h, name + size - NAME_TAIL, NAME_TAIL);
	}
	buf_text(b, "</bdi>");
}

/* --- numbers --- */

void html_grouped(struct buf *b, uint64_t n)
{
	char digits[32];
	int size = snprintf(digits, sizeof(digits), "%" PRIu64, n);

	for (int i = 0; i < size; i++) {
		if (i && (size - i) % 3 == 0)
			buf_char(b, ',');
		buf_char(b, digits[i]);
	}
}

void html_signed(struct buf *b, int64_t n)
{
	if (n < 0)
		buf_char(b, '-');
	html_grouped(b, n < 0 ? -(uint64_t)n : (uint64_t)n);
}

/* What hides behind a rounded number. */
static void add_exact(struct buf *b, int64_t n, const char *unit)
{
	buf_text(b, " title=\"");
	html_signed(b, n);
	buf_char(b, ' ');
	buf_text(b, unit);
	buf_char(b, '"');
}

void html_size(struct buf *b, int64_t bytes)
{
	char text[UNITS_TEXT];

	buf_text(b, "<span");
	add_exact(b, bytes, "bytes");
	buf_char(b, '>');
	buf_text(b, units_size(bytes, text));
	buf_text(b, "</span>");
}

void html_duration(struct buf *b, int64_t ns)
{
	char text[UNITS_TEXT];

	buf_text(b, "<span");
	add_exact(b, ns, "ns");
	buf_char(b, '>');
	buf_text(b, units_time(ns, text));
	buf_text(b, "</span>");
}

void html_moment(struct html *h, bool utc, bool ticks, int64_t time)
{
	struct buf *b = &h->line, *s = &h->scratch;

	if (!utc) {
		buf_text(b, "<span title=\"on the trace's clock\">");
		if (ticks)
			html_signed(b, time);
		else
			clock_seconds(b, time, 6);
		buf_text(b, "</span>");
		return;
	}
	s->size = 0;
	clock_utc(&h->clock, s, time, 9);
	buf_text(b, "<time datetime=\"");
	buf_bytes(b, s->data, s->size);
	buf_text(b, "\">");
	for (size_t i = 0; i + 4 < s->size; i++) /* microseconds, and no Z */
		buf_char(b, s->data[i] == 'T' ? ' ' : s->data[i]);
	buf_text(b, "</time>");
}

/* --- cells --- */

void html_cell_unknown(struct buf *b)
{
	buf_text(b, "<td>-</td>");
}

static void open_cell(struct buf *b, int64_t value)
{
	buf_text(b, "<td data-v=\"");
	buf_i64(b, value);
	buf_char(b, '"');
}

void html_cell_count(struct buf *b, uint64_t n)
{
	buf_text(b, "<td data-v=\"");
	buf_u64(b, n);
	buf_text(b, "\">");
	html_grouped(b, n);
	buf_text(b, "</td>");
}

void html_cell_number(struct buf *b, int64_t n)
{
	open_cell(b, n);
	buf_char(b, '>');
	html_signed(b, n);
	buf_text(b, "</td>");
}

void html_cell_size(struct buf *b, bool known, int64_t bytes)
{
	char text[UNITS_TEXT];

	if (!known) {
		html_cell_unknown(b);
		return;
	}
	open_cell(b, bytes);
	add_exact(b, bytes, "bytes");
	buf_char(b, '>');
	buf_text(b, units_size(bytes, text));
	buf_text(b, "</td>");
}

void html_cell_sum(struct buf *b, bool known, int64_t sum)
{
	if (!known || sum != SUM_OVER) {
		html_cell_size(b, known, sum);
		return;
	}
	open_cell(b, sum);
	buf_text(b, " title=\"too large to tell\">?</td>");
}

void html_cell_time(struct buf *b, bool known, int64_t ns)
{
	char text[UNITS_TEXT];

	if (!known) {
		html_cell_unknown(b);
		return;
	}
	open_cell(b, ns);
	add_exact(b, ns, "ns");
	buf_char(b, '>');
	buf_text(b, units_time(ns, text));
	buf_text(b, "</td>");
}
