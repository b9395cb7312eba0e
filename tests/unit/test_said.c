/* SPDX-License-Identifier: MIT */
/*
 * What a command says while the live table has the terminal.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/said.h"

static void say(struct said *s, const char *text)
{
	assert_int_equal(write(s->in, text, strlen(text)), strlen(text));
	said_read(s);
}

static void expect_line(const struct said *s, const char *wanted)
{
	assert_int_equal(s->line_size, strlen(wanted));
	assert_memory_equal(s->line, wanted, strlen(wanted));
}

static void opened(struct said *s)
{
	struct error e;

	said_init(s);
	assert_int_equal(said_open(s, &e), 0);
}

static void the_last_line(void **state)
{
	struct said s;

	(void)state;
	opened(&s);
	said_read(&s); /* nothing yet: doesn't wait */
	expect_line(&s, "");
	say(&s, "one\n");
	expect_line(&s, "one");
	say(&s, "two, ");
	expect_line(&s, "two, ");
	say(&s, "three\n\n\r\n");
	expect_line(&s, "two, three");
	say(&s, "10%\r20%\r");
	expect_line(&s, "20%");
	said_close(&s);
	said_close(&s);
}

static char *written(const struct said *s)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	said_write(s, out);
	fclose(out);
	return text;
}

static void all_that_is_not_too_much(void **state)
{
	struct said s;
	char *text;

	(void)state;
	opened(&s);
	say(&s, "a\n\x1b[31mb");
	text = written(&s);
	assert_string_equal(text, "a\n\x1b[31mb");
	free(text);
	for (int i = 0; i < 20000; i++) { /* 140,000 bytes */
		char line[20];

		snprintf(line, sizeof(line), "%06d\n", i);
		say(&s, line);
	}
	assert_int_equal(s.size, SAID_KEPT);
	assert_int_equal(s.dropped, 8 + 140000 - SAID_KEPT);
	expect_line(&s, "019999");
	text = written(&s);
	assert_memory_equal(text, "falloctrace: 74472 bytes of the command's output are left out\n", 62);
	assert_string_equal(text + strlen(text) - 14, "019998\n019999\n");
	free(text);
	said_close(&s);
}

static void a_line_without_an_end(void **state)
{
	struct said s;

	(void)state;
	opened(&s);
	for (int i = 0; i < 100; i++)
		say(&s, "0123456789");
	assert_int_equal(s.line_size, SAID_LINE);
	said_started(&s);
	said_read(&s); /* the end */
	assert_int_equal(s.size, 1000);
	said_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_line),
		cmocka_unit_test(all_that_is_not_too_much),
		cmocka_unit_test(a_line_without_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
