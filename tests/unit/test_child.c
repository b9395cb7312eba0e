/* SPDX-License-Identifier: MIT */
/*
 * The traced command: held, released, ended, and what it inherits.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/child.h"
#include "cmd/loop.h"
#include "work.h"

#define FDS 256

static int status_of(char **argv)
{
	struct error e;
	struct child c;

	assert_int_equal(child_start(&c, argv, &e), 0);
	assert_int_equal(child_release(&c, &e), 0);
	for (int i = 0; i < 1000 && !c.exited; i++) {
		child_reap(&c);
		sleep_ms(5);
	}
	assert_true(c.exited);
	child_close(&c);
	return c.status;
}

static int shell(const char *script)
{
	return status_of(argv_of("sh", "-c", script));
}

static void statuses(void **state)
{
	(void)state;
	assert_int_equal(shell("exit 0"), 0);
	assert_int_equal(shell("exit 42"), 42);
	assert_int_equal(shell("exit 255"), 255);
	assert_int_equal(shell("kill -TERM $$"), 128 + 15);
	assert_int_equal(shell("kill -KILL $$"), 128 + 9);
	assert_int_equal(status_of(argv_of("/nowhere/such-a-command", NULL, NULL)), 127);
	assert_int_equal(status_of(argv_of("no-such-command-in-the-path", NULL, NULL)), 127);
	assert_int_equal(status_of(argv_of(work_dir(), NULL, NULL)), 126);
	work_write("plain", "not a program");
	assert_int_equal(status_of(argv_of(work_path("plain"), NULL, NULL)), 126);
}

static void held_until_released(void **state)
{
	struct error e;
	struct child c;
	char script[128];

	(void)state;
	snprintf(script, sizeof(script), "echo $$ >%s", work_path("ran"));
	assert_int_equal(child_start(&c, argv_of("sh", "-c", script), &e), 0);
	assert_true(c.pid > 0);
	sleep_ms(100);
	child_reap(&c);
	assert_false(c.exited);
	assert_int_not_equal(access(work_path("ran"), F_OK), 0);
	assert_int_equal(child_release(&c, &e), 0);
	/* Once more does nothing. */
	assert_int_equal(child_release(&c, &e), 0);
	for (int i = 0; i < 1000 && !c.exited; i++) {
		child_reap(&c);
		sleep_ms(5);
	}
	assert_true(c.exited);
	assert_int_equal(c.status, 0);
	/* The process that was forked is the command: no shell or other one between. */
	assert_int_equal(atoi(work_read("ran")), c.pid);
}

static void never_released_never_runs(void **state)
{
	struct error e;
	struct child c;
	char script[128];

	(void)state;
	snprintf(script, sizeof(script), "echo >%s", work_path("ran"));
	assert_int_equal(child_start(&c, argv_of("sh", "-c", script), &e), 0);
	child_close(&c);
	assert_int_not_equal(access(work_path("ran"), F_OK), 0);
	assert_int_equal(waitpid(c.pid, NULL, WNOHANG), -1); /* no zombie */
	child_close(&c);
}

static void without_a_command(void **state)
{
	struct error e;
	struct child c;

	(void)state;
	assert_int_equal(child_start(&c, NULL, &e), 0);
	assert_int_equal(c.pid, 0);
	assert_int_equal(child_release(&c, &e), 0);
	child_reap(&c);
	child_signal(&c, SIGKILL); /* to pid 0 it would end this test */
	assert_false(c.exited);
	assert_int_equal(c.status, 0);
	child_close(&c);
}

/* Descriptors that are open and, as far as is asked for, survive exec. */
static void list_fds(bool inherited, bool open[FDS])
{
	for (int fd = 0; fd < FDS; fd++) {
		int flags = fcntl(fd, F_GETFD);

		open[fd] = flags >= 0 && !(inherited && flags & FD_CLOEXEC);
	}
}

/* This program, run as the command: what it was given, into a file. */
static int tell(const char *file)
{
	struct sigaction pipe, xfsz;
	bool open[FDS];
	sigset_t mask;
	FILE *f;
	int blocked = 0;

	list_fds(false, open);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	sigaction(SIGPIPE, NULL, &pipe);
	sigaction(SIGXFSZ, NULL, &xfsz);
	for (int sig = 1; sig < 32; sig++)
		blocked += sigismember(&mask, sig) == 1;
	f = fopen(file, "w");
	if (!f)
		return 1;
	fprintf(f, "%d %d %d\n", blocked, pipe.sa_handler == SIG_DFL, xfsz.sa_handler == SIG_DFL);
	fwrite(open, 1, sizeof(open), f);
	return fclose(f) ? 1 : 0;
}

static void the_command_gets_nothing_of_ours(void **state)
{
	struct error e;
	bool open[FDS];
	const char *told;

	(void)state;
	list_fds(true, open);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(loop_block_signals(&e), 0);
	assert_int_equal(status_of(argv_of("/proc/self/exe", "tell", work_path("told"))), 0);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	told = work_read("told");
	assert_memory_equal(told, "0 1 1\n", 6);
	assert_memory_equal(told + 6, open, sizeof(open));
}

/* A signal that came while it was held ends it before it has begun. */
static void a_signal_while_held(void **state)
{
	struct error e;
	struct child c;
	char script[128];

	(void)state;
	snprintf(script, sizeof(script), "echo >%s", work_path("ran"));
	assert_int_equal(loop_block_signals(&e), 0);
	assert_int_equal(child_start(&c, argv_of("sh", "-c", script), &e), 0);
	child_signal(&c, SIGINT);
	assert_int_equal(child_release(&c, &e), 0);
	for (int i = 0; i < 1000 && !c.exited; i++) {
		child_reap(&c);
		sleep_ms(5);
	}
	assert_int_equal(c.status, 128 + SIGINT);
	assert_int_not_equal(access(work_path("ran"), F_OK), 0);
}

int main(int argc, char **argv)
{
#define CHILD_TEST(f) cmocka_unit_test_setup_teardown(f, work_setup, work_teardown)
	const struct CMUnitTest tests[] = {
		CHILD_TEST(statuses),
		CHILD_TEST(held_until_released),
		CHILD_TEST(never_released_never_runs),
		CHILD_TEST(without_a_command),
		CHILD_TEST(the_command_gets_nothing_of_ours),
		CHILD_TEST(a_signal_while_held),
	};

	if (argc == 3 && !strcmp(argv[1], "tell"))
		return tell(argv[2]);
	work_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
