/* SPDX-License-Identifier: MIT */
/*
 * The lines above the table. Where there isn't room for all, those stay that
 * matter most; a loss stays before everything else.
 */
#include <inttypes.h>
#include <string.h>

#include "info/units.h"
#include "output/utf8.h"
#include "stats/key.h"
#include "top/cut.h"
#include "top/picture.h"

/* In the order in which they stand. */
enum part { ABOUT, RATES, LOSSES, CHOICES, NOTE, MESSAGE, SAID, PARTS };

static void add_time(struct buf *b, int64_t ns)
{
	uint64_t s = ns > 0 ? (uint64_t)(ns / NS_PER_S) : 0;

	buf_u64(b, s / 3600);
	buf_char(b, ':');
	buf_digits(b, s / 60 % 60, 2);
	buf_char(b, ':');
	buf_digits(b, s % 60, 2);
}

static void add_tenths(struct buf *b, int64_t tenths)
{
	buf_printf(b, "%" PRId64 ".%d", tenths / 10, (int)(tenths % 10));
}

static void add_size(struct buf *b, const struct top_state *s, int64_t bytes)
{
	char text[UNITS_TEXT];

	if (bytes == SUM_OVER)
		buf_char(b, '?');
	else if (s->human)
		buf_text(b, units_size(bytes, text));
	else
		buf_i64(b, bytes);
}

static void add_about(struct buf *b, const struct top_state *s, const struct top_about *about)
{
	char text[UNITS_TEXT];

	buf_text(b, s->paused ? "PAUSED " : "");
	buf_text(b, "falloctrace ");
	if (*about->host) {
		utf8_escape(b, about->host, strlen(about->host), false);
		buf_char(b, ' ');
	}
	if (*about->release) {
		buf_text(b, "Linux ");
		utf8_escape(b, about->release, strlen(about->release), false);
		buf_char(b, ' ');
	}
	buf_char(b, ' ');
	add_time(b, about->ran);
	buf_printf(b, "  every %s", units_time(about->interval, text));
}

static void add_rates(struct buf *b, const struct top_rows *r, const struct top_state *s)
{
	if (r->last_ns > 0) {
		int64_t len = r->last.len;

		add_tenths(b, top_tenths(r->last.calls, r->last_ns));
		buf_text(b, " calls/s  ");
		add_tenths(b, top_tenths(r->last.errors, r->last_ns));
		buf_text(b, " errors/s  ");
		add_size(b, s, len == SUM_OVER ? len : top_rate(len, r->last_ns));
		buf_text(b, " bytes/s asked");
	} else {
		buf_text(b, "- calls/s  - errors/s  - bytes/s asked");
	}
	buf_printf(b, "  in all %" PRIu64 " calls, %" PRIu64 " errors", r->all.calls, r->all.errors);
}

static void add_losses(struct buf *b, const struct top_about *a)
{
	if (!a->lost && !a->gaps) {
		buf_text(b, "lost nothing");
		return;
	}
	buf_text(b, "LOST ");
	if (a->lost)
		buf_printf(b, "%" PRIu64 " events", a->lost);
	if (a->gaps)
		buf_printf(b, "%s%" PRIu64 " times an unknown number of events", a->lost ? ", and " : "", a->gaps);
	buf_text(b, ": calls may be missing");
}

static void add_choices(struct buf *b, const struct top_rows *r, const struct top_state *s)
{
	if (s->editing) {
		buf_text(b, "filter: ");
		utf8_escape(b, s->filter, s->filter_size, false);
		return;
	}
	if (s->filter_size) {
		buf_text(b, "filter: ");
		utf8_escape(b, s->filter, s->filter_size, false);
		buf_printf(b, "  %zu of ", r->seen);
	}
	buf_printf(b, "%zu row%s  by %s  sort %s%s  latencies: %s", r->count, r->count == 1 ? "" : "s",
		   stats_by_name(r->by), s->sort == TOP_KEY ? stats_by_name(r->by) : top_column_name(s->sort),
		   s->reverse ? " reversed" : "", s->last ? "last interval" : "since start");
}

static void add_part(struct buf *b, enum part part, const struct top_rows *r, const struct top_state *s,
		     const struct top_about *about)
{
	switch (part) {
	case ABOUT:
		add_about(b, s, about);
		break;
	case RATES:
		add_rates(b, r, s);
		break;
	case LOSSES:
		add_losses(b, about);
		break;
	case CHOICES:
		add_choices(b, r, s);
		break;
	case NOTE:
		utf8_escape(b, about->note, strlen(about->note), false);
		break;
	case MESSAGE:
		utf8_escape(b, about->message, strlen(about->message), false);
		break;
	case SAID:
		buf_text(b, about->ending ? "the command was asked to end; q again leaves it alone" : "command: ");
		utf8_escape(b, about->said, about->ending ? 0 : about->said_size, false);
		break;
	case PARTS:
		break;
	}
}

/* Which are there, most important first; returns how many. */
static size_t choose(enum part *chosen, const struct top_state *s, const struct top_about *a)
{
	bool lost = a->lost || a->gaps;
	size_t n = 0;

	if (s->editing)
		chosen[n++] = CHOICES;
	if (lost)
		chosen[n++] = LOSSES;
	chosen[n++] = RATES;
	if (a->message)
		chosen[n++] = MESSAGE;
	if (!s->editing)
		chosen[n++] = CHOICES;
	if (a->note)
		chosen[n++] = NOTE;
	if (a->said || a->ending)
		chosen[n++] = SAID;
	chosen[n++] = ABOUT;
	if (!lost)
		chosen[n++] = LOSSES;
	return n;
}

static enum top_style style_of(enum part part, const struct top_about *a)
{
	if (part == NOTE || part == MESSAGE || (part == LOSSES && (a->lost || a->gaps)))
		return TOP_WARNING;
	return part == RATES ? TOP_STRONG : TOP_PLAIN;
}

/* The cursor stands where the next character of the filter will. */
static void put_cursor(struct top_picture *p, size_t columns)
{
	p->has_cursor = true;
	p->cursor_y = p->count - 1;
	p->cursor_x = columns < p->width ? columns : p->width ? p->width - 1 : 0;
}

void top_picture_header(struct top_picture *p, size_t lines, const struct top_rows *rows, const struct top_state *s,
			const struct top_about *about)
{
	enum part chosen[PARTS];
	size_t count = choose(chosen, s, about);
	unsigned shown = 0;
	struct buf text;

	buf_init(&text);
	for (size_t i = 0; i < count && i < lines; i++)
		shown |= 1u << chosen[i];
	for (enum part part = 0; part < PARTS; part++) {
		struct top_line *l;
		size_t columns;

		if (!(shown & 1u << part))
			continue;
		l = top_picture_line(p, style_of(part, about));
		text.size = 0;
		add_part(&text, part, rows, s, about);
		if (part == CHOICES && s->editing) {
			columns = cut_start(&l->text, text.data, text.size, p->width ? p->width - 1 : 0, about->utf8);
			put_cursor(p, columns);
		} else {
			cut_end(&l->text, text.data, text.size, p->width, about->utf8);
		}
	}
	p->failed = p->failed || text.failed;
	buf_free(&text);
}
