/* SPDX-License-Identifier: MIT */
/*
 * The file's own texts, whole: for who writes them anew.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"

#define FORMAT_MAX (1 << 20)	     /* one event's format text; real ones are some thousand bytes */
#define TEXT_MAX (32u * 1024 * 1024) /* kallsyms of a kernel with many modules is a third of it */

static char *empty(size_t *size, struct error *e)
{
	char *text = calloc(1, 1);

	*size = 0;
	if (!text)
		error_set(e, "out of memory");
	return text;
}

static char *take_string(const char *text, size_t *size, struct error *e)
{
	char *copy = strdup(text);

	*size = strlen(text);
	if (!copy)
		error_set(e, "out of memory");
	return copy;
}

static char *take_extent(const struct dat_reader *r, const struct extent *x, size_t *size, struct error *e)
{
	if (!x->file || !x->size)
		return empty(size, e);
	if (x->size > TEXT_MAX) {
		error_set(e, "%s: a text of %" PRIu64 " bytes is longer than any real one", r->file.name, x->size);
		return NULL;
	}
	*size = x->size;
	return file_text(x->file, x->at, x->size, e);
}

/* With or without a NUL; some files only name the clock. */
static char *take_clocks(const struct dat_reader *r, size_t *size, struct error *e)
{
	char name[sizeof(r->clock) + 2], *text;

	if (!r->clocks.file && r->clock[0]) {
		snprintf(name, sizeof(name), "[%s]", r->clock);
		return take_string(name, size, e);
	}
	text = take_extent(r, &r->clocks, size, e);
	if (text)
		*size = strlen(text);
	return text;
}

char *dat_reader_text(const struct dat_reader *r, enum dat_text which, size_t *size, struct error *e)
{
	switch (which) {
	case DAT_TEXT_HEADER_PAGE:
		return take_extent(r, &r->header_page, size, e);
	case DAT_TEXT_HEADER_EVENT:
		return take_extent(r, &r->header_event, size, e);
	case DAT_TEXT_KALLSYMS:
		return take_extent(r, &r->kallsyms, size, e);
	case DAT_TEXT_CMDLINES:
		return take_extent(r, &r->cmdlines, size, e);
	case DAT_TEXT_CLOCK:
		return take_clocks(r, size, e);
	case DAT_TEXT_UNAME:
		return take_string(r->uname, size, e);
	}
	return empty(size, e);
}

char *dat_reader_format_text(const struct dat_reader *r, size_t n, const char **system, size_t *size, struct error *e)
{
	const struct format_text *f;

	if (n >= r->formats_count)
		return NULL;
	f = &r->formats[n];
	*system = r->systems[f->system];
	*size = f->text.size;
	if (f->text.size > FORMAT_MAX) {
		error_set(e, "%s: an event's format, of %" PRIu64 " bytes, is too long", r->file.name, f->text.size);
		return NULL;
	}
	return file_text(f->text.file, f->text.at, f->text.size, e);
}
