/* SPDX-License-Identifier: MIT */
/*
 * What the assembler says of one call: way in, fd, who, when.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collector.h"

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
	struct collector *c = collector_with_mounts();

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ways_in),
		cmocka_unit_test(test_trampolines),
		cmocka_unit_test(test_fd),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_facts_of_both_probes),
		cmocka_unit_test(test_utc),
		cmocka_unit_test(test_distrust),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
