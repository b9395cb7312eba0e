/* SPDX-License-Identifier: MIT */
#include "top/picture.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "info/units.h"
#include "output/utf8.h"
#include "top/cut.h"

/* From so many lines on there are titles, and a line that names keys. */
#define TITLES_LEAST 4
#define KEYS_LEAST 12

void top_picture_free(struct top_picture *p)
{
	for (size_t i = 0; i < p->room; i++)
		buf_free(&p->lines[i].text);
	free(p->lines);
	memset(p, 0, sizeof(*p));
}

/* One line more than there are takes what goes nowhere. */
static int make_room(struct top_picture *p, size_t height)
{
	struct top_line *lines = p->lines;

	if (p->room > height)
		return 0;
	lines = realloc(lines, (height + 1) * sizeof(*lines));
	if (!lines)
		return -1;
	for (size_t i = p->room; i <= height; i++)
		buf_init(&lines[i].text);
	p->lines = lines;
	p->room = height + 1;
	return 0;
}

struct top_line *top_picture_line(struct top_picture *p, enum top_style style)
{
	bool seen = p->wanted++ >= p->skip && p->count < p->height;
	struct top_line *l = &p->lines[seen ? p->count++ : p->height];

	l->text.size = 0;
	l->style = style;
	l->mark_size = 0;
	return l;
}

/* The line at the very bottom, if there is one to spare. */
static void add_keys(struct top_picture *p, const struct top_state *s)
{
	static const char keys[] = "h help  q quit  p f o s v e by  < > sort  r reverse  / filter  l latency  u units  "
				   "space pause  c clear";
	static const char edit_keys[] = "Enter keeps the filter, Esc drops it";
	const char *text = s->editing ? edit_keys : keys;
	struct top_line *l;

	while (p->count + 1 < p->height)
		top_picture_line(p, TOP_PLAIN);
	l = top_picture_line(p, TOP_FAINT);
	cut_end(&l->text, text, strlen(text), p->width, true);
}

/* How many lines are for what stands above the titles. */
static size_t header_lines(size_t height)
{
	return height < 3 ? 1 : (height - 1) / 2;
}

static void draw_table(struct top_picture *p, struct top_rows *rows, struct top_state *s, const struct top_about *about)
{
	const struct top_order order = {s->sort, s->reverse, s->last, s->filter, s->filter_size};
	bool titles = p->height >= TITLES_LEAST, keys = p->height >= KEYS_LEAST;
	size_t used;

	top_rows_sort(rows, &order);
	top_picture_header(p, header_lines(p->height), rows, s, about);
	used = p->count + titles + keys;
	s->page = p->height > used ? p->height - used : 0;
	if (s->first > rows->seen || rows->seen - s->first < s->page)
		s->first = rows->seen > s->page ? rows->seen - s->page : 0;
	top_picture_rows(p, s->page, titles, rows, s, about->utf8);
	if (keys)
		add_keys(p, s);
}

void top_picture_draw(struct top_picture *p, size_t width, size_t height, struct top_rows *rows, struct top_state *s,
		      const struct top_about *about)
{
	p->failed = make_room(p, height) != 0;
	p->width = width;
	p->height = p->failed ? 0 : height;
	p->count = p->wanted = p->skip = 0;
	p->has_cursor = false;
	if (p->failed)
		return;
	if (s->help)
		top_picture_help(p, s, about);
	else
		draw_table(p, rows, s, about);
	for (size_t i = 0; i < p->room; i++) {
		p->failed = p->failed || p->lines[i].text.failed;
		p->lines[i].text.failed = false;
	}
}
