/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "top/terminal.h"

static void names(void **state)
{
	(void)state;
	assert_true(terminal_is_alike("xterm"));
	assert_true(terminal_is_alike("xterm-256color"));
	assert_true(terminal_is_alike("linux"));
	assert_true(terminal_is_alike("screen-256color-bce"));
	assert_false(terminal_is_alike("xterms"));
	assert_false(terminal_is_alike("dumb"));
	assert_false(terminal_is_alike("vt52"));
	assert_false(terminal_is_alike(""));
}

/* A description of term(5)'s: its sizes say how long it is. */
static void format(void **state)
{
	const char *at = terminal_own + 4;
	unsigned short words[6];
	size_t size;

	(void)state;
	assert_memory_equal(terminal_own, "hex:", 4);
	assert_int_equal(strlen(at) % 2, 0);
	assert_int_equal(strspn(at, "0123456789ABCDEF"), strlen(at));
	for (size_t i = 0; i < 6; i++) {
		char pair[2][3] = {{at[i * 4], at[i * 4 + 1]}, {at[i * 4 + 2], at[i * 4 + 3]}};

		words[i] = (unsigned short)(strtoul(pair[0], NULL, 16) | strtoul(pair[1], NULL, 16) << 8);
	}
	assert_int_equal(words[0], 0432);
	size = 12u + words[1] + words[2];
	size += size % 2;
	size += 2u * words[3] + 2u * words[4] + words[5];
	assert_int_equal(strlen(at) / 2, size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
