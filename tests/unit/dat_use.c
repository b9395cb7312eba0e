/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dat_use.h"

struct reading start_reading(const struct image *im)
{
	struct reading in = {.r = NULL};

	in.r = open_image(im, &in.e);
	assert_non_null(in.r);
	in.s = dat_reader_source(in.r);
	return in;
}

enum page_result next_page(struct reading *in, int i)
{
	return in->s->next(in->s, i, &in->page, &in->e);
}

void end_reading(struct reading *in, struct image *im)
{
	dat_reader_close(in->r);
	image_free(im);
}

static const char *look_up(struct trace_info *info, uint64_t addr)
{
	info->find_symbol(info->find_ctx, info->symbols, addr);
	return symbols_find(info->symbols, addr);
}

static void use_texts(struct dat_reader *r)
{
	char buf[256];
	struct error e;
	size_t size, n;
	int id;

	for (n = 0; dat_reader_event(r, n, buf, sizeof(buf), &id); n++) {
		const char *system;
		char *text = dat_reader_format_text(r, n, &system, &size, &e);

		assert_true(id >= -1);
		assert_true(!text || strlen(system) < 256);
		free(text);
	}
	assert_int_equal(n, dat_reader_about(r)->events);
	assert_true(strlen(dat_reader_event_names(r, buf, sizeof(buf))) < sizeof(buf));
	for (int which = DAT_TEXT_HEADER_PAGE; which <= DAT_TEXT_UNAME; which++) {
		char *text = dat_reader_text(r, (enum dat_text)which, &size, &e);

		assert_true(!text || text[size] == '\0');
		free(text);
	}
	for (n = 0; dat_reader_problem(r, n); n++)
		assert_true(dat_reader_problem(r, n)[0]);
	assert_true(n <= dat_reader_problems(r));
}

static void use_names(struct dat_reader *r)
{
	struct schema *schema = schema_new(dat_reader_format(r));
	struct trace_info info;
	struct error e;

	dat_reader_schema(r, schema, &e);
	info_init(&info);
	if (!dat_reader_info(r, &info, &e) && info.find_symbol)
		look_up(&info, 0xffffffff81000010);
	info_free(&info);
	schema_free(schema);
}

struct used use(struct dat_reader *r)
{
	struct source *s = dat_reader_source(r);
	struct used u = {0, 0, 0};
	unsigned sum = 0;
	struct error e;

	use_names(r);
	use_texts(r);
	for (int i = 0; i < s->cpus; i++) {
		enum page_result res;
		struct page page;

		assert_true(s->cpu_number(s, i) >= 0);
		assert_true((size_t)s->buffer_number(s, i) < dat_reader_about(r)->buffers_count);
		while ((res = s->next(s, i, &page, &e)) != PAGE_END) {
			if (res == PAGE_FAILED) {
				assert_true(e.text[0]);
				u.failures++;
				continue;
			}
			assert_int_equal(res, PAGE_OK);
			u.pages++;
			u.bytes += page.size;
			for (size_t b = 0; b < page.size; b++)
				sum += ((const unsigned char *)page.data)[b];
		}
	}
	assert_int_equal(dat_reader_size(r), dat_reader_position(r));
	assert_true(sum < UINT32_MAX); /* it was read */
	return u;
}

#define START 18 /* what every file begins with: below, it is no trace.dat */

void truncate_kind(struct kind k)
{
	size_t enough[4];
	struct image im;

	make_marked(&im, k, enough);
	image_write(&im, image_path());
	while (im.size--) {
		struct dat_reader *r;
		struct error e = {.text = ""};
		struct used u;
		int whole = 0;

		assert_int_equal(truncate(image_path(), (off_t)im.size), 0);
		r = dat_reader_open(image_path(), &e);
		if (!r != (im.size < START))
			fail_msg("%zu bytes: %s", im.size, r ? "opened" : e.text);
		if (!r)
			continue;
		for (int n = 0; n < 4; n++)
			whole += im.size >= enough[n];
		u = use(r);
		if (u.pages != whole)
			fail_msg("%zu bytes: %d pages, not %d", im.size, u.pages, whole);
		if (whole < 4 || k.packing != PLAIN)
			assert_true(u.failures + dat_reader_problems(r) > 0);
		dat_reader_close(r);
	}
	image_free(&im);
}

void refuse(const struct image *im, const char *why)
{
	struct error e;
	struct dat_reader *r = open_image(im, &e);

	assert_null(r);
	if (!strstr(e.text, why))
		fail_msg("\"%s\" does not say \"%s\"", e.text, why);
	assert_int_equal(e.status, STATUS_ERROR);
}

void broken(const struct image *im, const char *why, int pages)
{
	struct error e;
	struct dat_reader *r = open_image(im, &e);
	struct used u;

	if (!r)
		fail_msg("%s", e.text);
	assert_true(dat_reader_problems(r) > 0);
	if (!strstr(dat_reader_problem(r, 0), why))
		fail_msg("\"%s\" does not say \"%s\"", dat_reader_problem(r, 0), why);
	u = use(r);
	assert_int_equal(u.pages, pages);
	dat_reader_close(r);
}
