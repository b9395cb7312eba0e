/* SPDX-License-Identifier: MIT */
/*
 * A page of each CPU is held, and of each page the next record of interest: its
 * head. The heads are in a heap by time. A page is let go of only in the call
 * after the one that handed out its last event, for that event's strings lie in it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "falloctrace/merge.h"
#include "schema_private.h"

/* A source that fails so often in a row, on one CPU, won't get on, unless it says that it does. */
#define FAILURES_MAX 64

enum state {
	STATE_HUNGRY, /* its next head is to be looked for */
	STATE_READY,  /* in the heap */
	STATE_IDLE,   /* the source had nothing when asked in this round */
	STATE_ENDED,
};

struct stream {
	enum state state;
	int cpu, buffer;
	struct page_walk *walk;
	bool in_page;
	bool told;		       /* see page_gap_told */
	uint64_t at;		       /* the page's place in its file; 0: it has none */
	bool is_loss;		       /* the head is the loss before the record */
	const struct decoder *decoder; /* of the record; NULL: it is of no interest */
	struct record record;
	uint64_t ts;   /* the head's place in the order: of a loss, where the gap begins */
	uint64_t lost; /* not told yet: 0, a count, or LOST_UNKNOWN */
	uint64_t last; /* time of what was last seen on the CPU */
	unsigned failures;
};

struct merge {
	struct source *src;
	const struct schema *schema;
	struct stream *streams;
	int cpus;
	int *heap; /* streams that are ready, the earliest first */
	int heap_count;
	bool taken;  /* the earliest's head was handed out: it looks for its next one before anything else */
	int *hungry; /* streams that are */
	int hungry_count;
	bool asked; /* a round has begun: idle streams were asked for this horizon */
	uint64_t horizon;
};

struct merge *merge_new(struct source *src, const struct schema *schema, const struct page_format *f)
{
	size_t cpus = src->cpus > 0 ? (size_t)src->cpus : 0;
	struct merge *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->src = src;
	m->schema = schema;
	m->streams = calloc(cpus + 1, sizeof(*m->streams));
	m->heap = calloc(cpus + 1, sizeof(*m->heap));
	m->hungry = calloc(cpus + 1, sizeof(*m->hungry));
	if (!m->streams || !m->heap || !m->hungry)
		goto fail;
	for (; m->cpus < (int)cpus; m->cpus++) {
		struct stream *s = &m->streams[m->cpus];

		s->cpu = src->cpu_number(src, m->cpus);
		s->buffer = src->buffer_number ? src->buffer_number(src, m->cpus) : 0;
		s->walk = page_walk_new(f);
		if (!s->walk)
			goto fail;
		m->hungry[m->hungry_count++] = m->cpus;
	}
	return m;
fail:
	merge_free(m);
	return NULL;
}

void merge_free(struct merge *m)
{
	if (!m)
		return;
	for (int i = 0; i < m->cpus; i++)
		page_walk_free(m->streams[i].walk);
	free(m->streams);
	free(m->heap);
	free(m->hungry);
	free(m);
}

/* --- losses --- */

/* Gaps that follow one another. */
static void add_loss(struct stream *s, uint64_t lost)
{
	if (lost == LOST_UNKNOWN || s->lost == LOST_UNKNOWN || __builtin_add_overflow(s->lost, lost, &s->lost))
		s->lost = LOST_UNKNOWN;
}

/* --- the heap --- */

static bool earlier(const struct merge *m, int a, int b)
{
	const struct stream *x = &m->streams[a], *y = &m->streams[b];

	return x->ts != y->ts ? x->ts < y->ts : a < b;
}

static void sift_down(struct merge *m, int at)
{
	int moved = m->heap[at];

	for (;;) {
		int child = 2 * at + 1;

		if (child + 1 < m->heap_count && earlier(m, m->heap[child + 1], m->heap[child]))
			child++;
		if (child >= m->heap_count || !earlier(m, m->heap[child], moved))
			break;
		m->heap[at] = m->heap[child];
		at = child;
	}
	m->heap[at] = moved;
}

static void heap_push(struct merge *m, int i)
{
	int at = m->heap_count++;

	while (at && earlier(m, i, m->heap[(at - 1) / 2])) {
		m->heap[at] = m->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	m->heap[at] = i;
}

static void heap_pop(struct merge *m)
{
	m->heap[0] = m->heap[--m->heap_count];
	if (m->heap_count)
		sift_down(m, 0);
}

/* --- a stream's next head --- */

static int broken(const struct stream *s, struct error *e)
{
	return error_set(e, "CPU %d: %s", s->cpu, e->text);
}

/* … in the page at hand. */
static int broken_page(const struct stream *s, struct error *e)
{
	broken(s, e);
	return s->at ? error_set(e, "%s (the page at byte %" PRIu64 ")", e->text, s->at) : -1;
}

static int start_page(struct stream *s, const struct page *page, struct error *e)
{
	uint64_t lost;

	s->failures = 0;
	s->at = page->at;
	if (page_walk_start(s->walk, page->data, page->size, &lost, e)) {
		/* Of what was in it nothing is known. */
		add_loss(s, LOST_UNKNOWN);
		return broken_page(s, e);
	}
	s->in_page = true;
	lost = page_gap_told(page, lost, page_walk_empty(s->walk), &s->told);
	if (lost)
		add_loss(s, lost);
	return 0;
}

/* A stream that ends tells what was lost at its end. */
static void end_stream(struct stream *s, const struct page *page)
{
	s->state = STATE_ENDED;
	if (page->lost)
		add_loss(s, page->lost);
	if (s->lost) {
		s->state = STATE_READY;
		s->is_loss = true;
		s->decoder = NULL;
		s->ts = s->last;
	}
}

static int source_failed(struct merge *m, struct stream *s, const struct page *page, struct error *e)
{
	if (!m->src->passes_over && ++s->failures >= FAILURES_MAX) {
		add_loss(s, LOST_UNKNOWN);
		end_stream(s, page);
	}
	return broken(s, e);
}

/* Asks the source for a page. The stream's state tells what came of it; -1 and *e: something is broken. */
static int next_page(struct merge *m, int i, struct error *e)
{
	struct stream *s = &m->streams[i];
	struct page page = {0};

	switch (m->src->next(m->src, i, &page, e)) {
	case PAGE_OK:
		return start_page(s, &page, e);
	case PAGE_NONE:
		s->failures = 0;
		s->state = STATE_IDLE;
		return 0;
	case PAGE_END:
		end_stream(s, &page);
		return 0;
	case PAGE_FAILED:
		break;
	}
	return source_failed(m, s, &page, e);
}

/* A record becomes the head, unless nobody wants it; then only its time is noted. */
static void take_record(struct merge *m, struct stream *s, uint64_t horizon)
{
	s->is_loss = s->lost;
	s->ts = s->is_loss ? s->last : s->record.ts;
	s->last = s->record.ts;
	s->decoder = schema_find(m->schema, s->record.data, s->record.size);
	/* Beyond the horizon nothing is passed over, lest a busy CPU keeps us here. */
	if (s->is_loss || s->decoder || s->record.ts > horizon)
		s->state = STATE_READY;
}

/* Looks for the head of a hungry stream. -1 and *e: something was broken; it is still hungry, or has ended. */
static int feed(struct merge *m, int i, uint64_t horizon, struct error *e)
{
	struct stream *s = &m->streams[i];
	int ret;

	while (s->state == STATE_HUNGRY) {
		if (!s->in_page) {
			if (next_page(m, i, e))
				return -1;
			continue;
		}
		ret = page_walk_next(s->walk, &s->record, e);
		if (ret > 0) {
			if (m->src->time)
				s->record.ts = m->src->time(m->src, i, s->record.ts);
			take_record(m, s, horizon);
			continue;
		}
		s->in_page = false;
		if (ret < 0) {
			add_loss(s, LOST_UNKNOWN);
			return broken_page(s, e);
		}
	}
	return 0;
}

static void starve(struct merge *m, int i)
{
	m->streams[i].state = STATE_HUNGRY;
	m->hungry[m->hungry_count++] = i;
}

/* A CPU that was the earliest often still is: its place in the heap is not given up before it is known. */
static int feed_taken(struct merge *m, uint64_t horizon, struct error *e)
{
	int i = m->heap[0], ret = feed(m, i, horizon, e);

	m->taken = false;
	if (m->streams[i].state == STATE_READY) {
		sift_down(m, 0);
		return ret;
	}
	heap_pop(m);
	if (m->streams[i].state == STATE_HUNGRY)
		starve(m, i);
	return ret;
}

static int feed_all(struct merge *m, uint64_t horizon, struct error *e)
{
	if (m->taken && feed_taken(m, horizon, e))
		return -1;
	while (m->hungry_count) {
		int i = m->hungry[m->hungry_count - 1], ret;

		ret = feed(m, i, horizon, e);
		if (m->streams[i].state != STATE_HUNGRY)
			m->hungry_count--;
		if (m->streams[i].state == STATE_READY)
			heap_push(m, i);
		if (ret)
			return -1;
	}
	return 0;
}

/* Streams that had nothing are asked again. */
static void begin_round(struct merge *m, uint64_t horizon)
{
	if (m->asked && m->horizon == horizon)
		return;
	m->asked = true;
	m->horizon = horizon;
	for (int i = 0; i < m->cpus; i++)
		if (m->streams[i].state == STATE_IDLE)
			starve(m, i);
}

/* --- what comes out --- */

static void take_loss(struct merge *m, int i, struct event *ev)
{
	struct stream *s = &m->streams[i];

	memset(ev, 0, sizeof(*ev));
	ev->kind = EVENT_LOST;
	ev->ts = s->last;
	ev->cpu = s->cpu;
	ev->buffer = s->buffer;
	ev->lost = s->lost;
	s->lost = 0;
	s->is_loss = false;
	if (s->decoder) {
		s->ts = s->record.ts;
		sift_down(m, 0);
		return;
	}
	heap_pop(m);
	if (s->in_page)
		starve(m, i);
	else
		s->state = STATE_ENDED;
}

/* MERGE_NONE: the record was of no interest after all. */
static enum merge_result take_event(struct merge *m, int i, struct event *ev, struct error *e)
{
	struct stream *s = &m->streams[i];
	int ret = 0;

	s->state = STATE_HUNGRY;
	m->taken = true;
	if (!s->decoder)
		return MERGE_NONE;
	ret = schema_decode_as(m->schema, s->decoder, &s->record, s->cpu, ev, e);
	if (ret < 0) {
		add_loss(s, 1);
		broken_page(s, e);
		return MERGE_FAILED;
	}
	ev->buffer = s->buffer;
	return MERGE_OK;
}

static enum merge_result nothing_now(struct merge *m)
{
	m->asked = false; /* who calls again wants us to ask again */
	for (int i = 0; i < m->cpus; i++)
		if (m->streams[i].state != STATE_ENDED)
			return MERGE_NONE;
	return MERGE_END;
}

enum merge_result merge_next(struct merge *m, uint64_t horizon, struct event *ev, struct error *e)
{
	enum merge_result ret = MERGE_NONE;

	begin_round(m, horizon);
	while (ret == MERGE_NONE) {
		int i;

		if (feed_all(m, horizon, e))
			return MERGE_FAILED;
		if (!m->heap_count || m->streams[m->heap[0]].ts > horizon)
			return nothing_now(m);
		i = m->heap[0];
		if (m->streams[i].is_loss) {
			take_loss(m, i, ev);
			return MERGE_OK;
		}
		ret = take_event(m, i, ev, e);
	}
	return ret;
}
