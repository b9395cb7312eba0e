/* SPDX-License-Identifier: MIT */
#ifndef FALLOCTRACE_OUTPUT_JSON_STRING_H
#define FALLOCTRACE_OUTPUT_JSON_STRING_H

#include "output/buf.h"

/* Adds text, any bytes, as a JSON string: valid UTF-8, with nothing in it that steers a terminal. */
void json_string(struct buf *b, const char *text);

#endif
