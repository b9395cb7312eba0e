/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "calls.h"

static const struct sink_options plain;

static void expect(const struct script *s, const struct sink_options *o, const char *want)
{
	char *got = sink_output(sink_json_new, *o, s);

	assert_string_equal(got, want);
	free(got);
}

/* design.md's example, in one line. */
static void a_whole_call(void **state)
{
	struct call c = call_whole();
	struct script s = {.header = true, .calls = &c, .calls_count = 1};

	(void)state;
	expect(&s, &plain,
	       "{\"type\":\"call\",\"time\":\"2026-11-23T09:15:02.123456789Z\",\"ts\":123456789012,\"host\":\"db1\",\"pid\":42,\"tid\":43,\"uid\":107,\"cgroup\":\"/docker/" CALL_CONTAINER
	       "\",\"container\":\"" CALL_CONTAINER "\","
	       "\"comm\":\"postgres\",\"cpu\":1,\"via\":\"syscall\",\"caller\":\"__x64_sys_fallocate\",\"depth\":0,"
	       "\"fd\":7,\"mode\":3,\"flags\":[\"KEEP_SIZE\",\"PUNCH_HOLE\"],\"op\":\"punch\",\"offset\":4096,\"len\":8192,"
	       "\"ret\":0,\"error\":null,\"latency_ns\":35120,\"dev\":\"254:0\",\"ino\":131,\"fs\":\"ext4\","
	       "\"path\":\"/var/lib/db/16384\",\"size_before\":1048576,\"size_after\":1048576,\"blocks_before\":2048,"
	       "\"blocks_after\":2032,\"after\":\"seen\",\"odd\":[]}\n");
}

static void nothing_known_is_null_everywhere(void **state)
{
	struct call c = call_bare();
	struct script s = {.calls = &c, .calls_count = 1};

	(void)state;
	expect(&s, &plain,
	       "{\"type\":\"call\",\"time\":null,\"ts\":null,\"host\":null,\"pid\":null,\"tid\":7,\"uid\":null,\"cgroup\":null,\"container\":null,\"comm\":null,\"cpu\":null,"
	       "\"via\":null,\"caller\":null,\"depth\":0,\"fd\":null,\"mode\":null,\"flags\":null,\"op\":null,"
	       "\"offset\":null,\"len\":null,\"ret\":null,\"error\":null,\"latency_ns\":null,\"dev\":null,\"ino\":null,"
	       "\"fs\":null,\"path\":null,\"size_before\":null,\"size_after\":null,\"blocks_before\":null,"
	       "\"blocks_after\":null,\"after\":\"unknown\",\"odd\":[]}\n");
}

/* Unknown bytes become U+FFFD, with all of them in hex beside; nothing that steers a terminal gets through. */
static void hostile_names_stay_text(void **state)
{
	struct call c = call_hostile();
	struct script s = {.calls = &c, .calls_count = 1};

	(void)state;
	expect(&s, &plain,
	       "{\"type\":\"call\",\"time\":\"2026-11-23T09:15:02.123456789Z\",\"ts\":123456824132,\"host\":\"h\\u001b\xef\xbf\xbd\",\"pid\":42,\"tid\":43,\"uid\":107,\"cgroup\":\"/docker/" CALL_CONTAINER
	       "\",\"container\":\"" CALL_CONTAINER "\","
	       "\"comm\":\"a b\\\"\\\\\\n\\u001b[2J\xef\xbf\xbd\\t\",\"comm_hex\":\"612062225c0a1b5b324aff09\",\"cpu\":1,"
	       "\"via\":\"kernel\",\"caller\":\"evil\\n\xef\xbf\xbd( \\\"x\\\"\",\"depth\":0,\"fd\":7,\"mode\":2147483905,"
	       "\"flags\":[\"KEEP_SIZE\",\"0x80000100\"],\"op\":\"invalid\",\"offset\":-9223372036854775808,"
	       "\"len\":9223372036854775807,\"ret\":-9999,\"error\":null,\"latency_ns\":null,\"dev\":\"4095:1048575\","
	       "\"ino\":18446744073709551615,\"fs\":\"ext4\\u001b\","
	       "\"path\":\"/tmp/\xe2\x82\xac \\u009b2J\\u202e\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\\n\\r\\t\\\\x/\\u007f \","
	       "\"path_hex\":\"2f746d702fe282ac20c29b324ae280aeeda0800a0d095c782f7f20\","
	       "\"size_before\":null,\"size_after\":9223372036854775807,\"blocks_before\":9223372036854775807,"
	       "\"blocks_after\":null,\"after\":\"derived\","
	       "\"odd\":[\"unfinished\",\"orphan\",\"nested\",\"loss-nearby\"]}\n");
}

static void errors_have_names(void **state)
{
	struct call c = call_badfd();
	struct script s = {.calls = &c, .calls_count = 1};

	(void)state;
	expect(&s, &plain,
	       "{\"type\":\"call\",\"time\":null,\"ts\":5000000000,\"host\":null,\"pid\":7,\"tid\":7,\"uid\":null,\"cgroup\":null,\"container\":null,\"comm\":\"sh\",\"cpu\":0,"
	       "\"via\":\"syscall\",\"caller\":null,\"depth\":0,\"fd\":-1,\"mode\":0,\"flags\":[],\"op\":\"extend\","
	       "\"offset\":0,\"len\":1,\"ret\":-9,\"error\":\"EBADF\",\"latency_ns\":400,\"dev\":null,\"ino\":null,"
	       "\"fs\":null,\"path\":null,\"size_before\":null,\"size_after\":null,\"blocks_before\":null,"
	       "\"blocks_after\":null,\"after\":\"unknown\",\"odd\":[]}\n");
}

/* "after" speaks for size and blocks: derived blocks beside a size that was seen would pass for seen. */
static void no_guess_is_shown_as_seen(void **state)
{
	static const struct {
		enum known size, blocks;
		const char *want;
	} cases[] = {
		{SEEN, SEEN, "\"size_after\":1048576,\"blocks_before\":2048,\"blocks_after\":2032,\"after\":\"seen\""},
		{SEEN, DERIVED,
		 "\"size_after\":1048576,\"blocks_before\":2048,\"blocks_after\":null,\"after\":\"seen\""},
		{SEEN, UNKNOWN,
		 "\"size_after\":1048576,\"blocks_before\":2048,\"blocks_after\":null,\"after\":\"seen\""},
		{DERIVED, DERIVED,
		 "\"size_after\":1048576,\"blocks_before\":2048,\"blocks_after\":2032,\"after\":\"derived\""},
		{UNKNOWN, DERIVED,
		 "\"size_after\":null,\"blocks_before\":2048,\"blocks_after\":null,\"after\":\"unknown\""},
		{UNKNOWN, SEEN,
		 "\"size_after\":null,\"blocks_before\":2048,\"blocks_after\":2032,\"after\":\"unknown\""},
	};
	struct call c = call_whole();
	struct script s = {.calls = &c, .calls_count = 1};
	size_t i;
	char *got;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		c.size_after_known = cases[i].size;
		c.blocks_after_known = cases[i].blocks;
		got = sink_output(sink_json_new, plain, &s);
		if (!strstr(got, cases[i].want))
			fail_msg("%zu: %s", i, got);
		free(got);
	}
	c.size_before_known = DERIVED;
	got = sink_output(sink_json_new, plain, &s);
	assert_non_null(strstr(got, "\"size_before\":null"));
	free(got);
}

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

static void inner_calls_hang_on_theirs_or_have_lines(void **state)
{
	struct call inner, c = call_overlay(&inner), second = call_whole();
	struct script s = {.calls = &c, .calls_count = 1};
	struct sink_options o = {.nested = true};
	char *got = sink_output(sink_json_new, plain, &s), *mid;

	(void)state;
	inner.next = &second;
	mid = strstr(got, "\"odd\":[],\"inner\":[{\"type\":\"call\",\"time\":\"2026-11-23T09:15:02.123457789Z\"");
	assert_non_null(mid);
	assert_non_null(strstr(mid, "\"via\":\"overlay\",\"caller\":\"ovl_fallocate\",\"depth\":1,\"fd\":null,"));
	assert_non_null(strstr(mid, "\"path\":\"/mnt/up per/16384\""));
	assert_non_null(strstr(mid, "\"odd\":[\"nested\"]}]}\n"));
	assert_int_equal(count(got, "\n"), 1);
	free(got);

	got = sink_output(sink_json_new, plain, &s);
	assert_non_null(strstr(got, "\"odd\":[\"nested\"]},{\"type\":\"call\""));
	free(got);

	got = sink_output(sink_json_new, o, &s);
	assert_int_equal(count(got, "\n"), 3);
	assert_null(strstr(got, "inner"));
	assert_non_null(strstr(got, "}\n{\"type\":\"call\",\"time\":\"2026-11-23T09:15:02.123457789Z\""));
	free(got);
}

static void losses(void **state)
{
	static const struct loss lost[] = {
		{.host = "db1", .cpu = 1, .count = 118, .has_before = true, .before = 123456999000},
		{.cpu = 0, .count = LOST_UNKNOWN, .has_before = true, .before = UINT64_C(18446744073709551614)},
		{.host = "", .cpu = 3, .count = 2},
	};
	struct script s = {.header = true, .losses = lost, .losses_count = 3};

	(void)state;
	expect(&s, &plain,
	       "{\"type\":\"lost\",\"host\":\"db1\",\"cpu\":1,\"count\":118,\"before_ts\":123456999000}\n"
	       "{\"type\":\"lost\",\"host\":null,\"cpu\":0,\"count\":null,\"before_ts\":18446744073709551614}\n"
	       "{\"type\":\"lost\",\"host\":null,\"cpu\":3,\"count\":2,\"before_ts\":null}\n");
}

static void times_before_1970_and_far_ahead(void **state)
{
	struct call c = call_whole();
	struct script s = {.calls = &c, .calls_count = 1};
	char *got;

	(void)state;
	c.utc = -1;
	got = sink_output(sink_json_new, plain, &s);
	assert_non_null(strstr(got, "\"time\":\"1969-12-31T23:59:59.999999999Z\""));
	free(got);
	c.utc = INT64_MAX; /* 2262 */
	got = sink_output(sink_json_new, plain, &s);
	assert_non_null(strstr(got, "\"time\":\"2262-04-11T23:47:16.854775807Z\""));
	free(got);
}

/* --- read by others --- */

#define RANDOM_CALLS 500

/* Names of bytes that often come close to UTF-8. */
static void random_name(char *name, size_t size, unsigned *seed)
{
	static const unsigned char pool[] =
		"/a \"\\\n\x1b\x7f\x80\x9b\xc2\xe2\x82\xac\xf0\x9f\x98\x80\xed\xa0\xff\xef\xbb\xbf";
	size_t n = 1 + (size_t)rand_r(seed) % (size - 1), i;

	for (i = 0; i < n; i++)
		name[i] = rand_r(seed) % 4 ? (char)pool[(size_t)rand_r(seed) % (sizeof(pool) - 1)] :
					     (char)(1 + rand_r(seed) % 255);
	name[n] = 0;
}

static void write_hex(FILE *f, const char *name)
{
	for (; *name; name++)
		fprintf(f, "%02x", (unsigned char)*name);
}

/* JSON lines into one file, the bytes of comm and path in hex into another. */
static void write_random(FILE *json, FILE *bytes)
{
	struct sink_options o = {.out = json};
	struct sink *sink = sink_json_new(&o);
	struct call c = call_whole();
	unsigned seed = 2, i;
	struct error e;

	assert_non_null(sink);
	for (i = 0; i < RANDOM_CALLS; i++) {
		random_name(c.comm, sizeof(c.comm), &seed);
		random_name(c.path, 60, &seed);
		assert_int_equal(sink->ops->call(sink, &c, &e), 0);
		write_hex(bytes, c.comm);
		fputc(' ', bytes);
		write_hex(bytes, c.path);
		fputc('\n', bytes);
	}
	sink->ops->free(sink);
}

static const char checker[] =
	"import json, sys\n"
	"lines = open(sys.argv[1], 'rb').read().split(b'\\n')\n"
	"names = open(sys.argv[2]).read().split('\\n')\n"
	"assert lines[-1] == b'' and len(lines) == len(names) == int(sys.argv[3]) + 1\n"
	"for line, name in zip(lines[:-1], names):\n"
	"    text = line.decode('utf-8', 'strict')\n"
	"    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 or c in '\\u202e\\u2028\\u200f' for c in text), text\n"
	"    o = json.loads(text)\n"
	"    for key, hexed in zip(('comm', 'path'), name.split(' ')):\n"
	"        raw = bytes.fromhex(hexed)\n"
	"        try:\n"
	"            good = raw.decode('utf-8', 'strict')\n"
	"            assert o[key] == good and key + '_hex' not in o, (o, raw)\n"
	"        except UnicodeDecodeError:\n"
	"            assert bytes.fromhex(o[key + '_hex']) == raw and '\\ufffd' in o[key], (o, raw)\n";

static void random_names_are_read_by_python_and_jq(void **state)
{
	char json[] = "/tmp/test_json.XXXXXX", bytes[] = "/tmp/test_json.XXXXXX", command[512];
	FILE *j = fdopen(mkstemp(json), "w"), *b = fdopen(mkstemp(bytes), "w");
	bool python = !system("command -v python3 >/dev/null"), jq = !system("command -v jq >/dev/null");

	(void)state;
	assert_non_null(j);
	assert_non_null(b);
	write_random(j, b);
	fclose(j);
	fclose(b);
	setenv("CHECKER", checker, 1);
	snprintf(command, sizeof(command), "python3 -c \"$CHECKER\" %s %s %d", json, bytes, RANDOM_CALLS);
	if (python)
		assert_int_equal(system(command), 0);
	snprintf(command, sizeof(command),
		 "jq -es 'length == %d and all(.[]; .type == \"call\" and (.path|length) > 0)' %s >/dev/null",
		 RANDOM_CALLS, json);
	if (jq)
		assert_int_equal(system(command), 0);
	unlink(json);
	unlink(bytes);
	if (!python || !jq)
		print_message("not all was tried: python3 or jq is not installed\n");
}

/* --- what can't be written --- */

static int first_failure(const char *path, int fd)
{
	FILE *out = path ? fopen(path, "w") : fdopen(fd, "w");
	struct sink_options o = {.out = out};
	struct call c = call_whole();
	struct sink *sink;
	struct error e;
	int i, why = 0;

	assert_non_null(out);
	sink = sink_json_new(&o);
	setvbuf(out, NULL, _IOLBF, BUFSIZ);
	for (i = 0; i < 100 && !why; i++) {
		errno = 0;
		if (sink->ops->call(sink, &c, &e) < 0)
			why = errno;
	}
	sink->ops->free(sink);
	fclose(out);
	if (why)
		assert_string_equal(e.text, why == EPIPE ? "cannot write the output: Broken pipe" :
							   "cannot write the output: No space left on device");
	return why;
}

static void write_errors_are_found(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(first_failure("/dev/null", -1), 0);
	assert_int_equal(first_failure("/dev/full", -1), ENOSPC);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	assert_int_equal(first_failure(NULL, fds[1]), EPIPE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_call),
		cmocka_unit_test(nothing_known_is_null_everywhere),
		cmocka_unit_test(hostile_names_stay_text),
		cmocka_unit_test(errors_have_names),
		cmocka_unit_test(no_guess_is_shown_as_seen),
		cmocka_unit_test(inner_calls_hang_on_theirs_or_have_lines),
		cmocka_unit_test(losses),
		cmocka_unit_test(times_before_1970_and_far_ahead),
		cmocka_unit_test(random_names_are_read_by_python_and_jq),
		cmocka_unit_test(write_errors_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
