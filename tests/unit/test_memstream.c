/* SPDX-License-Identifier: MIT */
/* A text that is put together in memory, and what is said where memory runs out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "info/memstream.h"

static void nothing_is_a_text(void **state)
{
	static char before[] = "x";
	char *text = before;
	size_t size = 7;
	FILE *f = memstream_open(&text, &size);

	(void)state;
	assert_non_null(f);
	assert_null(text);
	assert_int_equal(memstream_close(f, &text), 0);
	assert_string_equal(text, "");
	assert_int_equal(size, 0);
	free(text);
}

static void all_of_it_is_there(void **state)
{
	char *text;
	size_t size, at = 0;
	FILE *f = memstream_open(&text, &size);

	(void)state;
	assert_non_null(f);
	for (int i = 0; i < 100000; i++) {
		assert_int_equal(ftello(f), (off_t)i * 8);
		assert_int_equal(fprintf(f, "%07d", i), 7);
		assert_int_equal(fputc('\0', f), 0);
	}
	assert_int_equal(memstream_close(f, &text), 0);
	assert_int_equal(size, 800000);
	assert_int_equal(text[size], 0);
	for (int i = 0; i < 100000; i++, at += 8)
		assert_int_equal(atoi(text + at), i);
	free(text);
}

/* One write more than there is room for, between two for which there is. */
static int out_of_memory(void)
{
	static char much[1 << 24];
	struct rlimit limit = {1 << 20, 1 << 20}, before;
	char *text;
	size_t size;
	FILE *f = memstream_open(&text, &size);

	if (!f || fputs("before", f) < 0 || fflush(f) || getrlimit(RLIMIT_AS, &before))
		return 1;
	limit.rlim_max = before.rlim_max;
	if (setrlimit(RLIMIT_AS, &limit))
		return 2;
	fwrite(much, 1, sizeof(much), f);
	if (setrlimit(RLIMIT_AS, &before))
		return 3;
	clearerr(f);
	if (fputs("after", f) < 0)
		return 4;
	errno = 0;
	if (memstream_close(f, &text) != -1 || errno != ENOMEM)
		return 5;
	return text ? 6 : 0;
}

static void a_gap_is_told(void **state)
{
	int status;
	pid_t pid;

	(void)state;
#ifdef __SANITIZE_ADDRESS__
	skip(); /* it does not let memory run out */
#endif
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(out_of_memory());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_a_text),
		cmocka_unit_test(all_of_it_is_there),
		cmocka_unit_test(a_gap_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
