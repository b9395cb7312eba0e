/* SPDX-License-Identifier: MIT */
#include "top/rows.h"

#include <stdlib.h>
#include <string.h>

#include "output/utf8.h"

#define SECOND 1000000000ULL

void top_rows_free(struct top_rows *r)
{
	free(r->rows);
	free(r->order);
	buf_free(&r->keys);
	memset(r, 0, sizeof(*r));
	buf_init(&r->keys);
}

static int64_t per_time(uint64_t count, uint64_t unit, int64_t ns)
{
	unsigned __int128 rate = ((unsigned __int128)count * unit + (uint64_t)ns / 2) / (uint64_t)ns;

	return rate > INT64_MAX ? INT64_MAX : (int64_t)rate;
}

int64_t top_tenths(uint64_t count, int64_t ns)
{
	return per_time(count, 10 * SECOND, ns);
}

int64_t top_rate(int64_t count, int64_t ns)
{
	return count > 0 ? per_time((uint64_t)count, SECOND, ns) : 0;
}

/* --- the last window's rows, to be found by key --- */

struct found {
	const struct summary_row **rows;
	size_t count;
	bool folded; /* a key that isn't there may have been */
};

static int compare_keys(const struct summary_row *x, const struct summary_row *y)
{
	size_t size = x->size < y->size ? x->size : y->size;
	int ret = memcmp(x->key, y->key, size);

	if (ret == 0)
		ret = x->size == y->size ? x->known - y->known : x->size < y->size ? -1 : 1;
	return ret;
}

static int compare_found(const void *a, const void *b)
{
	return compare_keys(*(const struct summary_row *const *)a, *(const struct summary_row *const *)b);
}

static int found_take(struct found *f, const struct summary_table *t)
{
	f->count = t->count;
	f->folded = t->folds != 0;
	f->rows = malloc((t->count + 1) * sizeof(const struct summary_row *));
	if (!f->rows)
		return -1;
	for (size_t i = 0; i < t->count; i++)
		f->rows[i] = t->rows[i];
	qsort(f->rows, f->count, sizeof(const struct summary_row *), compare_found);
	return 0;
}

static const struct summary_row *found_get(const struct found *f, const struct summary_row *key)
{
	const struct summary_row **at = bsearch(&key, f->rows, f->count, sizeof(const struct summary_row *),
						compare_found);

	return at ? *at : NULL;
}

/* --- a row --- */

static struct top_value number(uint64_t n)
{
	return (struct top_value){.known = true, .value = n > INT64_MAX ? INT64_MAX : (int64_t)n};
}

static struct top_value sum(bool known, int64_t n)
{
	return (struct top_value){.known = known, .over = n == SUM_OVER, .value = n};
}

static void set_latencies(struct top_value *v, const struct histogram *h)
{
	static const unsigned percents[] = {50, 95, 99};
	bool known = h && h->total;
	size_t i;

	for (i = 0; i < sizeof(percents) / sizeof(percents[0]); i++)
		v[i] = (struct top_value){.known = known, .value = known ? histogram_percentile(h, percents[i]) : 0};
	v[i] = (struct top_value){.known = known, .value = known ? h->max : 0};
}

static void set_counts(struct top_row *r, const struct summary_counts *n, bool least)
{
	r->value[TOP_CALLS] = number(n->calls);
	r->value[TOP_CALLS].least = least;
	r->value[TOP_ERRORS] = number(n->errors);
	r->value[TOP_BYTES] = sum(true, n->len);
	r->value[TOP_GROWN] = sum(n->sized, n->grown);
	r->value[TOP_GAINED] = sum(n->blocked, n->gained);
	r->value[TOP_FREED] = sum(n->blocked, n->freed);
	set_latencies(&r->value[TOP_P50], &n->latency);
}

/* last NULL: it had no calls then, unless it was folded, and that can't be told. */
static void set_rates(struct top_row *r, const struct summary_row *last, bool folded, int64_t ns)
{
	int64_t len = last ? last->counts.len : 0;
	bool known = ns > 0 && (last || !folded);

	r->value[TOP_RATE] = r->value[TOP_BYTES_RATE] = (struct top_value){.known = known};
	set_latencies(r->latency, last ? &last->counts.latency : NULL);
	if (!known)
		return;
	r->value[TOP_RATE].value = top_tenths(last ? last->counts.calls : 0, ns);
	r->value[TOP_BYTES_RATE].over = len == SUM_OVER;
	r->value[TOP_BYTES_RATE].value = top_rate(len, ns);
	r->value[TOP_RATE].least = r->value[TOP_BYTES_RATE].least = last && last->missing_max;
}

static void set_key(struct top_rows *rows, struct top_row *r, const char *key, size_t size, bool known)
{
	r->key = rows->keys.size;
	r->known = known;
	utf8_escape(&rows->keys, key, size, false);
	r->size = rows->keys.size - r->key;
}

static void set_other(struct top_rows *rows, const struct summary_table *all)
{
	static const char name[] = "(other)";
	struct top_row *r = &rows->rows[rows->count++];

	memset(r, 0, sizeof(*r));
	r->other = true;
	set_key(rows, r, name, sizeof(name) - 1, true);
	set_counts(r, &all->other, false);
}

int top_rows_take(struct top_rows *rows, const struct top_table *t, enum summary_by by)
{
	const struct summary_table *all = &t->all.by[by];
	struct found last;

	top_rows_free(rows);
	rows->by = by;
	rows->all = t->all.sums;
	rows->last = t->last.sums;
	rows->last_ns = t->last_ns;
	rows->folds = all->folds;
	rows->rows = calloc(all->count + 1, sizeof(*rows->rows));
	rows->order = calloc(all->count + 1, sizeof(*rows->order));
	if (!rows->rows || !rows->order || found_take(&last, &t->last.by[by])) {
		top_rows_free(rows);
		return -1;
	}
	for (size_t i = 0; i < all->count; i++) {
		const struct summary_row *from = all->rows[i];
		struct top_row *r = &rows->rows[rows->count++];

		set_key(rows, r, from->key, from->size, from->known);
		set_counts(r, &from->counts, from->missing_max);
		set_rates(r, found_get(&last, from), last.folded, t->last_ns);
	}
	free(last.rows);
	if (all->folds)
		set_other(rows, all);
	if (!rows->keys.failed)
		return 0;
	top_rows_free(rows);
	return -1;
}

/* --- the order --- */

const struct top_value *top_row_value(const struct top_row *r, enum top_column c, bool last)
{
	return last && c >= TOP_P50 ? &r->latency[c - TOP_P50] : &r->value[c];
}

struct sorting {
	const struct top_rows *rows;
	const struct top_order *o;
};

static int compare_names(const struct top_rows *rows, const struct top_row *x, const struct top_row *y)
{
	size_t size = x->size < y->size ? x->size : y->size;
	int ret = size ? memcmp(rows->keys.data + x->key, rows->keys.data + y->key, size) : 0;

	return ret ? ret : (x->size > y->size) - (x->size < y->size);
}

/* Greater is negative: most first. */
static int compare_values(const struct top_value *x, const struct top_value *y)
{
	if (x->over != y->over)
		return x->over ? -1 : 1;
	return (x->value < y->value) - (x->value > y->value);
}

static int compare_rows(const void *a, const void *b, void *ctx)
{
	const struct sorting *s = ctx;
	const struct top_row *x = &s->rows->rows[*(const size_t *)a], *y = &s->rows->rows[*(const size_t *)b];
	enum top_column c = s->o->column;
	const struct top_value *u, *v;
	int ret = 0;

	if (x->other != y->other)
		return x->other ? 1 : -1;
	if (c != TOP_KEY) {
		u = top_row_value(x, c, s->o->last);
		v = top_row_value(y, c, s->o->last);
		if (u->known != v->known)
			return u->known ? -1 : 1;
		ret = u->known ? compare_values(u, v) : 0;
		if (ret)
			return s->o->reverse ? -ret : ret;
		/* what is quiet now stands as it did before */
		ret = compare_values(&x->value[TOP_CALLS], &y->value[TOP_CALLS]);
	}
	ret = ret ? ret : compare_names(s->rows, x, y);
	return s->o->reverse ? -ret : ret;
}

void top_rows_sort(struct top_rows *rows, const struct top_order *o)
{
	struct sorting s = {rows, o};

	rows->seen = 0;
	for (size_t i = 0; i < rows->count; i++) {
		const struct top_row *r = &rows->rows[i];

		if (!o->filter_size || memmem(rows->keys.data + r->key, r->size, o->filter, o->filter_size))
			rows->order[rows->seen++] = i;
	}
	if (rows->seen)
		qsort_r(rows->order, rows->seen, sizeof(*rows->order), compare_rows, &s);
}
