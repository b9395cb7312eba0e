/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collector.h"

static struct call *copy_inner(const struct call *from)
{
	struct call *first = NULL, **last = &first;

	for (; from; from = from->next) {
		*last = malloc(sizeof(**last));
		assert_non_null(*last);
		**last = *from;
		(*last)->inner = copy_inner(from->inner);
		(*last)->next = NULL;
		last = &(*last)->next;
	}
	return first;
}

static void free_inner(struct call *c)
{
	while (c) {
		struct call *next = c->next;

		free_inner(c->inner);
		free(c);
		c = next;
	}
}

static int take_call(void *ctx, const struct call *call, struct error *e)
{
	struct collector *c = ctx;

	if (c->fail)
		return error_set(e, "told to fail");
	if (c->count == c->room) {
		c->room = c->room ? c->room * 2 : 8;
		c->calls = realloc(c->calls, c->room * sizeof(*c->calls));
	}
	assert_non_null(c->calls);
	c->calls[c->count] = *call;
	c->calls[c->count].inner = copy_inner(call->inner);
	c->count++;
	return 0;
}

static int take_lost(void *ctx, const struct event *lost, struct error *e)
{
	struct collector *c = ctx;

	if (c->fail)
		return error_set(e, "told to fail");
	assert_int_equal(lost->kind, EVENT_LOST);
	c->losses++;
	c->lost = lost->lost;
	return 0;
}

struct collector *collector_new(void)
{
	struct collector *c = calloc(1, sizeof(*c));
	struct assemble_target target = {.call = take_call, .lost = take_lost, .ctx = c};

	assert_non_null(c);
	info_init(&c->info);
	c->info.fallocate_nr = NR;
	symbols_add(c->info.symbols, 0x1000, 0x1100, "__x64_sys_fallocate");
	symbols_add(c->info.symbols, 0x2000, 0x2100, "ksys_fallocate");
	symbols_add(c->info.symbols, 0x3000, 0x3100, "io_fallocate");
	symbols_add(c->info.symbols, 0x4000, 0x4100, "ovl_fallocate");
	symbols_add(c->info.symbols, 0x5000, 0x5100, "ioctl_preallocate");
	symbols_add(c->info.symbols, 0x6000, 0x6100, "somewhere_else");
	symbols_add(c->info.symbols, 0x7000, 0x7100, "vfs_fallocate");
	symbols_add(c->info.symbols, 0x8000, 0x8100, "lo_fallocate.isra.0 [loop]");
	symbols_add(c->info.symbols, 0xa000, 0xa100, "arch_rethook_trampoline");
	for (int32_t tid = 10; tid < 20; tid++)
		tasks_add(c->info.tasks, tid, 10, 1);
	c->a = assemble_new(&c->info, &target);
	assert_non_null(c->a);
	return c;
}

/* In this order of mounts, ids 21 … */
static const char mountinfo[] = "21 1 254:1 / / rw - ext4 /dev/vda1 rw\n"
				"22 21 254:2 / /mnt rw - xfs /dev/vda2 rw\n"
				"23 21 254:3 /sub/vol /srv/data rw - btrfs /dev/vda3 rw\n"
				"24 21 254:1 /home/me /home/me/bind rw - ext4 /dev/vda1 rw\n"
				"25 21 0:40 / /tmp\\040dir rw - tmpfs tmpfs rw\n";

struct collector *collector_with_mounts(void)
{
	struct collector *c = collector_new();

	assert_int_equal(mounts_add_text(c->info.mounts, mountinfo, strlen(mountinfo)), 5);
	assert_int_equal(mounts_add_internal(c->info.mounts, DEV(0, 1), "tmpfs"), 0);
	return c;
}

void collector_free(struct collector *c)
{
	assemble_free(c->a);
	info_free(&c->info);
	for (size_t i = 0; i < c->count; i++)
		free_inner(c->calls[i].inner);
	free(c->calls);
	free(c);
}

void collector_feed(struct collector *c, const struct event *events, size_t count)
{
	struct error e = {.text = ""};

	for (size_t i = 0; i < count; i++)
		if (assemble_event(c->a, &events[i], &e))
			fail_msg("event %zu: %s", i, e.text);
}

void collector_end(struct collector *c)
{
	struct error e = {.text = ""};

	if (assemble_end(c->a, &e))
		fail_msg("%s", e.text);
}

struct collector *collect(const struct event *events, size_t count)
{
	struct collector *c = collector_new();

	collector_feed(c, events, count);
	collector_end(c);
	return c;
}

size_t count_all(const struct call *c)
{
	size_t count = 1;

	for (const struct call *inner = c->inner; inner; inner = inner->next)
		count += count_all(inner);
	return count;
}
