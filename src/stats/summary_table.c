/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "info/hash.h"
#include "stats/summary_table.h"

#define SLOTS_FIRST 64
#define SHRINK_BELOW 16
#define CACHE_LINE 64

/* Empty ones. */
static int set_slots(struct summary_table *t, size_t slots)
{
	struct summary_slot *made = calloc(slots, sizeof(*made));

	if (!made)
		return -1;
	free(t->slots);
	t->slots = made;
	t->mask = slots - 1;
	return 0;
}

int summary_table_init(struct summary_table *t, size_t keys_max, size_t bytes_max)
{
	memset(t, 0, sizeof(*t));
	t->keys_max = keys_max;
	t->bytes_max = bytes_max;
	t->seed = hash_seed() | 1;
	t->rows = calloc(keys_max, sizeof(struct summary_row *));
	return t->rows && !set_slots(t, SLOTS_FIRST) ? 0 : -1;
}

static void row_free(struct summary_table *t, struct summary_row *r)
{
	t->bytes -= sizeof(*r) + r->size + 1 + summary_counts_bytes(&r->counts);
	summary_counts_free(&r->counts);
	free(r);
}

static void rows_free(struct summary_table *t)
{
	for (size_t i = 0; i < t->count; i++)
		row_free(t, t->rows[i]);
	t->count = 0;
	summary_counts_free(&t->other);
}

void summary_table_reset(struct summary_table *t)
{
	/* few rows after many: what is emptied each time becomes small again */
	bool shrink = t->count < t->mask / SHRINK_BELOW && t->mask >= SLOTS_FIRST;

	if (t->count && (!shrink || set_slots(t, SLOTS_FIRST)))
		memset(t->slots, 0, (t->mask + 1) * sizeof(*t->slots));
	rows_free(t);
	t->folds = t->folded_max = 0;
}

void summary_table_free(struct summary_table *t)
{
	rows_free(t);
	free(t->rows);
	free(t->slots);
	memset(t, 0, sizeof(*t));
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Names come from others, who must not be able to aim for one chain: each eight bytes are multiplied by a secret. */
static uint64_t hash_key(const struct summary_table *t, const char *key, size_t size)
{
	uint64_t h = t->seed ^ size, word = 0;

	for (; size >= sizeof(word); key += sizeof(word), size -= sizeof(word)) {
		memcpy(&word, key, sizeof(word));
		h = mix(h ^ word, t->seed);
	}
	word = 0;
	memcpy(&word, key, size);
	return mix(h ^ word, t->seed);
}

/* All of a row is needed at once, and with many of them none of it is near. */
static void prefetch(const struct summary_row *r)
{
	for (size_t i = 0; i < sizeof(*r); i += CACHE_LINE)
		__builtin_prefetch((const char *)r + i, 1);
}

/* Of the row, or the free one where it belongs. */
static struct summary_slot *slot_of(const struct summary_table *t, const char *key, size_t size, bool known,
				    uint64_t hash)
{
	size_t at = (size_t)hash & t->mask;

	for (; t->slots[at].row; at = (at + 1) & t->mask) {
		const struct summary_row *r = t->slots[at].row;

		if (t->slots[at].hash != hash)
			continue;
		prefetch(r);
		if (r->size == size && r->known == known && !memcmp(r->key, key, size))
			break;
	}
	return &t->slots[at];
}

static int compare_calls(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* So many calls have the rows in the middle. *ties: rows with just as many that the lower half has. */
static int median_calls(const struct summary_table *t, uint64_t *median, size_t *ties)
{
	uint64_t *calls = malloc(t->count * sizeof(*calls));
	size_t half = (t->count + 1) / 2, first;

	if (!calls)
		return -1;
	for (size_t i = 0; i < t->count; i++)
		calls[i] = t->rows[i]->counts.calls;
	qsort(calls, t->count, sizeof(*calls), compare_calls);
	*median = calls[half - 1];
	for (first = half - 1; first && calls[first - 1] == *median;)
		first--;
	*ties = half - first;
	free(calls);
	return 0;
}

static void fill_slots(struct summary_table *t)
{
	for (size_t i = 0; i < t->count; i++) {
		struct summary_row *r = t->rows[i];

		*slot_of(t, r->key, r->size, r->known, r->hash) = (struct summary_slot){r->hash, r};
	}
}

/* The half with the fewest calls goes; of those with as many as the last, the oldest. */
static int fold(struct summary_table *t)
{
	uint64_t median;
	size_t ties, kept = 0;
	int ret = 0;

	if (median_calls(t, &median, &ties))
		return -1;
	for (size_t i = 0; i < t->count; i++) {
		struct summary_row *r = t->rows[i];
		bool tie = r->counts.calls == median && ties;

		ties -= tie;
		if (r->counts.calls < median || tie) {
			ret |= summary_counts_merge(&t->other, &r->counts);
			row_free(t, r);
			t->folds++;
		} else {
			t->rows[kept++] = r;
		}
	}
	t->count = kept;
	t->folded_max += median;
	memset(t->slots, 0, (t->mask + 1) * sizeof(*t->slots));
	fill_slots(t);
	return ret;
}

static struct summary_row *row_new(struct summary_table *t, const char *key, size_t size, bool known, uint64_t hash)
{
	struct summary_row *r = calloc(1, sizeof(*r) + size + 1);

	if (!r)
		return NULL;
	r->hash = hash;
	r->missing_max = t->folded_max;
	r->size = (uint32_t)size;
	r->known = known;
	memcpy(r->key, key, size);
	t->bytes += sizeof(*r) + size + 1;
	t->rows[t->count++] = r;
	return r;
}

/* Room for one more: among the rows, and among slots of which a third stays free. */
static int make_room(struct summary_table *t)
{
	if (t->count == t->keys_max)
		return fold(t);
	if (t->count < (t->mask + 1) / 3 * 2)
		return 0;
	if (set_slots(t, (t->mask + 1) * 2))
		return -1;
	fill_slots(t);
	return 0;
}

static struct summary_row *row_begin(struct summary_table *t, const char *key, size_t size, bool known, uint64_t hash)
{
	struct summary_row *r = make_room(t) ? NULL : row_new(t, key, size, known, hash);

	if (r)
		*slot_of(t, key, size, known, hash) = (struct summary_slot){hash, r};
	return r;
}

static struct summary_row *row_get(struct summary_table *t, const char *key, size_t size, bool known)
{
	uint64_t hash = hash_key(t, key, size);
	struct summary_row *r = slot_of(t, key, size, known, hash)->row;

	return r ? r : row_begin(t, key, size, known, hash);
}

int summary_table_add(struct summary_table *t, const char *key, size_t size, bool known, const struct call *c)
{
	struct summary_row *r = row_get(t, key, size, known);
	size_t bytes;
	int ret;

	if (!r)
		return -1;
	bytes = summary_counts_bytes(&r->counts);
	ret = t->log2 ? summary_counts_add_log2(&r->counts, c) :
	      t->pids ? summary_counts_add_pid(&r->counts, c) :
			summary_counts_add(&r->counts, c);
	t->bytes += summary_counts_bytes(&r->counts) - bytes;
	if (t->bytes > t->bytes_max && t->count > 1)
		ret |= fold(t);
	return ret;
}

struct summary_counts *summary_table_at(struct summary_table *t, const char *key, size_t size)
{
	struct summary_row *r;

	if (t->bytes > t->bytes_max && t->count > 1 && fold(t))
		return NULL;
	r = row_get(t, key, size, true);
	return r ? &r->counts : NULL;
}

/* --- order --- */

static int compare_keys(const struct summary_row *x, const struct summary_row *y)
{
	size_t size = x->size < y->size ? x->size : y->size;
	int ret = memcmp(x->key, y->key, size);

	if (ret)
		return ret;
	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return y->known - x->known;
}

static int compare_rows(const void *a, const void *b)
{
	const struct summary_row *x = *(struct summary_row *const *)a, *y = *(struct summary_row *const *)b;

	if (x->order != y->order)
		return x->order > y->order ? -1 : 1;
	return compare_keys(x, y);
}

#define ORDER_UNKNOWN INT64_MIN

static int64_t order_count(uint64_t count)
{
	return count > INT64_MAX ? INT64_MAX : (int64_t)count;
}

static int64_t order_latency(const struct histogram *h, unsigned percent)
{
	return h->total ? histogram_percentile(h, percent) : ORDER_UNKNOWN;
}

static int64_t order_of(const struct summary_row *r, enum summary_sort sort)
{
	const struct summary_counts *n = &r->counts;

	switch (sort) {
	case SORT_CALLS:
		return order_count(n->calls);
	case SORT_ERRORS:
		return order_count(n->errors);
	case SORT_BYTES:
		return n->asked ? n->len : ORDER_UNKNOWN;
	case SORT_GROWN:
		return n->sized ? n->grown : ORDER_UNKNOWN;
	case SORT_GAINED:
		return n->blocked ? n->gained : ORDER_UNKNOWN;
	case SORT_FREED:
		return n->blocked ? n->freed : ORDER_UNKNOWN;
	case SORT_P50:
		return order_latency(&n->latency, 50);
	case SORT_P95:
		return order_latency(&n->latency, 95);
	case SORT_P99:
		return order_latency(&n->latency, 99);
	case SORT_MAX:
		return order_latency(&n->latency, 100);
	case SORT_KEY:
	case SORT_COUNT:
		break;
	}
	return r->known ? 0 : ORDER_UNKNOWN;
}

void summary_table_sort(struct summary_table *t, enum summary_sort sort)
{
	for (size_t i = 0; i < t->count; i++)
		t->rows[i]->order = order_of(t->rows[i], sort);
	qsort(t->rows, t->count, sizeof(struct summary_row *), compare_rows);
}
