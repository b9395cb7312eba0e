/* SPDX-License-Identifier: MIT */
/*
 * Sums since the beginning, written as a whole each time: for a file that
 * node_exporter's textfile collector reads.
 */
#include "output/openmetrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "falloctrace/info.h"
#include "falloctrace/sink.h"

#define INFOS_MAX 256 /* machines; replay takes no more files */

struct openmetrics {
	struct sink sink;
	struct sink_options o;
	struct metric_table table;
	char *infos[INFOS_MAX]; /* labels; each is there once */
	size_t infos_count;
	struct buf text;
	bool written; /* all that has come */
};

static int no_memory(struct error *e)
{
	errno = ENOMEM;
	return error_errno(e, "cannot write the output");
}

static int openmetrics_header(struct sink *sink, struct error *e)
{
	(void)sink;
	(void)e;
	return 0;
}

/* Two recordings of one machine are one series. */
static int openmetrics_trace(struct sink *sink, const struct trace_info *info, struct error *e)
{
	struct openmetrics *s = (struct openmetrics *)sink;
	char *labels;

	s->text.size = 0;
	openmetrics_label(&s->text, "version", VERSION);
	openmetrics_label(&s->text, "host", info->host);
	openmetrics_label(&s->text, "release", info->release);
	openmetrics_label(&s->text, "machine", info->machine);
	buf_char(&s->text, '\0');
	if (s->text.failed)
		return no_memory(e);
	for (size_t i = 0; i < s->infos_count; i++)
		if (!strcmp(s->infos[i], s->text.data))
			return 0;
	if (s->infos_count == INFOS_MAX)
		return 0;
	labels = strdup(s->text.data);
	if (!labels)
		return no_memory(e);
	s->infos[s->infos_count++] = labels;
	return 0;
}

static int openmetrics_call(struct sink *sink, const struct call *c, struct error *e)
{
	struct openmetrics *s = (struct openmetrics *)sink;
	const struct call *inner;

	s->written = false;
	metric_table_add(&s->table, c);
	for (inner = s->o.nested ? c->inner : NULL; inner; inner = inner->next)
		openmetrics_call(sink, inner, e);
	return 0;
}

static int openmetrics_lost(struct sink *sink, const struct loss *l, struct error *e)
{
	struct openmetrics *s = (struct openmetrics *)sink;

	(void)e;
	s->written = false;
	metric_table_lost(&s->table, l->count);
	return 0;
}

static uint64_t cpu_ns(void)
{
	struct timespec t;

	return clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) ? 0 : (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int write_all(struct openmetrics *s, struct error *e)
{
	uint64_t cpu = s->o.live ? cpu_ns() : 0;

	s->text.size = 0;
	openmetrics_write(&s->text, &s->table, s->infos, s->infos_count, s->o.live ? &cpu : NULL);
	s->written = true;
	return buf_write(&s->text, s->o.out, e);
}

/* Also where nothing has come: that the file is new tells that we are alive. */
static int openmetrics_interval(struct sink *sink, const struct interval *i, struct error *e)
{
	(void)i;
	return write_all((struct openmetrics *)sink, e);
}

static int openmetrics_footer(struct sink *sink, struct error *e)
{
	struct openmetrics *s = (struct openmetrics *)sink;

	return s->written ? 0 : write_all(s, e);
}

static void openmetrics_free(struct sink *sink)
{
	struct openmetrics *s = (struct openmetrics *)sink;

	if (!s)
		return;
	while (s->infos_count)
		free(s->infos[--s->infos_count]);
	buf_free(&s->text);
	free(s);
}

static const struct sink_ops openmetrics_ops = {
	.name = "openmetrics",
	.header = openmetrics_header,
	.trace = openmetrics_trace,
	.call = openmetrics_call,
	.lost = openmetrics_lost,
	.interval = openmetrics_interval,
	.footer = openmetrics_footer,
	.free = openmetrics_free,
};

struct sink *sink_openmetrics_new(const struct sink_options *o)
{
	struct openmetrics *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->sink.ops = &openmetrics_ops;
	s->o = *o;
	buf_init(&s->text);
	return &s->sink;
}
