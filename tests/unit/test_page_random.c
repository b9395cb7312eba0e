/* SPDX-License-Identifier: MIT */
/*
 * Pages of anything, walked by libtraceevent as well; then broken at random.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "page_maker.h"

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
	maker_start(m, f, draw());
	while (m->used + 160 < room) {
		switch (draw() % 6) {
		case 0:
			maker_large(m, draw() & 0xffff, 4 * (draw() % 36), (unsigned char)draw());
			break;
		case 1:
			maker_discarded(m, 1 + (draw() & 0xff), 4 * (draw() % 20));
			break;
		case 2:
			maker_stamp(m, 30, draw() & 0x7ffffffffffffff);
			break;
		default:
			maker_small(m, draw() & 0x7ffffff, 4 * (1 + draw() % 28), (unsigned char)draw());
		}
	}
}

static void test_agrees_with_kbuffer(void **state)
{
	struct maker m;

	(void)state;
	for (int i = 0; i < 4000; i++) {
		make_any(&m, &page_formats[draw() % FORMATS], 200 + draw() % (PAGE - 200));
		agree_with_kbuffer(&m);
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
		walks[f] = page_walk_new(&page_formats[f]);
	for (int i = 0; i < 4000; i++) {
		size_t f = draw() % FORMATS;

		make_any(&m, &page_formats[f], 180 + draw() % 600);
		for (int j = 0; j < 100; j++) {
			/* Often cut off, too, where the records end or before. */
			size_t size = draw() % 4 ? m.used + draw() % 16 : draw() % (m.used + 1);
			unsigned char *page = maker_copy(&m, size);

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
		cmocka_unit_test(test_agrees_with_kbuffer),
		cmocka_unit_test(test_hostile_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
