/* SPDX-License-Identifier: MIT */
/*
 * Names come from other people: any bytes. What of them is text, and what of
 * the text is safe to show on a terminal.
 */
#ifndef FALLOCTRACE_OUTPUT_UTF8_H
#define FALLOCTRACE_OUTPUT_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output/buf.h"

/*
 * The bytes of the character that s begins with (1 … 4) and its number, or 0
 * where s doesn't begin with well-formed UTF-8 (RFC 3629: no overlong forms, no
 * surrogates, nothing above U+10FFFF).
 */
size_t utf8_next(const unsigned char *s, size_t size, uint32_t *code);
bool utf8_valid(const char *s, size_t size);
/* Characters that steer a terminal, turn the direction of writing, cannot be seen, or are none (U+FFFE). */
bool utf8_unsafe(uint32_t code);
/* ASCII's and others that separate words; tabs and the like are unsafe. */
bool utf8_blank(uint32_t code);
/* Columns of one that is safe, on a terminal: 0 (a combining mark), 1, 2. */
unsigned utf8_width(uint32_t code);
/* How many bytes at the start of s are ASCII that every sink shows as it is: no blank, quote or backslash. */
size_t utf8_plain(const char *s, size_t size);
/*
 * Adds s with \n, \t, \r, \\ and, for every other unsafe or malformed byte,
 * \xHH; with blanks, these too: \x20 (else only a last one). Returns the columns
 * it takes on a terminal.
 */
size_t utf8_escape(struct buf *b, const char *s, size_t size, bool blanks);
/* The columns of what it wrote. */
size_t utf8_columns(const char *s, size_t size);
/*
 * Of a name escaped by it, of all so many columns: how many bytes to leave out at its
 * front so that the rest has at most most columns, which are then *left.
 */
size_t utf8_cut_front(const char *s, size_t size, size_t all, size_t most, size_t *left);
/* How many bytes from its beginning have at most most columns; *left has how many. */
size_t utf8_cut_back(const char *s, size_t size, size_t most, size_t *left);

#endif
