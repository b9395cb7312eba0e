/* SPDX-License-Identifier: MIT */
/*
 * What the assembler says of one call: sizes and blocks, before and after.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collector.h"

/* --- sizes --- */

struct size_case {
	uint32_t mode;
	int64_t offset, len, before, ret;
	enum known known;
	int64_t after;
};

static void check_size(const struct size_case *s)
{
	struct event events[] = {VFS_ENTER(100, 11, 0xf1, 0), VFS_EXIT(110, 11, 0)};
	struct collector *c;

	events[0].mode = s->mode;
	events[0].offset = s->offset;
	events[0].len = s->len;
	events[0].size = s->before;
	events[1].ret = s->ret;
	c = collect(events, 2);
	assert_int_equal(c->calls[0].size_after_known, s->known);
	if (s->known)
		assert_int_equal(c->calls[0].size_after, s->after);
	collector_free(c);
}

static void test_sizes_derived(void **state)
{
	static const struct size_case cases[] = {
		{0x00, 100, 50, 1000, 0, DERIVED, 1000},
		{0x00, 1000, 50, 1000, 0, DERIVED, 1050},
		{0x00, 900, 101, 1000, 0, DERIVED, 1001},
		{0x00, INT64_MAX, 1, 1000, 0, UNKNOWN, 0},
		{0x01, 1000, 50, 1000, 0, DERIVED, 1000}, /* KEEP_SIZE */
		{0x03, 0, 5000, 1000, 0, DERIVED, 1000},  /* PUNCH_HOLE */
		{0x02, 0, 5000, 1000, 0, UNKNOWN, 0},	  /* … which no kernel takes without KEEP_SIZE */
		{0x08, 0, 400, 1000, 0, DERIVED, 600},	  /* COLLAPSE_RANGE */
		{0x08, 0, 1001, 1000, 0, UNKNOWN, 0},
		{0x20, 0, 400, 1000, 0, DERIVED, 1400}, /* INSERT_RANGE */
		{0x20, 0, INT64_MAX, 1000, 0, UNKNOWN, 0},
		{0x10, 900, 400, 1000, 0, DERIVED, 1300}, /* ZERO_RANGE */
		{0x10, 100, 400, 1000, 0, DERIVED, 1000},
		{0x11, 900, 400, 1000, 0, DERIVED, 1000}, /* … KEEP_SIZE */
		{0x40, 100, 400, 1000, 0, DERIVED, 1000}, /* UNSHARE_RANGE */
		{0x40, 900, 400, 1000, 0, DERIVED, 1300},
		{0x41, 900, 400, 1000, 0, DERIVED, 1000},
		{0x80, 900, 400, 1000, 0, DERIVED, 1300}, /* WRITE_ZEROES */
		{0x100, 0, 400, 1000, 0, UNKNOWN, 0},
		{0x09, 0, 400, 1000, 0, UNKNOWN, 0},
		/* a size that no file has */
		{0x00, 0, 400, -1, 0, UNKNOWN, 0},
		/* failed, perhaps half-way through */
		{0x00, 0, 5000, 1000, -28, UNKNOWN, 0},
		{0x03, 0, 5000, 1000, -4, UNKNOWN, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_size(&cases[i]);
}

static void test_size_of_half_known_request(void **state)
{
	struct event events[] = {VFS_ENTER(100, 11, 0xf1, 500), VFS_EXIT(110, 11, 0)};
	const uint32_t without[] = {HAS_MODE, HAS_OFFSET, HAS_LEN, HAS_SIZE};

	(void)state;
	for (size_t i = 0; i < COUNT(without); i++) {
		struct event copy[] = {events[0], events[1]};
		struct collector *c;

		copy[0].has &= ~without[i];
		c = collect(copy, 2);
		assert_int_equal(c->calls[0].size_after_known, UNKNOWN);
		collector_free(c);
	}
}

static void test_sizes_seen(void **state)
{
	struct event events[] = {
		VFS_ENTER(100, 11, 0xf1, 500),
		VFS_DONE(105, 11, 0xf1, 333),
		VFS_EXIT(110, 11, -28),
	};
	struct collector *c;

	(void)state;
	c = collect(events, 3);
	assert_int_equal(c->calls[0].size_after_known, SEEN);
	assert_int_equal(c->calls[0].size_after, 333);
	collector_free(c);
	/* the return is later still */
	events[2].has |= HAS_SIZE;
	events[2].size = 334;
	c = collect(events, 3);
	assert_int_equal(c->calls[0].size_after_known, SEEN);
	assert_int_equal(c->calls[0].size_after, 334);
	collector_free(c);
}

/* A failed call without a vfs_done, where there are such events: it never came to the filesystem. */
static void test_filesystem_never_reached(void **state)
{
	struct event events[] = {
		VFS_ENTER(100, 11, 0xf1, 500),
		VFS_EXIT(110, 11, -95),
		LOST(105, 0, 1),
		VFS_DONE(106, 11, 0xf1, 333),
	};
	const struct event lossy[] = {events[0], events[2], events[1]};
	const struct event done[] = {events[0], events[3], events[1]};
	struct event told[] = {events[0], events[1]};
	struct collector *c = collector_with_mounts();

	(void)state;
	c->info.sizes_after_seen = true;
	collector_feed(c, events, 2);
	assert_int_equal(c->calls[0].size_after_known, DERIVED);
	assert_int_equal(c->calls[0].size_after, 100);
	collector_feed(c, lossy, 3);
	assert_int_equal(c->calls[1].size_after_known, UNKNOWN);
	collector_feed(c, done, 3);
	assert_int_equal(c->calls[2].size_after_known, SEEN);
	/* Where the return tells the size there are no vfs_done: the blocks may have changed. */
	mounts_find(c->info.mounts, DEV(254, 1), 21)->rule = BLOCKS_INODE;
	told[0].has |= HAS_BLOCKS | HAS_DEV;
	told[0].dev = DEV(254, 1);
	told[0].blocks = 8;
	told[1].has |= HAS_SIZE;
	told[1].size = 100;
	collector_feed(c, told, 2);
	assert_int_equal(c->calls[3].size_after_known, SEEN);
	assert_int_equal(c->calls[3].blocks_before_known, SEEN);
	assert_int_equal(c->calls[3].blocks_after_known, UNKNOWN);
	collector_free(c);
}

/* --- blocks --- */

static void check_blocks(enum blocks_rule rule, uint32_t unit, enum known known, uint64_t before, uint64_t after)
{
	struct event events[] = {
		VFS_ENTER(100, 11, 0xf1, 500), VFS_DONE(105, 11, 0xf1, 333), VFS_EXIT(110, 11, -28),
		VFS_ENTER(200, 11, 0xf1, 500), VFS_EXIT(210, 11, -22),
	};
	struct collector *c = collector_with_mounts();
	struct mount *m = mounts_find(c->info.mounts, DEV(254, 2), 22);

	m->rule = rule;
	m->unit = unit;
	c->info.sizes_after_seen = true;
	for (int i = 0; i < 4; i++) {
		events[i].has |= HAS_BLOCKS | HAS_NBLOCKS | HAS_DBLOCKS | HAS_DEV | HAS_MNT;
		events[i].dev = DEV(254, 2);
		events[i].mnt = 22;
		events[i].blocks = 1000;
		events[i].nblocks = i == 1 ? 5 : 3;
		events[i].dblocks = i == 1 ? 0 : 1;
	}
	events[1].blocks = 1008;
	events[2].has = HAS_RET;
	collector_feed(c, events, COUNT(events));
	assert_int_equal(c->calls[0].blocks_before_known, known);
	assert_int_equal(c->calls[0].blocks_after_known, known);
	assert_int_equal(c->calls[1].blocks_before_known, known);
	assert_int_equal(c->calls[1].blocks_after_known, known ? DERIVED : UNKNOWN);
	if (known) {
		assert_int_equal(c->calls[0].blocks_before, before);
		assert_int_equal(c->calls[0].blocks_after, after);
		assert_int_equal(c->calls[1].blocks_after, before);
	}
	collector_free(c);
}

static void test_blocks(void **state)
{
	(void)state;
	check_blocks(BLOCKS_INODE, 0, SEEN, 1000, 1008);
	check_blocks(BLOCKS_NBLOCKS, 8, SEEN, 32, 40);
	check_blocks(BLOCKS_NBLOCKS, 0, UNKNOWN, 0, 0);
	check_blocks(BLOCKS_UNTRUSTED, 8, UNKNOWN, 0, 0);
}

static void test_blocks_of_unknown_mount(void **state)
{
	struct event events[] = {VFS_ENTER(100, 11, 0xf1, 500), VFS_EXIT(110, 11, 0)};
	struct collector *c;

	(void)state;
	events[0].has |= HAS_BLOCKS | HAS_FS | HAS_DEV;
	events[0].dev = DEV(254, 77);
	events[0].fs = (struct span){"ext4", 4};
	c = collector_with_mounts();
	collector_feed(c, events, 2);
	assert_int_equal(c->calls[0].blocks_before_known, UNKNOWN);
	assert_string_equal(c->calls[0].fs, "ext4");
	collector_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes_derived), cmocka_unit_test(test_size_of_half_known_request),
		cmocka_unit_test(test_sizes_seen),    cmocka_unit_test(test_filesystem_never_reached),
		cmocka_unit_test(test_blocks),	      cmocka_unit_test(test_blocks_of_unknown_mount),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
