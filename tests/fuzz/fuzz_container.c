/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a trace.dat: opened, and asked everything that can be asked.
 */
#include <stdlib.h>
#include <string.h>

#include "falloctrace/dat_reader.h"
#include "fuzz.h"

/* Tables have some ten times what the file spends on an entry; a few KB may hold MBs compressed. */
#define MEMORY_BASE (40 << 20)
#define MEMORY_TIMES 16

#define PAGES_MAX 20000 /* a compressed file may have more: that many are enough here */

static void ask_schema(struct dat_reader *r)
{
	struct schema *s = schema_new(dat_reader_format(r));
	struct error e = {.text = ""};

	if (!s)
		abort();
	if (dat_reader_schema(r, s, &e))
		watch_text(e.text);
	schema_free(s);
}

static void ask_info(struct dat_reader *r)
{
	static const uint64_t addresses[] = {0, 0x1000, 0xffffffff81000010, 0xffffffffffffffff};
	struct error e = {.text = ""};
	struct trace_info info;

	info_init(&info);
	if (dat_reader_info(r, &info, &e))
		watch_text(e.text);
	if (strnlen(info.host, sizeof(info.host)) == sizeof(info.host) ||
	    strnlen(info.clock, sizeof(info.clock)) == sizeof(info.clock))
		finding("a text of the file's info has no end");
	if (info.find_comm)
		for (int32_t tid = -1; tid < 4; tid++)
			info.find_comm(info.find_ctx, tid);
	for (size_t i = 0; info.find_symbol && i < sizeof(addresses) / sizeof(addresses[0]); i++)
		info.find_symbol(info.find_ctx, info.symbols, addresses[i]);
	info_free(&info);
}

static void ask_names(struct dat_reader *r)
{
	char names[384];
	int id;

	watch_text(dat_reader_event_names(r, names, sizeof(names)));
	dat_reader_event_names(r, names, 256);
	for (size_t n = 0; dat_reader_event(r, n, names, sizeof(names), &id); n++)
		touch(names, strlen(names));
}

static void ask_texts(struct dat_reader *r)
{
	struct error e = {.text = ""};
	const char *system;
	size_t size;
	char *text;

	for (int i = DAT_TEXT_HEADER_PAGE; i <= DAT_TEXT_UNAME; i++) {
		text = dat_reader_text(r, (enum dat_text)i, &size, &e);
		if (text && text[size])
			finding("a text has no end");
		free(text);
	}
	for (size_t n = 0; n < dat_reader_about(r)->events; n++) {
		text = dat_reader_format_text(r, n, &system, &size, &e);
		if (text)
			touch(system, strlen(system) + 1);
		free(text);
	}
}

static void ask_about(struct dat_reader *r)
{
	const struct dat_about *a = dat_reader_about(r);
	const char *problem;

	touch(a->compression, strlen(a->compression));
	touch(a->tool, strlen(a->tool));
	touch(a->uname, strlen(a->uname));
	touch(a->clock, strlen(a->clock));
	for (size_t i = 0; i < a->buffers_count; i++) {
		touch(a->buffers[i].name, strlen(a->buffers[i].name));
		touch(a->buffers[i].clock, strlen(a->buffers[i].clock));
	}
	for (size_t i = 0; (problem = dat_reader_problem(r, i)); i++)
		watch_text(problem);
}

static void ask_pages(struct dat_reader *r)
{
	struct source *src = dat_reader_source(r);
	size_t pages = 0, failures = 0;
	struct error e = {.text = ""};
	enum page_result result;
	struct page page;

	for (int i = 0; i < src->cpus; i++) {
		src->cpu_number(src, i);
		if (src->buffer_number)
			src->buffer_number(src, i);
		if (src->time)
			src->time(src, i, 0x123456789abcdef0);
		while (pages < PAGES_MAX && (result = src->next(src, i, &page, &e)) != PAGE_END) {
			if (result == PAGE_NONE)
				finding("a file has nothing now, but later");
			if (result == PAGE_OK) {
				touch(page.data, page.size);
				pages++;
			} else {
				watch_text(e.text);
				if (++failures > 100000)
					finding("it fails forever");
			}
		}
	}
	if (dat_reader_position(r) > dat_reader_size(r))
		finding("it stands behind its end");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path = input_file(data, size);
	struct error e = {.text = ""};
	struct dat_reader *r;

	memory_begin(MEMORY_BASE, MEMORY_TIMES, size);
	r = dat_reader_open(path, &e);
	if (r) {
		ask_about(r);
		ask_names(r);
		ask_texts(r);
		ask_schema(r);
		ask_info(r);
		ask_pages(r);
		dat_reader_close(r);
	} else {
		if (!e.text[0])
			finding("it fails without a word");
		watch_text(e.text);
	}
	memory_end();
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	return mutate_in_place(data, size, room, seed);
}
