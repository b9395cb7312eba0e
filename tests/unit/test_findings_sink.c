/* SPDX-License-Identifier: MIT */
/*
 * How findings are written. What is found: test_findings*.c.
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
#include "output/utf8.h"

static const struct sink_options text = {.show = SHOW_FINDINGS, .time = TIME_STYLE_UTC},
				 json = {.show = SHOW_FINDINGS, .format = FORMAT_JSON};

static char *written(const struct call *calls, unsigned count, struct sink_options o, unsigned losses)
{
	struct loss lost[4] = {{.host = "db1", .count = 7}, {.host = "db1", .count = 7}};
	struct script s = {
		.header = true, .calls = calls, .calls_count = count, .losses = lost, .losses_count = losses};

	return sink_output(sink_findings_new, o, &s);
}

static void expect(const struct call *calls, unsigned count, struct sink_options o, unsigned losses, const char *want)
{
	char *got = written(calls, count, o, losses);

	assert_string_equal(got, want);
	free(got);
}

static struct call no_space(void)
{
	struct call c = call_whole();

	c.op = OP_EXTEND;
	c.mode = 0;
	c.ret = -ENOSPC;
	c.blocks_after = c.blocks_before;
	c.has_space = true;
	c.space_free = 300000;
	c.space_avail = 8191;
	c.space_size = 1 << 30;
	c.space_later = 1500000;
	return c;
}

static void nothing(void **state)
{
	const struct call c = call_whole();

	(void)state;
	expect(NULL, 0, text, 0, "no findings in 0 calls\n");
	expect(&c, 1, text, 0, "no findings in 1 call\n");
	expect(&c, 1, text, 2, "no findings in 1 call\nLOST events 2 times: what they would have shown is missing\n");
	expect(&c, 1, json, 2, "{\"type\":\"findings\",\"calls\":1,\"losses\":2,\"forgotten\":0,\"kinds\":{}}\n");
}

static void as_text(void **state)
{
	struct call calls[2] = {no_space(), no_space()};

	(void)state;
	expect(calls, 1, text, 0,
	       "no-space: 1 call on /var/lib/db/16384 (ext4)\n"
	       "  by         postgres[42]\n"
	       "  call       2026-11-23T09:15:02.123456Z postgres[42] extend 8192 at 4096: ENOSPC after 35.1us; "
	       "size 1048576; blocks 2048\n"
	       "  free       8191 of 1073741824; for root 300000 (1.5ms later)\n"
	       "  counts     calls with space known: 1\n"
	       "  means      the filesystem had less free than was asked for\n"
	       "  do         free space, or ask for less at once\n");
	calls[1].utc += INT64_C(1000000000);
	calls[1].start += 1000000000;
	calls[1].end += 1000000000;
	calls[1].len = 4096;
	calls[1].pid = 43;
	expect(calls, 2, text, 1,
	       "no-space: 2 calls on /var/lib/db/16384 (ext4)\n"
	       "  by         postgres[42], postgres[43]\n"
	       "  from       2026-11-23T09:15:02.123456Z to 2026-11-23T09:15:03.123456Z\n"
	       "  largest    2026-11-23T09:15:02.123456Z postgres[42] extend 8192 at 4096: ENOSPC after 35.1us; "
	       "size 1048576; blocks 2048\n"
	       "  free       8191 of 1073741824; for root 300000 (1.5ms later)\n"
	       "  counts     calls with space known: 2, calls asking less than free: 1\n"
	       "  means      the filesystem refused although it had more free than was asked for: a quota (XFS says "
	       "ENOSPC of a project's), blocks reserved for root or by others, free space in pieces too small, or space "
	       "freed since\n"
	       "  do         look at quotas (quota, xfs_quota -x -c report), inodes (df -i), reserved blocks (tune2fs "
	       "-l) and how free space is cut up (e2freefrag, xfs_spaceman -c freesp)\n"
	       "LOST events 1 time: what they would have shown is missing\n");
}

static void for_people(void **state)
{
	struct sink_options o = text;
	struct call c = no_space();
	char *got;

	(void)state;
	o.human = true;
	o.color = true;
	o.hosts = true;
	o.time = TIME_STYLE_RELATIVE;
	got = written(&c, 1, o, 0);
	assert_non_null(strstr(got, "\033[1mno-space\033[0m: 1 call on db1:/var/lib/db/16384 (ext4)\n"));
	assert_non_null(strstr(got, "  call       0.000000 postgres[42] extend 8K at 4K: ENOSPC after 35.1us; size 1M; "
				    "blocks 2048\n"));
	assert_non_null(strstr(got, "  free       8K of 1G; for root 293K (1.5ms later)\n"));
	free(got);
}

static void as_json(void **state)
{
	struct call c = no_space();

	(void)state;
	expect(&c, 1, json, 0,
	       "{\"type\":\"finding\",\"finding\":\"no-space\",\"host\":\"db1\",\"path\":\"/var/lib/db/16384\","
	       "\"dev\":\"254:0\",\"ino\":131,\"fs\":\"ext4\",\"fd\":null,\"calls\":1,"
	       "\"processes\":[{\"pid\":42,\"comm\":\"postgres\"}],\"more_processes\":false,"
	       "\"first_time\":\"2026-11-23T09:15:02.123456789Z\",\"first_ts\":123456789012,"
	       "\"last_time\":\"2026-11-23T09:15:02.123456789Z\",\"last_ts\":123456789012,"
	       "\"worst\":{\"time\":\"2026-11-23T09:15:02.123456789Z\",\"ts\":123456789012,\"pid\":42,\"tid\":43,"
	       "\"comm\":\"postgres\",\"mode\":0,\"op\":\"extend\",\"offset\":4096,\"len\":8192,\"ret\":-28,"
	       "\"error\":\"ENOSPC\",\"latency_ns\":35120,\"size_before\":1048576,\"size_after\":1048576,"
	       "\"blocks_before\":2048,\"blocks_after\":2048,"
	       "\"space\":{\"free\":300000,\"avail\":8191,\"size\":1073741824,\"later_ns\":1500000}},"
	       "\"evidence\":{\"calls_with_space_known\":1},"
	       "\"meaning\":\"the filesystem had less free than was asked for\","
	       "\"advice\":\"free space, or ask for less at once\"}\n"
	       "{\"type\":\"findings\",\"calls\":1,\"losses\":0,\"forgotten\":0,"
	       "\"kinds\":{\"no-space\":{\"files\":1,\"calls\":1}}}\n");
}

/* Another asked for more, but what was free then is not known: so this is no "largest". */
static void largest_only_if_it_is(void **state)
{
	struct call calls[3] = {no_space(), no_space(), no_space()};
	char *got;

	(void)state;
	calls[1].len = 65536;
	calls[1].has_space = false;
	calls[2].len = 4096;
	got = written(calls, 3, text, 0);
	assert_null(strstr(got, "  largest "));
	assert_null(strstr(got, "  free       not known"));
	assert_non_null(
		strstr(got, "  such as    2026-11-23T09:15:02.123456Z postgres[42] extend 8192 at 4096: ENOSPC"));
	free(got);
}

static void unknown_is_null(void **state)
{
	struct call c = call_bare();
	char *got;

	(void)state;
	c.has_ret = true;
	c.ret = -EOPNOTSUPP;
	expect(&c, 1, text, 0,
	       "unsupported: 1 call on a file that is not known\n"
	       "  by         -\n"
	       "  call       - - -: EOPNOTSUPP\n"
	       "  means      the filesystem cannot do this with this file; whoever asked has to do without, or writes "
	       "zeroes\n"
	       "  do         use a filesystem that knows this operation, or turn it off in the application\n");
	got = written(&c, 1, json, 0);
	assert_non_null(strstr(got, "\"host\":null,\"path\":null,\"dev\":null,\"ino\":null,\"fs\":null,\"fd\":null,"));
	assert_non_null(strstr(got, "\"processes\":[{\"pid\":null,\"comm\":null}]"));
	assert_non_null(strstr(got, "\"first_time\":null,\"first_ts\":null,"));
	assert_non_null(strstr(got, "\"worst\":{\"time\":null,\"ts\":null,\"pid\":null,\"tid\":7,\"comm\":null,"
				    "\"mode\":null,\"op\":null,\"offset\":null,\"len\":null,\"ret\":-95,"
				    "\"error\":\"EOPNOTSUPP\",\"latency_ns\":null,\"size_before\":null,"
				    "\"size_after\":null,\"blocks_before\":null,\"blocks_after\":null}"));
	free(got);
}

/* Of names that nobody should trust nothing reaches the terminal that steers it. */
static void hostile(void **state)
{
	struct call c = call_hostile();

	(void)state;
	c.ret = -ENOSPC;
	for (int i = 0; i < 2; i++) {
		char *got = written(&c, 1, i ? json : text, 0);

		assert_non_null(strstr(got, "no-space"));
		assert_true(utf8_valid(got, strlen(got)));
		for (const char *p = got; *p; p++)
			assert_true((unsigned char)*p >= ' ' || *p == '\n');
		assert_null(strchr(got, '\x7f'));
		assert_null(strstr(got, "\xe2\x80\xae")); /* turns the line round */
		if (i) {
			assert_non_null(strstr(got, "\"path_hex\":\"2f746d702fe282ac"));
			assert_non_null(strstr(got, "\"comm_hex\":\"612062225c0a1b5b324aff09\""));
		}
		free(got);
	}
}

static unsigned count_of(const char *where, const char *what)
{
	unsigned n = 0;

	for (; (where = strstr(where, what)); where++)
		n++;
	return n;
}

/* A screenful of each kind, and how many more there are; so many as --top says. */
static void not_too_many(void **state)
{
	struct sink_options o = text;
	struct call calls[30];
	char *got;

	(void)state;
	for (unsigned i = 0; i < 30; i++) {
		calls[i] = no_space();
		calls[i].ino = i;
		snprintf(calls[i].path, sizeof(calls[i].path), "/%u", i);
	}
	got = written(calls, 30, o, 0);
	assert_int_equal(count_of(got, "no-space: 1 call on /"), 10);
	assert_non_null(strstr(got, "\nno-space: and 20 more files; 30 calls in all\n"));
	free(got);
	got = written(calls, 10, o, 0);
	assert_null(strstr(got, "more file"));
	free(got);
	got = written(calls, 11, o, 0);
	assert_non_null(strstr(got, "\nno-space: and 1 more file; 11 calls in all\n"));
	free(got);
	o.top = 29;
	got = written(calls, 30, o, 0);
	assert_int_equal(count_of(got, "no-space: 1 call on /"), 29);
	assert_non_null(strstr(got, "\nno-space: and 1 more file; 30 calls in all\n"));
	free(got);
	got = written(calls, 30, json, 0);
	assert_int_equal(count_of(got, "\"type\":\"finding\""), 30);
	free(got);
	o = json;
	o.top = 2;
	got = written(calls, 30, o, 0);
	assert_int_equal(count_of(got, "\"type\":\"finding\""), 2);
	assert_non_null(strstr(got, "\"no-space\":{\"files\":30,\"calls\":30}"));
	free(got);
}

/* Inner calls count only where they are shown as calls. */
static void nested(void **state)
{
	struct call inner, outer = call_overlay(&inner);
	struct sink_options o = text;
	char *got;

	(void)state;
	outer.ret = inner.ret = -ENOSPC;
	got = written(&outer, 1, o, 0);
	assert_int_equal(count_of(got, "no-space: 1 call"), 1);
	free(got);
	inner.ino++;
	o.nested = true;
	got = written(&outer, 1, o, 0);
	assert_int_equal(count_of(got, "no-space: 1 call"), 2);
	assert_non_null(strstr(got, "on /mnt/up per/16384 (xfs)"));
	free(got);
}

static void in_intervals(void **state)
{
	struct sink_options o = json;
	struct interval i = {.has_utc = true, .begin = 0, .end = 1000000000};
	struct call c = no_space();
	struct error e = {0};
	struct sink *sink;
	size_t size;
	char *got;

	(void)state;
	o.out = open_memstream(&got, &size);
	o.intervals = true;
	sink = sink_findings_new(&o);
	assert_non_null(sink);
	assert_int_equal(sink->ops->header(sink, &e), 0);
	assert_int_equal(sink->ops->call(sink, &c, &e), 0);
	assert_int_equal(sink->ops->interval(sink, &i, &e), 0);
	assert_int_equal(sink->ops->interval(sink, &i, &e), 0); /* nothing came */
	c.ino++;
	assert_int_equal(sink->ops->call(sink, &c, &e), 0);
	assert_int_equal(sink->ops->interval(sink, &i, &e), 0);
	assert_int_equal(sink->ops->footer(sink, &e), 0);
	sink->ops->free(sink);
	assert_int_equal(fclose(o.out), 0);
	assert_int_equal(count_of(got, "\"type\":\"finding\","), 2);
	assert_int_equal(count_of(got, "\"type\":\"findings\","), 2);
	assert_int_equal(count_of(got, "\"begin\":\"1970-01-01T00:00:00.000000000Z\",\"end\":\"1970-01-01T00:00:01.0"),
			 4);
	assert_int_equal(count_of(got, "\"calls\":1,\"losses\""), 2);
	free(got);
}

/* What cannot be written is said, with the reason. */
static void full_disk(void **state)
{
	struct sink_options o = text;
	struct call c = no_space();
	struct error e = {0};
	struct sink *sink;

	(void)state;
	o.out = fopen("/dev/full", "w");
	assert_non_null(o.out);
	setbuf(o.out, NULL);
	sink = sink_findings_new(&o);
	assert_int_equal(sink->ops->call(sink, &c, &e), 0);
	assert_int_equal(sink->ops->footer(sink, &e), -1);
	assert_non_null(strstr(e.text, "No space left on device"));
	sink->ops->free(sink);
	fclose(o.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing),
		cmocka_unit_test(as_text),
		cmocka_unit_test(for_people),
		cmocka_unit_test(as_json),
		cmocka_unit_test(largest_only_if_it_is),
		cmocka_unit_test(unknown_is_null),
		cmocka_unit_test(hostile),
		cmocka_unit_test(not_too_many),
		cmocka_unit_test(nested),
		cmocka_unit_test(in_intervals),
		cmocka_unit_test(full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
