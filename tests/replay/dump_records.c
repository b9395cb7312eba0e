/* SPDX-License-Identifier: MIT */
/*
 * dump_records FILE    a line an fallocate system call: CPU TID NS enter FD MODE OFFSET LEN, or exit RET
 * dump_records -r FILE a line a record: BUFFER CPU TIME BYTES; and a loss: BUFFER CPU lost NUMBER
 * dump_records -e FILE what is made of those that are ours: BUFFER CPU TIME TID KIND FIELD=VALUE…
 * dump_records -b FILE numbers and names of its buffers
 * dump_records -p FILE the pages, as walk_kbuffer takes them
 * dump_records -t FILE how fast pages are handed out
 *
 * The reader, the page walk and the schema without merging and matching, for
 * comparing with others record by record. Problems go to stderr.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "falloctrace/dat_reader.h"
#include "falloctrace/page.h"
#include "falloctrace/schema.h"

struct dump {
	char mode; /* 'c' calls, 'r', 'e' */
	struct dat_reader *r;
	struct source *s;
	struct schema *schema;
	struct page_walk *w;
	int i; /* stream */
};

static void dump_call(const struct event *ev)
{
	if (ev->kind != EVENT_SYS_ENTER && ev->kind != EVENT_SYS_EXIT)
		return;
	printf("%d %d %" PRIu64, ev->cpu, ev->tid, ev->ts);
	if (ev->kind == EVENT_SYS_ENTER)
		printf(" enter %d %u %" PRId64 " %" PRId64 "\n", ev->fd, ev->mode, ev->offset, ev->len);
	else
		printf(" exit %" PRId64 "\n", ev->ret);
}

static const char *kind_name(enum event_kind kind)
{
	switch (kind) {
	case EVENT_SYS_ENTER:
		return "sys_enter";
	case EVENT_SYS_EXIT:
		return "sys_exit";
	case EVENT_SYS_BADFD:
		return "sys_badfd";
	case EVENT_COMPAT_ENTER:
		return "compat_enter";
	case EVENT_COMPAT_EXIT:
		return "compat_exit";
	case EVENT_VFS_ENTER:
		return "vfs_enter";
	case EVENT_VFS_DONE:
		return "vfs_done";
	case EVENT_VFS_EXIT:
		return "vfs_exit";
	case EVENT_NEWTASK:
		return "newtask";
	default:
		return "other";
	}
}

static void dump_string(const char *name, const struct span *s)
{
	printf(" %s=%.*s", name, (int)s->size, s->data);
}

static void dump_fields(const struct event *ev)
{
	const struct {
		uint32_t has;
		const char *name;
		int64_t value;
	} fields[] = {
		{HAS_FD, "fd", ev->fd},
		{HAS_MODE, "mode", ev->mode},
		{HAS_OFFSET, "offset", ev->offset},
		{HAS_LEN, "len", ev->len},
		{HAS_RET, "ret", ev->ret},
		{HAS_FILE, "file", (int64_t)ev->file},
		{HAS_SIZE, "size", ev->size},
		{HAS_BLOCKS, "blocks", (int64_t)ev->blocks},
		{HAS_INO, "ino", (int64_t)ev->ino},
		{HAS_DEV, "dev", ev->dev},
		{HAS_MNT, "mnt", ev->mnt},
		{HAS_UID, "uid", ev->uid},
		{HAS_NR, "nr", (int64_t)ev->nr},
		{HAS_CALLER, "caller", (int64_t)ev->caller},
	};
	char name[16];

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (ev->has & fields[i].has)
			printf(" %s=%" PRId64, fields[i].name, fields[i].value);
	if (ev->kind == EVENT_NEWTASK)
		printf(" child=%d clone_flags=%" PRIu64, ev->child, ev->clone_flags);
	if (ev->has & HAS_COMM)
		dump_string("comm", &ev->comm);
	for (unsigned i = 0; i < ev->names_count; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		dump_string(name, &ev->names[i]);
	}
	putchar('\n');
}

static int buffer_of(const struct dump *d)
{
	return d->s->buffer_number ? d->s->buffer_number(d->s, d->i) : 0;
}

static void dump_bytes(const struct dump *d, const struct record *rec)
{
	const unsigned char *p = rec->data;

	printf("%d %d %" PRIu64 " ", buffer_of(d), d->s->cpu_number(d->s, d->i), rec->ts);
	for (size_t i = 0; i < rec->size; i++)
		printf("%02x", p[i]);
	putchar('\n');
}

static int dump_record(const struct dump *d, const struct record *rec, struct error *e)
{
	int cpu = d->s->cpu_number(d->s, d->i);
	struct event ev;

	if (d->mode == 'r') {
		dump_bytes(d, rec);
		return 0;
	}
	if (schema_decode(d->schema, rec->data, rec->size, rec->ts, cpu, &ev, e) < 0)
		return -1;
	if (d->mode == 'c')
		dump_call(&ev);
	else if (ev.kind != EVENT_NONE) {
		printf("%d %d %" PRIu64 " %d %s", buffer_of(d), cpu, rec->ts, ev.tid, kind_name(ev.kind));
		dump_fields(&ev);
	}
	return 0;
}

static void dump_lost(const struct dump *d, uint64_t lost)
{
	int cpu = d->s->cpu_number(d->s, d->i);

	if (d->mode == 'c')
		printf("%d lost\n", cpu);
	else if (d->mode == 'r' && lost == LOST_UNKNOWN)
		printf("%d %d lost ?\n", buffer_of(d), cpu);
	else if (d->mode == 'r')
		printf("%d %d lost %" PRIu64 "\n", buffer_of(d), cpu, lost);
}

static int dump_page(const struct dump *d, const struct page *page, struct error *e)
{
	struct record rec;
	uint64_t lost;
	int ret;

	if (page_walk_start(d->w, page->data, page->size, &lost, e))
		return -1;
	if (lost)
		dump_lost(d, lost);
	while ((ret = page_walk_next(d->w, &rec, e)) == 1) {
		if (d->s->time)
			rec.ts = d->s->time(d->s, d->i, rec.ts);
		if (dump_record(d, &rec, e))
			return -1;
	}
	return ret;
}

/* A part of its own for each page: a page is gone when the next one is asked for. */
static int write_page(const struct dump *d, const struct page *page, struct error *e)
{
	const struct page_format *f = dat_reader_format(d->r);

	printf("%d %d %d %d %zu 1\n", buffer_of(d), d->s->cpu_number(d->s, d->i), f->long_size, f->big_endian,
	       page->size);
	return fwrite(page->data, page->size, 1, stdout) == 1 ? 0 : error_set(e, "cannot write");
}

static int dump_streams(struct dump *d, struct error *e)
{
	struct page page;
	int ret = 0;

	for (d->i = 0; d->i < d->s->cpus && !ret; d->i++) {
		enum page_result res = PAGE_OK;

		while (!ret && (res = d->s->next(d->s, d->i, &page, e)) == PAGE_OK)
			ret = d->mode == 'p' ? write_page(d, &page, e) : dump_page(d, &page, e);
		if (res == PAGE_FAILED)
			ret = -1;
	}
	return ret;
}

static int dump(struct dat_reader *r, char mode, struct error *e)
{
	struct dump d = {.mode = mode, .r = r, .s = dat_reader_source(r)};
	const char *problem;
	int ret;

	for (size_t i = 0; (problem = dat_reader_problem(r, i)); i++)
		fprintf(stderr, "problem: %s\n", problem);
	d.schema = schema_new(dat_reader_format(r));
	d.w = page_walk_new(dat_reader_format(r));
	ret = !d.schema || !d.w ? error_set(e, "out of memory") : dat_reader_schema(r, d.schema, e);
	if (!ret)
		ret = dump_streams(&d, e);
	page_walk_free(d.w);
	schema_free(d.schema);
	return ret;
}

static int dump_buffers(const struct dat_reader *r)
{
	const struct dat_about *about = dat_reader_about(r);

	for (size_t i = 0; i < about->buffers_count; i++)
		printf("%zu %s\n", i, about->buffers[i].name);
	return 0;
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
	char mode = argc == 3 && argv[1][0] == '-' && strlen(argv[1]) == 2 ? argv[1][1] : 'c';
	struct error e = {.text = "?"};
	struct dat_reader *r;
	int ret;

	if (argc < 2 || argc > 3 || (argc == 3 && !strchr("rebpt", mode))) {
		fprintf(stderr, "usage: dump_records [-r | -e | -b | -p | -t] FILE\n");
		return 2;
	}
	r = dat_reader_open(argv[argc - 1], &e);
	ret = !r ? -1 : mode == 't' ? measure(r, &e) : mode == 'b' ? dump_buffers(r) : dump(r, mode, &e);
	if (ret)
		fprintf(stderr, "dump_records: %s\n", e.text);
	dat_reader_close(r);
	return ret ? 1 : 0;
}
