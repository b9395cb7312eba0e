/* SPDX-License-Identifier: MIT */
#include "stats/finding_ranges.h"

bool range_of(int64_t offset, int64_t len, int64_t *begin, int64_t *end)
{
	*begin = offset;
	return offset >= 0 && len > 0 && !__builtin_add_overflow(offset, len, end);
}

static void drop(struct ranges *r, size_t i)
{
	r->range[i] = r->range[--r->count];
}

static size_t smallest(const struct ranges *r)
{
	size_t at = 0;

	for (size_t i = 1; i < r->count; i++)
		if (r->range[i].end - r->range[i].begin < r->range[at].end - r->range[at].begin)
			at = i;
	return at;
}

/* Where there is no room the smallest goes, be it the new one. */
static void put(struct ranges *r, const struct range *new)
{
	size_t at = r->count;

	if (at == RANGES_MAX) {
		at = smallest(r);
		if (r->range[at].end - r->range[at].begin >= new->end - new->begin)
			return;
	} else {
		r->count++;
	}
	r->range[at] = *new;
}

void ranges_add(struct ranges *r, int64_t begin, int64_t end, const struct finding_stamp *stamp, int64_t size)
{
	struct range new = {begin, end, *stamp, size};

	for (size_t i = r->count; i--;) {
		const struct range *old = &r->range[i];

		if (old->begin > new.end || old->end < new.begin)
			continue;
		new.begin = old->begin < new.begin ? old->begin : new.begin;
		new.end = old->end > new.end ? old->end : new.end;
		new.size = old->size < new.size ? old->size : new.size;
		drop(r, i);
		i = r->count; /* it may reach others now */
	}
	put(r, &new);
}

void ranges_cut(struct ranges *r, int64_t begin, int64_t end)
{
	for (size_t i = r->count; i--;) {
		struct range old = r->range[i], part = old;

		if (old.begin >= end || old.end <= begin)
			continue;
		drop(r, i);
		if (old.begin < begin) {
			part.end = begin;
			put(r, &part);
		}
		if (old.end > end) {
			part = old;
			part.begin = end;
			put(r, &part);
		}
	}
}

const struct range *ranges_overlap(const struct ranges *r, int64_t begin, int64_t end, int64_t min, int64_t *bytes)
{
	const struct range *found = NULL;

	*bytes = 0;
	for (size_t i = 0; i < r->count; i++) {
		int64_t from = r->range[i].begin > begin ? r->range[i].begin : begin;
		int64_t to = r->range[i].end < end ? r->range[i].end : end;

		if (from >= to)
			continue;
		*bytes += to - from; /* ranges do not touch: no more than end - begin in all */
		if (!found && to - from >= min)
			found = &r->range[i];
	}
	return found;
}
