/* SPDX-License-Identifier: MIT */
/*
 * Findings that one call can show: for each the least that shows it, and what
 * only looks like it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "calls.h"
#include "finder.h"

#define BLOCKS(bytes) ((uint64_t)(bytes) / 512)

static int setup(void **state)
{
	static struct finder t;

	finder_init(&t);
	*state = &t;
	return 0;
}

static int teardown(void **state)
{
	finder_free(*state);
	return 0;
}

static void nothing(void **state)
{
	struct finder *t = *state;
	struct call bare = call_bare(), badfd = call_badfd();

	finder_expect(t, "");
	assert_int_equal(findings_call(t->f, &bare), 0);
	assert_int_equal(findings_call(t->f, &badfd), 0);
	finder_call(t, OP_EXTEND, 0, MIB, 0);
	finder_call(t, OP_EXTEND, 0, 0, -EINVAL);
	finder_change(t, OP_PUNCH, 0, MIB, 0, 16 * MIB, BLOCKS(15 * MIB));
	finder_expect(t, "");
	assert_int_equal(findings_calls(t->f), 5);
	assert_int_equal(findings_forgotten(t->f), 0);
}

/* --- errors --- */

static void no_space(void **state)
{
	struct finder *t = *state;
	const struct finding *f;

	finder_call(t, OP_EXTEND, 16 * MIB, 8192, -ENOSPC);
	finder_expect(t, "no-space");
	f = finder_found(t, FINDING_NO_SPACE);
	assert_int_equal(f->calls, 1);
	assert_string_equal(f->path, "/var/lib/db/16384");
	assert_string_equal(f->fs, "ext4");
	assert_string_equal(f->host, "db1");
	assert_int_equal(f->ino, 131);
	assert_int_equal(f->worst.len, 8192);
	assert_int_equal(f->worst.ret, -ENOSPC);
	assert_false(f->worst.has_space);
	assert_int_equal(f->processes_count, 1);
	assert_int_equal(f->processes[0].pid, 42);
	assert_string_equal(f->processes[0].comm, "postgres");
	assert_int_equal(finder_number(f, "calls_with_space_known"), 0);
	assert_non_null(strstr(finding_meaning(f), "not known"));
}

static void no_space_with_space(void **state)
{
	struct finder *t = *state;
	const struct finding *f;

	finder_call(t, OP_EXTEND, 0, 3 * MIB, -ENOSPC);
	t->next.has_space = true;
	t->next.space_avail = 2 * MIB - 1;
	finder_call(t, OP_EXTEND, 0, 2 * MIB, -ENOSPC);
	f = finder_found(t, FINDING_NO_SPACE);
	assert_int_equal(f->calls, 2);
	assert_int_equal(finder_number(f, "calls_with_space_known"), 1);
	/* the one of which it is known, though another asked for more */
	assert_true(f->worst.has_space);
	assert_int_equal(f->worst.len, 2 * MIB);
	assert_non_null(strstr(finding_meaning(f), "at the calls of which it is known the filesystem had less free"));
	/* another that asked for more, and the answer of which is not known, as it is in a storm */
	t->next.has_space = false;
	finder_call(t, OP_EXTEND, 0, 8 * MIB, -ENOSPC);
	f = finder_found(t, FINDING_NO_SPACE);
	assert_true(f->worst.has_space);
	assert_int_equal(f->worst.len, 2 * MIB);
	t->next.has_space = true;
	/* just enough */
	t->next.space_avail = 2 * MIB;
	finder_call(t, OP_EXTEND, 0, 2 * MIB, -ENOSPC);
	f = finder_found(t, FINDING_NO_SPACE);
	assert_int_equal(finder_number(f, "calls_asking_less_than_free"), 1);
	assert_non_null(strstr(finding_meaning(f), "although it had more"));
}

static void quota(void **state)
{
	struct finder *t = *state;
	const struct finding *f;

	finder_call(t, OP_KEEP, 0, MIB, -EDQUOT);
	finder_expect(t, "no-space");
	f = finder_found(t, FINDING_NO_SPACE);
	assert_int_equal(finder_number(f, "calls_over_quota"), 1);
	assert_string_equal(finding_meaning(f), "a quota is used up");
}

static void unsupported(void **state)
{
	struct finder *t = *state;
	const struct finding *f;

	finder_call(t, OP_ZERO, 0, 2 * MIB, -EOPNOTSUPP);
	finder_expect(t, "unsupported");
	f = finder_found(t, FINDING_UNSUPPORTED);
	assert_int_equal(finder_number(f, "calls_of_mode_0"), 0);
	assert_null(strstr(finding_meaning(f), "posix_fallocate"));
	finder_call(t, OP_EXTEND, 0, 3 * MIB, -EOPNOTSUPP);
	f = finder_found(t, FINDING_UNSUPPORTED);
	assert_int_equal(f->calls, 2);
	assert_int_equal(finder_number(f, "calls_of_mode_0"), 1);
	assert_int_equal(finder_number(f, "bytes_of_mode_0"), 3 * MIB);
	assert_int_equal(f->worst.mode, 0);
	/* a condition, not a claim */
	assert_non_null(strstr(finding_meaning(f), "if posix_fallocate made these calls"));
}

static void interrupted(void **state)
{
	struct finder *t = *state;
	const struct finding *f;

	finder_call(t, OP_EXTEND, 0, MIB, -EINTR);
	finder_call(t, OP_EXTEND, 0, MIB, -EINTR);
	finder_expect(t, "");
	finder_call(t, OP_EXTEND, 0, MIB, -EINTR);
	finder_expect(t, "interrupted");
	f = finder_found(t, FINDING_INTERRUPTED);
	assert_int_equal(f->calls, 3);
	assert_int_equal(finder_number(f, "longest_run"), 3);
	assert_int_equal(finder_number(f, "time_in_calls"), 30000);
	assert_true(f->first.ts < f->last.ts);
}

static void not_interrupted_in_a_row(void **state)
{
	struct finder *t = *state;
	struct loss l = {.count = 1};

	/* a success between, another process's turn, a loss that may hide a success */
	for (int i = 0; i < 10; i++) {
		finder_call(t, OP_EXTEND, 0, MIB, -EINTR);
		finder_call(t, OP_EXTEND, 0, MIB, -EINTR);
		finder_call(t, OP_EXTEND, 0, MIB, 0);
	}
	for (t->next.pid = 100; t->next.pid < 110; t->next.pid++)
		finder_call(t, OP_EXTEND, 0, MIB, -EINTR);
	for (int i = 0; i < 10; i++) {
		finder_call(t, OP_EXTEND, 0, MIB, -EINTR);
		findings_lost(t->f, &l);
	}
	finder_expect(t, "");
	/* another error, and another's success, are no success of this one */
	finder_call(t, OP_EXTEND, 0, MIB, -EINTR);
	finder_call(t, OP_EXTEND, 0, 0, -EINVAL);
	finder_call(t, OP_EXTEND, 0, MIB, -EINTR);
	t->next.pid++;
	finder_call(t, OP_EXTEND, 0, MIB, 0);
	t->next.pid--;
	finder_call(t, OP_EXTEND, 0, MIB, -EINTR);
	finder_expect(t, "interrupted");
}

static void absurd_length(void **state)
{
	static const struct {
		int64_t len, ret;
		const char *found;
	} cases[] = {
		{(int64_t)(UINT64_MAX / 10), -EFBIG, "absurd-length"},
		{20 * 1024 * KIB * MIB, -EFBIG, "absurd-length"}, /* 20 TiB, on ext4 */
		{-1, -EINVAL, "absurd-length"},
		{INT64_MIN, -EINVAL, "absurd-length"},
		{INT64_C(1) << 60, -EINVAL, "absurd-length"},
		{(INT64_C(1) << 60) - 1, -EINVAL, ""},
		{0, -EINVAL, ""},
		{INT64_C(1) << 60, 0, ""}, /* who can do it may */
	};
	struct finder *t = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		finder_call(t, OP_KEEP, 0, cases[i].len, cases[i].ret);
		finder_expect(t, cases[i].found);
		findings_clear(t->f);
	}
	finder_call(t, OP_KEEP, 0, INT64_MIN, -EINVAL);
	assert_int_equal(finder_number(finder_found(t, FINDING_ABSURD_LENGTH), "calls_negative"), 1);
}

/* An error that was returned was returned, whatever was lost beside it; but nothing else is known then. */
static void errors_of_odd_calls(void **state)
{
	struct finder *t = *state;

	t->next.odd = ODD_LOSS_NEARBY;
	finder_change(t, OP_EXTEND, 16 * MIB, MIB, -ENOSPC, 17 * MIB, BLOCKS(17 * MIB));
	finder_expect(t, "no-space");
	t->next.odd = ODD_UNFINISHED;
	t->next.has_ret = false;
	finder_call(t, OP_EXTEND, 0, MIB, -EOPNOTSUPP);
	finder_expect(t, "no-space");
}

/* --- partial allocation --- */

static void partial_allocation(void **state)
{
	struct finder *t = *state;
	const struct finding *f;

	finder_change(t, OP_EXTEND, 16 * MIB, MIB, -ENOSPC, 16 * MIB + 8192, BLOCKS(16 * MIB + 8192));
	finder_expect(t, "no-space partial-allocation");
	f = finder_found(t, FINDING_PARTIAL_ALLOCATION);
	assert_int_equal(finder_number(f, "bytes_gained"), 8192);
	assert_int_equal(f->worst.blocks_before, BLOCKS(16 * MIB));
	finder_change(t, OP_KEEP, 16 * MIB, MIB, -EINTR, 16 * MIB + 8192, BLOCKS(16 * MIB + 12288));
	f = finder_found(t, FINDING_PARTIAL_ALLOCATION);
	assert_int_equal(f->calls, 2);
	assert_int_equal(finder_number(f, "bytes_gained"), 12288);
}

/* 16 MiB were written to a file of btrfs and are on the way to the disk: the call that failed had them flushed. */
static void not_partial_but_flushed(void **state)
{
	struct finder *t = *state;

	strcpy(t->next.fs, "btrfs");
	finder_set(t, 16 * MIB, BLOCKS(4 * MIB));
	finder_change(t, OP_EXTEND, 16 * MIB, MIB, -EINTR, 16 * MIB, BLOCKS(16 * MIB));
	finder_expect(t, "");
	finder_change(t, OP_EXTEND, 16 * MIB, MIB, -EINTR, 16 * MIB, BLOCKS(17 * MIB));
	finder_expect(t, "partial-allocation");
}

static void not_partial(void **state)
{
	struct finder *t = *state;

	/* succeeded; failed before any work; freed; the same */
	finder_change(t, OP_KEEP, 16 * MIB, MIB, 0, 16 * MIB, BLOCKS(17 * MIB));
	finder_change(t, OP_KEEP, 16 * MIB, MIB, -EINVAL, 16 * MIB, BLOCKS(18 * MIB));
	finder_change(t, OP_PUNCH, 0, MIB, -EIO, 16 * MIB, BLOCKS(19 * MIB));
	finder_change(t, OP_KEEP, 16 * MIB, MIB, -EIO, 16 * MIB, BLOCKS(18 * MIB));
	finder_call(t, OP_KEEP, 16 * MIB, MIB, -EIO);
	/* not seen */
	t->next.blocks_after_known = DERIVED;
	finder_change(t, OP_KEEP, 16 * MIB, MIB, -EIO, 16 * MIB, BLOCKS(20 * MIB));
	t->next.blocks_after_known = SEEN;
	t->next.blocks_before_known = UNKNOWN;
	finder_change(t, OP_KEEP, 16 * MIB, MIB, -EIO, 16 * MIB, BLOCKS(21 * MIB));
	t->next.blocks_before_known = SEEN;
	/* perhaps another call's return */
	for (unsigned odd = 1; odd < 1 << ODD_COUNT; odd <<= 1) {
		t->next.odd = odd == ODD_NESTED ? ODD_ORPHAN : odd;
		finder_change(t, OP_KEEP, 16 * MIB, MIB, -EIO, 16 * MIB, BLOCKS(22 * MIB));
		finder_set(t, 16 * MIB, BLOCKS(16 * MIB));
	}
	finder_expect(t, "");
}

/* --- sizes --- */

static void size_as_promised(void **state)
{
	static const struct {
		enum op op;
		uint32_t keep;
		int64_t offset, len, ret, after; /* of 16 MiB */
	} cases[] = {
		{OP_EXTEND, 0, 0, MIB, 0, 16 * MIB},
		{OP_EXTEND, 0, 16 * MIB, MIB, 0, 17 * MIB},
		{OP_EXTEND, 0, 15 * MIB, 2 * MIB, 0, 17 * MIB},
		{OP_ZERO, 0, 16 * MIB, MIB, 0, 17 * MIB},
		{OP_ZERO, 1, 16 * MIB, MIB, 0, 16 * MIB},
		{OP_UNSHARE, 1, 0, MIB, 0, 16 * MIB},
		{OP_WRITE_ZEROES, 0, 16 * MIB, MIB, 0, 17 * MIB},
		{OP_KEEP, 0, 20 * MIB, MIB, 0, 16 * MIB},
		{OP_PUNCH, 0, 16 * MIB, MIB, 0, 16 * MIB},
		{OP_COLLAPSE, 0, 0, MIB, 0, 15 * MIB},
		{OP_INSERT, 0, 0, MIB, 0, 17 * MIB},
		{OP_EXTEND, 0, 16 * MIB, MIB, -EIO, 16 * MIB},
		{OP_EXTEND, 0, 16 * MIB, 2 * MIB, -EIO, 17 * MIB}, /* on the way */
		{OP_EXTEND, 0, 16 * MIB, MIB, -EPERM, 20 * MIB},   /* another's doing, surely */
	};
	struct finder *t = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		finder_set(t, 16 * MIB, BLOCKS(16 * MIB));
		t->next.size_after = cases[i].after;
		/* finder_call sets the mode by op */
		finder_call(t, cases[i].op, cases[i].offset, cases[i].len, cases[i].ret);
		if (cases[i].keep) {
			findings_clear(t->f);
			t->next.mode |= cases[i].keep;
			assert_int_equal(findings_call(t->f, &t->next), 0);
		}
		finder_expect(t, "");
		findings_clear(t->f);
	}
}

static void size_not_as_promised(void **state)
{
	static const struct {
		enum op op;
		int64_t offset, len, ret, after, promised; /* of 16 MiB */
	} cases[] = {
		{OP_EXTEND, 0, MIB, 0, 16 * MIB + 1, 16 * MIB},
		{OP_EXTEND, 16 * MIB, MIB, 0, 17 * MIB - 1, 17 * MIB},
		{OP_KEEP, 16 * MIB, MIB, 0, 17 * MIB, 16 * MIB},
		{OP_KEEP, 0, MIB, 0, 0, 16 * MIB},
		{OP_PUNCH, 16 * MIB, MIB, 0, 17 * MIB, 16 * MIB},
		{OP_ZERO, 16 * MIB, MIB, 0, 16 * MIB, 17 * MIB},
		{OP_COLLAPSE, 0, MIB, 0, 16 * MIB, 15 * MIB},
		{OP_INSERT, 0, MIB, 0, 16 * MIB, 17 * MIB},
		{OP_EXTEND, 16 * MIB, MIB, -EIO, 17 * MIB + 1, 16 * MIB}, /* more than it would have been */
		{OP_EXTEND, 16 * MIB, MIB, -EIO, 15 * MIB, 16 * MIB},
		{OP_KEEP, 16 * MIB, MIB, -EIO, 17 * MIB, 16 * MIB},
		{OP_INSERT, 0, MIB, -EIO, 17 * MIB, 16 * MIB},
	};
	struct finder *t = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct finding *f;

		finder_set(t, 16 * MIB, BLOCKS(16 * MIB));
		t->next.size_after = cases[i].after;
		finder_call(t, cases[i].op, cases[i].offset, cases[i].len, cases[i].ret);
		finder_expect(t, "size-not-as-promised");
		f = finder_found(t, FINDING_SIZE_NOT_AS_PROMISED);
		assert_int_equal(finder_number(f, "size_promised"), cases[i].promised);
		assert_int_equal(finder_number(f, "size_off_by"), cases[i].after - cases[i].promised);
		assert_non_null(strstr(finding_meaning(f), "or another write or truncate came between"));
		findings_clear(t->f);
	}
}

/* Two calls are as bad as each other: what is told of the worst is of one of them. */
static void numbers_of_the_worst(void **state)
{
	struct finder *t = *state;
	const struct finding *f;

	finder_set(t, 16 * MIB, BLOCKS(16 * MIB));
	t->next.size_after = 17 * MIB;
	finder_call(t, OP_KEEP, 0, MIB, 0);
	finder_set(t, 12 * MIB, BLOCKS(16 * MIB));
	t->next.size_after = 11 * MIB;
	finder_call(t, OP_KEEP, 0, MIB, 0);
	f = finder_found(t, FINDING_SIZE_NOT_AS_PROMISED);
	assert_int_equal(f->calls, 2);
	assert_int_equal(f->worst.size_after, 17 * MIB);
	assert_int_equal(finder_number(f, "size_promised"), 16 * MIB);
	assert_int_equal(finder_number(f, "size_off_by"), MIB);
}

static void size_not_seen(void **state)
{
	struct finder *t = *state;

	t->next.size_after = 20 * MIB;
	t->next.size_after_known = DERIVED;
	finder_call(t, OP_KEEP, 0, MIB, 0);
	t->next.size_after_known = UNKNOWN;
	finder_call(t, OP_KEEP, 0, MIB, 0);
	t->next.size_after_known = SEEN;
	t->next.size_before_known = UNKNOWN;
	finder_call(t, OP_KEEP, 0, MIB, 0);
	t->next.size_before_known = SEEN;
	t->next.has_mode = false;
	finder_call(t, OP_KEEP, 0, MIB, 0);
	t->next.has_mode = true;
	t->next.has_len = false;
	finder_call(t, OP_KEEP, 0, MIB, 0);
	t->next.has_len = true;
	t->next.odd = ODD_LOSS_NEARBY;
	finder_call(t, OP_KEEP, 0, MIB, 0);
	t->next.odd = 0;
	finder_call(t, OP_INVALID, 0, MIB, 0);
	/* what no file has */
	finder_set(t, -1, 0);
	t->next.size_after = 20 * MIB;
	finder_call(t, OP_KEEP, 0, MIB, 0);
	finder_set(t, 16 * MIB, BLOCKS(16 * MIB));
	t->next.size_after = INT64_MIN;
	finder_call(t, OP_KEEP, 0, MIB, 0);
	t->next.size_after = 20 * MIB;
	finder_expect(t, "");
	/* and the same, seen */
	finder_call(t, OP_KEEP, 0, MIB, 0);
	finder_expect(t, "size-not-as-promised");
}

/* --- latency --- */

static void slow(void **state)
{
	struct finder *t = *state;
	const struct finding *f;
	uint64_t usual = t->next.end - t->next.start;

	for (int i = 0; i < 20; i++)
		finder_call(t, OP_EXTEND, 0, MIB, 0);
	t->next.end = t->next.start + 50000001;
	finder_call(t, OP_EXTEND, 0, MIB, 0);
	finder_expect(t, "slow");
	f = finder_found(t, FINDING_SLOW);
	assert_int_equal(f->calls, 1);
	assert_int_equal(f->worst.latency, 50000001);
	assert_int_equal(finder_number(f, "calls_alike"), 20);
	assert_in_range(finder_number(f, "median_of_alike"), usual - usual / 50, usual + usual / 50);
}

static void not_slow(void **state)
{
	struct finder *t = *state;

	/* too few to know */
	for (int i = 0; i < 19; i++)
		finder_call(t, OP_EXTEND, 0, MIB, 0);
	t->next.end = t->next.start + 900000000;
	finder_call(t, OP_EXTEND, 0, MIB, 0);
	/* not alike: another operation, much more, another filesystem, one that failed; not longer than a disk may take */
	t->next.end = t->next.start + 10000;
	for (int i = 0; i < 20; i++)
		finder_call(t, OP_EXTEND, 0, MIB, 0);
	t->next.end = t->next.start + 900000000;
	finder_call(t, OP_KEEP, 0, MIB, 0);
	finder_change(t, OP_EXTEND, 0, 16 * MIB, 0, 16 * MIB, BLOCKS(16 * MIB));
	strcpy(t->next.fs, "xfs");
	t->next.ino++;
	finder_call(t, OP_EXTEND, 0, MIB, 0);
	strcpy(t->next.fs, "ext4");
	t->next.ino--;
	finder_call(t, OP_EXTEND, 0, MIB, -EIO);
	t->next.end = t->next.start + 50000000;
	finder_call(t, OP_EXTEND, 0, MIB, 0);
	/* events were lost: the return may be another call's */
	t->next.odd = ODD_LOSS_NEARBY;
	t->next.end = t->next.start + 9000000000;
	finder_call(t, OP_EXTEND, 0, MIB, 0);
	finder_expect(t, "");
}

static void slow_anyway(void **state)
{
	struct finder *t = *state;
	const struct finding *f;

	t->next.end = t->next.start + 999999999;
	finder_call(t, OP_EXTEND, 0, MIB, -EIO);
	finder_expect(t, "");
	t->next.end = t->next.start + 1000000000;
	finder_call(t, OP_EXTEND, 0, MIB, -EIO);
	finder_expect(t, "slow");
	f = finder_found(t, FINDING_SLOW);
	assert_string_equal(finding_meaning(f), "took longer than a second");
	/* no ns, no latency */
	findings_clear(t->f);
	t->next.ticks = true;
	finder_call(t, OP_EXTEND, 0, MIB, 0);
	finder_expect(t, "");
}

/* Half the calls at 3 ms: one of 59 ms is not yet twenty times that. */
static void slow_by_the_median(void **state)
{
	struct finder *t = *state;

	t->next.end = t->next.start + 3000000;
	for (int i = 0; i < 100; i++)
		finder_call(t, OP_EXTEND, 0, MIB, 0);
	t->next.end = t->next.start + 58000000;
	finder_call(t, OP_EXTEND, 0, MIB, 0);
	finder_expect(t, "");
	t->next.end = t->next.start + 62000000;
	finder_call(t, OP_EXTEND, 0, MIB, 0);
	finder_expect(t, "slow");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing),
		TEST(no_space),
		TEST(no_space_with_space),
		TEST(quota),
		TEST(unsupported),
		TEST(interrupted),
		TEST(not_interrupted_in_a_row),
		TEST(absurd_length),
		TEST(errors_of_odd_calls),
		TEST(partial_allocation),
		TEST(not_partial_but_flushed),
		TEST(not_partial),
		TEST(size_as_promised),
		TEST(size_not_as_promised),
		TEST(numbers_of_the_worst),
		TEST(size_not_seen),
		TEST(slow),
		TEST(not_slow),
		TEST(slow_anyway),
		TEST(slow_by_the_median),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
