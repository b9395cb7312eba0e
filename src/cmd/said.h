/* SPDX-License-Identifier: MIT */
/*
 * What a command says while the terminal is taken: kept, as far as it is not
 * too much, to be shown when the terminal is free again.
 */
#ifndef FALLOCTRACE_CMD_SAID_H
#define FALLOCTRACE_CMD_SAID_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "falloctrace/error.h"

#define SAID_KEPT 65536 /* bytes: the last */
#define SAID_LINE 512

struct said {
	int in;	 /* writing end of the pipe, for the command */
	int out; /* reading end */
	char *kept;
	size_t size;
	uint64_t dropped; /* bytes before what is kept */
	/* Its last line that isn't empty, or the one that it is writing. */
	char line[SAID_LINE], next[SAID_LINE];
	size_t line_size, next_size;
};

/* said_close takes one that was never opened, if said_init has seen it. */
void said_init(struct said *s);
int said_open(struct said *s, struct error *e);
/* The command has been started: the writing end is its alone. */
void said_started(struct said *s);
/* Takes what has come, without waiting. */
void said_read(struct said *s);
/* Writes what was kept, as it came. */
void said_write(const struct said *s, FILE *out);
void said_close(struct said *s);

#endif
