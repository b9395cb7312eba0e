/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <string.h>

#include "output/csv_text.h"
#include "output/utf8.h"

/* What spreadsheets take for a formula's begin: = + - @, in their full-width forms as well. */
static bool begins_formula(uint32_t code)
{
	return code == '=' || code == '+' || code == '-' || code == '@' || code == 0xff1d || code == 0xff0b ||
	       code == 0xff0d || code == 0xff20;
}

/* Only what cannot be taken for anything else goes without quotes: some readers split at ; or cut blanks off. */
static bool is_special(char c)
{
	return c == '"' || c == ',' || c == ';' || c == ' ';
}

static bool has_special(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (is_special(text[i]))
			return true;
	return false;
}

static void add_quoted(struct buf *line, const struct buf *cell)
{
	buf_char(line, '"');
	for (size_t i = 0; i < cell->size; i++) {
		if (cell->data[i] == '"')
			buf_char(line, '"');
		buf_char(line, cell->data[i]);
	}
	buf_char(line, '"');
}

void csv_text(struct buf *line, struct buf *cell, const char *text, size_t size)
{
	uint32_t code = 0;
	size_t n;

	/* nearly all cells: no escape, no quote */
	if (size && utf8_plain(text, size) == size && !has_special(text, size) &&
	    !begins_formula((unsigned char)*text)) {
		buf_bytes(line, text, size);
		return;
	}
	n = utf8_next((const unsigned char *)text, size, &code);
	cell->size = 0;
	for (size_t i = 0; n && begins_formula(code) && i < n; i++) {
		buf_text(cell, "\\x");
		buf_hex_byte(cell, (unsigned char)*text++);
		size--;
	}
	utf8_escape(cell, text, size, false);
	line->failed |= cell->failed;
	cell->failed = false;
	if (has_special(cell->data, cell->size))
		add_quoted(line, cell);
	else
		buf_bytes(line, cell->data, cell->size);
}
