/* SPDX-License-Identifier: MIT */
#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <kbuffer.h>

#include "page_maker.h"

const struct page_format page_formats[FORMATS] = {{8, false}, {8, true}, {4, false}, {4, true}};

size_t header_of(const struct page_format *f)
{
	return f->long_size == 8 ? 16 : 12;
}

void maker_set32(struct maker *m, size_t at, uint32_t v)
{
	v = m->format.big_endian ? htobe32(v) : htole32(v);
	memcpy(m->page + at, &v, 4);
}

void maker_set64(struct maker *m, size_t at, uint64_t v)
{
	v = m->format.big_endian ? htobe64(v) : htole64(v);
	memcpy(m->page + at, &v, 8);
}

void maker_commit(struct maker *m, uint32_t flags, bool extended)
{
	uint32_t commit = (uint32_t)(m->used - header_of(&m->format)) | flags;

	if (m->format.long_size == 4)
		maker_set32(m, 8, commit);
	else
		maker_set64(m, 8, extended ? (uint64_t)(int64_t)(int32_t)commit : commit);
}

void maker_start(struct maker *m, const struct page_format *f, uint64_t ts)
{
	memset(m, 0, sizeof(*m));
	m->format = *f;
	m->used = header_of(f);
	maker_set64(m, 0, ts);
	maker_commit(m, 0, false);
}

void maker_word(struct maker *m, uint32_t v)
{
	maker_set32(m, m->used, v);
	m->used += 4;
}

void maker_head(struct maker *m, unsigned type, uint32_t delta)
{
	maker_word(m, m->format.big_endian ? type << 27 | delta : delta << 5 | type);
}

void maker_fill(struct maker *m, size_t size, unsigned char byte)
{
	memset(m->page + m->used, byte, size);
	m->used += size;
}

void maker_small(struct maker *m, uint32_t delta, size_t size, unsigned char byte)
{
	maker_head(m, (unsigned)size / 4, delta);
	maker_fill(m, size, byte);
	maker_commit(m, 0, false);
}

void maker_large(struct maker *m, uint32_t delta, size_t size, unsigned char byte)
{
	maker_head(m, 0, delta);
	maker_word(m, (uint32_t)size + 4);
	maker_fill(m, size, byte);
	maker_commit(m, 0, false);
}

void maker_discarded(struct maker *m, uint32_t delta, size_t size)
{
	maker_head(m, 29, delta);
	maker_word(m, (uint32_t)size + 4);
	maker_fill(m, size, 0xdd);
	maker_commit(m, 0, false);
}

void maker_stamp(struct maker *m, unsigned type, uint64_t v)
{
	maker_head(m, type, v & 0x7ffffff);
	maker_word(m, (uint32_t)(v >> 27));
	maker_commit(m, 0, false);
}

unsigned char *maker_copy(const struct maker *m, size_t size)
{
	unsigned char *copy = malloc(size ? size : 1);

	assert_non_null(copy);
	memcpy(copy, m->page, size);
	return copy;
}

void expect_records(const struct maker *m, uint64_t lost, const struct seen *want, size_t count)
{
	unsigned char *page = maker_copy(m, PAGE);
	struct page_walk *w = page_walk_new(&m->format);
	struct record r;
	uint64_t got_lost;
	struct error e;

	assert_non_null(w);
	assert_int_equal(page_walk_start(w, page, PAGE, &got_lost, &e), 0);
	assert_int_equal(got_lost, lost);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(page_walk_next(w, &r, &e), 1);
		assert_int_equal(r.ts, want[i].ts);
		assert_int_equal(r.size, want[i].size);
		assert_int_equal(*(const unsigned char *)r.data, want[i].byte);
	}
	assert_int_equal(page_walk_next(w, &r, &e), 0);
	assert_int_equal(page_walk_next(w, &r, &e), 0);
	page_walk_free(w);
	free(page);
}

void agree_with_kbuffer(const struct maker *m)
{
	struct kbuffer *k = kbuffer_alloc(m->format.long_size == 8 ? KBUFFER_LSIZE_8 : KBUFFER_LSIZE_4,
					  m->format.big_endian ? KBUFFER_ENDIAN_BIG : KBUFFER_ENDIAN_LITTLE);
	unsigned char *page = malloc(PAGE);
	struct page_walk *w = page_walk_new(&m->format);
	unsigned long long ts = 0;
	struct record r;
	uint64_t lost;
	struct error e;
	void *data;

	memcpy(page, m->page, PAGE);
	assert_int_equal(kbuffer_load_subbuffer(k, page), 0);
	assert_int_equal(page_walk_start(w, page, PAGE, &lost, &e), 0);
	for (data = kbuffer_read_event(k, &ts); data; data = kbuffer_next_event(k, &ts)) {
		assert_int_equal(page_walk_next(w, &r, &e), 1);
		assert_ptr_equal(r.data, data);
		assert_int_equal(r.size, kbuffer_event_size(k));
		assert_int_equal(r.ts, ts);
	}
	assert_int_equal(page_walk_next(w, &r, &e), 0);
	page_walk_free(w);
	kbuffer_free(k);
	free(page);
}

void expect_broken_start(const struct maker *m, size_t size)
{
	unsigned char *page = maker_copy(m, size);
	struct page_walk *w = page_walk_new(&m->format);
	struct record r;
	uint64_t lost;
	struct error e = {.text = ""};

	assert_int_equal(page_walk_start(w, page, size, &lost, &e), -1);
	assert_true(e.text[0]);
	assert_int_equal(lost, 0);
	assert_int_equal(page_walk_next(w, &r, &e), 0);
	page_walk_free(w);
	free(page);
}

void expect_broken(const struct maker *m, size_t good)
{
	unsigned char *page = maker_copy(m, m->used);
	struct page_walk *w = page_walk_new(&m->format);
	struct record r;
	uint64_t lost;
	struct error e = {.text = ""};

	assert_int_equal(page_walk_start(w, page, m->used, &lost, &e), 0);
	while (good--)
		assert_int_equal(page_walk_next(w, &r, &e), 1);
	assert_int_equal(page_walk_next(w, &r, &e), -1);
	assert_true(e.text[0]);
	assert_int_equal(page_walk_next(w, &r, &e), 0);
	page_walk_free(w);
	free(page);
}
