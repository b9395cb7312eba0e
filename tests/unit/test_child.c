/* SPDX-License-Identifier: MIT */
/*
 * The traced command, and the loop that waits for it: over an instance of plain
 * files, whose trace_pipe_raw is a named pipe.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/child.h"
#include "cmd/loop.h"

#define FDS 256

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
static char dir[64];

static char *path(const char *name)
{
	static char p[4][128];
	static unsigned turn;

	turn = (turn + 1) % 4;
	snprintf(p[turn], sizeof(p[turn]), "%s/%s", dir, name);
	return p[turn];
}

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(path(name), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static const char *read_file(const char *name)
{
	static char text[4096];
	FILE *f = fopen(path(name), "r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	return text;
}

static void sleep_ms(long ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

static int setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test_child.XXXXXX");
	return !mkdtemp(dir);
}

static int remove_one(const char *file, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(file);
}

static int teardown(void **state)
{
	sigset_t none;

	(void)state;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* An argv; words behind the first NULL are not looked at. Good until the next one is asked for. */
static char **command(const char *a, const char *b, const char *c)
{
	const char *const given[] = {a, b, c, NULL};
	static char words[3][256], *argv[4];

	memset(argv, 0, sizeof(argv));
	for (int i = 0; given[i]; i++) {
		snprintf(words[i], sizeof(words[i]), "%s", given[i]);
		argv[i] = words[i];
	}
	return argv;
}

/* --- the command --- */

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
	return status_of(command("sh", "-c", script));
}

static void statuses(void **state)
{
	(void)state;
	assert_int_equal(shell("exit 0"), 0);
	assert_int_equal(shell("exit 42"), 42);
	assert_int_equal(shell("exit 255"), 255);
	assert_int_equal(shell("kill -TERM $$"), 128 + 15);
	assert_int_equal(shell("kill -KILL $$"), 128 + 9);
	assert_int_equal(status_of(command("/nowhere/such-a-command", NULL, NULL)), 127);
	assert_int_equal(status_of(command("no-such-command-in-the-path", NULL, NULL)), 127);
	assert_int_equal(status_of(command(dir, NULL, NULL)), 126);
	write_file("plain", "not a program");
	assert_int_equal(status_of(command(path("plain"), NULL, NULL)), 126);
}

static void held_until_released(void **state)
{
	struct error e;
	struct child c;
	char script[128];

	(void)state;
	snprintf(script, sizeof(script), "echo $$ >%s", path("ran"));
	assert_int_equal(child_start(&c, command("sh", "-c", script), &e), 0);
	assert_true(c.pid > 0);
	sleep_ms(100);
	child_reap(&c);
	assert_false(c.exited);
	assert_int_not_equal(access(path("ran"), F_OK), 0);
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
	assert_int_equal(atoi(read_file("ran")), c.pid);
}

static void never_released_never_runs(void **state)
{
	struct error e;
	struct child c;
	char script[128];

	(void)state;
	snprintf(script, sizeof(script), "echo >%s", path("ran"));
	assert_int_equal(child_start(&c, command("sh", "-c", script), &e), 0);
	child_close(&c);
	assert_int_not_equal(access(path("ran"), F_OK), 0);
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
	assert_int_equal(status_of(command("/proc/self/exe", "tell", path("told"))), 0);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	told = read_file("told");
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
	snprintf(script, sizeof(script), "echo >%s", path("ran"));
	assert_int_equal(loop_block_signals(&e), 0);
	assert_int_equal(child_start(&c, command("sh", "-c", script), &e), 0);
	child_signal(&c, SIGINT);
	assert_int_equal(child_release(&c, &e), 0);
	for (int i = 0; i < 1000 && !c.exited; i++) {
		child_reap(&c);
		sleep_ms(5);
	}
	assert_int_equal(c.status, 128 + SIGINT);
	assert_int_not_equal(access(path("ran"), F_OK), 0);
}

/* --- the loop --- */

static const char header_page[] = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
				  "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
				  "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
				  "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n";

struct looping {
	struct reader *reader;
	int pipe; /* writing end of CPU 0's */
	struct child child;
	struct loop loop;
};

static void open_loop(struct looping *l, char **argv, int64_t duration, bool tick, int output)
{
	struct error e;

	assert_int_equal(mkdir(path("events"), 0700), 0);
	assert_int_equal(mkdir(path("per_cpu"), 0700), 0);
	assert_int_equal(mkdir(path("per_cpu/cpu0"), 0700), 0);
	write_file("events/header_page", header_page);
	write_file("per_cpu/cpu0/stats", "entries: 0\noverrun: 0\n");
	assert_int_equal(mkfifo(path("per_cpu/cpu0/trace_pipe_raw"), 0600), 0);
	l->reader = reader_open(dir, &e);
	assert_non_null(l->reader);
	l->pipe = open(path("per_cpu/cpu0/trace_pipe_raw"), O_WRONLY | O_CLOEXEC);
	assert_true(l->pipe >= 0);
	assert_int_equal(loop_block_signals(&e), 0);
	assert_int_equal(child_start(&l->child, argv, &e), 0);
	assert_int_equal(loop_open(&l->loop, &l->child, l->reader, duration, tick, output, &e), 0);
	assert_int_equal(child_release(&l->child, &e), 0);
}

static enum loop_wake wait_loop(struct looping *l)
{
	struct error e;

	return loop_wait(&l->loop, &e);
}

static void close_loop(struct looping *l)
{
	loop_close(&l->loop);
	loop_close(&l->loop); /* does nothing */
	child_close(&l->child);
	reader_close(l->reader);
	close(l->pipe);
}

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
	open_loop(&l, command("sh", "-c", "exit 3"), 0, false, -1);
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
	open_loop(&l, command("sh", "-c", "exit 3"), 5000000000, false, -1);
	assert_int_equal(wait_loop(&l), LOOP_STOP);
	assert_true(l.child.exited);
	assert_int_equal(l.child.status, 3);
	close_loop(&l);
	signal(SIGCHLD, SIG_DFL);
}

static void a_signal_without_a_command(void **state)
{
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct looping l = {0};

		if (i)
			assert_int_equal(setup(state), 0);
		open_loop(&l, NULL, 0, false, -1);
		assert_int_equal(raise(signals[i]), 0);
		assert_int_equal(wait_loop(&l), LOOP_STOP);
		close_loop(&l);
		if (i < 3)
			assert_int_equal(teardown(state), 0);
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
	open_loop(&l, command("sleep", "100", NULL), 0, false, -1);
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
	snprintf(script, sizeof(script), "trap '' TERM; echo >%s; exec sleep 100", path("ready"));
	open_loop(&l, command("sh", "-c", script), 0, false, -1);
	for (int i = 0; i < 1000 && access(path("ready"), F_OK); i++)
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

int main(int argc, char **argv)
{
#define CHILD_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		CHILD_TEST(statuses),
		CHILD_TEST(held_until_released),
		CHILD_TEST(never_released_never_runs),
		CHILD_TEST(without_a_command),
		CHILD_TEST(the_command_gets_nothing_of_ours),
		CHILD_TEST(a_signal_while_held),
		CHILD_TEST(pages_then_the_time_is_over),
		CHILD_TEST(ticks),
		CHILD_TEST(the_commands_end),
		CHILD_TEST(the_commands_end_where_sigchld_was_ignored),
		CHILD_TEST(a_signal_without_a_command),
		CHILD_TEST(a_signal_before_the_loop),
		CHILD_TEST(an_ignored_signal_stays_ignored),
		CHILD_TEST(a_signal_with_a_command),
		CHILD_TEST(a_command_that_does_not_listen),
		CHILD_TEST(the_reader_of_our_output_goes),
		CHILD_TEST(a_buffer_that_is_gone),
	};

	if (argc == 3 && !strcmp(argv[1], "tell"))
		return tell(argv[2]);
	/* A job in the background has some of these ignored, and ours stay so. */
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_DFL);
	/* As root by way of sudo the commands would run as somebody else. */
	unsetenv("SUDO_UID");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
