/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "output/html/axis.h"
#include "stats/summary_table.h"

#define SHIFT_FIRST 10
#define BLOCK_SIZE 512
#define SIGN (UINT64_C(1) << 63)

void axis_init(struct axis *a)
{
	memset(a, 0, sizeof(*a));
	a->shift = SHIFT_FIRST;
}

static void sum_add(int64_t *sum, int64_t value)
{
	if (*sum == SUM_OVER || value == SUM_OVER || __builtin_add_overflow(*sum, value, sum))
		*sum = SUM_OVER;
}

static void count_add(uint32_t *count, uint32_t value)
{
	if (__builtin_add_overflow(*count, value, count))
		*count = UINT32_MAX;
}

/* --- places --- */

static void bin_move(struct axis *a, unsigned from, unsigned to)
{
	struct axis_bin *f = &a->bins[from], *t = &a->bins[to];

	if (from == to)
		return;
	t->calls += f->calls;
	t->errors += f->errors;
	t->losses += f->losses;
	sum_add(&t->gained, f->gained);
	sum_add(&t->freed, f->freed);
	for (unsigned row = 0; row < AXIS_ROWS; row++)
		count_add(&a->heat[to][row], a->heat[from][row]);
	memset(f, 0, sizeof(*f));
	memset(a->heat[from], 0, sizeof(a->heat[from]));
}

/* Bins become twice as wide. */
static void widen(struct axis *a)
{
	uint64_t first = a->first >> 1;

	for (unsigned i = 0; i < a->used; i++)
		bin_move(a, i, (unsigned)(((a->first + i) >> 1) - first));
	if (a->used)
		a->used = (unsigned)(((a->first + a->used - 1) >> 1) - first) + 1;
	a->first = first;
	a->shift++;
}

/* Makes room for count bins in front. */
static void move_up(struct axis *a, unsigned count)
{
	for (unsigned i = a->used; i--;)
		bin_move(a, i, i + count);
	a->used += count;
	a->first -= count;
}

/* The bin of a time, made to be there. */
static unsigned place(struct axis *a, int64_t time)
{
	uint64_t ordered = (uint64_t)time ^ SIGN, number;

	if (!a->used)
		a->first = ordered >> a->shift;
	for (;; widen(a)) {
		number = ordered >> a->shift;
		if (number >= a->first && number - a->first < AXIS_BINS)
			break;
		if (number < a->first && a->first - number <= AXIS_BINS - a->used) {
			move_up(a, (unsigned)(a->first - number));
			break;
		}
	}
	if (number - a->first >= a->used)
		a->used = (unsigned)(number - a->first) + 1;
	return (unsigned)(number - a->first);
}

int64_t axis_time(const struct axis *a, unsigned at)
{
	return (int64_t)(((a->first + at) << a->shift) ^ SIGN);
}

/* --- what is counted --- */

static int64_t clip(uint64_t ts)
{
	return ts > INT64_MAX ? INT64_MAX : (int64_t)ts;
}

static bool time_of(const struct axis *a, const struct call *c, int64_t *time)
{
	int64_t latency = call_latency(c);

	if (c->has_utc != a->utc)
		return false;
	if (!c->has_utc)
		*time = clip(c->has_end ? c->end : c->start);
	else if (latency < 0 || __builtin_add_overflow(c->utc, latency, time))
		*time = c->utc;
	return true;
}

unsigned axis_row(int64_t latency)
{
	unsigned log;

	if (latency < 2)
		return (unsigned)latency;
	log = 63 - (unsigned)__builtin_clzll((unsigned long long)latency);
	return 2 * log + (unsigned)(latency >> (log - 1) & 1);
}

static void add_blocks(struct axis_bin *bin, const struct call *c)
{
	bool more = c->blocks_after > c->blocks_before;
	uint64_t blocks = more ? c->blocks_after - c->blocks_before : c->blocks_before - c->blocks_after;

	sum_add(more ? &bin->gained : &bin->freed,
		blocks > INT64_MAX / BLOCK_SIZE ? SUM_OVER : (int64_t)blocks * BLOCK_SIZE);
}

static void begin(struct axis *a, bool utc)
{
	if (!a->begun)
		a->utc = utc;
	a->begun = true;
}

bool axis_call(struct axis *a, const struct call *c, uint64_t *bin)
{
	int64_t time, latency = call_latency(c);
	struct axis_bin *b;
	unsigned at;

	if (c->has_start || c->has_end) {
		begin(a, c->has_utc);
		a->ticks |= c->ticks && !a->utc;
	}
	if ((!c->has_start && !c->has_end) || !time_of(a, c, &time)) {
		a->unplaced++;
		return false;
	}
	at = place(a, time);
	b = &a->bins[at];
	b->calls++;
	b->errors += c->has_ret && c->ret < 0;
	if (c->blocks_before_known != UNKNOWN && c->blocks_after_known != UNKNOWN)
		add_blocks(b, c);
	if (latency >= 0) {
		count_add(&a->heat[at][axis_row(latency)], 1);
		a->timed = true;
	}
	*bin = a->first + at;
	return true;
}

void axis_lost(struct axis *a, const struct loss *l)
{
	if (l->has_before)
		begin(a, l->has_utc);
	if (l->has_before && l->has_utc == a->utc)
		a->bins[place(a, l->has_utc ? l->utc : clip(l->before))].losses++;
}
