/* SPDX-License-Identifier: MIT */
/*
 * Findings that take many calls, and what is kept of many files.
 */
#include <errno.h>
#include <malloc.h>
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

/* --- tiny extends --- */

/* A file that grows by len, count times. */
static void grow(struct finder *t, int count, int64_t len)
{
	for (int i = 0; i < count; i++) {
		int64_t size = t->next.size_before;

		finder_change(t, OP_EXTEND, size, len, 0, size + len, BLOCKS(size + len));
	}
}

static void tiny_extends(void **state)
{
	struct finder *t = *state;
	const struct finding *f;
	uint64_t start = t->next.start;

	grow(t, 99, 64 * KIB);
	finder_expect(t, "");
	grow(t, 1, 64 * KIB);
	finder_expect(t, "tiny-extends");
	f = finder_found(t, FINDING_TINY_EXTENDS);
	assert_int_equal(f->calls, 100);
	assert_int_equal(f->first.ts, start);
	assert_int_equal(finder_number(f, "bytes_asked"), 100 * 64 * KIB);
	assert_int_equal(finder_number(f, "time_in_calls"), 100 * 10000);
	assert_int_equal(finder_number(f, "longest_run"), 100);
	assert_int_equal(finder_number(f, "longest_run_time"), 100 * 10000 + 99 * FINDER_STEP);
	grow(t, 50, 4096);
	assert_int_equal(finder_found(t, FINDING_TINY_EXTENDS)->calls, 150);
	/* another storm, after a pause: counted as well */
	t->next.start += 2000000000;
	t->next.end += 2000000000;
	grow(t, 99, 4096);
	assert_int_equal(finder_found(t, FINDING_TINY_EXTENDS)->calls, 150);
	grow(t, 1, 4096);
	f = finder_found(t, FINDING_TINY_EXTENDS);
	assert_int_equal(f->calls, 250);
	assert_int_equal(finder_number(f, "longest_run"), 150);
	assert_int_equal(finder_number(f, "bytes_asked"), 100 * 64 * KIB + 150 * 4096);
}

static void no_tiny_extends(void **state)
{
	struct finder *t = *state;

	/* a byte more than tiny */
	grow(t, 300, 64 * KIB + 1);
	/* slowly */
	for (int i = 0; i < 300; i++) {
		t->next.start += 1000000000;
		t->next.end += 1000000000;
		grow(t, 1, 4096);
	}
	/* what is there already */
	t->next.start += 2000000000;
	t->next.end += 2000000000;
	for (int i = 0; i < 300; i++)
		finder_call(t, OP_KEEP, i * 4096, 4096, 0);
	/* here and there, inside: no growing */
	for (int i = 0; i < 300; i++)
		finder_change(t, OP_KEEP, i % 2 * MIB + i * 4096, 4096, 0, t->next.size_before,
			      t->next.blocks_before + 8);
	/* failures */
	for (int i = 0; i < 300; i++)
		finder_call(t, OP_EXTEND, t->next.size_before, 4096, -EINVAL);
	/* each on another file */
	for (int i = 0; i < 300; i++) {
		t->next.ino = 1000 + (uint64_t)i % 50;
		grow(t, 1, 4096);
	}
	/* where nobody knows how much time passed */
	t->next.ino = 5;
	t->next.ticks = true;
	grow(t, 300, 4096);
	finder_expect(t, "");
}

/* Three in four begin where the one before ended: two processes extend the file. */
static void mostly_one_behind_the_other(void **state)
{
	struct finder *t = *state;

	for (int i = 0; i < 400; i++) {
		int64_t size = t->next.size_before, skip = i % 3 ? 0 : MIB;

		finder_change(t, OP_EXTEND, size + skip, 4096, 0, size + skip + 4096, BLOCKS(size + 4096));
	}
	finder_expect(t, "");
	t->next.ino++;
	for (int i = 0; i < 400; i++) {
		int64_t size = t->next.size_before, skip = i % 5 ? 0 : MIB;

		t->next.pid = 42 + i % 2;
		finder_change(t, OP_EXTEND, size + skip, 4096, 0, size + skip + 4096, BLOCKS(size + 4096));
	}
	finder_expect(t, "tiny-extends");
	assert_int_equal(finder_found(t, FINDING_TINY_EXTENDS)->processes_count, 2);
}

/* --- tiny punches --- */

static void punch(struct finder *t, int count, int64_t len)
{
	for (int i = 0; i < count; i++)
		finder_change(t, OP_PUNCH, i * 64 * KIB, len, 0, t->next.size_before, t->next.blocks_before - 8);
}

static void tiny_punches(void **state)
{
	struct finder *t = *state;
	const struct finding *f;

	finder_set(t, 64 * MIB, BLOCKS(64 * MIB));
	punch(t, 300, 64 * KIB); /* a cluster of qcow2 */
	finder_expect(t, "");
	punch(t, 99, 60 * KIB);
	finder_expect(t, "");
	for (int i = 0; i < 300; i++) /* of what is a hole */
		finder_call(t, OP_PUNCH, i * 64 * KIB, 4096, 0);
	finder_expect(t, "");
	punch(t, 1, 60 * KIB);
	finder_expect(t, "tiny-punches");
	f = finder_found(t, FINDING_TINY_PUNCHES);
	assert_int_equal(f->calls, 100);
	assert_int_equal(finder_number(f, "bytes_asked"), 100 * 60 * KIB);
}

/* --- edges --- */

static void unaligned(void **state)
{
	struct finder *t = *state;
	const struct finding *f;

	finder_change(t, OP_PUNCH, 4095, MIB, 0, 16 * MIB, BLOCKS(15 * MIB));
	finder_change(t, OP_ZERO, 4096, 4097, 0, 16 * MIB, BLOCKS(15 * MIB));
	finder_expect(t, "");
	finder_change(t, OP_PUNCH, 4 * MIB + 1, 4095, 0, 16 * MIB, BLOCKS(14 * MIB)); /* begins off, ends on */
	finder_expect(t, "unaligned");
	f = finder_found(t, FINDING_UNALIGNED);
	assert_int_equal(f->calls, 3);
	assert_int_equal(finder_number(f, "punches"), 2);
	assert_int_equal(finder_number(f, "zeroes"), 1);
	assert_int_equal(finder_number(f, "edges"), 4);
}

/* mkfs.ext4 gives a filesystem of less than 512 MB blocks of 1024 bytes, and there such edges are none. */
static void aligned_to_small_blocks(void **state)
{
	struct finder *t = *state;

	finder_set(t, 16 * MIB, BLOCKS(15 * MIB + KIB));
	for (int i = 0; i < 10; i++)
		finder_call(t, OP_PUNCH, i * MIB + 3 * KIB, 6 * KIB, 0);
	/* which the file's numbers need not show each time */
	finder_set(t, 16 * MIB, BLOCKS(15 * MIB));
	for (int i = 0; i < 10; i++)
		finder_call(t, OP_ZERO, i * MIB + KIB, 5 * KIB, 0);
	finder_expect(t, "");
	for (int i = 0; i < 3; i++)
		finder_call(t, OP_ZERO, i * MIB + 512, 5 * KIB, 0);
	finder_expect(t, "unaligned");
}

static void aligned(void **state)
{
	struct finder *t = *state;

	finder_set(t, 16 * MIB + 100, BLOCKS(16 * MIB + 4096));
	for (int i = 0; i < 10; i++) {
		finder_call(t, OP_ZERO, 4096, MIB, 0);
		finder_call(t, OP_ZERO, 16 * MIB, 100, 0);	/* to the end */
		finder_call(t, OP_PUNCH, 17 * MIB + 1, 100, 0); /* beyond it */
		finder_call(t, OP_ZERO, 4095, MIB, -EIO);
		finder_call(t, OP_KEEP, 4095, MIB, 0);
		/* where the end is not known, an end that is off may be there */
		t->next.size_before_known = UNKNOWN;
		finder_call(t, OP_ZERO, 4096, 100, 0);
		t->next.size_before_known = SEEN;
		t->next.odd = ODD_LOSS_NEARBY;
		finder_call(t, OP_ZERO, 4095, MIB, 0);
		t->next.odd = 0;
		t->next.has_offset = false;
		finder_call(t, OP_ZERO, 4095, MIB, 0);
		t->next.has_offset = true;
	}
	finder_expect(t, "");
}

/* --- files --- */

/* Small files, many of them: nothing of it stays. */
static void many_files(void **state)
{
	struct finder *t = *state;
	struct mallinfo2 before, after;
	size_t count;

	finder_call(t, OP_EXTEND, 0, MIB, -ENOSPC);
	finder_call(t, OP_EXTEND, 0, MIB, -ENOSPC);
	for (unsigned i = 0; i < 100000; i++) {
		t->next.ino = 1000 + i;
		finder_call(t, OP_EXTEND, 0, MIB, 0);
	}
	before = mallinfo2();
	for (unsigned i = 0; i < 300000; i++) {
		t->next.ino = 200000 + i;
		snprintf(t->next.path, sizeof(t->next.path), "/%04000u", i);
		finder_call(t, OP_EXTEND, 0, MIB, i % 2 ? -ENOSPC : 0);
	}
	after = mallinfo2();
	assert_true(after.uordblks + after.hblkhd < before.uordblks + before.hblkhd + (10u << 20));
	assert_true(findings_forgotten(t->f) > 0);
	findings_end(t->f, &count);
	assert_true(count > 100 && count <= FINDING_KEPT);
}

/* What is found of a file weighs more than that another came. */
static void worst_stay(struct finder *t, const char *names)
{
	struct finding_total total;
	const struct finding *f;
	size_t count;

	for (int i = 0; i < 50; i++)
		finder_call(t, OP_EXTEND, 0, MIB, -ENOSPC);
	for (unsigned i = 0; i < 20000; i++) {
		t->next.ino = 1000 + i;
		snprintf(t->next.path, sizeof(t->next.path), "/%s%u", names, i);
		finder_call(t, OP_EXTEND, 0, MIB, -ENOSPC);
	}
	f = findings_end(t->f, &count);
	assert_true(count > 0 && count <= FINDING_KEPT);
	assert_int_equal(f[0].calls, 50);
	assert_string_equal(f[0].path, "/var/lib/db/16384");
	findings_total(t->f, FINDING_NO_SPACE, &total);
	assert_int_equal(total.files, 20001);
	assert_int_equal(total.calls, 20050);
}

static void the_worst_stay(void **state)
{
	worst_stay(*state, "");
}

/* So long that there is no room for as many names as files. */
static void the_worst_stay_among_long_names(void **state)
{
	char names[4001];

	memset(names, 'x', sizeof(names) - 1);
	names[sizeof(names) - 1] = '\0';
	worst_stay(*state, names);
}

static void sorted(void **state)
{
	struct finder *t = *state;
	const struct finding *f;
	size_t count;

	for (unsigned i = 0; i < 5; i++) {
		t->next.ino = 1000 + i;
		snprintf(t->next.path, sizeof(t->next.path), "/%u", i);
		for (unsigned n = 0; n <= i; n++) {
			finder_call(t, OP_EXTEND, 0, MIB, -EOPNOTSUPP);
			finder_call(t, OP_EXTEND, 0, MIB, -ENOSPC);
		}
	}
	f = findings_end(t->f, &count);
	assert_int_equal(count, 10);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(f[i].kind, i < 5 ? FINDING_NO_SPACE : FINDING_UNSUPPORTED);
		assert_int_equal(f[i].calls, 5 - i % 5);
	}
}

static void processes(void **state)
{
	struct finder *t = *state;
	const struct finding *f;

	for (t->next.pid = 1; t->next.pid <= FINDING_PROCESSES; t->next.pid++)
		finder_call(t, OP_EXTEND, 0, MIB, -ENOSPC);
	t->next.pid = 1;
	finder_call(t, OP_EXTEND, 0, MIB, -ENOSPC);
	f = finder_found(t, FINDING_NO_SPACE);
	assert_int_equal(f->processes_count, FINDING_PROCESSES);
	assert_false(f->more_processes);
	strcpy(t->next.comm, "another");
	finder_call(t, OP_EXTEND, 0, MIB, -ENOSPC);
	f = finder_found(t, FINDING_NO_SPACE);
	assert_int_equal(f->processes_count, FINDING_PROCESSES);
	assert_true(f->more_processes);
}

/* Files that nothing names: told apart by thread and fd, and never taken for one another. */
static void without_a_name(void **state)
{
	struct finder *t = *state;
	const struct finding *f;
	size_t count;

	t->next.has_dev = t->next.has_ino = false;
	*t->next.path = '\0';
	for (t->next.fd = 5; t->next.fd < 7; t->next.fd++)
		finder_call(t, OP_EXTEND, 0, MIB, -ENOSPC);
	t->next.tid++;
	t->next.fd = 5;
	finder_call(t, OP_EXTEND, 0, MIB, -ENOSPC);
	f = findings_end(t->f, &count);
	assert_int_equal(count, 3);
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(f[i].path, "");
		assert_true(f[i].has_fd && (f[i].fd == 5 || f[i].fd == 6));
	}
	/* by name alone */
	findings_clear(t->f);
	strcpy(t->next.path, "/a");
	finder_call(t, OP_EXTEND, 0, MIB, -ENOSPC);
	t->next.tid++;
	t->next.fd++;
	finder_call(t, OP_EXTEND, 0, MIB, -ENOSPC);
	f = findings_end(t->f, &count);
	assert_int_equal(count, 1);
	assert_int_equal(f->calls, 2);
	assert_false(f->has_fd);
}

static void cleared(void **state)
{
	struct finder *t = *state;
	struct finding_total total;

	finder_set(t, 0, 0);
	finder_change(t, OP_KEEP, 0, 2 * MIB, 0, 0, BLOCKS(2 * MIB));
	finder_call(t, OP_EXTEND, 0, MIB, -ENOSPC);
	findings_clear(t->f);
	finder_expect(t, "");
	assert_int_equal(findings_calls(t->f), 0);
	findings_total(t->f, FINDING_NO_SPACE, &total);
	assert_int_equal(total.files, 0);
	/* what the file has allocated is still known */
	finder_call(t, OP_PUNCH, 0, 4096, 0);
	finder_expect(t, "punch-freed-nothing");
}

/* Any numbers and names, in any order: nothing to compare with but ASan and UBSan. */
static void anything(void **state)
{
	static const int64_t numbers[] = {0,	     1,		-1,
					  4096,	     -4096,	65536,
					  INT64_MAX, INT64_MIN, INT64_MAX - 1,
					  1LL << 62, MIB,	INT64_MAX / 2};
#define ANY numbers[(size_t)rand() % (sizeof(numbers) / sizeof(numbers[0]))]
	struct finder *t = *state;
	struct loss l = {.count = UINT64_MAX};

	srand(5);
	for (int i = 0; i < 300000; i++) {
		struct call c = rand() % 3 ? call_whole() : rand() % 2 ? call_hostile() : call_bare();
		size_t count;

		c.ino = (uint64_t)rand() % 5;
		c.op = (enum op)(rand() % (OP_COUNT + 1));
		c.offset = ANY;
		c.len = ANY;
		c.ret = rand() % 2 ? 0 : rand() % 4 ? -rand() % 130 : ANY;
		c.size_before = ANY;
		c.size_after = ANY;
		c.blocks_before = (uint64_t)ANY;
		c.blocks_after = rand() % 2 ? c.blocks_before : (uint64_t)ANY;
		c.start = (uint64_t)ANY;
		c.end = c.start + (uint64_t)(rand() % 3 ? rand() : ANY);
		c.odd = rand() % 4 ? 0 : (unsigned)rand() % 16;
		c.has_space = rand() % 2;
		c.space_avail = (uint64_t)ANY;
		assert_int_equal(findings_call(t->f, &c), 0);
		if (i % 1000 == 0)
			findings_lost(t->f, &l);
		if (i % 10000 == 0)
			findings_end(t->f, &count);
		if (i % 50000 == 0)
			findings_clear(t->f);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tiny_extends),
		TEST(no_tiny_extends),
		TEST(mostly_one_behind_the_other),
		TEST(tiny_punches),
		TEST(unaligned),
		TEST(aligned_to_small_blocks),
		TEST(aligned),
		TEST(many_files),
		TEST(the_worst_stay),
		TEST(the_worst_stay_among_long_names),
		TEST(sorted),
		TEST(processes),
		TEST(without_a_name),
		TEST(cleared),
		TEST(anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
