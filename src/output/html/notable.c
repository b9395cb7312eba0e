/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "output/html/notable.h"

void notable_init(struct notable *n)
{
	memset(n, 0, sizeof(*n));
}

void notable_free(struct notable *n)
{
	while (n->slow_count)
		free(n->slow[--n->slow_count]);
	while (n->failed_count)
		free(n->failed[--n->failed_count]);
}

static void keep(struct call *kept, const struct call *c)
{
	*kept = *c;
	kept->inner = kept->next = NULL;
}

/* A copy in a place more. */
static int keep_more(struct call **calls, size_t *count, const struct call *c)
{
	calls[*count] = malloc(sizeof(*c));
	if (!calls[*count])
		return -1;
	keep(calls[(*count)++], c);
	return 0;
}

static void find_least(struct notable *n)
{
	n->slow_least = 0;
	for (size_t i = 1; i < n->slow_count; i++)
		if (call_latency(n->slow[i]) < call_latency(n->slow[n->slow_least]))
			n->slow_least = i;
}

static int add_slow(struct notable *n, const struct call *c)
{
	int64_t latency = call_latency(c);

	if (latency < 0)
		return 0;
	if (n->slow_count < NOTABLE_SLOW) {
		if (keep_more(n->slow, &n->slow_count, c))
			return -1;
	} else if (latency > call_latency(n->slow[n->slow_least])) {
		keep(n->slow[n->slow_least], c);
	} else {
		return 0;
	}
	find_least(n);
	return 0;
}

static int add_failed(struct notable *n, const struct call *c)
{
	size_t same = 0;

	if (!c->has_ret || c->ret >= 0 || n->failed_count == NOTABLE_FAILED)
		return 0;
	for (size_t i = 0; i < n->failed_count; i++)
		same += n->failed[i]->ret == c->ret;
	return same < NOTABLE_EACH ? keep_more(n->failed, &n->failed_count, c) : 0;
}

int notable_add(struct notable *n, const struct call *c)
{
	return add_slow(n, c) || add_failed(n, c) ? -1 : 0;
}

static int slower(const void *a, const void *b)
{
	const struct call *x = *(struct call *const *)a, *y = *(struct call *const *)b;

	if (call_latency(x) != call_latency(y))
		return call_latency(x) > call_latency(y) ? -1 : 1;
	return (x->start > y->start) - (x->start < y->start);
}

void notable_sort(struct notable *n)
{
	qsort(n->slow, n->slow_count, sizeof(n->slow[0]), slower);
}
