/* SPDX-License-Identifier: MIT */
/*
 * record_cpu OUT SIGNAL COMMAND [ARG…]
 *
 * Runs COMMAND with SIGINT as usual (a shell's background jobs ignore it), sends
 * it SIGNAL when asked to end by SIGTERM, and writes to OUT how much processor
 * time it and its children took, in microseconds: "user system". Its status.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile pid_t child;
static int send;

static void pass_on(int sig)
{
	(void)sig;
	if (child > 0)
		kill(child, send);
}

static long long microseconds(const struct timeval *t)
{
	return t->tv_sec * 1000000LL + t->tv_usec;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = pass_on, .sa_flags = SA_RESTART};
	struct rusage u;
	int status;
	FILE *out;

	if (argc < 4) {
		fprintf(stderr, "usage: record_cpu OUT SIGNAL COMMAND [ARG...]\n");
		return 2;
	}
	send = atoi(argv[2]);
	child = fork();
	if (child == 0) {
		signal(SIGINT, SIG_DFL);
		execvp(argv[3], argv + 3);
		perror(argv[3]);
		_exit(127);
	}
	sigaction(SIGTERM, &action, NULL);
	if (child < 0 || wait4(child, &status, 0, &u) < 0) {
		perror(argv[3]);
		return 1;
	}
	out = fopen(argv[1], "w");
	if (!out || fprintf(out, "%lld %lld\n", microseconds(&u.ru_utime), microseconds(&u.ru_stime)) < 0 ||
	    fclose(out)) {
		perror(argv[1]);
		return 1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
