/* SPDX-License-Identifier: MIT */
/*
 * What is said of a finding: its numbers, what it means, what one does about it.
 */
#include "falloctrace/field.h"
#include "stats/finding_private.h"

const char *finding_name(enum finding_kind kind)
{
	static const char *const names[FINDING_COUNT] = {
		[FINDING_NO_SPACE] = "no-space",
		[FINDING_PARTIAL_ALLOCATION] = "partial-allocation",
		[FINDING_SIZE_NOT_AS_PROMISED] = "size-not-as-promised",
		[FINDING_PUNCH_FREED_NOTHING] = "punch-freed-nothing",
		[FINDING_UNSUPPORTED] = "unsupported",
		[FINDING_INTERRUPTED] = "interrupted",
		[FINDING_ABSURD_LENGTH] = "absurd-length",
		[FINDING_SLOW] = "slow",
		[FINDING_UNUSED_RESERVATION] = "unused-reservation",
		[FINDING_TINY_EXTENDS] = "tiny-extends",
		[FINDING_TINY_PUNCHES] = "tiny-punches",
		[FINDING_UNALIGNED] = "unaligned",
	};

	return kind < FINDING_COUNT ? names[kind] : NULL;
}

/* --- numbers --- */

struct number_of {
	const char *name;
	int unit;
	enum sum sum;
	bool unless_zero; /* zero goes without saying, or there is no such number */
};

static const struct number_of numbers_of[FINDING_COUNT][SUMS + 1] = {
	[FINDING_NO_SPACE] = {{"calls_over_quota", UNIT_NONE, SUM_A, true},
			      {"calls_with_space_known", UNIT_NONE, SUM_B, false},
			      {"calls_asking_less_than_free", UNIT_NONE, SUM_C, true}},
	[FINDING_PARTIAL_ALLOCATION] = {{"bytes_gained", UNIT_BYTES, SUM_A, false}},
	[FINDING_SIZE_NOT_AS_PROMISED] = {{"size_promised", UNIT_BYTES, SUM_A, false},
					  {"size_off_by", UNIT_BYTES, SUM_B, false}},
	[FINDING_PUNCH_FREED_NOTHING] = {{"bytes_allocated_before", UNIT_BYTES, SUM_A, true},
					 {"calls_beyond_size", UNIT_NONE, SUM_B, true},
					 {"bytes_punched", UNIT_BYTES, SUM_C, true},
					 {"bytes_of_holes", UNIT_BYTES, SUM_D, true}},
	[FINDING_UNSUPPORTED] = {{"calls_of_mode_0", UNIT_NONE, SUM_A, false},
				 {"bytes_of_mode_0", UNIT_BYTES, SUM_B, true}},
	[FINDING_INTERRUPTED] = {{"longest_run", UNIT_NONE, SUM_A, false}, {"time_in_calls", UNIT_NS, SUM_B, true}},
	[FINDING_ABSURD_LENGTH] = {{"calls_too_big", UNIT_NONE, SUM_A, false},
				   {"calls_negative", UNIT_NONE, SUM_B, true}},
	[FINDING_SLOW] = {{"time_in_calls", UNIT_NS, SUM_A, false},
			  {"median_of_alike", UNIT_NS, SUM_B, true},
			  {"calls_alike", UNIT_NONE, SUM_C, true}},
	[FINDING_UNUSED_RESERVATION] = {{"bytes_unused", UNIT_BYTES, SUM_A, false},
					{"bytes_allocated", UNIT_BYTES, SUM_B, false},
					{"size", UNIT_BYTES, SUM_C, false},
					{"bytes_reserved", UNIT_BYTES, SUM_RESERVED, true},
					{"bytes_used", UNIT_BYTES, SUM_USED, true},
					{"bytes_released", UNIT_BYTES, SUM_RELEASED, true},
					{"bytes_cut_off", UNIT_BYTES, SUM_CUT, true}},
	[FINDING_TINY_EXTENDS] = {{"bytes_asked", UNIT_BYTES, SUM_A, false},
				  {"time_in_calls", UNIT_NS, SUM_B, false},
				  {"longest_run", UNIT_NONE, SUM_C, false},
				  {"longest_run_time", UNIT_NS, SUM_D, false}},
	[FINDING_TINY_PUNCHES] = {{"bytes_asked", UNIT_BYTES, SUM_A, false},
				  {"time_in_calls", UNIT_NS, SUM_B, false},
				  {"longest_run", UNIT_NONE, SUM_C, false},
				  {"longest_run_time", UNIT_NS, SUM_D, false}},
	[FINDING_UNALIGNED] = {{"punches", UNIT_NONE, SUM_A, false},
			       {"zeroes", UNIT_NONE, SUM_B, false},
			       {"edges", UNIT_NONE, SUM_C, false}},
};

void found_numbers(struct found *found)
{
	struct finding *f = &found->f;

	f->numbers_count = 0;
	for (const struct number_of *n = numbers_of[f->kind]; n->name; n++)
		if (found->sums[n->sum] || !n->unless_zero)
			f->numbers[f->numbers_count++] = (struct finding_number){n->name, n->unit, found->sums[n->sum]};
}

/* The number of that name, 0: it has none. */
static int64_t number(const struct finding *f, const char *name)
{
	for (size_t i = 0; i < f->numbers_count; i++) {
		const char *a = f->numbers[i].name, *b = name;

		while (*a && *a == *b) {
			a++;
			b++;
		}
		if (*a == *b)
			return f->numbers[i].value;
	}
	return 0;
}

/* --- words --- */

static const char *no_space_meaning(const struct finding *f)
{
	if (number(f, "calls_over_quota") == (int64_t)f->calls)
		return "a quota is used up";
	if (number(f, "calls_asking_less_than_free"))
		return "the filesystem refused although it had more free than was asked for: a quota (XFS says ENOSPC "
		       "of a project's), blocks reserved for root or by others, free space in pieces too small, or "
		       "space freed since";
	if (number(f, "calls_with_space_known") && number(f, "calls_with_space_known") < (int64_t)f->calls)
		return "at the calls of which it is known the filesystem had less free than was asked for";
	if (number(f, "calls_with_space_known"))
		return "the filesystem had less free than was asked for";
	return "the filesystem refused; how much it had free at that moment is not known";
}

static const char *no_space_advice(const struct finding *f)
{
	if (number(f, "calls_asking_less_than_free"))
		return "look at quotas (quota, xfs_quota -x -c report), inodes (df -i), reserved blocks (tune2fs -l) "
		       "and how free space is cut up (e2freefrag, xfs_spaceman -c freesp)";
	return "free space, or ask for less at once";
}

static const char *punch_meaning(const struct finding *f)
{
	if (number(f, "bytes_punched") && !number(f, "bytes_allocated_before"))
		return "more was punched than the file can have had as holes, unless as much is reserved beyond its end, "
		       "and no block was freed";
	if (number(f, "calls_beyond_size"))
		return "calls in this trace had allocated the range; it was punched beyond the file's size, and the file "
		       "has as many blocks as before";
	return "calls in this trace had allocated the range; it was punched, and the file has as many blocks as before, "
	       "unless another wrote as many meanwhile";
}

static const char *punch_advice(const struct finding *f)
{
	if (number(f, "calls_beyond_size"))
		return "to give back what is reserved beyond the size, truncate the file to its size: ext4 passes over "
		       "punches there";
	return "punch whole allocation units: clusters of bigalloc, extents of a realtime device, records of ZFS are "
	       "larger than a block";
}

static const char *unsupported_meaning(const struct finding *f)
{
	if (number(f, "calls_of_mode_0"))
		return "the filesystem cannot allocate for this file; if posix_fallocate made these calls, glibc then writes "
		       "into every block instead";
	return "the filesystem cannot do this with this file; whoever asked has to do without, or writes zeroes";
}

static const char *unsupported_advice(const struct finding *f)
{
	if (number(f, "calls_of_mode_0"))
		return "use a filesystem, or a file, that can (ext4 files need extents, NFS version 4.2), or turn "
		       "preallocation off in the application";
	return "use a filesystem that knows this operation, or turn it off in the application";
}

static const char *unused_meaning(const struct finding *f)
{
	if (f->before_losses)
		return "reserved by earlier calls, and still beyond the file's size after the last call that was seen; "
		       "events were lost since, there may have been others";
	return "reserved by earlier calls, and still beyond the file's size after its last call in this trace";
}

static const char *slow_meaning(const struct finding *f)
{
	if (number(f, "calls_alike"))
		return "took more than twenty times as long as half of the calls before that asked this kind of "
		       "filesystem for the same operation on about as many bytes";
	return "took longer than a second";
}

const char *finding_meaning(const struct finding *f)
{
	switch (f->kind) {
	case FINDING_NO_SPACE:
		return no_space_meaning(f);
	case FINDING_PARTIAL_ALLOCATION:
		return "the call failed, and the file had more blocks after it than before: what was allocated on the way was "
		       "kept, unless another wrote meanwhile";
	case FINDING_SIZE_NOT_AS_PROMISED:
		return "fallocate(2) promises another size than the file had when the call returned: or another write or "
		       "truncate came between";
	case FINDING_PUNCH_FREED_NOTHING:
		return punch_meaning(f);
	case FINDING_UNSUPPORTED:
		return unsupported_meaning(f);
	case FINDING_INTERRUPTED:
		return "signals interrupted the same process again and again, without a call on this file that succeeded "
		       "between: what it did so far is undone or done again";
	case FINDING_ABSURD_LENGTH:
		return "no file can be so long, there or by the process's limit (ulimit -f): the number may come from an "
		       "overflow";
	case FINDING_SLOW:
		return slow_meaning(f);
	case FINDING_UNUSED_RESERVATION:
		return unused_meaning(f);
	case FINDING_TINY_EXTENDS:
		return "the file grows by a few pages a call, no more than a second apart: each call costs a transaction of "
		       "the filesystem, and may undo its delayed allocation";
	case FINDING_TINY_PUNCHES:
		return "holes of a few pages, no more than a second apart: each costs a transaction and makes an extent more";
	case FINDING_UNALIGNED:
		return "edges that are no multiple of 4096 inside the file: there zeroes are written, and nothing is freed";
	default:
		return "";
	}
}

const char *finding_advice(const struct finding *f)
{
	switch (f->kind) {
	case FINDING_NO_SPACE:
		return no_space_advice(f);
	case FINDING_PARTIAL_ALLOCATION:
		return "after a failure give back what is not wanted: truncate the file to its size, or delete it";
	case FINDING_SIZE_NOT_AS_PROMISED:
		return "see whether others write to the file during the call; if nobody does, report it to the "
		       "filesystem's developers";
	case FINDING_PUNCH_FREED_NOTHING:
		return punch_advice(f);
	case FINDING_UNSUPPORTED:
		return unsupported_advice(f);
	case FINDING_INTERRUPTED:
		return "block the signal (a timer's, mostly) during the call, or allocate in smaller steps";
	case FINDING_ABSURD_LENGTH:
		return "look at how the length is computed, and whether the failure is noticed";
	case FINDING_SLOW:
		return "see what else held the filesystem then: a journal's commit, a freeze, a full disk, a slow device";
	case FINDING_UNUSED_RESERVATION:
		return "reserve less at once, or truncate the file to its size when it is complete";
	case FINDING_TINY_EXTENDS:
		return "extend by megabytes at once, or leave it to the writes";
	case FINDING_TINY_PUNCHES:
		return "punch larger ranges, less often; see the extents by filefrag";
	case FINDING_UNALIGNED:
		return "round the range: its begin up, its end down, to multiples of the block size";
	default:
		return "";
	}
}
