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
#include "falloctrace/info.h"

/* What a sink writes for calls, the machines of which were told before. */
static char *output(bool nested, const struct trace_info *infos, size_t infos_count, const struct call *calls,
		    size_t calls_count)
{
	struct sink_options o = {.nested = nested};
	struct error e = {0};
	struct sink *sink;
	size_t size;
	char *text;

	o.out = open_memstream(&text, &size);
	assert_non_null(o.out);
	sink = sink_tracee_new(&o);
	assert_non_null(sink);
	assert_int_equal(sink->ops->header(sink, &e), 0);
	for (size_t i = 0; i < infos_count; i++)
		assert_int_equal(sink->ops->trace(sink, &infos[i], &e), 0);
	for (size_t i = 0; i < calls_count; i++)
		assert_int_equal(sink->ops->call(sink, &calls[i], &e), 0);
	assert_int_equal(sink->ops->footer(sink, &e), 0);
	sink->ops->free(sink);
	assert_int_equal(fclose(o.out), 0);
	return text;
}

static void expect(const struct trace_info *info, const struct call *c, const char *want)
{
	char *got = output(false, info, info ? 1 : 0, c, 1);

	assert_string_equal(got, want);
	free(got);
}

/* Keys, their order and what they have where nothing is known: Tracee v0.23, types/trace/trace.go, events_pipeline.go */
static void a_whole_call(void **state)
{
	struct trace_info info = {.host = "db1", .machine = "x86_64"};
	struct call c = call_whole();

	(void)state;
	c.host = info.host;
	expect(&info, &c,
	       "{\"timestamp\":1795425302123456789,\"threadStartTime\":0,\"processorId\":1,\"processId\":42,"
	       "\"cgroupId\":0,\"threadId\":43,\"parentProcessId\":null,\"hostProcessId\":42,\"hostThreadId\":43,"
	       "\"hostParentProcessId\":null,\"userId\":107,\"mountNamespace\":0,\"pidNamespace\":0,"
	       "\"processName\":\"postgres\",\"executable\":{\"path\":\"\"},\"hostName\":\"db1\",\"containerId\":\"" CALL_CONTAINER
	       "\","
	       "\"container\":{},\"kubernetes\":{},\"eventId\":\"285\",\"eventName\":\"fallocate\","
	       "\"matchedPolicies\":[\"\"],\"argsNum\":4,\"returnValue\":0,\"syscall\":\"fallocate\","
	       "\"stackAddresses\":null,\"contextFlags\":{\"containerStarted\":false,\"isCompat\":false},"
	       "\"threadEntityId\":0,\"processEntityId\":0,\"parentEntityId\":0,"
	       "\"args\":[{\"name\":\"fd\",\"type\":\"int\",\"value\":7},{\"name\":\"mode\",\"type\":\"int\","
	       "\"value\":3},{\"name\":\"offset\",\"type\":\"off_t\",\"value\":4096},"
	       "{\"name\":\"len\",\"type\":\"off_t\",\"value\":8192}]}\n");
}

static void nothing_known(void **state)
{
	struct call c = call_bare();

	(void)state;
	expect(NULL, &c,
	       "{\"timestamp\":null,\"threadStartTime\":0,\"processorId\":null,\"processId\":null,"
	       "\"cgroupId\":0,\"threadId\":7,\"parentProcessId\":null,\"hostProcessId\":null,\"hostThreadId\":7,"
	       "\"hostParentProcessId\":null,\"userId\":null,\"mountNamespace\":0,\"pidNamespace\":0,"
	       "\"processName\":\"\",\"executable\":{\"path\":\"\"},\"hostName\":\"\",\"containerId\":\"\","
	       "\"container\":{},\"kubernetes\":{},\"eventId\":null,\"eventName\":\"fallocate\","
	       "\"matchedPolicies\":[\"\"],\"argsNum\":0,\"returnValue\":null,\"syscall\":\"\","
	       "\"stackAddresses\":null,\"contextFlags\":{\"containerStarted\":false,\"isCompat\":false},"
	       "\"threadEntityId\":0,\"processEntityId\":0,\"parentEntityId\":0,"
	       "\"args\":[{\"name\":\"fd\",\"type\":\"int\",\"value\":null},{\"name\":\"mode\",\"type\":\"int\","
	       "\"value\":null},{\"name\":\"offset\",\"type\":\"off_t\",\"value\":null},"
	       "{\"name\":\"len\",\"type\":\"off_t\",\"value\":null}]}\n");
}

static void expect_part(const struct call *c, const char *part)
{
	char *got = output(false, NULL, 0, c, 1);

	if (!strstr(got, part))
		fail_msg("no %s in %s", part, got);
	free(got);
}

/* Where the thread was when it got there, by Tracee's own word. */
static void ways_in(void **state)
{
	static const struct {
		enum via via;
		const char *part;
	} cases[] = {
		{VIA_COMPAT, "\"syscall\":\"fallocate\",\"stackAddresses\":null,\"contextFlags\":"
			     "{\"containerStarted\":false,\"isCompat\":true}"},
		{VIA_IOCTL, "\"syscall\":\"ioctl\","},
		{VIA_MADVISE, "\"syscall\":\"madvise\","},
		{VIA_IO_URING, "\"syscall\":\"\","},
		{VIA_NFSD, "\"syscall\":\"\","},
		{VIA_LOOP, "\"syscall\":\"\","},
		{VIA_KERNEL, "\"syscall\":\"\","},
		{VIA_UNKNOWN, "\"syscall\":\"\","},
	};
	struct call c = call_whole();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		c.via = cases[i].via;
		expect_part(&c, cases[i].part);
	}
	c.has_fd = false;
	expect_part(&c, "\"argsNum\":3,");
}

/* off_t is unsigned there, int is not. */
static void numbers_have_their_types(void **state)
{
	struct call c = call_hostile();

	(void)state;
	expect_part(&c, "{\"name\":\"mode\",\"type\":\"int\",\"value\":-2147483391}");
	expect_part(&c, "\"offset\",\"type\":\"off_t\",\"value\":9223372036854775808}");
	expect_part(&c, "\"len\",\"type\":\"off_t\",\"value\":9223372036854775807}");
	expect_part(&c, "\"returnValue\":-9999,");
	c.offset = -4096;
	expect_part(&c, "\"offset\",\"type\":\"off_t\",\"value\":18446744073709547520}");
	memset(c.comm, 'x', sizeof(c.comm)); /* no NUL */
	expect_part(&c, "\"processName\":\"xxxxxxxxxxxxxxxx\",");
}

static void events_have_their_machines_number(void **state)
{
	static const struct trace_info infos[] = {
		{.host = "a", .machine = "x86_64"}, {.host = "a", .machine = "aarch64"},
		{.host = "b", .machine = "i686"},   {.host = "c", .machine = "s390x"},
		{.host = "d", .machine = "pdp11"},  {.host = "", .machine = ""},
	};
	static const char *const wanted[] = {"\"285\"", "\"47\"", "\"285\"", "\"314\"", "null", "null"};
	struct call calls[6];
	char *got, *line, *next;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		calls[i] = call_whole();
		calls[i].host = infos[i].host;
	}
	got = output(false, infos, 6, calls, 6);
	line = got;
	for (size_t i = 0; i < 6; i++, line = next) {
		char part[64];

		next = strchr(line, '\n') + 1;
		next[-1] = 0;
		snprintf(part, sizeof(part), "\"eventId\":%s,\"eventName\"", wanted[i]);
		if (!strstr(line, part))
			fail_msg("no %s in %s", part, line);
	}
	assert_string_equal(line, "");
	free(got);
}

static void inner_calls_only_if_asked(void **state)
{
	struct call inner, c = call_overlay(&inner);
	char *got = output(false, NULL, 0, &c, 1);

	(void)state;
	assert_string_equal(strchr(got, '\n') + 1, "");
	free(got);
	got = output(true, NULL, 0, &c, 1);
	assert_non_null(strstr(strchr(got, '\n') + 1, "\"timestamp\":1795425302123457789,"));
	free(got);
}

static void losses_have_no_event(void **state)
{
	static const struct loss lost[] = {{.host = "db1", .cpu = 1, .count = 118}};
	struct script s = {.header = true, .losses = lost, .losses_count = 1};
	char *got = sink_output(sink_tracee_new, (struct sink_options){0}, &s);

	(void)state;
	assert_string_equal(got, "");
	free(got);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_call),
		cmocka_unit_test(nothing_known),
		cmocka_unit_test(ways_in),
		cmocka_unit_test(numbers_have_their_types),
		cmocka_unit_test(events_have_their_machines_number),
		cmocka_unit_test(inner_calls_only_if_asked),
		cmocka_unit_test(losses_have_no_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
