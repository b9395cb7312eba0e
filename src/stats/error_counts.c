/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "falloctrace/call.h"
#include "stats/error_counts.h"

#define ROOM_FIRST 2

void error_counts_free(struct error_counts *n)
{
	free(n->of);
	memset(n, 0, sizeof(*n));
}

static int make_room(struct error_counts *n)
{
	unsigned room = n->room ? n->room * 2u : ROOM_FIRST;
	void *more;

	if (n->count < n->room)
		return 0;
	more = realloc(n->of, room * sizeof(*n->of));
	if (!more)
		return -1;
	n->of = more;
	n->room = (uint8_t)room;
	return 0;
}

static int add(struct error_counts *n, int err, uint64_t calls)
{
	for (unsigned i = 0; i < n->count; i++)
		if (n->of[i].err == err) {
			n->of[i].calls += calls;
			return 0;
		}
	if (n->count == ERROR_KINDS_MAX) {
		n->others += calls;
		return 0;
	}
	if (make_room(n))
		return -1;
	n->of[n->count++] = (struct error_count){err, calls};
	return 0;
}

int error_counts_add(struct error_counts *n, int64_t ret, uint64_t calls)
{
	if (ret >= -ERRNO_MAX)
		return add(n, (int)-ret, calls);
	n->others += calls;
	return 0;
}

int error_counts_merge(struct error_counts *to, const struct error_counts *from)
{
	to->others += from->others;
	for (unsigned i = 0; i < from->count; i++)
		if (add(to, from->of[i].err, from->of[i].calls))
			return -1;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct error_count *x = a, *y = b;

	if (x->calls != y->calls)
		return x->calls > y->calls ? -1 : 1;
	return x->err - y->err;
}

void error_counts_sort(struct error_counts *n)
{
	if (n->count)
		qsort(n->of, n->count, sizeof(*n->of), compare);
}

size_t error_counts_bytes(const struct error_counts *n)
{
	return n->room * sizeof(*n->of);
}

void error_count_name(struct buf *b, const struct error_count *n)
{
	const char *name = errno_name(n->err);

	if (name)
		buf_text(b, name);
	else
		buf_i64(b, -n->err);
}
