/* SPDX-License-Identifier: MIT */
#include "stats/histogram.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS_LOG 5
#define ROOM_FIRST 2

void histogram_free(struct histogram *h)
{
	free(h->groups);
	memset(h, 0, sizeof(*h));
}

/* How far values of this group are shifted, to leave a bucket's number and the highest bit. */
static unsigned shift_of_group(unsigned group)
{
	return group ? group - 1 : 0;
}

/* Buckets are numbered through all groups. */
static unsigned bucket_of(int64_t value)
{
	unsigned group;

	if (value < HISTOGRAM_BUCKETS)
		return (unsigned)value;
	group = 64 - BUCKETS_LOG - (unsigned)__builtin_clzll((unsigned long long)value);
	return group * HISTOGRAM_BUCKETS + (unsigned)(value >> shift_of_group(group)) % HISTOGRAM_BUCKETS;
}

/* The buckets of a group, made if need be. NULL: memory. */
static uint64_t *get_group(struct histogram *h, unsigned group)
{
	if (h->group_at[group])
		return h->groups[h->group_at[group] - 1];
	if (h->used == h->room) {
		unsigned room = h->room ? h->room * 2u : ROOM_FIRST;
		void *more;

		if (room > HISTOGRAM_GROUPS)
			room = HISTOGRAM_GROUPS;
		more = realloc(h->groups, room * sizeof(*h->groups));
		if (!more)
			return NULL;
		h->groups = more;
		h->room = (uint8_t)room;
	}
	memset(h->groups[h->used], 0, sizeof(*h->groups));
	h->group_at[group] = ++h->used;
	return h->groups[h->used - 1];
}

static int count_in(struct histogram *to, const uint16_t *buckets, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		uint64_t *group = get_group(to, buckets[i] / HISTOGRAM_BUCKETS);

		if (!group)
			return -1;
		group[buckets[i] % HISTOGRAM_BUCKETS]++;
	}
	return 0;
}

static void widen(struct histogram *h, uint64_t values, int64_t min, int64_t max)
{
	if (!h->total || min < h->min)
		h->min = min;
	if (!h->total || max > h->max)
		h->max = max;
	h->total += values;
}

int histogram_add(struct histogram *h, int64_t value)
{
	widen(h, 1, value, value);
	h->waiting[h->waiting_count++] = (uint16_t)bucket_of(value);
	if (h->waiting_count < HISTOGRAM_WAITING)
		return 0;
	h->waiting_count = 0;
	return count_in(h, h->waiting, HISTOGRAM_WAITING);
}

int histogram_merge(struct histogram *to, const struct histogram *from)
{
	if (!from->total)
		return 0;
	for (unsigned group = 0; group < HISTOGRAM_GROUPS; group++) {
		const uint64_t *values = from->group_at[group] ? from->groups[from->group_at[group] - 1] : NULL;
		uint64_t *buckets = values ? get_group(to, group) : NULL;

		if (values && !buckets)
			return -1;
		for (unsigned i = 0; values && i < HISTOGRAM_BUCKETS; i++)
			buckets[i] += values[i];
	}
	widen(to, from->total, from->min, from->max);
	return count_in(to, from->waiting, from->waiting_count);
}

static int64_t middle(unsigned group, unsigned bucket)
{
	unsigned shift = shift_of_group(group);
	uint64_t low = (uint64_t)(group ? bucket + HISTOGRAM_BUCKETS : bucket) << shift;

	return (int64_t)(low + (UINT64_C(1) << shift) / 2);
}

static int64_t within(const struct histogram *h, int64_t value)
{
	if (value < h->min)
		return h->min;
	return value > h->max ? h->max : value;
}

/* How many of those that wait belong to a group's buckets. */
static void add_waiting(const struct histogram *h, unsigned group, uint64_t *buckets)
{
	for (unsigned i = 0; i < h->waiting_count; i++)
		if (h->waiting[i] / HISTOGRAM_BUCKETS == group)
			buckets[h->waiting[i] % HISTOGRAM_BUCKETS]++;
}

int64_t histogram_percentile(const struct histogram *h, unsigned percent)
{
	uint64_t rank = (uint64_t)(((unsigned __int128)h->total * percent + 99) / 100), seen = 0;

	if (rank == h->total)
		return h->max;
	for (unsigned group = 0; group < HISTOGRAM_GROUPS; group++) {
		uint64_t values[HISTOGRAM_BUCKETS] = {0};

		if (h->group_at[group])
			memcpy(values, h->groups[h->group_at[group] - 1], sizeof(values));
		add_waiting(h, group, values);
		for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
			seen += values[i];
			if (values[i] && seen >= rank)
				return within(h, middle(group, i));
		}
	}
	return 0;
}

size_t histogram_bytes(const struct histogram *h)
{
	return h->room * sizeof(*h->groups);
}
