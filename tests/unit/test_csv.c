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
#include "falloctrace/field.h"

#define HEADER                                                                                                                      \
	"type,time,ts,host,pid,tid,uid,cgroup,container,comm,cpu,via,caller,depth,fd,mode,flags,op,offset,len,ret,error,latency_ns" \
	",dev,ino,fs,path,size_before,size_after,blocks_before,blocks_after,after,grown,gained"                                     \
	",space_free,space_avail,space_size,space_later_ns,odd,lost\r\n"
#define COLUMNS_MAX 8

/* Columns by names with commas between; "": all. */
static struct sink_options with(const char *names, const struct field *columns[COLUMNS_MAX])
{
	struct sink_options o = {.format = FORMAT_CSV, .show = SHOW_CALLS};

	for (size_t size; *names; names += size + (names[size] == ',')) {
		size = strcspn(names, ",");
		assert_true(o.columns_count < COLUMNS_MAX);
		columns[o.columns_count] = field_find(names, size);
		assert_non_null(columns[o.columns_count++]);
	}
	o.columns = o.columns_count ? columns : NULL;
	return o;
}

static void expect(const char *names, const struct script *s, const char *want)
{
	const struct field *columns[COLUMNS_MAX];
	char *got = sink_output(sink_csv_new, with(names, columns), s);

	assert_string_equal(got, want);
	free(got);
}

static void expect_call(const char *names, const struct call *c, const char *want)
{
	struct script s = {.calls = c, .calls_count = 1};

	expect(names, &s, want);
}

static void a_whole_call(void **state)
{
	struct call c = call_whole();
	struct script s = {.header = true, .calls = &c, .calls_count = 1};

	(void)state;
	expect("", &s,
	       HEADER "call,2026-11-23T09:15:02.123456789Z,123456789012,db1,42,43,107,/docker/" CALL_CONTAINER
		      "," CALL_CONTAINER ",postgres,1,syscall,"
		      "__x64_sys_fallocate,0,7,3,KEEP_SIZE|PUNCH_HOLE,punch,4096,8192,0,,35120,254:0,131,ext4,"
		      "/var/lib/db/16384,1048576,1048576,2048,2032,seen,0,-8192,,,,,,\r\n");
}

static void what_is_not_known_is_empty(void **state)
{
	struct call c = call_bare();

	(void)state;
	expect_call("", &c, "call,,,,,7,,,,,,,,0,,,,,,,,,,,,,,,,,,unknown,,,,,,,,\r\n");
}

static void errors_and_extremes(void **state)
{
	struct call c = call_badfd(), hostile = call_hostile();

	(void)state;
	expect_call("fd,ret,error,latency_ns", &c, "call,-1,-9,EBADF,400,\r\n");
	expect_call("offset,len,ino,ret,error,flags,odd", &hostile,
		    "call,-9223372036854775808,9223372036854775807,18446744073709551615,-9999,,"
		    "KEEP_SIZE|0x80000100,unfinished|orphan|nested|loss-nearby,\r\n");
}

/* RFC 4180: quotes around, quotes in it doubled. A backslash stands for a byte that would not be text. */
static void any_bytes_are_one_cell(void **state)
{
	static const struct {
		const char *path, *want;
	} cases[] = {
		{"/a,b", "\"/a,b\""},
		{"/a\"b\"", "\"/a\"\"b\"\"\""},
		{"\"", "\"\"\"\""},
		{"/a b", "\"/a b\""},
		{"/a;=b", "\"/a;=b\""},
		{"/a ", "/a\\x20"},
		{"/a\r\nb", "/a\\r\\nb"},
		{"/a\\n", "/a\\\\n"},
		{"/\xe2\x82\xac", "/\xe2\x82\xac"},
		{"/\xff\x1b[2J", "/\\xff\\x1b[2J"},
		{"/\xe2\x80\xae", "/\\xe2\\x80\\xae"},
		/* what a spreadsheet would take for a formula */
		{"=1+1", "\\x3d1+1"},
		{"+1", "\\x2b1"},
		{"-1", "\\x2d1"},
		{"@SUM(A1)", "\\x40SUM(A1)"},
		{"=\"a\",b", "\"\\x3d\"\"a\"\",b\""},
		{"\xef\xbc\x9d"
		 "1",
		 "\\xef\\xbc\\x9d1"},
		{"=", "\\x3d"},
		{"\t=1", "\\t=1"},
		{".../-a", ".../-a"},
	};
	struct call c = call_whole();
	char want[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		strcpy(c.path, cases[i].path);
		snprintf(want, sizeof(want), "call,42,%s,\r\n", cases[i].want);
		expect_call("pid,path", &c, want);
	}
	memcpy(c.comm, "=23456789abcdef,", COMM_SIZE); /* no NUL */
	expect_call("comm", &c, "call,\"\\x3d23456789abcdef,\",\r\n");
}

/* "after" speaks for what is derived; without that column it is marked. */
static void no_guess_passes_for_seen(void **state)
{
	struct call c = call_whole();

	(void)state;
	c.size_after_known = c.blocks_after_known = DERIVED;
	expect_call("size_before,size_after,blocks_after,after,grown,gained", &c,
		    "call,1048576,1048576,2032,derived,0,-8192,\r\n");
	expect_call("size_before,size_after,blocks_after,grown,gained", &c,
		    "call,1048576,~1048576,~2032,~0,~-8192,\r\n");
	c.size_after_known = SEEN;
	expect_call("size_after,blocks_after,after,grown,gained", &c, "call,1048576,,seen,0,,\r\n");
	c.size_after_known = UNKNOWN;
	expect_call("size_after,blocks_after,after,grown,gained", &c, "call,,,unknown,,,\r\n");
}

static void inner_calls_have_rows_if_asked(void **state)
{
	struct call inner, c = call_overlay(&inner);
	struct script s = {.header = true, .calls = &c, .calls_count = 1};
	const struct field *columns[COLUMNS_MAX];
	struct sink_options o = with("depth,fs,path", columns);
	char *got;

	(void)state;
	expect("depth,fs,path", &s, "type,depth,fs,path,lost\r\ncall,0,overlay,/var/lib/db/16384,\r\n");
	o.nested = true;
	got = sink_output(sink_csv_new, o, &s);
	assert_string_equal(got, "type,depth,fs,path,lost\r\ncall,0,overlay,/var/lib/db/16384,\r\n"
				 "call,1,xfs,\"/mnt/up per/16384\",\r\n");
	free(got);
}

/* How much was free, where a call found no room: the question behind each ENOSPC. */
static void space_has_columns(void **state)
{
	struct call c = call_whole();

	(void)state;
	c.ret = -28;
	c.has_space = true;
	c.space_free = UINT64_MAX;
	c.space_avail = 0;
	c.space_size = 1073741824;
	c.space_later = 1500000;
	expect_call("error,space_free,space_avail,space_size,space_later_ns", &c,
		    "call,ENOSPC,18446744073709551615,0,1073741824,1500000,\r\n");
	c.has_space = false;
	expect_call("error,space_free,space_avail,space_size,space_later_ns", &c, "call,ENOSPC,,,,,\r\n");
}

static void losses_are_rows(void **state)
{
	static const struct loss lost[] = {
		{.host = "db1",
		 .cpu = 1,
		 .count = 118,
		 .has_before = true,
		 .before = 123456999000,
		 .has_utc = true,
		 .utc = INT64_C(1795425302123456789)},
		{.host = "", .cpu = 0, .count = LOST_UNKNOWN},
		{.cpu = 2, .count = UINT64_MAX - 1},
	};
	struct script s = {.header = true, .losses = lost, .losses_count = 3};

	(void)state;
	expect("", &s,
	       HEADER "lost,2026-11-23T09:15:02.123456789Z,123456999000,db1,,,,,,,1,,,,,,,,,,,,,,,,,,,,,,,,,,,,,118\r\n"
		      "lost,,,,,,,,,,0,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\r\n"
		      "lost,,,,,,,,,,2,,,,,,,,,,,,,,,,,,,,,,,,,,,,,18446744073709551614\r\n");
	expect("path,tid", &s, "type,path,tid,lost\r\nlost,,,118\r\nlost,,,\r\nlost,,,18446744073709551614\r\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_call),
		cmocka_unit_test(what_is_not_known_is_empty),
		cmocka_unit_test(errors_and_extremes),
		cmocka_unit_test(any_bytes_are_one_cell),
		cmocka_unit_test(no_guess_passes_for_seen),
		cmocka_unit_test(inner_calls_have_rows_if_asked),
		cmocka_unit_test(space_has_columns),
		cmocka_unit_test(losses_are_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
