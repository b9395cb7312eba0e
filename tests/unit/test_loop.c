/* SPDX-License-Identifier: MIT */
/*
 * The loop that waits for the traced command and for pages: over an instance of
 * plain files, whose trace_pipe_raw is a named pipe.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "looping.h"
#include "work.h"

static void pages_then_the_time_is_over(void **state)
{
	struct looping l = {0};
	char page[4096] = {0};

	(void)state;
	open_loop(&l, NULL, 300000000, false, -1);
	assert_int_equal(write(l.pipe, page, sizeof(page)), sizeof(page));
	assert_int_equal(wait_loop(&l), LOOP_PAGES);
	assert_false(loop_stopped(&l.loop));
	sleep_ms(300);
	assert_true(loop_stopped(&l.loop));
	assert_int_equal(wait_loop(&l), LOOP_STOP);
	close_loop(&l);
}

static void ticks(void **state)
{
	struct looping l = {0};
	char page[4096] = {0};

	(void)state;
	open_loop(&l, NULL, 0, true, -1);
	assert_int_equal(wait_loop(&l), LOOP_TICK);
	/* In a flood, too. */
	assert_int_equal(write(l.pipe, page, sizeof(page)), sizeof(page));
	sleep_ms(1100);
	assert_int_equal(wait_loop(&l), LOOP_TICK);
	assert_int_equal(wait_loop(&l), LOOP_PAGES);
	close_loop(&l);
}

static void the_commands_end(void **state)
{
	struct looping l = {0};

	(void)state;
	open_loop(&l, argv_of("sh", "-c", "exit 3"), 0, false, -1);
	assert_int_equal(wait_loop(&l), LOOP_STOP);
	assert_true(l.child.exited);
	assert_int_equal(l.child.status, 3);
	close_loop(&l);
}

/* Whoever starts us may ignore SIGCHLD: the command's end must be seen all the same. */
static void the_commands_end_where_sigchld_was_ignored(void **state)
{
	struct looping l = {0};

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	open_loop(&l, argv_of("sh", "-c", "exit 3"), 5000000000, false, -1);
	assert_int_equal(wait_loop(&l), LOOP_STOP);
	assert_true(l.child.exited);
	assert_int_equal(l.child.status, 3);
	close_loop(&l);
	signal(SIGCHLD, SIG_DFL);
}

static void a_signal_without_a_command(void **state)
{
	for (size_t i = 0; i < sizeof(ending_signals) / sizeof(ending_signals[0]); i++) {
		struct looping l = {0};

		if (i)
			assert_int_equal(work_setup(state), 0);
		open_loop(&l, NULL, 0, false, -1);
		assert_int_equal(raise(ending_signals[i]), 0);
		assert_int_equal(wait_loop(&l), LOOP_STOP);
		close_loop(&l);
		if (i < 3)
			assert_int_equal(work_teardown(state), 0);
	}
}

/* From before the loop, while everything is being started. */
static void a_signal_before_the_loop(void **state)
{
	struct looping l = {0};
	struct error e;

	(void)state;
	assert_int_equal(loop_block_signals(&e), 0);
	assert_int_equal(raise(SIGINT), 0);
	open_loop(&l, NULL, 0, false, -1);
	assert_true(loop_stopped(&l.loop));
	assert_int_equal(wait_loop(&l), LOOP_STOP);
	close_loop(&l);
}

/* nohup's, and those of a shell's background jobs. */
static void an_ignored_signal_stays_ignored(void **state)
{
	struct looping l = {0};

	(void)state;
	signal(SIGHUP, SIG_IGN);
	open_loop(&l, NULL, 200000000, false, -1);
	assert_int_equal(raise(SIGHUP), 0);
	assert_false(loop_stopped(&l.loop));
	assert_int_equal(wait_loop(&l), LOOP_STOP); /* by the time */
	close_loop(&l);
	signal(SIGHUP, SIG_DFL);
}

/* The first request is the command's; the second one is ours. */
static void a_signal_with_a_command(void **state)
{
	struct looping l = {0};

	(void)state;
	open_loop(&l, argv_of("sleep", "100", NULL), 0, false, -1);
	assert_int_equal(kill(getpid(), SIGTERM), 0);
	assert_int_equal(wait_loop(&l), LOOP_PAGES);
	assert_int_equal(wait_loop(&l), LOOP_STOP);
	assert_true(l.child.exited);
	assert_int_equal(l.child.status, 128 + SIGTERM);
	close_loop(&l);
}

static void a_command_that_does_not_listen(void **state)
{
	struct looping l = {0};
	char script[200];

	(void)state;
	snprintf(script, sizeof(script), "trap '' TERM; echo >%s; exec sleep 100", work_path("ready"));
	open_loop(&l, argv_of("sh", "-c", script), 0, false, -1);
	for (int i = 0; i < 1000 && access(work_path("ready"), F_OK); i++)
		sleep_ms(5);
	assert_int_equal(kill(getpid(), SIGTERM), 0);
	assert_int_equal(wait_loop(&l), LOOP_PAGES);
	assert_int_equal(kill(getpid(), SIGTERM), 0);
	assert_int_equal(wait_loop(&l), LOOP_STOP);
	assert_false(l.child.exited);
	child_signal(&l.child, SIGKILL);
	close_loop(&l);
}

static void the_reader_of_our_output_goes(void **state)
{
	struct looping l = {0};
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	open_loop(&l, NULL, 5000000000, false, fds[1]);
	assert_false(loop_stopped(&l.loop));
	close(fds[0]);
	assert_int_equal(wait_loop(&l), LOOP_STOP);
	close_loop(&l);
	close(fds[1]);
}

/* A CPU's buffer that is gone must not wake us for ever. */
static void a_buffer_that_is_gone(void **state)
{
	struct looping l = {0};

	(void)state;
	open_loop(&l, NULL, 200000000, false, -1);
	close(l.pipe);
	assert_int_equal(wait_loop(&l), LOOP_PAGES);
	assert_int_equal(wait_loop(&l), LOOP_STOP);
	l.pipe = -1;
	close_loop(&l);
}

int main(void)
{
#define LOOP_TEST(f) cmocka_unit_test_setup_teardown(f, work_setup, work_teardown)
	const struct CMUnitTest tests[] = {
		LOOP_TEST(pages_then_the_time_is_over),
		LOOP_TEST(ticks),
		LOOP_TEST(the_commands_end),
		LOOP_TEST(the_commands_end_where_sigchld_was_ignored),
		LOOP_TEST(a_signal_without_a_command),
		LOOP_TEST(a_signal_before_the_loop),
		LOOP_TEST(an_ignored_signal_stays_ignored),
		LOOP_TEST(a_signal_with_a_command),
		LOOP_TEST(a_command_that_does_not_listen),
		LOOP_TEST(the_reader_of_our_output_goes),
		LOOP_TEST(a_buffer_that_is_gone),
	};

	work_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
