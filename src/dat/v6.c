/* SPDX-License-Identifier: MIT */
/*
 * Version 6: everything in one fixed order; a table of CPUs a buffer.
 */
#include <string.h>

#include "reader.h"

/* How far a tag is looked for, where what should precede it is broken: texts are some ten megabytes. */
#define FIND_MAX (256 * 1024 * 1024)

static int read_options(struct dat_reader *r, struct cursor *c, struct error *e)
{
	struct error why;
	uint16_t id;
	uint32_t size;

	for (;;) {
		if (cursor_u16(c, &id, e))
			return -1;
		/* The last one has no size. */
		if (id == DAT_OPTION_DONE)
			return 0;
		if (cursor_u32(c, &size, e))
			return -1;
		if (size > cursor_left(c))
			return cursor_broken(c, "an option is longer than the file", e);
		if (read_option(r, id, c, size, &why))
			add_problem(r, &why);
		if (cursor_skip(c, size, e))
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
static int read_table(struct dat_reader *r, struct cursor *c, const char *name, struct error *e)
{
	struct stream s = {.compressed = false};

	if (buffers_add(r, name, r->clock, r->page_size, &s.buffer, e))
		return -1;
	for (uint32_t cpu = 0; cpu < r->cpus; cpu++) {
		s.cpu = (int)cpu;
		if (cursor_u64(c, &s.at, e) || cursor_u64(c, &s.missing, e) || streams_add(r, &s, e))
			return -1;
	}
	return 0;
}

/* "[mono]" behind a table, where the option itself was empty. */
static int read_clock(struct dat_reader *r, struct cursor *c, struct error *e)
{
	struct dat_buffer *b = &r->buffers[r->buffers_count - 1];
	char text[sizeof(r->clock) + 2];
	struct extent whole;
	uint64_t size;

	if (!r->has_clock)
		return 0;
	if (cursor_u64(c, &size, e))
		return -1;
	whole = (struct extent){c->file, c->at, size};
	if (size < 3 || size >= sizeof(text))
		return 0;
	if (cursor_bytes(c, text, size, e))
		return -1;
	if (text[0] != '[' || text[size - 1] != ']')
		return 0;
	text[size - 1] = '\0';
	if (!r->clock[0]) {
		r->clocks = whole;
		strcpy(r->clock, text + 1);
	}
	return buffer_set_clock(b, text + 1, e);
}

/* Tables come in the order of their options, each behind the one before: none is read twice. */
static int read_instance(struct dat_reader *r, const struct instance *i, uint64_t *from, struct error *e)
{
	char tag[DAT_TAG_SIZE];
	struct cursor c;

	cursor_start(&c, &r->file, i->at, UINT64_MAX, "a buffer's table of CPUs");
	if (i->at < *from)
		return cursor_broken(&c, "it should lie further on", e);
	if (read_tag(&c, tag, e))
		return -1;
	if (!is_tag(tag, DAT_TAG_FLYRECORD))
		return cursor_broken(&c, "there is none where it should be", e);
	*from = c.at;
	return read_table(r, &c, i->name, e) || read_clock(r, &c, e) ? -1 : 0;
}

static int read_texts(struct dat_reader *r, struct cursor *c, struct error *e)
{
	uint32_t size;

	c->what = "the header files";
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
	return read_cmdlines(r, c, e);
}

/*
 * The texts are broken: the options, and the tables of CPUs, may be whole. None
 * of the kernel's texts has such a tag in it, for there is a NUL at its end.
 */
static bool find_tables(struct cursor *c)
{
	uint64_t at = c->at;

	if (!cursor_find(c, DAT_TAG_OPTIONS, DAT_TAG_SIZE, FIND_MAX) &&
	    !cursor_find(c, DAT_TAG_FLYRECORD, DAT_TAG_SIZE, FIND_MAX))
		return false;
	if (c->at - at < sizeof(uint32_t))
		return false;
	c->at -= sizeof(uint32_t);
	return true;
}

static int read_cpus(struct dat_reader *r, struct cursor *c, struct error *e)
{
	c->what = "the number of CPUs";
	if (cursor_u32(c, &r->cpus, e))
		return -1;
	if (r->cpus <= DAT_CPUS_MAX)
		return 0;
	r->cpus = 0; /* an option may know better */
	return cursor_broken(c, "too many CPUs are announced", e);
}

/* Up to and with the tag behind the options. */
static int read_to_tables(struct dat_reader *r, struct cursor *c, char tag[DAT_TAG_SIZE], struct error *e)
{
	struct error why;

	if (read_cpus(r, c, &why))
		add_problem(r, &why);
	c->what = "the options";
	if (read_tag(c, tag, e))
		return -1;
	if (!is_tag(tag, DAT_TAG_OPTIONS))
		return 0;
	if (read_options(r, c, &why)) {
		add_problem(r, &why);
		if (!cursor_find(c, DAT_TAG_FLYRECORD, DAT_TAG_SIZE, FIND_MAX))
			return cursor_broken(c, "no table of CPUs comes behind", e);
	}
	return read_tag(c, tag, e);
}

static int read_tables(struct dat_reader *r, struct cursor *c, struct error *e)
{
	char tag[DAT_TAG_SIZE];

	if (read_to_tables(r, c, tag, e))
		return -1;
	c->what = "the table of CPUs";
	if (is_tag(tag, DAT_TAG_LATENCY))
		return error_set(e, "%s holds the text of a latency tracer, no events", r->file.name);
	if (!is_tag(tag, DAT_TAG_FLYRECORD))
		return cursor_broken(c, "something else is expected here", e);
	return read_table(r, c, "", e) || read_clock(r, c, e) ? -1 : 0;
}

void read_v6(struct dat_reader *r, struct cursor *c)
{
	struct error e;
	uint64_t from;

	if (read_texts(r, c, &e)) {
		add_problem(r, &e);
		if (!find_tables(c))
			return;
	}
	if (read_tables(r, c, &e))
		add_problem(r, &e);
	from = c->at;
	for (size_t i = 0; i < r->instances_count; i++)
		if (read_instance(r, &r->instances[i], &from, &e))
			add_problem(r, &e);
}
