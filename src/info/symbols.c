/* SPDX-License-Identifier: MIT */
/*
 * Sorted, disjoint ranges. A new range takes the place of those that it
 * overlaps: a module was unloaded, and another one lies there now.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "falloctrace/info.h"

#include "tables.h"

/*
 * Callers of vfs_fallocate number some dozens. Beyond this, new ones are not
 * kept: they show as addresses. Inserting moves the ranges behind, so that a
 * hostile file's symbols cost no more than this squared.
 */
#define SYMBOLS_MAX 16384

struct symbols {
	struct symbol *list;
	size_t count, room;
};

struct symbols *symbols_new(void)
{
	return calloc(1, sizeof(struct symbols));
}

void symbols_free(struct symbols *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		free(s->list[i].name);
	free(s->list);
	free(s);
}

/* Index of the first range that ends behind addr. */
static size_t first_behind(const struct symbols *s, uint64_t addr)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->list[mid].end <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int make_room(struct symbols *s)
{
	size_t room = s->room ? s->room * 2 : 16;
	struct symbol *list;

	if (s->count < s->room)
		return 0;
	list = reallocarray(s->list, room, sizeof(*list));
	if (!list)
		return -1;
	s->list = list;
	s->room = room;
	return 0;
}

int symbols_add(struct symbols *s, uint64_t start, uint64_t end, const char *name)
{
	size_t from, to;
	char *copy;

	if (!s || start >= end) {
		errno = EINVAL;
		return -1;
	}
	from = to = first_behind(s, start);
	while (to < s->count && s->list[to].start < end)
		to++;
	if (from == to && s->count >= SYMBOLS_MAX)
		return 0;
	copy = strdup(name);
	if (!copy || make_room(s)) {
		free(copy);
		return -1;
	}
	for (size_t i = from; i < to; i++)
		free(s->list[i].name);
	memmove(s->list + from + 1, s->list + to, (s->count - to) * sizeof(*s->list));
	s->count += 1 - (to - from);
	s->list[from] = (struct symbol){start, end, copy};
	return 0;
}

const char *symbols_find(const struct symbols *s, uint64_t addr)
{
	size_t i;

	if (!s)
		return NULL;
	i = first_behind(s, addr);
	return i < s->count && s->list[i].start <= addr ? s->list[i].name : NULL;
}

size_t symbols_count(const struct symbols *s)
{
	return s ? s->count : 0;
}

const struct symbol *symbols_at(const struct symbols *s, size_t i)
{
	return &s->list[i];
}
