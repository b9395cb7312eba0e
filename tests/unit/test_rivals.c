/* SPDX-License-Identifier: MIT */
/*
 * What others write to an instance is noticed, here in a folder that looks like
 * one. What the kernel makes of it is for tests/live/faults-own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/rivals.h"

static const char *const files[] = {"tracing_on", "trace_clock",    "trace",	       "current_tracer",
				    "set_event",  "buffer_size_kb", "events/g/enable", "events/g/two/enable"};

struct instance {
	char dir[64];
	struct rivals *rivals;
};

static void put(const struct instance *in, const char *file, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", in->dir, file);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int setup(void **state)
{
	static const char *const events[] = {"g", "g/two"};
	static const char *const folders[] = {"events", "events/g", "events/g/two"};
	struct instance *in = *state = calloc(1, sizeof(*in));
	char path[128];
	struct error e;

	assert_non_null(in);
	snprintf(in->dir, sizeof(in->dir), "/tmp/test_rivals.XXXXXX");
	if (!mkdtemp(in->dir))
		return -1;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", in->dir, folders[i]);
		if (mkdir(path, 0700))
			return -1;
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		put(in, files[i], "1\n");
	in->rivals = rivals_open(in->dir, events, 2, &e);
	return in->rivals ? 0 : -1;
}

static int teardown(void **state)
{
	struct instance *in = *state;
	char command[128];

	rivals_close(in->rivals);
	snprintf(command, sizeof(command), "rm -r '%s'", in->dir);
	if (system(command))
		return -1;
	free(in);
	return 0;
}

static void expect(const struct instance *in, bool last, int result, const char *text)
{
	struct error e = {0};

	assert_int_equal(rivals_look(in->rivals, last, &e), result);
	if (text)
		assert_non_null(strstr(e.text, text));
}

static bool woken(const struct instance *in, int ms)
{
	struct pollfd p = {.fd = rivals_fd(in->rivals), .events = POLLIN};

	return poll(&p, 1, ms) == 1;
}

static void nobody(void **state)
{
	assert_false(woken(*state, 0));
	expect(*state, false, 0, NULL);
	expect(*state, true, 0, NULL);
}

static void each_write_is_seen(void **state)
{
	static const struct {
		const char *file;
		int result;
	} writes[] = {{"tracing_on", -1},     {"trace", -1},	 {"trace_clock", RIVALS_CLOCK},
		      {"current_tracer", -1}, {"set_event", -1}, {"buffer_size_kb", RIVALS_RESIZED}};

	for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
		/* What it says is as it was: that somebody wrote is enough. */
		put(*state, writes[i].file, "1\n");
		assert_true(woken(*state, 0));
		expect(*state, false, writes[i].result, writes[i].file);
		expect(*state, false, 0, NULL);
	}
}

static void the_worst_is_told(void **state)
{
	put(*state, "trace_clock", "x");
	put(*state, "buffer_size_kb", "2");
	put(*state, "trace", "");
	expect(*state, false, RIVALS_CLOCK, "trace_clock");
}

static void events_are_looked_at_each_second(void **state)
{
	const struct instance *in = *state;

	put(in, "events/g/two/enable", "0\n");
	expect(in, false, 0, NULL);
	assert_true(woken(in, 3000));
	expect(in, false, -1, "events/g/two");
	put(in, "events/g/two/enable", "1\n");
	expect(in, true, 0, NULL);
	/* Some of a group's are, and some are not. */
	put(in, "events/g/enable", "X\n");
	expect(in, true, -1, "events/g)");
	/* The kernel's file of an event that is gone can't be read any more. */
	put(in, "events/g/enable", "");
	expect(in, true, -1, "events/g)");
}

static void reading_is_nobodys_business(void **state)
{
	const struct instance *in = *state;
	char path[128];
	char byte;
	int fd;

	snprintf(path, sizeof(path), "%s/trace_clock", in->dir);
	fd = open(path, O_RDONLY);
	assert_int_equal(read(fd, &byte, 1), 1);
	close(fd);
	assert_false(woken(in, 0));
	expect(in, true, 0, NULL);
}

static void without_its_events(void **state)
{
	static const char *const none[] = {"h"};
	struct instance *in = *state;
	struct error e;

	assert_null(rivals_open(in->dir, none, 1, &e));
	assert_non_null(strstr(e.text, "events/h/enable"));
	rivals_close(NULL);
}

int main(void)
{
#define RIVALS_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		RIVALS_TEST(nobody),
		RIVALS_TEST(each_write_is_seen),
		RIVALS_TEST(the_worst_is_told),
		RIVALS_TEST(events_are_looked_at_each_second),
		RIVALS_TEST(reading_is_nobodys_business),
		RIVALS_TEST(without_its_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
