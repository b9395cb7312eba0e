/* SPDX-License-Identifier: MIT */
/*
 * Every length is held against the page's end before it is used: the page may
 * come from a file. libtraceevent's kbuffer would be trusted with the walk, but
 * it checks nothing, and asking it for one record at a time takes ten times as
 * long as the few lines below; the tests hold these against it. Source of the
 * layout: the kernel's include/linux/ring_buffer.h and kernel/trace/ring_buffer.c.
 */
#include <stdlib.h>

#include "bytes.h"
#include "falloctrace/event.h"
#include "falloctrace/page.h"

#define COMMIT_SIZE 0x07ffffffu	  /* bytes of records */
#define COMMIT_LOST (1u << 31)	  /* events were lost before this page */
#define COMMIT_COUNTED (1u << 30) /* … and their number lies behind the records */

/* The first 5 bits of a record: its length in words, or one of these. */
#define TYPE_LONG 0 /* the length is the next word */
#define TYPE_PADDING 29
#define TYPE_TIME_EXTEND 30
#define TYPE_TIME_STAMP 31

#define DELTA_BITS 27

/* An absolute stamp has no room for these bits: they stay as they were. */
#define STAMP_KEPT (0xf8ull << 56)

struct page_walk {
	struct page_format format;
	size_t header; /* bytes before the first record */
	const unsigned char *page;
	const unsigned char *pos; /* the next record */
	const unsigned char *end; /* of the records */
	uint64_t ts;
};

struct page_walk *page_walk_new(const struct page_format *f)
{
	struct page_walk *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->format = *f;
	w->header = f->long_size == 4 ? 12 : 16;
	return w;
}

void page_walk_free(struct page_walk *w)
{
	free(w);
}

static uint32_t word_at(const struct page_walk *w, const unsigned char *p)
{
	return bytes_u32(p, w->format.big_endian);
}

static uint64_t long_at(const struct page_walk *w, const unsigned char *p)
{
	return w->format.long_size == 4 ? word_at(w, p) : bytes_u64(p, w->format.big_endian);
}

/* room: bytes behind the records. A count that is not there, or says none, is none. */
static uint64_t read_lost(const struct page_walk *w, uint32_t commit, size_t room)
{
	uint64_t count;

	if (!(commit & COMMIT_LOST))
		return 0;
	if (!(commit & COMMIT_COUNTED) || room < (size_t)w->format.long_size)
		return LOST_UNKNOWN;
	count = long_at(w, w->end);
	return count ? count : LOST_UNKNOWN;
}

int page_walk_start(struct page_walk *w, const void *data, size_t size, uint64_t *lost, struct error *e)
{
	const unsigned char *page = data;
	uint32_t commit;
	size_t used;

	*lost = 0;
	w->page = w->pos = w->end = page;
	if (size < w->header)
		return error_set(e, "a page of %zu bytes is too short for its header", size);
	/* In a file a commit of 8 bytes is often a sign-extended one of 4. */
	commit = (uint32_t)long_at(w, page + 8);
	used = commit & COMMIT_SIZE;
	if (used > size - w->header)
		return error_set(e, "a page of %zu bytes claims to hold %zu bytes of records", size, used);
	w->pos = page + w->header;
	w->end = w->pos + used;
	w->ts = bytes_u64(page, w->format.big_endian);
	*lost = read_lost(w, commit, size - w->header - used);
	return 0;
}

bool page_walk_empty(const struct page_walk *w)
{
	return w->pos == w->end;
}

static int broken(struct page_walk *w, struct error *e, const char *what)
{
	size_t offset = (size_t)(w->pos - w->page);

	w->pos = w->end;
	return error_set(e, "the record at byte %zu of a page %s", offset, what);
}

/* A record that is none of an event: time that has passed, or room that is not used. */
static int pass(struct page_walk *w, unsigned type, uint32_t delta, struct error *e)
{
	size_t left = (size_t)(w->end - w->pos);
	uint64_t length;
	uint32_t word;

	if (type == TYPE_PADDING && !delta) {
		w->pos = w->end;
		return 0;
	}
	if (left < 8)
		return broken(w, e, "is cut off, or its length can't be");
	word = word_at(w, w->pos + 4);
	length = 8;
	switch (type) {
	case TYPE_TIME_EXTEND:
		w->ts += ((uint64_t)word << DELTA_BITS) + delta;
		break;
	case TYPE_TIME_STAMP:
		w->ts = (((uint64_t)word << DELTA_BITS) | delta) | (w->ts & STAMP_KEPT);
		break;
	default:
		/* As kbuffer does, and unlike the kernel's own reader: what was discarded took its time, too. */
		w->ts += delta;
		length = 4 + (uint64_t)word;
		if (word < 4 || length > left)
			return broken(w, e, "is cut off, or its length can't be");
	}
	w->pos += length;
	return 0;
}

int page_walk_next(struct page_walk *w, struct record *r, struct error *e)
{
	while (w->pos < w->end) {
		size_t left = (size_t)(w->end - w->pos);
		const unsigned char *data = w->pos + 4;
		uint32_t word, delta, length;
		unsigned type;

		if (left < 4)
			return broken(w, e, "is cut off");
		word = word_at(w, w->pos);
		type = w->format.big_endian ? word >> DELTA_BITS : word & 31;
		delta = w->format.big_endian ? word & ((1u << DELTA_BITS) - 1) : word >> 5;
		if (type >= TYPE_PADDING) {
			if (pass(w, type, delta, e))
				return -1;
			continue;
		}
		length = type * 4;
		if (type == TYPE_LONG) {
			/* The length counts its own word, but not what rounds it up. */
			length = left < 8 ? 0 : word_at(w, data);
			if (length < 4 || length > left - 4)
				return broken(w, e, "is cut off, or its length can't be");
			length = ((length + 3) & ~3u) - 4;
			data += 4;
		}
		if (length > (size_t)(w->end - data))
			return broken(w, e, "is longer than the page");
		w->ts += delta;
		w->pos = data + length;
		*r = (struct record){data, length, w->ts};
		return 1;
	}
	return 0;
}
