/* SPDX-License-Identifier: MIT */
/*
 * What the blocks of a file tell: what punches did not free, and what was
 * reserved and not used.
 */
#include "info/units.h"
#include "stats/finding_private.h"

/*
 * RocksDB reserves four megabytes ahead, and cuts them off at the end; what it
 * left behind were gigabytes for megabytes. Less than one is no one's loss.
 */
#define UNUSED_MIN (INT64_C(1) << 20)
#define UNUSED_TIMES 2 /* as many blocks as the size has */
#define UNUSED_AGE (10 * NS_PER_S)

/* The whole blocks of a range: only these can be freed. */
static bool whole_blocks(int64_t *begin, int64_t *end)
{
	if (*begin > INT64_MAX - BLOCK)
		return false;
	*begin = (*begin + BLOCK - 1) / BLOCK * BLOCK;
	*end = *end / BLOCK * BLOCK;
	return *begin < *end;
}

/*
 * Punching what is a hole already frees nothing, and rightly so (fstrim in a
 * guest does it every week). So the range must be one that a call of the trace
 * allocated, that no call has freed since, in a file whose blocks and size did
 * not become fewer between calls (somebody cut it). Or, without knowing the
 * range: see streaks_call.
 */
bool punch_freed_nothing(struct findings *f, struct file *file, const struct finding_call *c)
{
	const struct range *known;
	int64_t begin, end, bytes;
	struct found *found;

	if (c->op != OP_PUNCH || !succeeded(c) || !blocks_seen(c) || !c->blocks_before ||
	    c->blocks_after != c->blocks_before || !c->has_offset || !c->has_len ||
	    !range_of(c->offset, c->len, &begin, &end) || !whole_blocks(&begin, &end))
		return false;
	known = ranges_overlap(&file->ranges, begin, end, BLOCK, &bytes);
	if (!known || bytes > bytes_of(c->blocks_before))
		return false;
	found = found_note(f, file, FINDING_PUNCH_FREED_NOTHING, c, bytes);
	if (!found)
		return true;
	found->proven = true;
	if (found->is_worst) {
		found->f.has_allocated = true;
		found->f.allocated = known->stamp;
	}
	sum_up(&found->sums[SUM_A], bytes);
	if (c->size_before_known == SEEN && begin >= c->size_before)
		sum_up(&found->sums[SUM_B], 1);
	found->weight = found->sums[SUM_A];
	return true;
}

/* --- what a file has allocated --- */

static struct finding_stamp stamp_of(const struct finding_call *c)
{
	struct finding_stamp s = {.has_utc = c->has_utc, .has_ts = c->has_ts, .utc = c->utc, .ts = c->ts};

	s.by.pid = c->pid;
	for (size_t i = 0; i < sizeof(s.by.comm); i++)
		s.by.comm[i] = c->comm[i];
	return s;
}

void blocks_forget(struct file *file, const struct finding_call *c)
{
	if ((file->has_blocks && c->blocks_before_known == SEEN && c->blocks_before < file->blocks) ||
	    (file->has_size && c->size_before_known == SEEN && c->size_before < file->size))
		file->ranges.count = 0;
}

/*
 * What a success promises, but ZFS keeps no promise: it looks whether there is
 * room, and allocates nothing. So where blocks are seen there must be more.
 */
static bool allocated(const struct finding_call *c)
{
	return allocates(c->op) && c->op != OP_UNSHARE && succeeded(c) &&
	       !(blocks_seen(c) && c->blocks_after <= c->blocks_before);
}

void blocks_remember(struct file *file, const struct finding_call *c, bool clean)
{
	struct finding_stamp stamp = stamp_of(c);
	int64_t begin, end;
	bool range = c->has_offset && c->has_len && range_of(c->offset, c->len, &begin, &end);

	file->has_size = c->size_after_known == SEEN;
	file->size = c->size_after;
	file->has_blocks = c->blocks_after_known == SEEN;
	file->blocks = c->blocks_after;
	/* what it did is not known, and what it freed is */
	if (!clean || !c->has_ret || c->op == OP_COUNT || c->op == OP_INVALID || !range) {
		file->ranges.count = 0;
		return;
	}
	if (c->op == OP_COLLAPSE || c->op == OP_INSERT)
		file->ranges.count = 0; /* everything behind has moved */
	else if (c->op == OP_PUNCH && !(blocks_seen(c) && c->blocks_before == c->blocks_after))
		ranges_cut(&file->ranges, begin, end); /* a failed one may have freed a part */
	else if (allocated(c))
		ranges_add(&file->ranges, begin, end, &stamp, c->size_after_known == SEEN ? c->size_after : INT64_MAX);
}

void blocks_truncate(struct file *file, const struct finding_call *c)
{
	ranges_cut(&file->ranges, c->len, INT64_MAX);
	file->has_size = c->size_after_known != UNKNOWN;
	file->size = c->size_after;
	file->has_blocks = c->blocks_after_known == SEEN;
	file->blocks = c->blocks_after;
	if (file->found[FINDING_UNUSED_RESERVATION])
		file->found[FINDING_UNUSED_RESERVATION]->proven = false;
}

/* --- reservations --- */

/* The last of what calls of the trace allocated beyond the size; *unused: how much of it there can be still. */
static const struct range *much_beyond(const struct file *file, uint64_t blocks, int64_t size, int64_t *unused)
{
	int64_t bytes = bytes_of(blocks), known;
	const struct range *range;

	if (size < 0 || bytes <= size)
		return NULL;
	range = ranges_overlap(&file->ranges, size, INT64_MAX, 1, &known);
	*unused = known < bytes - size ? known : bytes - size;
	return *unused > UNUSED_MIN && bytes / UNUSED_TIMES > size ? range : NULL;
}

/* What was reserved a moment ago will be written to yet: the file has grown since, or it is long ago. */
static bool had_its_time(const struct range *r, const struct finding_call *c)
{
	bool old = r->stamp.has_ts && c->has_ts && c->ts > r->stamp.ts && c->ts - r->stamp.ts >= UNUSED_AGE;

	return old || r->size < c->size_before;
}

/*
 * Writes are not seen, so a reservation that was just made tells nothing: what
 * counts is what an earlier call had reserved, is beyond the size still when a
 * later one comes, and is there after it. So this goes before blocks_remember.
 */
void unused_reservation(struct findings *f, struct file *file, const struct finding_call *c)
{
	struct found *found = file->found[FINDING_UNUSED_RESERVATION];
	const struct range *range;
	int64_t before, after;

	if (found)
		found->proven = false; /* it was as of the call before */
	if (!blocks_seen(c) || !sizes_seen(c) || !much_beyond(file, c->blocks_before, c->size_before, &before))
		return;
	range = much_beyond(file, c->blocks_after, c->size_after, &after);
	if (!range || !had_its_time(range, c))
		return;
	found = found_note(f, file, FINDING_UNUSED_RESERVATION, c, 0);
	if (!found)
		return;
	found->proven = true;
	found->f.calls = 1;
	found->f.first = found->f.worst = *c;
	found->f.has_allocated = true;
	found->f.allocated = range->stamp;
	found->sums[SUM_A] = before < after ? before : after;
	found->sums[SUM_B] = bytes_of(c->blocks_after);
	found->sums[SUM_C] = c->size_after;
	found->weight = found->sums[SUM_A];
}
