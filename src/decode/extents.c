/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "extents.h"

void extents_free(struct extents *x)
{
	free(x->list);
	memset(x, 0, sizeof(*x));
}

void extents_clear(struct extents *x)
{
	x->count = 0;
	x->merged = false;
}

/* The first range that ends behind at. */
static size_t first_behind(const struct extents *x, int64_t at)
{
	size_t low = 0, high = x->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (x->list[mid].end > at)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

static int64_t overlap(const struct extent *a, int64_t start, int64_t end)
{
	int64_t from = a->start > start ? a->start : start, to = a->end < end ? a->end : end;

	return to > from ? to - from : 0;
}

int64_t extents_missing(const struct extents *x, int64_t start, int64_t end)
{
	int64_t missing = end > start ? end - start : 0;

	for (size_t i = first_behind(x, start); i < x->count && x->list[i].start < end; i++)
		missing -= overlap(&x->list[i], start, end);
	return missing;
}

static int make_room(struct extents *x)
{
	size_t room = x->room ? x->room * 2 : 4;
	struct extent *list;

	if (x->count < x->room)
		return 0;
	list = reallocarray(x->list, room, sizeof(*list));
	if (!list)
		return -1;
	x->list = list;
	x->room = room;
	return 0;
}

static int insert(struct extents *x, size_t i, struct extent e)
{
	if (make_room(x))
		return -1;
	memmove(&x->list[i + 1], &x->list[i], (x->count - i) * sizeof(*x->list));
	x->list[i] = e;
	x->count++;
	return 0;
}

static void erase(struct extents *x, size_t from, size_t to)
{
	memmove(&x->list[from], &x->list[to], (x->count - to) * sizeof(*x->list));
	x->count -= to - from;
}

int64_t extents_add(struct extents *x, int64_t start, int64_t end)
{
	int64_t missing = extents_missing(x, start, end);
	size_t from, to;

	if (start < 0 || missing <= 0)
		return 0;
	/* One that ends where this begins grows. */
	from = to = first_behind(x, start - 1);
	while (to < x->count && x->list[to].start <= end)
		to++;
	if (from == to)
		return insert(x, from, (struct extent){start, end}) ? -1 : (extents_limit(x, EXTENTS_MAX), missing);
	if (x->list[from].start > start)
		x->list[from].start = start;
	if (x->list[to - 1].end > end)
		end = x->list[to - 1].end;
	x->list[from].end = end;
	erase(x, from + 1, to);
	return missing;
}

int64_t extents_remove(struct extents *x, int64_t start, int64_t end)
{
	size_t from = first_behind(x, start), to = from;
	int64_t removed = 0;

	if (end <= start)
		return 0;
	/* Out of the middle of one: it becomes two. */
	if (from < x->count && x->list[from].start < start && x->list[from].end > end) {
		if (insert(x, from, (struct extent){x->list[from].start, start}))
			return -1;
		x->list[from + 1].start = end;
		extents_limit(x, EXTENTS_MAX);
		return end - start;
	}
	for (; to < x->count && x->list[to].start < end; to++)
		removed += overlap(&x->list[to], start, end);
	if (from == to)
		return 0;
	if (x->list[from].start < start)
		x->list[from++].end = start;
	if (from < to && x->list[to - 1].end > end)
		x->list[--to].start = end;
	erase(x, from, to);
	return removed;
}

void extents_shift(struct extents *x, int64_t from, int64_t by)
{
	size_t i = first_behind(x, from), kept;

	/* Space is put into one: what lies behind goes on. */
	if (i < x->count && x->list[i].start < from) {
		if (by <= 0 || insert(x, i, (struct extent){x->list[i].start, from}))
			return;
		x->list[++i].start = from;
	}
	for (kept = i; i < x->count; i++) {
		struct extent e = x->list[i];

		/* No file reaches so far. */
		if (__builtin_add_overflow(e.start, by, &e.start) || __builtin_add_overflow(e.end, by, &e.end) ||
		    e.start < 0)
			continue;
		x->list[kept++] = e;
	}
	x->count = kept;
	extents_limit(x, EXTENTS_MAX);
}

static int64_t smallest_gap(const struct extents *x)
{
	int64_t smallest = INT64_MAX;

	for (size_t i = 1; i < x->count; i++)
		if (x->list[i].start - x->list[i - 1].end < smallest)
			smallest = x->list[i].start - x->list[i - 1].end;
	return smallest;
}

void extents_limit(struct extents *x, size_t max)
{
	while (x->count > max && x->count > 1) {
		int64_t gap = smallest_gap(x);
		size_t last = 0;

		/* Twice as far away will do: the next time is a while off, then. */
		gap = gap > INT64_MAX / 2 ? INT64_MAX : gap * 2;
		for (size_t i = 1; i < x->count; i++)
			if (x->list[i].start - x->list[last].end <= gap)
				x->list[last].end = x->list[i].end;
			else
				x->list[++last] = x->list[i];
		x->count = last + 1;
		x->merged = true;
	}
}
