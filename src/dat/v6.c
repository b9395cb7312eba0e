/* SPDX-License-Identifier: MIT */
/*
 * Version 6: everything in one fixed order; a table of CPUs a buffer.
 */
#include <string.h>

#include "reader.h"

static int read_options(struct dat_reader *r, struct cursor *c, struct error *e)
{
	uint16_t id;
	uint32_t size;

	for (;;) {
		if (cursor_u16(c, &id, e))
			return -1;
		/* The last one has no size. */
		if (id == DAT_OPTION_DONE)
			return 0;
		if (cursor_u32(c, &size, e) || read_option(r, id, c, size, e) || cursor_skip(c, size, e))
			return -1;
	}
}

static int read_tag(struct cursor *c, char tag[DAT_TAG_SIZE], struct error *e)
{
	return cursor_bytes(c, tag, DAT_TAG_SIZE, e);
}

static bool is_tag(const char *tag, const char *expected)
{
	return !memcmp(tag, expected, DAT_TAG_SIZE);
}

/* {offset, size} a CPU. A clock may follow, which the options told already. */
static int read_table(struct dat_reader *r, struct cursor *c, struct error *e)
{
	unsigned buffer = r->buffers++;

	for (uint32_t cpu = 0; cpu < r->cpus; cpu++) {
		struct stream s = {.cpu = (int)cpu, .page_size = r->page_size};

		if (cursor_u64(c, &s.at, e) || cursor_u64(c, &s.missing, e) || streams_add(r, buffer, &s, e))
			return -1;
	}
	return 0;
}

/* "[mono]" behind a table, where the option itself was empty. */
static int read_clock(struct dat_reader *r, struct cursor *c, struct error *e)
{
	char text[sizeof(r->clock)];
	uint64_t size;

	if (!r->has_clock || r->clock[0])
		return 0;
	if (cursor_u64(c, &size, e))
		return -1;
	if (size < 3 || size >= sizeof(text))
		return 0;
	if (cursor_bytes(c, text, size, e))
		return -1;
	if (text[0] == '[' && text[size - 1] == ']') {
		memcpy(r->clock, text + 1, size - 2);
		r->clock[size - 2] = '\0';
	}
	return 0;
}

/* Tables come in the order of their options, each behind the one before. */
static int read_instances(struct dat_reader *r, uint64_t from, struct error *e)
{
	char tag[DAT_TAG_SIZE];

	for (size_t i = 0; i < r->instances_count; i++) {
		struct cursor c;

		cursor_start(&c, &r->file, r->instances[i].at, UINT64_MAX, "a buffer's table of CPUs");
		if (r->instances[i].at < from)
			return cursor_broken(&c, "it should lie further on", e);
		if (read_tag(&c, tag, e))
			return -1;
		if (!is_tag(tag, DAT_TAG_FLYRECORD))
			return cursor_broken(&c, "there is none where it should be", e);
		if (read_table(r, &c, e))
			return -1;
		from = c.at;
	}
	return 0;
}

static int read_texts(struct dat_reader *r, struct cursor *c, struct error *e)
{
	uint32_t size;
	uint64_t cmdlines_size;

	if (read_headers(r, c, e))
		return -1;
	c->what = "ftrace's own events";
	if (skip_ftrace_events(c, e))
		return -1;
	c->what = "the events' formats";
	if (read_event_formats(r, c, e))
		return -1;
	c->what = "the kernel's symbols";
	if (read_kallsyms(r, c, e))
		return -1;
	c->what = "the formats of trace_printk";
	if (cursor_u32(c, &size, e) || cursor_skip(c, size, e))
		return -1;
	c->what = "the command lines";
	return cursor_u64(c, &cmdlines_size, e) || cursor_skip(c, cmdlines_size, e) ? -1 : 0;
}

int read_v6(struct dat_reader *r, struct cursor *c, struct error *e)
{
	char tag[DAT_TAG_SIZE];

	if (read_texts(r, c, e))
		return -1;
	c->what = "the number of CPUs";
	if (cursor_u32(c, &r->cpus, e))
		return -1;
	if (r->cpus > DAT_CPUS_MAX)
		return cursor_broken(c, "too many CPUs are announced", e);
	c->what = "the options";
	if (read_tag(c, tag, e))
		return -1;
	if (is_tag(tag, DAT_TAG_OPTIONS) && (read_options(r, c, e) || read_tag(c, tag, e)))
		return -1;
	c->what = "the table of CPUs";
	if (is_tag(tag, DAT_TAG_LATENCY))
		return error_set(e, "%s holds the text of a latency tracer, no events", r->file.name);
	if (!is_tag(tag, DAT_TAG_FLYRECORD))
		return cursor_broken(c, "something else is expected here", e);
	if (read_table(r, c, e) || read_clock(r, c, e))
		return -1;
	return read_instances(r, c->at, e);
}
