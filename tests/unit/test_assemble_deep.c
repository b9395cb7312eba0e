/* SPDX-License-Identifier: MIT */
/*
 * Filesystems' own functions beside vfs_fallocate: a call is told once, whoever
 * made it, and whatever of it is missing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expect_calls.h"

#define EXT4 0xe000
#define OVL 0xd000
#define SHM 0xc000

/* What nobody but the filesystem's own function saw */
static void test_loop(void **state)
{
	const struct event events[] = {
		DEEP_ENTER(100, 50, 0xf1, 4096, IN_LOOP, EXT4),
		DEEP_EXIT(130, 50, -28, IN_LOOP, EXT4),
		DEEP_ENTER(200, 50, 0xf1, 1, IN_SOMEWHERE, EXT4),
		DEEP_EXIT(230, 50, 0, IN_SOMEWHERE, EXT4),
	};
	const struct want want[] = {
		{50, 100, 130, -28, 4096, VIA_LOOP, 0, 0, 0},
		{50, 200, 230, 0, 1, VIA_KERNEL, 0, 0, 0},
	};
	struct collector *c = EXPECT(events, want);

	(void)state;
	assert_string_equal(c->calls[0].caller, "lo_fallocate.isra.0 [loop]");
	assert_int_equal(c->calls[0].size_before_known, SEEN);
	assert_int_equal(c->calls[0].size_before, 100);
	/* That a call failed before the filesystem was reached can't be said of this one. */
	assert_int_equal(c->calls[0].size_after_known, UNKNOWN);
	assert_int_equal(c->calls[1].size_after_known, DERIVED);
	collector_free(c);
}

/* Through vfs_fallocate: its events tell all of it, whether the caller is known or hidden. */
static void test_once(void **state)
{
	const uint64_t callers[] = {IN_VFS, IN_TRAMPOLINE, IN_NOTHING};

	(void)state;
	for (size_t i = 0; i < COUNT(callers); i++) {
		const struct event events[] = {
			VFS_ENTER_FD(100, 11, 0xf1, 4096, 7),	 DEEP_ENTER(101, 11, 0xf1, 4096, callers[i], EXT4),
			DEEP_EXIT(120, 11, 0, callers[i], EXT4), VFS_DONE(121, 11, 0xf1, 4096),
			VFS_EXIT_TO(130, 11, 0, IN_SYSCALL),
		};
		const struct want want[] = {{11, 100, 130, 0, 4096, VIA_SYSCALL, 0, 0, 0}};

		collector_free(EXPECT(events, want));
	}
}

/* vfs_enter does not tell the file everywhere: then inode and request do. */
static void test_once_without_file(void **state)
{
	struct event events[] = {
		VFS_ENTER(100, 11, 0, 4096),
		DEEP_ENTER(101, 11, 0xf1, 4096, IN_TRAMPOLINE, EXT4),
		DEEP_EXIT(120, 11, 0, IN_TRAMPOLINE, EXT4),
		VFS_EXIT_TO(130, 11, 0, IN_SYSCALL),
	};
	const struct want same[] = {{11, 100, 130, 0, 4096, VIA_SYSCALL, 0, 0, 0}};
	const struct want other[] = {{11, 100, 130, 0, 4096, VIA_SYSCALL, 0, 0, 1}};

	(void)state;
	events[0].has = (events[0].has & ~(uint32_t)HAS_FILE) | HAS_INO | HAS_DEV;
	events[1].has |= HAS_INO | HAS_DEV;
	events[0].ino = events[1].ino = 77;
	collector_free(EXPECT(events, same));
	events[1].dev = 1;
	collector_free(EXPECT(events, other));
}

/* overlayfs: vfs_fallocate, its own function, vfs_fallocate again, ext4's */
static void test_overlay(void **state)
{
	const struct event events[] = {
		VFS_ENTER_FD(100, 11, 0xf1, 4096, 7),
		DEEP_ENTER(101, 11, 0xf1, 4096, IN_TRAMPOLINE, OVL),
		VFS_ENTER(102, 11, 0xf2, 4096),
		DEEP_ENTER(103, 11, 0xf2, 4096, IN_TRAMPOLINE, EXT4),
		DEEP_EXIT(104, 11, 0, IN_TRAMPOLINE, EXT4),
		VFS_EXIT_TO(105, 11, 0, IN_OVERLAY),
		DEEP_EXIT(106, 11, 0, IN_TRAMPOLINE, OVL),
		VFS_EXIT_TO(130, 11, 0, IN_SYSCALL),
	};
	const struct want want[] = {{11, 100, 130, 0, 4096, VIA_SYSCALL, 0, 0, 1}};
	struct collector *c = EXPECT(events, want);

	(void)state;
	assert_int_equal(c->calls[0].inner->via, VIA_OVERLAY);
	assert_int_equal(count_all(c->calls), 2);
	collector_free(c);
}

/* A loop device on a file of overlayfs: what that calls is inside. */
static void test_loop_on_overlay(void **state)
{
	const struct event events[] = {
		DEEP_ENTER(100, 50, 0xf1, 4096, IN_LOOP, OVL), VFS_ENTER(102, 50, 0xf2, 4096),
		DEEP_ENTER(103, 50, 0xf2, 4096, IN_VFS, EXT4), DEEP_EXIT(104, 50, -5, IN_VFS, EXT4),
		VFS_EXIT_TO(105, 50, -5, IN_OVERLAY),	       DEEP_EXIT(106, 50, -5, IN_LOOP, OVL),
	};
	const struct want want[] = {{50, 100, 106, -5, 4096, VIA_LOOP, 0, 0, 1}};
	struct collector *c = EXPECT(events, want);

	(void)state;
	assert_int_equal(c->calls[0].inner->via, VIA_OVERLAY);
	assert_int_equal(c->calls[0].inner->end, 105);
	collector_free(c);
}

/* System V's shared memory calls tmpfs' function by itself, for another file. */
static void test_filesystem_to_filesystem(void **state)
{
	const struct event events[] = {
		VFS_ENTER(100, 11, 0xf1, 4096),
		DEEP_ENTER(101, 11, 0xf1, 4096, IN_VFS, SHM),
		DEEP_ENTER(102, 11, 0xf2, 4096, IN_SOMEWHERE, EXT4),
		DEEP_EXIT(104, 11, 0, IN_SOMEWHERE, EXT4),
		DEEP_EXIT(106, 11, 0, IN_VFS, SHM),
		VFS_EXIT_TO(130, 11, 0, IN_SYSCALL),
	};
	const struct want want[] = {{11, 100, 130, 0, 4096, VIA_SYSCALL, 0, 0, 1}};
	struct collector *c = EXPECT(events, want);

	(void)state;
	check_call(c->calls[0].inner, &(struct want){11, 102, 104, 0, 4096, VIA_KERNEL, NESTED, 1, 0});
	collector_free(c);
}

/* Probes on what only bears such a name */
static void test_not_a_filesystems(void **state)
{
	struct event events[] = {
		DEEP_ENTER(100, 11, 0xf1, 1, IN_SOMEWHERE, EXT4), DEEP_EXIT(101, 11, 0, IN_SOMEWHERE, EXT4),
		DEEP_ENTER(102, 11, 0xf1, 2, IN_SOMEWHERE, EXT4), DEEP_EXIT(103, 11, 0, IN_SOMEWHERE, EXT4),
		DEEP_ENTER(104, 11, 0xf1, 3, IN_SOMEWHERE, EXT4), DEEP_EXIT(105, 11, 0, IN_SOMEWHERE, EXT4),
	};

	(void)state;
	events[0].fop = 0;
	events[2].fop = SHM;
	events[4].fop = EXT4 + 5; /* its operations have something behind it */
	collector_free(expect_calls(events, COUNT(events), NULL, 0));
}

static void test_returns_missed(void **state)
{
	const struct event events[] = {
		/* the same function again */
		DEEP_ENTER(100, 50, 0xf1, 1, IN_LOOP, EXT4),
		DEEP_ENTER(110, 50, 0xf1, 2, IN_LOOP, EXT4),
		/* of the outer one vfs_fallocate returns */
		DEEP_EXIT(120, 50, 0, IN_LOOP, EXT4),
		VFS_ENTER(200, 11, 0xf1, 3),
		DEEP_ENTER(210, 11, 0xf2, 3, IN_SOMEWHERE, EXT4),
		VFS_EXIT_TO(230, 11, 0, IN_SYSCALL),
		/* from user space anew */
		DEEP_ENTER(300, 12, 0xf1, 4, IN_SOMEWHERE, EXT4),
		VFS_ENTER_FD(310, 12, 0xf3, 5, 7),
		VFS_EXIT_TO(320, 12, 0, IN_SYSCALL),
	};
	const struct want want[] = {
		{50, 100, NO_TIME, NO_RET, 1, VIA_LOOP, UNFINISHED, 0, 0},
		{50, 110, 120, 0, 2, VIA_LOOP, 0, 0, 0},
		{11, 200, 230, 0, 3, VIA_SYSCALL, 0, 0, 1},
		{12, 300, NO_TIME, NO_RET, 4, VIA_KERNEL, UNFINISHED, 0, 0},
		{12, 310, 320, 0, 5, VIA_SYSCALL, 0, 0, 0},
	};
	struct collector *c = EXPECT(events, want);

	(void)state;
	assert_int_equal(c->calls[2].inner->odd, NESTED | UNFINISHED);
	collector_free(c);
}

/* An exit of which no entry was seen: only of a function that is certain, and of no call that others tell of */
static void test_orphans(void **state)
{
	const struct event events[] = {
		DEEP_EXIT(90, 50, 0, IN_LOOP, SHM),	   DEEP_ENTER(100, 50, 0xf1, 1, IN_LOOP, EXT4),
		DEEP_EXIT(120, 50, 0, IN_LOOP, EXT4),	   DEEP_EXIT(130, 51, -4, IN_LOOP, EXT4),
		DEEP_EXIT(140, 52, -4, IN_VFS, EXT4),	   DEEP_EXIT(150, 53, -4, IN_TRAMPOLINE, EXT4),
		DEEP_EXIT(160, 54, -4, IN_LOOP, OVL),	   VFS_ENTER(200, 11, 0xf1, 3),
		DEEP_EXIT(210, 11, 0, IN_SOMEWHERE, EXT4), VFS_EXIT_TO(230, 11, 0, IN_SYSCALL),
	};
	const struct want want[] = {
		{50, 100, 120, 0, 1, VIA_LOOP, 0, 0, 0},
		{51, NO_TIME, 130, -4, -1, VIA_LOOP, ORPHAN, 0, 0},
		{11, 200, 230, 0, 3, VIA_SYSCALL, 0, 0, 0},
	};

	(void)state;
	collector_free(EXPECT(events, want));
}

/* … and from 6.9 on a return tells itself what its function is. */
static void test_orphans_that_tell(void **state)
{
	struct event events[] = {DEEP_EXIT(130, 51, -4, IN_LOOP, EXT4), DEEP_EXIT(140, 52, -4, IN_LOOP, SHM)};
	const struct want want[] = {{51, NO_TIME, 130, -4, -1, VIA_LOOP, ORPHAN, 0, 0}};

	(void)state;
	events[0].has |= HAS_FOP;
	events[0].fop = EXT4;
	events[1].has |= HAS_FOP;
	events[1].fop = EXT4;
	collector_free(EXPECT(events, want));
}

/* Where somebody else's return probe hides the caller at the return, the entry tells it. */
static void test_caller_hidden_at_return(void **state)
{
	const struct event events[] = {
		DEEP_ENTER(100, 50, 0xf1, 1, IN_LOOP, EXT4),
		DEEP_EXIT(120, 50, 0, IN_TRAMPOLINE, EXT4),
		DEEP_ENTER(200, 50, 0xf1, 2, IN_TRAMPOLINE, EXT4),
		DEEP_EXIT(220, 50, 0, IN_LOOP, EXT4),
	};
	const struct want want[] = {
		{50, 100, 120, 0, 1, VIA_LOOP, 0, 0, 0},
		{50, 200, 220, 0, 2, VIA_LOOP, 0, 0, 0},
	};

	(void)state;
	collector_free(EXPECT(events, want));
}

static void test_vfs_return_within(void **state)
{
	const struct event events[] = {
		/* the lower call's entry is lost */
		DEEP_ENTER(100, 50, 0xf1, 1, IN_LOOP, OVL),
		LOST(101, 0, 3),
		VFS_EXIT_TO(110, 50, -5, IN_OVERLAY),
	};
	const struct want want[] = {
		{50, 100, NO_TIME, NO_RET, 1, VIA_LOOP, UNFINISHED | NEARBY, 0, 0},
		{50, NO_TIME, 110, -5, -1, VIA_OVERLAY, ORPHAN | NEARBY, 0, 0},
	};

	(void)state;
	collector_free(EXPECT(events, want));
}

/* However deep a file says that it is nested, what is kept stays small. */
static void test_without_end(void **state)
{
	struct collector *c = collector_new();

	(void)state;
	for (uint64_t i = 0; i < 1000; i++) {
		const struct event ev = DEEP_ENTER(100 + i, 50, i, 1, IN_LOOP, 0x10000 + i * 64);

		collector_feed(c, &ev, 1);
	}
	collector_end(c);
	for (size_t i = 0; i < c->count; i++)
		assert_true(count_all(&c->calls[i]) <= 64);
	collector_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loop),
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_once_without_file),
		cmocka_unit_test(test_overlay),
		cmocka_unit_test(test_loop_on_overlay),
		cmocka_unit_test(test_filesystem_to_filesystem),
		cmocka_unit_test(test_not_a_filesystems),
		cmocka_unit_test(test_returns_missed),
		cmocka_unit_test(test_orphans),
		cmocka_unit_test(test_orphans_that_tell),
		cmocka_unit_test(test_caller_hidden_at_return),
		cmocka_unit_test(test_vfs_return_within),
		cmocka_unit_test(test_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
