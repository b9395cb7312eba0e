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

	if (!cursor_left(c))
		r->has_clock = true;
	else
		r->clocks = (struct extent){c->file, c->at, cursor_left(c)};
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

/* The recording tool's name and version: ours begins struct trace_info's text with it. */
static int take_version(struct dat_reader *r, struct cursor *c, struct error *e)
{
	struct extent whole = {c->file, c->at, cursor_left(c)};
	bool ours;

	if (take_text(c, r->tool, sizeof(r->tool), e))
		return -1;
	ours = !strncmp(r->tool, DAT_NOTES_START, strlen(DAT_NOTES_START));
	r->tool[strcspn(r->tool, "\n")] = '\0';
	/* Without the NUL at its end */
	if (ours && whole.size > sizeof(DAT_NOTES_START))
		r->notes = (struct extent){whole.file, whole.at, whole.size - 1};
	return 0;
}

static int take_cpucount(struct dat_reader *r, struct cursor *c, struct error *e)
{
	uint32_t cpus;

	if (cursor_u32(c, &cpus, e))
		return -1;
	if (cpus > DAT_CPUS_MAX)
		return cursor_broken(c, "too many CPUs are announced", e);
	r->cpus = cpus;
	return 0;
}

static int take_instance(struct dat_reader *r, struct cursor *c, struct error *e)
{
	char name[BUFFER_NAME_SIZE];
	struct instance *instances;
	uint64_t at;

	if (cursor_u64(c, &at, e) || take_text(c, name, sizeof(name), e))
		return -1;
	if (r->instances_count >= INSTANCES_MAX)
		return cursor_broken(c, "there are too many buffers", e);
	instances = grow_array(r->instances, r->instances_count, sizeof(*instances));
	if (instances)
		r->instances = instances;
	if (!instances || !(instances[r->instances_count].name = strdup(name)))
		return error_set(e, "out of memory");
	instances[r->instances_count++].at = at;
	return 0;
}

/*
 * A version 7 buffer lies in a section of its own, whose header says whether it
 * is compressed. Where that is broken, the file's start is believed.
 */
static bool is_compressed(struct dat_reader *r, uint64_t at)
{
	uint16_t id, flags;
	struct cursor c;
	struct error e;

	cursor_start(&c, &r->file, at, UINT64_MAX, "a buffer's section");
	if (cursor_u16(&c, &id, &e) || cursor_u16(&c, &flags, &e)) {
		add_problem(r, &e);
	} else if (id != DAT_OPTION_BUFFER) {
		cursor_broken(&c, "no buffer is where one should be", &e);
		add_problem(r, &e);
	} else {
		return flags & DAT_SECTION_COMPRESSED;
	}
	return r->compression != COMPRESSION_NONE;
}

static int take_buffer(struct dat_reader *r, struct cursor *c, struct error *e)
{
	char name[BUFFER_NAME_SIZE], clock[sizeof(r->clock)];
	uint32_t page_size, count, cpu;
	struct stream s = {.cpu = 0};
	uint64_t section;

	if (cursor_u64(c, &section, e) || cursor_string(c, name, sizeof(name), e) ||
	    cursor_string(c, clock, sizeof(clock), e) || cursor_u32(c, &page_size, e) || cursor_u32(c, &count, e))
		return -1;
	if (count > DAT_CPUS_MAX)
		return cursor_broken(c, "too many CPUs are announced", e);
	if (!r->clock[0])
		strcpy(r->clock, clock);
	if (buffers_add(r, name, clock, name[0] ? page_size : r->page_size, &s.buffer, e))
		return -1;
	s.compressed = count && is_compressed(r, section);
	while (count--) {
		if (cursor_u32(c, &cpu, e) || cursor_u64(c, &s.at, e) || cursor_u64(c, &s.missing, e))
			return -1;
		if (cpu >= DAT_CPUS_MAX)
			return cursor_broken(c, "a CPU has an absurd number", e);
		s.cpu = (int)cpu;
		if (streams_add(r, &s, e))
			return -1;
	}
	return 0;
}

static int take_trace_id(struct dat_reader *r, struct cursor *c, struct error *e)
{
	return cursor_u64(c, &r->about.trace_id, e);
}

static int take_section(struct dat_reader *r, unsigned id, struct cursor *c, struct error *e)
{
	/* Too short to say where: as if it weren't there. */
	return cursor_left(c) < 8 ? 0 : cursor_u64(c, &r->sections[id], e);
}

int read_option(struct dat_reader *r, unsigned id, const struct cursor *c, uint32_t size, struct error *e)
{
	struct cursor part;

	cursor_part(&part, c, size, "an option");
	switch (id) {
	case DAT_OPTION_DATE:
		return dat_time_take_date(&r->time, &part, e);
	case DAT_OPTION_OFFSET:
		return dat_time_take_offset(&r->time, &part, e);
	case DAT_OPTION_TSC2NSEC:
		return dat_time_take_tsc(&r->time, &part, e);
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
	case DAT_OPTION_TRACEID:
		return take_trace_id(r, &part, e);
	case DAT_OPTION_TIME_SHIFT:
		r->about.guest = true;
		return dat_time_take_shift(&r->time, &part, e);
	case DAT_OPTION_GUEST:
		r->about.guests++;
		return 0;
	case DAT_OPTION_BUFFER_TEXT:
		r->latency = true;
		return 0;
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
