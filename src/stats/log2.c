/* SPDX-License-Identifier: MIT */
#include "stats/log2.h"

#define NS_PER_US 1000

unsigned log2_slot(int64_t value)
{
	return value < 2 ? 1 : 64 - (unsigned)__builtin_clzll((unsigned long long)value);
}

int64_t log2_low(unsigned slot)
{
	return slot < 2 ? 0 : INT64_C(1) << (slot - 1);
}

int64_t log2_high(unsigned slot)
{
	return (int64_t)((UINT64_C(1) << slot) - 1);
}

int64_t log2_latency(const struct call *c)
{
	int64_t ns = call_latency(c);

	return ns < 0 ? -1 : ns / NS_PER_US;
}

int64_t log2_len(const struct call *c)
{
	return c->has_len && c->len >= 0 ? c->len : -1;
}

int64_t log2_align(const struct call *c)
{
	int64_t both = c->offset | c->len;

	return c->has_offset && c->has_len && both > 0 ? both & -both : -1;
}

void log2_add(struct log2_set *s, const struct call *c)
{
	const int64_t values[LOG2_KINDS] = {log2_latency(c), log2_len(c), log2_align(c)};

	for (unsigned i = 0; i < LOG2_KINDS; i++)
		if (values[i] < 0)
			s->of[i].without++;
		else
			s->of[i].slots[log2_slot(values[i])]++;
}

void log2_merge(struct log2_set *to, const struct log2_set *from)
{
	for (unsigned i = 0; i < LOG2_KINDS; i++) {
		to->of[i].without += from->of[i].without;
		for (unsigned slot = 0; slot < LOG2_SLOTS; slot++)
			to->of[i].slots[slot] += from->of[i].slots[slot];
	}
}
