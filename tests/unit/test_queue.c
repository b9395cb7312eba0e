/* SPDX-License-Identifier: MIT */
/*
 * Output to a pipe that nobody reads, or slowly.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/queue.h"

#define LINES 20000

static void print_lines(struct queue *q)
{
	for (int i = 0; i < LINES; i++)
		fprintf(queue_file(q), "line %d of many\n", i);
	assert_int_equal(fflush(queue_file(q)), 0);
}

/* Everything that fd has now; all of it whole lines, in order. */
static int read_lines(int fd, int from)
{
	static char data[1 << 20]; /* more than a pipe or a socket holds */
	char wanted[64];
	ssize_t n = read(fd, data, sizeof(data));
	const char *at = data;

	assert_true(n > 0);
	assert_int_equal(data[n - 1], '\n');
	while (at < data + n) {
		int length = snprintf(wanted, sizeof(wanted), "line %d of many\n", from++);

		assert_memory_equal(at, wanted, (size_t)length);
		at += length;
	}
	return from;
}

static void slow(int in, int out)
{
	struct queue *q = queue_open(out);
	size_t before;
	int line = 0;

	assert_non_null(q);
	assert_int_equal(queue_backlog(q), 0);
	print_lines(q);
	while (line < LINES) {
		before = queue_backlog(q);
		/* a test that waits here has found what this is against */
		assert_int_equal(queue_pump(q), 0);
		assert_true(before == 0 || queue_backlog(q) < before);
		line = read_lines(in, line);
	}
	assert_int_equal(queue_backlog(q), 0);
	/* The file is others' as well: it still waits for them. */
	assert_false(fcntl(out, F_GETFL) & O_NONBLOCK);
	queue_close(q);
}

static void a_slow_pipe(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	slow(fds[0], fds[1]);
	close(fds[0]);
	close(fds[1]);
}

static void a_slow_socket(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	slow(fds[0], fds[1]);
	close(fds[0]);
	close(fds[1]);
}

static void nobody_reads_any_more(void **state)
{
	struct queue *q;
	int fds[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fds), 0);
	q = queue_open(fds[1]);
	print_lines(q);
	assert_int_equal(queue_pump(q), 0);
	close(fds[0]);
	assert_int_equal(queue_pump(q), -1);
	assert_int_equal(errno, EPIPE);
	fputs("more", queue_file(q));
	assert_int_equal(fflush(queue_file(q)), EOF);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(queue_pump(q), -1);
	queue_close(q);
	close(fds[1]);
}

static void a_long_line(void **state)
{
	enum { SIZE = 300000 };
	char *line = malloc(SIZE), *got = malloc(SIZE);
	size_t have = 0;
	struct queue *q;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	q = queue_open(fds[1]);
	for (size_t i = 0; i < SIZE; i++)
		line[i] = (char)('a' + i % 26);
	assert_int_equal(fwrite(line, 1, SIZE, queue_file(q)), SIZE);
	assert_int_equal(fflush(queue_file(q)), 0);
	while (have < SIZE) {
		assert_int_equal(queue_pump(q), 0);
		have += (size_t)read(fds[0], got + have, SIZE - have);
	}
	assert_memory_equal(got, line, SIZE);
	queue_close(q);
	close(fds[0]);
	close(fds[1]);
	free(line);
	free(got);
}

/* Files take all; so does nothing at all. */
static void not_for_files(void **state)
{
	FILE *file = tmpfile();
	int null = open("/dev/null", O_WRONLY);

	(void)state;
	assert_null(queue_open(fileno(file)));
	assert_null(queue_open(null));
	assert_null(queue_open(-1));
	assert_int_equal(queue_backlog(NULL), 0);
	queue_close(NULL);
	close(null);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slow_pipe), cmocka_unit_test(a_slow_socket), cmocka_unit_test(nobody_reads_any_more),
		cmocka_unit_test(a_long_line), cmocka_unit_test(not_for_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
