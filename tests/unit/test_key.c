/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "calls.h"
#include "stats/key.h"

static void expect(const struct call *c, enum summary_by by, bool hosts, const char *want)
{
	struct buf b;

	buf_init(&b);
	stats_key(&b, by, hosts, c);
	buf_char(&b, '\0');
	assert_false(b.failed);
	assert_string_equal(b.data, want);
	assert_int_equal(b.size, strlen(want) + 1);
	buf_free(&b);
}

static void what_is_known(void **state)
{
	struct call c = call_whole();

	(void)state;
	for (int hosts = 0; hosts < 2; hosts++) {
		expect(&c, SUMMARY_PROCESS, hosts, "postgres");
		expect(&c, SUMMARY_OP, hosts, "punch");
		expect(&c, SUMMARY_FS, hosts, "ext4");
		expect(&c, SUMMARY_VIA, hosts, "syscall");
		expect(&c, SUMMARY_ERRNO, hosts, "0");
		expect(&c, SUMMARY_HOST, hosts, "db1");
		expect(&c, SUMMARY_DEFAULT, hosts, "");
	}
	expect(&c, SUMMARY_FILE, false, "/var/lib/db/16384");
	expect(&c, SUMMARY_FILE, true, "db1:/var/lib/db/16384");
}

static void what_is_unknown_is_empty(void **state)
{
	struct call c = call_bare();

	(void)state;
	for (enum summary_by by = SUMMARY_FILE; by <= SUMMARY_DEFAULT; by++) {
		expect(&c, by, false, "");
		expect(&c, by, true, "");
	}
	c.host = NULL;
	expect(&c, SUMMARY_HOST, true, "");
}

/* A recording by tracepoints alone names no thread. */
static void a_process_without_a_name_is_its_number(void **state)
{
	struct call c = call_bare();

	(void)state;
	expect(&c, SUMMARY_PROCESS, false, "tid:7");
	c.pid = 5;
	expect(&c, SUMMARY_PROCESS, false, "pid:5");
	c.host = "db1";
	expect(&c, SUMMARY_PROCESS, true, "db1:pid:5");
	c.pid = INT32_MIN;
	c.tid = INT32_MIN;
	expect(&c, SUMMARY_PROCESS, false, "tid:-2147483648");
}

static void a_name_as_long_as_it_can_be(void **state)
{
	struct call c = call_bare();

	(void)state;
	memset(c.comm, 'x', sizeof(c.comm));
	expect(&c, SUMMARY_PROCESS, false, "xxxxxxxxxxxxxxxx");
}

static void a_file_without_a_path_is_its_inode(void **state)
{
	struct call c = call_whole();

	(void)state;
	c.path[0] = '\0';
	c.ino = UINT64_MAX;
	expect(&c, SUMMARY_FILE, false, "254:0/18446744073709551615");
	c.has_ino = false;
	expect(&c, SUMMARY_FILE, true, "db1:254:0/?");
	c.has_dev = false;
	expect(&c, SUMMARY_FILE, true, "");
}

static void files_of_unknown_machines_are_told_apart(void **state)
{
	struct call c = call_whole();

	(void)state;
	c.host = "";
	c.trace = 2;
	expect(&c, SUMMARY_FILE, true, "#2:/var/lib/db/16384");
	expect(&c, SUMMARY_FILE, false, "/var/lib/db/16384");
	c.host = NULL;
	c.trace = 3;
	expect(&c, SUMMARY_FILE, true, "#3:/var/lib/db/16384");
	*c.comm = '\0';
	expect(&c, SUMMARY_PROCESS, true, "#3:pid:42");
}

static void errors(void **state)
{
	struct call c = call_whole();

	(void)state;
	c.ret = -EDQUOT;
	expect(&c, SUMMARY_ERRNO, false, "EDQUOT");
	c.ret = -4000;
	expect(&c, SUMMARY_ERRNO, false, "-4000");
	c.ret = INT64_MIN;
	expect(&c, SUMMARY_ERRNO, false, "-9223372036854775808");
	c.ret = 17; /* no kernel does */
	expect(&c, SUMMARY_ERRNO, false, "17");
	c.has_ret = false;
	expect(&c, SUMMARY_ERRNO, false, "");
}

/* Trace points that stand for one operation each tell it without the mode. */
static void an_operation_without_its_mode(void **state)
{
	struct call c = call_bare();

	(void)state;
	c.op = OP_COLLAPSE;
	expect(&c, SUMMARY_OP, false, "collapse");
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(stats_by_name(SUMMARY_PROCESS), "process");
	assert_string_equal(stats_by_name(SUMMARY_HOST), "host");
	assert_null(stats_by_name(SUMMARY_DEFAULT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_known),
		cmocka_unit_test(what_is_unknown_is_empty),
		cmocka_unit_test(a_process_without_a_name_is_its_number),
		cmocka_unit_test(a_name_as_long_as_it_can_be),
		cmocka_unit_test(a_file_without_a_path_is_its_inode),
		cmocka_unit_test(files_of_unknown_machines_are_told_apart),
		cmocka_unit_test(errors),
		cmocka_unit_test(an_operation_without_its_mode),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
