/* SPDX-License-Identifier: MIT */
/*
 * Findings that take what earlier calls did to the file.
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
#include "stats/finding_ranges.h"

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

/* --- ranges --- */

/* Against one byte a block of a small file. */
static void ranges_as_bitmap(void **state)
{
	enum { BYTES = 60 };
	struct finding_stamp stamp = {.ts = 7};

	(void)state;
	srand(3);
	for (int run = 0; run < 2000; run++) {
		struct ranges r = {0};
		bool map[BYTES] = {0};

		for (int n = 0; n < 12; n++) {
			int begin = rand() % BYTES, end = begin + 1 + rand() % (BYTES - begin);
			bool add = rand() % 2;
			int64_t bytes, want = 0;

			if (r.count == RANGES_MAX)
				break; /* from now on something may be forgotten */
			if (add)
				ranges_add(&r, begin, end, &stamp, 0);
			else
				ranges_cut(&r, begin, end);
			for (int i = begin; i < end; i++)
				map[i] = add;
			for (int i = 0; i < BYTES; i++) {
				assert_int_equal(map[i], ranges_overlap(&r, i, i + 1, 1, &bytes) != NULL);
				want += map[i];
			}
			ranges_overlap(&r, 0, BYTES, 1, &bytes);
			assert_int_equal(bytes, want);
		}
	}
}

static void ranges_forget_the_smallest(void **state)
{
	struct finding_stamp stamp = {0};
	struct ranges r = {0};
	int64_t bytes;

	(void)state;
	for (int i = 0; i < RANGES_MAX; i++)
		ranges_add(&r, i * 100, i * 100 + 10 + i, &stamp, 0);
	assert_int_equal(r.count, RANGES_MAX);
	ranges_add(&r, 5000, 5010, &stamp, 0); /* no larger than the smallest: that one stays */
	assert_null(ranges_overlap(&r, 5000, 5010, 1, &bytes));
	ranges_add(&r, 5000, 5011, &stamp, 0);
	assert_non_null(ranges_overlap(&r, 5000, 5010, 1, &bytes));
	assert_null(ranges_overlap(&r, 0, 100, 1, &bytes));
	/* a hole in the middle makes two; the smaller is what goes */
	ranges_cut(&r, 5001, 5003);
	assert_int_equal(r.count, RANGES_MAX);
	/* the whole of what a file can be */
	ranges_add(&r, 0, INT64_MAX, &stamp, 0);
	assert_int_equal(r.count, 1);
	ranges_cut(&r, 0, INT64_MAX);
	assert_int_equal(r.count, 0);
}

/* --- punches that free nothing --- */

/* MiB 1 … 3 allocated by a call of this trace. */
static void allocate(struct finder *t)
{
	finder_set(t, 16 * MIB, BLOCKS(14 * MIB));
	finder_change(t, OP_KEEP, MIB, 2 * MIB, 0, 16 * MIB, BLOCKS(16 * MIB));
	finder_expect(t, "");
}

static void punch_freed_nothing(void **state)
{
	struct finder *t = *state;
	const struct finding *f;

	t->next.pid = 77;
	allocate(t);
	t->next.pid = 42;
	finder_call(t, OP_PUNCH, MIB, 4096, 0);
	finder_expect(t, "punch-freed-nothing");
	f = finder_found(t, FINDING_PUNCH_FREED_NOTHING);
	assert_int_equal(f->calls, 1);
	assert_int_equal(finder_number(f, "bytes_allocated_before"), 4096);
	assert_true(f->has_allocated);
	assert_int_equal(f->allocated.by.pid, 77);
	assert_true(f->allocated.ts < f->worst.ts);
	/* and once more: it is there still */
	finder_call(t, OP_PUNCH, MIB / 2, MIB, 0);
	f = finder_found(t, FINDING_PUNCH_FREED_NOTHING);
	assert_int_equal(f->calls, 2);
	assert_int_equal(finder_number(f, "bytes_allocated_before"), 4096 + MIB / 2);
	assert_int_equal(f->worst.len, MIB);
}

static void punch_beyond_the_size(void **state)
{
	struct finder *t = *state;
	const struct finding *f;

	finder_set(t, MIB, BLOCKS(MIB));
	finder_change(t, OP_KEEP, 0, 2 * MIB, 0, MIB, BLOCKS(2 * MIB));
	finder_call(t, OP_PUNCH, MIB, MIB, 0);
	finder_expect(t, "punch-freed-nothing");
	f = finder_found(t, FINDING_PUNCH_FREED_NOTHING);
	assert_int_equal(finder_number(f, "calls_beyond_size"), 1);
	assert_non_null(strstr(finding_meaning(f), "beyond the file's size"));
}

/* Each time something is not as it has to be. */
static void near_a_punch_that_freed_nothing(void **state)
{
	struct finder *t = *state;

	/* never allocated by this trace */
	finder_call(t, OP_PUNCH, 0, MIB, 0);
	allocate(t);
	finder_call(t, OP_PUNCH, 3 * MIB, MIB, 0);
	/* nothing was allocated, though the call succeeded: ZFS allocates when it is written to */
	finder_call(t, OP_KEEP, 8 * MIB, MIB, 0);
	finder_call(t, OP_PUNCH, 8 * MIB, MIB, 0);
	/* no whole block of it, or none of the allocated */
	finder_call(t, OP_PUNCH, MIB + 1, 8190, 0);
	finder_call(t, OP_PUNCH, MIB - 4096, 8191, 0);
	/* failed; not seen */
	finder_call(t, OP_PUNCH, MIB, MIB, -EIO);
	allocate(t);
	t->next.blocks_after_known = DERIVED;
	finder_call(t, OP_PUNCH, MIB, MIB, 0);
	t->next.blocks_after_known = SEEN;
	allocate(t);
	t->next.blocks_before_known = UNKNOWN;
	finder_call(t, OP_PUNCH, MIB, MIB, 0);
	t->next.blocks_before_known = SEEN;
	/* freed something, and then again what is a hole now */
	allocate(t);
	finder_change(t, OP_PUNCH, MIB, 2 * MIB, 0, 16 * MIB, BLOCKS(14 * MIB));
	finder_call(t, OP_PUNCH, MIB, 2 * MIB, 0);
	/* wrote more meanwhile */
	allocate(t);
	finder_change(t, OP_PUNCH, MIB, 4096, 0, 16 * MIB, BLOCKS(16 * MIB) + 8);
	finder_expect(t, "");
}

static void what_was_allocated_may_be_gone(void **state)
{
	struct finder *t = *state;
	struct loss l = {.count = LOST_UNKNOWN};

	/* fewer blocks than after the last call: somebody cut it */
	allocate(t);
	finder_set(t, 16 * MIB, BLOCKS(16 * MIB) - 1);
	finder_call(t, OP_PUNCH, MIB, MIB, 0);
	/* a smaller size */
	allocate(t);
	finder_set(t, 16 * MIB - 1, BLOCKS(16 * MIB));
	finder_call(t, OP_PUNCH, MIB, MIB, 0);
	/* moved */
	allocate(t);
	finder_change(t, OP_COLLAPSE, 8 * MIB, MIB, 0, 15 * MIB, BLOCKS(16 * MIB));
	finder_call(t, OP_PUNCH, MIB, MIB, 0);
	/* events were lost */
	allocate(t);
	findings_lost(t->f, &l);
	finder_call(t, OP_PUNCH, MIB, MIB, 0);
	/* a call of which only a part was seen */
	allocate(t);
	t->next.odd = ODD_LOSS_NEARBY;
	finder_call(t, OP_EXTEND, 0, MIB, 0);
	t->next.odd = 0;
	finder_call(t, OP_PUNCH, MIB, MIB, 0);
	/* another file of that inode */
	allocate(t);
	strcpy(t->next.path, "/var/lib/db/new");
	finder_call(t, OP_PUNCH, MIB, MIB, 0);
	strcpy(t->next.path, "/var/lib/db/16384");
	finder_call(t, OP_PUNCH, MIB, MIB, 0);
	/* another machine's */
	allocate(t);
	t->next.host = "db2";
	finder_call(t, OP_PUNCH, MIB, MIB, 0);
	t->next.host = "";
	t->next.trace = 1;
	allocate(t);
	t->next.trace = 2;
	finder_call(t, OP_PUNCH, MIB, MIB, 0);
	t->next.host = "db1";
	finder_expect(t, "");
	allocate(t);
	finder_call(t, OP_PUNCH, MIB, MIB, 0);
	finder_expect(t, "punch-freed-nothing");
}

/* On overlayfs the file below tells the blocks. */
static void blocks_of_the_inner_call(void **state)
{
	struct finder *t = *state;
	struct call inner, outer = call_overlay(&inner);

	outer.blocks_before_known = outer.blocks_after_known = UNKNOWN;
	outer.op = inner.op = OP_KEEP;
	outer.mode = inner.mode = 1;
	outer.ret = inner.ret = -ENOSPC;
	inner.blocks_before = 100;
	inner.blocks_after = 200;
	assert_int_equal(findings_call(t->f, &outer), 0);
	finder_expect(t, "no-space partial-allocation");
	findings_clear(t->f);
	inner.len++; /* it did something else */
	assert_int_equal(findings_call(t->f, &outer), 0);
	finder_expect(t, "no-space");
}

/* In a recording nobody asked overlayfs itself. */
static void space_of_the_inner_call(void **state)
{
	struct finder *t = *state;
	struct call inner, outer = call_overlay(&inner);
	const struct finding *f;

	outer.ret = inner.ret = -ENOSPC;
	inner.has_space = true;
	inner.space_avail = 1;
	inner.space_size = 2;
	assert_int_equal(findings_call(t->f, &outer), 0);
	f = finder_found(t, FINDING_NO_SPACE);
	assert_int_equal(finder_number(f, "calls_with_space_known"), 1);
	assert_int_equal(f->worst.space_size, 2);
	outer.has_space = true;
	outer.space_size = 3;
	findings_clear(t->f);
	assert_int_equal(findings_call(t->f, &outer), 0);
	assert_int_equal(finder_found(t, FINDING_NO_SPACE)->worst.space_size, 3);
}

/* overlayfs itself is no file server, what is below it is one. */
static void remote_below(void **state)
{
	struct finder *t = *state;
	struct call inner, outer = call_overlay(&inner);

	outer.blocks_before_known = outer.blocks_after_known = UNKNOWN;
	outer.op = inner.op = OP_KEEP;
	outer.mode = inner.mode = 1;
	outer.ret = inner.ret = -EIO;
	inner.blocks_before = 100;
	inner.blocks_after = 200;
	strcpy(inner.fs, "virtiofs");
	assert_int_equal(findings_call(t->f, &outer), 0);
	finder_expect(t, "");
}

/* --- the same without knowing the range --- */

/* Eight punches of size / 8 each, one behind the other, that free nothing. */
static void punch_all(struct finder *t, int64_t size)
{
	for (int i = 0; i < 8; i++)
		finder_call(t, OP_PUNCH, i * (size / 8), size / 8, 0);
}

static void futile_punches(void **state)
{
	struct finder *t = *state;
	const struct finding *f;

	punch_all(t, 16 * MIB); /* all of a file that has no holes */
	finder_expect(t, "punch-freed-nothing");
	f = finder_found(t, FINDING_PUNCH_FREED_NOTHING);
	assert_int_equal(f->calls, 8);
	assert_int_equal(finder_number(f, "bytes_punched"), 16 * MIB);
	assert_false(f->has_allocated);
	assert_non_null(strstr(finding_meaning(f), "unless as much is reserved beyond its end"));
	assert_true(f->first.offset == 0 && f->last.offset == 14 * MIB);
}

static void punches_that_may_be_in_holes(void **state)
{
	struct finder *t = *state;

	/* seven are too few */
	for (int i = 0; i < 7; i++)
		finder_call(t, OP_PUNCH, i * 2 * MIB, 2 * MIB, 0);
	/* the same range again and again */
	for (int i = 0; i < 100; i++)
		finder_call(t, OP_PUNCH, 0, 2 * MIB, 0);
	/* half of the file is holes, and the punches can all be there (fstrim of an image) */
	finder_set(t, 16 * MIB, BLOCKS(8 * MIB));
	punch_all(t, 16 * MIB);
	/* no more than the room for error: a small file */
	finder_set(t, 2 * MIB, BLOCKS(2 * MIB));
	punch_all(t, 2 * MIB);
	/* many blocks beyond the end: how many holes there are is not known */
	finder_set(t, 16 * MIB, BLOCKS(32 * MIB));
	punch_all(t, 16 * MIB);
	/* one of them frees something */
	finder_set(t, 16 * MIB, BLOCKS(16 * MIB));
	for (int i = 0; i < 8; i++) {
		uint64_t blocks = t->next.blocks_before;

		finder_change(t, OP_PUNCH, i * 2 * MIB, 2 * MIB, 0, 16 * MIB, i == 4 ? blocks - 8 : blocks);
	}
	/* beyond the end nothing need be freed */
	finder_set(t, MIB, BLOCKS(MIB));
	for (int i = 0; i < 100; i++)
		finder_call(t, OP_PUNCH, (i + 1) * MIB, MIB, 0);
	finder_expect(t, "");
}

/* What a client of a server has of a file may be old. */
static void remote(void **state)
{
	static const char *const fs[] = {"nfs4", "fuse.sshfs", "cifs", "9p", "ceph", "gfs2", "ocfs2"};
	struct finder *t = *state;

	for (size_t i = 0; i < sizeof(fs) / sizeof(fs[0]); i++) {
		t->next.ino++;
		strcpy(t->next.fs, fs[i]);
		allocate(t);
		finder_call(t, OP_PUNCH, MIB, MIB, 0);
		punch_all(t, 16 * MIB);
		finder_set(t, 0, 0);
		finder_change(t, OP_KEEP, 0, 8 * MIB, 0, 0, BLOCKS(8 * MIB));
		finder_set(t, 1, BLOCKS(8 * MIB));
		finder_call(t, OP_KEEP, 0, MIB, 0);
		finder_change(t, OP_KEEP, 0, MIB, 0, MIB, BLOCKS(8 * MIB));
		finder_change(t, OP_KEEP, 0, MIB, -EIO, MIB, BLOCKS(9 * MIB));
	}
	finder_expect(t, "");
	finder_call(t, OP_KEEP, 0, MIB, -EOPNOTSUPP); /* what it answered it did answer */
	finder_expect(t, "unsupported");
}

/* --- reservations --- */

static void unused_reservation(void **state)
{
	struct finder *t = *state;
	const struct finding *f;
	struct loss l = {.count = 3};

	finder_set(t, 0, 0);
	finder_change(t, OP_KEEP, 0, 8 * MIB, 0, 0, BLOCKS(8 * MIB));
	finder_expect(t, ""); /* who knows what is written now */
	finder_set(t, MIB, BLOCKS(8 * MIB));
	finder_change(t, OP_KEEP, 8 * MIB, 8 * MIB, 0, MIB, BLOCKS(16 * MIB));
	finder_expect(t, "unused-reservation");
	f = finder_found(t, FINDING_UNUSED_RESERVATION);
	assert_int_equal(finder_number(f, "bytes_unused"), 7 * MIB); /* what the last call reserved may yet be used */
	assert_int_equal(finder_number(f, "bytes_allocated"), 16 * MIB);
	assert_int_equal(finder_number(f, "size"), MIB);
	assert_true(f->has_allocated);
	assert_false(f->before_losses);
	findings_lost(t->f, &l);
	f = finder_found(t, FINDING_UNUSED_RESERVATION);
	assert_true(f->before_losses);
	assert_non_null(strstr(finding_meaning(f), "events were lost since"));
	/* cut off in the end */
	finder_set(t, MIB, BLOCKS(MIB));
	finder_call(t, OP_PUNCH, MIB, MIB, 0);
	finder_expect(t, "");
}

/* Reserved in several calls before anything is written: no one knows whether it will be. Unless that is long ago. */
static void reserved_bit_by_bit(void **state)
{
	struct finder *t = *state;

	finder_set(t, 0, 0);
	for (int64_t i = 0; i < 8; i++)
		finder_change(t, OP_KEEP, i * MIB, MIB, 0, 0, BLOCKS((i + 1) * MIB));
	finder_expect(t, "");
	t->next.start += 10000000000 - 2 * FINDER_STEP;
	t->next.end += 10000000000 - 2 * FINDER_STEP;
	finder_call(t, OP_KEEP, 0, 0, -EINVAL);
	finder_expect(t, "");
	strcpy(t->next.path, "/b");
	finder_set(t, 0, 0);
	for (int64_t i = 0; i < 8; i++)
		finder_change(t, OP_KEEP, i * MIB, MIB, 0, 0, BLOCKS((i + 1) * MIB));
	t->next.start += 10000000000 - FINDER_STEP - 10000; /* ten seconds after the last one */
	t->next.end += 10000000000 - FINDER_STEP - 10000;
	finder_call(t, OP_PUNCH, 16 * MIB, MIB, 0);
	finder_expect(t, "unused-reservation");
}

static void used_reservation(void **state)
{
	struct finder *t = *state;

	/* used up, then more: as RocksDB does */
	finder_set(t, 0, 0);
	for (int64_t i = 0; i < 8; i++) {
		finder_change(t, OP_KEEP, i * 4 * MIB, 4 * MIB, 0, i * 4 * MIB, BLOCKS((i + 1) * 4 * MIB));
		finder_set(t, (i + 1) * 4 * MIB, BLOCKS((i + 1) * 4 * MIB));
	}
	finder_expect(t, "");
	/* just a MiB; and more, of a file that has that much */
	t->next.ino++;
	finder_set(t, 0, 0);
	finder_change(t, OP_KEEP, 0, MIB + 1, 0, 0, BLOCKS(MIB + 512));
	finder_set(t, 1, BLOCKS(MIB + 512));
	finder_call(t, OP_KEEP, 0, MIB, 0);
	t->next.ino++;
	finder_set(t, 8 * MIB, BLOCKS(8 * MIB));
	finder_change(t, OP_KEEP, 8 * MIB, 10 * MIB, 0, 8 * MIB, BLOCKS(18 * MIB));
	finder_set(t, 9 * MIB, BLOCKS(18 * MIB));
	finder_call(t, OP_KEEP, 0, MIB, 0);
	/* not reserved by a call: XFS's own, ahead of writes that append */
	t->next.ino++;
	finder_set(t, MIB, BLOCKS(16 * MIB));
	finder_call(t, OP_KEEP, 0, MIB, 0);
	finder_call(t, OP_KEEP, 0, MIB, 0);
	/* not seen */
	t->next.ino++;
	finder_set(t, 0, 0);
	finder_change(t, OP_KEEP, 0, 8 * MIB, 0, 0, BLOCKS(8 * MIB));
	finder_set(t, 1, BLOCKS(8 * MIB));
	t->next.blocks_after_known = UNKNOWN;
	finder_call(t, OP_KEEP, 0, 8 * MIB, 0);
	t->next.blocks_after_known = SEEN;
	t->next.size_before_known = DERIVED;
	finder_call(t, OP_KEEP, 0, 8 * MIB, 0);
	t->next.size_before_known = SEEN;
	t->next.odd = ODD_LOSS_NEARBY;
	finder_call(t, OP_KEEP, 0, 8 * MIB, 0);
	t->next.odd = 0;
	/* lost: what was reserved may have been given back */
	t->next.ino++;
	finder_set(t, 0, 0);
	finder_change(t, OP_KEEP, 0, 8 * MIB, 0, 0, BLOCKS(8 * MIB));
	findings_lost(t->f, &(struct loss){.count = 1});
	finder_set(t, 1, BLOCKS(8 * MIB));
	finder_call(t, OP_KEEP, 0, 4096, 0);
	finder_expect(t, "");
}

/* A file that was renamed keeps what it has; what is said is said of the name that it had last. */
static void reserved_and_renamed(void **state)
{
	struct finder *t = *state;

	finder_set(t, 0, 0);
	finder_change(t, OP_KEEP, 0, 8 * MIB, 0, 0, BLOCKS(8 * MIB));
	finder_set(t, 4096, BLOCKS(8 * MIB));
	finder_change(t, OP_KEEP, 8 * MIB, 8 * MIB, 0, 4096, BLOCKS(16 * MIB));
	finder_expect(t, "unused-reservation");
	strcpy(t->next.path, "/another");
	finder_set(t, 0, 0);
	finder_call(t, OP_KEEP, 0, 0, -EINVAL);
	finder_expect(t, "");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_as_bitmap),
		cmocka_unit_test(ranges_forget_the_smallest),
		TEST(punch_freed_nothing),
		TEST(punch_beyond_the_size),
		TEST(near_a_punch_that_freed_nothing),
		TEST(what_was_allocated_may_be_gone),
		TEST(blocks_of_the_inner_call),
		TEST(space_of_the_inner_call),
		TEST(remote_below),
		TEST(futile_punches),
		TEST(punches_that_may_be_in_holes),
		TEST(remote),
		TEST(unused_reservation),
		TEST(reserved_bit_by_bit),
		TEST(used_reservation),
		TEST(reserved_and_renamed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
