/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "info/container.h"
#include "info/units.h"
#include "output/color.h"
#include "output/notes.h"
#include "output/text_private.h"
#include "output/utf8.h"

size_t text_time_cell(struct text *t, const struct text_column *k, const struct call *c)
{
	struct text_when w = text_when_of(c);

	(void)k;
	text_time_begin(t, &w);
	text_time_add(t, &w);
	return TEXT_BYTES;
}

/* --- names --- */

static size_t add_name(struct text *t, const struct text_column *k, const char *name, size_t size)
{
	return utf8_escape(&t->line, name, size, !k->last);
}

/* Its bytes may fill the array. */
size_t text_comm_cell(struct text *t, const struct text_column *k, const struct call *c)
{
	return add_name(t, k, c->comm, strnlen(c->comm, sizeof(c->comm)));
}

/* As `docker ps` shows it. */
size_t text_container_cell(struct text *t, const struct text_column *k, const struct call *c)
{
	return c->container ? add_name(t, k, c->container, container_short(c->container)) : TEXT_BYTES;
}

size_t text_path_cell(struct text *t, const struct text_column *k, const struct call *c)
{
	return add_name(t, k, c->path, strlen(c->path));
}

size_t text_pid_cell(struct text *t, const struct text_column *k, const struct call *c)
{
	(void)k;
	if (c->pid >= 0)
		buf_i64(&t->line, c->pid);
	else
		buf_printf(&t->line, "-/%d", c->tid); /* a thread of an unknown process */
	return TEXT_BYTES;
}

/* --- numbers --- */

static void add_bytes(struct text *t, int64_t bytes)
{
	char text[UNITS_TEXT];

	if (t->o.human)
		buf_text(&t->line, units_size(bytes, text));
	else
		buf_i64(&t->line, bytes);
}

/* Blocks are raw in units of 512 bytes, as stat(2) has them; as bytes with units for people. */
static void add_blocks(struct text *t, uint64_t blocks)
{
	if (t->o.human)
		add_bytes(t, blocks > INT64_MAX / 512 ? INT64_MAX : (int64_t)blocks * 512);
	else
		buf_u64(&t->line, blocks);
}

size_t text_offset_cell(struct text *t, const struct text_column *k, const struct call *c)
{
	(void)k;
	if (c->has_offset)
		add_bytes(t, c->offset);
	return TEXT_BYTES;
}

size_t text_len_cell(struct text *t, const struct text_column *k, const struct call *c)
{
	(void)k;
	if (c->has_len)
		add_bytes(t, c->len);
	return TEXT_BYTES;
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
static size_t add_pair(struct text *t, const struct pair *p)
{
	bool same = p->before_known == p->after_known && (p->before_known == UNKNOWN || p->before == p->after);

	add_known(t, p->before_known, p->before, p->blocks);
	if (!same) {
		buf_text(&t->line, "->");
		add_known(t, p->after_known, p->after, p->blocks);
	}
	return TEXT_BYTES;
}

size_t text_size_cell(struct text *t, const struct text_column *k, const struct call *c)
{
	struct pair size = {c->size_before_known, c->size_after_known, (uint64_t)c->size_before,
			    (uint64_t)c->size_after, false};

	(void)k;
	return add_pair(t, &size);
}

size_t text_blocks_cell(struct text *t, const struct text_column *k, const struct call *c)
{
	struct pair blocks = {c->blocks_before_known, c->blocks_after_known, c->blocks_before, c->blocks_after, true};

	(void)k;
	return add_pair(t, &blocks);
}

size_t text_latency_cell(struct text *t, const struct text_column *k, const struct call *c)
{
	int64_t ns = call_latency(c);
	char text[UNITS_TEXT];

	(void)k;
	if (ns >= 0 && t->o.human) {
		buf_text(&t->line, units_time(ns, text));
	} else if (ns >= 0) {
		/* one unit for all, so that columns compare and sort */
		buf_i64(&t->line, ns / NS_PER_US);
		buf_char(&t->line, '.');
		buf_i64(&t->line, ns % NS_PER_US / 100);
		buf_text(&t->line, "us");
	}
	return TEXT_BYTES;
}

/* --- words --- */

/* An op's one word hides only whether the size is kept, and what was wrong with an invalid mode. */
size_t text_op_cell(struct text *t, const struct text_column *k, const struct call *c)
{
	const char *name = c->related ? related_name(c->related) : op_name(c->op);

	(void)k;
	if (name)
		buf_text(&t->line, name);
	if (name && c->op == OP_INVALID && c->has_mode)
		buf_printf(&t->line, ":0x%x", c->mode);
	else if (c->has_mode && (c->op == OP_ZERO || c->op == OP_UNSHARE) && c->mode & 1 /* KEEP_SIZE */)
		buf_text(&t->line, "+keep");
	return TEXT_BYTES;
}

size_t text_mode_cell(struct text *t, const struct text_column *k, const struct call *c)
{
	(void)k;
	if (c->has_mode)
		buf_printf(&t->line, "0x%x", c->mode);
	return TEXT_BYTES;
}

size_t text_result_cell(struct text *t, const struct text_column *k, const struct call *c)
{
	const char *name = c->has_ret && c->ret < 0 && c->ret > -4096 ? errno_name((int)-c->ret) : NULL;

	(void)k;
	if (name)
		buf_text(&t->line, name);
	else if (c->has_ret)
		buf_i64(&t->line, c->ret);
	t->color = c->has_ret && c->ret < 0 ? COLOR_ERROR : NULL;
	return TEXT_BYTES;
}

size_t text_notes_cell(struct text *t, const struct text_column *k, const struct call *c)
{
	size_t start = t->line.size;

	(void)k;
	text_notes(&t->line, c, !t->o.nested);
	if (t->line.size == start)
		return 0;
	t->color = c->odd & ~(unsigned)ODD_NESTED ? COLOR_ODD : NULL;
	/* it may name files */
	return utf8_columns(t->line.data + start, t->line.size - start);
}

/* --- any field --- */

static size_t add_value(struct text *t, const struct text_column *k, const struct value *v)
{
	bool bytes = k->field->unit == UNIT_BYTES, blocks = k->field->unit == UNIT_BLOCKS;

	if (v->kind == VALUE_TEXT)
		return add_name(t, k, v->text, strlen(v->text));
	if (v->kind != VALUE_NONE && v->known == DERIVED)
		buf_char(&t->line, '~');
	if (v->kind == VALUE_SIGNED && bytes)
		add_bytes(t, v->number);
	else if (v->kind == VALUE_SIGNED)
		buf_i64(&t->line, v->number);
	else if (v->kind == VALUE_UNSIGNED && bytes && v->unsigned_number <= INT64_MAX)
		add_bytes(t, (int64_t)v->unsigned_number);
	else if (v->kind == VALUE_UNSIGNED && blocks)
		add_blocks(t, v->unsigned_number);
	else if (v->kind == VALUE_UNSIGNED)
		buf_u64(&t->line, v->unsigned_number);
	return TEXT_BYTES;
}

size_t text_field_cell(struct text *t, const struct text_column *k, const struct call *c)
{
	struct value v;

	k->field->get(c, &v);
	return add_value(t, k, &v);
}
