// SPDX-License-Identifier: MIT
#include "cmd/record_scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "falloctrace/schema.h"
#include "info/tables.h"

/* Different threads and callers that are named; a recording with more names the first ones. */
#define COMMS_MAX 65536
#define CALLERS_MAX 1024

struct comm {
	int32_t tid;
	char name[COMM_SIZE];
};

struct scan {
	struct session *s;
	struct record_scan *out;
	struct comm *comms; /* open addressing by tid; tid 0: empty */
	size_t comms_count;
	uint64_t callers[CALLERS_MAX];
	size_t callers_count;
};

static void note_comm(struct scan *scan, const struct event *ev)
{
	size_t i = (uint32_t)ev->tid * 2654435761u % (COMMS_MAX * 2);

	if (ev->tid <= 0 || !(ev->has & HAS_COMM))
		return;
	while (scan->comms[i].tid && scan->comms[i].tid != ev->tid)
		i = (i + 1) % (COMMS_MAX * 2);
	if (!scan->comms[i].tid && scan->comms_count++ >= COMMS_MAX)
		return;
	/* The last name wins: a report can show only one. */
	scan->comms[i].tid = ev->tid;
	snprintf(scan->comms[i].name, COMM_SIZE, "%.*s", (int)ev->comm.size, ev->comm.data);
}

static void note_caller(struct scan *scan, const struct event *ev)
{
	if (!(ev->has & HAS_CALLER))
		return;
	for (size_t i = 0; i < scan->callers_count; i++)
		if (scan->callers[i] == ev->caller)
			return;
	if (scan->callers_count < CALLERS_MAX)
		scan->callers[scan->callers_count++] = ev->caller;
}

static void note(struct scan *scan, const struct event *ev)
{
	struct trace_info *info = &scan->s->info;

	note_comm(scan, ev);
	note_caller(scan, ev);
	if (ev->kind != EVENT_VFS_ENTER)
		return;
	scan->out->calls++;
	if (ev->has & HAS_DEV && !mounts_find(info->mounts, ev->dev, -1) && info->find_mount)
		info->find_mount(info->find_ctx, info->mounts, ev->tid, ev->dev, ev->has & HAS_MNT ? ev->mnt : -1);
}

static void scan_page(struct scan *scan, struct page_walk *walk, int cpu, const void *page, size_t size)
{
	struct error ignored; /* what can't be decoded can't be named */
	struct record r;
	struct event ev;
	uint64_t lost;

	if (page_walk_start(walk, page, size, &lost, &ignored))
		return;
	while (page_walk_next(walk, &r, &ignored) == 1)
		if (schema_decode(scan->s->schema, r.data, r.size, r.ts, cpu, &ev, &ignored) == 1)
			note(scan, &ev);
}

static int scan_cpu(struct scan *scan, struct dat_writer *w, struct page_walk *walk, int cpu, char *page,
		    struct error *e)
{
	size_t size = reader_subbuf_size(scan->s->reader);
	uint64_t offset = 0;
	size_t got;

	for (;;) {
		if (dat_writer_read(w, cpu, offset, page, size, &got, e))
			return -1;
		if (got < size)
			return 0;
		scan_page(scan, walk, cpu, page, size);
		offset += size;
	}
}

static char *write_cmdlines(const struct scan *scan)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	for (size_t i = 0; f && i < COMMS_MAX * 2; i++) {
		const struct comm *c = &scan->comms[i];

		/* A line each: a name with a newline in it would be two. */
		if (c->tid && !strchr(c->name, '\n'))
			fprintf(f, "%d %s\n", c->tid, c->name);
	}
	if (f && fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

static char *write_kallsyms(const struct scan *scan)
{
	const struct symbols *symbols = scan->s->info.symbols;
	char *text = NULL, *space;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	for (size_t i = 0; f && i < symbols_count(symbols); i++) {
		const struct symbol *sym = symbols_at(symbols, i);

		space = strchr(sym->name, ' ');
		fprintf(f, "%llx t %.*s%s%s\n", (unsigned long long)sym->start,
			(int)(space ? (size_t)(space - sym->name) : strlen(sym->name)), sym->name, space ? "\t" : "",
			space ? space + 1 : "");
	}
	if (f && fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

int record_scan(struct record_scan *out, struct session *s, struct dat_writer *w, struct error *e)
{
	struct page_walk *walk = page_walk_new(reader_format(s->reader));
	char *page = malloc(reader_subbuf_size(s->reader));
	struct scan *scan = calloc(1, sizeof(*scan));
	struct error unnamed;
	int result = -1;

	memset(out, 0, sizeof(*out));
	if (scan)
		scan->comms = calloc(COMMS_MAX * 2, sizeof(*scan->comms));
	if (walk && page && scan && scan->comms) {
		scan->s = s;
		scan->out = out;
		result = 0;
		for (int i = 0; i < reader_cpus(s->reader) && !result; i++)
			result = scan_cpu(scan, w, walk, i, page, e);
		/* Without names the file has the addresses; doctor tells why. */
		if (!result && scan->callers_count)
			machine_name_symbols(s->machine, scan->callers, scan->callers_count, &unnamed);
		if (!result) {
			out->cmdlines = write_cmdlines(scan);
			out->kallsyms = write_kallsyms(scan);
			result = out->cmdlines && out->kallsyms ? 0 : error_set(e, "out of memory");
		}
	} else {
		error_set(e, "out of memory");
	}
	if (scan)
		free(scan->comms);
	free(scan);
	free(page);
	page_walk_free(walk);
	return result;
}

void record_scan_free(struct record_scan *scan)
{
	free(scan->cmdlines);
	free(scan->kallsyms);
	memset(scan, 0, sizeof(*scan));
}
