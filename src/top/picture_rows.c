/* SPDX-License-Identifier: MIT */
/*
 * Titles and rows. Of the columns those stand that there is room for; the key
 * comes last, and gets a part of the line that grows with it.
 */
#include <inttypes.h>
#include <string.h>

#include "info/units.h"
#include "top/cut.h"
#include "top/picture.h"

#define CELL 40

/* Which columns are kept where not all fit: the first of these longest. */
static const enum top_column importance[] = {TOP_RATE,	TOP_ERRORS, TOP_CALLS, TOP_BYTES_RATE, TOP_GAINED, TOP_P99,
					     TOP_FREED, TOP_GROWN,  TOP_MAX,   TOP_P50,	       TOP_BYTES,  TOP_P95};

/* The columns that a key must be left with. */
static size_t key_least(size_t width)
{
	return width < 40 ? width / 2 : width < 60 ? 20 : width < 120 ? 24 : 40;
}

static void write_size(const struct top_state *s, int64_t bytes, char *cell)
{
	if (s->human)
		units_size(bytes, cell);
	else
		snprintf(cell, CELL, "%" PRId64, bytes);
}

static void write_time(const struct top_state *s, int64_t ns, char *cell)
{
	if (s->human)
		units_time(ns, cell);
	else
		snprintf(cell, CELL, "%" PRId64 ".%dus", ns / NS_PER_US, (int)(ns % NS_PER_US / 100));
}

static void write_cell(const struct top_state *s, enum top_column c, const struct top_value *v, char *cell)
{
	if (!v->known || v->over) {
		strcpy(cell, v->known ? "?" : "-");
		return;
	}
	if (c == TOP_RATE)
		snprintf(cell, CELL, "%" PRId64 ".%d", v->value / 10, (int)(v->value % 10));
	else if (c == TOP_CALLS || c == TOP_ERRORS)
		snprintf(cell, CELL, "%" PRId64, v->value);
	else if (c >= TOP_P50)
		write_time(s, v->value, cell);
	else
		write_size(s, v->value, cell);
	if (v->least)
		strcat(cell, "+");
}

/* --- which columns, how wide --- */

static void widen(struct top_state *s, const struct top_row *r)
{
	char cell[CELL];

	for (enum top_column c = 0; c < TOP_COLUMNS; c++) {
		const struct top_value *v = top_row_value(r, c, s->last);
		size_t size;

		s->known |= (unsigned)v->known << c;
		write_cell(s, c, v, cell);
		size = strlen(cell);
		if (size > s->width[c])
			s->width[c] = (unsigned)size;
	}
}

static size_t column_width(const struct top_state *s, enum top_column c)
{
	size_t title = strlen(top_column_name(c));

	return s->width[c] > title ? s->width[c] : title;
}

/* Adds to chosen, in columns of which *left remain, until one has no place. */
static unsigned choose_from(const struct top_state *s, const enum top_column *from, size_t count, bool known,
			    unsigned chosen, size_t *left)
{
	for (size_t i = 0; i < count; i++) {
		enum top_column c = from[i];

		if (c == TOP_KEY || chosen & 1u << c || (known && !(s->known & 1u << c)))
			continue;
		if (column_width(s, c) + 1 > *left) {
			*left = 0;
			break;
		}
		chosen |= 1u << c;
		*left -= column_width(s, c) + 1;
	}
	return chosen;
}

/*
 * Bits 1 << enum top_column of what fits beside the key: first of all what is
 * sorted by, and what nobody knows only where there is room to spare.
 */
static unsigned choose(const struct top_state *s, size_t width)
{
	size_t left = width - key_least(width), count = sizeof(importance) / sizeof(importance[0]);
	unsigned chosen = choose_from(s, &s->sort, 1, false, 0, &left);

	chosen = choose_from(s, importance, count, s->known != 0, chosen, &left);
	return choose_from(s, importance, count, false, chosen, &left);
}

/* --- lines --- */

static void add_cell(struct buf *b, const struct top_state *s, enum top_column c, const char *cell)
{
	size_t size = strlen(cell), width = column_width(s, c);

	buf_fill(b, ' ', width > size ? width - size : 0);
	buf_bytes(b, cell, size);
	buf_char(b, ' ');
}

static size_t rest_of(const struct top_picture *p, const struct top_line *l)
{
	return p->width > l->text.size ? p->width - l->text.size : 0;
}

static void add_titles(struct top_picture *p, unsigned chosen, const struct top_rows *rows, const struct top_state *s)
{
	struct top_line *l = top_picture_line(p, TOP_TITLES);
	const char *title = top_by_title(rows->by);
	size_t before;

	for (enum top_column c = 0; c < TOP_COLUMNS; c++) {
		if (!(chosen & 1u << c))
			continue;
		add_cell(&l->text, s, c, top_column_name(c));
		if (c == s->sort) {
			l->mark_size = strlen(top_column_name(c));
			l->mark = l->text.size - 1 - l->mark_size;
		}
	}
	before = l->text.size;
	cut_end(&l->text, title, strlen(title), rest_of(p, l), true);
	if (s->sort == TOP_KEY) {
		l->mark = before;
		l->mark_size = l->text.size - before;
	}
	buf_fill(&l->text, ' ', rest_of(p, l));
}

static void add_row(struct top_picture *p, unsigned chosen, const struct top_rows *rows, const struct top_row *r,
		    const struct top_state *s, bool utf8)
{
	struct top_line *l = top_picture_line(p, TOP_PLAIN);
	const char *key = rows->keys.data + r->key;
	char cell[CELL];

	for (enum top_column c = 0; c < TOP_COLUMNS; c++) {
		if (!(chosen & 1u << c))
			continue;
		write_cell(s, c, top_row_value(r, c, s->last), cell);
		add_cell(&l->text, s, c, cell);
	}
	/* of a path, the end tells more */
	if (rows->by == SUMMARY_FILE)
		cut_start(&l->text, key, r->size, rest_of(p, l), utf8);
	else
		cut_end(&l->text, key, r->size, rest_of(p, l), utf8);
}

void top_picture_rows(struct top_picture *p, size_t lines, bool titles, const struct top_rows *rows,
		      struct top_state *s, bool utf8)
{
	size_t end = rows->seen - s->first < lines ? rows->seen : s->first + lines;
	unsigned chosen;

	for (size_t i = s->first; i < end; i++)
		widen(s, &rows->rows[rows->order[i]]);
	chosen = choose(s, p->width);
	if (titles)
		add_titles(p, chosen, rows, s);
	for (size_t i = s->first; i < end; i++)
		add_row(p, chosen, rows, &rows->rows[rows->order[i]], s, utf8);
}
