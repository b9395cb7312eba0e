/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "falloctrace/info.h"

#define DEV(major, minor) ((uint32_t)(major) << 20 | (minor))

static int setup(void **state)
{
	*state = mounts_new();
	return !*state;
}

static int teardown(void **state)
{
	mounts_free(*state);
	return 0;
}

static int add(struct mounts *m, const char *text)
{
	return mounts_add_text(m, text, strlen(text));
}

static void check(const struct mount *mount, int32_t id, uint32_t dev, const char *root, const char *point,
		  const char *fs)
{
	assert_non_null(mount);
	assert_int_equal(mount->id, id);
	assert_int_equal(mount->dev, dev);
	assert_string_equal(mount->root, root);
	assert_string_equal(mount->point, point);
	assert_string_equal(mount->fs, fs);
}

/* The line that proc_pid_mountinfo(5) explains. */
static void manual_line(void **state)
{
	struct mounts *m = *state;

	assert_int_equal(add(m, "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n"), 1);
	check(mounts_find(m, DEV(98, 0), 36), 36, DEV(98, 0), "/mnt1", "/mnt2", "ext3");
	assert_int_equal(mounts_find(m, DEV(98, 0), 36)->rule, BLOCKS_UNTRUSTED);
}

static void optional_fields(void **state)
{
	struct mounts *m = *state;

	assert_int_equal(add(m, "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
				"2 1 0:20 / /proc rw shared:5 master:2 propagate_from:1 unbindable - proc proc rw\n"
				"3 1 0:21 / /x rw - fuse.sshfs host:/ rw"),
			 3);
	check(mounts_find(m, DEV(0, 20), 2), 2, DEV(0, 20), "/", "/proc", "proc");
	check(mounts_find(m, DEV(0, 21), 3), 3, DEV(0, 21), "/", "/x", "fuse.sshfs");
}

static void escapes(void **state)
{
	struct mounts *m = *state;

	assert_int_equal(add(m, "7 1 0:30 /a\\040b /t\\011n\\012s\\134\\043\xff\\9\\000\\40 rw - t\\040s none rw\n"),
			 1);
	check(mounts_find(m, DEV(0, 30), 7), 7, DEV(0, 30), "/a b", "/t\tn\ns\\#\xff\\9\\000\\40", "t s");
}

static void broken_lines_are_passed_over(void **state)
{
	static const char *const lines[] = {
		"",
		" ",
		"x",
		"1 1 8:1 / /",
		"1 1 8:1 / / rw",
		"1 1 8:1 / / rw -",
		"1 1 8:1 / / rw - ",
		"-1 1 8:1 / / rw - ext4 x rw",
		"2147483648 1 8:1 / / rw - ext4 x rw",
		"1 1 81 / / rw - ext4 x rw",
		"1 1 8: / / rw - ext4 x rw",
		"1 1 :1 / / rw - ext4 x rw",
		"1 1 4096:1 / / rw - ext4 x rw",
		"1 1 1:1048576 / / rw - ext4 x rw",
		"1 1 99999999999999999999:1 / / rw - ext4 x rw",
		"1  8:1 / / rw - ext4 x rw",
		"1 1 8:1  / rw - ext4 x rw",
	};
	struct mounts *m = *state;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(add(m, lines[i]), 0);
	assert_int_equal(mounts_add_text(m, "1 1 8:1 / /\0x rw - ext4 x rw", 28), 0);
	assert_int_equal(mounts_count(m), 0);
	assert_int_equal(add(m, "nonsense\n1 1 4095:1048575 / / rw - ext4 x rw\nnonsense"), 1);
	assert_non_null(mounts_find(m, DEV(4095, 1048575), 1));
}

static void a_known_line_is_kept_once(void **state)
{
	struct mounts *m = *state;
	struct mount *mount;

	assert_int_equal(add(m, "5 1 8:1 / /a rw - ext4 x rw\n"), 1);
	mount = mounts_find(m, DEV(8, 1), 5);
	mount->rule = BLOCKS_INODE;
	assert_int_equal(add(m, "5 1 8:1 / /a ro - ext4 x ro\n5 9 8:1 / /a rw - ext4 x rw\n"), 0);
	assert_int_equal(mounts_count(m), 1);
	assert_ptr_equal(mounts_find(m, DEV(8, 1), 5), mount);
	assert_int_equal(mount->rule, BLOCKS_INODE);
}

static void what_is_gone_stays(void **state)
{
	struct mounts *m = *state;

	add(m, "5 1 8:1 / /a rw - ext4 x rw\n6 1 8:2 / /b rw - xfs x rw\n");
	assert_int_equal(add(m, "6 1 8:2 / /b rw - xfs x rw\n"), 0);
	check(mounts_find(m, DEV(8, 1), 5), 5, DEV(8, 1), "/", "/a", "ext4");
}

static void a_reused_id_replaces(void **state)
{
	struct mounts *m = *state;

	add(m, "5 1 8:1 / /a rw - ext4 x rw\n6 1 8:2 / /b rw - xfs x rw\n");
	mounts_find(m, DEV(8, 1), 5)->rule = BLOCKS_INODE;
	assert_int_equal(add(m, "5 1 8:3 / /c rw - btrfs x rw\n"), 1);
	check(mounts_find(m, DEV(8, 3), 5), 5, DEV(8, 3), "/", "/c", "btrfs");
	assert_int_equal(mounts_find(m, DEV(8, 3), 5)->rule, BLOCKS_UNTRUSTED);
	assert_null(mounts_find(m, DEV(8, 1), 5));
	assert_null(mounts_find(m, DEV(8, 1), -1));
	assert_int_equal(mounts_count(m), 2);
}

/* The same device elsewhere: mount --move, or the id given anew. */
static void a_moved_mount_keeps_its_rule(void **state)
{
	struct mounts *m = *state;
	struct mount *mount;

	add(m, "5 1 8:1 / /a rw - xfs x rw\n");
	mount = mounts_find(m, DEV(8, 1), 5);
	mount->rule = BLOCKS_NBLOCKS;
	mount->unit = 8;
	assert_int_equal(add(m, "5 1 8:1 / /z rw - xfs x rw\n"), 1);
	check(mounts_find(m, DEV(8, 1), 5), 5, DEV(8, 1), "/", "/z", "xfs");
	assert_int_equal(mounts_find(m, DEV(8, 1), 5)->rule, BLOCKS_NBLOCKS);
	assert_int_equal(mounts_find(m, DEV(8, 1), 5)->unit, 8);
	/* a bind mount of it counts alike, a new filesystem with its number does not */
	add(m, "9 1 8:1 /sub /bind rw - xfs x rw\n10 1 8:1 / /new rw - ext4 x rw\n");
	assert_int_equal(mounts_find(m, DEV(8, 1), 9)->rule, BLOCKS_NBLOCKS);
	assert_int_equal(mounts_find(m, DEV(8, 1), 10)->rule, BLOCKS_UNTRUSTED);
}

static void overmounts_are_told_apart_by_id(void **state)
{
	struct mounts *m = *state;

	add(m, "5 1 8:1 / /mnt rw - ext4 x rw\n6 5 8:2 / /mnt rw - ext4 y rw\n7 6 8:1 /d /mnt rw - ext4 x rw\n");
	check(mounts_find(m, DEV(8, 1), 5), 5, DEV(8, 1), "/", "/mnt", "ext4");
	check(mounts_find(m, DEV(8, 2), 6), 6, DEV(8, 2), "/", "/mnt", "ext4");
	check(mounts_find(m, DEV(8, 1), 7), 7, DEV(8, 1), "/d", "/mnt", "ext4");
}

static void by_device_prefers_whole_filesystems(void **state)
{
	struct mounts *m = *state;

	add(m, "4 1 8:1 /sub /bind rw - ext4 x rw\n5 1 8:1 / /a rw - ext4 x rw\n6 1 8:1 / /b rw - ext4 x rw\n"
	       "7 1 8:1 /other /c rw - ext4 x rw\n8 1 0:5 /only /d rw - tmpfs x rw\n");
	assert_int_equal(mounts_find(m, DEV(8, 1), -1)->id, 5);
	assert_int_equal(mounts_find(m, DEV(8, 1), 1234)->id, 5);
	assert_int_equal(mounts_find(m, DEV(8, 1), 8)->id, 5); /* an id of another device */
	assert_int_equal(mounts_find(m, DEV(0, 5), -1)->id, 8);
	assert_null(mounts_find(m, DEV(0, 6), -1));
	/* once the best is something else, the next best stands for the device */
	add(m, "5 1 8:9 / /a rw - ext4 x rw\n");
	assert_int_equal(mounts_find(m, DEV(8, 1), -1)->id, 6);
	add(m, "6 1 8:9 / /b rw - ext4 x rw\n");
	assert_string_not_equal(mounts_find(m, DEV(8, 1), -1)->root, "/");
	/* a device number given to another filesystem: the new one */
	add(m, "20 1 8:1 /x /n rw - vfat x rw\n");
	assert_int_equal(mounts_find(m, DEV(8, 1), -1)->id, 20);
}

static void internal(void **state)
{
	struct mounts *m = *state;

	assert_int_equal(mounts_add_internal(m, DEV(0, 1), "tmpfs"), 0);
	assert_int_equal(mounts_add_internal(m, DEV(0, 1), "tmpfs"), 0);
	assert_int_equal(mounts_count(m), 1);
	check(mounts_find(m, DEV(0, 1), 17), -1, DEV(0, 1), "/", "", "tmpfs");
	check(mounts_find(m, DEV(0, 1), -1), -1, DEV(0, 1), "/", "", "tmpfs");
	/* a mount that has a place is the better answer */
	add(m, "5 1 0:1 /sub /a rw - tmpfs x rw\n");
	assert_int_equal(mounts_find(m, DEV(0, 1), -1)->id, 5);
	assert_int_equal(mounts_add_internal(m, DEV(0, 1), "tmpfs"), 0);
	assert_int_equal(mounts_count(m), 2);
}

/* The kernel's own table, each point asked of stat(2). */
static void this_machine(void **state)
{
	struct mounts *m = *state;
	char text[65536];
	size_t size, tried = 0;
	FILE *f = fopen("/proc/self/mountinfo", "r");

	assert_non_null(f);
	size = fread(text, 1, sizeof(text), f);
	fclose(f);
	assert_true(mounts_add_text(m, text, size) > 0);
	for (size_t i = 0; i < mounts_count(m); i++) {
		const struct mount *mount = mounts_at(m, i);
		struct stat st;

		if (strcmp(mount->fs, "tmpfs") && strcmp(mount->fs, "ext4") && strcmp(mount->fs, "proc"))
			continue;
		assert_ptr_equal(mounts_find(m, mount->dev, mount->id), mount);
		tried += !stat(mount->point, &st) && DEV(major(st.st_dev), minor(st.st_dev)) == mount->dev;
	}
	assert_true(tried > 0);
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* 60,000 lines of form, with the line's number for the %u's. */
static double cost(struct mounts *m, const char *form, unsigned count)
{
	double start;
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	for (unsigned i = 0; i < count; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		fprintf(f, form, i);
#pragma GCC diagnostic pop
	}
	fclose(f);
	start = seconds();
	assert_true(mounts_add_text(m, text, size) >= 0);
	start = seconds() - start;
	free(text);
	return start;
}

/* None of these may take time that grows with the square: 60,000² steps are many seconds. */
static void many(void **state)
{
	static const char *const forms[] = {
		"%u 1 8:1 / /a rw - ext4 x rw\n",    "%u 1 8:1 /sub /a rw - ext4 x rw\n",
		"%u 1 8:1 / /b rw - ext4 x rw\n",    "%1$u 1 7:%1$u / /b rw - ext4 x rw\n",
		"%1$u 1 8:1 / /b rw - t%1$u x rw\n", "1 1 7:%1$u / /%1$u rw - ext4 x rw\n",
	};
	struct mounts *m = *state;
	double limit = 3;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		assert_true(cost(m, forms[i], 60000) < limit);
	assert_int_equal(mounts_count(m), 60000);
	for (int32_t i = 2; i < 60000; i++)
		assert_int_equal(mounts_find(m, DEV(8, 1), i)->id, i);
}

static void bounded(void **state)
{
	struct mounts *m = *state;

	cost(m, "%u 1 8:1 / / rw - a x rw\n", 200000);
	assert_int_equal(mounts_count(m), 1 << 17);
	assert_int_equal(mounts_find(m, DEV(8, 1), 77)->id, 77);
	/* full, it still follows what it knows */
	assert_int_equal(add(m, "77 1 8:2 / /x rw - b x rw\n"), 1);
	assert_string_equal(mounts_find(m, DEV(8, 2), 77)->point, "/x");
}

static void nothing(void **state)
{
	(void)state;
	mounts_free(NULL);
	assert_int_equal(mounts_count(NULL), 0);
	assert_null(mounts_find(NULL, 1, 1));
	assert_int_equal(mounts_add_text(NULL, "", 0), -1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(manual_line),
		T(optional_fields),
		T(escapes),
		T(broken_lines_are_passed_over),
		T(a_known_line_is_kept_once),
		T(what_is_gone_stays),
		T(a_reused_id_replaces),
		T(a_moved_mount_keeps_its_rule),
		T(overmounts_are_told_apart_by_id),
		T(by_device_prefers_whole_filesystems),
		T(internal),
		T(this_machine),
		T(many),
		T(bounded),
		T(nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
