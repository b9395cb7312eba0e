/* SPDX-License-Identifier: MIT */
/*
 * What calls show to be wrong; written when the trace, or an interval of it, has
 * ended.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output/findings.h"

static int no_memory(struct error *e)
{
	errno = ENOMEM;
	error_errno(e, "cannot gather the findings");
	errno = ENOMEM;
	return -1;
}

static int findings_header(struct sink *sink, struct error *e)
{
	(void)sink;
	(void)e;
	return 0;
}

static int findings_trace(struct sink *sink, const struct trace_info *info, struct error *e)
{
	(void)e;
	intervals_trace(&((struct findings_sink *)sink)->heads, info);
	return 0;
}

static int findings_sink_call(struct sink *sink, const struct call *c, struct error *e)
{
	struct findings_sink *s = (struct findings_sink *)sink;
	const struct call *inner;

	if (!s->words.has_first && (c->has_start || c->has_end)) {
		s->words.has_first = true;
		s->words.first = c->has_start ? c->start : c->end;
	}
	if (findings_call(s->findings, c))
		return no_memory(e);
	for (inner = s->o.nested ? c->inner : NULL; inner; inner = inner->next)
		if (findings_sink_call(sink, inner, e))
			return -1;
	return 0;
}

static int findings_sink_related(struct sink *sink, const struct call *c, struct error *e)
{
	return findings_related(((struct findings_sink *)sink)->findings, c) ? no_memory(e) : 0;
}

static int findings_sink_lost(struct sink *sink, const struct loss *l, struct error *e)
{
	(void)e;
	findings_lost(((struct findings_sink *)sink)->findings, l);
	return 0;
}

static int write_all(struct findings_sink *s, const struct interval *i, struct error *e)
{
	size_t count;
	const struct finding *found = findings_end(s->findings, &count);

	if (count == SIZE_MAX)
		return no_memory(e);
	s->line.size = 0;
	return s->o.format == FORMAT_JSON ? findings_write_json(s, i, found, count, e) :
					    findings_write_text(s, i, found, count, e);
}

static bool came(const struct findings_sink *s)
{
	return findings_calls(s->findings) || findings_losses(s->findings);
}

static int findings_interval(struct sink *sink, const struct interval *i, struct error *e)
{
	struct findings_sink *s = (struct findings_sink *)sink;
	int ret = came(s) ? write_all(s, i, e) : 0;

	findings_clear(s->findings);
	return ret;
}

/* With intervals nothing is left but what had no time. */
static int findings_footer(struct sink *sink, struct error *e)
{
	struct findings_sink *s = (struct findings_sink *)sink;

	return s->o.intervals && !came(s) ? 0 : write_all(s, NULL, e);
}

static void findings_sink_free(struct sink *sink)
{
	struct findings_sink *s = (struct findings_sink *)sink;

	if (!s)
		return;
	findings_free(s->findings);
	buf_free(&s->line);
	free(s);
}

static const struct sink_ops findings_ops = {
	.name = "findings",
	.header = findings_header,
	.trace = findings_trace,
	.call = findings_sink_call,
	.related = findings_sink_related,
	.lost = findings_sink_lost,
	.interval = findings_interval,
	.footer = findings_footer,
	.free = findings_sink_free,
};

struct sink *sink_findings_new(const struct sink_options *o)
{
	struct findings_sink *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->sink.ops = &findings_ops;
	s->o = *o;
	buf_init(&s->line);
	intervals_init(&s->heads, o);
	finding_words_init(&s->words, o);
	clock_init(&s->clock);
	s->findings = findings_new();
	if (s->findings)
		return &s->sink;
	findings_sink_free(&s->sink);
	return NULL;
}
