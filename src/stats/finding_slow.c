/* SPDX-License-Identifier: MIT */
/*
 * Which calls took long: what is long depends on what was asked of whom. Calls
 * are alike that asked one filesystem for the same operation on about as many
 * bytes (tmpfs takes its time by the page).
 */
#include <string.h>

#include "info/units.h"
#include "stats/finding_private.h"

/* Whatever it was: people notice. */
#define SLOW_ANYWAY NS_PER_S
/* A disk may be asked to commit its journal, which takes tens of ms and is nobody's fault; so did it in Redpanda's case. */
#define SLOW_MIN (50 * NS_PER_MS)
#define SLOW_TIMES 20 /* as long as half of the calls alike */
#define ALIKE_MIN 20  /* before that many, nobody knows what is usual */

/* The lengths of a group: within a factor of four. */
static unsigned length_class(int64_t len)
{
	unsigned bits = 0;

	for (; len > 0; len >>= 2)
		bits++;
	return bits;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_of(const struct findings *f, const struct file *file, const struct finding_call *c)
{
	uint64_t h = f->seed ^ ((uint64_t)c->op << 8 | length_class(c->len));
	uint64_t words[sizeof(file->fs) / sizeof(uint64_t)];

	memcpy(words, file->fs, sizeof(words)); /* zeroes behind the name: file_get */
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		h = mix(h ^ words[i], f->seed);
	return h | 1;
}

/* NULL: there are too many already. A hash stands for its group: 64 bits, and a secret among them. */
static struct group *group_of(struct findings *f, uint64_t hash)
{
	size_t at = (size_t)(hash >> 8) % GROUPS;

	for (; f->groups[at].hash && f->groups[at].hash != hash; at = (at + 1) % GROUPS)
		;
	if (f->groups[at].hash)
		return &f->groups[at];
	if (f->groups_count == GROUPS / 2)
		return NULL;
	f->groups_count++;
	f->groups[at].hash = hash;
	return &f->groups[at];
}

static void tell(struct findings *f, struct file *file, const struct finding_call *c, int64_t median, uint64_t alike)
{
	struct found *found = found_note(f, file, FINDING_SLOW, c, c->latency);

	if (!found)
		return;
	found->proven = true;
	sum_up(&found->sums[SUM_A], c->latency);
	if (found->is_worst) {
		found->sums[SUM_B] = median;
		found->sums[SUM_C] = alike > INT64_MAX ? INT64_MAX : (int64_t)alike;
	}
	found->weight = found->worst;
}

/* Failed calls take as long as they like, up to a second; and do not tell how long others may take. */
void slow_call(struct findings *f, struct file *file, const struct finding_call *c)
{
	bool success = c->has_ret && c->ret == 0 && c->has_len && c->op != OP_COUNT;
	struct group *g = NULL;
	int64_t median = 0;
	uint64_t alike = 0;

	if (c->latency < 0)
		return;
	if (success)
		g = group_of(f, hash_of(f, file, c));
	if (c->latency > SLOW_MIN && g && g->latency.total >= ALIKE_MIN) {
		alike = g->latency.total;
		median = histogram_percentile(&g->latency, 50);
	}
	if (c->latency >= SLOW_ANYWAY || (alike && c->latency / SLOW_TIMES > median))
		tell(f, file, c, median, alike);
	if (g && histogram_add(&g->latency, c->latency))
		f->failed = true;
}
