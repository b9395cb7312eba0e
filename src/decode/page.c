/* SPDX-License-Identifier: MIT */
/*
 * kbuffer checks no bounds, so every word that it is about to read is looked at
 * here first, and every length that it returns is held against the page's end
 * before it is used. Source of the layout: the kernel's
 * include/linux/ring_buffer.h and kernel/trace/ring_buffer.c.
 */
#include <kbuffer.h>
#include <stdlib.h>

#include "bytes.h"
#include "falloctrace/event.h"
#include "falloctrace/page.h"

#define COMMIT_SIZE 0x07ffffffu	  /* bytes of records */
#define COMMIT_LOST (1u << 31)	  /* events were lost before this page */
#define COMMIT_COUNTED (1u << 30) /* … and their number lies behind the records */

/* An absolute stamp has no room for these bits: they stay as they were. */
#define STAMP_KEPT (0xf8ull << 56)

struct page_walk {
	struct kbuffer *kbuf;
	struct page_format format;
	size_t header; /* bytes before the first record */
	const unsigned char *page;
	const unsigned char *pos; /* the next record */
	const unsigned char *end; /* of the records */
	uint64_t ts;
};

struct page_walk *page_walk_new(const struct page_format *f)
{
	enum kbuffer_long_size long_size = f->long_size == 4 ? KBUFFER_LSIZE_4 : KBUFFER_LSIZE_8;
	struct page_walk *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->kbuf = kbuffer_alloc(long_size, f->big_endian ? KBUFFER_ENDIAN_BIG : KBUFFER_ENDIAN_LITTLE);
	if (!w->kbuf) {
		free(w);
		return NULL;
	}
	w->format = *f;
	w->header = f->long_size == 4 ? 12 : 16;
	return w;
}

void page_walk_free(struct page_walk *w)
{
	if (!w)
		return;
	kbuffer_free(w->kbuf);
	free(w);
}

/* kbuffer only reads, but does not say so. */
static void *unconst(const void *p)
{
	return (void *)(uintptr_t)p;
}

/* In a file a commit of 8 bytes is often a sign-extended one of 4. */
static uint32_t read_commit(const struct page_walk *w, const unsigned char *page)
{
	if (w->format.long_size == 4)
		return bytes_u32(page + 8, w->format.big_endian);
	return (uint32_t)bytes_u64(page + 8, w->format.big_endian);
}

/* room: bytes behind the records. A count that is not there, or says none, is none. */
static uint64_t read_lost(const struct page_walk *w, uint32_t commit, size_t room)
{
	uint64_t count;

	if (!(commit & COMMIT_LOST))
		return 0;
	if (!(commit & COMMIT_COUNTED) || room < (size_t)w->format.long_size)
		return LOST_UNKNOWN;
	if (w->format.long_size == 4)
		count = bytes_u32(w->end, w->format.big_endian);
	else
		count = bytes_u64(w->end, w->format.big_endian);
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
	commit = read_commit(w, page);
	used = commit & COMMIT_SIZE;
	if (used > size - w->header)
		return error_set(e, "a page of %zu bytes claims to hold %zu bytes of records", size, used);
	w->pos = page + w->header;
	w->end = w->pos + used;
	w->ts = kbuffer_subbuf_timestamp(w->kbuf, unconst(page));
	*lost = read_lost(w, commit, size - w->header - used);
	return 0;
}

static int broken(struct page_walk *w, struct error *e, const char *what)
{
	size_t offset = (size_t)(w->pos - w->page);

	w->pos = w->end;
	return error_set(e, "the record at byte %zu of a page %s", offset, what);
}

/* Whether kbuffer may look at the record at w->pos: what it reads there, and adds up, stays in the page. */
static bool may_read(const struct page_walk *w, unsigned type)
{
	size_t left = (size_t)(w->end - w->pos);
	uint32_t length;

	if (type && type < KBUFFER_TYPE_PADDING)
		return true;
	if (left < 8)
		return false;
	if (type == KBUFFER_TYPE_TIME_EXTEND || type == KBUFFER_TYPE_TIME_STAMP)
		return true;
	/* A length counts its own word. */
	length = bytes_u32(w->pos + 4, w->format.big_endian);
	return length >= 4 && length <= left - 4;
}

/* As kbuffer does, and unlike the kernel's own reader: what was discarded took its time, too. */
static void pass_time(struct page_walk *w, const struct kbuffer_raw_info *info)
{
	if (info->type == KBUFFER_TYPE_TIME_STAMP)
		w->ts = info->delta | (w->ts & STAMP_KEPT);
	else
		w->ts += info->delta;
}

/* 1: *info is the next record, of whatever type, and w->pos is behind it; 0: the end; -1: broken. */
static int step(struct page_walk *w, struct kbuffer_raw_info *info, struct error *e)
{
	size_t left = (size_t)(w->end - w->pos);
	unsigned type;
	uint32_t word;

	if (!left)
		return 0;
	if (left < 4)
		return broken(w, e, "is cut off");
	word = bytes_u32(w->pos, w->format.big_endian);
	type = w->format.big_endian ? word >> 27 : word & 31;
	if (type == KBUFFER_TYPE_PADDING && !kbuffer_ptr_delta(w->kbuf, unconst(w->pos))) {
		w->pos = w->end;
		return 0;
	}
	if (!may_read(w, type))
		return broken(w, e, "is cut off, or its length can't be");
	info->next = unconst(w->pos);
	if (!kbuffer_raw_get(w->kbuf, unconst(w->page), info) || info->length < 0 ||
	    (const unsigned char *)info->next <= w->pos || (const unsigned char *)info->next > w->end)
		return broken(w, e, "is longer than the page");
	w->pos = info->next;
	pass_time(w, info);
	return 1;
}

int page_walk_next(struct page_walk *w, struct record *r, struct error *e)
{
	struct kbuffer_raw_info info;
	int ret;

	do
		ret = step(w, &info, e);
	while (ret > 0 && info.type >= KBUFFER_TYPE_PADDING);
	if (ret > 0) {
		r->data = w->pos - info.length;
		r->size = (size_t)info.length;
		r->ts = w->ts;
	}
	return ret;
}
