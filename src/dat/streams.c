/* SPDX-License-Identifier: MIT */
/*
 * Pages, read in chunks: a file may be larger than memory, and it may be cut
 * while we read it, which a mapping would answer with SIGBUS.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "chunk.h"
#include "decode/bytes.h"
#include "reader.h"

#define PLAIN_MAX (256 * 1024)	       /* read at once of pages that are not compressed */
#define PLAIN_TOTAL (16 * 1024 * 1024) /* of all streams, where a chunk can be more than a page */

/* Progress may be shown by another thread than the one that reads. */
static void advance(struct dat_reader *r, uint64_t bytes)
{
	__atomic_fetch_add(&r->position, bytes, __ATOMIC_RELAXED);
}

/* What was before the next page, or the end, is lost: how much, nobody knows. */
static enum page_result failed(struct stream *s)
{
	s->lost = LOST_UNKNOWN;
	return PAGE_FAILED;
}

static enum page_result end_of(struct dat_reader *r, struct stream *s, struct page *page, struct error *e)
{
	uint64_t missing = s->missing;

	chunk_release(r->shared, s);
	s->missing = 0;
	if (missing) {
		error_set(e, "%s is cut off at byte %" PRIu64 ": %" PRIu64 " bytes of the pages of CPU %d are missing",
			  r->file.name, r->file.size, missing, s->cpu);
		return failed(s);
	}
	*page = (struct page){.lost = s->lost};
	s->lost = 0;
	return PAGE_END;
}

/* The page at hand in the chunk. */
static enum page_result hand_out(struct stream *s, struct page *page)
{
	size_t left = s->chunk.size - s->chunk.next;

	page->data = s->chunk.data + s->chunk.next;
	page->size = left < s->page_size ? left : s->page_size;
	page->lost = s->lost;
	s->lost = 0;
	s->chunk.next += page->size;
	return PAGE_OK;
}

/* --- pages as they lie in the file --- */

static int make_plain_chunk(struct dat_reader *r, struct stream *s, struct error *e)
{
	size_t room = PLAIN_TOTAL / r->streams_count;

	if (room > PLAIN_MAX)
		room = PLAIN_MAX;
	if (room > s->end - s->at)
		room = (size_t)(s->end - s->at);
	room -= room % s->page_size;
	s->chunk.room = room ? room : s->page_size;
	s->chunk.data = malloc(s->chunk.room);
	return s->chunk.data ? 0 : error_set(e, "out of memory");
}

/* Brings the bytes at next into the chunk, or fails. */
static int fill_plain_chunk(struct dat_reader *r, struct stream *s, struct error *e)
{
	uint64_t left = s->end - s->next;

	if (!s->chunk.data && make_plain_chunk(r, s, e))
		return -1;
	s->chunk.next = 0;
	s->chunk.size = left < s->chunk.room ? (size_t)left : s->chunk.room;
	return file_read(&r->file, s->next, s->chunk.data, s->chunk.size, e);
}

/* Of a page that is cut off all records may be there: it is as good as whole then. */
static bool holds_its_records(const struct dat_reader *r, const unsigned char *page, size_t size)
{
	size_t header = 8 + (size_t)r->format.long_size;
	uint32_t commit;

	if (size < header)
		return false;
	commit = r->format.long_size == 4 ? bytes_u32(page + 8, r->format.big_endian) :
					    (uint32_t)bytes_u64(page + 8, r->format.big_endian);
	return (commit & 0x07ffffff) <= size - header;
}

static enum page_result next_plain(struct dat_reader *r, struct stream *s, struct page *page, struct error *e)
{
	uint64_t left = s->end - s->next;
	size_t size = left < s->page_size ? (size_t)left : s->page_size;

	if (!left)
		return end_of(r, s, page, e);
	if (s->chunk.next >= s->chunk.size && fill_plain_chunk(r, s, e)) {
		/* Once is enough: the rest will not be better. */
		advance(r, left);
		s->next = s->end;
		s->missing = 0;
		return failed(s);
	}
	advance(r, size);
	s->next += size;
	if (size < s->page_size && s->missing && !holds_its_records(r, s->chunk.data + s->chunk.next, size)) {
		s->missing += size;
		return end_of(r, s, page, e);
	}
	page->at = s->next - size;
	return hand_out(s, page);
}

/* --- compressed ones --- */

static bool holds_page(const struct stream *s)
{
	size_t left = s->chunk.size - s->chunk.next;

	return left && left >= s->page_size;
}

static enum page_result next_compressed(struct dat_reader *r, struct stream *s, struct page *page, struct error *e)
{
	uint64_t before = s->next;
	int ret = 1;

	while (ret > 0 && !holds_page(s))
		ret = chunk_next(r->shared, s, e);
	advance(r, s->next - before);
	if (ret < 0)
		return failed(s);
	if (ret == 0 && s->chunk.next == s->chunk.size) {
		advance(r, s->end - s->next);
		s->next = s->end;
		return end_of(r, s, page, e);
	}
	return hand_out(s, page);
}

enum page_result streams_next(struct source *source, int i, struct page *page, struct error *e)
{
	struct dat_reader *r = (struct dat_reader *)source;
	struct stream *s = &r->streams[i];

	return s->compressed ? next_compressed(r, s, page, e) : next_plain(r, s, page, e);
}

int streams_start(struct dat_reader *r, struct error *e)
{
	r->shared = shared_new(&r->file, r->decompressor, r->streams, r->streams_count);
	return r->shared ? 0 : error_set(e, "out of memory");
}

void streams_free(struct dat_reader *r)
{
	for (size_t i = 0; i < r->streams_count; i++)
		free(r->streams[i].chunk.data);
	free(r->streams);
	shared_free(r->shared);
}
