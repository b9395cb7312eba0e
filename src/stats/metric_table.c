/* SPDX-License-Identifier: MIT */
#include "stats/metric_table.h"

#include <stddef.h>
#include <string.h>

#include "falloctrace/event.h"

#define BLOCK_SIZE 512
#define FS_NAMES 2 /* the first that is a name */

_Static_assert(METRIC_CELLS_MAX + METRIC_OTHERS_MAX < METRIC_SLOTS / 2, "slots are found quickly");

static void sum(uint64_t *to, uint64_t value)
{
	if (__builtin_add_overflow(*to, value, to))
		*to = UINT64_MAX;
}

/* --- which cell --- */

static bool is_word(const char *text)
{
	return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-")] == '\0';
}

const char *metric_fs_name(const struct metric_table *t, unsigned fs)
{
	return fs == METRIC_FS_UNKNOWN ? "unknown" : fs == METRIC_FS_OTHER ? "other" : t->fs[fs - FS_NAMES];
}

const char *metric_error_name(unsigned error)
{
	switch (error) {
	case METRIC_NO_ERROR:
		return "none";
	case METRIC_ERROR_OTHER:
		return "other";
	case METRIC_ERROR_UNKNOWN:
		return "unknown";
	default:
		return errno_name((int)error);
	}
}

static uint8_t fs_of(struct metric_table *t, const char *fs)
{
	unsigned i;

	if (!*fs)
		return METRIC_FS_UNKNOWN;
	for (i = 0; i < t->fs_count; i++)
		if (!strcmp(t->fs[i], fs))
			return (uint8_t)(FS_NAMES + i);
	/* "unknown" and "other" would be those two's series twice */
	if (i == METRIC_FS_MAX || !is_word(fs) || !strcmp(fs, "unknown") || !strcmp(fs, "other"))
		return METRIC_FS_OTHER;
	strcpy(t->fs[t->fs_count++], fs);
	return (uint8_t)(FS_NAMES + i);
}

static uint16_t error_of(const struct call *c)
{
	if (!c->has_ret)
		return METRIC_ERROR_UNKNOWN;
	if (c->ret >= 0)
		return METRIC_NO_ERROR;
	return c->ret > -INT16_MAX && errno_name((int)-c->ret) ? (uint16_t)-c->ret : METRIC_ERROR_OTHER;
}

static bool same(const struct metric_cell *a, const struct metric_cell *b)
{
	return a->op == b->op && a->via == b->via && a->fs == b->fs && a->error == b->error;
}

/* The cell, or where it would be. */
static uint16_t *slot_of(struct metric_table *t, const struct metric_cell *key)
{
	/* multiplicative hashing (Knuth); nobody gains by collisions among a few hundred */
	uint32_t packed = (uint32_t)key->error << 16 | (uint32_t)(key->fs << 8 | key->via << 4 | key->op);
	uint32_t at = packed * UINT32_C(2654435769) >> 21;

	while (t->slots[at] && !same(&t->cells[t->slots[at] - 1], key))
		at = (at + 1) % METRIC_SLOTS;
	return &t->slots[at];
}

static struct metric_cell *cell_of(struct metric_table *t, const struct call *c)
{
	struct metric_cell key = {
		.op = (uint8_t)(c->op < OP_COUNT ? c->op : OP_COUNT),
		.via = (uint8_t)(c->via < VIA_COUNT ? c->via : VIA_UNKNOWN),
		.fs = fs_of(t, c->fs),
		.error = error_of(c),
	};
	uint16_t *slot = slot_of(t, &key);

	if (!*slot && t->count >= METRIC_CELLS_MAX) {
		key.fs = METRIC_FS_OTHER;
		if (key.error != METRIC_NO_ERROR && key.error != METRIC_ERROR_UNKNOWN)
			key.error = METRIC_ERROR_OTHER;
		slot = slot_of(t, &key);
	}
	if (!*slot) {
		t->cells[t->count++] = key;
		*slot = (uint16_t)t->count;
	}
	return &t->cells[*slot - 1];
}

/* --- what it counts --- */

/* Of two sizes, as unsigned: their difference fits, whatever they are. */
static void add_change(uint64_t *up, uint64_t *down, bool rose, uint64_t before, uint64_t after, uint64_t unit)
{
	uint64_t change = rose ? after - before : before - after;

	if (__builtin_mul_overflow(change, unit, &change))
		change = UINT64_MAX;
	sum(rose ? up : down, change);
}

static void add_latency(struct metric_latency *l, uint64_t ns)
{
	uint64_t us = ns / 1000 + (ns % 1000 != 0);
	unsigned bucket = us > 1 ? 64 - (unsigned)__builtin_clzll(us - 1) : 0;

	l->buckets[bucket < METRIC_BUCKETS ? bucket : METRIC_BUCKETS - 1]++;
	l->calls++;
	sum(&l->ns, ns);
}

void metric_table_add(struct metric_table *t, const struct call *c)
{
	struct metric_cell *n = cell_of(t, c);
	int64_t latency = call_latency(c);

	n->calls++;
	if (c->has_len) {
		n->has_requested = true;
		sum(&n->requested, c->len > 0 ? (uint64_t)c->len : 0);
	}
	if (c->size_before_known != UNKNOWN && c->size_after_known != UNKNOWN) {
		n->has_sizes = true;
		add_change(&n->grown, &n->shrunk, c->size_after > c->size_before, (uint64_t)c->size_before,
			   (uint64_t)c->size_after, 1);
	}
	if (c->blocks_before_known != UNKNOWN && c->blocks_after_known != UNKNOWN) {
		n->has_blocks = true;
		add_change(&n->allocated, &n->freed, c->blocks_after > c->blocks_before, c->blocks_before,
			   c->blocks_after, BLOCK_SIZE);
	}
	if (latency >= 0)
		add_latency(&t->latency[n->op], (uint64_t)latency);
	for (unsigned i = 0; i < ODD_COUNT; i++)
		t->odd[i] += c->odd >> i & 1;
}

void metric_table_lost(struct metric_table *t, uint64_t count)
{
	if (count == LOST_UNKNOWN)
		t->gaps++;
	else
		sum(&t->lost, count);
}
