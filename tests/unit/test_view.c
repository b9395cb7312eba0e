/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/output.h"
#include "cmd/view.h"

/* A view of the options "falloctrace ARG…", writing into memory. */
struct fixture {
	struct options o;
	struct trace_info info;
	struct view *view;
	struct view_trace *trace;
	struct error e;
	FILE *out;
	char *text;
	size_t size;
};

static void open_view(struct fixture *x, FILE *out, const char *a1, const char *a2, const char *a3)
{
	char name[] = "falloctrace", *argv[5] = {name};
	const char *args[] = {a1, a2, a3};
	int argc = 1, i;

	memset(x, 0, sizeof(*x));
	for (i = 0; i < 3 && args[i]; i++)
		argv[argc++] = strdup(args[i]);
	assert_int_equal(options_parse(&x->o, argc, argv, &x->e), 0);
	while (argc > 1)
		free(argv[--argc]);
	info_init(&x->info);
	x->out = out ? out : open_memstream(&x->text, &x->size);
	assert_non_null(x->out);
	x->view = view_new(&x->o, false, x->out, &x->e);
	assert_non_null(x->view);
	x->trace = view_add(x->view, &x->info, &x->e);
	assert_non_null(x->trace);
}

static void close_view(struct fixture *x)
{
	view_free(x->view);
	options_free(&x->o);
	info_free(&x->info);
	if (x->text) {
		fclose(x->out);
		free(x->text);
	}
}

static enum view_result enter(struct fixture *x, int32_t tid, uint64_t ts, int64_t len)
{
	struct event ev = {.kind = EVENT_SYS_ENTER,
			   .has = HAS_FD | HAS_MODE | HAS_OFFSET | HAS_LEN | HAS_COMM,
			   .ts = ts,
			   .tid = tid,
			   .fd = 3,
			   .len = len,
			   .comm = {"sh", 2}};

	return view_event(x->trace, &ev, &x->e);
}

static enum view_result leave(struct fixture *x, int32_t tid, uint64_t ts, int64_t ret)
{
	struct event ev = {.kind = EVENT_SYS_EXIT, .has = HAS_RET, .ts = ts, .tid = tid, .ret = ret};

	return view_event(x->trace, &ev, &x->e);
}

static enum view_result lost(struct fixture *x, uint64_t ts, uint64_t count)
{
	struct event ev = {.kind = EVENT_LOST, .ts = ts, .cpu = 2, .lost = count};

	return view_event(x->trace, &ev, &x->e);
}

static enum view_result end(struct fixture *x)
{
	enum view_result r = view_trace_end(x->trace, &x->e);

	return r == VIEW_OK ? view_end(x->view, &x->e) : r;
}

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

static void calls_and_losses_come_out(void **state)
{
	struct view_counts c;
	struct fixture x;

	(void)state;
	open_view(&x, NULL, "-j", NULL, NULL);
	x.info.has_utc_offset = true;
	x.info.utc_offset = INT64_C(1000000000000000000);
	assert_int_equal(enter(&x, 10, 1000, 4096), VIEW_OK);
	assert_int_equal(enter(&x, 11, 2000, 8192), VIEW_OK);
	assert_int_equal(leave(&x, 10, 3000, 0), VIEW_OK);
	assert_int_equal(lost(&x, 5000, 118), VIEW_OK);
	assert_int_equal(lost(&x, UINT64_MAX, LOST_UNKNOWN), VIEW_OK);
	assert_int_equal(end(&x), VIEW_OK);
	assert_non_null(strstr(x.text, "\"time\":\"2001-09-09T01:46:40.000001000Z\",\"ts\":1000,"));
	assert_non_null(strstr(x.text, "\"len\":4096,\"ret\":0,\"error\":null,\"latency_ns\":2000,"));
	assert_non_null(
		strstr(x.text, "{\"type\":\"lost\",\"host\":null,\"cpu\":2,\"count\":118,\"before_ts\":5000}\n"));
	assert_non_null(
		strstr(x.text, "{\"type\":\"lost\",\"host\":null,\"cpu\":2,\"count\":null,\"before_ts\":null}\n"));
	assert_non_null(strstr(x.text, "\"len\":8192,\"ret\":null"));
	assert_int_equal(count(x.text, "\n"), 4);
	view_counts(x.view, &c);
	assert_int_equal(c.calls, 2);
	assert_int_equal(c.shown, 2);
	assert_true(c.odd >= 1); /* the unfinished one */
	assert_int_equal(c.lost, 118);
	assert_int_equal(c.gaps, 1);
	close_view(&x);
}

static void filters_drop_calls_and_keep_losses(void **state)
{
	struct view_counts c;
	struct fixture x;

	(void)state;
	open_view(&x, NULL, "-x", "-j", NULL);
	enter(&x, 10, 1000, 1);
	leave(&x, 10, 2000, 0);
	enter(&x, 10, 3000, 2);
	leave(&x, 10, 4000, -ENOSPC);
	lost(&x, 5000, UINT64_MAX - 1);
	lost(&x, 6000, UINT64_MAX - 1); /* two such make more than can be counted */
	assert_int_equal(end(&x), VIEW_OK);
	assert_int_equal(count(x.text, "\"type\":\"call\""), 1);
	assert_non_null(strstr(x.text, "\"error\":\"ENOSPC\""));
	assert_int_equal(count(x.text, "\"type\":\"lost\""), 2);
	view_counts(x.view, &c);
	assert_int_equal(c.calls, 2);
	assert_int_equal(c.shown, 1);
	assert_true(c.lost == UINT64_MAX);
	close_view(&x);
}

static void a_root_shows_its_descendants_only(void **state)
{
	struct fixture x;

	(void)state;
	open_view(&x, NULL, "-j", NULL, NULL);
	assert_int_equal(tasks_add(x.info.tasks, 10, 10, 1), 0);
	assert_int_equal(tasks_add(x.info.tasks, 20, 20, 10), 0);
	assert_int_equal(tasks_add(x.info.tasks, 21, 20, 10), 0);
	assert_int_equal(tasks_add(x.info.tasks, 30, 30, 1), 0);
	view_set_root(x.trace, 10);
	enter(&x, 10, 1000, 1);
	leave(&x, 10, 1100, 0);
	enter(&x, 21, 2000, 2);
	leave(&x, 21, 2100, 0);
	enter(&x, 30, 3000, 3);
	leave(&x, 30, 3100, 0);
	enter(&x, 99, 4000, 4); /* of which nothing is known */
	leave(&x, 99, 4100, 0);
	assert_int_equal(end(&x), VIEW_OK);
	assert_int_equal(count(x.text, "\n"), 2);
	assert_non_null(strstr(x.text, "\"len\":1,"));
	assert_non_null(strstr(x.text, "\"len\":2,"));
	close_view(&x);
}

static void text_has_a_header_at_once(void **state)
{
	struct fixture x;

	(void)state;
	open_view(&x, NULL, "-T", "raw", NULL);
	assert_int_equal(view_flush(x.view, &x.e), VIEW_OK);
	assert_memory_equal(x.text, "TIME ", 5);
	assert_int_equal(count(x.text, "\n"), 1);
	close_view(&x);
}

/* Nobody reads any more: no error, and nothing is tried again. */
static void a_closed_pipe_is_quiet(void **state)
{
	struct fixture x;
	FILE *out;
	int fds[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fds), 0);
	out = fdopen(fds[1], "w");
	assert_non_null(out);
	open_view(&x, out, "-j", NULL, NULL);
	enter(&x, 10, 1000, 1);
	close(fds[0]);
	assert_int_equal(leave(&x, 10, 2000, 0), VIEW_CLOSED); /* line-buffered: a pipe, and live */
	assert_int_equal(enter(&x, 10, 3000, 1), VIEW_CLOSED);
	assert_int_equal(view_flush(x.view, &x.e), VIEW_CLOSED);
	assert_int_equal(end(&x), VIEW_CLOSED);
	assert_int_equal(view_end(x.view, &x.e), VIEW_CLOSED);
	close_view(&x);
	fclose(out);
}

static void a_pipe_closed_before_the_header_is_quiet(void **state)
{
	struct fixture x;
	FILE *out;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	out = fdopen(fds[1], "w");
	open_view(&x, out, NULL, NULL, NULL);
	assert_int_equal(enter(&x, 10, 1000, 1), VIEW_CLOSED);
	close_view(&x);
	fclose(out);
}

static void a_full_disk_is_an_error(void **state)
{
	FILE *out = fopen("/dev/full", "w");
	struct fixture x;

	(void)state;
	assert_non_null(out);
	open_view(&x, out, "-j", NULL, NULL);
	enter(&x, 10, 1000, 1);
	assert_int_equal(leave(&x, 10, 2000, 0), VIEW_FAILED);
	assert_int_equal(x.e.status, STATUS_ERROR);
	assert_string_equal(x.e.text, "cannot write the output: No space left on device");
	close_view(&x);
	fclose(out);
}

static void losses_are_reported(void **state)
{
	static const struct {
		uint64_t counts[2];
		const char *option, *want;
	} cases[] = {
		{{0, 0}, "-j", ""},
		{{118, 0}, "-j", "falloctrace: 118 events were lost; a larger --buffer-size helps\n"},
		{{LOST_UNKNOWN, 0},
		 "-j",
		 "falloctrace: events were lost 1 time, how many is not known; a larger --buffer-size helps\n"},
		{{5, LOST_UNKNOWN},
		 "-j",
		 "falloctrace: 5 events were lost, and 1 time a number that is not known; a larger --buffer-size helps\n"},
		{{5, 0}, "-q", ""},
	};
	struct fixture x;
	size_t i, size;
	char *text;
	FILE *err;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		open_view(&x, NULL, cases[i].option, NULL, NULL);
		for (int k = 0; k < 2; k++)
			if (cases[i].counts[k])
				lost(&x, 1000, cases[i].counts[k]);
		err = open_memstream(&text, &size);
		view_report(x.view, err);
		fclose(err);
		assert_string_equal(text, cases[i].want);
		free(text);
		fflush(x.out);
		close_view(&x);
	}
}

/* The number behind a series in a file; -1: there is no such file, -2: no such series. */
static long value_in(const char *path, const char *series)
{
	FILE *f = fopen(path, "r");
	char text[16384];
	const char *at;
	size_t size;

	if (!f)
		return -1;
	size = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[size] = '\0';
	assert_string_equal(text + size - 6, "# EOF\n");
	at = strstr(text, series);
	return at ? strtol(at + strlen(series), NULL, 10) : -2;
}

/* Each interval that ends, by a call or by the clock, leaves a file that is whole. */
static void a_file_is_replaced_after_each_interval(void **state)
{
	static const char *series =
		"\nfalloctrace_calls_total{op=\"extend\",via=\"syscall\",fs=\"unknown\",error=\"none\"} ";
	char folder[] = "/tmp/test_view.XXXXXX", path[64];
	struct options o = {.format = FORMAT_OPENMETRICS, .output = path};
	struct error e = {0};
	struct output *output;
	struct fixture x;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/x.prom", folder);
	output = output_open(&o, &e);
	assert_non_null(output);
	open_view(&x, output_file(output), "--format=openmetrics", "-i1s", NULL);
	view_publish_to(x.view, output);
	assert_int_equal(view_time(x.trace, 500000000, &x.e), VIEW_OK);
	enter(&x, 10, 600000000, 1);
	leave(&x, 10, 700000000, 0);
	assert_int_equal(value_in(path, series), -1);
	assert_int_equal(view_time(x.trace, 1000000000, &x.e), VIEW_OK);
	assert_int_equal(value_in(path, series), 1);
	enter(&x, 10, 1100000000, 1);
	leave(&x, 10, 1200000000, 0);
	assert_int_equal(value_in(path, series), 1);
	enter(&x, 10, 2100000000, 1); /* the call itself tells that an interval has ended */
	leave(&x, 10, 2200000000, 0);
	assert_int_equal(value_in(path, series), 2);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(view_time(x.trace, 3000000000, &x.e), VIEW_OK);
	assert_int_equal(value_in(path, series), 3);
	/* nothing came, and it is written anew */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(view_time(x.trace, 4000000000, &x.e), VIEW_OK);
	assert_int_equal(value_in(path, series), 3);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(end(&x), VIEW_OK);
	assert_int_equal(value_in(path, series), 3);
	close_view(&x);
	assert_int_equal(output_close(output, &e), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
}

/* What a line of the text has behind "name": */
static long long number_in(const char *line, const char *name)
{
	const char *at = strstr(line, name), *end = strchr(line, '\n');

	assert_true(at && (!end || at < end));
	return strtoll(at + strlen(name), NULL, 10);
}

/* A loss comes when its gap begins, and tells its end; meanwhile others call. */
static void a_loss_ends_no_interval(void **state)
{
	static const long long want[][3] = {{0, 1, 118}, {2000000000, 1, 0}, {7000000000, 1, 7}};
	struct fixture x;
	const char *line;

	(void)state;
	open_view(&x, NULL, "-j", "-s", "-i1");
	enter(&x, 10, 500000000, 1);
	leave(&x, 10, 600000000, 0);
	lost(&x, 5200000000, 118);
	enter(&x, 10, 2000000000, 1);
	leave(&x, 10, 2100000000, 0);
	enter(&x, 10, 7000000000, 1);
	leave(&x, 10, 7100000000, 0);
	lost(&x, UINT64_MAX, 7); /* before the end */
	assert_int_equal(end(&x), VIEW_OK);
	line = x.text;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_non_null(line);
		assert_true(number_in(line, "\"begin_ts\":") == want[i][0]);
		assert_true(number_in(line, "\"calls\":") == want[i][1]);
		assert_true(number_in(line, "\"lost\":") == want[i][2]);
		line = strchr(line, '\n') + 1;
	}
	assert_string_equal(line, "");
	close_view(&x);
}

static void it_tells_when_an_interval_ends(void **state)
{
	struct fixture x;

	(void)state;
	open_view(&x, NULL, "-s", "-i10", NULL);
	assert_true(view_until_end(x.trace, 0) == 10000000000);
	assert_true(view_until_end(x.trace, 9999999999) == 1);
	assert_true(view_until_end(x.trace, 10000000000) == 10000000000);
	assert_true(view_until_end(x.trace, UINT64_MAX) == 0);
	x.info.has_utc_offset = true;
	x.info.utc_offset = 3;
	assert_true(view_until_end(x.trace, 9999999990) == 7);
	x.info.utc_offset = -INT64_C(20000000001);
	assert_true(view_until_end(x.trace, 9999999999) == 2);
	x.info.utc_offset = INT64_MAX;
	assert_true(view_until_end(x.trace, 1) == 0); /* a time that cannot be */
	x.info.ticks = true;
	x.info.utc_offset = 0;
	assert_true(view_until_end(x.trace, 1) == 0);
	fflush(x.out);
	close_view(&x);
	open_view(&x, NULL, "-s", NULL, NULL);
	assert_true(view_until_end(x.trace, 1) == 0);
	fflush(x.out);
	close_view(&x);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_and_losses_come_out),
		cmocka_unit_test(filters_drop_calls_and_keep_losses),
		cmocka_unit_test(a_root_shows_its_descendants_only),
		cmocka_unit_test(text_has_a_header_at_once),
		cmocka_unit_test(a_closed_pipe_is_quiet),
		cmocka_unit_test(a_pipe_closed_before_the_header_is_quiet),
		cmocka_unit_test(a_full_disk_is_an_error),
		cmocka_unit_test(losses_are_reported),
		cmocka_unit_test(a_file_is_replaced_after_each_interval),
		cmocka_unit_test(a_loss_ends_no_interval),
		cmocka_unit_test(it_tells_when_an_interval_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
