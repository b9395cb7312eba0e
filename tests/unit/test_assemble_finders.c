/* SPDX-License-Identifier: MIT */
/*
 * Who is asked for what the tables lack, and how often.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "collector.h"

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
	struct collector *c = collector_with_mounts();

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
	assert_int_equal(tasks_found(c->info.tasks, 11, 0, "/", 0), 0);
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
		cmocka_unit_test(test_finders_are_asked_once),
		cmocka_unit_test(test_finders_are_asked_for_what_is_not_known),
		cmocka_unit_test(test_new_task_may_be_asked_for_again),
		cmocka_unit_test(test_many_unknown_callers),
		cmocka_unit_test(test_no_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
