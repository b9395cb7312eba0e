/* SPDX-License-Identifier: MIT */
/* What the parts of sweep share: sweep.c says what fails, sweep_run.c runs the command, sweep_look.c looks what came of it. */
#ifndef SWEEP_H
#define SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

#include "faults.h"

#define TRACING "/sys/kernel/tracing"
#define TEXT 65536
#define FOREIGN 8

struct sweep {
	const char *preload, *dir, *replayer, *only;
	const char *foreign
		[FOREIGN]; /* in whose names of places that is: of what fails there only what is left is looked at */
	bool foreign_now;
	const char *left_by;  /* an instance, and a probe where there are any, that COMMAND is to remove; or NULL */
	int terminal;	      /* COMMAND's, its other end; -1: it has none */
	struct termios modes; /* its, before */
	bool more_lines;
	char **command;
	bool verbose, lasting;
	unsigned calls_max, errors_max, seed, part, parts;
	long calls; /* of fallocate; -1: not looked at */
	int limit;
	struct fault_shared *shared;
	char shared_file[512], out[512], err_file[512], std_file[512];
	char normal[TEXT]; /* what it says on stderr when nothing fails */
	unsigned runs, silent, told, failed, bad;
};

struct run {
	pid_t pid;
	int status; /* as a shell has it; -1: it took too long */
	char err[TEXT];
	char screen[TEXT]; /* what it wrote to its terminal, the last of it */
	size_t screen_size;
	char wrong[1024]; /* what is; empty: nothing */
};

/* More that is wrong with a run. */
void wrong(struct run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A file's beginning, as a string. */
void read_text(const char *path, char text[TEXT]);
/* Begins a command, in an empty folder's; inject: with the library that makes its calls fail. Its pid */
pid_t sweep_start(struct sweep *s, char **command, bool inject);
/* All that came of a command is our child once its own parent is gone: waits for the last of them. Its status, as a shell has it */
int sweep_await(struct sweep *s, struct run *r, pid_t pid, bool *left);
/* Whatever is still there. */
void kill_all(pid_t pid);
/* The command, once. */
void sweep_run(struct sweep *s, struct run *r);
/* Removes what was there for it to remove. */
void sweep_end(struct sweep *s);
/* Is all as it should be? said: the last line that it does not say when nothing fails. */
void look(struct sweep *s, struct run *r, char said[512]);
void without_digits(char *text);

#endif
