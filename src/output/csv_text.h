/* SPDX-License-Identifier: MIT */
/*
 * Text of others in a cell of comma-separated values.
 */
#ifndef FALLOCTRACE_OUTPUT_CSV_TEXT_H
#define FALLOCTRACE_OUTPUT_CSV_TEXT_H

#include "output/buf.h"

/*
 * Adds text to line as a cell, in quotes where that is needed: valid UTF-8 in
 * one line, whatever its bytes: what is not, and a backslash, is escaped as by
 * utf8_escape, and so is the beginning of what a spreadsheet would take for a
 * formula. cell is room to work in.
 */
void csv_text(struct buf *line, struct buf *cell, const char *text, size_t size);

#endif
