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
	if (from->pids && make_pids(to))
		return -1;
	if (from->pids)
		pid_set_merge(to->pids, from->pids);
	return error_counts_merge(&to->kinds, &from->kinds) || histogram_merge(&to->latency, &from->latency) ? -1 : 0;
}

void summary_counts_free(struct summary_counts *n)
{
	histogram_free(&n->latency);
	error_counts_free(&n->kinds);
	free(n->pids);
	memset(n, 0, sizeof(*n));
}

size_t summary_counts_bytes(const struct summary_counts *n)
{
	return histogram_bytes(&n->latency) + error_counts_bytes(&n->kinds) + (n->pids ? sizeof(*n->pids) : 0);
}
