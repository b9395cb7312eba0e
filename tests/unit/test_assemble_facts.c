/* SPDX-License-Identifier: MIT */
/*
 * What the assembler says of one call: sizes, blocks, path, way in, who.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collector.h"

#define DEV(major, minor) ((major) << 20 | (minor))

/* In this order of mounts, ids 21 … */
static const char mountinfo[] = "21 1 254:1 / / rw - ext4 /dev/vda1 rw\n"
				"22 21 254:2 / /mnt rw - xfs /dev/vda2 rw\n"
				"23 21 254:3 /sub/vol /srv/data rw - btrfs /dev/vda3 rw\n"
				"24 21 254:1 /home/me /home/me/bind rw - ext4 /dev/vda1 rw\n"
				"25 21 0:40 / /tmp\\040dir rw - tmpfs tmpfs rw\n";

static struct collector *with_mounts(void)
{
	struct collector *c = collector_new();

	assert_int_equal(mounts_add_text(c->info.mounts, mountinfo, strlen(mountinfo)), 5);
	assert_int_equal(mounts_add_internal(c->info.mounts, DEV(0, 1), "tmpfs"), 0);
	return c;
}

static void set_names(struct event *ev, const char *const *names)
{
	for (ev->names_count = 0; names[ev->names_count]; ev->names_count++) {
		struct span *s = &ev->names[ev->names_count];

		s->data = names[ev->names_count];
		s->size = (uint32_t)strlen(s->data);
	}
}

static void check_path(struct collector *c, uint32_t dev, int32_t mnt, const char *const *names, const char *want)
{
	struct event events[] = {VFS_ENTER(100, 11, 0xf1, 1), VFS_EXIT(110, 11, 0)};

	events[0].has |= HAS_DEV | (mnt >= 0 ? HAS_MNT : 0u);
	events[0].dev = dev;
	events[0].mnt = mnt;
	set_names(&events[0], names);
	collector_feed(c, events, 2);
	assert_string_equal(c->calls[c->count - 1].path, want);
	assert_int_equal(c->calls[c->count - 1].dev_major, dev >> 20);
	assert_int_equal(c->calls[c->count - 1].dev_minor, dev & 0xfffff);
}

#define NAMES(...)                \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

static void test_paths(void **state)
{
	struct collector *c = with_mounts();

	(void)state;
	check_path(c, DEV(254, 1), 21, NAMES("f", "/"), "/f");
	check_path(c, DEV(254, 1), 21, NAMES("f", "db", "lib", "/"), "/lib/db/f");
	check_path(c, DEV(254, 2), 22, NAMES("f", "d", "/"), "/mnt/d/f");
	check_path(c, DEV(0, 40), 25, NAMES("f \n\xff", "/"), "/tmp dir/f \n\xff");
	/* the root itself, also with the parents that it is its own of */
	check_path(c, DEV(254, 1), 21, NAMES("/"), "/");
	check_path(c, DEV(254, 2), 22, NAMES("/", "/", "/"), "/mnt");
	check_path(c, DEV(254, 2), 22, NAMES("f", "/", "/", "/"), "/mnt/f");
	/* a part of a filesystem */
	check_path(c, DEV(254, 3), 23, NAMES("f", "vol", "sub", "/"), "/srv/data/f");
	check_path(c, DEV(254, 3), 23, NAMES("f", "d", "vol", "sub", "/"), "/srv/data/d/f");
	check_path(c, DEV(254, 3), 23, NAMES("vol", "sub", "/"), "/srv/data");
	check_path(c, DEV(254, 1), 24, NAMES("f", "me", "home", "/"), "/home/me/bind/f");
	/* not in that part, if only by the component's end */
	check_path(c, DEV(254, 3), 23, NAMES("f", "volume", "sub", "/"), ".../sub/volume/f");
	check_path(c, DEV(254, 3), 23, NAMES("f", "/"), ".../f");
	check_path(c, DEV(254, 3), 23, NAMES("/"), ".../");
	/* cut */
	check_path(c, DEV(254, 2), 22, NAMES("f", "d"), ".../d/f");
	check_path(c, DEV(254, 1), 21, NAMES("f"), ".../f");
	/* mount unknown */
	check_path(c, DEV(254, 9), 99, NAMES("f", "d", "/"), ".../d/f");
	check_path(c, DEV(254, 9), -1, NAMES("f", "d"), ".../d/f");
	collector_free(c);
}

/* Without an id the device tells; the whole filesystem's mount comes first. */
static void test_paths_by_device(void **state)
{
	struct collector *c = with_mounts();

	(void)state;
	check_path(c, DEV(254, 1), -1, NAMES("f", "me", "home", "/"), "/home/me/f");
	check_path(c, DEV(254, 2), 99, NAMES("f", "/"), "/mnt/f");
	/* A file below an overlay may carry the overlay's mount: then its names are those above. */
	check_path(c, DEV(254, 2), 25, NAMES("f", "/"), "/tmp dir/f");
	assert_string_equal(c->calls[c->count - 1].fs, "xfs");
	collector_free(c);
}

static void test_path_without_names(void **state)
{
	struct collector *c = with_mounts();
	struct event events[] = {VFS_ENTER(100, 11, 0xf1, 1), VFS_EXIT(110, 11, 0)};

	(void)state;
	events[0].has |= HAS_DEV | HAS_INO | HAS_UID;
	events[0].dev = DEV(254, 2);
	events[0].ino = UINT64_MAX;
	events[0].uid = 1000;
	collector_feed(c, events, 2);
	assert_string_equal(c->calls[0].path, "");
	assert_string_equal(c->calls[0].fs, "xfs");
	assert_true(c->calls[0].has_ino && c->calls[0].ino == UINT64_MAX);
	assert_int_equal(c->calls[0].uid, 1000);
	collector_free(c);
}

/* A memfd is its own parent: its name repeats as long as there are fields for it. */
static void test_paths_of_memfds(void **state)
{
	struct collector *c = with_mounts();

	(void)state;
	check_path(c, DEV(0, 1), -1, NAMES("memfd:x"), "memfd:x");
	check_path(c, DEV(0, 1), -1, NAMES("memfd:x", "memfd:x", "memfd:x"), "memfd:x");
	check_path(c, DEV(0, 1), -1, NAMES("f", "/"), "f");
	/* On a mount that nobody knows it is not known to be whole. */
	check_path(c, DEV(0, 2), -1, NAMES("memfd:x", "memfd:x"), ".../memfd:x");
	/* a cut path of directories of one name: still true */
	check_path(c, DEV(254, 1), 21, NAMES("f", "a", "a", "a"), ".../a/f");
	check_path(c, DEV(254, 1), 21, NAMES("f", "a", "a", "a", "/"), "/a/a/a/f");
	collector_free(c);
}

/* 32 names of 255 bytes are more than a path may have: the file's end of it stays. */
static void test_paths_too_long(void **state)
{
	struct collector *c = with_mounts();
	struct event events[] = {VFS_ENTER(100, 11, 0xf1, 1), VFS_EXIT(110, 11, 0)};
	size_t whole = strlen("/mnt");
	const char *path;
	char name[256];

	(void)state;
	memset(name, 'n', 255);
	events[0].has |= HAS_DEV;
	events[0].dev = DEV(254, 2);
	for (unsigned count = 1; count <= EVENT_NAMES_MAX; count++) {
		events[0].names_count = count;
		events[0].names[0] = (struct span){"leaf", 4};
		for (unsigned i = 1; i + 1 < count; i++)
			events[0].names[i] = (struct span){name, 200 + i};
		events[0].names[count - 1] = (struct span){"/", 1};
		collector_feed(c, events, 2);
		path = c->calls[c->count - 1].path;
		assert_in_range(strlen(path), 4, CALL_PATH_SIZE - 1);
		if (count == 1)
			assert_string_equal(path, "/mnt");
		else
			assert_string_equal(strrchr(path, '/'), "/leaf");
		/* whole where there is room, also for the mark that it does not need then; else marked */
		whole += count > 2 ? 1 + 200 + count - 2 : count == 2 ? strlen("/leaf") : 0;
		if (whole + strlen("...") < CALL_PATH_SIZE)
			assert_int_equal(strlen(path), whole);
		else
			assert_int_equal(strncmp(path, ".../n", 5), 0);
	}
	collector_free(c);
}

/* To the byte: a name for which there is room, but not for its slash, is left out. */
static void test_longest_path(void **state)
{
	struct collector *c = with_mounts();
	struct event events[] = {VFS_ENTER(100, 11, 0xf1, 1), VFS_EXIT(110, 11, 0)};
	const size_t below = 16 * 251, room = CALL_PATH_SIZE - sizeof("...");
	const char *path;
	char name[256];

	(void)state;
	memset(name, 'n', 255);
	events[0].has |= HAS_DEV;
	events[0].dev = DEV(254, 1);
	events[0].names_count = 18;
	for (unsigned i = 0; i < 16; i++)
		events[0].names[i] = (struct span){name, 250};
	events[0].names[17] = (struct span){"/", 1};
	for (uint32_t top = 70; top < 80; top++) {
		events[0].names[16] = (struct span){name, top};
		collector_feed(c, events, 2);
		path = c->calls[c->count - 1].path;
		if (below + 1 + top <= room)
			assert_true(strlen(path) == below + 1 + top && path[0] == '/');
		else
			assert_true(strlen(path) == below + 3 && !strncmp(path, ".../n", 5));
	}
	collector_free(c);
}

/* A mount point for which there is no room */
static void test_mount_point_too_long(void **state)
{
	struct collector *c = collector_new();
	char line[8192], point[4100], name[256];
	struct event events[] = {VFS_ENTER(100, 11, 0xf1, 1), VFS_EXIT(110, 11, 0)};

	(void)state;
	memset(point, 'p', sizeof(point));
	point[0] = '/';
	point[4000] = '\0';
	memset(name, 'n', sizeof(name));
	snprintf(line, sizeof(line), "21 1 254:1 /sub %s rw - ext4 /dev/x rw\n", point);
	assert_int_equal(mounts_add_text(c->info.mounts, line, strlen(line)), 1);
	events[0].has |= HAS_DEV | HAS_MNT;
	events[0].dev = DEV(254, 1);
	events[0].mnt = 21;
	events[0].names[0] = (struct span){name, 255};
	events[0].names[1] = (struct span){"sub", 3};
	events[0].names[2] = (struct span){"/", 1};
	events[0].names_count = 3;
	collector_feed(c, events, 2);
	assert_int_equal(strncmp(c->calls[0].path, ".../sub/nnn", 11), 0);
	assert_int_equal(strlen(c->calls[0].path), 8 + 255);
	collector_free(c);
}

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
	struct collector *c = with_mounts();

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
	struct collector *c = with_mounts();
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
	c = with_mounts();
	collector_feed(c, events, 2);
	assert_int_equal(c->calls[0].blocks_before_known, UNKNOWN);
	assert_string_equal(c->calls[0].fs, "ext4");
	collector_free(c);
}

/* --- the way in, fd, who --- */

static void test_ways_in(void **state)
{
	static const struct {
		uint64_t caller;
		enum via via;
		const char *name;
	} cases[] = {
		{IN_SYSCALL, VIA_SYSCALL, "__x64_sys_fallocate"},
		{IN_COMPAT, VIA_COMPAT, "ksys_fallocate"},
		{IN_IO_URING, VIA_IO_URING, "io_fallocate"},
		{IN_OVERLAY, VIA_OVERLAY, "ovl_fallocate"},
		{IN_IOCTL, VIA_IOCTL, "ioctl_preallocate"},
		{IN_SOMEWHERE, VIA_KERNEL, "somewhere_else"},
		{IN_NOTHING, VIA_KERNEL, "0x9990"},
		{UINT64_MAX, VIA_KERNEL, "0xffffffffffffffff"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct event events[] = {
			VFS_ENTER(100, 11, 0xf1, 500),
			VFS_EXIT_TO(110, 11, 0, cases[i].caller),
		};
		struct collector *c = collect(events, 2);

		assert_int_equal(c->calls[0].via, cases[i].via);
		assert_string_equal(c->calls[0].caller, cases[i].name);
		collector_free(c);
	}
}

/* Two return probes on one function: the symbol of the other's trampoline says nothing. */
static void test_trampolines(void **state)
{
	struct event events[] = {
		VFS_ENTER_FD(100, 11, 0xf1, 500, 7),
		VFS_ENTER(101, 11, 0xf2, 500),
		VFS_EXIT_TO(102, 11, 0, 0x7010),
		VFS_EXIT_TO(110, 11, 0, 0x7010),
	};
	struct collector *c = collector_new();

	(void)state;
	symbols_add(c->info.symbols, 0x7000, 0x7100, "arch_rethook_trampoline");
	collector_feed(c, events, 4);
	assert_int_equal(c->calls[0].via, VIA_SYSCALL);
	assert_string_equal(c->calls[0].caller, "");
	assert_int_equal(c->calls[0].inner->via, VIA_UNKNOWN);
	assert_string_equal(c->calls[0].inner->caller, "");
	/* … nor do registers, which are those of the call around it */
	events[1].has |= HAS_FD | HAS_NR;
	events[1].fd = 7;
	events[1].nr = NR;
	collector_feed(c, events, 4);
	assert_int_equal(c->calls[1].via, VIA_SYSCALL);
	assert_int_equal(c->calls[1].inner->via, VIA_UNKNOWN);
	/* Within an overlay's call it can only be the overlay's. */
	events[0].has |= HAS_FS;
	events[0].fs = (struct span){"overlay", 7};
	collector_feed(c, events, 4);
	assert_int_equal(c->calls[2].inner->via, VIA_OVERLAY);
	collector_free(c);
}

static void test_fd(void **state)
{
	static const struct {
		uint64_t wanted, found;
		bool has_nr, believed;
	} cases[] = {
		{285, 285, true, true},
		{285, 286, true, false},
		{285, UINT64_MAX, true, false},
		/* no number to match: believed without */
		{0, 17, true, true},
		{0, 0, true, true},
		{285, 0, false, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct event events[] = {VFS_ENTER_FD(100, 11, 0xf1, 500, 7), VFS_EXIT(110, 11, 0)};
		struct collector *c = collector_new();

		c->info.fallocate_nr = cases[i].wanted;
		events[0].nr = cases[i].found;
		if (!cases[i].has_nr)
			events[0].has &= ~(uint32_t)HAS_NR;
		collector_feed(c, events, 2);
		assert_int_equal(c->calls[0].has_fd, cases[i].believed);
		assert_int_equal(c->calls[0].fd, cases[i].believed ? 7 : -1);
		/* Only a number that must match, and does, proves the way in. */
		assert_int_equal(c->calls[0].via, i == 0 ? VIA_SYSCALL : VIA_UNKNOWN);
		collector_free(c);
	}
}

static void test_texts(void **state)
{
	struct event events[] = {VFS_ENTER(100, 11, 0xf1, 500), VFS_EXIT(110, 11, 0)};
	static const char long_text[] = "a name that is longer than any field that it goes to has room for";
	struct collector *c;

	(void)state;
	events[0].has |= HAS_COMM | HAS_FS;
	events[0].comm = (struct span){long_text, sizeof(long_text) - 1};
	events[0].fs = (struct span){long_text, sizeof(long_text) - 1};
	c = collect(events, 2);
	assert_string_equal(c->calls[0].comm, "a name that is ");
	assert_string_equal(c->calls[0].fs, "a name that is longer than any ");
	collector_free(c);
	events[0].comm.size = 15;
	events[0].fs.size = 3;
	c = collect(events, 2);
	assert_string_equal(c->calls[0].comm, "a name that is ");
	assert_string_equal(c->calls[0].fs, "a n");
	collector_free(c);
}

/* The system call's probe tells who it is, if the VFS's does not, and the other way round. */
static void test_facts_of_both_probes(void **state)
{
	struct event events[] = {
		SYS_ENTER(100, 11, 5, 500),
		VFS_ENTER_FD(101, 11, 0xf1, 500, 99),
		SYS_EXIT(110, 11, 0),
	};
	struct collector *c;

	(void)state;
	events[0].has = HAS_FD;
	events[1].has |= HAS_COMM;
	events[1].comm = (struct span){"me", 2};
	events[1].nr = 1;
	c = collect(events, 3);
	assert_int_equal(c->calls[0].fd, 5);
	assert_true(c->calls[0].has_len);
	assert_int_equal(c->calls[0].len, 500);
	assert_string_equal(c->calls[0].comm, "me");
	assert_int_equal(c->calls[0].op, OP_EXTEND);
	collector_free(c);
}

static void test_utc(void **state)
{
	const struct event events[] = {VFS_ENTER(100, 11, 0xf1, 500), VFS_EXIT(110, 11, 0), VFS_EXIT(120, 11, 0)};
	struct collector *c = collector_new();

	(void)state;
	collector_feed(c, events, 2);
	assert_false(c->calls[0].has_utc);
	c->info.has_utc_offset = true;
	c->info.utc_offset = -60;
	collector_feed(c, events, 3);
	assert_true(c->calls[1].has_utc && c->calls[2].has_utc);
	assert_int_equal(c->calls[1].utc, 40);
	assert_int_equal(c->calls[2].utc, 60);
	collector_free(c);
}

static void test_distrust(void **state)
{
	struct event events[] = {
		VFS_ENTER_FD(100, 11, 0xf1, 500, 7), VFS_DONE(105, 11, 0xf1, 333), VFS_EXIT(110, 11, -28),
		SYS_ENTER(200, 11, 5, 500),	     SYS_EXIT(210, 11, 0),
	};
	struct collector *c = with_mounts();

	(void)state;
	c->info.sizes_after_seen = true;
	c->info.distrust = HAS_NAMES | HAS_AFTER | HAS_INO | HAS_FD;
	events[0].has |= HAS_INO | HAS_DEV;
	events[0].dev = DEV(254, 2);
	events[0].names[0] = (struct span){"f", 1};
	events[0].names_count = 1;
	collector_feed(c, events, COUNT(events));
	assert_string_equal(c->calls[0].path, "");
	assert_false(c->calls[0].has_ino || c->calls[0].has_fd);
	assert_true(c->calls[0].has_dev);
	assert_int_equal(c->calls[0].size_before_known, SEEN);
	assert_int_equal(c->calls[0].size_after_known, UNKNOWN);
	/* The fd of the system call's own probe is another one's. */
	assert_true(c->calls[1].has_fd);
	/* That a return's sizes are not believed does not mean that the filesystem was not reached. */
	events[2].has |= HAS_SIZE;
	events[1] = events[2];
	collector_feed(c, events, 2);
	assert_int_equal(c->calls[2].ret, -28);
	assert_int_equal(c->calls[2].size_after_known, UNKNOWN);
	collector_free(c);
}

/* --- who is asked, and how often --- */

struct asked {
	int symbols, mounts, tasks;
	uint64_t addr;
	int32_t tid, mnt;
	uint32_t dev;
	bool answer;
};

static void find_symbol(void *ctx, struct symbols *s, uint64_t addr)
{
	struct asked *asked = ctx;

	asked->symbols++;
	asked->addr = addr;
	if (asked->answer)
		symbols_add(s, addr & ~0xffull, (addr | 0xff) + 1, "nfsd4_vfs_fallocate");
}

static void find_mount(void *ctx, struct mounts *m, int32_t tid, uint32_t dev, int32_t mnt)
{
	static const char line[] = "30 1 254:30 / /found rw - ext4 x rw\n31 1 254:2 / /again rw - xfs x rw\n";
	struct asked *asked = ctx;

	asked->mounts++;
	asked->tid = tid;
	asked->dev = dev;
	asked->mnt = mnt;
	if (asked->answer)
		mounts_add_text(m, line, strlen(line));
}

static void find_task(void *ctx, struct tasks *t, int32_t tid)
{
	struct asked *asked = ctx;

	asked->tasks++;
	asked->tid = tid;
	if (asked->answer)
		tasks_add(t, tid, 4000, 1);
}

static struct collector *with_finders(struct asked *asked, bool answer)
{
	struct collector *c = with_mounts();

	*asked = (struct asked){.answer = answer};
	c->info.find_symbol = find_symbol;
	c->info.find_mount = find_mount;
	c->info.find_task = find_task;
	c->info.find_ctx = asked;
	return c;
}

static void test_finders_are_asked_once(void **state)
{
	struct event events[] = {VFS_ENTER(100, 77, 0xf1, 500), VFS_EXIT_TO(110, 77, 0, IN_NOTHING)};
	struct asked asked;

	(void)state;
	events[0].has |= HAS_DEV | HAS_MNT;
	events[0].dev = DEV(254, 30);
	events[0].mnt = 30;
	events[0].names[0] = (struct span){"f", 1};
	events[0].names[1] = (struct span){"/", 1};
	events[0].names_count = 2;
	for (int answer = 0; answer < 2; answer++) {
		struct collector *c = with_finders(&asked, answer);

		for (int i = 0; i < 5; i++)
			collector_feed(c, events, 2);
		assert_int_equal(asked.symbols, 1);
		assert_int_equal(asked.mounts, 1);
		assert_int_equal(asked.tasks, 1);
		assert_true(asked.addr == IN_NOTHING && asked.tid == 77);
		assert_true(asked.dev == DEV(254, 30) && asked.mnt == 30);
		for (size_t i = 0; i < c->count; i++) {
			const struct call *call = &c->calls[i];

			assert_int_equal(call->pid, answer ? 4000 : -1);
			assert_string_equal(call->path, answer ? "/found/f" : ".../f");
			assert_string_equal(call->fs, answer ? "ext4" : "");
			assert_string_equal(call->caller, answer ? "nfsd4_vfs_fallocate" : "0x9990");
			assert_int_equal(call->via, answer ? VIA_NFSD : VIA_KERNEL);
		}
		collector_free(c);
	}
}

/* What is known is not asked for, and a mount of the same device is not the mount. */
static void test_finders_are_asked_for_what_is_not_known(void **state)
{
	struct event events[] = {VFS_ENTER(100, 11, 0xf1, 500), VFS_EXIT_TO(110, 11, 0, IN_SYSCALL)};
	struct asked asked;
	struct collector *c = with_finders(&asked, true);

	(void)state;
	events[0].has |= HAS_DEV | HAS_MNT;
	events[0].dev = DEV(254, 2);
	events[0].mnt = 22;
	events[0].names[0] = (struct span){"f", 1};
	events[0].names[1] = (struct span){"/", 1};
	events[0].names_count = 2;
	collector_feed(c, events, 2);
	assert_int_equal(asked.symbols + asked.mounts + asked.tasks, 0);
	events[0].mnt = 31;
	collector_feed(c, events, 2);
	assert_int_equal(asked.mounts, 1);
	assert_string_equal(c->calls[1].path, "/again/f");
	collector_free(c);
}

static void test_new_task_may_be_asked_for_again(void **state)
{
	const struct event events[] = {
		VFS_ENTER(100, 77, 0xf1, 500),
		VFS_EXIT(110, 77, 0),
		/* by a thread of which nothing is known, either */
		NEWTASK(150, 78, 77, 0x10000),
		VFS_ENTER(200, 77, 0xf1, 500),
		VFS_EXIT(210, 77, 0),
	};
	struct asked asked;
	struct collector *c = with_finders(&asked, false);

	(void)state;
	collector_feed(c, events, 2);
	assert_int_equal(asked.tasks, 1);
	asked.answer = true;
	collector_feed(c, events + 2, 3);
	assert_int_equal(asked.tasks, 2);
	assert_int_equal(c->calls[1].pid, 4000);
	collector_free(c);
}

/* However many there are, each is asked for once in a while only, in bounded memory. */
static void test_many_unknown_callers(void **state)
{
	struct asked asked;
	struct collector *c = with_finders(&asked, false);

	(void)state;
	for (uint64_t i = 0; i < 3000; i++) {
		const struct event events[] = {
			VFS_ENTER(100, 11, 0xf1, 500),
			VFS_EXIT_TO(110, 11, 0, 0x100000 + i),
			VFS_ENTER(200, 11, 0xf1, 500),
			VFS_EXIT_TO(210, 11, 0, 0x100000 + i),
		};

		collector_feed(c, events, 4);
	}
	assert_int_equal(asked.symbols, 3000);
	collector_free(c);
}

/* A machine of which nothing is known, its tables not even there */
static void test_no_tables(void **state)
{
	struct event events[] = {
		VFS_ENTER(100, 77, 0xf1, 500),
		VFS_EXIT_TO(110, 77, 0, IN_SYSCALL),
		NEWTASK(120, 77, 78, 0),
	};
	struct collector *c = collector_new();
	struct trace_info old = c->info;

	(void)state;
	c->info.symbols = NULL;
	c->info.mounts = NULL;
	c->info.tasks = NULL;
	events[0].has |= HAS_DEV | HAS_MNT;
	events[0].names[0] = (struct span){"f", 1};
	events[0].names_count = 1;
	collector_feed(c, events, 3);
	assert_int_equal(c->calls[0].pid, -1);
	assert_string_equal(c->calls[0].path, ".../f");
	assert_string_equal(c->calls[0].caller, "0x1010");
	c->info = old;
	collector_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_paths_by_device),
		cmocka_unit_test(test_path_without_names),
		cmocka_unit_test(test_paths_of_memfds),
		cmocka_unit_test(test_paths_too_long),
		cmocka_unit_test(test_longest_path),
		cmocka_unit_test(test_mount_point_too_long),
		cmocka_unit_test(test_sizes_derived),
		cmocka_unit_test(test_size_of_half_known_request),
		cmocka_unit_test(test_sizes_seen),
		cmocka_unit_test(test_filesystem_never_reached),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_blocks_of_unknown_mount),
		cmocka_unit_test(test_ways_in),
		cmocka_unit_test(test_trampolines),
		cmocka_unit_test(test_fd),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_facts_of_both_probes),
		cmocka_unit_test(test_utc),
		cmocka_unit_test(test_distrust),
		cmocka_unit_test(test_finders_are_asked_once),
		cmocka_unit_test(test_finders_are_asked_for_what_is_not_known),
		cmocka_unit_test(test_new_task_may_be_asked_for_again),
		cmocka_unit_test(test_many_unknown_callers),
		cmocka_unit_test(test_no_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
