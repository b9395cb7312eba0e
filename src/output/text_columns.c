/* SPDX-License-Identifier: MIT */
/*
 * Which columns there are, and how wide.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "output/text_private.h"

typedef size_t (*add_cell)(struct text *t, const struct text_column *k, const struct call *c);

/* Fields that aren't here are as wide as their titles. */
static const struct shape {
	const char *name, *title; /* NULL: the name in capitals */
	size_t width;
	add_cell add; /* NULL: text_field_cell */
} shapes[] = {
	{"time", NULL, 0, text_time_cell}, /* by its style */
	{"ts", NULL, 18, NULL},
	{"host", NULL, 15, NULL},
	{"pid", NULL, 7, text_pid_cell},
	{"tid", NULL, 7, NULL},
	{"uid", NULL, 7, NULL},
	{"cgroup", NULL, 32, NULL},
	{"container", NULL, 12, text_container_cell},
	{"comm", NULL, 15, text_comm_cell},
	{"cpu", NULL, 3, NULL},
	{"via", NULL, 8, NULL},
	{"caller", NULL, 24, NULL},
	{"fd", NULL, 4, NULL},
	{"mode", NULL, 4, text_mode_cell},
	{"flags", NULL, 20, NULL},
	{"op", NULL, 9, text_op_cell},
	{"offset", NULL, 12, text_offset_cell},
	{"len", NULL, 10, text_len_cell},
	{"ret", NULL, 4, NULL},
	{"error", NULL, 10, NULL},
	{"latency_ns", "LAT", 10, text_latency_cell},
	{"dev", NULL, 7, NULL},
	{"ino", NULL, 9, NULL},
	{"fs", NULL, 6, NULL},
	{"path", "FILE", 40, text_path_cell},
	{"size_before", NULL, 12, NULL},
	{"size_after", NULL, 12, NULL},
	{"grown", NULL, 12, NULL},
	{"gained", NULL, 12, NULL},
	{"odd", NULL, 12, NULL},
	{"size", NULL, 18, text_size_cell},
	{"blocks", NULL, 12, text_blocks_cell},
	{"result", NULL, 10, text_result_cell},
	{"notes", NULL, 16, text_notes_cell},
};

static const char *const usual[] = {"time", "host",   "comm",	    "pid",    "op",    "offset", "len",
				    "size", "blocks", "latency_ns", "result", "notes", "path"};
#define USUAL (sizeof(usual) / sizeof(usual[0]))

static bool is(const struct text_column *k, const char *name)
{
	return !strcmp(k->field->name, name);
}

/* Words and names stand left, all else are numbers. */
static bool is_right(const struct text *t, const struct text_column *k)
{
	if (is(k, "time"))
		return t->o.time >= TIME_STYLE_RELATIVE;
	return k->field->unit != UNIT_WORD && k->field->unit != UNIT_TEXT && !is(k, "mode");
}

static void capitals(char *out, size_t size, const char *name)
{
	size_t i;

	for (i = 0; name[i] && i + 1 < size; i++)
		out[i] = (char)toupper((unsigned char)name[i]);
	out[i] = 0;
}

static void shape(struct text *t, struct text_column *k)
{
	k->add = text_field_cell;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (is(k, shapes[i].name)) {
			k->title = shapes[i].title;
			k->width = shapes[i].width;
			k->add = shapes[i].add ? shapes[i].add : text_field_cell;
		}
	if (!k->title) {
		capitals(k->own_title, sizeof(k->own_title), k->field->name);
		k->title = k->own_title;
	}
	k->title_left = is(k, "time"); /* above it, whichever the style */
	if (k->title_left)
		k->width = text_time_width(t->o.time);
	if (k->width < strlen(k->title))
		k->width = strlen(k->title);
	k->right = is_right(t, k);
	k->names = k->field->unit == UNIT_TEXT;
	k->end_tells = is(k, "path") || is(k, "cgroup");
}

static void add_column(struct text *t, const struct field *f)
{
	struct text_column *k = &t->columns[t->columns_count++];

	k->field = f;
	shape(t, k);
}

static void add_usual(struct text *t)
{
	for (size_t i = 0; i < USUAL; i++) {
		if (!strcmp(usual[i], "host") && !t->o.hosts)
			continue;
		add_column(t, column_find(usual[i], strlen(usual[i])));
		t->columns[t->columns_count - 1].optional = !strcmp(usual[i], "notes");
	}
}

/* Who called is what indentation is about, and has room. */
static void find_narrow(struct text *t)
{
	t->narrow = t->columns_count;
	for (size_t i = t->columns_count - 1; i-- > 0;)
		if (is(&t->columns[i], "comm") || (t->narrow == t->columns_count && !t->columns[i].right && i))
			t->narrow = i;
}

int text_columns_make(struct text *t)
{
	size_t count = t->o.columns ? t->o.columns_count : USUAL;

	t->columns = calloc(count ? count : 1, sizeof(*t->columns));
	if (!t->columns)
		return -1;
	for (size_t i = 0; t->o.columns && i < count; i++)
		add_column(t, t->o.columns[i]);
	if (!t->o.columns)
		add_usual(t);
	if (t->columns_count)
		t->columns[t->columns_count - 1].last = true;
	find_narrow(t);
	return 0;
}
