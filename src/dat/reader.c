/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comms.h"
#include "falloctrace/call.h"
#include "reader.h"

#define NOTES_MAX (16 * 1024 * 1024) /* those of 100,000 mounts take some ten */

/* magic, version, byte order, size of user space's longs, page size */
static int read_start(struct dat_reader *r, struct cursor *c, struct error *e)
{
	char magic[DAT_MAGIC_SIZE], version[16];
	uint8_t big_endian, long_size;

	if (r->file.size < sizeof(magic) || cursor_bytes(c, magic, sizeof(magic), e) ||
	    memcmp(magic, DAT_MAGIC, sizeof(magic)))
		return error_set(e, "%s is no trace.dat", r->file.name);
	if (cursor_string(c, version, sizeof(version), e))
		return -1;
	if (strcmp(version, "6") && strcmp(version, "7"))
		return error_set(e, "%s is a trace.dat of version \"%s\", which is not known here (6 and 7 are)",
				 r->file.name, version);
	r->version = version[0] - '0';
	if (cursor_u8(c, &big_endian, e) || cursor_u8(c, &long_size, e))
		return -1;
	if (big_endian > 1)
		return cursor_broken(c, "there is no such byte order", e);
	r->file.big_endian = big_endian;
	r->user_long_size = long_size;
	return cursor_u32(c, &r->page_size, e);
}

/*
 * Buffers tell their clock, mostly. Of several that differ, one whose stamps are
 * no ns is told: no time that is shown may be wrong.
 */
static const char *clock_of_pages(const struct dat_reader *r)
{
	const char *clock = NULL;

	for (size_t i = 0; i < r->buffers_count; i++) {
		const char *name = r->buffers[i].clock;

		if (r->buffers[i].cpus && name[0] && (!clock || dat_time_ticks(&r->time, name)))
			clock = name;
	}
	return clock ? clock : r->clock;
}

static void make_about(struct dat_reader *r)
{
	struct dat_about *a = &r->about;

	a->size = r->file.size;
	a->version = r->version;
	a->big_endian = r->file.big_endian;
	a->user_long_size = r->user_long_size;
	a->kernel_long_size = r->has_format ? r->format.long_size : 0;
	a->page_size = r->page_size;
	a->compression = r->compression_name;
	a->tool = r->tool;
	a->uname = r->uname;
	a->clock = clock_of_pages(r);
	a->cpus = r->cpus;
	a->events = r->formats_count;
	a->buffers = r->buffers;
	a->buffers_count = r->buffers_count;
}

/* Then nothing is wrong with the file, whatever else there seems to be. */
static bool no_memory(const struct dat_reader *r)
{
	static const char end[] = "out of memory";
	const char *text;

	for (size_t i = 0; (text = dat_reader_problem(r, i)); i++)
		if (strlen(text) >= strlen(end) && !strcmp(text + strlen(text) - strlen(end), end))
			return true;
	return false;
}

static int read_all(struct dat_reader *r, struct error *e)
{
	struct cursor c;

	cursor_start(&c, &r->file, 0, UINT64_MAX, "the start");
	if (read_start(r, &c, e))
		return -1;
	if (r->version == 6)
		read_v6(r, &c);
	else
		read_v7(r, &c);
	if (no_memory(r))
		return error_set(e, "%s: out of memory", r->file.name);
	assume_format(r);
	if (streams_finish(r, e))
		return -1;
	make_about(r);
	return 0;
}

struct dat_input {
	struct dat_file file;
};

static struct dat_input *input_open(const char *path, int (*open)(struct dat_file *, const char *, struct error *),
				    struct error *e)
{
	struct dat_input *in = calloc(1, sizeof(*in));

	if (!in) {
		error_set(e, "out of memory");
		return NULL;
	}
	if (open(&in->file, path, e)) {
		free(in);
		return NULL;
	}
	file_prepare(&in->file);
	return in;
}

struct dat_input *dat_input_open(const char *path, struct error *e)
{
	return input_open(path, file_open, e);
}

struct dat_reader *dat_reader_open_plain(const char *path, struct error *e)
{
	struct dat_input *in = input_open(path, file_open_plain, e);

	return in ? dat_reader_take(in, e) : NULL;
}

void dat_input_close(struct dat_input *in)
{
	if (!in)
		return;
	file_close(&in->file);
	free(in);
}

struct dat_reader *dat_reader_take(struct dat_input *in, struct error *e)
{
	struct dat_reader *r = calloc(1, sizeof(*r));

	if (!r) {
		error_set(e, "out of memory");
		dat_input_close(in);
		return NULL;
	}
	r->spool.fd = r->spool.spare = -1;
	strcpy(r->compression_name, "none");
	r->file = in->file;
	free(in);
	if (read_all(r, e)) {
		dat_reader_close(r);
		return NULL;
	}
	return r;
}

struct dat_reader *dat_reader_open(const char *path, struct error *e)
{
	struct dat_input *in = dat_input_open(path, e);

	return in ? dat_reader_take(in, e) : NULL;
}

void dat_reader_close(struct dat_reader *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->systems_count; i++)
		free(r->systems[i]);
	for (size_t i = 0; i < r->instances_count; i++)
		free(r->instances[i].name);
	free(r->systems);
	free(r->formats);
	free(r->instances);
	streams_free(r);
	buffers_free(r);
	symbol_index_free(r->symbols);
	comms_free(r->comms);
	decompressor_free(r->decompressor);
	dat_time_free(&r->time);
	file_close(&r->spool);
	file_close(&r->file);
	free(r);
}

const char *dat_reader_name(const struct dat_reader *r)
{
	return r->file.name;
}

const struct dat_about *dat_reader_about(const struct dat_reader *r)
{
	return &r->about;
}

const struct page_format *dat_reader_format(const struct dat_reader *r)
{
	return &r->format;
}

struct source *dat_reader_source(struct dat_reader *r)
{
	return &r->source;
}

uint64_t dat_reader_size(const struct dat_reader *r)
{
	return r->bytes;
}

uint64_t dat_reader_position(const struct dat_reader *r)
{
	return __atomic_load_n(&r->position, __ATOMIC_RELAXED);
}

/* trace-cmd's "system node release machine". */
static void take_uname(const char *uname, struct trace_info *info)
{
	char text[sizeof(((struct dat_reader *)NULL)->uname)], *rest = text, *word, *last = NULL;

	strcpy(text, uname);
	for (int i = 0; (word = strsep(&rest, " ")); i++) {
		if (i == 1)
			snprintf(info->host, sizeof(info->host), "%s", word);
		else if (i == 2)
			snprintf(info->release, sizeof(info->release), "%s", word);
		else if (i > 2)
			last = word;
	}
	if (last)
		snprintf(info->machine, sizeof(info->machine), "%s", last);
}

static int add_format(const struct dat_reader *r, size_t n, struct schema *s, struct error *e)
{
	const char *system;
	size_t size;
	char *text = dat_reader_format_text(r, n, &system, &size, e);
	int ret;

	if (!text)
		return -1;
	ret = schema_add(s, system, text, size, e);
	free(text);
	return ret < 0 ? -1 : 0;
}

/* A broken format does not keep the others from being known: the first one is told at the end. */
int dat_reader_schema(const struct dat_reader *r, struct schema *s, struct error *e)
{
	struct error later;
	struct trace_info about = {.machine = ""};
	int ret = 0;

	take_uname(r->uname, &about);
	schema_set_machine(s, about.machine);
	for (size_t i = 0; i < r->formats_count; i++)
		if (add_format(r, i, s, ret ? &later : e))
			ret = -1;
	return ret;
}

static int take_notes(const struct dat_reader *r, struct trace_info *info, struct error *e)
{
	char *text;
	int ret;

	if (r->notes.size > NOTES_MAX)
		return error_set(e, "%s: the recording's notes on its machine are longer than any real ones",
				 r->file.name);
	text = file_text(r->notes.file, r->notes.at, r->notes.size, e);
	if (!text)
		return -1;
	ret = info_parse(info, text, r->notes.size, e);
	free(text);
	return ret;
}

static const char *find_comm(void *reader, int32_t tid)
{
	struct dat_reader *r = reader;

	if (!r->has_comms)
		r->comms = comms_read(r);
	r->has_comms = true;
	return r->comms ? comms_find(r->comms, tid) : NULL;
}

int dat_reader_info(const struct dat_reader *r, struct trace_info *info, struct error *e)
{
	take_uname(r->uname, info);
	snprintf(info->clock, sizeof(info->clock), "%.*s", (int)sizeof(info->clock) - 1, clock_of_pages(r));
	info->ticks = dat_time_ticks(&r->time, clock_of_pages(r));
	if (r->time.has_date && !info->ticks) {
		info->has_utc_offset = true;
		info->utc_offset = (int64_t)r->time.date;
	}
	if (r->notes.size)
		return take_notes(r, info, e);
	/* Nobody says which numbers were checked: what nothing matches is believed of none. */
	info->fallocate_nr = fallocate_nr_of(info->machine, r->format.long_size);
	if (!info->fallocate_nr)
		info->fallocate_nr = UINT64_MAX;
	if (info->find_symbol)
		return 0;
	if (r->kallsyms.size)
		info->find_symbol = symbols_lookup;
	info->find_comm = find_comm;
	info->find_ctx = (void *)(uintptr_t)r;
	return 0;
}
