/* SPDX-License-Identifier: MIT */
/*
 * dump_records FILE    a line an event: CPU TID NS enter FD MODE OFFSET LEN, or exit RET
 * dump_records -t FILE how fast pages are handed out
 *
 * The reader, the page walk and the schema without merging and matching, for
 * comparing with trace-cmd record by record.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "falloctrace/dat_reader.h"
#include "falloctrace/page.h"
#include "falloctrace/schema.h"

static void dump_event(const struct event *ev)
{
	printf("%d %d %" PRIu64, ev->cpu, ev->tid, ev->ts);
	if (ev->kind == EVENT_SYS_ENTER)
		printf(" enter %d %u %" PRId64 " %" PRId64 "\n", ev->fd, ev->mode, ev->offset, ev->len);
	else
		printf(" exit %" PRId64 "\n", ev->ret);
}

static int dump_page(struct page_walk *w, const struct schema *schema, const struct page *page, int cpu,
		     struct error *e)
{
	struct record rec;
	uint64_t lost;
	int ret;

	if (page_walk_start(w, page->data, page->size, &lost, e))
		return -1;
	if (lost)
		printf("%d lost\n", cpu);
	while ((ret = page_walk_next(w, &rec, e)) == 1) {
		struct event ev;

		if (schema_decode(schema, rec.data, rec.size, rec.ts, cpu, &ev, e) < 0)
			return -1;
		if (ev.kind != EVENT_NONE)
			dump_event(&ev);
	}
	return ret;
}

static int dump(struct dat_reader *r, struct error *e)
{
	struct source *s = dat_reader_source(r);
	struct schema *schema = schema_new(dat_reader_format(r));
	struct page_walk *w = page_walk_new(dat_reader_format(r));
	struct page page;
	int ret = !schema || !w ? error_set(e, "out of memory") : dat_reader_schema(r, schema, e);

	for (int i = 0; i < s->cpus && !ret; i++) {
		enum page_result res = PAGE_OK;

		while (!ret && (res = s->next(s, i, &page, e)) == PAGE_OK)
			ret = dump_page(w, schema, &page, s->cpu_number(s, i), e);
		if (res == PAGE_FAILED)
			ret = -1;
	}
	page_walk_free(w);
	schema_free(schema);
	return ret;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int measure(struct dat_reader *r, struct error *e)
{
	struct source *s = dat_reader_source(r);
	double start = now(), took;
	enum page_result res = PAGE_OK;
	uint64_t pages = 0, sum = 0;
	struct page page;

	for (int i = 0; i < s->cpus; i++) {
		while ((res = s->next(s, i, &page, e)) == PAGE_OK) {
			sum += *(const unsigned char *)page.data;
			pages++;
		}
		if (res == PAGE_FAILED)
			return -1;
	}
	took = now() - start;
	printf("%" PRIu64 " pages, %.0f MB in %.3f s: %.2f GB/s, %.0f ns a page (%" PRIu64 ")\n", pages,
	       (double)dat_reader_size(r) / 1e6, took, (double)dat_reader_size(r) / 1e9 / took,
	       took * 1e9 / (double)pages, sum);
	return 0;
}

int main(int argc, char **argv)
{
	struct error e = {.text = "?"};
	struct dat_reader *r;
	int ret;

	if (argc < 2 || argc > 3 || (argc == 3 && strcmp(argv[1], "-t"))) {
		fprintf(stderr, "usage: dump_records [-t] FILE\n");
		return 2;
	}
	r = dat_reader_open(argv[argc - 1], &e);
	ret = !r ? -1 : argc == 3 ? measure(r, &e) : dump(r, &e);
	if (ret)
		fprintf(stderr, "dump_records: %s\n", e.text);
	dat_reader_close(r);
	return ret ? 1 : 0;
}
