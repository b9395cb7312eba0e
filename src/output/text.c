/* SPDX-License-Identifier: MIT */
/*
 * Columns for people, which a script can split at blanks as well:
 *
 *   TIME [HOST] COMM PID OP OFFSET LEN SIZE BLOCKS LAT RESULT [NOTES] FILE
 *
 * No column but FILE holds a blank; a value wider than its column pushes the
 * rest of its line to the right. NOTES is there only where there is something
 * to say, always in brackets (no FILE begins with one). HOST is there where
 * calls of several machines are shown.
 */
#include <stdlib.h>
#include <string.h>

#include "falloctrace/sink.h"
#include "info/units.h"
#include "output/buf.h"
#include "output/clock.h"
#include "output/notes.h"
#include "output/utf8.h"

#define COLOR_HEADER "\033[1m"
#define COLOR_ERROR "\033[31m"
#define COLOR_ODD "\033[33m"
#define COLOR_OFF "\033[0m"

#define INDENT 2 /* columns for each depth of an inner call */

struct text {
	struct sink sink;
	struct sink_options o;
	struct buf line;
	struct clock clock;
	bool has_first, has_last; /* TIME_STYLE_RELATIVE and TIME_STYLE_DELTA count from them */
	uint64_t first, last;	  /* ns on the trace's clock */
	bool ticks;		  /* … which, by the last call, does not count ns */
};

/* Columns of each style's widest usual time. */
static size_t time_width(enum time_style style)
{
	switch (style) {
	case TIME_STYLE_LOCAL:
		return 15; /* 09:15:02.123456 */
	case TIME_STYLE_UTC:
		return 27; /* 2026-11-23T09:15:02.123456Z */
	case TIME_STYLE_RELATIVE:
	case TIME_STYLE_DELTA:
		return 12; /* 12345.678901 */
	case TIME_STYLE_RAW:
		return 17; /* 1234567.123456789 */
	}
	return 0;
}

/* The other columns' widths, in their order. */
enum {
	WIDTH_HOST = 15,
	WIDTH_COMM = 15,
	WIDTH_PID = 7,
	WIDTH_OP = 9,
	WIDTH_OFFSET = 12,
	WIDTH_LEN = 10,
	WIDTH_SIZE = 18,
	WIDTH_BLOCKS = 12,
	WIDTH_LAT = 10,
	WIDTH_RESULT = 10,
};

/* --- cells: each adds the cell's text and a blank; a cell is built at the end of the line, where it will stand --- */

static void pad(struct buf *b, size_t used, size_t width)
{
	buf_fill(b, ' ', used < width ? width - used : 0);
}

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

/* What stands behind start is plain ASCII; nothing: "-". */
static void end_cell(struct text *t, size_t start, size_t width, const char *color)
{
	struct buf *b = &t->line;
	size_t used;

	if (b->size == start)
		buf_char(b, '-');
	used = b->size - start;
	if (color) {
		insert(b, start, color);
		buf_text(b, COLOR_OFF);
	}
	pad(b, used, width);
	buf_char(b, ' ');
}

static void end_right_cell(struct text *t, size_t start, size_t width)
{
	struct buf *b = &t->line;
	size_t used, gap;

	if (b->size == start)
		buf_char(b, '-');
	used = b->size - start;
	gap = used < width ? width - used : 0;
	buf_fill(b, ' ', gap + 1);
	if (!gap || b->failed)
		return;
	memmove(b->data + start + gap, b->data + start, used);
	memset(b->data + start, ' ', gap);
}

/* The trace's own time, as trace-cmd report has it. */
static void add_raw(struct text *t, uint64_t ts, unsigned digits)
{
	if (t->ticks)
		buf_u64(&t->line, ts);
	else
		clock_seconds(&t->line, (int64_t)ts, digits);
}

static void add_time(struct text *t, bool has_ts, uint64_t ts, bool has_utc, int64_t utc)
{
	struct buf *b = &t->line;

	/* machines have a clock each, and only wall time in common */
	if (t->o.hosts && has_utc && t->o.time != TIME_STYLE_RAW)
		ts = (uint64_t)utc;
	if (has_ts && !t->has_first) {
		t->first = ts;
		t->has_first = true;
	}
	switch (t->o.time) {
	case TIME_STYLE_LOCAL:
		if (has_utc)
			clock_local(&t->clock, b, utc, 6);
		else if (has_ts)
			add_raw(t, ts, 6);
		break;
	case TIME_STYLE_UTC:
		if (has_utc)
			clock_utc(&t->clock, b, utc, 6);
		else if (has_ts)
			add_raw(t, ts, 6);
		break;
	case TIME_STYLE_RELATIVE:
		if (has_ts)
			clock_seconds(b, (int64_t)(ts - t->first), 6);
		break;
	case TIME_STYLE_DELTA:
		if (has_ts)
			clock_seconds(b, t->has_last ? (int64_t)(ts - t->last) : 0, 6);
		break;
	case TIME_STYLE_RAW:
		if (has_ts)
			add_raw(t, ts, 9);
		break;
	}
	if (has_ts) {
		t->last = ts;
		t->has_last = true;
	}
}

static void host_cell(struct text *t, const char *host)
{
	size_t used = 1;

	if (host && *host)
		used = utf8_escape(&t->line, host, strlen(host), true);
	else
		buf_char(&t->line, '-');
	pad(&t->line, used, WIDTH_HOST);
	buf_char(&t->line, ' ');
}

static void comm_cell(struct text *t, const struct call *c)
{
	size_t indent = (size_t)c->depth * INDENT, width = WIDTH_COMM;
	size_t used = 1;

	/* the line began with the indentation: its columns stay in line */
	width -= t->o.nested && indent < width ? indent : 0;
	if (*c->comm)
		used = utf8_escape(&t->line, c->comm, strnlen(c->comm, sizeof(c->comm)), true);
	else
		buf_char(&t->line, '-');
	pad(&t->line, used, width);
	buf_char(&t->line, ' ');
}

static void add_bytes(struct text *t, int64_t bytes)
{
	char text[UNITS_TEXT];

	if (t->o.human)
		buf_text(&t->line, units_size(bytes, text));
	else
		buf_i64(&t->line, bytes);
}

static void bytes_cell(struct text *t, size_t width, bool has, int64_t bytes)
{
	size_t start = t->line.size;

	if (has)
		add_bytes(t, bytes);
	end_right_cell(t, start, width);
}

/* Blocks are raw in units of 512 bytes, as stat(2) has them; as bytes with units for people. */
static void add_blocks(struct text *t, uint64_t blocks)
{
	if (t->o.human)
		add_bytes(t, blocks > INT64_MAX / 512 ? INT64_MAX : (int64_t)blocks * 512);
	else
		buf_u64(&t->line, blocks);
}

struct pair {
	enum known before_known, after_known;
	uint64_t before, after; /* of a size, an int64_t's bits */
	bool blocks;
};

static void add_known(struct text *t, enum known known, uint64_t value, bool blocks)
{
	if (known == UNKNOWN) {
		buf_char(&t->line, '-');
		return;
	}
	if (known == DERIVED)
		buf_char(&t->line, '~');
	if (blocks)
		add_blocks(t, value);
	else
		add_bytes(t, (int64_t)value);
}

/* "4096" where it stayed, "4096->8192", "->~8192" where the new value is derived, "-" where nothing is known. */
static void pair_cell(struct text *t, size_t width, const struct pair *p)
{
	size_t start = t->line.size;
	bool same = p->before_known == p->after_known && (p->before_known == UNKNOWN || p->before == p->after);

	add_known(t, p->before_known, p->before, p->blocks);
	if (!same) {
		buf_text(&t->line, "->");
		add_known(t, p->after_known, p->after, p->blocks);
	}
	end_right_cell(t, start, width);
}

static void sizes_cells(struct text *t, const struct call *c)
{
	struct pair size = {c->size_before_known, c->size_after_known, (uint64_t)c->size_before,
			    (uint64_t)c->size_after, false};
	struct pair blocks = {c->blocks_before_known, c->blocks_after_known, c->blocks_before, c->blocks_after, true};

	pair_cell(t, WIDTH_SIZE, &size);
	pair_cell(t, WIDTH_BLOCKS, &blocks);
}

/* An op's one word hides only whether the size is kept, and what was wrong with an invalid mode. */
static void op_cell(struct text *t, const struct call *c)
{
	const char *name = op_name(c->op);
	size_t start = t->line.size;

	if (name)
		buf_text(&t->line, name);
	if (name && c->op == OP_INVALID && c->has_mode)
		buf_printf(&t->line, ":0x%x", c->mode);
	else if (c->has_mode && (c->op == OP_ZERO || c->op == OP_UNSHARE) && c->mode & 1 /* KEEP_SIZE */)
		buf_text(&t->line, "+keep");
	end_cell(t, start, WIDTH_OP, NULL);
}

static void latency_cell(struct text *t, const struct call *c)
{
	int64_t ns = call_latency(c);
	size_t start = t->line.size;
	char text[UNITS_TEXT];

	if (ns >= 0 && t->o.human) {
		buf_text(&t->line, units_time(ns, text));
	} else if (ns >= 0) {
		/* one unit for all, so that columns compare and sort */
		buf_i64(&t->line, ns / NS_PER_US);
		buf_char(&t->line, '.');
		buf_i64(&t->line, ns % NS_PER_US / 100);
		buf_text(&t->line, "us");
	}
	end_right_cell(t, start, WIDTH_LAT);
}

static void result_cell(struct text *t, const struct call *c)
{
	const char *name = c->has_ret && c->ret < 0 && c->ret > -4096 ? errno_name((int)-c->ret) : NULL;
	size_t start = t->line.size;

	if (name)
		buf_text(&t->line, name);
	else if (c->has_ret)
		buf_i64(&t->line, c->ret);
	end_cell(t, start, WIDTH_RESULT, t->o.color && c->has_ret && c->ret < 0 ? COLOR_ERROR : NULL);
}

static void notes_cell(struct text *t, const struct call *c)
{
	size_t start = t->line.size;

	text_notes(&t->line, c, !t->o.nested);
	if (t->line.size != start)
		end_cell(t, start, 0, t->o.color && c->odd & ~(unsigned)ODD_NESTED ? COLOR_ODD : NULL);
}

/* --- lines --- */

static int text_header(struct sink *s, struct error *e)
{
	struct text *t = (struct text *)s;
	struct buf *b = &t->line;

	if (t->o.color)
		buf_text(b, COLOR_HEADER);
	buf_text(b, "TIME");
	pad(b, 4, time_width(t->o.time));
	if (t->o.hosts)
		buf_printf(b, " %-*s", WIDTH_HOST, "HOST");
	buf_printf(b, " %-*s %*s %-*s %*s %*s %*s", WIDTH_COMM, "COMM", WIDTH_PID, "PID", WIDTH_OP, "OP", WIDTH_OFFSET,
		   "OFFSET", WIDTH_LEN, "LEN", WIDTH_SIZE, "SIZE");
	buf_printf(b, " %*s %*s %-*s FILE", WIDTH_BLOCKS, "BLOCKS", WIDTH_LAT, "LAT", WIDTH_RESULT, "RESULT");
	buf_text(b, t->o.color ? COLOR_OFF "\n" : "\n");
	return buf_write(b, t->o.out, e);
}

static void time_cell(struct text *t, const struct call *c)
{
	size_t start = t->line.size, width = time_width(t->o.time);

	t->ticks = c->ticks;
	add_time(t, c->has_start || c->has_end, c->has_start ? c->start : c->end, c->has_utc, c->utc);
	if (t->o.time >= TIME_STYLE_RELATIVE)
		end_right_cell(t, start, width);
	else
		end_cell(t, start, width, NULL);
}

static void pid_cell(struct text *t, const struct call *c)
{
	size_t start = t->line.size;

	if (c->pid >= 0)
		buf_i64(&t->line, c->pid);
	else
		buf_printf(&t->line, "-/%d", c->tid); /* a thread of an unknown process */
	end_right_cell(t, start, WIDTH_PID);
}

static void add_line(struct text *t, const struct call *c)
{
	struct buf *b = &t->line;

	if (t->o.nested)
		buf_fill(b, ' ', (size_t)c->depth * INDENT);
	time_cell(t, c);
	if (t->o.hosts)
		host_cell(t, c->host);
	comm_cell(t, c);
	pid_cell(t, c);
	op_cell(t, c);
	bytes_cell(t, WIDTH_OFFSET, c->has_offset, c->offset);
	bytes_cell(t, WIDTH_LEN, c->has_len, c->len);
	sizes_cells(t, c);
	latency_cell(t, c);
	result_cell(t, c);
	notes_cell(t, c);
	if (*c->path)
		utf8_escape(b, c->path, strlen(c->path), false);
	else
		buf_char(b, '-');
	buf_char(b, '\n');
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
		add_time(t, true, l->before, l->has_utc, l->utc);
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
	free(t);
}

static const struct sink_ops text_ops = {
	.name = "text",
	.header = text_header,
	.call = text_call,
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
	return &t->sink;
}
