/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/output.h"
#include "cmd/view.h"
#include "falloctrace/assemble.h"

struct view {
	const struct options *o;
	FILE *out;
	struct output *output; /* NULL: nobody wants to know what is whole */
	struct sink *sink;
	struct view_trace *traces;
	struct view_counts counts;
	bool closed; /* whoever read out has gone */
	/* Of the interval that runs: ns, UTC or on the trace's clock; has_begun: false before the first. */
	bool has_begun, has_utc;
	int64_t begin;
};

struct view_trace {
	struct view *view;
	struct view_trace *next;
	struct trace_info *info;
	struct assemble *assemble;
	int32_t root; /* 0: none */
};

/* A sink's -1 is quiet where nobody reads any more; errno is that of the write. */
static int written(struct view *v, int ret)
{
	if (ret < 0 && errno == EPIPE)
		v->closed = true;
	return ret;
}

static bool below_root(const struct view_trace *t, const struct call *c)
{
	if (!t->root || c->pid == t->root || c->tid == t->root)
		return true;
	return c->pid > 0 && t->info->tasks && tasks_descends(t->info->tasks, c->pid, t->root);
}

/* --- intervals --- */

/* The interval's begin that time is in; none of them begins before the least of times. */
static int64_t begin_of(const struct view *v, int64_t time)
{
	int64_t in = time % v->o->interval;

	return in >= 0 ? time - in : time < INT64_MIN + v->o->interval ? INT64_MIN : time - in - v->o->interval;
}

static int end_interval(struct view *v, struct error *e)
{
	struct interval i = {.has_utc = v->has_utc, .begin = v->begin};

	if (!v->sink->ops->interval)
		return 0;
	if (__builtin_add_overflow(v->begin, v->o->interval, &i.end))
		i.end = INT64_MAX;
	return written(v, v->sink->ops->interval(v->sink, &i, e));
}

static int publish(struct view *v, bool last, struct error *e)
{
	return v->output ? output_publish(v->output, last, e) : 0;
}

/* Where ts lies among intervals. False: there are none, or that is not known. */
static bool interval_time(const struct view_trace *t, uint64_t ts, int64_t *time)
{
	if (!t->view->o->interval || t->info->ticks || ts > INT64_MAX)
		return false;
	*time = (int64_t)ts;
	return !t->info->has_utc_offset || !__builtin_add_overflow(*time, t->info->utc_offset, time);
}

int64_t view_until_end(const struct view_trace *t, uint64_t now)
{
	const struct view *v = t->view;
	int64_t time;

	return v->sink->ops->interval && interval_time(t, now, &time) ? v->o->interval - (time - begin_of(v, time)) : 0;
}

/* Something happens at ts: has the interval ended that it isn't in any more? */
static int pass_time(const struct view_trace *t, uint64_t ts, struct error *e)
{
	struct view *v = t->view;
	int64_t time, begin;

	if (!interval_time(t, ts, &time))
		return 0;
	begin = begin_of(v, time);
	if (v->has_begun && begin <= v->begin)
		return 0;
	if (v->has_begun && (end_interval(v, e) || publish(v, false, e)))
		return -1;
	v->has_begun = true;
	v->has_utc = t->info->has_utc_offset;
	v->begin = begin;
	return 0;
}

/* --- what the assembler tells --- */

static int on_call(void *ctx, const struct call *c, struct error *e)
{
	const struct view_trace *t = ctx;
	struct view *v = t->view;

	if (v->o->interval && c->has_end && pass_time(t, c->end, e))
		return -1;
	v->counts.calls++;
	if (!below_root(t, c) || !filter_match(&v->o->filter, c, t->info))
		return 0;
	v->counts.shown++;
	v->counts.odd += (c->odd & ~(unsigned)ODD_NESTED) != 0;
	return written(v, v->sink->ops->call(v->sink, c, e)) ? -1 : 1;
}

/* Of a file of which calls were shown: whoever did it, since the kernel writes for others. */
static int on_related(void *ctx, const struct call *c, struct error *e)
{
	const struct view_trace *t = ctx;
	struct view *v = t->view;

	if (v->o->interval && c->has_end && pass_time(t, c->end, e))
		return -1;
	return v->sink->ops->related ? written(v, v->sink->ops->related(v->sink, c, e)) : 0;
}

static int on_lost(void *ctx, const struct event *lost, struct error *e)
{
	const struct view_trace *t = ctx;
	struct view *v = t->view;
	struct loss l = {.host = t->info->host, .cpu = lost->cpu, .count = lost->lost};

	/*
	 * No record followed: lost before the end. A loss comes when its gap begins,
	 * and ts is where that ends: calls of other CPUs are still to come from before
	 * it, so it ends no interval.
	 */
	l.has_before = lost->ts != 0 && lost->ts != UINT64_MAX;
	l.before = lost->ts;
	if (l.has_before && t->info->has_utc_offset)
		l.has_utc = !__builtin_add_overflow((int64_t)lost->ts, t->info->utc_offset, &l.utc);
	if (lost->lost == LOST_UNKNOWN)
		v->counts.gaps++;
	else if (__builtin_add_overflow(v->counts.lost, lost->lost, &v->counts.lost))
		v->counts.lost = UINT64_MAX; /* a file may claim anything */
	return written(v, v->sink->ops->lost(v->sink, &l, e));
}

static bool use_color(const struct options *o, int fd)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (o->color != COLOR_AUTO)
		return o->color == COLOR_ALWAYS;
	return isatty(fd) && !(no_color && *no_color) && !(term && !strcmp(term, "dumb"));
}

/* Of a line of text: what was asked for, else the terminal's, else none. */
static size_t line_width(const struct options *o, int fd)
{
	struct winsize size;

	if (o->width >= 0)
		return (size_t)o->width;
	return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static struct sink *make_sink(const struct options *o, bool hosts, FILE *out, int fd)
{
	struct sink_options so = {
		.out = out,
		.format = o->format,
		.show = o->show,
		.human = o->human,
		.color = use_color(o, fd),
		.nested = o->nested,
		.hosts = hosts,
		.live = o->command == CMD_TRACE,
		.intervals = o->interval != 0,
		.width = line_width(o, fd),
		.time = o->time,
		.columns = o->columns,
		.columns_count = o->columns_count,
		.by = o->by,
		.sort = o->sort,
		.top = o->top,
		.histograms = o->histograms,
		.weight = o->weight,
		.words = o->words,
		.words_count = o->words_count,
	};

	return sink_new(&so);
}

/* Whoever reads a live trace through a pipe wants each line as it comes. */
static void choose_buffering(const struct options *o, FILE *out)
{
	struct stat st;

	/* A queue, which is no file, sees to that itself. */
	if (o->command == CMD_TRACE && fileno(out) >= 0 && (fstat(fileno(out), &st) < 0 || !S_ISREG(st.st_mode)))
		setvbuf(out, NULL, _IOLBF, BUFSIZ);
}

static void *no_memory(struct error *e)
{
	errno = ENOMEM;
	error_errno(e, "cannot prepare the output");
	return NULL;
}

struct view *view_new(const struct options *o, bool hosts, FILE *out, struct error *e)
{
	return view_new_sink(o, make_sink(o, hosts, out, fileno(out)), out, e);
}

struct view *view_new_queued(const struct options *o, struct queue *queue, struct error *e)
{
	FILE *out = queue_file(queue);

	return view_new_sink(o, make_sink(o, false, out, queue_fd(queue)), out, e);
}

struct view *view_new_sink(const struct options *o, struct sink *sink, FILE *out, struct error *e)
{
	struct view *v = calloc(1, sizeof(*v));

	if (!v || !sink) {
		if (sink)
			sink->ops->free(sink);
		free(v);
		return no_memory(e);
	}
	v->sink = sink;
	v->o = o;
	v->out = out;
	choose_buffering(o, out);
	if (written(v, v->sink->ops->header(v->sink, e)) < 0 && !v->closed) {
		view_free(v);
		return NULL;
	}
	return v;
}

void view_publish_to(struct view *v, struct output *output)
{
	v->output = output;
}

struct view_trace *view_add(struct view *v, struct trace_info *info, struct error *e)
{
	struct view_trace *t = calloc(1, sizeof(*t));
	struct assemble_target target = {.call = on_call, .lost = on_lost, .ctx = t, .related = on_related};

	if (!t)
		return no_memory(e);
	t->view = v;
	t->info = info;
	t->next = v->traces;
	v->traces = t;
	t->assemble = assemble_new(info, &target);
	if (!t->assemble)
		return no_memory(e);
	return v->sink->ops->trace && v->sink->ops->trace(v->sink, info, e) ? NULL : t;
}

void view_free(struct view *v)
{
	struct view_trace *t;

	if (!v)
		return;
	while ((t = v->traces)) {
		v->traces = t->next;
		assemble_free(t->assemble);
		free(t);
	}
	if (v->sink)
		v->sink->ops->free(v->sink);
	free(v);
}

void view_set_root(struct view_trace *t, int32_t pid)
{
	t->root = pid;
}

static enum view_result result(const struct view *v, int ret)
{
	if (v->closed)
		return VIEW_CLOSED;
	return ret < 0 ? VIEW_FAILED : VIEW_OK;
}

enum view_result view_event(struct view_trace *t, const struct event *ev, struct error *e)
{
	return t->view->closed ? VIEW_CLOSED : result(t->view, assemble_event(t->assemble, ev, e));
}

enum view_result view_time(struct view_trace *t, uint64_t now, struct error *e)
{
	return t->view->closed ? VIEW_CLOSED : result(t->view, pass_time(t, now, e));
}

enum view_result view_trace_end(struct view_trace *t, struct error *e)
{
	return t->view->closed ? VIEW_CLOSED : result(t->view, assemble_end(t->assemble, e));
}

enum view_result view_flush(struct view *v, struct error *e)
{
	if (v->closed || fflush(v->out) == 0)
		return result(v, 0);
	error_errno(e, "cannot write the output");
	return result(v, written(v, -1));
}

enum view_result view_end(struct view *v, struct error *e)
{
	enum view_result flushed;
	int ret;

	if (v->closed)
		return VIEW_CLOSED;
	ret = v->o->interval && v->has_begun ? end_interval(v, e) : 0;
	ret = ret ? ret : written(v, v->sink->ops->footer(v->sink, e));
	if (ret < 0)
		return result(v, ret);
	flushed = view_flush(v, e);
	return flushed == VIEW_OK ? result(v, publish(v, true, e)) : flushed;
}

void view_counts(const struct view *v, struct view_counts *c)
{
	*c = v->counts;
}

void view_report(const struct view *v, FILE *err)
{
	const struct view_counts *c = &v->counts;
	const char *s = c->gaps == 1 ? "" : "s";
	const char *advice = v->o->command == CMD_TRACE ? "; a larger --buffer-size helps" : "";

	if (v->o->quiet || (!c->lost && !c->gaps))
		return;
	if (!c->gaps)
		fprintf(err, "falloctrace: %" PRIu64 " events were lost%s\n", c->lost, advice);
	else if (!c->lost)
		fprintf(err, "falloctrace: events were lost %" PRIu64 " time%s, how many is not known%s\n", c->gaps, s,
			advice);
	else
		fprintf(err,
			"falloctrace: %" PRIu64 " events were lost, and %" PRIu64
			" time%s a number that is not known%s\n",
			c->lost, c->gaps, s, advice);
}
