/* SPDX-License-Identifier: MIT */
/*
 * What is evidence, and of what. One rule for all: a number that was not SEEN
 * proves nothing; nor does a call whose other end may be another's, since events
 * were lost beside it. What is about to be said of a file between two calls
 * (what it has allocated, that nothing succeeded) is forgotten when events are
 * lost, for the calls that would change it may be among them.
 *
 * Other threads write to files while a call runs, which no trace of fallocate
 * shows. So each finding's words leave room for them (finding_numbers.c), and
 * the conditions are such that it would take a coincidence.
 */
#include "stats/finding_private.h"

/* An edge off the grid costs two pages. Once or twice is a file's own head or tail; three times is a habit. */
#define UNALIGNED_MIN 3

static bool clean(unsigned odd)
{
	return !(odd & (ODD_UNFINISHED | ODD_ORPHAN | ODD_LOSS_NEARBY));
}

/*
 * btrfs flushes what was written before it says ENOSPC, and of this file too:
 * then as much as it had less blocks than its size was not the call's doing.
 */
static bool may_be_flushed(const struct finding_call *c, int64_t gained)
{
	int64_t bytes = bytes_of(c->blocks_before);

	return c->blocks_late &&
	       (c->size_before_known != SEEN || (c->size_before > bytes && c->size_before - bytes >= gained - BLOCK));
}

static void partial_allocation(struct findings *f, struct file *file, const struct finding_call *c)
{
	struct found *found;
	int64_t gained;

	if (!c->has_ret || c->ret >= 0 || before_work(c->ret) || !blocks_seen(c) ||
	    c->blocks_after <= c->blocks_before || !(allocates(c->op) || c->op == OP_INSERT))
		return;
	gained = bytes_of(c->blocks_after - c->blocks_before);
	if (may_be_flushed(c, gained))
		return;
	found = found_note(f, file, FINDING_PARTIAL_ALLOCATION, c, gained);
	if (!found)
		return;
	found->proven = true;
	sum_up(&found->sums[SUM_A], gained);
	found->weight = found->sums[SUM_A];
}

/* --- sizes --- */

static bool grown(const struct finding_call *c, int64_t *size)
{
	int64_t end;

	if (__builtin_add_overflow(c->offset, c->len, &end))
		return false;
	*size = end > c->size_before ? end : c->size_before;
	return true;
}

/* What fallocate(2) promises of the size after success. False: nothing that we know. */
static bool promised(const struct finding_call *c, int64_t *size)
{
	*size = c->size_before;
	switch (c->op) {
	case OP_KEEP:
	case OP_PUNCH:
		return true;
	case OP_EXTEND:
	case OP_ZERO:
	case OP_UNSHARE:
	case OP_WRITE_ZEROES:
		return c->mode & 1 /* KEEP_SIZE */ || grown(c, size);
	case OP_COLLAPSE:
		return !__builtin_sub_overflow(c->size_before, c->len, size) && *size >= 0;
	case OP_INSERT:
		return !__builtin_add_overflow(c->size_before, c->len, size) && *size >= 0;
	default:
		return false;
	}
}

/*
 * A failed call leaves the size; but ext4 lets a file grow bit by bit, so one
 * that ran out of space on the way has a part of it, which is a partial
 * allocation and no lie about the size.
 */
static bool may_be_on_the_way(const struct finding_call *c)
{
	int64_t size;

	return c->size_after > c->size_before && allocates(c->op) && promised(c, &size) && c->size_after <= size;
}

static void size_not_as_promised(struct findings *f, struct file *file, const struct finding_call *c)
{
	int64_t size = c->size_before, off;
	struct found *found;

	if (!sizes_seen(c) || !c->has_ret || !c->has_mode || !c->has_offset || !c->has_len || c->op == OP_COUNT)
		return;
	if (c->ret < 0 ? before_work(c->ret) || may_be_on_the_way(c) : !promised(c, &size))
		return;
	if (size == c->size_after)
		return;
	if (__builtin_sub_overflow(c->size_after, size, &off))
		return;
	found = found_note(f, file, FINDING_SIZE_NOT_AS_PROMISED, c, magnitude(off));
	if (!found)
		return;
	found->proven = true;
	sum_up(&found->weight, 1);
	if (found->is_worst) {
		found->sums[SUM_A] = size;
		found->sums[SUM_B] = off;
	}
}

/* --- ranges --- */

/* A small filesystem of ext4 or XFS has smaller blocks: then files have numbers of blocks that are no multiple of 4096. */
static void learn_grid(struct file *file, enum known known, uint64_t blocks)
{
	uint64_t bytes = (blocks & -blocks) * UNIT;

	if (!file->grid)
		file->grid = BLOCK;
	if (known == SEEN && blocks && blocks <= INT64_MAX / UNIT && bytes < (uint64_t)file->grid)
		file->grid = (int64_t)bytes;
}

static bool off_grid(const struct file *file, int64_t at)
{
	return at % file->grid != 0;
}

/*
 * Edges inside the file that are no block's: there the filesystem writes zeroes
 * and frees nothing. The end at (or beyond) the file's end is none.
 */
static void unaligned(struct findings *f, struct file *file, const struct finding_call *c)
{
	int64_t begin, end, edges;
	struct found *found;

	learn_grid(file, c->blocks_before_known, c->blocks_before);
	learn_grid(file, c->blocks_after_known, c->blocks_after);
	if ((c->op != OP_PUNCH && c->op != OP_ZERO) || !succeeded(c) || !c->has_offset || !c->has_len ||
	    !range_of(c->offset, c->len, &begin, &end))
		return;
	/* where the file ends is not known: then the end may be there */
	edges = off_grid(file, begin) + (off_grid(file, end) && c->size_before_known == SEEN && end < c->size_before);
	if (!edges || (c->size_before_known == SEEN && begin >= c->size_before))
		return;
	found = found_note(f, file, FINDING_UNALIGNED, c, c->len);
	if (!found)
		return;
	found->proven = found->f.calls >= UNALIGNED_MIN;
	sum_up(&found->sums[c->op == OP_PUNCH ? SUM_A : SUM_B], 1);
	sum_up(&found->sums[SUM_C], edges);
	found->weight = (int64_t)found->f.calls;
}

/* --- all of them --- */

/* What is wrong with the file afterwards. Whether that was a punch that freed nothing. */
static bool changes_call(struct findings *f, struct file *file, const struct finding_call *c)
{
	partial_allocation(f, file, c);
	size_not_as_promised(f, file, c);
	return punch_freed_nothing(f, file, c);
}

void rules_call(struct findings *f, struct file *file, const struct finding_call *c, unsigned odd)
{
	bool told;

	if (file->losses != f->losses) {
		file->losses = f->losses;
		file->ranges.count = 0;
		streaks_reset(file);
	}
	blocks_forget(file, c);
	if (c->has_ret && c->ret < 0)
		errors_call(f, file, c);
	runs_call(f, file, c);
	if (clean(odd)) {
		unaligned(f, file, c);
		slow_call(f, file, c);
		told = !file->remote && changes_call(f, file, c);
		streaks_call(f, file, c, told);
	}
	if (clean(odd) && !file->remote && c->op != OP_COLLAPSE && c->op != OP_INSERT)
		unused_reservation(f, file, c);
	else if (file->found[FINDING_UNUSED_RESERVATION])
		file->found[FINDING_UNUSED_RESERVATION]->proven = false;
	blocks_remember(file, c, clean(odd));
}
