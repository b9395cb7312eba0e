/* SPDX-License-Identifier: MIT */
#include "top/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stats/key.h"

/* There is a table for each key and each of three spans: of words there are few, of processes and files any number. */
#define KEYS_MAX 5000
#define BYTES_MAX (4u << 20)
#define WORDS_MAX 200
#define WORDS_BYTES_MAX (1u << 20)

static bool many(unsigned by)
{
	return by == SUMMARY_PROCESS || by == SUMMARY_FILE;
}

static int span_init(struct top_span *s)
{
	int result = 0;

	memset(&s->sums, 0, sizeof(s->sums));
	for (unsigned by = 0; by < TOP_BYS; by++)
		result |= summary_table_init(&s->by[by], many(by) ? KEYS_MAX : WORDS_MAX,
					     many(by) ? BYTES_MAX : WORDS_BYTES_MAX);
	return result ? -1 : 0;
}

static void span_free(struct top_span *s)
{
	for (unsigned by = 0; by < TOP_BYS; by++)
		summary_table_free(&s->by[by]);
}

int top_table_init(struct top_table *t, int64_t now)
{
	int result;

	memset(t, 0, sizeof(*t));
	buf_init(&t->key);
	t->now_began = now;
	result = span_init(&t->all);
	result |= span_init(&t->now);
	return result | span_init(&t->last);
}

void top_table_free(struct top_table *t)
{
	span_free(&t->all);
	span_free(&t->now);
	span_free(&t->last);
	buf_free(&t->key);
}

/* Whoever looks at a running machine wants to know which of the processes of a name it is. */
static void process_key(struct buf *b, const struct call *c)
{
	if (c->pid >= 0)
		buf_printf(b, "%7d ", c->pid);
	else
		buf_printf(b, "  -/%d ", c->tid);
	if (*c->comm)
		buf_bytes(b, c->comm, strnlen(c->comm, sizeof(c->comm)));
	else
		buf_char(b, '-');
}

static void count(struct top_sums *s, const struct call *c)
{
	s->calls++;
	s->errors += c->has_ret && c->ret < 0;
	if (c->has_len && c->len > 0 && (s->len == SUM_OVER || __builtin_add_overflow(s->len, c->len, &s->len)))
		s->len = SUM_OVER;
}

int top_table_call(struct top_table *t, const struct call *c)
{
	struct buf *b = &t->key;

	count(&t->all.sums, c);
	count(&t->now.sums, c);
	for (unsigned by = 0; by < TOP_BYS; by++) {
		const char *key;
		size_t size;

		b->size = 0;
		if (by == SUMMARY_PROCESS)
			process_key(b, c);
		else
			stats_key(b, (enum summary_by)by, false, c);
		if (b->failed)
			return -1;
		key = b->size ? b->data : "-";
		size = b->size ? b->size : 1;
		if (summary_table_add(&t->all.by[by], key, size, b->size != 0, c) ||
		    summary_table_add(&t->now.by[by], key, size, b->size != 0, c))
			return -1;
	}
	return 0;
}

void top_table_lost(struct top_table *t, const struct loss *l)
{
	if (l->count == LOST_UNKNOWN)
		t->gaps++;
	else if (__builtin_add_overflow(t->lost, l->count, &t->lost))
		t->lost = UINT64_MAX;
}

static void span_reset(struct top_span *s)
{
	memset(&s->sums, 0, sizeof(s->sums));
	for (unsigned by = 0; by < TOP_BYS; by++)
		summary_table_reset(&s->by[by]);
}

void top_table_tick(struct top_table *t, int64_t now)
{
	struct top_span old = t->last;

	/* Two ticks at once (after Ctrl-Z, say) leave the window as it is: nothing can be divided by no time. */
	if (now <= t->now_began)
		return;
	t->last = t->now;
	t->last_ns = now - t->now_began;
	t->now = old;
	t->now_began = now;
	span_reset(&t->now);
}

void top_table_clear(struct top_table *t, int64_t now)
{
	span_reset(&t->all);
	span_reset(&t->now);
	span_reset(&t->last);
	t->last_ns = 0;
	t->now_began = now;
}

/* --- as a sink --- */

struct top_sink {
	struct sink sink;
	struct top_table *table;
};

static int nothing(struct sink *s, struct error *e)
{
	(void)s;
	(void)e;
	return 0;
}

static int sink_call(struct sink *s, const struct call *c, struct error *e)
{
	if (top_table_call(((struct top_sink *)s)->table, c) == 0)
		return 0;
	errno = ENOMEM;
	error_errno(e, "cannot count the calls");
	errno = ENOMEM;
	return -1;
}

static int sink_lost(struct sink *s, const struct loss *l, struct error *e)
{
	(void)e;
	top_table_lost(((struct top_sink *)s)->table, l);
	return 0;
}

static void sink_free(struct sink *s)
{
	free(s);
}

static const struct sink_ops top_ops = {
	.name = "top",
	.header = nothing,
	.call = sink_call,
	.lost = sink_lost,
	.footer = nothing,
	.free = sink_free,
};

struct sink *top_sink_new(struct top_table *t)
{
	struct top_sink *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->sink.ops = &top_ops;
	s->table = t;
	return &s->sink;
}
