/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "info/hash.h"
#include "output/html/history.h"

#define BLOCK_SIZE 512
#define POINTS_FIRST 2

void histories_init(struct histories *t)
{
	memset(t, 0, sizeof(*t));
	t->seed = hash_seed();
}

static void history_free(struct history *f)
{
	if (!f)
		return;
	free(f->key);
	free(f->points);
	free(f);
}

void histories_free(struct histories *t)
{
	while (t->count)
		history_free(t->files[--t->count]);
}

/* --- which files --- */

static int compare_keys(const struct history *x, const struct history *y)
{
	size_t size = x->key_size < y->key_size ? x->key_size : y->key_size;
	int ret = memcmp(x->key, y->key, size);

	return ret ? ret : (x->key_size > y->key_size) - (x->key_size < y->key_size);
}

static int by_calls(const void *a, const void *b)
{
	const struct history *x = *(struct history *const *)a, *y = *(struct history *const *)b;

	if (x->calls != y->calls)
		return x->calls > y->calls ? -1 : 1;
	if (x->moved != y->moved)
		return x->moved > y->moved ? -1 : 1;
	return compare_keys(x, y);
}

static int by_moved(const void *a, const void *b)
{
	const struct history *x = *(struct history *const *)a, *y = *(struct history *const *)b;

	if (x->moved != y->moved)
		return x->moved > y->moved ? -1 : 1;
	return by_calls(a, b);
}

static uint64_t hash_key(const struct histories *t, const char *key, size_t size)
{
	uint64_t h = t->seed ^ size, word;

	for (; size;
	     key += size < sizeof(word) ? size : sizeof(word), size -= size < sizeof(word) ? size : sizeof(word)) {
		word = 0;
		memcpy(&word, key, size < sizeof(word) ? size : sizeof(word));
		h = (h ^ word) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	return h ^ h >> 29;
}

/* The key's, or the free one where it belongs. */
static uint16_t *slot_of(struct histories *t, const char *key, size_t size, uint64_t hash)
{
	size_t at = hash % HISTORIES_SLOTS;

	for (; t->slots[at]; at = (at + 1) % HISTORIES_SLOTS) {
		const struct history *f = t->files[t->slots[at] - 1];

		if (f->hash == hash && f->key_size == size && !memcmp(f->key, key, size))
			break;
	}
	return &t->slots[at];
}

/* The half with the fewest calls goes, but for those whose blocks changed most. */
static void drop(struct histories *t)
{
	qsort(t->files, t->count, sizeof(t->files[0]), by_moved);
	qsort(t->files + HISTORIES_MOVED, t->count - HISTORIES_MOVED, sizeof(t->files[0]), by_calls);
	t->dropped_max += t->files[HISTORIES_MAX / 2]->calls;
	while (t->count > HISTORIES_MAX / 2)
		history_free(t->files[--t->count]);
	memset(t->slots, 0, sizeof(t->slots));
	for (size_t i = 0; i < t->count; i++)
		*slot_of(t, t->files[i]->key, t->files[i]->key_size, t->files[i]->hash) = (uint16_t)(i + 1);
}

static struct history *history_new(struct histories *t, const char *key, size_t size, uint64_t hash)
{
	struct history *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->key = malloc(size + 1);
	if (!f->key) {
		free(f);
		return NULL;
	}
	memcpy(f->key, key, size);
	f->key[size] = 0;
	f->key_size = size;
	f->hash = hash;
	if (t->count == HISTORIES_MAX)
		drop(t);
	f->missing_max = t->dropped_max;
	*slot_of(t, key, size, hash) = (uint16_t)(t->count + 1);
	t->files[t->count++] = f;
	return f;
}

static struct history *history_get(struct histories *t, const char *key, size_t size)
{
	uint64_t hash = hash_key(t, key, size);
	uint16_t at = *slot_of(t, key, size, hash);

	return at ? t->files[at - 1] : history_new(t, key, size, hash);
}

/* --- what became of them --- */

/* Of two stretches of time, the later one's what was known last. */
static void point_join(struct history_point *p, const struct history_point *later)
{
	p->calls += later->calls;
	p->errors += later->errors;
	if (p->size_before == POINT_UNKNOWN && p->size_after == POINT_UNKNOWN)
		p->size_before = later->size_before;
	if (p->allocated_before == POINT_UNKNOWN && p->allocated_after == POINT_UNKNOWN)
		p->allocated_before = later->allocated_before;
	if (later->size_after != POINT_UNKNOWN)
		p->size_after = later->size_after;
	if (later->allocated_after != POINT_UNKNOWN)
		p->allocated_after = later->allocated_after;
}

/* The axis may have doubled its bins' width since. */
static void widen(struct history *f, const struct axis *a)
{
	unsigned by = a->shift - f->shift;
	size_t kept = 0;

	f->shift = a->shift;
	for (size_t i = 0; by && i < f->points_count; i++) {
		f->points[i].bin = by < 64 ? f->points[i].bin >> by : 0;
		if (kept && f->points[kept - 1].bin == f->points[i].bin)
			point_join(&f->points[kept - 1], &f->points[i]);
		else
			f->points[kept++] = f->points[i];
	}
	if (by)
		f->points_count = kept;
}

/* Room for one more; there are never more than the axis has bins. -1: memory. */
static int make_room(struct history *f)
{
	size_t room = f->points_room ? f->points_room * 2 : POINTS_FIRST;
	void *more;

	if (f->points_count < f->points_room)
		return 0;
	more = realloc(f->points, room * sizeof(*f->points));
	if (!more)
		return -1;
	f->points = more;
	f->points_room = room;
	return 0;
}

/* Calls come as they end: nearly always the last one is it. */
static int point_add(struct history *f, const struct history_point *p)
{
	size_t at = f->points_count;

	while (at && f->points[at - 1].bin > p->bin)
		at--;
	if (at && f->points[at - 1].bin == p->bin) {
		point_join(&f->points[at - 1], p);
		return 0;
	}
	if (make_room(f))
		return -1;
	memmove(f->points + at + 1, f->points + at, (f->points_count - at) * sizeof(*f->points));
	f->points[at] = *p;
	f->points_count++;
	return 0;
}

static int64_t size_of(enum known known, int64_t size)
{
	return known == UNKNOWN ? POINT_UNKNOWN : size < 0 ? 0 : size;
}

static int64_t bytes_of(enum known known, uint64_t blocks)
{
	if (known == UNKNOWN)
		return POINT_UNKNOWN;
	return blocks > INT64_MAX / BLOCK_SIZE ? INT64_MAX : (int64_t)(blocks * BLOCK_SIZE);
}

static void add_moved(struct history *f, const struct history_point *p)
{
	uint64_t moved;

	if (p->allocated_before == POINT_UNKNOWN || p->allocated_after == POINT_UNKNOWN)
		return;
	moved = p->allocated_after > p->allocated_before ? (uint64_t)(p->allocated_after - p->allocated_before) :
							   (uint64_t)(p->allocated_before - p->allocated_after);
	if (__builtin_add_overflow(f->moved, moved, &f->moved))
		f->moved = UINT64_MAX;
}

int histories_add(struct histories *t, const struct axis *a, uint64_t bin, const char *key, size_t size,
		  const struct call *c)
{
	struct history *f = history_get(t, key, size);
	struct history_point p = {
		.bin = bin,
		.calls = 1,
		.errors = c->has_ret && c->ret < 0,
		.size_before = size_of(c->size_before_known, c->size_before),
		.size_after = size_of(c->size_after_known, c->size_after),
		.allocated_before = bytes_of(c->blocks_before_known, c->blocks_before),
		.allocated_after = bytes_of(c->blocks_after_known, c->blocks_after),
	};

	if (!f)
		return -1;
	f->calls++;
	f->errors += p.errors;
	add_moved(f, &p);
	widen(f, a);
	return point_add(f, &p);
}

/* --- at the end --- */

size_t histories_choose(struct histories *t, const struct axis *a, size_t count)
{
	size_t called = count < t->count ? count : t->count, moved = 0;
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < t->count; i++)
		widen(t->files[i], a);
	qsort(t->files, t->count, sizeof(t->files[0]), by_calls);
	for (size_t i = 0; i < called; i++)
		if (t->files[i]->moved < least)
			least = t->files[i]->moved;
	qsort(t->files + called, t->count - called, sizeof(t->files[0]), by_moved);
	while (moved < count && called + moved < t->count && t->files[called + moved]->moved > least)
		moved++;
	return called + moved;
}
