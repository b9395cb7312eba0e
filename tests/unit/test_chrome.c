/* SPDX-License-Identifier: MIT */
/* tests/replay/formats reads whole traces as the format's readers do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "calls.h"
#include "falloctrace/info.h"

/* A sink that writes into memory, and what was told to it. */
struct page {
	struct sink *sink;
	struct sink_options o;
	struct error e;
	char *text;
	size_t size;
};

static void open_page(struct page *p, bool hosts)
{
	memset(p, 0, sizeof(*p));
	p->o.hosts = hosts;
	p->o.out = open_memstream(&p->text, &p->size);
	assert_non_null(p->o.out);
	p->sink = sink_chrome_new(&p->o);
	assert_non_null(p->sink);
	assert_int_equal(p->sink->ops->header(p->sink, &p->e), 0);
}

static void put_trace(struct page *p, const struct trace_info *info)
{
	assert_int_equal(p->sink->ops->trace(p->sink, info, &p->e), 0);
}

static void put(struct page *p, const struct call *c)
{
	assert_int_equal(p->sink->ops->call(p->sink, c, &p->e), 0);
}

static char *close_page(struct page *p)
{
	assert_int_equal(p->sink->ops->footer(p->sink, &p->e), 0);
	p->sink->ops->free(p->sink);
	assert_int_equal(fclose(p->o.out), 0);
	return p->text;
}

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

static void expect_part(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no %s in %s", part, text);
}

/* Everything that JSON has; a string where a double would not do. */
#define SPACE_UNKNOWN "\"space_free\":null,\"space_avail\":null,\"space_size\":null,\"space_later_ns\":null,"
#define WHOLE_ARGS                                                                                               \
	"\"args\":{\"time\":\"2026-11-23T09:15:02.123456789Z\",\"ts\":123456789012,\"host\":\"db1\",\"pid\":42," \
	"\"tid\":43,\"uid\":107,\"cgroup\":\"/docker/" CALL_CONTAINER "\",\"container\":\"" CALL_CONTAINER       \
	"\",\"comm\":\"postgres\",\"cpu\":1,\"via\":\"syscall\","                                                \
	"\"caller\":\"__x64_sys_fallocate\",\"depth\":0,\"fd\":7,\"mode\":3,"                                    \
	"\"flags\":\"KEEP_SIZE|PUNCH_HOLE\",\"op\":\"punch\",\"offset\":4096,\"len\":8192,\"ret\":0,"            \
	"\"error\":null,\"latency_ns\":35120,\"dev\":\"254:0\",\"ino\":131,\"fs\":\"ext4\","                     \
	"\"path\":\"/var/lib/db/16384\",\"size_before\":1048576,\"size_after\":1048576,\"blocks_before\":2048,"  \
	"\"blocks_after\":2032,\"after\":\"seen\",\"grown\":0,\"gained\":-8192," SPACE_UNKNOWN "\"odd\":null}}\n"

#define M "{\"ph\":\"M\",\"name\":"

static void a_whole_call(void **state)
{
	struct call c = call_whole();
	struct page p;
	char *got;

	(void)state;
	open_page(&p, false);
	put(&p, &c);
	got = close_page(&p);
	assert_string_equal(
		got, "[\n" M "\"process_name\",\"pid\":2147483648,\"tid\":2147483648,\"args\":{\"name\":\"db1\"}}\n"
		     "," M "\"process_name\",\"pid\":42,\"tid\":43,\"args\":{\"name\":\"postgres\"}}\n"
		     "," M "\"thread_name\",\"pid\":42,\"tid\":43,\"args\":{\"name\":\"postgres\"}}\n"
		     ",{\"ph\":\"X\",\"name\":\"punch\",\"cat\":\"syscall\",\"pid\":42,\"tid\":43,\"ts\":123456789.012,"
		     "\"dur\":35.120," WHOLE_ARGS
		     ",{\"ph\":\"C\",\"name\":\"bytes\",\"pid\":2147483648,\"tid\":2147483648,\"ts\":123456824.132,"
		     "\"args\":{\"asked\":8192,\"grown\":0,\"allocated\":0,\"freed\":8192}}\n"
		     ",{\"ph\":\"C\",\"name\":\"bytes\",\"pid\":42,\"tid\":42,\"ts\":123456824.132,"
		     "\"args\":{\"asked\":8192,\"grown\":0,\"allocated\":0,\"freed\":8192}}\n"
		     "]\n");
	free(got);
}

static void nothing_at_all(void **state)
{
	struct page p;
	char *got;

	(void)state;
	open_page(&p, false);
	got = close_page(&p);
	assert_string_equal(got, "[\n]\n");
	free(got);
}

static void what_is_not_known_is_null(void **state)
{
	struct call c = call_bare();
	struct page p;
	char *got;

	(void)state;
	open_page(&p, false);
	put(&p, &c);
	got = close_page(&p);
	/* no name for the tracks, and a thread of unknown process is beside itself */
	assert_int_equal(count(got, "\"ph\":\"M\""), 1);
	expect_part(got, "\"args\":{\"name\":\"machine\"}}");
	expect_part(
		got,
		",{\"ph\":\"i\",\"name\":\"fallocate\",\"cat\":\"unknown\",\"pid\":7,\"tid\":7,\"ts\":0.000,"
		"\"s\":\"t\",\"args\":{\"time\":null,\"ts\":null,\"host\":null,\"pid\":null,\"tid\":7,\"uid\":null,");
	expect_part(got, "\"blocks_after\":null,\"after\":\"unknown\",\"grown\":null,\"gained\":null," SPACE_UNKNOWN
			 "\"odd\":null}}\n");
	assert_int_equal(count(got, "\"ph\":\"C\""), 0);
	free(got);
}

static void hostile_calls_stay_json(void **state)
{
	struct call c = call_hostile();
	struct page p;
	char *got;

	(void)state;
	open_page(&p, false);
	put(&p, &c);
	got = close_page(&p);
	expect_part(
		got,
		"\"process_name\",\"pid\":2147483648,\"tid\":2147483648,\"args\":{\"name\":\"h\\u001b\xef\xbf\xbd\"}}");
	expect_part(
		got,
		"{\"ph\":\"i\",\"name\":\"invalid\",\"cat\":\"kernel\",\"pid\":42,\"tid\":43,\"cname\":\"terrible\","
		"\"ts\":123456824.132,\"s\":\"t\",");
	expect_part(got,
		    "\"comm\":\"a b\\\"\\\\\\n\\u001b[2J\xef\xbf\xbd\\t\",\"comm_hex\":\"612062225c0a1b5b324aff09\",");
	expect_part(got, "\"offset\":\"-9223372036854775808\",\"len\":\"9223372036854775807\",\"ret\":-9999,");
	expect_part(got, "\"ino\":\"18446744073709551615\",");
	expect_part(got, "\"path_hex\":\"2f746d702fe282ac20c29b324ae280aeeda0800a0d095c782f7f20\",");
	free(got);
}

/* 2^53 is the largest that nothing rounds to. */
static void numbers_are_exact_or_strings(void **state)
{
	struct call c = call_whole();
	struct page p;
	char *got;

	(void)state;
	c.offset = INT64_C(1) << 53;
	c.len = (INT64_C(1) << 53) + 1;
	c.ino = UINT64_C(1) << 53;
	c.size_before = -(INT64_C(1) << 53) - 1;
	open_page(&p, false);
	put(&p, &c);
	got = close_page(&p);
	expect_part(got, "\"offset\":9007199254740992,\"len\":\"9007199254740993\",");
	expect_part(got, "\"ino\":9007199254740992,");
	expect_part(got, "\"size_before\":\"-9007199254740993\",");
	free(got);
}

static void no_guess_passes_for_seen(void **state)
{
	struct call c = call_whole();
	struct page p;
	char *got;

	(void)state;
	c.size_after = c.size_before + 4096;
	c.blocks_after_known = DERIVED;
	open_page(&p, false);
	put(&p, &c);
	c.size_after_known = DERIVED;
	put(&p, &c);
	got = close_page(&p);
	expect_part(got, "\"blocks_after\":null,\"after\":\"seen\",\"grown\":4096,\"gained\":null,");
	expect_part(got, "\"blocks_after\":2032,\"after\":\"derived\",\"grown\":4096,\"gained\":-8192,");
	/* sums are of what was seen */
	expect_part(got, "\"args\":{\"asked\":16384,\"grown\":4096,\"allocated\":0,\"freed\":0}}");
	free(got);
}

/* The outer one first: of two that begin at once the first is the outer. */
static void inner_calls_lie_in_theirs(void **state)
{
	struct call inner, c = call_overlay(&inner), second = call_whole();
	struct page p;
	char *got, *outer_at, *inner_at, *second_at;

	(void)state;
	inner.end = c.start + 10000;
	inner.next = &second;
	second.start = c.start + 10000;
	second.odd = ODD_NESTED;
	open_page(&p, false);
	put(&p, &c);
	got = close_page(&p);
	outer_at = strstr(got, "\"ts\":123456789.012,\"dur\":35.120,");
	inner_at = strstr(got, "\"cat\":\"overlay\",\"pid\":42,\"tid\":43,\"ts\":123456790.012,\"dur\":9.000,");
	second_at = strstr(got, "\"ts\":123456799.012,\"dur\":25.120,");
	assert_true(outer_at && inner_at > outer_at && second_at > inner_at);
	assert_int_equal(count(got, "\"ph\":\"C\""), 2); /* inner calls are not counted again */
	free(got);
}

/* Whatever a file says of times: slices of a thread nest, or what does not is a moment. */
static void slices_never_overlap(void **state)
{
	struct call inner, c = call_overlay(&inner), later = call_whole(), other = call_whole();
	struct page p;
	char *got;

	(void)state;
	inner.end = c.end + 1; /* sticks out */
	later.start = c.end - 1;
	later.end = c.end + 100;
	other.start = later.start;
	other.end = later.end;
	other.tid = 44;
	open_page(&p, false);
	put(&p, &c);
	put(&p, &later);
	put(&p, &other);
	later.start = c.end; /* one after the other does not overlap */
	put(&p, &later);
	got = close_page(&p);
	assert_int_equal(count(got, "\"ph\":\"X\""), 3);
	expect_part(got,
		    "{\"ph\":\"i\",\"name\":\"punch\",\"cat\":\"overlay\",\"pid\":42,\"tid\":43,\"ts\":123456790.012,");
	expect_part(got,
		    "{\"ph\":\"i\",\"name\":\"punch\",\"cat\":\"syscall\",\"pid\":42,\"tid\":43,\"ts\":123456824.131,");
	expect_part(got,
		    "{\"ph\":\"X\",\"name\":\"punch\",\"cat\":\"syscall\",\"pid\":42,\"tid\":44,\"ts\":123456824.131,");
	expect_part(got,
		    "{\"ph\":\"X\",\"name\":\"punch\",\"cat\":\"syscall\",\"pid\":42,\"tid\":43,\"ts\":123456824.132,"
		    "\"dur\":0.100,");
	free(got);
}

static void calls_in_one_without_an_end(void **state)
{
	struct call inner, c = call_overlay(&inner);
	struct page p;
	char *got;

	(void)state;
	c.has_end = c.has_ret = false;
	c.odd = ODD_UNFINISHED;
	open_page(&p, false);
	put(&p, &c);
	c.has_end = c.ticks = true; /* a clock that counts no ns has no lengths */
	inner.ticks = true;
	put(&p, &c);
	got = close_page(&p);
	assert_int_equal(count(got, "\"ph\":\"X\",\"name\":\"punch\",\"cat\":\"overlay\""), 1);
	assert_int_equal(count(got, "\"ph\":\"i\""), 3);
	free(got);
}

static void threads_are_named_anew_but_not_without_end(void **state)
{
	struct call c = call_whole();
	struct page p;
	char *got;

	(void)state;
	open_page(&p, false);
	put(&p, &c);
	put(&p, &c);
	c.tid = 44;
	strcpy(c.comm, "walwriter");
	put(&p, &c); /* another thread does not rename the process */
	c.tid = c.pid;
	strcpy(c.comm, "initdb");
	put(&p, &c); /* the first one does */
	c.tid = 45;
	for (int i = 0; i < 100; i++) {
		snprintf(c.comm, sizeof(c.comm), "w%d", i);
		put(&p, &c);
	}
	got = close_page(&p);
	assert_int_equal(count(got, "\"process_name\",\"pid\":42,"), 2);
	expect_part(got, M "\"process_name\",\"pid\":42,\"tid\":42,\"args\":{\"name\":\"initdb\"}}");
	assert_int_equal(count(got, "\"thread_name\",\"pid\":42,\"tid\":43,"), 1);
	expect_part(got, M "\"thread_name\",\"pid\":42,\"tid\":44,\"args\":{\"name\":\"walwriter\"}}");
	assert_int_equal(count(got, "\"thread_name\",\"pid\":42,\"tid\":45,"), 8);
	free(got);
}

/* Both have a process 42; b was booted 2 s before a, by its wall clock. */
static void machines_have_numbers_of_their_own(void **state)
{
	static const struct trace_info infos[] = {
		{.host = "a", .has_utc_offset = true, .utc_offset = INT64_C(1795425300000000000)},
		{.host = "b", .has_utc_offset = true, .utc_offset = INT64_C(1795425298000000000)},
		{.host = "a", .has_utc_offset = true, .utc_offset = INT64_C(1795425301000000000)},
	};
	static const struct loss lost = {
		.host = infos[1].host, .cpu = 3, .count = 5, .has_before = true, .before = 1000};
	struct call c = call_whole();
	struct page p;
	char *got;

	(void)state;
	c.start = 1000000000;
	c.end = 1000001000;
	open_page(&p, true);
	for (size_t i = 0; i < 3; i++)
		put_trace(&p, &infos[i]);
	for (size_t i = 0; i < 3; i++) {
		c.host = infos[i].host;
		put(&p, &c);
	}
	assert_int_equal(p.sink->ops->lost(p.sink, &lost, &p.e), 0);
	got = close_page(&p);
	expect_part(got, M "\"process_name\",\"pid\":42,\"tid\":43,\"args\":{\"name\":\"postgres on a\"}}");
	expect_part(got, M "\"process_name\",\"pid\":4194346,\"tid\":4194347,\"args\":{\"name\":\"postgres on b\"}}");
	expect_part(got, M "\"process_name\",\"pid\":2147483649,\"tid\":2147483649,\"args\":{\"name\":\"b\"}}");
	assert_int_equal(count(got, "\"process_name\""), 4); /* a's are the same in both of its traces */
	expect_part(got, "\"X\",\"name\":\"punch\",\"cat\":\"syscall\",\"pid\":42,\"tid\":43,\"ts\":3000000.000,");
	expect_part(got,
		    "\"X\",\"name\":\"punch\",\"cat\":\"syscall\",\"pid\":4194346,\"tid\":4194347,\"ts\":1000000.000,");
	expect_part(got, "\"X\",\"name\":\"punch\",\"cat\":\"syscall\",\"pid\":42,\"tid\":43,\"ts\":4000000.000,");
	expect_part(got,
		    "{\"ph\":\"i\",\"name\":\"events lost\",\"cat\":\"lost\",\"pid\":2147483649,\"tid\":2147483649,"
		    "\"cname\":\"terrible\",\"ts\":1.000,\"s\":\"p\",\"args\":{\"cpu\":3,\"count\":5}}");
	free(got);
}

/* Nobody knows whether two that tell no name are one: neither's process 42 is the other's. */
static void machines_without_a_name_stay_apart(void **state)
{
	static const struct trace_info infos[] = {{.number = 1}, {.number = 2}};
	struct call c = call_whole();
	struct page p;
	char *got;

	(void)state;
	open_page(&p, true);
	for (size_t i = 0; i < 2; i++)
		put_trace(&p, &infos[i]);
	for (size_t i = 0; i < 2; i++) {
		c.host = infos[i].host;
		put(&p, &c);
	}
	got = close_page(&p);
	expect_part(got, M "\"process_name\",\"pid\":42,\"tid\":43,\"args\":{\"name\":\"postgres on #1\"}}");
	expect_part(got, M "\"process_name\",\"pid\":4194346,\"tid\":4194347,\"args\":{\"name\":\"postgres on #2\"}}");
	expect_part(got,
		    M "\"process_name\",\"pid\":2147483649,\"tid\":2147483649,\"args\":{\"name\":\"machine #2\"}}");
	assert_int_equal(count(got, "\"ph\":\"X\""), 2); /* as one's they would overlap */
	assert_int_equal(count(got, "\"host\":null"), 2);
	free(got);
}

static void losses(void **state)
{
	static const struct loss lost[] = {
		{.host = "db1", .cpu = 1, .count = LOST_UNKNOWN},
		{.host = "db1", .cpu = 2, .count = UINT64_MAX - 1, .has_before = true, .before = 7},
	};
	struct call c = call_whole();
	struct script s = {.header = true, .calls = &c, .calls_count = 1, .losses = lost, .losses_count = 2};
	char *got = sink_output(sink_chrome_new, (struct sink_options){0}, &s);

	(void)state;
	/* before the end: after all that was seen */
	expect_part(got, "\"ts\":123456824.132,\"s\":\"p\",\"args\":{\"cpu\":1,\"count\":null}}");
	expect_part(got, "\"ts\":0.007,\"s\":\"p\",\"args\":{\"cpu\":2,\"count\":\"18446744073709551614\"}}");
	free(got);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_call),
		cmocka_unit_test(nothing_at_all),
		cmocka_unit_test(what_is_not_known_is_null),
		cmocka_unit_test(hostile_calls_stay_json),
		cmocka_unit_test(numbers_are_exact_or_strings),
		cmocka_unit_test(no_guess_passes_for_seen),
		cmocka_unit_test(inner_calls_lie_in_theirs),
		cmocka_unit_test(slices_never_overlap),
		cmocka_unit_test(calls_in_one_without_an_end),
		cmocka_unit_test(threads_are_named_anew_but_not_without_end),
		cmocka_unit_test(machines_have_numbers_of_their_own),
		cmocka_unit_test(machines_without_a_name_stay_apart),
		cmocka_unit_test(losses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
