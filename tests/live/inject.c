/* SPDX-License-Identifier: MIT */
/*
 * inject PID NUMBER [ARGUMENT…]: has a process that waits in the kernel make a
 * system call, as if somebody had got hold of it, and prints what came of it:
 * "returned N" or "killed by SIGNAL".
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#ifdef __x86_64__
static int fail(const char *what)
{
	fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
	return 2;
}

static void set(struct user_regs_struct *r, long nr, const long *args)
{
	r->rax = (unsigned long)nr;
	r->orig_rax = (unsigned long)-1L; /* nothing is to be restarted */
	r->rip -= 2;			  /* onto the instruction that brought it into the kernel */
	r->rdi = (unsigned long)args[0];
	r->rsi = (unsigned long)args[1];
	r->rdx = (unsigned long)args[2];
	r->r10 = (unsigned long)args[3];
}

/* To its next stop. Returns the status, or -1. */
static int go(pid_t pid)
{
	int status;

	if (ptrace(PTRACE_SYSCALL, pid, 0, 0) || waitpid(pid, &status, __WALL) != pid)
		return -1;
	return status;
}

int main(int argc, char **argv)
{
	pid_t pid = argc > 2 ? atoi(argv[1]) : 0;
	struct user_regs_struct saved, regs;
	long args[4] = {0};
	int status = 0;

	if (!pid)
		return 2;
	for (int i = 3; i < argc && i < 7; i++)
		args[i - 3] = strtol(argv[i], NULL, 0);
	if (ptrace(PTRACE_ATTACH, pid, 0, 0) || waitpid(pid, &status, __WALL) != pid)
		return fail("can't attach");
	if (ptrace(PTRACE_GETREGS, pid, 0, &saved))
		return fail("no registers");
	regs = saved;
	set(&regs, atol(argv[2]), args);
	if (ptrace(PTRACE_SETREGS, pid, 0, &regs))
		return fail("can't set registers");
	/* into it, and out of it; a filter's signal is a stop between */
	for (int i = 0; i < 3; i++) {
		status = go(pid);
		if (status < 0)
			return fail("can't go on");
		if (WIFSIGNALED(status)) {
			printf("killed by %d\n", WTERMSIG(status));
			return 0;
		}
		if (WSTOPSIG(status) == SIGSYS) {
			ptrace(PTRACE_CONT, pid, 0, SIGSYS);
			waitpid(pid, &status, __WALL);
			printf("killed by %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
			return 0;
		}
		/* A filter that kills takes the call back; its signal comes next. */
		if (i == 1 && ptrace(PTRACE_GETREGS, pid, 0, &regs) == 0 && (long)regs.rax != atol(argv[2])) {
			printf("returned %ld\n", (long)regs.rax);
			ptrace(PTRACE_SETREGS, pid, 0, &saved);
			ptrace(PTRACE_DETACH, pid, 0, 0);
			return 0;
		}
	}
	return 2;
}
#else
int main(void)
{
	return 77;
}
#endif
