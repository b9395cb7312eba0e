/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "calls.h"
#include "falloctrace/event.h"
#include "falloctrace/info.h"
#include "stats/metric_table.h"

#define CELL "{op=\"punch\",via=\"syscall\",fs=\"ext4\",error=\"none\"} "

/* A sink that writes into memory. */
struct fixture {
	struct sink *sink;
	struct sink_options o;
	char *text;
	size_t size;
	struct error e;
};

static void begin(struct fixture *x)
{
	bool nested = x->o.nested, intervals = x->o.intervals, live = x->o.live;

	memset(x, 0, sizeof(*x));
	x->o.nested = nested;
	x->o.live = live;
	x->o.intervals = intervals;
	x->o.format = FORMAT_OPENMETRICS;
	x->o.show = SHOW_REPORT;
	x->o.out = open_memstream(&x->text, &x->size);
	assert_non_null(x->o.out);
	x->sink = sink_new(&x->o);
	assert_non_null(x->sink);
	assert_int_equal(x->sink->ops->header(x->sink, &x->e), 0);
}

static void add(struct fixture *x, const struct call *c)
{
	assert_int_equal(x->sink->ops->call(x->sink, c, &x->e), 0);
}

/* What has been written since the last time. */
static const char *end_interval(struct fixture *x)
{
	struct interval i = {.end = 1};
	size_t before;

	fflush(x->o.out);
	before = x->size;
	assert_int_equal(x->sink->ops->interval(x->sink, &i, &x->e), 0);
	fflush(x->o.out);
	return x->text + before;
}

static const char *end(struct fixture *x)
{
	size_t before;

	fflush(x->o.out);
	before = x->size;
	assert_int_equal(x->sink->ops->footer(x->sink, &x->e), 0);
	fflush(x->o.out);
	return x->text + before;
}

static void done(struct fixture *x)
{
	x->sink->ops->free(x->sink);
	fclose(x->o.out);
	free(x->text);
}

static void has(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("there is no %s in\n%s", what, text);
}

static void has_not(const char *text, const char *what)
{
	if (strstr(text, what))
		fail_msg("there is %s in\n%s", what, text);
}

/* The number behind a series; fails where there is none. */
static uint64_t value_of(const char *text, const char *series)
{
	const char *at = strstr(text, series);

	if (!at)
		fail_msg("there is no %s in\n%s", series, text);
	return strtoull(at + strlen(series), NULL, 10);
}

static void a_call_is_counted(void **state)
{
	struct call c = call_whole();
	struct fixture x = {0};
	const char *text;

	(void)state;
	begin(&x);
	add(&x, &c);
	c.blocks_after = 2064;
	c.size_after = 1048576 + 77;
	add(&x, &c);
	c.size_after = c.size_before - 1;
	c.blocks_after = c.blocks_before;
	c.has_end = false;
	add(&x, &c);
	text = end(&x);
	has(text, "\nfalloctrace_calls_total" CELL "3\n");
	has(text, "\nfalloctrace_requested_bytes_total" CELL "24576\n");
	has(text, "\nfalloctrace_grown_bytes_total" CELL "77\n");
	has(text, "\nfalloctrace_shrunk_bytes_total" CELL "1\n");
	has(text, "\nfalloctrace_allocated_bytes_total" CELL "8192\n");
	has(text, "\nfalloctrace_freed_bytes_total" CELL "8192\n");
	/* 35.12 us, twice */
	has(text, "\nfalloctrace_latency_seconds_bucket{op=\"punch\",le=\"0.000032\"} 0\n");
	has(text, "\nfalloctrace_latency_seconds_bucket{op=\"punch\",le=\"0.000064\"} 2\n");
	has(text, "\nfalloctrace_latency_seconds_bucket{op=\"punch\",le=\"16.777216\"} 2\n");
	has(text, "\nfalloctrace_latency_seconds_bucket{op=\"punch\",le=\"+Inf\"} 2\n");
	has(text, "\nfalloctrace_latency_seconds_sum{op=\"punch\"} 0.000070240\n");
	has(text, "\nfalloctrace_latency_seconds_count{op=\"punch\"} 2\n");
	assert_string_equal(text + strlen(text) - 7, "\n# EOF\n");
	done(&x);
}

static void what_is_not_known_is_not_there(void **state)
{
	struct call c = call_bare();
	struct fixture x = {0};
	const char *text;

	(void)state;
	begin(&x);
	add(&x, &c);
	text = end(&x);
	has(text, "\nfalloctrace_calls_total{op=\"unknown\",via=\"unknown\",fs=\"unknown\",error=\"unknown\"} 1\n");
	has_not(text, "bytes_total{");
	has_not(text, "latency_seconds_count");
	has_not(text, "{}");
	done(&x);
}

static void errors_have_names(void **state)
{
	static const struct {
		int64_t ret;
		const char *name;
	} cases[] = {{-ENOSPC, "ENOSPC"}, {-9999, "other"}, {INT64_MIN, "other"}, {-133, "EHWPOISON"}, {5, "none"}};
	struct fixture x = {0};
	const char *text;
	char series[128];

	(void)state;
	begin(&x);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct call c = call_whole();

		c.ret = cases[i].ret;
		add(&x, &c);
	}
	text = end(&x);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(series, sizeof(series),
			 "falloctrace_calls_total{op=\"punch\",via=\"syscall\",fs=\"ext4\",error=\"%s\"} ",
			 cases[i].name);
		assert_int_equal(value_of(text, series), strcmp(cases[i].name, "other") ? 1 : 2);
	}
	done(&x);
}

/* The least bound that is not less, found by trying. */
static unsigned bucket_of(uint64_t ns)
{
	unsigned i = 0;

	while (i < METRIC_BUCKETS - 1 && ns > UINT64_C(1000) << i)
		i++;
	return i;
}

static void latencies_fall_into_their_buckets(void **state)
{
	uint64_t want[METRIC_BUCKETS] = {0};
	struct metric_table *t = calloc(1, sizeof(*t));
	struct call c = call_whole();
	uint64_t calls = 0;

	(void)state;
	assert_non_null(t);
	c.start = 0;
	for (unsigned i = 0; i < 63; i++)
		for (int k = -1; k <= 1; k++)
			for (int us = 0; us < 2; us++) {
				c.end = (UINT64_C(1) << i) + (uint64_t)(int64_t)k;
				if (us && i < 50)
					c.end = (UINT64_C(1000) << i) + (uint64_t)(int64_t)k;
				want[bucket_of(c.end)]++;
				calls++;
				metric_table_add(t, &c);
			}
	assert_memory_equal(t->latency[OP_PUNCH].buckets, want, sizeof(want));
	assert_int_equal(t->latency[OP_PUNCH].calls, calls);
	free(t);
}

static void sums_stop_at_the_end(void **state)
{
	struct call c = call_whole();
	struct fixture x = {0};
	const char *text;

	(void)state;
	begin(&x);
	c.start = 0;
	c.end = INT64_MAX;
	c.len = INT64_MAX;
	c.size_before = INT64_MIN;
	c.size_after = INT64_MAX;
	c.blocks_before = 0;
	c.blocks_after = UINT64_MAX;
	add(&x, &c);
	text = end(&x);
	assert_true(value_of(text, "falloctrace_requested_bytes_total" CELL) == INT64_MAX);
	assert_true(value_of(text, "falloctrace_grown_bytes_total" CELL) == UINT64_MAX);
	assert_true(value_of(text, "falloctrace_allocated_bytes_total" CELL) == UINT64_MAX);
	for (int i = 0; i < 3; i++)
		add(&x, &c);
	c.len = INT64_MIN; /* nobody can ask for less than nothing */
	c.size_after = INT64_MIN;
	c.size_before = INT64_MAX;
	add(&x, &c);
	text = end(&x);
	assert_true(value_of(text, "falloctrace_requested_bytes_total" CELL) == UINT64_MAX);
	assert_true(value_of(text, "falloctrace_grown_bytes_total" CELL) == UINT64_MAX);
	assert_true(value_of(text, "falloctrace_shrunk_bytes_total" CELL) == UINT64_MAX);
	has(text, "falloctrace_latency_seconds_sum{op=\"punch\"} 18446744073.709551615\n");
	has(text, "falloctrace_latency_seconds_bucket{op=\"punch\",le=\"16.777216\"} 0\n");
	has(text, "falloctrace_latency_seconds_bucket{op=\"punch\",le=\"+Inf\"} 5\n");
	done(&x);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Cuts text into its lines' series, sorts them, and looks for one that is there twice. Returns how many. */
static size_t series_once(char *text)
{
	static char *lines[20000];
	size_t count = 0;

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (line[0] == '#')
			continue;
		*strrchr(line, ' ') = '\0';
		assert_true(count < sizeof(lines) / sizeof(lines[0]));
		lines[count++] = line;
	}
	qsort(lines, count, sizeof(lines[0]), by_text);
	for (size_t i = 1; i < count; i++)
		if (!strcmp(lines[i], lines[i - 1]))
			fail_msg("twice: %s", lines[i]);
	return count;
}

/* Whatever a trace says: series are few, each is there once, and no call is missing in them. */
static void series_are_bounded(void **state)
{
	struct fixture x = {0};
	uint64_t random = 1, sum = 0;
	const char *text, *at;
	size_t count;
	char *copy;

	(void)state;
	begin(&x);
	for (unsigned i = 0; i < 200000; i++) {
		struct call c = call_whole();

		random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
		c.op = (enum op)(random >> 60 & 15); /* also such as there are not */
		c.via = (enum via)(random >> 50 & 15);
		c.ret = -(int64_t)(random >> 40 & 255);
		c.has_ret = random >> 33 & 7;
		snprintf(c.fs, sizeof(c.fs), "fs%u", (unsigned)(random >> 20 & 1023));
		if (i % 7 == 0)
			strcpy(c.fs, i % 2 ? "other" : "unknown");
		add(&x, &c);
	}
	text = end(&x);
	assert_true(strlen(text) < 1000000);
	for (at = text; (at = strstr(at, "\nfalloctrace_calls_total{")); at++)
		sum += strtoull(strchr(at, '}') + 1, NULL, 10);
	assert_int_equal(sum, 200000);
	copy = strdup(text);
	assert_non_null(copy);
	count = series_once(copy);
	free(copy);
	assert_true(count > METRIC_CELLS_MAX);
	assert_true(count < 6 * (METRIC_CELLS_MAX + METRIC_OTHERS_MAX) + 28 * (OP_COUNT + 1) + 10);
	done(&x);
}

static void what_has_a_name_keeps_it(void **state)
{
	struct call c = call_whole();
	struct fixture x = {0};
	const char *text;

	(void)state;
	begin(&x);
	add(&x, &c);
	strcpy(c.fs, "fuse.sshfs");
	add(&x, &c);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(c.fs, sizeof(c.fs), "f%u", i);
		add(&x, &c);
	}
	strcpy(c.fs, "ext4");
	add(&x, &c);
	text = end(&x);
	assert_int_equal(value_of(text, "falloctrace_calls_total" CELL), 2);
	has(text, "fs=\"fuse.sshfs\"");
	has(text, "fs=\"f13\"");
	has_not(text, "fs=\"f14\"");
	assert_int_equal(value_of(text, "calls_total{op=\"punch\",via=\"syscall\",fs=\"other\",error=\"none\"} "),
			 1000 - 14);
	done(&x);
}

/* Nothing of a name steers a terminal or a parser. */
static void hostile_names(void **state)
{
	struct call c = call_hostile();
	struct trace_info info = {.host = "a\"b\\c\n\x1b\xff", .release = "}\t1", .machine = "\xe2\x82\xac"};
	struct fixture x = {0};
	const char *text;

	(void)state;
	begin(&x);
	assert_int_equal(x.sink->ops->trace(x.sink, &info, &x.e), 0);
	add(&x, &c);
	text = end(&x);
	/* \ of our own notation, and a " or \ of a label's, which has a \ before it */
	has(text, "\nfalloctrace_info{version=\"" VERSION "\",host=\"a\\\"b\\\\\\\\c\\\\n\\\\x1b\\\\xff\","
		  "release=\"}\\\\t1\",machine=\"\xe2\x82\xac\"} 1\n");
	has(text, "fs=\"other\",error=\"other\"} 1\n");
	for (; *text; text++)
		assert_true(*text == '\n' || (unsigned char)*text >= ' ');
	done(&x);
}

static void machines_are_there_once(void **state)
{
	struct trace_info info = {.host = "db1"}, nobody = {0};
	struct fixture x = {0};
	const char *text;
	unsigned count = 0;

	(void)state;
	begin(&x);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(x.sink->ops->trace(x.sink, &info, &x.e), 0);
	assert_int_equal(x.sink->ops->trace(x.sink, &nobody, &x.e), 0);
	text = end_interval(&x);
	has(text, " Always 1.\nfalloctrace_info{version=\"" VERSION "\",host=\"db1\"} 1\n"
		  "falloctrace_info{version=\"" VERSION "\"} 1\n# ");
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(info.host, sizeof(info.host), "h%u", i);
		assert_int_equal(x.sink->ops->trace(x.sink, &info, &x.e), 0);
	}
	for (text = end_interval(&x); (text = strstr(text, "falloctrace_info{")); text++)
		count++;
	assert_int_equal(count, 256);
	done(&x);
}

static void losses_and_odd_calls(void **state)
{
	struct loss l = {.count = 118}, gap = {.count = LOST_UNKNOWN};
	struct call c = call_whole();
	struct fixture x = {0};
	const char *text;

	(void)state;
	begin(&x);
	assert_int_equal(x.sink->ops->lost(x.sink, &l, &x.e), 0);
	assert_int_equal(x.sink->ops->lost(x.sink, &l, &x.e), 0);
	assert_int_equal(x.sink->ops->lost(x.sink, &gap, &x.e), 0);
	c.odd = ODD_UNFINISHED | ODD_LOSS_NEARBY;
	c.has_ret = false;
	add(&x, &c);
	text = end_interval(&x);
	assert_int_equal(value_of(text, "\nfalloctrace_lost_events_total "), 236);
	assert_int_equal(value_of(text, "\nfalloctrace_uncounted_losses_total "), 1);
	assert_int_equal(value_of(text, "\nfalloctrace_odd_calls_total{odd=\"unfinished\"} "), 1);
	assert_int_equal(value_of(text, "\nfalloctrace_odd_calls_total{odd=\"loss-nearby\"} "), 1);
	assert_int_equal(value_of(text, "\nfalloctrace_odd_calls_total{odd=\"orphan\"} "), 0);
	l.count = UINT64_MAX - 1;
	assert_int_equal(x.sink->ops->lost(x.sink, &l, &x.e), 0);
	text = end_interval(&x);
	assert_true(value_of(text, "\nfalloctrace_lost_events_total ") == UINT64_MAX);
	done(&x);
}

/* Each time all that came since the beginning; nothing is written twice at the end. */
static void intervals_add_up(void **state)
{
	struct call c = call_whole();
	struct fixture x = {.o.intervals = true};
	const char *text;

	(void)state;
	begin(&x);
	text = end_interval(&x);
	has_not(text, "falloctrace_calls_total{");
	has(text, "# EOF\n");
	add(&x, &c);
	assert_int_equal(value_of(end_interval(&x), "falloctrace_calls_total" CELL), 1);
	assert_int_equal(value_of(end_interval(&x), "falloctrace_calls_total" CELL), 1);
	assert_string_equal(end(&x), "");
	add(&x, &c);
	assert_int_equal(value_of(end(&x), "falloctrace_calls_total" CELL), 2);
	done(&x);
	/* whose first interval never ended */
	begin(&x);
	has(end(&x), "falloctrace_lost_events_total 0\n");
	done(&x);
}

static void inner_calls(void **state)
{
	struct fixture x = {0};
	struct call inner, c = call_overlay(&inner);
	const char *series = "falloctrace_calls_total{op=\"punch\",via=\"overlay\",fs=\"xfs\",error=\"none\"} ";

	(void)state;
	begin(&x);
	add(&x, &c);
	has_not(end(&x), series);
	done(&x);
	x.o.nested = true;
	begin(&x);
	add(&x, &c);
	assert_int_equal(value_of(end(&x), series), 1);
	done(&x);
}

static uint64_t cpu_now(void)
{
	struct timespec t;

	assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t), 0);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* What tracing takes is told by who traces: what this process took, when it is written. */
static void a_tracer_tells_what_it_takes(void **state)
{
	static const char name[] = "\nfalloctrace_cpu_seconds_total ";
	struct fixture x = {.o.live = true}, replay = {0};
	uint64_t before = cpu_now(), told;
	char *end_of_seconds;
	const char *text;

	(void)state;
	begin(&x);
	text = strstr(end_interval(&x), name);
	assert_non_null(text);
	text += strlen(name);
	told = strtoull(text, &end_of_seconds, 10) * 1000000000;
	assert_int_equal(*end_of_seconds, '.');
	assert_int_equal(strcspn(end_of_seconds + 1, "\n"), 9);
	told += strtoull(end_of_seconds + 1, NULL, 10);
	assert_in_range(told, before, cpu_now());
	done(&x);
	begin(&replay);
	assert_null(strstr(end_interval(&replay), name));
	done(&replay);
}

static void a_full_disk_is_an_error(void **state)
{
	struct sink_options o = {.format = FORMAT_OPENMETRICS, .show = SHOW_REPORT, .out = fopen("/dev/full", "w")};
	struct error e = {0};
	struct sink *sink;

	(void)state;
	assert_non_null(o.out);
	setvbuf(o.out, NULL, _IONBF, 0);
	sink = sink_new(&o);
	assert_non_null(sink);
	assert_int_equal(sink->ops->footer(sink, &e), -1);
	assert_string_equal(e.text, "cannot write the output: No space left on device");
	sink->ops->free(sink);
	fclose(o.out);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_is_counted),	    cmocka_unit_test(what_is_not_known_is_not_there),
		cmocka_unit_test(errors_have_names),	    cmocka_unit_test(latencies_fall_into_their_buckets),
		cmocka_unit_test(sums_stop_at_the_end),	    cmocka_unit_test(series_are_bounded),
		cmocka_unit_test(what_has_a_name_keeps_it), cmocka_unit_test(hostile_names),
		cmocka_unit_test(machines_are_there_once),  cmocka_unit_test(losses_and_odd_calls),
		cmocka_unit_test(intervals_add_up),	    cmocka_unit_test(inner_calls),
		cmocka_unit_test(a_full_disk_is_an_error),  cmocka_unit_test(a_tracer_tells_what_it_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
