/* SPDX-License-Identifier: MIT */
/*
 * Source of what is done: timestamp_calc and timestamp_host_sync of trace-cmd's
 * lib/trace-cmd/trace-input.c; of the options: trace-cmd.dat.v7(5). The sums are
 * done in 128 bits, where trace-cmd's can overflow.
 */
#include "time.h"

#include <stdlib.h>
#include <string.h>

#include "format.h"

#define INTERPOLATE 1u /* a flag of TIME_SHIFT */
#define SPAN_MAX (UINT64_C(1) << 62)
#define SHIFT_MAX 64 /* of TSC2NSEC: bits of a stamp */

__extension__ typedef __int128 wide;
__extension__ typedef unsigned __int128 uwide;

static void free_shift(struct dat_time *t)
{
	for (uint32_t i = 0; i < t->cpus_count; i++)
		free(t->cpus[i].list);
	free(t->cpus);
	t->cpus = NULL;
	t->cpus_count = 0;
}

void dat_time_free(struct dat_time *t)
{
	free_shift(t);
}

/* An ASCII number, perhaps hexadecimal. */
static int take_number(struct cursor *c, int64_t *v, struct error *e)
{
	char text[64];
	size_t size = cursor_left(c) < sizeof(text) - 1 ? (size_t)cursor_left(c) : sizeof(text) - 1;

	if (cursor_bytes(c, text, size, e))
		return -1;
	text[size] = '\0';
	*v = strtoll(text, NULL, 0);
	return 0;
}

int dat_time_take_date(struct dat_time *t, struct cursor *c, struct error *e)
{
	int64_t us, ns;

	if (take_number(c, &us, e))
		return -1;
	if (__builtin_mul_overflow(us, INT64_C(1000), &ns))
		return cursor_broken(c, "the date is beyond all time", e);
	t->has_date |= ns != 0;
	t->date += (uint64_t)ns;
	return 0;
}

int dat_time_take_offset(struct dat_time *t, struct cursor *c, struct error *e)
{
	int64_t offset;

	if (take_number(c, &offset, e))
		return -1;
	t->offset += (uint64_t)offset;
	return 0;
}

/* Its offset is what the clock showed when tracing began: trace-cmd doesn't apply it, and no more do we. */
int dat_time_take_tsc(struct dat_time *t, struct cursor *c, struct error *e)
{
	uint32_t mult, shift;

	if (cursor_u32(c, &mult, e) || cursor_u32(c, &shift, e))
		return -1;
	if (shift > SHIFT_MAX)
		return cursor_broken(c, "ticks can't be converted to ns by such numbers", e);
	t->mult = mult;
	t->shift = shift;
	return 0;
}

/* --- a guest's shift --- */

/* What the sample at s, and the next one behind it, make of ts. */
static uint64_t shift_by(const struct dat_time *t, const struct time_sample *s, uint64_t ts)
{
	uwide scaled = (uwide)ts * s->scaling >> s->fraction;
	wide host = scaled > UINT64_MAX ? (wide)UINT64_MAX : (wide)scaled;

	host += s->offset;
	if (t->interpolate) {
		wide span = s[1].time - s->time;

		host += (((wide)ts - s->time) * ((wide)s[1].offset - s->offset) + span / 2) / span;
	}
	return host < 0 ? 0 : host > UINT64_MAX ? UINT64_MAX : (uint64_t)host;
}

/* The last sample that is not after ts; the first or the last but one where there is no such, or none behind it. */
static const struct time_sample *find_sample(const struct time_samples *cpu, uint64_t ts)
{
	uint32_t low = 0, high = cpu->count - 1;

	while (high - low > 1) {
		uint32_t mid = low + (high - low) / 2;

		if (cpu->list[mid].time <= ts)
			low = mid;
		else
			high = mid;
	}
	return &cpu->list[low];
}

static uint64_t shift(const struct dat_time *t, const struct time_samples *cpu, uint64_t ts)
{
	const struct time_sample *s;
	uint64_t host, before;

	/* One sample has no scaling, for trace-cmd. */
	if (cpu->count == 1)
		return ts + (uint64_t)cpu->list[0].offset;
	s = find_sample(cpu, ts);
	host = shift_by(t, s, ts);
	if (s == cpu->list)
		return host;
	/* Where an offset falls, time stands still for a while: it never goes back. */
	before = shift_by(t, s - 1, s->time);
	return host > before ? host : before;
}

static int by_time(const void *a, const void *b)
{
	const struct time_sample *x = a, *y = b;

	if (x->time != y->time)
		return x->time > y->time ? 1 : -1;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

/* Samples of one time count once. */
static void sort_samples(struct time_samples *cpu)
{
	uint32_t kept = 0;

	if (cpu->count > 1)
		qsort(cpu->list, cpu->count, sizeof(*cpu->list), by_time);
	for (uint32_t i = 0; i < cpu->count; i++)
		if (!kept || cpu->list[i].time != cpu->list[kept - 1].time)
			cpu->list[kept++] = cpu->list[i];
	cpu->count = kept;
}

/* From each sample to the next the host's time must get on, and interpolation must stay within 128 bits. */
static bool plausible(const struct dat_time *t, const struct time_samples *cpu)
{
	uint64_t before = 0;

	if (cpu->count < 2)
		return true;
	for (uint32_t i = 0; i < cpu->count; i++)
		if (!cpu->list[i].scaling || cpu->list[i].scaling > INT64_MAX || cpu->list[i].fraction > 63)
			return false;
	for (uint32_t i = 0; i + 1 < cpu->count; i++) {
		const struct time_sample *s = &cpu->list[i];
		uint64_t span = s[1].time - s->time, after;
		wide step = (wide)s[1].offset - s->offset;

		if (t->interpolate && (span > SPAN_MAX || step > (wide)span || step < -(wide)span))
			return false;
		if (!i)
			before = shift_by(t, s, s->time);
		after = shift_by(t, s, s[1].time);
		if (after < before)
			return false;
		before = after;
	}
	return true;
}

static int take_column(struct cursor *c, struct time_samples *cpu, int column, struct error *e)
{
	for (uint32_t i = 0; i < cpu->count; i++) {
		struct time_sample *s = &cpu->list[i];
		uint64_t v;

		if (cursor_u64(c, &v, e))
			return -1;
		if (column == 0)
			s->time = v;
		else if (column == 1)
			s->offset = (int64_t)v;
		else if (column == 2)
			s->scaling = v;
		else
			s->fraction = v > UINT8_MAX ? UINT8_MAX : (uint8_t)v;
	}
	return 0;
}

static int take_samples(struct cursor *c, struct time_samples *cpu, struct error *e)
{
	uint32_t count;

	if (cursor_u32(c, &count, e))
		return -1;
	if (count > cursor_left(c) / 24)
		return cursor_broken(c, "a guest's time table is longer than its option, so its times are not shifted",
				     e);
	if (!count)
		return 0;
	cpu->list = calloc(count, sizeof(*cpu->list));
	if (!cpu->list)
		return error_set(e, "out of memory");
	cpu->count = count;
	for (int column = 0; column < 3; column++)
		if (take_column(c, cpu, column, e))
			return -1;
	return 0;
}

static int take_table(struct dat_time *t, struct cursor *c, struct error *e)
{
	uint32_t flags, cpus;

	if (cursor_skip(c, 8, e) || cursor_u32(c, &flags, e) || cursor_u32(c, &cpus, e))
		return -1;
	if (cpus > DAT_CPUS_MAX || cpus > cursor_left(c) / 4)
		return cursor_broken(c, "a guest's time table has too many CPUs, so its times are not shifted", e);
	t->interpolate = flags & INTERPOLATE;
	t->cpus = calloc(cpus + 1, sizeof(*t->cpus));
	if (!t->cpus)
		return error_set(e, "out of memory");
	t->cpus_count = cpus;
	for (uint32_t i = 0; i < cpus; i++)
		if (take_samples(c, &t->cpus[i], e))
			return -1;
	/* Those who wrote no fractions had none. */
	for (uint32_t i = 0; i < cpus && cursor_left(c); i++)
		if (take_column(c, &t->cpus[i], 3, e))
			return -1;
	return 0;
}

int dat_time_take_shift(struct dat_time *t, struct cursor *c, struct error *e)
{
	int ret;

	free_shift(t);
	ret = take_table(t, c, e);
	for (uint32_t i = 0; i < t->cpus_count && !ret; i++) {
		sort_samples(&t->cpus[i]);
		if (!plausible(t, &t->cpus[i]))
			ret = cursor_broken(c, "a guest's time table can't be true, so its times are not shifted", e);
	}
	if (ret)
		free_shift(t);
	return ret;
}

/* --- all together --- */

bool dat_time_converts(const struct dat_time *t)
{
	return t->cpus_count || t->mult || t->offset;
}

uint64_t dat_time_of(const struct dat_time *t, int cpu, uint64_t ts)
{
	if (cpu >= 0 && (uint32_t)cpu < t->cpus_count && t->cpus[cpu].count)
		ts = shift(t, &t->cpus[cpu], ts);
	if (t->mult) {
		uwide ns = (uwide)ts * t->mult >> t->shift;

		ts = ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
	}
	return ts + t->offset;
}

/* As the kernel's table of clocks says; uptime is in jiffies, which trace-cmd takes for ns. */
bool dat_time_ticks(const struct dat_time *t, const char *clock)
{
	static const char *const ns[] = {"local", "global", "perf", "mono", "mono_raw", "boot", "tai", "tsc2nsec"};

	if (t->mult || !clock || !clock[0])
		return false;
	for (size_t i = 0; i < sizeof(ns) / sizeof(ns[0]); i++)
		if (!strcmp(clock, ns[i]))
			return false;
	return true;
}
