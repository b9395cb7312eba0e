/* SPDX-License-Identifier: MIT */
/*
 * Command lines, split at blanks, for the tests of options.
 */
#ifndef FALLOCTRACE_TESTS_UNIT_LINES_H
#define FALLOCTRACE_TESTS_UNIT_LINES_H

#include "cmd/options.h"

#define LINE_WORDS_MAX 32

struct line {
	char text[256];
	char *argv[LINE_WORDS_MAX + 1];
	int argc;
	struct options o; /* to be freed by options_free */
	struct error e;
	int ret;
};

/* What stands behind "falloctrace"; @ stands for an empty word. */
void line_parse(struct line *l, const char *text);
/* … and must be right. */
void line_good(struct line *l, const char *text);

/* A line, and what its message must hold: the option and the reason. */
struct bad_line {
	const char *line, *name, *why;
};
void lines_refused(const struct bad_line *bad, size_t count);

#endif
