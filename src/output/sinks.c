/* SPDX-License-Identifier: MIT */
/*
 * Which sink a format is, and several sinks as one.
 */
#include <stdlib.h>

#include "falloctrace/sink.h"

#define COUNTED (SHOW_SUMMARY | SHOW_HISTOGRAM | SHOW_FINDINGS)

const struct sink_format sink_formats[FORMAT_COUNT] = {
	[FORMAT_TEXT] = {"text", SHOW_CALLS | COUNTED, SHOW_CALLS, true, false, false, true},
	[FORMAT_JSON] = {"json", SHOW_CALLS | COUNTED, SHOW_CALLS, true, false, false, false},
	[FORMAT_CSV] = {"csv", SHOW_CALLS | SHOW_SUMMARY, SHOW_CALLS, true, false, false, false},
	[FORMAT_CHROME] = {"chrome", SHOW_CALLS, SHOW_CALLS, false, false, false, false},
	[FORMAT_TRACEE] = {"tracee", SHOW_CALLS, SHOW_CALLS, false, false, false, false},
	[FORMAT_STRACE] = {"strace", SHOW_CALLS, SHOW_CALLS, false, false, false, true},
	[FORMAT_OPENMETRICS] = {"openmetrics", SHOW_REPORT, SHOW_REPORT, true, true, true, false},
	[FORMAT_FOLDED] = {"folded", SHOW_REPORT, SHOW_REPORT, false, false, false, true},
	[FORMAT_HTML] = {"html", SHOW_REPORT, SHOW_REPORT, false, true, false, true},
};

typedef struct sink *(*sink_maker)(const struct sink_options *o);

static const sink_maker of_format[FORMAT_COUNT] = {
	[FORMAT_TEXT] = sink_text_new,	   [FORMAT_JSON] = sink_json_new,
	[FORMAT_CSV] = sink_csv_new,	   [FORMAT_CHROME] = sink_chrome_new,
	[FORMAT_TRACEE] = sink_tracee_new, [FORMAT_STRACE] = sink_strace_new,
	[FORMAT_FOLDED] = sink_folded_new, [FORMAT_OPENMETRICS] = sink_openmetrics_new,
	[FORMAT_HTML] = sink_html_new,
};

/* In the order in which they are written. */
static const struct {
	unsigned show;
	sink_maker make; /* NULL: the format's own */
} of_show[] = {
	{SHOW_CALLS | SHOW_REPORT, NULL},
	{SHOW_SUMMARY, sink_summary_new},
	{SHOW_HISTOGRAM, sink_histogram_new},
	{SHOW_FINDINGS, sink_findings_new},
};
#define PARTS (sizeof(of_show) / sizeof(of_show[0]))

/* --- several as one --- */

struct several {
	struct sink sink;
	struct sink *parts[PARTS];
	size_t count;
};

/* Calls an operation of each part that has it, until one fails. */
#define EACH(sink, op, ...)                                                                                  \
	do {                                                                                                 \
		const struct several *m = (const struct several *)(sink);                                    \
		for (size_t part = 0; part < m->count; part++)                                               \
			if (m->parts[part]->ops->op && m->parts[part]->ops->op(m->parts[part], __VA_ARGS__)) \
				return -1;                                                                   \
	} while (0)

static int several_header(struct sink *s, struct error *e)
{
	EACH(s, header, e);
	return 0;
}

static int several_trace(struct sink *s, const struct trace_info *info, struct error *e)
{
	EACH(s, trace, info, e);
	return 0;
}

static int several_call(struct sink *s, const struct call *c, struct error *e)
{
	EACH(s, call, c, e);
	return 0;
}

static int several_related(struct sink *s, const struct call *c, struct error *e)
{
	EACH(s, related, c, e);
	return 0;
}

static int several_lost(struct sink *s, const struct loss *l, struct error *e)
{
	EACH(s, lost, l, e);
	return 0;
}

static int several_interval(struct sink *s, const struct interval *i, struct error *e)
{
	EACH(s, interval, i, e);
	return 0;
}

static int several_footer(struct sink *s, struct error *e)
{
	EACH(s, footer, e);
	return 0;
}

static void several_free(struct sink *s)
{
	struct several *m = (struct several *)s;

	while (m->count--)
		m->parts[m->count]->ops->free(m->parts[m->count]);
	free(m);
}

static const struct sink_ops several_ops = {
	.name = "several",
	.header = several_header,
	.trace = several_trace,
	.call = several_call,
	.related = several_related,
	.lost = several_lost,
	.interval = several_interval,
	.footer = several_footer,
	.free = several_free,
};

struct sink *sink_new(const struct sink_options *o)
{
	struct several *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->sink.ops = &several_ops;
	for (size_t i = 0; i < PARTS; i++) {
		sink_maker make = of_show[i].make ? of_show[i].make : of_format[o->format];

		if (!(o->show & of_show[i].show))
			continue;
		m->parts[m->count] = make(o);
		if (!m->parts[m->count]) {
			several_free(&m->sink);
			return NULL;
		}
		m->count++;
	}
	if (m->count == 1) {
		struct sink *only = m->parts[0];

		free(m);
		return only;
	}
	return &m->sink;
}
