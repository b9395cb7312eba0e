/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "reader.h"

#define INSTANCES_MAX 4096
#define BUFFER_NAME_SIZE 512

/* The option's text, cut to what fits, with a NUL. */
static int take_text(struct cursor *c, char *buf, size_t room, struct error *e)
{
	size_t size = cursor_left(c) < room - 1 ? (size_t)cursor_left(c) : room - 1;

	buf[size] = '\0';
	return cursor_bytes(c, buf, size, e);
}

/* "local [mono] global": the one in brackets. */
static int take_clock(struct dat_reader *r, struct cursor *c, struct error *e)
{
	char text[512], *start, *end;

	r->has_clock = true;
	if (take_text(c, text, sizeof(text), e))
		return -1;
	start = strchr(text, '[');
	end = start ? strchr(start, ']') : NULL;
	if (end && (size_t)(end - start) <= sizeof(r->clock)) {
		*end = '\0';
		strcpy(r->clock, start + 1);
	}
	return 0;
}

/* Microseconds as an ASCII number, perhaps hexadecimal. */
static int take_date(struct dat_reader *r, struct cursor *c, struct error *e)
{
	char text[64];
	long long us;

	if (take_text(c, text, sizeof(text), e))
		return -1;
	us = strtoll(text, NULL, 0);
	r->has_date = us && !__builtin_mul_overflow((int64_t)us, (int64_t)1000, &r->date);
	return 0;
}

/* The recording tool's name and version: ours begins struct trace_info's text with it. */
static int take_version(struct dat_reader *r, struct cursor *c, struct error *e)
{
	struct extent whole = {c->at, cursor_left(c)};
	char start[sizeof(DAT_NOTES_START)];

	if (take_text(c, start, sizeof(start), e))
		return -1;
	/* Without the NUL at its end */
	if (!strcmp(start, DAT_NOTES_START) && whole.size > sizeof(start))
		r->notes = (struct extent){whole.at, whole.size - 1};
	return 0;
}

static int take_cpucount(struct dat_reader *r, struct cursor *c, struct error *e)
{
	if (cursor_u32(c, &r->cpus, e))
		return -1;
	return r->cpus > DAT_CPUS_MAX ? cursor_broken(c, "too many CPUs are announced", e) : 0;
}

static int take_instance(struct dat_reader *r, struct cursor *c, struct error *e)
{
	struct instance *instances;
	uint64_t at;

	if (cursor_u64(c, &at, e))
		return -1;
	if (r->instances_count >= INSTANCES_MAX)
		return cursor_broken(c, "there are too many buffers", e);
	instances = grow_array(r->instances, r->instances_count, sizeof(*instances));
	if (!instances)
		return error_set(e, "out of memory");
	r->instances = instances;
	instances[r->instances_count++].at = at;
	return 0;
}

/* A version 7 buffer lies in a section of its own, whose header says whether it is compressed. */
static int check_buffer_section(struct dat_reader *r, uint64_t at, struct error *e)
{
	struct cursor c;
	uint16_t id, flags;

	cursor_start(&c, &r->file, at, UINT64_MAX, "a buffer's section");
	if (cursor_u16(&c, &id, e) || cursor_u16(&c, &flags, e))
		return -1;
	if (id != DAT_OPTION_BUFFER)
		return cursor_broken(&c, "no buffer is where one should be", e);
	if (flags & DAT_SECTION_COMPRESSED)
		return error_set(e,
				 "%s: its pages are compressed, which this version does not read yet; "
				 "\"trace-cmd convert --file-version 7 --compression none\" makes a file that it reads",
				 r->file.name);
	return 0;
}

/* Of several buffers without a name only the last counts, as for trace-cmd. */
static unsigned begin_buffer(struct dat_reader *r, const char *name)
{
	unsigned buffer = r->buffers++;

	if (name[0])
		return buffer;
	if (r->has_top)
		streams_drop_buffer(r, r->top);
	r->has_top = true;
	r->top = buffer;
	return buffer;
}

static int take_buffer(struct dat_reader *r, struct cursor *c, struct error *e)
{
	char name[BUFFER_NAME_SIZE], clock[sizeof(r->clock)];
	uint32_t page_size, count;
	uint64_t section;
	unsigned buffer;

	if (cursor_u64(c, &section, e) || cursor_string(c, name, sizeof(name), e) ||
	    cursor_string(c, clock, sizeof(clock), e) || cursor_u32(c, &page_size, e) || cursor_u32(c, &count, e))
		return -1;
	if (count > DAT_CPUS_MAX)
		return cursor_broken(c, "too many CPUs are announced", e);
	if (check_buffer_section(r, section, e))
		return -1;
	if (!r->clock[0])
		strcpy(r->clock, clock);
	buffer = begin_buffer(r, name);
	while (count--) {
		struct stream s = {.page_size = name[0] ? page_size : r->page_size};
		uint32_t cpu;
		uint64_t size;

		if (cursor_u32(c, &cpu, e) || cursor_u64(c, &s.at, e) || cursor_u64(c, &size, e))
			return -1;
		if (cpu >= DAT_CPUS_MAX)
			return cursor_broken(c, "a CPU has an absurd number", e);
		s.cpu = (int)cpu;
		s.missing = size;
		if (streams_add(r, buffer, &s, e))
			return -1;
	}
	return 0;
}

static int take_section(struct dat_reader *r, unsigned id, struct cursor *c, struct error *e)
{
	/* Too short to say where: as if it weren't there. */
	return cursor_left(c) < 8 ? 0 : cursor_u64(c, &r->sections[id], e);
}

int read_option(struct dat_reader *r, unsigned id, const struct cursor *c, uint32_t size, struct error *e)
{
	struct cursor part;

	if (size > cursor_left(c))
		return cursor_broken(c, "an option is longer than what it lies in", e);
	cursor_start(&part, &r->file, c->at, size, "an option");
	switch (id) {
	case DAT_OPTION_DATE:
		return take_date(r, &part, e);
	case DAT_OPTION_BUFFER:
		return r->version == 6 ? take_instance(r, &part, e) : take_buffer(r, &part, e);
	case DAT_OPTION_TRACECLOCK:
		return take_clock(r, &part, e);
	case DAT_OPTION_UNAME:
		return take_text(&part, r->uname, sizeof(r->uname), e);
	case DAT_OPTION_CPUCOUNT:
		return take_cpucount(r, &part, e);
	case DAT_OPTION_VERSION:
		return take_version(r, &part, e);
	case DAT_OPTION_HEADER_INFO:
	case DAT_OPTION_FTRACE_EVENTS:
	case DAT_OPTION_EVENT_FORMATS:
	case DAT_OPTION_KALLSYMS:
	case DAT_OPTION_PRINTK:
	case DAT_OPTION_CMDLINES:
		return take_section(r, id, &part, e);
	default:
		return 0;
	}
}
