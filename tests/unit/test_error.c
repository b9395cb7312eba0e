/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "falloctrace/error.h"

/* No byte of what was there before may be taken for the message. */
static struct error dirty(void)
{
	struct error e;

	memset(&e, 'x', sizeof(e));
	return e;
}

static void each_kind_has_its_status(void **state)
{
	struct error e = dirty();

	(void)state;
	assert_int_equal(error_set(&e, "cannot %s %d", "count to", 3), -1);
	assert_int_equal(e.status, 1);
	assert_string_equal(e.text, "cannot count to 3");

	e = dirty();
	assert_int_equal(error_usage(&e, "-p needs a number"), -1);
	assert_int_equal(e.status, 2);
	assert_string_equal(e.text, "-p needs a number");

	e = dirty();
	assert_int_equal(error_unsupported(&e, "no kprobe events"), -1);
	assert_int_equal(e.status, 77);
	assert_string_equal(e.text, "no kprobe events");
}

static void errno_is_named_and_kept(void **state)
{
	struct error e = dirty();

	(void)state;
	errno = ENOSPC;
	assert_int_equal(error_errno(&e, "cannot write %s", "trace.dat"), -1);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(e.status, 1);
	assert_string_equal(e.text, "cannot write trace.dat: No space left on device");
}

static void long_messages_are_cut(void **state)
{
	struct error e = dirty();
	char name[2000];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	error_set(&e, "cannot open %s", name);
	assert_int_equal(strnlen(e.text, sizeof(e.text)), sizeof(e.text) - 1);
	assert_memory_equal(e.text, "cannot open nnnn", 16);

	errno = EACCES;
	error_errno(&e, "%s", name);
	assert_int_equal(strnlen(e.text, sizeof(e.text)), sizeof(e.text) - 1);

	/* Room for a part of the reason only. */
	name[sizeof(e.text) - 6] = '\0';
	errno = EACCES;
	error_errno(&e, "%s", name);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
	assert_string_equal(e.text + sizeof(e.text) - 6, ": Per");
}

static void stays_one_line(void **state)
{
	struct error e = dirty();

	(void)state;
	error_set(&e, "cannot open %s", "a\nb\tc\033[31m\177d\303\244");
	assert_string_equal(e.text, "cannot open a?b?c?[31m?d\303\244");

	/* CSI as one byte and as UTF-8, a turn of the writing's direction, half a character */
	error_set(&e, "version \"%s\"", "\2332J \302\2332J \342\200\256 \303");
	assert_string_equal(e.text, "version \"?2J ??2J ??? ?\"");
}

static void a_message_can_be_wrapped(void **state)
{
	struct error e = dirty();

	(void)state;
	error_set(&e, "short read");
	error_set(&e, "%s: %s", "trace.dat", e.text);
	assert_string_equal(e.text, "trace.dat: short read");
}

static void what_is_told_is_one_safe_line(void **state)
{
	char *text, path[2000];
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	error_tell(out, "no call in %s", "a\nb\x1b[2J\xc2\x9b\x9b\xe2\x80\xae\xc3\xa4");
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, "falloctrace: no call in a?b?[2J???"
				  "???"
				  "\xc3\xa4\n");
	free(text);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = 0;
	out = open_memstream(&text, &size);
	assert_non_null(out);
	error_tell(out, "no call in %s", path);
	assert_int_equal(fclose(out), 0);
	assert_true(size > 1000 && size < 1024);
	assert_int_equal(text[size - 1], '\n');
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_has_its_status), cmocka_unit_test(errno_is_named_and_kept),
		cmocka_unit_test(long_messages_are_cut),    cmocka_unit_test(stays_one_line),
		cmocka_unit_test(a_message_can_be_wrapped), cmocka_unit_test(what_is_told_is_one_safe_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
