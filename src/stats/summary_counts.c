/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "stats/summary_counts.h"

#define BLOCK_SIZE 512

static void sum_add(int64_t *sum, int64_t value)
{
	if (*sum == SUM_OVER || value == SUM_OVER || __builtin_add_overflow(*sum, value, sum))
		*sum = SUM_OVER;
}

static void add_size(struct summary_counts *n, int64_t before, int64_t after)
{
	int64_t grown;

	n->sized++;
	sum_add(&n->grown, __builtin_sub_overflow(after, before, &grown) ? SUM_OVER : grown);
}

static void add_blocks(struct summary_counts *n, uint64_t before, uint64_t after)
{
	uint64_t blocks = after > before ? after - before : before - after;

	n->blocked++;
	sum_add(after > before ? &n->gained : &n->freed,
		blocks > INT64_MAX / BLOCK_SIZE ? SUM_OVER : (int64_t)blocks * BLOCK_SIZE);
}

void summary_counts_related(struct summary_counts *n, const struct call *c)
{
	if (!c->did.known)
		return;
	n->related++;
	n->related_used += c->did.used_known;
	sum_add(&n->reserved, c->did.reserved);
	sum_add(&n->used, c->did.used);
	sum_add(&n->released, c->did.released);
	sum_add(&n->cut, c->did.cut);
}

int summary_counts_add(struct summary_counts *n, const struct call *c)
{
	int64_t latency = call_latency(c);
	int ret = 0;

	n->calls++;
	if (c->has_ret && c->ret < 0) {
		n->errors++;
		ret = error_counts_add(&n->kinds, c->ret, 1);
	}
	if (c->odd) {
		n->unfinished += (c->odd & ODD_UNFINISHED) != 0;
		n->orphans += (c->odd & ODD_ORPHAN) != 0;
	}
	n->asked += c->has_len;
	if (c->has_len && c->len > 0)
		sum_add(&n->len, c->len);
	if (c->size_before_known != UNKNOWN && c->size_after_known != UNKNOWN)
		add_size(n, c->size_before, c->size_after);
	if (c->blocks_before_known != UNKNOWN && c->blocks_after_known != UNKNOWN)
		add_blocks(n, c->blocks_before, c->blocks_after);
	summary_counts_related(n, c);
	return latency >= 0 && histogram_add(&n->latency, latency) ? -1 : ret;
}

static int make_pids(struct summary_counts *n)
{
	if (!n->pids)
		n->pids = calloc(1, sizeof(*n->pids));
	return n->pids ? 0 : -1;
}

int summary_counts_add_pid(struct summary_counts *n, const struct call *c)
{
	if (make_pids(n))
		return -1;
	pid_set_add(n->pids, c->pid);
	return summary_counts_add(n, c);
}

static int make_log2(struct summary_counts *n)
{
	if (!n->log2)
		n->log2 = calloc(1, sizeof(*n->log2));
	return n->log2 ? 0 : -1;
}

int summary_counts_add_log2(struct summary_counts *n, const struct call *c)
{
	if (make_log2(n))
		return -1;
	n->calls++;
	log2_add(n->log2, c);
	return 0;
}

void summary_counts_weigh(struct summary_counts *n, int64_t weight)
{
	n->calls++;
	sum_add(&n->weight, weight);
}

/* What only some have. */
static int merge_asked_for(struct summary_counts *to, const struct summary_counts *from)
{
	if ((from->pids && make_pids(to)) || (from->log2 && make_log2(to)))
		return -1;
	if (from->pids)
		pid_set_merge(to->pids, from->pids);
	if (from->log2)
		log2_merge(to->log2, from->log2);
	return 0;
}

int summary_counts_merge(struct summary_counts *to, const struct summary_counts *from)
{
	to->calls += from->calls;
	to->errors += from->errors;
	to->unfinished += from->unfinished;
	to->orphans += from->orphans;
	to->asked += from->asked;
	to->sized += from->sized;
	to->blocked += from->blocked;
	sum_add(&to->len, from->len);
	sum_add(&to->grown, from->grown);
	sum_add(&to->gained, from->gained);
	sum_add(&to->freed, from->freed);
	to->related += from->related;
	to->related_used += from->related_used;
	sum_add(&to->reserved, from->reserved);
	sum_add(&to->used, from->used);
	sum_add(&to->released, from->released);
	sum_add(&to->cut, from->cut);
	sum_add(&to->weight, from->weight);
	if (merge_asked_for(to, from))
		return -1;
	return error_counts_merge(&to->kinds, &from->kinds) || histogram_merge(&to->latency, &from->latency) ? -1 : 0;
}

void summary_counts_free(struct summary_counts *n)
{
	histogram_free(&n->latency);
	error_counts_free(&n->kinds);
	free(n->pids);
	free(n->log2);
	memset(n, 0, sizeof(*n));
}
