/* SPDX-License-Identifier: MIT */
/*
 * System calls of raw_syscalls, and of machines of 32 bits. Formats are those
 * that kernels print; i386's after kernel/trace/trace_syscalls.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "schema_records.h"

/* --- raw_syscalls --- */

#define RAW_ENTER HEAD("sys_enter", 346) FIELD("long id", 8, 8, 1) FIELD("unsigned long args[6]", 16, 48, 0) TAIL
#define RAW_EXIT HEAD("sys_exit", 345) FIELD("long id", 8, 8, 1) FIELD("long ret", 16, 8, 1) TAIL
#define RAW_ENTER_32 HEAD("sys_enter", 346) FIELD("long id", 8, 4, 1) FIELD("unsigned long args[6]", 12, 24, 0) TAIL
#define RAW_EXIT_32 HEAD("sys_exit", 345) FIELD("long id", 8, 4, 1) FIELD("long ret", 12, 4, 1) TAIL

static void raw_enter(struct rec *r, const struct page_format *f, uint64_t nr)
{
	rec_begin(r, f, 346, 8);
	rec_put(r, 8, 8, nr);
	rec_put(r, 16, 8, 0xffffffff);
	rec_put(r, 24, 8, 0xdead00000003);
	rec_put(r, 32, 8, 1ull << 40);
	rec_put(r, 40, 8, (uint64_t)-2);
	rec_put(r, 56, 8, 0);
}

static void test_raw_syscalls(void **state)
{
	static const struct {
		const char *machine;
		const struct page_format *format;
		uint64_t nr;
	} machines[] = {{"x86_64", &little_64, 285}, {"aarch64", &little_64, 47}, {"s390x", &big_64, 314}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct schema *s = schema_of(machines[i].format, machines[i].machine);
		struct event ev;
		struct rec r;

		add_format(s, "raw_syscalls", RAW_ENTER, 1);
		add_format(s, "raw_syscalls", RAW_EXIT, 1);
		raw_enter(&r, machines[i].format, machines[i].nr);
		ev = rec_decode_numbers(s, &r);
		assert_int_equal(ev.kind, EVENT_RAW_ENTER);
		assert_int_equal(ev.has, HAS_FD | REQUEST);
		assert_int_equal(ev.fd, -1);
		assert_int_equal(ev.mode, 3);
		assert_int_equal(ev.offset, 1ll << 40);
		assert_int_equal(ev.len, -2);
		raw_enter(&r, machines[i].format, machines[i].nr + 1);
		assert_int_equal(rec_decode_numbers(s, &r).kind, EVENT_NONE);
		rec_begin(&r, machines[i].format, 345, 8);
		rec_put(&r, 8, 8, machines[i].nr);
		rec_put(&r, 16, 8, (uint64_t)-27);
		ev = rec_decode_numbers(s, &r);
		assert_int_equal(ev.kind, EVENT_RAW_EXIT);
		assert_int_equal(ev.ret, -27);
		rec_put(&r, 8, 8, 1);
		assert_int_equal(rec_decode_numbers(s, &r).kind, EVENT_NONE);
		schema_free(s);
	}
}

/* i386: a 64-bit number takes two registers. */
static void test_raw_syscalls_of_32_bits(void **state)
{
	struct schema *s = schema_of(&little_32, "i686");
	struct event ev;
	struct rec r;

	(void)state;
	add_format(s, "raw_syscalls", RAW_ENTER_32, 1);
	add_format(s, "raw_syscalls", RAW_EXIT_32, 1);
	rec_begin(&r, &little_32, 346, 8);
	rec_put(&r, 8, 4, 324);
	for (unsigned i = 0; i < 6; i++)
		rec_put(&r, 12 + 4 * i, 4, 0x10 + i);
	ev = rec_decode_numbers(s, &r);
	assert_int_equal(ev.kind, EVENT_RAW_ENTER);
	assert_int_equal(ev.fd, 0x10);
	assert_int_equal(ev.mode, 0x11);
	assert_int_equal(ev.offset, 0x1300000012);
	assert_int_equal(ev.len, 0x1500000014);
	rec_put(&r, 8, 4, 285);
	assert_int_equal(rec_decode_numbers(s, &r).kind, EVENT_NONE);
	schema_free(s);
}

static void test_raw_syscalls_of_who_knows_what(void **state)
{
	static const struct {
		const char *machine;
		const struct page_format *format;
	} machines[] = {{"", &little_64}, {"mips64", &big_64}, {"x86_64", &little_32}, {"i686", &little_64}};
	static const char *const broken[] = {
		HEAD("sys_enter", 346) FIELD("unsigned long args[6]", 16, 48, 0) TAIL,
		HEAD("sys_enter", 346) FIELD("long id", 8, 8, 1) TAIL,
		HEAD("sys_enter", 346) FIELD("long id", 8, 4, 1) FIELD("unsigned long args[6]", 16, 48, 0) TAIL,
		HEAD("sys_enter", 346) FIELD("long id", 8, 8, 1) FIELD("unsigned long args[6]", 16, 40, 0) TAIL,
		HEAD("sys_enter", 346) FIELD("long id", 8, 8, 1) FIELD("__data_loc long[] args", 16, 4, 0) TAIL,
	};
	struct schema *s;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		s = schema_of(machines[i].format, machines[i].machine);
		add_format(s, "raw_syscalls", RAW_ENTER, 0);
		add_format(s, "raw_syscalls", RAW_EXIT, 0);
		schema_free(s);
	}
	s = schema_of(&little_64, "x86_64");
	for (size_t i = 0; i < 5; i++)
		add_format(s, "raw_syscalls", broken[i], -1);
	schema_free(s);
}

/* --- syscalls of kernels of 32 bits --- */

static const char enter_32[] = HEAD("sys_enter_fallocate", 814) FIELD("int __syscall_nr", 8, 4, 1)
	FIELD("int fd", 12, 4, 0) FIELD("int mode", 16, 4, 0) FIELD("loff_t offset", 20, 4, 0)
		FIELD("loff_t len", 24, 4, 0) TAIL;
static const char enter_ia32[] = HEAD("sys_enter_ia32_fallocate", 815) FIELD("int __syscall_nr", 8, 4, 1)
	FIELD("int fd", 12, 4, 0) FIELD("int mode", 16, 4, 0) FIELD("unsigned int offset_lo", 20, 4, 0)
		FIELD("unsigned int offset_hi", 24, 4, 0) FIELD("unsigned int len_lo", 28, 4, 0)
			FIELD("unsigned int len_hi", 32, 4, 0) TAIL;

static void test_tracepoints_of_32_bits(void **state)
{
	const struct page_format *formats[] = {&little_32, &big_32};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct schema *s = schema_of(formats[i], "");
		struct event ev;
		struct rec r;

		add_format(s, "syscalls", enter_32, 1);
		rec_begin(&r, formats[i], 814, 8);
		rec_put(&r, 12, 4, 5);
		rec_put(&r, 16, 4, 1);
		/* the two registers of the offset, as their names do not say */
		rec_put(&r, 20, 4, i ? 0x12 : 0x80000000);
		rec_put(&r, 24, 4, i ? 0x80000000 : 0x12);
		ev = rec_decode_numbers(s, &r);
		assert_int_equal(ev.has, HAS_FD | HAS_MODE | HAS_OFFSET);
		assert_int_equal(ev.fd, 5);
		assert_int_equal(ev.mode, 1);
		assert_int_equal(ev.offset, 0x1280000000);
		schema_free(s);
	}
}

static void test_tracepoints_of_i386(void **state)
{
	struct schema *s = schema_of(&little_32, "i686");
	struct event ev;
	struct rec r;

	(void)state;
	add_format(s, "syscalls", enter_ia32, 1);
	rec_begin(&r, &little_32, 815, 8);
	for (unsigned i = 0; i < 6; i++)
		rec_put(&r, 12 + 4 * i, 4, 0x10 + i);
	ev = rec_decode_numbers(s, &r);
	assert_int_equal(ev.kind, EVENT_SYS_ENTER);
	assert_int_equal(ev.has, HAS_FD | REQUEST);
	assert_int_equal(ev.fd, 0x10);
	assert_int_equal(ev.mode, 0x11);
	assert_int_equal(ev.offset, 0x1300000012);
	assert_int_equal(ev.len, 0x1500000014);
	schema_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_raw_syscalls),
		cmocka_unit_test(test_raw_syscalls_of_32_bits),
		cmocka_unit_test(test_raw_syscalls_of_who_knows_what),
		cmocka_unit_test(test_tracepoints_of_32_bits),
		cmocka_unit_test(test_tracepoints_of_i386),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
