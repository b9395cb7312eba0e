/* SPDX-License-Identifier: MIT */
/*
 * What strace 6.1 itself wrote for such calls (-f -y -ttt -T -o FILE), but for
 * numbers of processes and times, is marked "strace"; tests/live/strace-own holds
 * whole runs of both against each other.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "calls.h"

#define LEADER "43    1795425302.123456 "

static void expect_with(struct sink_options o, const struct call *c, const char *want)
{
	struct script s = {.header = true, .calls = c, .calls_count = 1};
	char *got = sink_output(sink_strace_new, o, &s);

	assert_string_equal(got, want);
	free(got);
}

static void expect(const struct call *c, const char *want)
{
	expect_with((struct sink_options){0}, c, want);
}

static void a_whole_call(void **state)
{
	struct call c = call_whole();

	(void)state;
	expect(&c, LEADER
	       "fallocate(7</var/lib/db/16384>, FALLOC_FL_KEEP_SIZE|FALLOC_FL_PUNCH_HOLE, 4096, 8192) = 0 <0.000035>\n");
	c.tid = 123456;
	c.end = c.start + 12345678999;
	expect(&c, "123456 1795425302.123456 fallocate(7</var/lib/db/16384>, FALLOC_FL_KEEP_SIZE|FALLOC_FL_PUNCH_HOLE, "
		   "4096, 8192) = 0 <12.345678>\n");
}

/* A call of strace's own test: mode, result, and what stands for them in its line. */
static void as_strace_prints(void **state)
{
	static const struct {
		uint32_t mode;
		int64_t offset, len, ret;
		const char *want;
	} cases[] = {
		/* strace */
		{0, 0, 1048576, 0, "0, 0, 1048576) = 0"},
		{0x101, 0, 4096, -EOPNOTSUPP,
		 "FALLOC_FL_KEEP_SIZE|0x100, 0, 4096) = -1 EOPNOTSUPP (Operation not supported)"},
		{0x80000000, 0, 1, -EOPNOTSUPP,
		 "0x80000000 /* FALLOC_FL_??? */, 0, 1) = -1 EOPNOTSUPP (Operation not supported)"},
		{1, 0, -5, -EINVAL, "FALLOC_FL_KEEP_SIZE, 0, -5) = -1 EINVAL (Invalid argument)"},
		{0x100, INT64_C(1) << 62, INT64_MAX, -EOPNOTSUPP,
		 "0x100 /* FALLOC_FL_??? */, 4611686018427387904, 9223372036854775807) = -1 EOPNOTSUPP "
		 "(Operation not supported)"},
		/* its sources */
		{0, 0, 1, -512, "0, 0, 1) = ? ERESTARTSYS (To be restarted if SA_RESTART is set)"},
		{0, 0, 1, -513, "0, 0, 1) = ? ERESTARTNOINTR (To be restarted)"},
		{0, 0, 1, -514, "0, 0, 1) = ? ERESTARTNOHAND (To be restarted if no handler)"},
		{0, 0, 1, -516, "0, 0, 1) = ? ERESTART_RESTARTBLOCK (Interrupted by signal)"},
		{0, 0, 1, -4000, "0, 0, 1) = -1 (errno 4000)"},
		{0, 0, 1, -9999, "0, 0, 1) = -9999"},
	};
	struct call c = call_whole();
	char want[256];

	(void)state;
	strcpy(c.path, "/f");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		c.mode = cases[i].mode;
		c.offset = cases[i].offset;
		c.len = cases[i].len;
		c.ret = cases[i].ret;
		snprintf(want, sizeof(want), LEADER "fallocate(7</f>, %s <0.000035>\n", cases[i].want);
		expect(&c, want);
	}
}

static void paths_as_strace_quotes_them(void **state)
{
	struct call c = call_whole();

	(void)state;
	c.mode = 0;
	/* strace */
	strcpy(c.path, "/tmp/h/f <x>\n\"\xc3\xa9\xc3\xbf\\:[y]");
	expect(&c, LEADER
	       "fallocate(7</tmp/h/f \\74x\\76\\n\\\"\\303\\251\\303\\277\\\\:[y]>, 0, 4096, 8192) = 0 <0.000035>\n");
	/* its sources: three digits where one follows */
	strcpy(c.path, "/\x01"
		       "7\x01"
		       "8\x1b[2J\x7f\f\r\t\v");
	expect(&c, LEADER "fallocate(7</\\0017\\18\\33[2J\\177\\f\\r\\t\\v>, 0, 4096, 8192) = 0 <0.000035>\n");
}

static void what_is_not_known_is_asked_for(void **state)
{
	struct call c = call_bare(), bad = call_badfd();

	(void)state;
	expect(&c, "7     ? fallocate(?, ?, ?, ?) = ? <unavailable>\n");
	expect(&bad, "7     5.000000 fallocate(-1, 0, 0, 1) = -1 EBADF (Bad file descriptor) <0.000000>\n");
	bad.ticks = true; /* no seconds, and no latency */
	expect(&bad, "7     5000000000 fallocate(-1, 0, 0, 1) = -1 EBADF (Bad file descriptor)\n");
}

static void only_one_end_was_seen(void **state)
{
	struct call c = call_whole(), orphan = call_bare();

	(void)state;
	strcpy(c.path, "/f");
	c.mode = 0;
	c.has_end = c.has_ret = false;
	c.odd = ODD_UNFINISHED;
	expect(&c, LEADER "fallocate(7</f>, 0, 4096, 8192 <unfinished ...>\n");
	orphan.odd = ODD_ORPHAN;
	orphan.has_end = orphan.has_ret = true;
	orphan.end = 5000000000;
	expect(&orphan, "7     5.000000 <... fallocate resumed>) = 0\n");
	orphan.has_len = true;
	orphan.len = 1;
	expect(&orphan, "7     5.000000 fallocate(?, ?, ?, 1) = 0\n");
}

static void what_strace_does_not_see_is_a_comment(void **state)
{
	struct call inner, c = call_overlay(&inner), hostile = call_hostile();
	struct sink_options nested = {.nested = true}, hosts = {.hosts = true};
	char *got;
	struct script s = {.calls = &hostile, .calls_count = 1};

	(void)state;
	inner.mode = c.mode = 0;
	expect_with(nested, &c,
		    LEADER "fallocate(7</var/lib/db/16384>, 0, 4096, 8192) = 0 <0.000035>\n"
			   "43    1795425302.123457 fallocate(?</mnt/up per/16384> /* overlay */, 0, 4096, 8192) = 0 "
			   "<0.000033>\n");
	c.via = VIA_IO_URING;
	expect_with(hosts, &c,
		    LEADER "fallocate(7</var/lib/db/16384> /* io_uring on db1 */, 0, 4096, 8192) = 0 <0.000035>\n");
	c.via = VIA_COMPAT; /* a system call like another */
	expect(&c, LEADER "fallocate(7</var/lib/db/16384>, 0, 4096, 8192) = 0 <0.000035>\n");

	strcpy(hostile.caller, "evil */ \n\xff");
	got = sink_output(sink_strace_new, hosts, &s);
	assert_non_null(strstr(got, ") = -9999\n")); /* said to be unfinished, and it returned */
	assert_non_null(strstr(got, " /* kernel:evil \\52/ \\n\\377 on h\\33\\377 */, "));
	for (const char *p = got; p[1]; p++) /* but for the end of the line */
		assert_in_range(*p, ' ', '~');
	free(got);
}

static void losses(void **state)
{
	static const struct loss lost[] = {
		{.host = "db1",
		 .cpu = 1,
		 .count = 118,
		 .has_before = true,
		 .before = 1,
		 .has_utc = true,
		 .utc = INT64_C(1795425302123456789)},
		{.host = "", .cpu = 0, .count = LOST_UNKNOWN},
		{.cpu = 2, .count = UINT64_MAX - 1, .has_before = true, .before = 5000000000},
	};
	struct script s = {.losses = lost, .losses_count = 3};
	struct sink_options o = {.hosts = true};
	char *got = sink_output(sink_strace_new, o, &s);

	(void)state;
	assert_string_equal(got, "1795425302.123456 +++ 118 events lost on CPU 1 of db1 +++\n"
				 "? +++ ? events lost on CPU 0 +++\n"
				 "5.000000 +++ 18446744073709551614 events lost on CPU 2 +++\n");
	free(got);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_call),
		cmocka_unit_test(as_strace_prints),
		cmocka_unit_test(paths_as_strace_quotes_them),
		cmocka_unit_test(what_is_not_known_is_asked_for),
		cmocka_unit_test(only_one_end_was_seen),
		cmocka_unit_test(what_strace_does_not_see_is_a_comment),
		cmocka_unit_test(losses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
