// SPDX-License-Identifier: MIT
#include "cmd/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dat/owner.h"

/* What a shell says of a command that it can't find, or can't run. */
#define STATUS_NOT_FOUND 127
#define STATUS_NOT_RUN 126

/* Root by way of sudo: the command is the caller's, and gets no more than he has. */
static int become_caller(void)
{
	struct owner caller;

	owner_of_sudo(&caller);
	return caller.known ? owner_become(&caller) : 0;
}

/* What of 0, 1 and 2 is a terminal is so no longer. */
static int leave_terminal(int output)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (null < 0 || (isatty(STDIN_FILENO) && dup2(null, STDIN_FILENO) < 0))
		return -1;
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (isatty(fd) && dup2(output, fd) < 0)
			return -1;
	return 0;
}

static void run(char **argv, int go, int output)
{
	sigset_t none;
	int status;
	char byte;

	/* End of file instead of a byte: tracing could not be started. */
	if (read(go, &byte, 1) != 1)
		_exit(EXIT_FAILURE);
	close(go);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (output >= 0 && leave_terminal(output)) {
		error_tell(stderr, "can't run %s without a terminal: %s", argv[0], strerror(errno));
		_exit(STATUS_NOT_RUN);
	}
	if (become_caller()) {
		error_tell(stderr, "can't run %s as the user who called sudo: %s", argv[0], strerror(errno));
		_exit(STATUS_NOT_RUN);
	}
	execvp(argv[0], argv);
	status = errno == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_RUN;
	error_tell(stderr, "%s: %s", argv[0], strerror(errno));
	_exit(status);
}

int child_start(struct child *c, char **argv, struct error *e)
{
	return child_start_apart(c, argv, -1, e);
}

int child_start_apart(struct child *c, char **argv, int output, struct error *e)
{
	int fds[2];

	*c = (struct child){.go = -1};
	if (!argv)
		return 0;
	if (pipe2(fds, O_CLOEXEC))
		return error_errno(e, "can't start %s", argv[0]);
	fflush(NULL);
	c->pid = fork();
	if (c->pid == 0) {
		close(fds[1]);
		run(argv, fds[0], output);
	}
	close(fds[0]);
	if (c->pid < 0) {
		c->pid = 0;
		close(fds[1]);
		return error_errno(e, "can't start %s", argv[0]);
	}
	c->go = fds[1];
	return 0;
}

int child_release(struct child *c, struct error *e)
{
	ssize_t n;

	if (c->go < 0)
		return 0;
	do
		n = write(c->go, "g", 1);
	while (n < 0 && errno == EINTR);
	close(c->go);
	c->go = -1;
	return n == 1 ? 0 : error_errno(e, "can't start the command");
}

void child_reap(struct child *c)
{
	int status;
	pid_t pid;

	if (!c->pid || c->exited)
		return;
	do
		pid = waitpid(c->pid, &status, WNOHANG);
	while (pid < 0 && errno == EINTR);
	/* Gone, and nobody knows how: better than to wait for it for ever. */
	if (pid < 0 && errno == ECHILD) {
		error_tell(stderr, "how the command ended can't be told: %s", strerror(errno));
		c->status = EXIT_FAILURE;
		c->exited = true;
	}
	if (pid != c->pid)
		return;
	if (WIFEXITED(status))
		c->status = WEXITSTATUS(status);
	else if (WIFSIGNALED(status))
		c->status = 128 + WTERMSIG(status);
	else
		return;
	c->exited = true;
}

void child_signal(const struct child *c, int sig)
{
	if (c->pid && !c->exited)
		kill(c->pid, sig);
}

void child_close(struct child *c)
{
	if (c->go < 0)
		return;
	close(c->go);
	c->go = -1;
	waitpid(c->pid, NULL, 0);
}
