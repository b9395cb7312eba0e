/* SPDX-License-Identifier: MIT */
/*
 * What the assembler says of one call: its path.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "collector.h"

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
	struct collector *c = collector_with_mounts();

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
	struct collector *c = collector_with_mounts();

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
	struct collector *c = collector_with_mounts();
	struct event events[] = {VFS_ENTER(100, 11, 0xf1, 1), VFS_EXIT(110, 11, 0)};

	(void)state;
	events[0].has |= HAS_DEV | HAS_INO;
	events[0].dev = DEV(254, 2);
	events[0].ino = UINT64_MAX;
	collector_feed(c, events, 2);
	assert_string_equal(c->calls[0].path, "");
	assert_string_equal(c->calls[0].fs, "xfs");
	assert_true(c->calls[0].has_ino && c->calls[0].ino == UINT64_MAX);
	collector_free(c);
}

/* A memfd is its own parent: its name repeats as long as there are fields for it. */
static void test_paths_of_memfds(void **state)
{
	struct collector *c = collector_with_mounts();

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
	struct collector *c = collector_with_mounts();
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
	struct collector *c = collector_with_mounts();
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
