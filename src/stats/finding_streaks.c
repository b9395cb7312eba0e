/* SPDX-License-Identifier: MIT */
/*
 * What is wrong only because there is so much of it.
 */
#include <string.h>

#include "info/units.h"
#include "stats/finding_private.h"

/*
 * PostgreSQL's pages are 8 KiB (32 at most), InnoDB's 16 (64 at most), and its
 * punches a part of one. A log that is extended by 64 KiB, or an image whose
 * clusters of 64 KiB are discarded, is at the border: the former counts, for it
 * is ten times slower than by MiB; the latter does not.
 */
#define TINY_EXTEND_MAX (64 * 1024)
#define TINY_PUNCH_MAX (64 * 1024 - 1)
/* What adds a hundred pages to one file, none of them a second after the last, does not do so by chance. */
#define STORM_MIN 100
#define STORM_GAP NS_PER_S
/* Some will come out of order where several processes extend a file; most do not, or it is no growing. */
#define STORM_NEXT 3
#define STORM_NEXT_OF 4

/* So many punches that free nothing, all of them forward: see futile. */
#define FUTILE_MIN 8
/* A filesystem's own blocks (extent trees, xattrs) are counted among a file's: not so many, though. */
#define FUTILE_SLACK (INT64_C(1) << 20)

static bool begins_next(const struct streak *s, const struct finding_call *c)
{
	return s->calls && (c->offset == s->last_end || (c->size_before_known == SEEN && c->offset == c->size_before));
}

/* False: the clock is not known, so nothing is fast or slow. */
static bool go_on(struct streak *s, const struct finding_call *c, int64_t end)
{
	uint64_t ended;

	if (!c->has_ts || c->latency < 0 || c->ts > UINT64_MAX - (uint64_t)c->latency)
		return false;
	ended = c->ts + (uint64_t)c->latency;
	if (s->calls && c->ts > s->last_ts && c->ts - s->last_ts > STORM_GAP)
		memset(s, 0, sizeof(*s));
	if (!s->calls) {
		s->first = *c;
		s->next = 1;
	} else if (begins_next(s, c)) {
		s->next++;
	}
	s->calls++;
	s->last_ts = ended;
	s->last_end = end;
	sum_up(&s->bytes, c->len);
	sum_up(&s->ns, c->latency);
	return true;
}

/* What the streak has more than what was told is told now. */
static void tell(struct findings *f, struct file *file, enum finding_kind kind, struct streak *s,
		 const struct finding_call *c)
{
	struct found *found = found_note(f, file, kind, c, c->latency);

	if (!found)
		return;
	found->proven = true;
	found_more(found, s->calls - s->counted - 1, &s->first);
	s->counted = s->calls;
	sum_up(&found->sums[SUM_A], s->bytes);
	sum_up(&found->sums[SUM_B], s->ns);
	s->bytes = s->ns = 0;
	if ((int64_t)s->calls > found->sums[SUM_C]) { /* the longest, and how long it took */
		found->sums[SUM_C] = (int64_t)s->calls;
		found->sums[SUM_D] = s->last_ts > s->first.ts ? (int64_t)(s->last_ts - s->first.ts) : 0;
	}
	found->weight = (int64_t)found->f.calls;
}

/* That it allocated what was there already is seen where it is: such a one extends nothing. */
static bool extends(const struct finding_call *c)
{
	bool same_size = c->size_before_known == SEEN && c->size_after_known == SEEN && c->size_before == c->size_after;
	bool same_blocks = c->blocks_before_known == SEEN && c->blocks_after_known == SEEN &&
			   c->blocks_before == c->blocks_after;

	return (c->op == OP_EXTEND || c->op == OP_KEEP) && !(same_size && same_blocks);
}

static void tiny_extends(struct findings *f, struct file *file, const struct finding_call *c, int64_t end)
{
	struct streak *s = &file->extends;

	if (!extends(c) || c->len > TINY_EXTEND_MAX || !go_on(s, c, end))
		return;
	if (s->calls >= STORM_MIN && s->next >= s->calls / STORM_NEXT_OF * STORM_NEXT)
		tell(f, file, FINDING_TINY_EXTENDS, s, c);
}

/* In a hole no hole is made: a guest that trims once more all that is free asks for nothing else. */
static bool punches(const struct finding_call *c)
{
	return c->op == OP_PUNCH && !(blocks_seen(c) && c->blocks_before == c->blocks_after);
}

static void tiny_punches(struct findings *f, struct file *file, const struct finding_call *c, int64_t end)
{
	struct streak *s = &file->punches;

	if (!punches(c) || c->len > TINY_PUNCH_MAX || !go_on(s, c, end))
		return;
	if (s->calls >= STORM_MIN)
		tell(f, file, FINDING_TINY_PUNCHES, s, c);
}

/* --- punches that free nothing, of a file of which nothing is known --- */

/* The whole blocks below size that a range has, in bytes. */
static int64_t whole_bytes(const struct finding_call *c, int64_t end)
{
	int64_t begin = c->offset > INT64_MAX - BLOCK ? INT64_MAX : (c->offset + BLOCK - 1) / BLOCK * BLOCK;

	end = (end < c->size_before ? end : c->size_before) / BLOCK * BLOCK;
	return end > begin ? end - begin : 0;
}

/*
 * A file whose size has so many bytes more than its blocks has holes of just as
 * many (and of more, where some of the blocks lie beyond its end: the words say
 * so). Punches that go forward, each behind the last, and free nothing can all
 * be in holes: but not when they are more bytes than that, by far.
 */
static bool more_than_holes(const struct streak *s, const struct finding_call *c)
{
	int64_t bytes = c->blocks_before > INT64_MAX / UNIT ? INT64_MAX : (int64_t)c->blocks_before * UNIT;
	int64_t holes = c->size_before > bytes ? c->size_before - bytes : 0;

	return bytes <= c->size_before + FUTILE_SLACK && s->bytes / 2 > holes + FUTILE_SLACK;
}

static void tell_futile(struct findings *f, struct file *file, struct streak *s, const struct finding_call *c)
{
	struct found *found = found_note(f, file, FINDING_PUNCH_FREED_NOTHING, c, 0);

	if (!found)
		return;
	found->proven = true;
	found_more(found, s->calls - s->counted - 1, &s->first);
	s->counted = s->calls;
	sum_up(&found->sums[SUM_C], s->gained); /* bytes that were not told */
	s->gained = 0;
	found->sums[SUM_D] = c->size_before - (int64_t)c->blocks_before * UNIT;
	if (found->sums[SUM_D] < 0)
		found->sums[SUM_D] = 0;
	sum_up(&found->weight, s->bytes);
}

static void futile(struct findings *f, struct file *file, const struct finding_call *c, int64_t end, bool told)
{
	struct streak *s = &file->futile;
	bool seen = c->size_before_known == SEEN && c->blocks_before_known == SEEN && c->blocks_after_known == SEEN;
	int64_t bytes;

	if (told || file->remote || !seen || c->op != OP_PUNCH || c->blocks_before != c->blocks_after ||
	    !c->blocks_before) {
		memset(s, 0, sizeof(*s));
		return;
	}
	if (s->calls && (c->offset < s->last_end || c->blocks_before != file->blocks))
		memset(s, 0, sizeof(*s));
	bytes = whole_bytes(c, end);
	if (!bytes)
		return;
	if (!s->calls++)
		s->first = *c;
	s->last_end = end;
	sum_up(&s->bytes, bytes);
	sum_up(&s->gained, bytes);
	if (s->calls >= FUTILE_MIN && more_than_holes(s, c))
		tell_futile(f, file, s, c);
}

/* --- all of them --- */

void streaks_call(struct findings *f, struct file *file, const struct finding_call *c, bool told)
{
	int64_t begin, end;

	if (!succeeded(c) || !c->has_offset || !c->has_len || c->op == OP_COUNT ||
	    !range_of(c->offset, c->len, &begin, &end))
		return;
	tiny_extends(f, file, c, end);
	tiny_punches(f, file, c, end);
	futile(f, file, c, end, told);
}

void streaks_clear(struct file *file)
{
	memset(&file->extends, 0, sizeof(file->extends));
	memset(&file->punches, 0, sizeof(file->punches));
	memset(&file->futile, 0, sizeof(file->futile));
}

void streaks_reset(struct file *file)
{
	streaks_clear(file);
	memset(file->runs, 0, sizeof(file->runs));
}
