/* SPDX-License-Identifier: MIT */
/*
 * Counts, sums and latencies instead of calls, by one of a call's properties;
 * written when the trace has ended.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output/summary.h"

const char *summary_by_name(enum summary_by by)
{
	static const char *const names[] = {
		[SUMMARY_PROCESS] = "process", [SUMMARY_FILE] = "file",	  [SUMMARY_OP] = "op",	   [SUMMARY_FS] = "fs",
		[SUMMARY_VIA] = "via",	       [SUMMARY_ERRNO] = "errno", [SUMMARY_HOST] = "host",
	};

	return names[by];
}

static int no_memory(struct error *e)
{
	errno = ENOMEM;
	error_errno(e, "cannot sum up the calls");
	errno = ENOMEM;
	return -1;
}

/* --- keys --- */

static void errno_key(struct buf *b, const struct call *c)
{
	const char *name = c->ret < 0 && c->ret > -SUMMARY_ERRORS ? errno_name((int)-c->ret) : NULL;

	if (c->has_ret && name)
		buf_text(b, name);
	else if (c->has_ret)
		buf_i64(b, c->ret);
}

/* A file without a path is told by its inode. Files of several machines are several files. */
static void file_key(struct buf *b, const struct call *c, bool hosts)
{
	if (hosts && (*c->path || c->has_dev)) {
		buf_text(b, *c->host ? c->host : "-");
		buf_char(b, ':');
	}
	if (*c->path)
		buf_text(b, c->path);
	else if (c->has_dev && c->has_ino)
		buf_printf(b, "%u:%u/%llu", c->dev_major, c->dev_minor, (unsigned long long)c->ino);
	else if (c->has_dev)
		buf_printf(b, "%u:%u/?", c->dev_major, c->dev_minor);
}

static void key_text(struct buf *b, const char *text)
{
	if (text)
		buf_text(b, text);
}

/* Empty: the call has none that is known. */
static void add_key(struct summary *s, struct buf *b, const struct call *c)
{
	switch (s->o.by) {
	case SUMMARY_PROCESS:
		buf_bytes(b, c->comm, strnlen(c->comm, sizeof(c->comm)));
		break;
	case SUMMARY_FILE:
		file_key(b, c, s->o.hosts);
		break;
	case SUMMARY_OP:
		key_text(b, c->has_mode ? op_name(c->op) : NULL);
		break;
	case SUMMARY_FS:
		buf_text(b, c->fs);
		break;
	case SUMMARY_VIA:
		key_text(b, via_name(c->via));
		break;
	case SUMMARY_ERRNO:
		errno_key(b, c);
		break;
	case SUMMARY_HOST:
		key_text(b, c->host);
		break;
	case SUMMARY_DEFAULT:
		break;
	}
}

/* --- the sink --- */

static int summary_header(struct sink *sink, struct error *e)
{
	(void)sink;
	(void)e;
	return 0;
}

static int summary_call(struct sink *sink, const struct call *c, struct error *e)
{
	struct summary *s = (struct summary *)sink;
	struct buf *b = &s->line;
	const struct call *inner;
	bool failed;

	b->size = 0;
	add_key(s, b, c);
	failed = b->failed;
	b->failed = false;
	if (failed || summary_table_add(&s->table, b->size ? b->data : "-", b->size ? b->size : 1, b->size != 0, c))
		return no_memory(e);
	if (c->has_ret && c->ret < 0)
		s->errors[c->ret > -SUMMARY_ERRORS ? -c->ret : 0]++;
	for (inner = s->o.nested ? c->inner : NULL; inner; inner = inner->next)
		if (summary_call(sink, inner, e))
			return -1;
	return 0;
}

static int summary_lost(struct sink *sink, const struct loss *l, struct error *e)
{
	struct summary *s = (struct summary *)sink;

	(void)e;
	if (l->count == LOST_UNKNOWN)
		s->gaps++;
	else if (__builtin_add_overflow(s->lost, l->count, &s->lost))
		s->lost = UINT64_MAX; /* a file may claim anything */
	return 0;
}

static int summary_footer(struct sink *sink, struct error *e)
{
	struct summary *s = (struct summary *)sink;

	s->line.size = 0;
	summary_table_sort(&s->table);
	for (size_t i = 0; i < s->table.count; i++)
		if (summary_counts_merge(&s->total, &s->table.rows[i]->counts))
			return no_memory(e);
	if (summary_counts_merge(&s->total, &s->table.other))
		return no_memory(e);
	return s->o.format == FORMAT_JSON ? summary_write_json(s, e) : summary_write_text(s, e);
}

static void summary_free(struct sink *sink)
{
	struct summary *s = (struct summary *)sink;

	if (!s)
		return;
	summary_table_free(&s->table);
	summary_counts_free(&s->total);
	buf_free(&s->line);
	free(s);
}

static const struct sink_ops summary_ops = {
	.name = "summary",
	.header = summary_header,
	.call = summary_call,
	.lost = summary_lost,
	.footer = summary_footer,
	.free = summary_free,
};

struct sink *sink_summary_new(const struct sink_options *o)
{
	struct summary *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->sink.ops = &summary_ops;
	s->o = *o;
	if (s->o.by == SUMMARY_DEFAULT)
		s->o.by = SUMMARY_PROCESS;
	buf_init(&s->line);
	if (summary_table_init(&s->table, SUMMARY_KEYS_MAX, SUMMARY_BYTES_MAX)) {
		summary_free(&s->sink);
		return NULL;
	}
	return &s->sink;
}
