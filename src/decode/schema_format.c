/* SPDX-License-Identifier: MIT */
/*
 * Source of the grammar: the kernel's kernel/trace/trace_events.c (f_show):
 *
 *   name: vfs_exit
 *   ID: 1342
 *   format:
 *   <TAB>field:unsigned short common_type;<TAB>offset:0;<TAB>size:2;<TAB>signed:0;
 *   …
 *   <empty line between the common fields and the event's own, and after these>
 *   print fmt: …
 *
 * The print fmt is never read, here or by libtraceevent: it is an expression
 * language of its own, and we print nothing by it.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "info/memstream.h"
#include "schema_format.h"

#define FIELDS_MAX 128
#define WORDS_MAX 8	    /* in a declaration: "unsigned long long *" has four */
#define FIELD_END_MAX 65536 /* no record is longer */

struct text {
	const char *pos, *end;
};

enum shape {
	PLAIN,	    /* type name */
	ARRAY,	    /* type name[N] */
	ARRAY_TYPE, /* __data_loc type[] name: at least two words before the brackets */
};

struct field {
	char words[WORDS_MAX][FORMAT_WORD_SIZE]; /* the type's, the name last */
	unsigned words_count;
	enum shape shape;
	unsigned elements; /* 0: not said */
	unsigned offset, size, is_signed;
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char peek(const struct text *t)
{
	return t->pos < t->end ? *t->pos : '\0';
}

static bool skip(struct text *t, const char *word)
{
	size_t size = strlen(word);

	if ((size_t)(t->end - t->pos) < size || memcmp(t->pos, word, size))
		return false;
	t->pos += size;
	return true;
}

static void blanks(struct text *t)
{
	while (peek(t) == ' ' || peek(t) == '\t')
		t->pos++;
}

static bool identifier(struct text *t, char word[FORMAT_WORD_SIZE])
{
	size_t used = 0;

	if (!is_letter(peek(t)))
		return false;
	while (is_letter(peek(t)) || is_digit(peek(t))) {
		if (used == FORMAT_WORD_SIZE - 1)
			return false;
		word[used++] = *t->pos++;
	}
	word[used] = '\0';
	return true;
}

static bool number(struct text *t, unsigned max, unsigned *n)
{
	unsigned v = 0;

	if (!is_digit(peek(t)))
		return false;
	while (is_digit(peek(t))) {
		v = v * 10 + (unsigned)(*t->pos++ - '0');
		if (v > max)
			return false;
	}
	*n = v;
	return true;
}

/* "[16]", "[]", "[SOME_CONSTANT]": the last one's value follows from the size. */
static bool brackets(struct text *t, struct field *f)
{
	char constant[FORMAT_WORD_SIZE];

	f->elements = 0;
	if (!skip(t, "["))
		return false;
	if (!number(t, FIELD_END_MAX, &f->elements))
		identifier(t, constant);
	return skip(t, "]");
}

static bool add_word(struct text *t, struct field *f)
{
	if (f->words_count == WORDS_MAX)
		return false;
	if (skip(t, "*")) {
		strcpy(f->words[f->words_count++], "*");
		return true;
	}
	return identifier(t, f->words[f->words_count]) && ++f->words_count;
}

static bool declaration(struct text *t, struct field *f)
{
	f->words_count = 0;
	f->shape = PLAIN;
	for (;;) {
		blanks(t);
		if (peek(t) == ';' || peek(t) == '[')
			break;
		if (!add_word(t, f))
			return false;
	}
	if (peek(t) == '[') {
		if (!brackets(t, f))
			return false;
		blanks(t);
		f->shape = peek(t) == ';' ? ARRAY : ARRAY_TYPE;
		if (f->shape == ARRAY_TYPE && !add_word(t, f))
			return false;
	}
	blanks(t);
	/* a type and a name, which is no star */
	return f->words_count >= (f->shape == ARRAY_TYPE ? 3 : 2) && is_letter(f->words[f->words_count - 1][0]) &&
	       is_letter(f->words[0][0]) && skip(t, ";");
}

static bool property(struct text *t, const char *name, unsigned max, unsigned *n)
{
	blanks(t);
	return skip(t, name) && skip(t, ":") && number(t, max, n) && skip(t, ";");
}

static bool field_line(struct text *t, struct field *f)
{
	blanks(t);
	if (!skip(t, "field:") || !declaration(t, f) || !property(t, "offset", FIELD_END_MAX, &f->offset) ||
	    !property(t, "size", FIELD_END_MAX, &f->size))
		return false;
	blanks(t);
	f->is_signed = 0;
	/* kernels before 2.6.32 do not say */
	if (peek(t) != '\n' && !property(t, "signed", 1, &f->is_signed))
		return false;
	blanks(t);
	return skip(t, "\n") && f->offset + f->size <= FIELD_END_MAX;
}

static void write_field(FILE *out, const struct field *f)
{
	char elements[16] = "";

	if (f->elements)
		snprintf(elements, sizeof(elements), "%u", f->elements);
	fputs("\tfield:", out);
	for (unsigned i = 0; i < f->words_count; i++) {
		bool last = i + 1 == f->words_count;

		if (last && f->shape == ARRAY_TYPE)
			fprintf(out, "[%s]", elements);
		fprintf(out, "%s%s", i ? " " : "", f->words[i]);
		if (last && f->shape == ARRAY)
			fprintf(out, "[%s]", elements);
	}
	fprintf(out, ";\toffset:%u;\tsize:%u;\tsigned:%u;\n", f->offset, f->size, f->is_signed);
}

static bool name_line(struct text *t, char name[FORMAT_WORD_SIZE])
{
	if (!skip(t, "name:"))
		return false;
	blanks(t);
	return identifier(t, name) && skip(t, "\n");
}

static bool header_lines(struct text *t, struct format *f)
{
	unsigned id;

	if (!name_line(t, f->name) || !skip(t, "ID:"))
		return false;
	blanks(t);
	if (!number(t, UINT16_MAX, &id) || !skip(t, "\n"))
		return false;
	f->id = (int)id;
	return skip(t, "format:\n");
}

/* All fields, the common ones (which libtraceevent wants first, and apart) or the event's own. */
static bool copy_fields(struct text t, bool common, FILE *out)
{
	struct field f;
	unsigned count = 0;

	while (t.pos < t.end && !skip(&t, "print fmt:")) {
		if (skip(&t, "\n"))
			continue;
		if (!field_line(&t, &f) || ++count > FIELDS_MAX)
			return false;
		if (!strncmp(f.words[f.words_count - 1], "common_", 7) == common)
			write_field(out, &f);
	}
	return count > 0;
}

int format_name(const char *text, size_t size, char name[FORMAT_WORD_SIZE])
{
	struct text t = {text, text + size};

	return name_line(&t, name) ? 0 : -1;
}

int format_rebuild(const char *text, size_t size, struct format *f, struct error *e)
{
	struct text t = {text, text + size};
	bool good;
	FILE *out;

	f->text = NULL;
	if (!header_lines(&t, f))
		return error_set(e, "an event's format does not begin with its name and ID");
	out = memstream_open(&f->text, &f->size);
	if (!out)
		return error_errno(e, "format of event %s", f->name);
	fprintf(out, "name: %s\nID: %d\nformat:\n", f->name, f->id);
	good = copy_fields(t, true, out);
	fputs("\n", out);
	good = good && copy_fields(t, false, out);
	fputs("\nprint fmt: \"\"\n", out);
	if (memstream_close(out, &f->text))
		return error_errno(e, "format of event %s", f->name);
	if (good)
		return 0;
	format_free(f);
	return error_set(e, "the format of event %s has a field that can't be read", f->name);
}

void format_free(struct format *f)
{
	free(f->text);
	f->text = NULL;
}
