/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lines.h"

void line_parse(struct line *l, const char *text)
{
	char *rest = l->text, *word;

	memset(l, 0, sizeof(*l));
	snprintf(l->text, sizeof(l->text), "falloctrace %s", text);
	while ((word = strsep(&rest, " ")) && l->argc < LINE_WORDS_MAX)
		if (*word)
			l->argv[l->argc++] = strcmp(word, "@") ? word : word + 1;
	l->ret = options_parse(&l->o, l->argc, l->argv, &l->e);
}

void line_good(struct line *l, const char *text)
{
	line_parse(l, text);
	if (l->ret != 0)
		fail_msg("'%s': %s", text, l->e.text);
}

void lines_refused(const struct bad_line *bad, size_t count)
{
	struct line l;

	for (size_t i = 0; i < count; i++) {
		line_parse(&l, bad[i].line);
		if (l.ret != -1 || l.e.status != STATUS_USAGE)
			fail_msg("'%s' was taken", bad[i].line);
		if (!strstr(l.e.text, bad[i].name) || !strstr(l.e.text, bad[i].why))
			fail_msg("'%s': '%s' lacks '%s' or '%s'", bad[i].line, l.e.text, bad[i].name, bad[i].why);
		assert_null(strchr(l.e.text, '\n'));
		options_free(&l.o);
	}
}
