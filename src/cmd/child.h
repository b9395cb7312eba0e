/* SPDX-License-Identifier: MIT */
/*
 * The command behind "--": forked before anything is traced, held behind a pipe
 * until the probes are live, run as the user who called sudo.
 */
#ifndef FALLOCTRACE_CMD_CHILD_H
#define FALLOCTRACE_CMD_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "falloctrace/error.h"

struct child {
	pid_t pid; /* 0: none */
	int go;	   /* writing end of the pipe it waits at, or -1 */
	bool exited;
	int status; /* exit status, or 128 + signal, once exited */
};

/* argv NULL: no child, and all below do nothing. Blocked signals are unblocked in the child. */
int child_start(struct child *c, char **argv, struct error *e);
/*
 * The same for a command whose terminal is ours alone: it reads from /dev/null
 * in place of the terminal, and writes to output what it would write there. -1:
 * its terminal is left to it.
 */
int child_start_apart(struct child *c, char **argv, int output, struct error *e);
int child_release(struct child *c, struct error *e);
/* Notes whether it has ended (does not wait). */
void child_reap(struct child *c);
/* Passes a signal on. */
void child_signal(const struct child *c, int sig);
/* One that was never released ends without having run; one that runs is left alone. */
void child_close(struct child *c);

#endif
