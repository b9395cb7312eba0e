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
/* Characters that steer a terminal or turn the direction of writing. */
bool utf8_unsafe(uint32_t code);
/* How many bytes at the start of s are ASCII that every sink shows as it is: no blank, quote or backslash. */
size_t utf8_plain(const char *s, size_t size);
/*
 * Adds s with \n, \t, \r, \\ and, for every other unsafe or malformed byte,
 * \xHH; with blanks, too, as \x20 (else only a last blank). Returns the
 * columns it takes (each character counted as one).
 */
size_t utf8_escape(struct buf *b, const char *s, size_t size, bool blanks);

#endif
