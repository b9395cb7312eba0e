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

static struct call took(uint64_t ns)
{
	struct call c = call_whole();

	c.end = c.start + ns;
	return c;
}

static void expect(const struct call *calls, unsigned count, struct sink_options o, const char *want)
{
	struct script s = {.header = true, .calls = calls, .calls_count = count};
	char *got = sink_output(sink_folded_new, o, &s);

	assert_string_equal(got, want);
	free(got);
}

/* ns are added up before they are rounded. */
static void each_weight(void **state)
{
	const struct call calls[] = {took(1600), took(1600), took(1400)};

	(void)state;
	expect(calls, 3, (struct sink_options){.weight = WEIGHT_TIME}, "postgres;via:syscall;punch;fs:ext4 5\n");
	expect(calls, 2, (struct sink_options){.weight = WEIGHT_TIME}, "postgres;via:syscall;punch;fs:ext4 3\n");
	expect(calls, 3, (struct sink_options){.weight = WEIGHT_CALLS}, "postgres;via:syscall;punch;fs:ext4 3\n");
	expect(calls, 3, (struct sink_options){.weight = WEIGHT_BYTES}, "postgres;via:syscall;punch;fs:ext4 24576\n");
	expect(calls, 0, (struct sink_options){0}, "");
}

/* The overlay's 35120 ns, of which the filesystem below has 33120. */
static void a_call_that_makes_others_has_the_rest(void **state)
{
	struct call lower, again, c = call_overlay(&lower);

	(void)state;
	lower.next = NULL;
	expect(&c, 1, (struct sink_options){0},
	       "postgres;via:syscall;punch;fs:overlay 2\n"
	       "postgres;via:syscall;punch;fs:overlay;via:overlay;punch;fs:xfs 33\n");
	expect(&c, 1, (struct sink_options){.weight = WEIGHT_CALLS},
	       "postgres;via:syscall;punch;fs:overlay 1\n"
	       "postgres;via:syscall;punch;fs:overlay;via:overlay;punch;fs:xfs 1\n");
	/* all of its bytes went below */
	expect(&c, 1, (struct sink_options){.weight = WEIGHT_BYTES},
	       "postgres;via:syscall;punch;fs:overlay;via:overlay;punch;fs:xfs 8192\n");
	/* longer than what they are part of, as clocks that disagree may have it: there is no less than nothing */
	again = lower;
	lower.next = &again;
	expect(&c, 1, (struct sink_options){0}, "postgres;via:syscall;punch;fs:overlay;via:overlay;punch;fs:xfs 66\n");
	lower.next = NULL;
	lower.len = INT64_MAX;
	expect(&c, 1, (struct sink_options){.weight = WEIGHT_BYTES},
	       "postgres;via:syscall;punch;fs:overlay;via:overlay;punch;fs:xfs 9223372036854775807\n");
	lower.len = INT64_MIN;
	expect(&c, 1, (struct sink_options){.weight = WEIGHT_BYTES}, "postgres;via:syscall;punch;fs:overlay 8192\n");
	c.has_end = false;
	expect(&c, 1, (struct sink_options){0},
	       "postgres;via:syscall;punch;fs:overlay;via:overlay;punch;fs:xfs 33\n"
	       "(1_call_without_a_latency) 0\n");
}

static void the_kernels_own_function(void **state)
{
	struct call c = took(1000);

	(void)state;
	c.via = VIA_KERNEL;
	strcpy(c.caller, "dm_x");
	expect(&c, 1, (struct sink_options){0}, "postgres;via:kernel;dm_x;punch;fs:ext4 1\n");
	*c.caller = '\0';
	expect(&c, 1, (struct sink_options){0}, "postgres;via:kernel;-;punch;fs:ext4 1\n");
}

static void what_is_unknown(void **state)
{
	const struct call calls[] = {call_bare(), call_bare()};
	struct call dash = took(1000);

	(void)state;
	expect(calls, 2, (struct sink_options){0}, "(2_calls_without_a_latency) 0\n");
	expect(calls, 2, (struct sink_options){.weight = WEIGHT_BYTES}, "(2_calls_without_a_length) 0\n");
	expect(calls, 2, (struct sink_options){.weight = WEIGHT_CALLS}, "tid:7;via:-;-;fs:- 2\n");
	dash.ticks = true; /* no ns */
	expect(&dash, 1, (struct sink_options){0}, "(1_call_without_a_latency) 0\n");
}

static void machines(void **state)
{
	struct call c[] = {took(1000), took(1000)};

	(void)state;
	c[0].host = "";
	c[0].trace = 2;
	expect(c, 2, (struct sink_options){.hosts = true},
	       "host:#2;postgres;via:syscall;punch;fs:ext4 1\n"
	       "host:db1;postgres;via:syscall;punch;fs:ext4 1\n");
}

/* Neither a frame nor a line more, nor a number, can be had by a name. */
static void names_stay_in_their_frame(void **state)
{
	struct call c = took(1000);

	(void)state;
	strcpy(c.comm, ";a;b 1\n 2;");
	strcpy(c.fs, "x\xff;\x1b 7");
	expect(&c, 1, (struct sink_options){0},
	       "\\x3ba\\x3bb 1\\n 2\\x3b;via:syscall;punch;fs:x\\xff\\x3b\\x1b\\x207 1\n");
}

static void losses_weigh_nothing(void **state)
{
	const struct loss losses[] = {{.count = 1}, {.count = 1}, {.count = LOST_UNKNOWN}};
	struct script s = {.losses = losses, .losses_count = 1};
	char *got = sink_output(sink_folded_new, (struct sink_options){0}, &s);

	(void)state;
	assert_string_equal(got, "(1_event_lost) 0\n");
	free(got);
	s.losses_count = 3;
	got = sink_output(sink_folded_new, (struct sink_options){0}, &s);
	assert_string_equal(got, "(2_events_lost) 0\n(1_time_an_unknown_number_of_events_lost) 0\n");
	free(got);
}

/* Those with the fewest calls are one; what all weigh together stays exact. */
static void more_stacks_than_lines(void **state)
{
	static struct call calls[10101];
	struct script s = {.calls = calls, .calls_count = 10101};
	unsigned long long sum = 0, lines = 0;
	char *got, *line, *rest;

	(void)state;
	for (unsigned i = 0; i < 10101; i++) {
		calls[i] = took(i < 101 ? 7000 : 1000);
		snprintf(calls[i].comm, sizeof(calls[i].comm), "p%u", i < 101 ? 0 : i);
	}
	got = sink_output(sink_folded_new, (struct sink_options){0}, &s);
	assert_non_null(strstr(got, "p0;via:syscall;punch;fs:ext4 707\n"));
	assert_non_null(strstr(got, "\n(other) 5000\n"));
	for (line = strtok_r(got, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest), lines++)
		sum += strtoull(strrchr(line, ' ') + 1, NULL, 10);
	assert_int_equal(lines, 5002);
	assert_int_equal(sum, 707 + 10000);
	free(got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_weight),
		cmocka_unit_test(a_call_that_makes_others_has_the_rest),
		cmocka_unit_test(the_kernels_own_function),
		cmocka_unit_test(what_is_unknown),
		cmocka_unit_test(machines),
		cmocka_unit_test(names_stay_in_their_frame),
		cmocka_unit_test(losses_weigh_nothing),
		cmocka_unit_test(more_stacks_than_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
