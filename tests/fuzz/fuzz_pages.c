/* SPDX-License-Identifier: MIT */
/*
 * A byte that tells the format, then a page. What is walked without a word is
 * what libtraceevent's kbuffer walks, too.
 */
#include <kbuffer.h>
#include <stdlib.h>

#include "falloctrace/page.h"
#include "fuzz.h"

static void check_record(const struct record *r, const uint8_t *page, size_t size)
{
	const uint8_t *data = r->data;

	if (data < page || r->size > size || data + r->size > page + size)
		finding("a record lies outside of its page");
	touch(data, r->size);
}

/* Walks to the end. Returns the number of records, or -1: the page is broken. */
static long walk(struct page_walk *w, const uint8_t *page, size_t size)
{
	struct error e = {.text = ""};
	struct record r;
	uint64_t lost;
	long count = 0;
	int ret;

	if (page_walk_start(w, page, size, &lost, &e)) {
		watch_text(e.text);
		return -1;
	}
	while ((ret = page_walk_next(w, &r, &e)) > 0) {
		check_record(&r, page, size);
		if ((size_t)++count > size)
			finding("more records than bytes");
	}
	if (ret < 0)
		watch_text(e.text);
	if (page_walk_next(w, &r, &e) > 0)
		finding("there is a record behind the end");
	return ret < 0 ? -1 : count;
}

/* kbuffer reads out of bounds of a page that is broken: this one is not. */
static void compare(struct page_walk *w, const struct page_format *f, const uint8_t *page, size_t size, long count)
{
	struct kbuffer *k = kbuffer_alloc(f->long_size == 4 ? KBUFFER_LSIZE_4 : KBUFFER_LSIZE_8,
					  f->big_endian ? KBUFFER_ENDIAN_BIG : KBUFFER_ENDIAN_LITTLE);
	unsigned long long ts;
	struct error e;
	struct record r;
	uint64_t lost;
	void *data;

	if (!k || page_walk_start(w, page, size, &lost, &e) || kbuffer_load_subbuffer(k, (void *)(uintptr_t)page))
		abort();
	for (; count; count--, kbuffer_next_event(k, NULL)) {
		data = kbuffer_read_event(k, &ts);
		if (page_walk_next(w, &r, &e) <= 0)
			finding("a second walk differs");
		if (data != r.data || (size_t)kbuffer_event_size(k) != r.size || ts != r.ts)
			finding("kbuffer has %ld, %d bytes, %llu; here are %ld, %zu, %llu",
				(long)((uint8_t *)data - page), kbuffer_event_size(k), ts,
				(long)((const uint8_t *)r.data - page), r.size, (unsigned long long)r.ts);
	}
	kbuffer_free(k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct page_format f;
	struct page_walk *w;
	uint8_t *wide, *page;
	long count;

	if (size < 1)
		return 0;
	f = page_format_of(data[0]);
	w = page_walk_new(&f);
	/* an allocation of just its size, aligned as pages are */
	wide = malloc(size);
	if (!w || !wide)
		abort();
	for (size_t i = 1; i < size; i++)
		wide[i - 1] = data[i];
	page = realloc(wide, size > 1 ? size - 1 : 1);
	if (!page)
		abort();
	count = walk(w, page, size - 1);
	if (count > 0)
		compare(w, &f, page, size - 1, count);
	free(page);
	page_walk_free(w);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	return mutate_in_place(data, size, room, seed);
}
