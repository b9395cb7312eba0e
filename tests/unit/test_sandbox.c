/* SPDX-License-Identifier: MIT */
/*
 * The filter of system calls, in processes of its own: what it lets through, what
 * fails, what kills. tests/live/privileges-host looks at the commands'.
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
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/sandbox.h"
#include "work.h"

#define CHECK(what)                                \
	do {                                       \
		if (!(what))                       \
			return __LINE__ % 200 + 1; \
	} while (0)

/* How a function ends in a sandbox: its result, or 1000 and the signal. */
static int confined(const struct sandbox *s, int (*run)(void))
{
	struct error e;
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(sandbox_enter(s, &e) ? 250 : run());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int reads(void)
{
	time_t now = time(NULL);
	struct tm tm;
	FILE *f = fopen("/proc/self/status", "re");
	char line[128];
	int seccomp = 0;

	CHECK(f && localtime_r(&now, &tm));
	while (fgets(line, sizeof(line), f))
		sscanf(line, "Seccomp: %d", &seccomp);
	fclose(f);
	CHECK(seccomp == 2);
	CHECK(raise(0) == 0);
	free(malloc(10 << 20));
	return 0;
}

static int fails_softly(void)
{
	CHECK(open(work_path("x"), O_WRONLY | O_CREAT, 0600) == -1 && errno == EACCES);
	CHECK(open("/", O_RDWR | O_TMPFILE, 0600) == -1 && errno == EACCES);
	CHECK(rename("/a", "/b") == -1 && errno == EACCES);
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
	      errno == EACCES);
	CHECK(kill(getppid(), SIGTERM) == -1 && errno == EPERM);
	CHECK(syscall(10000) == -1 && errno == ENOSYS);
	return 0;
}

static int makes_files(void)
{
	int fd = open(work_path("x"), O_WRONLY | O_CREAT, 0600);

	CHECK(fd >= 0 && write(fd, "x", 1) == 1 && fchmod(fd, 0644) == 0);
	CHECK(rename(work_path("x"), work_path("x")) == 0 && unlink(work_path("x")) == 0);
	return 0;
}

static int forks(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		char name[] = "true", *const argv[] = {name, NULL};

		execv("/bin/true", argv);
		_exit(0);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
	/* with the same filter */
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	return 0;
}

static int runs_a_program(void)
{
	char name[] = "true", *const argv[] = {name, NULL};

	return execv("/bin/true", argv);
}

static int makes_a_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? 3 : 4;
}

static void filter(void **state)
{
	static const struct sandbox least = {0}, writer = {.writes = true}, forker = {.forks = true};

	(void)state;
	if (sandbox_missing()) {
		printf("skipped: %s\n", sandbox_missing());
		skip();
	}
	assert_int_equal(confined(&least, reads), 0);
	assert_int_equal(confined(&least, fails_softly), 0);
	assert_int_equal(confined(&writer, makes_files), 0);
	assert_int_equal(confined(&forker, forks), 0);
	assert_int_equal(confined(&least, forks), 1000 + SIGSYS);
	assert_int_equal(confined(&writer, runs_a_program), 1000 + SIGSYS);
	assert_int_equal(confined(&forker, makes_a_socket), 1000 + SIGSYS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, work_setup, work_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {TEST(filter)};

	work_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
