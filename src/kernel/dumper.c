// SPDX-License-Identifier: MIT
#include "kernel/dumper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "falloctrace/page.h"
#include "kernel/reader.h"
#include "kernel/tracefile.h"
#include "kernel/traces.h"

#define DUMPS_MAX 64

struct dumper {
	const char *tracing;
	char name[TRACES_NAME_SIZE];
	char dir[4096]; /* of the instance */
	int lock;
	struct reader *reader;
	struct page_walk *walk;
	struct dump *dumps[DUMPS_MAX];
	size_t count;
};

struct dumper *dumper_open(const char *tracing, struct error *e)
{
	struct dumper *d = calloc(1, sizeof(*d));

	if (!d) {
		error_errno(e, "out of memory");
		return NULL;
	}
	d->tracing = tracing;
	traces_name(d->name, getpid(), true);
	snprintf(d->dir, sizeof(d->dir), "%s/instances/%s", tracing, d->name);
	if (instance_make(tracing, d->name, &d->lock, e))
		goto fail;
	d->reader = reader_open(d->dir, e);
	if (!d->reader)
		goto fail;
	d->walk = page_walk_new(reader_format(d->reader));
	if (d->walk)
		return d;
	error_errno(e, "out of memory");
fail:
	dumper_close(d);
	return NULL;
}

void dumper_close(struct dumper *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->count; i++)
		free(d->dumps[i]);
	page_walk_free(d->walk);
	reader_close(d->reader);
	if (d->lock >= 0)
		close(d->lock);
	free(d);
}

static int read_format(struct dumper *d, struct dump *dump, struct error *e)
{
	char file[128];
	char *text;
	int result;

	snprintf(file, sizeof(file), "events/%s/%s/format", d->name, dump->name);
	text = trace_file_read(d->tracing, file, NULL, e);
	if (!text)
		return -1;
	result = dump_format_read(&dump->format, text, dump->type, dump->count, e);
	free(text);
	return result;
}

struct dump *dumper_add(struct dumper *d, char type, const char *name, const char *where, const char *args,
			size_t count, struct error *e)
{
	struct dump *dump;
	char *line = NULL;
	int result;

	if (d->count == DUMPS_MAX || count > DUMP_WORDS) {
		error_set(e, "too much to dump");
		return NULL;
	}
	if (asprintf(&line, "%c:%s/%s %s%s", type, d->name, name, where, args) < 0) {
		error_errno(e, "out of memory");
		return NULL;
	}
	result = probe_add(d->tracing, line, e);
	free(line);
	if (result)
		return NULL;
	dump = calloc(1, sizeof(*dump));
	if (!dump) {
		error_errno(e, "out of memory");
		return NULL;
	}
	snprintf(dump->name, sizeof(dump->name), "%s", name);
	dump->type = type;
	dump->count = count;
	if (read_format(d, dump, e)) {
		free(dump);
		return NULL;
	}
	return d->dumps[d->count++] = dump;
}

int dumper_arm(struct dumper *d, struct error *e)
{
	char file[128], filter[64];

	snprintf(file, sizeof(file), "events/%s/filter", d->name);
	snprintf(filter, sizeof(filter), "common_pid == %ld", (long)syscall(SYS_gettid));
	if (trace_file_write(d->dir, file, filter, e))
		return -1;
	snprintf(file, sizeof(file), "events/%s/enable", d->name);
	return trace_file_write(d->dir, file, "1", e);
}

int dumper_disarm(struct dumper *d, struct error *e)
{
	char file[128];

	snprintf(file, sizeof(file), "events/%s/enable", d->name);
	return trace_file_write(d->dir, file, "0", e);
}

static void take(struct dumper *d, const struct record *r)
{
	const char *data = r->data;
	uint16_t id;

	if (r->size < sizeof(id))
		return;
	memcpy(&id, data, sizeof(id));
	for (size_t i = 0; i < d->count; i++) {
		struct dump *dump = d->dumps[i];
		const struct dump_format *f = &dump->format;

		if (f->id != id || r->size < f->length)
			continue;
		memcpy(&dump->ip, data + f->ip, sizeof(dump->ip));
		memcpy(dump->words, data + f->words, dump->count * sizeof(uint64_t));
		dump->hit = true;
	}
}

static int collect_cpu(struct dumper *d, int cpu, struct error *e)
{
	struct source *s = reader_source(d->reader);
	enum page_result result;
	struct page page;
	struct record r;
	uint64_t lost;
	int more;

	while ((result = s->next(s, cpu, &page, e)) == PAGE_OK) {
		if (page_walk_start(d->walk, page.data, page.size, &lost, e))
			return -1;
		while ((more = page_walk_next(d->walk, &r, e)) == 1)
			take(d, &r);
		if (more < 0)
			return -1;
	}
	return result == PAGE_FAILED ? -1 : 0;
}

int dumper_collect(struct dumper *d, struct error *e)
{
	for (size_t i = 0; i < d->count; i++)
		d->dumps[i]->hit = false;
	for (int i = 0; i < reader_cpus(d->reader); i++)
		if (collect_cpu(d, i, e))
			return -1;
	return 0;
}
