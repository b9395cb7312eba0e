/* SPDX-License-Identifier: MIT */
/*
 * Comma-separated values as RFC 4180 has them: lines end in CR LF, the first one
 * names the columns, a cell that needs it stands in double quotes. There is one
 * kind of row: "type" says whether it is a call or a loss, "lost" how many events
 * a loss is of. What is not known is an empty cell.
 *
 * Text of others is valid UTF-8 in one line, whatever its bytes: what is not, and
 * a backslash, is escaped as utf8_escape does it, from which the bytes can be had
 * again. A cell that a spreadsheet would take for a formula begins with such an
 * escape, too.
 */
#include <stdlib.h>
#include <string.h>

#include "falloctrace/field.h"
#include "falloctrace/sink.h"
#include "output/buf.h"
#include "output/clock.h"
#include "output/csv_text.h"

struct csv {
	struct sink sink;
	struct sink_options o;
	struct buf line, cell;
	struct clock clock;
	const struct field **columns;
	size_t columns_count;
	bool after; /* one of them tells how sizes are known */
};

/* --- cells --- */

/*
 * What is derived may not pass for seen. "after" speaks for the size after, and
 * with it for all that is derived where that is; beyond it such a value is left
 * out, as JSON does. Where that column was not asked for, "~" says it, as in text.
 */
static bool may_show(struct csv *s, const struct call *c, const struct value *v)
{
	if (v->kind == VALUE_NONE)
		return false;
	if (v->known != DERIVED)
		return true;
	if (s->after)
		return c->size_after_known == DERIVED;
	buf_char(&s->line, '~');
	return true;
}

static void add_cell(struct csv *s, const struct field *f, const struct call *c)
{
	struct value v;

	f->get(c, &v);
	if (!may_show(s, c, &v))
		return;
	if (f->unit == UNIT_UTC)
		clock_utc(&s->clock, &s->line, v.number, 9);
	else if (v.kind == VALUE_SIGNED)
		buf_i64(&s->line, v.number);
	else if (v.kind == VALUE_UNSIGNED)
		buf_u64(&s->line, v.unsigned_number);
	else
		csv_text(&s->line, &s->cell, v.text, strlen(v.text));
}

/* --- rows --- */

static int end_row(struct csv *s, struct error *e)
{
	buf_text(&s->line, "\r\n");
	return buf_write(&s->line, s->o.out, e);
}

static int csv_header(struct sink *sink, struct error *e)
{
	struct csv *s = (struct csv *)sink;

	buf_text(&s->line, "type");
	for (size_t i = 0; i < s->columns_count; i++) {
		buf_char(&s->line, ',');
		buf_text(&s->line, s->columns[i]->name);
	}
	buf_text(&s->line, ",lost");
	return end_row(s, e);
}

static int csv_call(struct sink *sink, const struct call *c, struct error *e)
{
	struct csv *s = (struct csv *)sink;

	buf_text(&s->line, "call");
	for (size_t i = 0; i < s->columns_count; i++) {
		buf_char(&s->line, ',');
		add_cell(s, s->columns[i], c);
	}
	buf_char(&s->line, ',');
	if (end_row(s, e) < 0)
		return -1;
	for (const struct call *inner = s->o.nested ? c->inner : NULL; inner; inner = inner->next)
		if (csv_call(sink, inner, e) < 0)
			return -1;
	return 0;
}

/* Of a loss a few fields are known; as a call that has only these, it is written by the same code. */
static int csv_lost(struct sink *sink, const struct loss *l, struct error *e)
{
	static const char *const known[] = {"time", "ts", "host", "cpu"};
	struct csv *s = (struct csv *)sink;
	struct call c = {.host = l->host, .cpu = l->cpu, .has_utc = l->has_utc, .utc = l->utc};

	c.has_start = l->has_before;
	c.start = l->before;
	buf_text(&s->line, "lost");
	for (size_t i = 0; i < s->columns_count; i++) {
		buf_char(&s->line, ',');
		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			if (!strcmp(s->columns[i]->name, known[k]))
				add_cell(s, s->columns[i], &c);
	}
	buf_char(&s->line, ',');
	if (l->count != LOST_UNKNOWN)
		buf_u64(&s->line, l->count);
	return end_row(s, e);
}

static int csv_footer(struct sink *sink, struct error *e)
{
	(void)sink;
	(void)e;
	return 0;
}

static void csv_free(struct sink *sink)
{
	struct csv *s = (struct csv *)sink;

	if (!s)
		return;
	buf_free(&s->line);
	buf_free(&s->cell);
	free(s->columns);
	free(s);
}

static const struct sink_ops csv_ops = {
	.name = "csv",
	.header = csv_header,
	.call = csv_call,
	.lost = csv_lost,
	.footer = csv_footer,
	.free = csv_free,
};

/* Those that were asked for, or all. */
static int set_columns(struct csv *s)
{
	s->columns_count = s->o.columns ? s->o.columns_count : fields_count;
	s->columns = calloc(s->columns_count + 1, sizeof(*s->columns));
	if (!s->columns)
		return -1;
	for (size_t i = 0; i < s->columns_count; i++) {
		s->columns[i] = s->o.columns ? s->o.columns[i] : &fields[i];
		s->after |= !strcmp(s->columns[i]->name, "after");
	}
	return 0;
}

struct sink *sink_csv_new(const struct sink_options *o)
{
	struct csv *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->sink.ops = &csv_ops;
	s->o = *o;
	buf_init(&s->line);
	buf_init(&s->cell);
	clock_init(&s->clock);
	if (set_columns(s)) {
		csv_free(&s->sink);
		return NULL;
	}
	return &s->sink;
}
