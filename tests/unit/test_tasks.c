/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "falloctrace/info.h"

/* As in clone(2) and <linux/sched.h>, by number: the kernel's interface. */
#define THREAD 0x10000
#define PARENT 0x8000
#define PTHREAD 0x3d0f00 /* what glibc's pthread_create asks for */
#define VFORK 0x4100

static int setup(void **state)
{
	*state = tasks_new();
	return !*state;
}

static int teardown(void **state)
{
	tasks_free(*state);
	return 0;
}

static void added(void **state)
{
	struct tasks *t = *state;

	assert_int_equal(tasks_tgid(t, 10), -1);
	assert_int_equal(tasks_add(t, 10, 10, 1), 0);
	assert_int_equal(tasks_add(t, 11, 10, 1), 0);
	assert_int_equal(tasks_tgid(t, 10), 10);
	assert_int_equal(tasks_tgid(t, 11), 10);
	assert_int_equal(tasks_tgid(t, 12), -1);
	assert_int_equal(tasks_tgid(t, 0), -1);
	assert_int_equal(tasks_tgid(t, -5), -1);
}

static void threads_and_processes(void **state)
{
	struct tasks *t = *state;

	tasks_add(t, 10, 10, 1);
	tasks_clone(t, 10, 11, PTHREAD, 0);
	tasks_clone(t, 11, 12, THREAD, 0);
	tasks_clone(t, 12, 20, 0, 0); /* a thread forks */
	tasks_clone(t, 20, 30, VFORK, 0);
	assert_int_equal(tasks_tgid(t, 11), 10);
	assert_int_equal(tasks_tgid(t, 12), 10);
	assert_int_equal(tasks_tgid(t, 20), 20);
	assert_int_equal(tasks_tgid(t, 30), 30);
	assert_true(tasks_descends(t, 30, 10));
	assert_true(tasks_descends(t, 30, 20));
	assert_true(tasks_descends(t, 30, 1));
	assert_true(tasks_descends(t, 30, 30));
	assert_false(tasks_descends(t, 10, 30));
	assert_false(tasks_descends(t, 20, 11)); /* 11 is a thread, no group */
}

static void clone_parent_makes_a_sibling(void **state)
{
	struct tasks *t = *state;

	tasks_add(t, 10, 10, 7);
	tasks_clone(t, 10, 20, PARENT, 0);
	assert_int_equal(tasks_tgid(t, 20), 20);
	assert_false(tasks_descends(t, 20, 10));
	assert_true(tasks_descends(t, 20, 7));
}

static void unknown_parents(void **state)
{
	struct tasks *t = *state;

	tasks_clone(t, 99, 100, THREAD, 0);
	tasks_clone(t, 99, 101, 0, 0);
	assert_int_equal(tasks_tgid(t, 100), -1);
	assert_int_equal(tasks_tgid(t, 101), 101);
	assert_false(tasks_descends(t, 101, 99));
	assert_true(tasks_descends(t, 101, 101));
	assert_true(tasks_descends(t, 555, 555)); /* itself, known or not */
	assert_false(tasks_descends(t, -1, -1));
	/* learnt later */
	tasks_add(t, 100, 98, 5);
	assert_int_equal(tasks_tgid(t, 100), 98);
	assert_true(tasks_descends(t, 98, 5));
}

static void a_reused_tid_is_the_new_task(void **state)
{
	struct tasks *t = *state;

	tasks_add(t, 10, 10, 1);
	tasks_clone(t, 10, 11, THREAD, 0);
	tasks_add(t, 50, 50, 2);
	tasks_clone(t, 50, 11, 0, 0);
	assert_int_equal(tasks_tgid(t, 11), 11);
	assert_true(tasks_descends(t, 11, 50));
	assert_false(tasks_descends(t, 11, 10));
	tasks_clone(t, 999, 11, THREAD, 0); /* of whom we know nothing: nor of it */
	assert_int_equal(tasks_tgid(t, 11), -1);
}

static void parents_are_not_forgotten(void **state)
{
	struct tasks *t = *state;

	tasks_add(t, 10, 10, 4);
	tasks_add(t, 10, 10, 0); /* asked again, without the parent */
	assert_true(tasks_descends(t, 10, 4));
	tasks_add(t, 21, 20, 9); /* a thread tells of its group */
	assert_true(tasks_descends(t, 20, 9));
	tasks_clone(t, 20, 30, 0, 0); /* whose leader is known by it */
	assert_true(tasks_descends(t, 30, 9));
}

static void rings_end(void **state)
{
	struct tasks *t = *state;

	for (int32_t i = 1; i <= 1000; i++)
		tasks_add(t, i, i, i % 1000 + 1);
	assert_true(tasks_descends(t, 1, 1000));
	assert_false(tasks_descends(t, 1, 1001));
	tasks_add(t, 2000, 2000, 2000);
	assert_false(tasks_descends(t, 2000, 1));
	tasks_add(t, 2001, 2001, 1); /* a tail that leads into the ring */
	assert_false(tasks_descends(t, 2001, 5000));
}

static void long_lines(void **state)
{
	struct tasks *t = *state;

	for (int32_t i = 2; i < 300000; i++)
		tasks_clone(t, i - 1, i, 0, 0);
	assert_true(tasks_descends(t, 60000, 2));
	assert_false(tasks_descends(t, 299999, 2)); /* too far: the bound */
	assert_true(tasks_descends(t, 299999, 299000));
}

static void nonsense_is_not_kept(void **state)
{
	struct tasks *t = *state;

	assert_int_equal(tasks_add(t, 0, 5, 0), 0);
	assert_int_equal(tasks_add(t, -7, 5, 0), 0);
	assert_int_equal(tasks_add(t, 5, 0, 0), 0);
	assert_int_equal(tasks_add(t, 5, 5, -1), 0);
	assert_int_equal(tasks_clone(t, 5, 0, 0, 0), 0);
	assert_int_equal(tasks_clone(t, INT32_MIN, INT32_MIN, THREAD, 0), 0);
	assert_int_equal(tasks_tgid(t, 5), -1);
	assert_int_equal(tasks_add(NULL, 5, 5, 0), -1);
	assert_int_equal(tasks_clone(NULL, 5, 6, 0, 0), -1);
	assert_int_equal(tasks_tgid(NULL, 5), -1);
	assert_false(tasks_descends(NULL, 5, 6));
	tasks_free(NULL);
}

/* Against arrays, with tids that meet often. */
static void random_clones(void **state)
{
	struct tasks *t = *state;
	static int32_t tgid[4096], parent[4096];

	srand(3);
	for (int32_t i = 0; i < 4096; i++)
		tgid[i] = -1;
	for (int n = 0; n < 100000; n++) {
		int32_t from = 1 + rand() % 4095, child = 1 + rand() % 4095;
		int32_t from_tgid = tgid[from];

		assert_int_equal(tasks_clone(t, from, child, n % 3 ? THREAD : 0, 0), 0);
		parent[child] = n % 3 ? 0 : from_tgid;
		tgid[child] = n % 3 ? from_tgid : child;
		for (int i = 0; i < 5; i++) {
			int32_t tid = 1 + rand() % 4095;

			assert_int_equal(tasks_tgid(t, tid), tgid[tid]);
			if (tgid[tid] == tid && parent[tid] > 0)
				assert_true(tasks_descends(t, tid, parent[tid]));
		}
	}
}

static void bounded(void **state)
{
	struct tasks *t = *state;

	for (int32_t i = 1; i <= 3000000; i++)
		assert_int_equal(tasks_add(t, i, i, 0), 0);
	assert_int_equal(tasks_tgid(t, 1), 1);
	assert_int_equal(tasks_tgid(t, 1 << 19), 1 << 19);
	assert_int_equal(tasks_tgid(t, (1 << 19) + 1), -1);
	/* full, it still follows what it knows */
	assert_int_equal(tasks_clone(t, 1, 77, THREAD, 0), 0);
	assert_int_equal(tasks_tgid(t, 77), 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(added),
		T(threads_and_processes),
		T(clone_parent_makes_a_sibling),
		T(unknown_parents),
		T(a_reused_tid_is_the_new_task),
		T(parents_are_not_forgotten),
		T(rings_end),
		T(long_lines),
		T(nonsense_is_not_kept),
		T(random_clones),
		T(bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
