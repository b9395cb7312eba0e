/* SPDX-License-Identifier: MIT */
/*
 * Buffers and their CPUs, as a file announces them; what can't be is dropped
 * before anybody asks for a page.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"

#define STREAMS_MAX 65536
#define BUFFERS_MAX 4096
#define TOPS_MAX 64 /* buffers without a name, each of which makes us look for the streams of the one before */
#define PAGES_MAX (32u * 1024 * 1024) /* a page of each stream is in memory at once */
/* trace-cmd 3.1 does not count a CPU's number of chunks as part of its size. */
#define SIZE_SHORT 4

static void drop_streams(struct dat_reader *r, unsigned buffer)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->streams_count; i++)
		if (r->streams[i].buffer != buffer)
			r->streams[kept++] = r->streams[i];
	r->streams_count = kept;
}

static int set_buffer(struct dat_buffer *b, const char *name, const char *clock, size_t page_size, struct error *e)
{
	char *new_name = strdup(name), *new_clock = strdup(clock);

	if (!new_name || !new_clock) {
		free(new_name);
		free(new_clock);
		return error_set(e, "out of memory");
	}
	free((char *)(uintptr_t)b->name);
	free((char *)(uintptr_t)b->clock);
	*b = (struct dat_buffer){.name = new_name, .clock = new_clock, .page_size = page_size};
	return 0;
}

int buffer_set_clock(struct dat_buffer *b, const char *clock, struct error *e)
{
	char *copy = strdup(clock);

	if (!copy)
		return error_set(e, "out of memory");
	free((char *)(uintptr_t)b->clock);
	b->clock = copy;
	return 0;
}

int buffers_add(struct dat_reader *r, const char *name, const char *clock, size_t page_size, unsigned *index,
		struct error *e)
{
	struct dat_buffer *buffers;

	if (page_size < DAT_SUBBUF_MIN || page_size > DAT_SUBBUF_MAX || (page_size & (page_size - 1)))
		return error_set(e, "%s: pages of %zu bytes are impossible", r->file.name, page_size);
	if (r->buffers_count >= BUFFERS_MAX || (!name[0] && r->tops++ >= TOPS_MAX))
		return error_set(e, "%s has too many buffers", r->file.name);
	/* Version 6 has the top one in a place of its own. */
	if (!name[0] && r->has_top && r->version != 6) {
		*index = r->top;
		drop_streams(r, r->top);
		return set_buffer(&r->buffers[r->top], name, clock, page_size, e);
	}
	buffers = grow_array(r->buffers, r->buffers_count, sizeof(*buffers));
	if (!buffers)
		return error_set(e, "out of memory");
	r->buffers = buffers;
	memset(&buffers[r->buffers_count], 0, sizeof(*buffers));
	if (set_buffer(&buffers[r->buffers_count], name, clock, page_size, e))
		return -1;
	*index = (unsigned)r->buffers_count++;
	if (!name[0]) {
		r->has_top = true;
		r->top = *index;
	}
	return 0;
}

int streams_add(struct dat_reader *r, const struct stream *s, struct error *e)
{
	uint64_t size = s->missing, here;
	struct stream *streams;

	if (!size)
		return 0;
	if (r->streams_count >= STREAMS_MAX)
		return error_set(e, "%s has more CPUs in all its buffers than can be read at once (%d)", r->file.name,
				 STREAMS_MAX);
	streams = grow_array(r->streams, r->streams_count, sizeof(*streams));
	if (!streams)
		return error_set(e, "out of memory");
	r->streams = streams;
	here = s->at < r->file.size ? r->file.size - s->at : 0;
	if (here > size)
		here = size;
	streams[r->streams_count++] = (struct stream){.buffer = s->buffer,
						      .cpu = s->cpu,
						      .page_size = r->buffers[s->buffer].page_size,
						      .compressed = s->compressed,
						      .at = s->at,
						      .end = s->at + here,
						      .next = s->at,
						      .missing = size - here};
	return 0;
}

static int by_place(const void *a, const void *b)
{
	const struct stream *x = *(const struct stream *const *)a, *y = *(const struct stream *const *)b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* What the next one leaves room for belongs to a compressed stream, though not announced. */
static void widen(struct dat_reader *r, struct stream *s, uint64_t limit)
{
	uint64_t room = limit > s->end ? limit - s->end : 0;

	if (s->compressed && s->end > s->at)
		s->end += room < SIZE_SHORT ? room : SIZE_SHORT;
	r->bytes += s->end - s->at;
}

static void remove_dropped(struct dat_reader *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->streams_count; i++)
		if (r->streams[i].cpu >= 0)
			r->streams[kept++] = r->streams[i];
	r->streams_count = kept;
}

/*
 * No byte belongs to two streams: so all of them together are no longer than
 * the file, and no file makes us read forever.
 */
static int drop_overlapping(struct dat_reader *r, struct error *e)
{
	struct stream **order = calloc(r->streams_count + 1, sizeof(*order)), *last = NULL;

	if (!order)
		return error_set(e, "out of memory");
	for (size_t i = 0; i < r->streams_count; i++)
		order[i] = &r->streams[i];
	qsort(order, r->streams_count, sizeof(*order), by_place);
	for (size_t i = 0; i < r->streams_count; i++) {
		struct stream *s = order[i];

		if (last && s->at < last->end) {
			add_problem_text(r,
					 "%s: the pages of CPU %d and of CPU %d lie in the same place, at byte %" PRIu64
					 ": the latter's are left out",
					 r->file.name, last->cpu, s->cpu, s->at);
			s->cpu = -1;
			continue;
		}
		if (last)
			widen(r, last, s->at);
		last = s;
	}
	if (last)
		widen(r, last, r->file.size);
	free(order);
	remove_dropped(r);
	return 0;
}

/* What is beyond the memory for a page of each stream is not read. */
static void drop_unaffordable(struct dat_reader *r)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < r->streams_count; i++) {
		sum += r->streams[i].page_size;
		if (sum > PAGES_MAX)
			break;
	}
	if (i == r->streams_count)
		return;
	add_problem_text(r,
			 "%s: a page of each of its %zu CPUs' buffers takes more than %u MiB of memory: only the first "
			 "%zu are read (\"trace-cmd split\" makes smaller files)",
			 r->file.name, r->streams_count, PAGES_MAX >> 20, i);
	for (size_t n = i; n < r->streams_count; n++)
		r->bytes -= r->streams[n].end - r->streams[n].at;
	r->streams_count = i;
}

static struct dat_reader *reader_of(const struct source *s)
{
	return (struct dat_reader *)(uintptr_t)s;
}

static int cpu_number(const struct source *s, int i)
{
	return reader_of(s)->streams[i].cpu;
}

static int buffer_number(const struct source *s, int i)
{
	return (int)reader_of(s)->streams[i].buffer;
}

static uint64_t time_of(const struct source *s, int i, uint64_t ts)
{
	const struct dat_reader *r = reader_of(s);

	return dat_time_of(&r->time, r->streams[i].cpu, ts);
}

int streams_finish(struct dat_reader *r, struct error *e)
{
	if (drop_overlapping(r, e))
		return -1;
	drop_unaffordable(r);
	for (size_t i = 0; i < r->streams_count; i++) {
		struct stream *s = &r->streams[i];

		r->buffers[s->buffer].cpus++;
		r->buffers[s->buffer].bytes += s->end - s->at;
	}
	r->source = (struct source){.cpus = (int)r->streams_count,
				    .passes_over = true,
				    .cpu_number = cpu_number,
				    .next = streams_next,
				    .buffer_number = buffer_number,
				    .time = dat_time_converts(&r->time) ? time_of : NULL};
	return streams_start(r, e);
}

void buffers_free(struct dat_reader *r)
{
	for (size_t i = 0; i < r->buffers_count; i++) {
		free((char *)(uintptr_t)r->buffers[i].name);
		free((char *)(uintptr_t)r->buffers[i].clock);
	}
	free(r->buffers);
}
