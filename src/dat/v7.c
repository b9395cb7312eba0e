/* SPDX-License-Identifier: MIT */
/*
 * Version 7: sections, found by way of a chain of option sections.
 */
#include <inttypes.h>
#include <string.h>

#include "reader.h"

/*
 * What all sections together may decompress to. Real ones shrink to a tenth; zeros
 * do to a ten-thousandth, and a small file could make us read for hours.
 */
#define SPOOL_LEAST (4u * 1024 * 1024)
#define SPOOL_TIMES 64
#define SPOOL_MAX (256u * 1024 * 1024)
#define COMPRESSION_SIZE sizeof(((struct dat_reader *)NULL)->compression_name)
#define SECTION_IDS 64 /* what is more is no section: there are 26 kinds so far */

struct section {
	uint16_t id, flags;
	uint64_t size;
};

/* A section that was never finished has no size. */
static int read_section_header(struct cursor *c, struct section *s, struct error *e)
{
	uint32_t description;

	return cursor_u16(c, &s->id, e) || cursor_u16(c, &s->flags, e) || cursor_u32(c, &description, e) ||
			       cursor_u64(c, &s->size, e) ?
		       -1 :
		       0;
}

static uint64_t spool_room(const struct dat_reader *r)
{
	uint64_t max = SPOOL_MAX;

	if (r->file.size < (SPOOL_MAX - SPOOL_LEAST) / SPOOL_TIMES)
		max = SPOOL_LEAST + SPOOL_TIMES * r->file.size;
	return max - r->spool.size;
}

/* {u32 compressed size, u32 size, data}: whatever comes out of it lies at the spool's end. */
static int decompress_section(struct dat_reader *r, struct cursor *c, struct error *e)
{
	uint32_t in, out;

	if (cursor_u32(c, &in, e) || cursor_u32(c, &out, e))
		return -1;
	if (!r->decompressor)
		return cursor_broken(c, "it is compressed, though the file says that nothing is", e);
	if (out > spool_room(r))
		return cursor_broken(c, "it claims to decompress to more than any real one", e);
	if (r->spool.fd < 0 && file_open_spool(&r->spool, &r->file, e))
		return -1;
	return decompress_at(r->decompressor, c, in, &r->spool, out, e);
}

/*
 * Puts the cursor at a section's contents. *told: they are not whole, which was
 * told: what is missing at their end needs no mention.
 */
static int open_section(struct dat_reader *r, struct cursor *c, unsigned id, uint64_t at, const char *what, bool *told,
			struct error *e)
{
	uint64_t start = r->spool.size;
	struct section s;
	struct error why;

	*told = false;
	cursor_start(c, &r->file, at, UINT64_MAX, what);
	if (read_section_header(c, &s, e))
		return -1;
	if (s.id != id)
		return cursor_broken(c, "another section is where this one should be", e);
	if (s.size && s.size < cursor_left(c))
		c->end = c->at + s.size;
	if (!(s.flags & DAT_SECTION_COMPRESSED))
		return 0;
	if (decompress_section(r, c, &why)) {
		/* An unknown way to compress was told once for all. */
		if (r->compression != COMPRESSION_UNKNOWN)
			add_problem(r, &why);
		*told = true;
	}
	cursor_start(c, &r->spool, start, UINT64_MAX, what);
	c->section = at;
	return 0;
}

static int read_options_at(struct dat_reader *r, struct cursor *c, uint64_t *next, struct error *e)
{
	struct error why;
	uint16_t id;
	uint32_t size;

	for (;;) {
		if (cursor_u16(c, &id, e) || cursor_u32(c, &size, e))
			return -1;
		if (id == DAT_OPTION_DONE)
			return cursor_u64(c, next, e);
		if (size > cursor_left(c))
			return cursor_broken(c, "an option is longer than what it lies in", e);
		if (read_option(r, id, c, size, &why))
			add_problem(r, &why);
		if (cursor_skip(c, size, e))
			return -1;
	}
}

static bool was_read(const struct dat_reader *r, uint64_t at)
{
	for (size_t i = 0; i < r->options_count; i++)
		if (r->options[i] == at)
			return true;
	return false;
}

/* One section of options. *next: where the next one is; 0: this was the last. False: it is broken, which was told. */
static bool read_options(struct dat_reader *r, uint64_t at, uint64_t *next)
{
	struct cursor c;
	struct error e;
	bool told;

	*next = 0;
	if (open_section(r, &c, DAT_OPTION_DONE, at, "the options", &told, &e)) {
		add_problem(r, &e);
		return false;
	}
	r->options[r->options_count++] = at;
	if (!read_options_at(r, &c, next, &e))
		return true;
	if (!told)
		add_problem(r, &e);
	return false;
}

/* Writers go forward, but need not. False: it is not whole, which was told. */
static bool read_chain(struct dat_reader *r, uint64_t at)
{
	uint64_t from = 0;

	if (!at)
		add_problem_text(r, "%s does not tell where its options are: the recording was cut off or killed",
				 r->file.name);
	if (!at)
		return false;
	while (at) {
		if (was_read(r, at) || r->options_count >= OPTIONS_MAX) {
			add_problem_text(r, "%s: the chain of options %s (at byte %" PRIu64 ")", r->file.name,
					 was_read(r, at) ? "runs in circles" : "is longer than any real one", from);
			return false;
		}
		from = at;
		if (!read_options(r, at, &at))
			return false;
	}
	return true;
}

/*
 * Sections lie one behind the other: those that no option led to are found this
 * way. The first that can't be ends the walk.
 */
static void walk_sections(struct dat_reader *r, uint64_t at)
{
	while (at < r->file.size) {
		struct section s;
		struct cursor c;
		struct error e;
		uint64_t next;

		cursor_start(&c, &r->file, at, UINT64_MAX, "a section");
		if (read_section_header(&c, &s, &e) || s.id >= SECTION_IDS)
			return;
		if (s.id == DAT_OPTION_DONE && !was_read(r, at) && r->options_count < OPTIONS_MAX)
			read_options(r, at, &next);
		else if (s.id >= DAT_OPTION_HEADER_INFO && s.id <= DAT_OPTION_CMDLINES && !r->sections[s.id])
			r->sections[s.id] = at;
		if (!s.size || s.size > cursor_left(&c))
			return;
		at = c.at + s.size;
	}
}

/* The link to options that were written last may be missing where a recording was killed. */
static void find_sections(struct dat_reader *r, uint64_t options, uint64_t first)
{
	bool whole = read_chain(r, options);

	if (whole && (r->buffers_count || r->latency))
		return;
	walk_sections(r, first);
	if (whole && r->buffers_count)
		add_problem_text(
			r, "%s: its options do not lead to its pages, which are there: a recording that was killed",
			r->file.name);
}

struct content {
	enum dat_option id;
	const char *what;
	int (*read)(struct dat_reader *r, struct cursor *c, struct error *e);
	bool needed;
};

static void read_contents(struct dat_reader *r)
{
	static const struct content contents[] = {
		{DAT_OPTION_HEADER_INFO, "the header files", read_headers, true},
		{DAT_OPTION_EVENT_FORMATS, "the events' formats", read_event_formats, true},
		{DAT_OPTION_KALLSYMS, "the kernel's symbols", read_kallsyms, false},
		{DAT_OPTION_CMDLINES, "the command lines", read_cmdlines, false},
	};

	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		const struct content *content = &contents[i];
		uint64_t at = r->sections[content->id];
		struct cursor c;
		struct error e;
		bool told = false;

		if (!at && content->needed)
			add_problem_text(r, "%s has no section of %s", r->file.name, content->what);
		if (at &&
		    (open_section(r, &c, content->id, at, content->what, &told, &e) || content->read(r, &c, &e)) &&
		    !told)
			add_problem(r, &e);
	}
}

static void set_compression(struct dat_reader *r, const char *name)
{
	r->compression = compression_find(name);
	strcpy(r->compression_name, name);
	if (r->compression == COMPRESSION_NONE)
		return;
	r->decompressor = decompressor_new(r->compression);
	if (r->compression == COMPRESSION_UNKNOWN)
		add_problem_text(r, "%s is compressed with \"%s\", which is not known here (none, zstd and zlib are)",
				 r->file.name, r->compression_name);
	else if (!r->decompressor)
		add_problem_text(r, "out of memory");
}

static int read_start(struct cursor *c, char name[COMPRESSION_SIZE], uint64_t *options, struct error *e)
{
	char version[COMPRESSION_SIZE];

	c->what = "the compression";
	if (cursor_string(c, name, COMPRESSION_SIZE, e) || cursor_string(c, version, sizeof(version), e))
		return -1;
	c->what = "the place of the options";
	return cursor_u64(c, options, e);
}

void read_v7(struct dat_reader *r, struct cursor *c)
{
	char name[COMPRESSION_SIZE];
	uint64_t options;
	struct error e;

	if (read_start(c, name, &options, &e)) {
		add_problem(r, &e);
		return;
	}
	set_compression(r, name);
	find_sections(r, options, c->at);
	read_contents(r);
	if (r->buffers_count)
		return;
	if (r->latency)
		add_problem_text(r, "%s holds the text of a latency tracer, no events", r->file.name);
	else
		add_problem_text(
			r,
			"%s has no pages: they are written last, and the recording was cut off or killed (of "
			"the trace.dat.cpu* that a killed trace-cmd leaves, \"trace-cmd restore\" makes a file)",
			r->file.name);
}
