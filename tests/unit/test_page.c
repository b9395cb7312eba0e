/* SPDX-License-Identifier: MIT */
/*
 * Pages are made here from the layout's description, in both byte orders and
 * both sizes of long, and what the walk yields is held against what was put in
 * and against libtraceevent's own walk. Then pages are broken at random.
 */
#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>
#include <kbuffer.h>

#include "falloctrace/event.h"
#include "falloctrace/page.h"

#define PAGE 4096
#define LOST_FLAG (1u << 31)
#define COUNT_FLAG (1u << 30)

struct maker {
	struct page_format format;
	unsigned char page[PAGE + 64];
	size_t used;
};

static const struct page_format formats[] = {{8, false}, {8, true}, {4, false}, {4, true}};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

static size_t header_of(const struct page_format *f)
{
	return f->long_size == 8 ? 16 : 12;
}

static void put32(struct maker *m, size_t at, uint32_t v)
{
	v = m->format.big_endian ? htobe32(v) : htole32(v);
	memcpy(m->page + at, &v, 4);
}

static void put64(struct maker *m, size_t at, uint64_t v)
{
	v = m->format.big_endian ? htobe64(v) : htole64(v);
	memcpy(m->page + at, &v, 8);
}

static void put_commit(struct maker *m, uint32_t flags, bool extended)
{
	uint32_t commit = (uint32_t)(m->used - header_of(&m->format)) | flags;

	if (m->format.long_size == 4)
		put32(m, 8, commit);
	else
		put64(m, 8, extended ? (uint64_t)(int64_t)(int32_t)commit : commit);
}

static void start(struct maker *m, const struct page_format *f, uint64_t ts)
{
	memset(m, 0, sizeof(*m));
	m->format = *f;
	m->used = header_of(f);
	put64(m, 0, ts);
	put_commit(m, 0, false);
}

static void word(struct maker *m, uint32_t v)
{
	put32(m, m->used, v);
	m->used += 4;
}

static void head(struct maker *m, unsigned type, uint32_t delta)
{
	word(m, m->format.big_endian ? type << 27 | delta : delta << 5 | type);
}

static void fill(struct maker *m, size_t size, unsigned char byte)
{
	memset(m->page + m->used, byte, size);
	m->used += size;
}

/* A record of `size` bytes, a multiple of 4, its size in the head where it fits. */
static void small(struct maker *m, uint32_t delta, size_t size, unsigned char byte)
{
	head(m, (unsigned)size / 4, delta);
	fill(m, size, byte);
	put_commit(m, 0, false);
}

static void large(struct maker *m, uint32_t delta, size_t size, unsigned char byte)
{
	head(m, 0, delta);
	word(m, (uint32_t)size + 4);
	fill(m, size, byte);
	put_commit(m, 0, false);
}

static void discarded(struct maker *m, uint32_t delta, size_t size)
{
	head(m, 29, delta);
	word(m, (uint32_t)size + 4);
	fill(m, size, 0xdd);
	put_commit(m, 0, false);
}

static void stamp(struct maker *m, unsigned type, uint64_t v)
{
	head(m, type, v & 0x7ffffff);
	word(m, (uint32_t)(v >> 27));
	put_commit(m, 0, false);
}

/* Copied to an allocation of just its size, so that a sanitizer sees the byte behind it. */
static unsigned char *exact(const struct maker *m, size_t size)
{
	unsigned char *copy = malloc(size ? size : 1);

	assert_non_null(copy);
	memcpy(copy, m->page, size);
	return copy;
}

struct seen {
	uint64_t ts;
	size_t size;
	unsigned char byte;
};

static void expect(const struct maker *m, uint64_t lost, const struct seen *want, size_t count)
{
	unsigned char *page = exact(m, PAGE);
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

/* What libtraceevent makes of the same page. Only for pages that are good. */
static void agree(const struct maker *m)
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

static void expect_broken_start(const struct maker *m, size_t size)
{
	unsigned char *page = exact(m, size);
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

/* good: records before the break. The page is no longer than what was put in. */
static void expect_broken(const struct maker *m, size_t good)
{
	unsigned char *page = exact(m, m->used);
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

static void test_records(void **state)
{
	struct maker m;

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		const struct seen want[] = {{1000, 4, 1}, {1007, 112, 2}, {1007, 200, 3}, {1008, 0x400, 4}};

		start(&m, &formats[f], 1000);
		small(&m, 0, 4, 1);
		small(&m, 7, 112, 2);
		large(&m, 0, 200, 3);
		large(&m, 1, 0x400, 4);
		expect(&m, 0, want, 4);
		agree(&m);
	}
}

static void test_empty_page(void **state)
{
	struct maker m;

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		start(&m, &formats[f], 5);
		expect(&m, 0, NULL, 0);
		expect_broken_start(&m, 0);
		expect_broken_start(&m, 11);
		expect_broken_start(&m, header_of(&formats[f]) - 1);
	}
}

static void test_times(void **state)
{
	const uint64_t base = 0x1000000000000123, top = 0x0812345678901234;
	struct maker m;

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		/* An extend adds 59 bits; a stamp sets them and keeps the top five. */
		const struct seen want[] = {
			{base + 0x123456789abcd + 3, 8, 1},
			{(top & 0x07ffffffffffffff) | 0x1000000000000000, 8, 2},
			{((top & 0x07ffffffffffffff) | 0x1000000000000000) + 0x7ffffff, 8, 3},
		};

		start(&m, &formats[f], base);
		stamp(&m, 30, 0x123456789abcd);
		small(&m, 3, 8, 1);
		stamp(&m, 31, top & 0x07ffffffffffffff);
		small(&m, 0, 8, 2);
		small(&m, 0x7ffffff, 8, 3);
		expect(&m, 0, want, 3);
	}
}

static void test_discarded_records_take_time(void **state)
{
	struct maker m;

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		const struct seen want[] = {{110, 8, 1}, {117, 8, 2}};

		start(&m, &formats[f], 100);
		small(&m, 10, 8, 1);
		discarded(&m, 5, 24);
		small(&m, 2, 8, 2);
		discarded(&m, 1, 0);
		expect(&m, 0, want, 2);
		agree(&m);
	}
}

static void test_padding_to_the_end(void **state)
{
	struct maker m;

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		const struct seen want[] = {{101, 8, 1}};

		start(&m, &formats[f], 100);
		small(&m, 1, 8, 1);
		head(&m, 29, 0);
		fill(&m, 40, 0xee);
		put_commit(&m, 0, false);
		expect(&m, 0, want, 1);
		/* Even where there is no room for anything behind it. */
		start(&m, &formats[f], 100);
		small(&m, 1, 8, 1);
		head(&m, 29, 0);
		put_commit(&m, 0, false);
		expect(&m, 0, want, 1);
	}
}

static void test_losses(void **state)
{
	const struct seen want[] = {{9, 8, 7}};
	struct maker m;

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		for (int extended = 0; extended < 2; extended++) {
			start(&m, &formats[f], 9);
			small(&m, 0, 8, 7);
			put_commit(&m, LOST_FLAG, extended);
			expect(&m, LOST_UNKNOWN, want, 1);
			/* The count lies behind the records. */
			if (formats[f].long_size == 8)
				put64(&m, m.used, 0x123456789a);
			else
				put32(&m, m.used, 0x12345678);
			put_commit(&m, LOST_FLAG | COUNT_FLAG, extended);
			expect(&m, formats[f].long_size == 8 ? 0x123456789a : 0x12345678, want, 1);
			/* A count without a loss, and a loss of nothing */
			put_commit(&m, COUNT_FLAG, extended);
			expect(&m, 0, want, 1);
			put64(&m, m.used, 0);
			put_commit(&m, LOST_FLAG | COUNT_FLAG, extended);
			expect(&m, LOST_UNKNOWN, want, 1);
		}
	}
}

static void test_count_outside_of_the_page(void **state)
{
	struct maker m;

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		for (size_t room = 0; room < (size_t)formats[f].long_size; room++) {
			struct page_walk *w = page_walk_new(&formats[f]);
			unsigned char *page;
			uint64_t lost;
			struct error e;

			start(&m, &formats[f], 9);
			small(&m, 0, 8, 7);
			put_commit(&m, LOST_FLAG | COUNT_FLAG, true);
			page = exact(&m, m.used + room);
			assert_int_equal(page_walk_start(w, page, m.used + room, &lost, &e), 0);
			assert_int_equal(lost, LOST_UNKNOWN);
			page_walk_free(w);
			free(page);
		}
	}
}

static void test_commit_beyond_the_page(void **state)
{
	struct maker m;

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		start(&m, &formats[f], 9);
		small(&m, 0, 8, 7);
		expect_broken_start(&m, m.used - 1);
		m.used = header_of(&formats[f]) + 0x7ffffff;
		put_commit(&m, LOST_FLAG | COUNT_FLAG, true);
		expect_broken_start(&m, PAGE);
	}
}

static void test_lengths_that_lie(void **state)
{
	const uint32_t lengths[] = {0, 1, 2, 3, 17, 0x7fffffff, 0x80000000, 0x80000003, 0xfffffffc, 0xffffffff};
	struct maker m;

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
			for (unsigned padding = 0; padding < 2; padding++) {
				start(&m, &formats[f], 9);
				small(&m, 0, 8, 7);
				head(&m, padding ? 29 : 0, 1);
				word(&m, lengths[i]);
				fill(&m, 12, 1);
				put_commit(&m, 0, false);
				expect_broken(&m, 1);
			}
		}
	}
}

static void test_records_cut_off(void **state)
{
	struct maker m;

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		for (unsigned type = 0; type < 32; type++) {
			for (size_t have = 0; have < 4; have += 2) {
				start(&m, &formats[f], 9);
				small(&m, 0, 8, 7);
				head(&m, type, 1);
				fill(&m, have, 0);
				put_commit(&m, 0, false);
				expect_broken(&m, 1);
			}
		}
		for (size_t have = 1; have < 4; have++) {
			start(&m, &formats[f], 9);
			small(&m, 0, 8, 7);
			fill(&m, have, 1);
			put_commit(&m, 0, false);
			expect_broken(&m, 1);
		}
	}
}

/* A length that is no multiple of 4 is rounded up: behind the end, that is one too long. */
static void test_rounding_beyond_the_end(void **state)
{
	struct maker m;

	(void)state;
	for (size_t f = 0; f < FORMATS; f++) {
		const struct seen want[] = {{10, 12, 1}, {11, 4, 2}};

		start(&m, &formats[f], 9);
		head(&m, 0, 1);
		word(&m, 4 + 9);
		fill(&m, 12, 1);
		small(&m, 1, 4, 2);
		expect(&m, 0, want, 2);
		agree(&m);
		start(&m, &formats[f], 9);
		head(&m, 0, 1);
		word(&m, 4 + 9);
		fill(&m, 9, 1);
		put_commit(&m, 0, false);
		expect_broken(&m, 0);
	}
}

static uint64_t seed = 0x9e3779b97f4a7c15;

static uint64_t draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* A good page of everything, `room` bytes at most. */
static void make_any(struct maker *m, const struct page_format *f, size_t room)
{
	start(m, f, draw());
	while (m->used + 160 < room) {
		switch (draw() % 6) {
		case 0:
			large(m, draw() & 0xffff, 4 * (draw() % 36), (unsigned char)draw());
			break;
		case 1:
			discarded(m, 1 + (draw() & 0xff), 4 * (draw() % 20));
			break;
		case 2:
			stamp(m, 30, draw() & 0x7ffffffffffffff);
			break;
		default:
			small(m, draw() & 0x7ffffff, 4 * (1 + draw() % 28), (unsigned char)draw());
		}
	}
}

static void test_agrees_with_kbuffer(void **state)
{
	struct maker m;

	(void)state;
	for (int i = 0; i < 4000; i++) {
		make_any(&m, &formats[draw() % FORMATS], 200 + draw() % (PAGE - 200));
		agree(&m);
	}
}

static void mutate(unsigned char *page, size_t size)
{
	for (uint64_t n = 1 + draw() % 4; n; n--) {
		size_t at = draw() % size;

		switch (draw() % 4) {
		case 0: /* a word of the first ones: the commit, the first heads */
			at = draw() % (size < 40 ? size : 40);
			page[at] = (unsigned char)draw();
			break;
		case 1:
			page[at] ^= (unsigned char)(1u << draw() % 8);
			break;
		case 2:
			memset(page + at, draw() & 1 ? 0xff : 0, (size - at) < 8 ? size - at : 8);
			break;
		default:
			page[at] = (unsigned char)draw();
		}
	}
}

/* Walks to the end; every record must lie in the page and every step must get on. */
static size_t walk(struct page_walk *w, const unsigned char *page, size_t size)
{
	const unsigned char *last = page;
	struct record r;
	unsigned sum = 0;
	size_t records = 0;
	uint64_t lost;
	struct error e;

	if (page_walk_start(w, page, size, &lost, &e))
		return 0;
	while (page_walk_next(w, &r, &e) > 0) {
		const unsigned char *data = r.data;

		assert_true(data > last && data + r.size <= page + size);
		for (size_t i = 0; i < r.size; i++)
			sum += data[i];
		last = data;
		assert_true(++records <= size / 4);
	}
	assert_true(sum != 1u << 31);
	assert_int_equal(page_walk_next(w, &r, &e), 0);
	return records;
}

/*
 * libtraceevent is not built with a sanitizer: a page right before one that
 * can't be read catches it, too.
 */
static unsigned char *guard_new(void)
{
	unsigned char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(p, MAP_FAILED);
	assert_int_equal(mprotect(p + PAGE, PAGE, PROT_NONE), 0);
	return p + PAGE;
}

static size_t walk_both(struct page_walk *w, unsigned char *guard, const unsigned char *page, size_t size)
{
	size_t records = walk(w, page, size);

	memcpy(guard - size, page, size);
	assert_int_equal(walk(w, guard - size, size), records);
	return records;
}

static void test_hostile_pages(void **state)
{
	struct page_walk *walks[FORMATS];
	unsigned char *guard = guard_new();
	struct maker m;
	size_t records = 0;

	(void)state;
	for (size_t f = 0; f < FORMATS; f++)
		walks[f] = page_walk_new(&formats[f]);
	for (int i = 0; i < 4000; i++) {
		size_t f = draw() % FORMATS;

		make_any(&m, &formats[f], 180 + draw() % 600);
		for (int j = 0; j < 100; j++) {
			/* Often cut off, too, where the records end or before. */
			size_t size = draw() % 4 ? m.used + draw() % 16 : draw() % (m.used + 1);
			unsigned char *page = exact(&m, size);

			if (size)
				mutate(page, size);
			/* Now and then read with another machine's eyes. */
			records += walk_both(walks[draw() % 8 ? f : draw() % FORMATS], guard, page, size);
			free(page);
		}
	}
	for (size_t f = 0; f < FORMATS; f++)
		page_walk_free(walks[f]);
	munmap(guard - PAGE, 2 * PAGE);
	/* If none came out, nothing was tested. */
	assert_true(records > 400000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_empty_page),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_discarded_records_take_time),
		cmocka_unit_test(test_padding_to_the_end),
		cmocka_unit_test(test_losses),
		cmocka_unit_test(test_count_outside_of_the_page),
		cmocka_unit_test(test_commit_beyond_the_page),
		cmocka_unit_test(test_lengths_that_lie),
		cmocka_unit_test(test_records_cut_off),
		cmocka_unit_test(test_rounding_beyond_the_end),
		cmocka_unit_test(test_agrees_with_kbuffer),
		cmocka_unit_test(test_hostile_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
