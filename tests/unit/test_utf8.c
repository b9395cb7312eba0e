/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "output/utf8.h"

/* What is plain, byte by byte: by its description. */
static size_t plain(const char *s, size_t size)
{
	size_t n = 0;

	while (n < size &&
	       strchr("!#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`"
		      "abcdefghijklmnopqrstuvwxyz{|}~",
		      s[n]) &&
	       s[n])
		n++;
	return n;
}

static void every_byte_at_every_place(void **state)
{
	char text[40];

	(void)state;
	for (size_t size = 1; size <= sizeof(text); size++)
		for (size_t at = 0; at < size; at++)
			for (unsigned byte = 0; byte < 256; byte++) {
				memset(text, byte & 1 ? 'a' : '~', sizeof(text));
				text[at] = (char)byte;
				assert_int_equal(utf8_plain(text, size), plain(text, size));
			}
}

/* Neighbours that carry and borrow. */
static void any_two_bytes(void **state)
{
	char text[16];

	(void)state;
	for (unsigned two = 0; two < 65536; two++) {
		memset(text, '!', sizeof(text));
		text[two % 7] = (char)(two & 255);
		text[two % 7 + 1] = (char)(two >> 8);
		assert_int_equal(utf8_plain(text, sizeof(text)), plain(text, sizeof(text)));
	}
}

static void escape_takes_the_same_columns(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	assert_int_equal(utf8_escape(&b, "a/b c\\\"\303\274\n", 10, false), 11);
	buf_char(&b, '\0');
	assert_string_equal(b.data, "a/b c\\\\\"\303\274\\n");
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_at_every_place),
		cmocka_unit_test(any_two_bytes),
		cmocka_unit_test(escape_takes_the_same_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
