/* SPDX-License-Identifier: MIT */
/*
 * What threads were called when the recording ended: trace-cmd's copy of
 * saved_cmdlines, "pid name" a line. Read when somebody wants it.
 */
#include <stdlib.h>
#include <string.h>

#include "comms.h"
#include "reader.h"

/* The kernel keeps 128 names unless told to keep more (saved_cmdlines_size). Of a longer text nothing is read. */
#define TEXT_MAX (8 * 1024 * 1024)
#define LINES_MAX (1 << 19)

struct comm {
	int32_t tid;
	uint32_t at; /* in the text */
};

struct comms {
	char *text;
	struct comm *list; /* by tid */
	size_t count;
};

static int by_tid(const void *a, const void *b)
{
	const struct comm *x = a, *y = b;

	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static void add_line(struct comms *c, char *line)
{
	char *end;
	long tid = strtol(line, &end, 10);

	if (end != line && *end == ' ' && end[1] && tid > 0 && tid <= INT32_MAX)
		c->list[c->count++] = (struct comm){(int32_t)tid, (uint32_t)(end + 1 - c->text)};
}

static int index_text(struct comms *c, size_t size)
{
	size_t lines = 1;
	char *rest = c->text, *line;

	for (size_t i = 0; i < size; i++)
		lines += c->text[i] == '\n' && lines < LINES_MAX;
	c->list = malloc(lines * sizeof(*c->list));
	if (!c->list)
		return -1;
	while (c->count < lines && (line = strsep(&rest, "\n")))
		add_line(c, line);
	qsort(c->list, c->count, sizeof(*c->list), by_tid);
	return 0;
}

struct comms *comms_read(const struct dat_reader *r)
{
	struct comms *c = calloc(1, sizeof(*c));
	struct error ignored;
	size_t size = 0;

	if (!c)
		return NULL;
	if (r->cmdlines.size <= TEXT_MAX)
		c->text = dat_reader_text(r, DAT_TEXT_CMDLINES, &size, &ignored);
	if (!c->text || index_text(c, size)) {
		comms_free(c);
		return NULL;
	}
	return c;
}

void comms_free(struct comms *c)
{
	if (!c)
		return;
	free(c->text);
	free(c->list);
	free(c);
}

const char *comms_find(const struct comms *c, int32_t tid)
{
	size_t low = 0, high = c->count;

	/* the last one of that tid */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (c->list[middle].tid <= tid)
			low = middle + 1;
		else
			high = middle;
	}
	return low && c->list[low - 1].tid == tid ? c->text + c->list[low - 1].at : NULL;
}
