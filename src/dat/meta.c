/* SPDX-License-Identifier: MIT */
/*
 * What a file says of the traced kernel's formats and symbols. Texts are only
 * located here: they are read when somebody wants them.
 */
#include <stdlib.h>
#include <string.h>

#include "reader.h"

#define HEADER_MAX (64 * 1024) /* header_page is some hundred bytes */
#define FORMATS_MAX (1 << 17)  /* kernels have about 3,000 events */
#define NAME_SIZE 256

void *grow_array(void *array, size_t count, size_t element)
{
	if (count & (count - 1))
		return array;
	return reallocarray(array, count ? count * 2 : 1, element);
}

/* The size of header_page's field "commit", which is a long of the traced kernel. 0: not to be found. */
static int commit_size(const char *text)
{
	const char *line = strstr(text, " commit;"), *size = line ? strstr(line, "size:") : NULL;

	if (!size || (size[5] != '4' && size[5] != '8') || size[6] != ';')
		return 0;
	return size[5] - '0';
}

static int expect_string(struct cursor *c, const char *expected, struct error *e)
{
	char name[16];

	if (cursor_string(c, name, sizeof(name), e))
		return -1;
	return strcmp(name, expected) ? cursor_broken(c, "something else is expected here", e) : 0;
}

void assume_format(struct dat_reader *r)
{
	if (r->has_format)
		return;
	r->format.long_size = r->user_long_size == 4 ? 4 : 8;
	r->format.big_endian = r->file.big_endian;
	add_problem_text(r, "%s does not tell how its pages begin (header_page): taken as those of a %d-bit kernel",
			 r->file.name, 8 * r->format.long_size);
}

static int read_header_page(struct dat_reader *r, struct cursor *c, uint64_t size, struct error *e)
{
	char *text;

	if (size > HEADER_MAX)
		return cursor_broken(c, "header_page is too long", e);
	text = calloc(1, size + 1);
	if (!text)
		return error_set(e, "out of memory");
	r->header_page = (struct extent){c->file, c->at, size};
	if (cursor_bytes(c, text, size, e)) {
		r->header_page.file = NULL;
		free(text);
		return -1;
	}
	r->format.long_size = commit_size(text);
	r->format.big_endian = r->file.big_endian;
	r->has_format = r->format.long_size;
	free(text);
	return 0;
}

/* A part that is there whole: *x; the cursor is behind it. */
static int take_extent(struct cursor *c, uint64_t size, struct extent *x, struct error *e)
{
	struct extent part = {c->file, c->at, size};

	if (cursor_skip(c, size, e))
		return -1;
	*x = part;
	return 0;
}

int read_headers(struct dat_reader *r, struct cursor *c, struct error *e)
{
	uint64_t size;

	if (expect_string(c, "header_page", e) || cursor_u64(c, &size, e) || read_header_page(r, c, size, e) ||
	    expect_string(c, "header_event", e) || cursor_u64(c, &size, e))
		return -1;
	return take_extent(c, size, &r->header_event, e);
}

int skip_ftrace_events(struct cursor *c, struct error *e)
{
	uint32_t count;
	uint64_t size;

	if (cursor_u32(c, &count, e))
		return -1;
	while (count--)
		if (cursor_u64(c, &size, e) || cursor_skip(c, size, e))
			return -1;
	return 0;
}

static int add_system(struct dat_reader *r, const char *name, struct error *e)
{
	char **systems = grow_array(r->systems, r->systems_count, sizeof(*systems));

	if (systems)
		r->systems = systems;
	if (!systems || !(systems[r->systems_count] = strdup(name)))
		return error_set(e, "out of memory");
	r->systems_count++;
	return 0;
}

static int add_format(struct dat_reader *r, struct cursor *c, struct error *e)
{
	struct format_text *formats;
	struct extent text;
	uint64_t size;

	if (cursor_u64(c, &size, e) || take_extent(c, size, &text, e))
		return -1;
	if (r->formats_count >= FORMATS_MAX)
		return cursor_broken(c, "there are too many events", e);
	formats = grow_array(r->formats, r->formats_count, sizeof(*formats));
	if (!formats)
		return error_set(e, "out of memory");
	r->formats = formats;
	formats[r->formats_count++] = (struct format_text){r->systems_count - 1, text};
	return 0;
}

int read_event_formats(struct dat_reader *r, struct cursor *c, struct error *e)
{
	uint32_t systems, count;
	char name[NAME_SIZE];

	if (cursor_u32(c, &systems, e))
		return -1;
	while (systems--) {
		if (cursor_string(c, name, sizeof(name), e) || cursor_u32(c, &count, e))
			return -1;
		if (r->systems_count >= FORMATS_MAX)
			return cursor_broken(c, "there are too many event systems", e);
		if (add_system(r, name, e))
			return -1;
		while (count--)
			if (add_format(r, c, e))
				return -1;
	}
	return 0;
}

int read_kallsyms(struct dat_reader *r, struct cursor *c, struct error *e)
{
	uint32_t size;

	return cursor_u32(c, &size, e) ? -1 : take_extent(c, size, &r->kallsyms, e);
}

int read_cmdlines(struct dat_reader *r, struct cursor *c, struct error *e)
{
	uint64_t size;

	return cursor_u64(c, &size, e) ? -1 : take_extent(c, size, &r->cmdlines, e);
}
