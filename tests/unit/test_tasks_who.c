/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "falloctrace/info.h"
#include "kernel/exclude.h"

/* As in clone(2) and <linux/sched.h>, by number: the kernel's interface. */
#define THREAD 0x10000
#define INTO_CGROUP 0x200000000

static int setup(void **state)
{
	struct tasks *t = tasks_new();

	*state = t;
	if (!t)
		return -1;
	tasks_found_from(t, 1000000);
	/* A process of three threads, its parent, and a kernel thread. */
	for (int32_t tid = 10; tid <= 12; tid++) {
		tasks_add(t, tid, 10, 1);
		tasks_found(t, tid, 1000, "/user", 1000000);
	}
	tasks_add(t, 1, 1, 0);
	tasks_found(t, 1, 0, "/init", 1000000);
	tasks_add(t, 50, 50, 2);
	tasks_found(t, 50, -1, "/", 1000000);
	return 0;
}

static int teardown(void **state)
{
	tasks_free(*state);
	return 0;
}

static void is(const struct tasks *t, int32_t tid, int64_t uid, const char *cgroup)
{
	struct task_who who;

	tasks_who(t, tid, &who);
	assert_int_equal(who.uid, uid);
	assert_string_equal(who.cgroup, cgroup);
}

static void move(struct tasks *t, int32_t tid, const char *path, enum task_move how)
{
	assert_int_equal(tasks_set_cgroup(t, tid, path, strlen(path), how, 2000000000), 0);
}

static void inherited(void **state)
{
	struct tasks *t = *state;

	is(t, 11, 1000, "/user");
	is(t, 99, -1, "");
	tasks_clone(t, 11, 20, 0, 2000000000);
	tasks_clone(t, 20, 21, THREAD, 2000000001);
	tasks_clone(t, 50, 60, 0, 2000000002);
	is(t, 20, 1000, "/user");
	is(t, 21, 1000, "/user");
	is(t, 60, -1, "/");
	/* Credentials are a thread's. */
	assert_int_equal(tasks_set_uid(t, 21, 7, 2000000003), 0);
	is(t, 21, 7, "/user");
	is(t, 20, 1000, "/user");
	tasks_clone(t, 21, 22, THREAD, 2000000004);
	is(t, 22, 7, "/user");
	/* A kernel's thread that becomes a program's gets them by an event. */
	tasks_set_uid(t, 60, 0, 2000000005);
	is(t, 60, 0, "/");
	/* tid 20 is somebody else now, of whom nothing is known */
	tasks_clone(t, 999, 20, 0, 2000000006);
	is(t, 20, -1, "");
}

static void whole_processes_move(void **state)
{
	struct tasks *t = *state;

	move(t, 10, "/a", MOVE_PROCESS);
	for (int32_t tid = 10; tid <= 12; tid++)
		is(t, tid, 1000, "/a");
	tasks_clone(t, 12, 13, THREAD, 2000000000);
	is(t, 13, 1000, "/a");
	move(t, 10, "/b", MOVE_UNKNOWN);
	is(t, 13, 1000, "/b");
	is(t, 1, 0, "/init");
}

static void threads_move(void **state)
{
	struct tasks *t = *state;

	move(t, 11, "/one", MOVE_THREAD);
	is(t, 11, 1000, "/one");
	is(t, 10, 1000, "/user");
	is(t, 12, 1000, "/user");
	/* the leader without them */
	move(t, 10, "/two", MOVE_THREAD);
	is(t, 10, 1000, "/two");
	is(t, 11, 1000, "/one");
	is(t, 12, 1000, "/user");
	tasks_clone(t, 11, 13, THREAD, 2000000000);
	tasks_clone(t, 12, 14, 0, 2000000000);
	is(t, 13, 1000, "/one");
	is(t, 14, 1000, "/user");
	move(t, 10, "/all", MOVE_PROCESS);
	is(t, 11, 1000, "/all");
	is(t, 13, 1000, "/all");
	is(t, 14, 1000, "/user");
	move(t, 10, "/again", MOVE_THREAD);
	is(t, 10, 1000, "/again");
	is(t, 12, 1000, "/all");
	/* a tid alone tells no more than that */
	move(t, 12, "/x", MOVE_UNKNOWN);
	is(t, 12, 1000, "/x");
	is(t, 10, 1000, "/again");
}

static void unknown_ones(void **state)
{
	struct tasks *t = *state;

	move(t, 70, "/a", MOVE_PROCESS);
	tasks_clone(t, 70, 71, THREAD, 2000000000);
	is(t, 71, -1, "/a");
	move(t, 80, "/b", MOVE_THREAD);
	is(t, 80, -1, "/b");
	assert_int_equal(tasks_tgid(t, 80), -1);
	tasks_set_uid(t, 81, 5, 2000000000);
	/* what /proc says later does not take back what an event said */
	tasks_add(t, 81, 81, 1);
	tasks_found(t, 81, 6, "/c", 0);
	is(t, 81, 5, "/c");
	/* a path that is none: where it is now is not known */
	assert_int_equal(tasks_set_cgroup(t, 10, "x", 1, MOVE_PROCESS, 2000000000), 0);
	is(t, 10, 1000, "");
	is(t, 11, 1000, "");
	assert_int_equal(tasks_set_cgroup(t, 10, NULL, 0, MOVE_PROCESS, 2000000000), 0);
	assert_int_equal(tasks_set_cgroup(t, -1, "/a", 2, MOVE_PROCESS, 2000000000), 0);
	assert_int_equal(tasks_set_uid(t, 0, 1, 2000000000), 0);
	assert_int_equal(tasks_set_uid(NULL, 1, 1, 0), -1);
	assert_int_equal(tasks_set_cgroup(NULL, 1, "/a", 2, MOVE_PROCESS, 0), -1);
	assert_int_equal(tasks_found(NULL, 1, 1, "/a", 0), -1);
	assert_int_equal(tasks_born_into(NULL, 1, 1, "/a"), -1);
}

/* An event that is older than the sight of /proc is a part of what was seen there. */
static void older_events(void **state)
{
	struct tasks *t = *state;

	tasks_add(t, 30, 30, 10);
	tasks_found(t, 30, 33, "/now", 51000000);
	tasks_clone(t, 1, 30, 0, 50000000);
	tasks_set_uid(t, 30, 34, 50500000);
	tasks_set_cgroup(t, 30, "/then", 5, MOVE_PROCESS, 50800000);
	is(t, 30, 33, "/now");
	assert_true(tasks_descends(t, 30, 10));
	tasks_set_uid(t, 30, 35, 51100000);
	is(t, 30, 35, "/now");
	tasks_clone(t, 1, 30, 0, 52000000);
	is(t, 30, 0, "/init");
	/* one that was seen late, later than can be noted */
	tasks_found(t, 31, 33, "/late", UINT64_MAX);
	tasks_set_uid(t, 31, 36, UINT64_MAX / 2);
	is(t, 31, 36, "/late");
}

static void born_into(void **state)
{
	struct tasks *t = *state;

	/* as the CPUs' buffers are read: not in their order */
	assert_int_equal(tasks_born_into(t, 90, 5000000200, "/there"), 0);
	assert_int_equal(tasks_born_into(t, 91, 5000000100, "/here"), 0);
	assert_int_equal(tasks_born_into(t, 92, 5000000100, "/also"), 0);
	assert_int_equal(tasks_born_into(t, 93, 5000000100, "none"), 0);
	tasks_clone(t, 1, 91, INTO_CGROUP, 5000000100);
	tasks_clone(t, 1, 92, INTO_CGROUP, 5000000100);
	tasks_clone(t, 1, 93, INTO_CGROUP, 5000000100);
	tasks_clone(t, 1, 90, INTO_CGROUP, 5000000200);
	is(t, 90, 0, "/there");
	is(t, 91, 0, "/here");
	is(t, 92, 0, "/also");
	is(t, 93, 0, "");
	/* of the same tid, at another time */
	tasks_clone(t, 1, 90, INTO_CGROUP, 5000000201);
	is(t, 90, 0, "");
	tasks_clone(t, 1, 90, 0, 5000000202);
	is(t, 90, 0, "/init");
	for (int i = 0; i < 65536 - 3; i++)
		assert_int_equal(tasks_born_into(t, 90, 6000000000, "/there"), 0);
	assert_int_equal(tasks_born_into(t, 90, 6000000000, "/there"), -1);
}

/* Leaders that are moved alone, in a table of half a million, a million times: it ends, and does not guess. */
static void hostile(void **state)
{
	struct tasks *t = *state;

	for (int32_t tid = 100; tid < 600000; tid++)
		assert_int_equal(tasks_clone(t, tid == 100 ? 1 : 100, tid, tid == 100 ? 0 : THREAD, 2000000000), 0);
	assert_int_equal(tasks_tgid(t, 520000), 100);
	assert_int_equal(tasks_tgid(t, 599999), -1);
	for (int i = 0; i < 1000000; i++)
		assert_int_equal(tasks_set_cgroup(t, 100, "/x", 2, MOVE_THREAD, 2000000000), 0);
	is(t, 100, 0, "");
	is(t, 1000, 0, "");
	is(t, 1, 0, "/init");
}

/* Whom --exclude-others must leave alone. */
static void meant(void **state)
{
	struct tasks *t = *state;
	const int32_t pids[] = {10};
	struct exclude_target target = {.pids = pids, .count = 1};

	tasks_clone(t, 11, 20, 0, 2000000000);
	tasks_clone(t, 20, 30, 0, 2000000000);
	assert_true(exclude_is_target(t, &target, 10));
	assert_false(exclude_is_target(t, &target, 20));
	assert_false(exclude_is_target(t, &target, 1));
	target.follow = true;
	assert_true(exclude_is_target(t, &target, 30));
	assert_false(exclude_is_target(t, &target, 50));
	target = (struct exclude_target){.root = 20};
	assert_true(exclude_is_target(t, &target, 20));
	assert_true(exclude_is_target(t, &target, 30));
	assert_false(exclude_is_target(t, &target, 10));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(inherited),    TEST(whole_processes_move),
		TEST(threads_move), TEST(unknown_ones),
		TEST(older_events), TEST(born_into),
		TEST(hostile),	    TEST(meant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
