/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "calls.h"
#include "falloctrace/filter.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* Each expression, the column where it is wrong (0: none is told), and a part of the reason. */
static const struct {
	const char *where;
	int column;
	const char *why;
} wrong[] = {
	{"", 0, "empty"},
	{"   ", 0, "empty"},
	{"op==pnuch", 5,
	 "\"pnuch\": no op; there are extend, keep, punch, collapse, insert, zero, unshare, write-zeroes"},
	{"  op == pnuch", 9, "no op"},
	{"via==disk", 6, "no via; there are syscall, compat"},
	{"after==now", 8, "no after; there are unknown, derived, seen"},
	{"op in (punch,zoro)", 14, "no op"},
	{"error==EWHAT", 8, "no such error"},
	{"ret==ENOSPC", 6, "-ENOSPC, or error"},
	{"ret==-EWHAT", 6, "number"},
	{"flags==PUNCH", 8, "no flags; there are KEEP_SIZE"},
	{"flags=='KEEP_SIZE|PUNCH'", 8, "'PUNCH' is no flags"},
	{"flags=='KEEP_SIZE|'", 8, "'' is no flags"},
	{"flags=='KEEP_SIZE|0x'", 8, "'0x' is no flags"},
	{"flags=='0x100z|KEEP_SIZE'", 8, "'0x100z' is no flags"},
	{"flags=='KEEP_SIZE|0x100000000'", 8, "is no flags"},
	{"odd=='nested|0x1'", 6, "'0x1' is no odd"},
	{"odd&oddly", 5, "no odd; there are unfinished"},
	{"lenght>5", 1, "no field; there are time, ts,"},
	{"len>5 && pidd==2", 10, "no field"},
	{"known(what)", 7, "no field"},
	{"\"len\">5", 1, "field"},
	{"5<len", 1, "no field"},
	{"len>10ms", 5, "len is in bytes"},
	{"latency>10K", 9, "latency_ns is in ns"},
	{"blocks_after>10ms", 14, "in bytes"},
	{"pid==1K", 6, "number"},
	{"pid==", 6, "at the end"},
	{"pid==99999999999999999999", 6, "too large"},
	{"len==99999999999P", 6, "too large"},
	{"uid==no-such-user-here", 6, "no such user"},
	{"uid==4294967295", 6, "too large"},
	{"mode==0x", 7, "number"},
	{"comm>5", 5, "no order"},
	{"op<punch", 3, "no order"},
	{"flags>3", 6, "no order"},
	{"pid~4*", 4, "no text"},
	{"time!~2026*", 5, "no text"},
	{"pid&3", 4, "and is &&"},
	{"op&punch", 3, "and is &&"},
	{"comm==1234567890123456", 7, "15 bytes"},
	{"latency>size_after", 9, "not of a kind"},
	{"len==pid", 6, "not of a kind"},
	{"time>ts", 6, "not of a kind"},
	{"time>2026-11-31", 6, "isn't"},
	{"time>2026-02-29", 6, "isn't"},
	{"time>2026-13-01", 6, "no time"},
	{"time>24:00", 6, "no time"},
	{"time>09:15:60", 6, "no time"},
	{"time>9:15", 6, "no time"},
	{"time>2026-11-23T09:15:02+1", 6, "no time"},
	{"time>09:15Z", 6, "no time"},
	{"time>'2026-11-23 '", 6, "no time"},
	{"time>'09:15:02.'", 6, "no time"},
	{"time>1969-12-31", 6, "no time"},
	{"op==punch)", 10, "&&, || or the end"},
	{"(op==punch", 11, "at the end: here &&, || or )"},
	{"op==punch len>1", 11, "&&, || or the end"},
	{"op==punch &&", 13, "at the end"},
	{"&& fd", 1, "field"},
	{"fd || ", 7, "at the end"},
	{"fd | pid", 4, "or is ||"},
	{"fd in 7", 7, "( is to stand"},
	{"fd in (7", 9, ", or )"},
	{"fd in ()", 8, "nothing"},
	{"fd in (7,)", 10, "nothing"},
	{"known fd", 7, "( is to stand"},
	{"known(fd", 9, ") is to stand"},
	{"fd==(7)", 5, "nothing"},
	{"fd==!7", 5, "nothing"},
	{"fd===7", 5, "nothing"},
	{"path==\"/a", 7, "isn't closed"},
	{"path=='/a\"", 7, "isn't closed"},
	{"path==\"/a\\", 7, "isn't closed"},
	{"path==\"\\xg1\"", 8, "hexadecimal"},
	{"path==\"\\x00\"", 8, "hexadecimal"},
	{"path==\"\\x1", 8, "hexadecimal"},
	{"path==a\\b", 8, "quotes"},
	{"path==a;b", 8, "quotes"},
	{"fd\x01", 3, "quotes"},
	/* columns count characters, not bytes; a byte that belongs to none is one */
	{"path==\"\xe4\xb8\xad\" && op==x", 18, "no op"},
	{"path==\"\xff\" && op==x", 18, "no op"},
};

static void what_is_wrong_is_pointed_at(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct error e = {.text = ""};
		struct filter f;
		int column = 0;

		filter_init(&f);
		if (filter_add_where(&f, wrong[i].where, &e) != -1)
			fail_msg("'%s' was taken", wrong[i].where);
		assert_null(f.where);
		assert_int_equal(e.status, STATUS_USAGE);
		sscanf(e.text, "at column %d,", &column);
		if (column != wrong[i].column || !strstr(e.text, wrong[i].why))
			fail_msg("'%s': '%s' is not %d, '%s'", wrong[i].where, e.text, wrong[i].column, wrong[i].why);
		filter_free(&f);
	}
}

/* text, size times, then end. */
static char *repeated(const char *text, size_t times, const char *end)
{
	char *all = calloc(times * strlen(text) + strlen(end) + 1, 1), *at = all;

	assert_non_null(all);
	while (times--)
		at = stpcpy(at, text);
	strcpy(at, end);
	return all;
}

static void expect_length(const char *part, size_t times, const char *end, const char *why)
{
	char *text = repeated(part, times, end);
	struct error e = {.text = ""};
	struct filter f;

	filter_init(&f);
	assert_int_equal(filter_add_where(&f, text, &e), why ? -1 : 0);
	if (why && !strstr(e.text, why))
		fail_msg("'%s' lacks '%s'", e.text, why);
	filter_free(&f);
	free(text);
}

static void length_and_depth_are_bounded(void **state)
{
	struct call c = call_whole();
	struct filter f;
	struct error e;
	char *text;

	(void)state;
	expect_length("!", 64, "fd", NULL);
	expect_length("!", 65, "fd", "at column 65, \"!\": more than 64");
	expect_length("(!", 33, "fd", "more than 64");
	expect_length(" ", 4094, "fd", NULL);
	expect_length(" ", 4095, "fd", "longer than 4096 bytes");
	expect_length("(", 4096, "", "more than 64");
	expect_length("fd||", 1023, "fd", NULL);
	expect_length("x", 4096, "", "no field");
	/* a row of a thousand is no depth */
	text = repeated("fd==1||", 584, "fd==7");
	filter_init(&f);
	assert_int_equal(filter_add_where(&f, text, &e), 0);
	assert_true(filter_match(&f, &c, NULL));
	c.fd = 2;
	assert_false(filter_match(&f, &c, NULL));
	filter_free(&f);
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wrong_is_pointed_at),
		cmocka_unit_test(length_and_depth_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
