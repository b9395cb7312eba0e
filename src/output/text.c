/* SPDX-License-Identifier: MIT */
/*
 * Columns for people, which a script can split at blanks as well:
 *
 *   TIME [HOST] COMM PID OP OFFSET LEN SIZE BLOCKS LAT RESULT [NOTES] FILE
 *
 * No column but the last holds a blank; a value wider than its column pushes the
 * rest of its line to the right. NOTES is there only where there is something
 * to say, always in brackets (no FILE begins with one). HOST is there where
 * calls of several machines are shown.
 */
#include <stdlib.h>
#include <string.h>

#include "output/color.h"
#include "output/text_private.h"
#include "output/utf8.h"

#define INDENT 2 /* columns for each depth of an inner call */
/*
 * A last column that is cut keeps so many columns, or else it may go on in the
 * terminal's next row: on one where a line doesn't fit anyway, in as few rows.
 */
#define LAST_LEAST 10
#define ELLIPSIS "\xe2\x80\xa6" /* one column */

/* Puts text before what stands behind start. */
static void insert(struct buf *b, size_t start, const char *text)
{
	size_t size = strlen(text), used = b->size - start;

	buf_text(b, text);
	if (b->failed)
		return;
	memmove(b->data + start + size, b->data + start, used);
	memcpy(b->data + start, text, size);
}

/*
 * Most cells and gaps are short, and there are a dozen in each line: they are
 * moved and filled as a whole, which takes a few instructions.
 */
#define SHORT 32

static void add_blanks(struct buf *b, size_t count)
{
	if (count > SHORT || (b->room - b->size < SHORT && !buf_grow(b, SHORT))) {
		buf_fill(b, ' ', count);
		return;
	}
	memset(b->data + b->size, ' ', SHORT);
	b->size += count;
}

/* gap blanks before what stands behind start. */
static void pad_left(struct buf *b, size_t start, size_t gap)
{
	size_t used = b->size - start;
	char cell[SHORT];

	if (used > SHORT || gap > SHORT || b->room - b->size < 2 * SHORT) {
		buf_fill(b, ' ', gap);
		if (b->failed)
			return;
		memmove(b->data + start + gap, b->data + start, used);
		memset(b->data + start, ' ', gap);
		return;
	}
	memcpy(cell, b->data + start, SHORT);
	memset(b->data + start, ' ', SHORT);
	memcpy(b->data + start + gap, cell, SHORT);
	b->size += gap;
}

/* Cuts what stands behind start, and has used columns where at of the line are used before, to the terminal. */
static void fit(struct text *t, const struct text_column *k, size_t start, size_t at, size_t used)
{
	struct buf *b = &t->line;
	size_t width = t->o.width, room, cut, left;

	if (!width || !k->names)
		return;
	room = width - at % width;
	if (room < LAST_LEAST)
		room += width;
	if (used <= room || b->failed)
		return;
	if (k->end_tells) {
		cut = utf8_cut_front(b->data + start, b->size - start, used, room - 1, &left);
		memmove(b->data + start, b->data + start + cut, b->size - start - cut);
		b->size -= cut;
		insert(b, start, ELLIPSIS);
	} else {
		b->size = start + utf8_cut_back(b->data + start, b->size - start, room - 1, &left);
		buf_text(b, ELLIPSIS);
	}
}

/* Colours and fills up to width what stands behind start; returns the columns that are used then. */
static size_t end_cell(struct text *t, const struct text_column *k, size_t start, size_t used, size_t width)
{
	struct buf *b = &t->line;
	size_t gap = used < width ? width - used : 0;

	if (t->o.color && t->color) {
		insert(b, start, t->color);
		buf_text(b, COLOR_OFF);
	}
	if (k->right)
		pad_left(b, start, gap);
	if (k->last)
		return used;
	if (k->right)
		buf_char(b, ' ');
	else
		add_blanks(b, gap + 1);
	return used + gap + 1;
}

static size_t add_cell(struct text *t, const struct text_column *k, const struct call *c, size_t at, size_t width)
{
	struct buf *b = &t->line;
	size_t start = b->size, used;

	t->color = NULL;
	used = k->add(t, k, c);
	if (b->size == start) {
		if (k->optional)
			return 0;
		buf_char(b, '-');
		used = 1;
	}
	if (used == TEXT_BYTES)
		used = b->size - start;
	if (k->last)
		fit(t, k, start, at, used);
	return end_cell(t, k, start, used, k->optional ? 0 : width);
}

static void add_line(struct text *t, const struct call *c)
{
	size_t indent = t->o.nested ? (size_t)c->depth * INDENT : 0, at = indent;
	struct text_when w = text_when_of(c);

	t->ticks = c->ticks;
	text_time_begin(t, &w);
	buf_fill(&t->line, ' ', indent);
	for (size_t i = 0; i < t->columns_count; i++) {
		const struct text_column *k = &t->columns[i];
		size_t width = k->width;

		if (i == t->narrow && indent < width)
			width -= indent;
		at += add_cell(t, k, c, at, width);
	}
	buf_char(&t->line, '\n');
	text_time_end(t, &w);
}

/* --- the sink --- */

static int text_header(struct sink *s, struct error *e)
{
	struct text *t = (struct text *)s;
	struct buf *b = &t->line;

	if (t->o.color)
		buf_text(b, COLOR_HEADER);
	for (size_t i = 0; i < t->columns_count; i++) {
		const struct text_column *k = &t->columns[i];
		size_t size = strlen(k->title), gap = k->width > size ? k->width - size : 0;

		if (k->optional)
			continue;
		buf_fill(b, ' ', k->right && !k->title_left ? gap : 0);
		buf_text(b, k->title);
		if (!k->last)
			buf_fill(b, ' ', k->right && !k->title_left ? 1 : gap + 1);
	}
	buf_text(b, t->o.color ? COLOR_OFF "\n" : "\n");
	return buf_write(b, t->o.out, e);
}

static int text_call(struct sink *s, const struct call *c, struct error *e)
{
	struct text *t = (struct text *)s;
	const struct call *inner;

	add_line(t, c);
	if (buf_write(&t->line, t->o.out, e) < 0)
		return -1;
	for (inner = t->o.nested ? c->inner : NULL; inner; inner = inner->next)
		if (text_call(s, inner, e) < 0)
			return -1;
	return 0;
}

/* A line like a call's: what it is stands where the operation does. */
static int text_related(struct sink *s, const struct call *c, struct error *e)
{
	struct text *t = (struct text *)s;

	add_line(t, c);
	return buf_write(&t->line, t->o.out, e);
}

static void add_before(struct text *t, const struct loss *l)
{
	struct text_when w = {.has_ts = true, .has_utc = l->has_utc, .ts = l->before, .utc = l->utc};

	text_time_begin(t, &w);
	text_time_add(t, &w);
	text_time_end(t, &w);
}

/* No call's line begins with LOST: there the time stands. */
static int text_lost(struct sink *s, const struct loss *l, struct error *e)
{
	struct text *t = (struct text *)s;
	struct buf *b = &t->line;
	size_t start;

	if (t->o.color)
		buf_text(b, COLOR_ODD);
	buf_text(b, "LOST ");
	if (l->count == LOST_UNKNOWN)
		buf_char(b, '?');
	else
		buf_u64(b, l->count);
	buf_printf(b, " events on CPU %d ", l->cpu);
	if (t->o.hosts && l->host && *l->host) {
		buf_text(b, "of ");
		utf8_escape(b, l->host, strlen(l->host), true);
		buf_char(b, ' ');
	}
	buf_text(b, "before ");
	start = b->size;
	if (l->has_before)
		add_before(t, l);
	else
		buf_text(b, "end");
	if (b->size == start)
		buf_char(b, '-');
	buf_text(b, t->o.color ? COLOR_OFF "\n" : "\n");
	return buf_write(b, t->o.out, e);
}

static int text_footer(struct sink *s, struct error *e)
{
	(void)s;
	(void)e;
	return 0;
}

static void text_free(struct sink *s)
{
	struct text *t = (struct text *)s;

	if (!t)
		return;
	buf_free(&t->line);
	free(t->columns);
	free(t);
}

static const struct sink_ops text_ops = {
	.name = "text",
	.header = text_header,
	.call = text_call,
	.related = text_related,
	.lost = text_lost,
	.footer = text_footer,
	.free = text_free,
};

struct sink *sink_text_new(const struct sink_options *o)
{
	struct text *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->sink.ops = &text_ops;
	t->o = *o;
	buf_init(&t->line);
	clock_init(&t->clock);
	if (text_columns_make(t)) {
		text_free(&t->sink);
		return NULL;
	}
	return &t->sink;
}
