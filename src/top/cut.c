/* SPDX-License-Identifier: MIT */
#include "top/cut.h"

#include "output/utf8.h"

/* Marks upon a character, of which a cell holds but a few. */
#define MARKS_MAX 2

/* Room for "..." and a little of what it stands before. */
#define DOTS 3
#define DOTS_LEAST 10

struct piece {
	size_t size, columns;
	bool escaped;
};

/* marks: how many there are already upon the character before. */
static struct piece next_piece(const char *s, size_t size, bool utf8, unsigned *marks)
{
	uint32_t code = 0;
	size_t n = utf8_next((const unsigned char *)s, size, &code);
	bool shown = n && !utf8_unsafe(code) && (utf8 || code < 0x80);
	unsigned columns = shown ? utf8_width(code) : 0;

	n = n ? n : 1;
	if (shown && !columns && (*marks)++ < MARKS_MAX)
		return (struct piece){n, 0, false};
	if (!shown || columns)
		*marks = 0;
	if (columns)
		return (struct piece){n, columns, false};
	return (struct piece){n, 4 * n, true};
}

static void add_piece(struct buf *b, const char *s, const struct piece *p)
{
	if (!p->escaped) {
		buf_bytes(b, s, p->size);
		return;
	}
	for (size_t i = 0; i < p->size; i++) {
		buf_text(b, "\\x");
		buf_hex_byte(b, (unsigned char)s[i]);
	}
}

size_t cut_width(const char *s, size_t size, bool utf8)
{
	unsigned marks = MARKS_MAX;
	size_t columns = 0;

	for (size_t at = 0; at < size;) {
		struct piece p = next_piece(s + at, size - at, utf8, &marks);

		columns += p.columns;
		at += p.size;
	}
	return columns;
}

size_t cut_end(struct buf *b, const char *s, size_t size, size_t columns, bool utf8)
{
	unsigned marks = MARKS_MAX;
	size_t used = 0;

	for (size_t at = 0; at < size;) {
		struct piece p = next_piece(s + at, size - at, utf8, &marks);

		if (used + p.columns > columns)
			break;
		add_piece(b, s + at, &p);
		used += p.columns;
		at += p.size;
	}
	return used;
}

size_t cut_start(struct buf *b, const char *s, size_t size, size_t columns, bool utf8)
{
	size_t width = cut_width(s, size, utf8), at = 0;
	unsigned marks = MARKS_MAX;

	if (width <= columns || columns < DOTS_LEAST)
		return cut_end(b, s, size, columns, utf8);
	buf_fill(b, '.', DOTS);
	while (at < size && width > columns - DOTS) {
		struct piece p = next_piece(s + at, size - at, utf8, &marks);

		width -= p.columns;
		at += p.size;
	}
	return DOTS + cut_end(b, s + at, size - at, columns - DOTS, utf8);
}
