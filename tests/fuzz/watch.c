/* SPDX-License-Identifier: MIT */
/*
 * Looks at what is printed with no help of the code that printed it: UTF-8 by
 * RFC 3629, JSON by RFC 8259.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define DEPTH_MAX 64

struct watch {
	enum watch_kind kind;
	FILE *file;
	uint64_t bytes;
	/* of a character that has begun */
	unsigned more;
	uint32_t code, least;
	/* WATCH_JSON: the line so far */
	char *line;
	size_t size, room;
	bool in_line;
	char buffer[1 << 16]; /* of the file */
};

/* What a terminal could obey, or be made to write backwards by. */
static bool steers(uint32_t code)
{
	if (code == '\n' || code == '\t')
		return false;
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x202a && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

static void whole_char(uint32_t code, uint32_t least)
{
	if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		finding("bytes are printed that are no UTF-8");
	if (steers(code))
		finding("U+%04X is printed", code);
}

static void begin_char(struct watch *w, unsigned char c)
{
	if (c < 0x80) {
		whole_char(c, 0);
	} else if (c >= 0xc0 && c < 0xf8) {
		w->more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
		w->code = c & (0x3fu >> w->more);
		w->least = w->more == 3 ? 0x10000 : w->more == 2 ? 0x800 : 0x80;
	} else {
		finding("the byte 0x%02x is printed, which is no UTF-8", c);
	}
}

static void add_char(struct watch *w, unsigned char c)
{
	if (!w->more) {
		begin_char(w, c);
		return;
	}
	if ((c & 0xc0) != 0x80)
		finding("a character is printed that is cut off");
	w->code = w->code << 6 | (c & 0x3f);
	if (--w->more == 0)
		whole_char(w->code, w->least);
}

/* --- JSON: each takes what it is named for, and returns where it ends --- */

static const char *value(const char *p, unsigned depth);

static const char *blanks(const char *p)
{
	return p + strspn(p, " \t");
}

static const char *expect(const char *p, char c)
{
	if (*p != c)
		finding("no JSON: '%c' expected before %.40s", c, p);
	return p + 1;
}

static const char *string(const char *p)
{
	for (p = expect(p, '"'); *p != '"'; p++) {
		if ((unsigned char)*p < 0x20)
			finding("no JSON: a string has a control character, or no end");
		if (*p != '\\')
			continue;
		p++;
		if (*p == 'u' && strspn(p + 1, "0123456789abcdefABCDEF") >= 4)
			p += 4;
		else if (!*p || !strchr("\"\\/bfnrt", *p))
			finding("no JSON: a string has an unknown escape");
	}
	return p + 1;
}

static const char *digits(const char *p)
{
	size_t n = strspn(p, "0123456789");

	if (!n)
		finding("no JSON: digits expected before %.40s", p);
	return p + n;
}

static const char *number(const char *p)
{
	p += *p == '-';
	p = *p == '0' ? p + 1 : digits(p);
	if (*p == '.')
		p = digits(p + 1);
	if (*p == 'e' || *p == 'E')
		p = digits(p + 1 + (p[1] == '-' || p[1] == '+'));
	return p;
}

/* Members of an object, or elements of an array. */
static const char *members(const char *p, bool named, char end, unsigned depth)
{
	p = blanks(p + 1);
	if (*p == end)
		return p + 1;
	for (;;) {
		if (named)
			p = expect(blanks(string(blanks(p))), ':');
		p = blanks(value(blanks(p), depth + 1));
		if (*p != ',')
			return expect(p, end);
		p++;
	}
}

static const char *value(const char *p, unsigned depth)
{
	static const char *const words[] = {"true", "false", "null"};

	if (depth > DEPTH_MAX)
		finding("JSON of more than %d levels", DEPTH_MAX);
	if (*p == '{')
		return members(p, true, '}', depth);
	if (*p == '[')
		return members(p, false, ']', depth);
	if (*p == '"')
		return string(p);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strncmp(p, words[i], strlen(words[i])))
			return p + strlen(words[i]);
	return number(p);
}

static void end_line(struct watch *w)
{
	const char *end;

	w->line[w->size] = '\0';
	end = value(w->line, 0);
	if (end != w->line + w->size)
		finding("no JSON: there is more behind it: %.40s", end);
	w->size = 0;
}

static void add_to_line(struct watch *w, char c)
{
	if (w->size + 1 >= w->room) {
		w->room = w->room ? w->room * 2 : 4096;
		w->line = realloc(w->line, w->room);
		if (!w->line)
			abort();
	}
	if (c == '\n')
		end_line(w);
	else
		w->line[w->size++] = c;
}

static ssize_t take(void *cookie, const char *buf, size_t size)
{
	struct watch *w = cookie;

	for (size_t i = 0; i < size; i++) {
		add_char(w, (unsigned char)buf[i]);
		if (w->kind == WATCH_JSON)
			add_to_line(w, buf[i]);
	}
	if (size)
		w->in_line = buf[size - 1] != '\n';
	w->bytes += size;
	return (ssize_t)size;
}

struct watch *watch_new(enum watch_kind kind)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (!w || !(w->file = fopencookie(w, "w", (cookie_io_functions_t){.write = take})))
		abort();
	/* Not while memory is counted. */
	setvbuf(w->file, w->buffer, _IOFBF, sizeof(w->buffer));
	w->room = 1 << 20;
	w->line = malloc(w->room);
	if (!w->line)
		abort();
	w->kind = kind;
	return w;
}

FILE *watch_begin(struct watch *w, enum watch_kind kind)
{
	fflush(w->file);
	clearerr(w->file);
	w->kind = kind;
	w->more = 0;
	w->size = 0;
	w->bytes = 0;
	w->in_line = false;
	return w->file;
}

uint64_t watch_end(struct watch *w, bool whole)
{
	fflush(w->file);
	if (w->more || (whole && w->in_line))
		finding("what is printed ends in the middle");
	return w->bytes;
}

void watch_text(const char *text)
{
	struct watch w = {.kind = WATCH_TEXT};

	if (strchr(text, '\n'))
		finding("a message has more than one line: %s", text);
	take(&w, text, strlen(text));
	if (w.more)
		finding("a message ends in the middle of a character");
}
