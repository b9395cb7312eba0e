/* SPDX-License-Identifier: MIT */
/*
 * Pages, read in chunks: a file may be larger than memory, and it may be cut
 * while we read it, which a mapping would answer with SIGBUS.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"

#define CHUNK_MAX (256 * 1024)
#define CHUNKS_TOTAL (16 * 1024 * 1024) /* bytes of all chunks, where a chunk can be more than a page */

int streams_add(struct dat_reader *r, unsigned buffer, const struct stream *s, struct error *e)
{
	struct stream *streams;
	uint64_t size = s->missing, here;

	if (!size)
		return 0;
	if (s->page_size < DAT_SUBBUF_MIN || s->page_size > DAT_SUBBUF_MAX || (s->page_size & (s->page_size - 1)))
		return error_set(e, "%s: pages of %zu bytes are impossible", r->file.name, s->page_size);
	streams = grow_array(r->streams, r->streams_count, sizeof(*streams));
	if (!streams)
		return error_set(e, "out of memory");
	r->streams = streams;
	here = s->at < r->file.size ? r->file.size - s->at : 0;
	if (here > size)
		here = size;
	streams[r->streams_count] = *s;
	streams[r->streams_count].buffer = buffer;
	streams[r->streams_count].next = s->at;
	streams[r->streams_count].end = s->at + here;
	streams[r->streams_count].missing = size - here;
	r->streams_count++;
	return 0;
}

void streams_drop_buffer(struct dat_reader *r, unsigned buffer)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->streams_count; i++)
		if (r->streams[i].buffer != buffer)
			r->streams[kept++] = r->streams[i];
	r->streams_count = kept;
}

static int by_place(const void *a, const void *b)
{
	const struct stream *const *x = a, *const *y = b;

	return ((*x)->at > (*y)->at) - ((*x)->at < (*y)->at);
}

/*
 * No byte belongs to two streams: so all of them together are no longer than
 * the file, and no file makes us read forever.
 */
static int check_overlap(struct dat_reader *r, struct error *e)
{
	const struct stream **order = calloc(r->streams_count + 1, sizeof(*order));
	int ret = 0;

	if (!order)
		return error_set(e, "out of memory");
	for (size_t i = 0; i < r->streams_count; i++)
		order[i] = &r->streams[i];
	qsort(order, r->streams_count, sizeof(*order), by_place);
	for (size_t i = 1; i < r->streams_count && !ret; i++)
		if (order[i]->at < order[i - 1]->end)
			ret = error_set(e,
					"%s: the pages of CPU %d and of CPU %d lie in the same place, at byte %" PRIu64,
					r->file.name, order[i - 1]->cpu, order[i]->cpu, order[i]->at);
	free(order);
	return ret;
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

static int make_chunk(struct dat_reader *r, struct stream *s, struct error *e)
{
	size_t room = CHUNKS_TOTAL / r->streams_count;

	if (room > CHUNK_MAX)
		room = CHUNK_MAX;
	if (room > s->end - s->at)
		room = (size_t)(s->end - s->at);
	room -= room % s->page_size;
	s->chunk_room = room ? room : s->page_size;
	s->chunk = malloc(s->chunk_room);
	return s->chunk ? 0 : error_set(e, "out of memory");
}

/* Brings the bytes at next into the chunk, or fails. */
static int fill_chunk(struct dat_reader *r, struct stream *s, struct error *e)
{
	uint64_t left = s->end - s->next;

	if (!s->chunk && make_chunk(r, s, e))
		return -1;
	s->chunk_at = s->next;
	s->chunk_size = left < s->chunk_room ? (size_t)left : s->chunk_room;
	return file_read(&r->file, s->next, s->chunk, s->chunk_size, e);
}

static enum page_result end_of(struct dat_reader *r, struct stream *s, struct error *e)
{
	uint64_t missing = s->missing;

	free(s->chunk);
	s->chunk = NULL;
	s->chunk_size = 0;
	s->missing = 0;
	if (!missing)
		return PAGE_END;
	error_set(e, "%s is cut off at byte %" PRIu64 ": %" PRIu64 " bytes of the pages of CPU %d are missing",
		  r->file.name, r->file.size, missing, s->cpu);
	return PAGE_FAILED;
}

static enum page_result next_page(struct source *source, int i, struct page *page, struct error *e)
{
	struct dat_reader *r = reader_of(source);
	struct stream *s = &r->streams[i];
	uint64_t left = s->end - s->next;

	if (!left)
		return end_of(r, s, e);
	if ((s->next < s->chunk_at || s->next >= s->chunk_at + s->chunk_size) && fill_chunk(r, s, e)) {
		/* Once is enough: the rest will not be better. */
		s->next = s->end;
		s->missing = 0;
		return PAGE_FAILED;
	}
	page->data = s->chunk + (s->next - s->chunk_at);
	page->size = left < s->page_size ? (size_t)left : s->page_size;
	page->lost = 0;
	s->next += page->size;
	r->position += page->size;
	return PAGE_OK;
}

int streams_finish(struct dat_reader *r, struct error *e)
{
	if (check_overlap(r, e))
		return -1;
	for (size_t i = 0; i < r->streams_count; i++)
		r->bytes += r->streams[i].end - r->streams[i].at;
	r->source = (struct source){.cpus = (int)r->streams_count,
				    .cpu_number = cpu_number,
				    .next = next_page,
				    .buffer_number = buffer_number};
	return 0;
}

void streams_free(struct dat_reader *r)
{
	for (size_t i = 0; i < r->streams_count; i++)
		free(r->streams[i].chunk);
	free(r->streams);
}
