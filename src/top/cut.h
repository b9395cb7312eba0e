/* SPDX-License-Identifier: MIT */
/*
 * Text in a number of columns of a terminal.
 */
#ifndef FALLOCTRACE_TOP_CUT_H
#define FALLOCTRACE_TOP_CUT_H

#include <stdbool.h>
#include <stddef.h>

#include "output/buf.h"

/*
 * s is UTF-8 without what steers a terminal, as utf8_escape makes it. Characters
 * that have no place there (utf8 false: all but ASCII) count, and are added, as
 * \xHH of each byte.
 */
size_t cut_width(const char *s, size_t size, bool utf8);
/* Adds what fits in columns from the start of s; returns the columns it takes. */
size_t cut_end(struct buf *b, const char *s, size_t size, size_t columns, bool utf8);
/* The same; of what doesn't fit, the end, behind "...", where there is room for it. */
size_t cut_start(struct buf *b, const char *s, size_t size, size_t columns, bool utf8);

#endif
