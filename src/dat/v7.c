/* SPDX-License-Identifier: MIT */
/*
 * Version 7: sections, found by way of a chain of option sections.
 */
#include <string.h>

#include "reader.h"

#define COMPRESSION_SIZE 64

/*
 * Puts the cursor behind a section's header. Compressed sections end here, for
 * now: this is the place to uncompress them.
 */
static int open_section(struct dat_reader *r, struct cursor *c, unsigned id, uint64_t at, const char *what,
			struct error *e)
{
	uint16_t found, flags;
	uint32_t description;
	uint64_t size;

	cursor_start(c, &r->file, at, UINT64_MAX, what);
	if (cursor_u16(c, &found, e) || cursor_u16(c, &flags, e) || cursor_u32(c, &description, e) ||
	    cursor_u64(c, &size, e))
		return -1;
	if (found != id)
		return cursor_broken(c, "another section is where this one should be", e);
	if (flags & DAT_SECTION_COMPRESSED)
		return cursor_broken(c, "it is compressed, which this version does not read yet", e);
	if (size > cursor_left(c))
		return cursor_broken(c, "the file is cut off", e);
	c->end = c->at + size;
	return 0;
}

/* One section of options. *next: where the next one is; 0: this was the last. */
static int read_options(struct dat_reader *r, uint64_t at, uint64_t *next, struct error *e)
{
	struct cursor c;
	uint16_t id;
	uint32_t size;

	if (open_section(r, &c, DAT_OPTION_DONE, at, "the options", e))
		return -1;
	for (;;) {
		if (cursor_u16(&c, &id, e) || cursor_u32(&c, &size, e))
			return -1;
		if (id == DAT_OPTION_DONE)
			break;
		if (read_option(r, id, &c, size, e) || cursor_skip(&c, size, e))
			return -1;
	}
	if (cursor_u64(&c, next, e))
		return -1;
	if (*next && *next <= at)
		return cursor_broken(&c, "the chain of options runs backwards", e);
	return 0;
}

static int read_sections(struct dat_reader *r, struct error *e)
{
	struct cursor c;
	uint64_t at;

	at = r->sections[DAT_OPTION_HEADER_INFO];
	if (!at)
		return error_set(e, "%s does not tell how its pages are laid out: a recording that was cut off?",
				 r->file.name);
	if (open_section(r, &c, DAT_OPTION_HEADER_INFO, at, "the header files", e) || read_headers(r, &c, e))
		return -1;
	at = r->sections[DAT_OPTION_EVENT_FORMATS];
	if (at && (open_section(r, &c, DAT_OPTION_EVENT_FORMATS, at, "the events' formats", e) ||
		   read_event_formats(r, &c, e)))
		return -1;
	at = r->sections[DAT_OPTION_KALLSYMS];
	if (at && (open_section(r, &c, DAT_OPTION_KALLSYMS, at, "the kernel's symbols", e) || read_kallsyms(r, &c, e)))
		return -1;
	return 0;
}

static int check_compression(struct dat_reader *r, const char *name, struct error *e)
{
	if (!strcmp(name, "none"))
		return 0;
	return error_set(e,
			 "%s is compressed (%s), which this version does not read yet; "
			 "\"trace-cmd convert --compression none -i FILE -o FILE\" makes one that it reads",
			 r->file.name, name);
}

int read_v7(struct dat_reader *r, struct cursor *c, struct error *e)
{
	char compression[COMPRESSION_SIZE], version[COMPRESSION_SIZE];
	uint64_t at;

	c->what = "the compression";
	if (cursor_string(c, compression, sizeof(compression), e) || cursor_string(c, version, sizeof(version), e))
		return -1;
	c->what = "the place of the options";
	if (cursor_u64(c, &at, e) || check_compression(r, compression, e))
		return -1;
	if (!at)
		return cursor_broken(c, "there are no options: the recording was cut off", e);
	while (at)
		if (read_options(r, at, &at, e))
			return -1;
	return read_sections(r, e);
}
