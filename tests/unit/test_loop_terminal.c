/* SPDX-License-Identifier: MIT */
/*
 * What else the loop tells of: ticks, and a terminal's keys and signals.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "looping.h"
#include "work.h"

/* Ticks in half a second. */
static int count_ticks(int64_t tick, int64_t first)
{
	struct loop_options wanted = NOTHING_WANTED;
	struct looping l = {0};
	enum loop_wake wake;
	int count = 0;

	wanted.tick = tick;
	wanted.first = first;
	wanted.duration = 500000000;
	open_wanted(&l, NULL, &wanted);
	while ((wake = wait_loop(&l)) != LOOP_STOP) {
		assert_int_equal(wake, LOOP_TICK);
		count++;
	}
	close_loop(&l);
	return count;
}

/* A busy machine leaves some out, and never adds any. */
static void ticks_of_any_length(void **state)
{
	static const struct {
		int64_t tick, first;
		int least, most;
	} cases[] = {{10000000, 0, 15, 50},	   {100000000, 0, 2, 5}, {300000000, 0, 1, 1},
		     {2000000000, 0, 0, 0},	   {0, 0, 0, 0},	 {2000000000, 100000000, 1, 1},
		     {10000000, 2000000000, 0, 0}, {0, 100000000, 0, 0}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (i)
			assert_int_equal(work_setup(state), 0);
		assert_in_range(count_ticks(cases[i].tick, cases[i].first), cases[i].least, cases[i].most);
		if (i < sizeof(cases) / sizeof(cases[0]) - 1)
			assert_int_equal(work_teardown(state), 0);
	}
}

static void keys_until_the_terminal_goes(void **state)
{
	struct loop_options wanted = NOTHING_WANTED;
	struct looping l = {0};
	int fds[2];
	char key;

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	wanted.input = fds[0];
	wanted.duration = 5000000000;
	open_wanted(&l, NULL, &wanted);
	assert_int_equal(write(fds[1], "q", 1), 1);
	assert_int_equal(wait_loop(&l), LOOP_INPUT);
	assert_int_equal(wait_loop(&l), LOOP_INPUT); /* until it is read */
	assert_int_equal(read(fds[0], &key, 1), 1);
	assert_false(loop_stopped(&l.loop));
	close(fds[1]);
	assert_int_equal(wait_loop(&l), LOOP_STOP);
	close_loop(&l);
	close(fds[0]);
}

static void what_a_command_says_until_its_end(void **state)
{
	struct loop_options wanted = NOTHING_WANTED;
	struct looping l = {0};
	char said[2];
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	wanted.said = fds[0];
	wanted.duration = 300000000;
	open_wanted(&l, NULL, &wanted);
	assert_int_equal(write(fds[1], "hi", 2), 2);
	close(fds[1]);
	assert_int_equal(wait_loop(&l), LOOP_INPUT);
	assert_int_equal(read(fds[0], said, 2), 2);
	assert_int_equal(wait_loop(&l), LOOP_INPUT); /* its end, once */
	assert_int_equal(wait_loop(&l), LOOP_STOP);  /* the time's */
	close_loop(&l);
	close(fds[0]);
}

static void the_terminals_signals(void **state)
{
	struct loop_options wanted = NOTHING_WANTED;
	struct looping l = {0};

	(void)state;
	wanted.terminal = true;
	wanted.duration = 300000000;
	open_wanted(&l, NULL, &wanted);
	raise(SIGCONT);
	raise(SIGWINCH);
	raise(SIGWINCH);
	assert_int_equal(wait_loop(&l), LOOP_RESIZE);
	assert_int_equal(wait_loop(&l), LOOP_RESUME);
	raise(SIGTSTP);
	assert_int_equal(wait_loop(&l), LOOP_SUSPEND);
	assert_int_equal(wait_loop(&l), LOOP_STOP);
	close_loop(&l);
}

/* In a process of its own; its status tells how far it came. */
static void be_suspended(void)
{
	struct loop_options wanted = NOTHING_WANTED;
	struct looping l = {0};

	setpgid(0, 0);
	wanted.terminal = true;
	wanted.duration = 5000000000;
	open_wanted(&l, NULL, &wanted);
	raise(SIGTSTP);
	if (wait_loop(&l) != LOOP_SUSPEND)
		_exit(1);
	loop_suspend();
	_exit(wait_loop(&l) == LOOP_RESUME ? 0 : 2);
}

static void suspended_and_continued(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0)
		be_suspended();
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(WSTOPSIG(status), SIGTSTP);
	assert_int_equal(kill(pid, SIGCONT), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Where there is no job control it is ignored, and who stops is not continued by anybody. */
static void not_suspended_where_that_is_ignored(void **state)
{
	struct loop_options wanted = NOTHING_WANTED;
	struct looping l = {0};
	enum loop_wake wake;

	(void)state;
	signal(SIGTSTP, SIG_IGN);
	wanted.terminal = true;
	wanted.duration = 300000000;
	open_wanted(&l, NULL, &wanted);
	raise(SIGTSTP);
	wake = wait_loop(&l);
	close_loop(&l);
	signal(SIGTSTP, SIG_DFL);
	assert_int_equal(wake, LOOP_STOP); /* the time's */
}

static void asked_to_end(void **state)
{
	struct looping l = {0};

	(void)state;
	open_loop(&l, NULL, 0, false, -1);
	loop_ask(&l.loop, SIGTERM);
	assert_int_equal(wait_loop(&l), LOOP_STOP);
	close_loop(&l);
}

/* As by a signal: the command first. */
static void asked_to_end_with_a_command(void **state)
{
	struct looping l = {0};

	(void)state;
	open_loop(&l, argv_of("sleep", "100", NULL), 5000000000, false, -1);
	loop_ask(&l.loop, SIGTERM);
	assert_int_equal(wait_loop(&l), LOOP_STOP);
	assert_true(l.child.exited);
	assert_int_equal(l.child.status, 128 + SIGTERM);
	close_loop(&l);
}

int main(void)
{
#define LOOP_TEST(f) cmocka_unit_test_setup_teardown(f, work_setup, work_teardown)
	const struct CMUnitTest tests[] = {
		LOOP_TEST(ticks_of_any_length),
		LOOP_TEST(keys_until_the_terminal_goes),
		LOOP_TEST(what_a_command_says_until_its_end),
		LOOP_TEST(the_terminals_signals),
		LOOP_TEST(suspended_and_continued),
		LOOP_TEST(not_suspended_where_that_is_ignored),
		LOOP_TEST(asked_to_end),
		LOOP_TEST(asked_to_end_with_a_command),
	};

	work_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
