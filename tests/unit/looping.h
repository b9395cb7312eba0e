/* SPDX-License-Identifier: MIT */
/*
 * A loop over an instance of plain files, whose trace_pipe_raw is a named pipe.
 */
#ifndef FALLOCTRACE_TESTS_UNIT_LOOPING_H
#define FALLOCTRACE_TESTS_UNIT_LOOPING_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/child.h"
#include "cmd/loop.h"
#include "kernel/reader.h"

struct looping {
	struct reader *reader;
	int pipe; /* writing end of CPU 0's */
	struct child child;
	struct loop loop;
};

#define NOTHING_WANTED                                \
	{                                             \
		.output = -1, .input = -1, .said = -1 \
	}

/* In the test's own directory (work_setup). argv: the command's; NULL: none. */
void open_wanted(struct looping *l, char **argv, const struct loop_options *wanted);
/* tick: one a second. */
void open_loop(struct looping *l, char **argv, int64_t duration, bool tick, int output);
enum loop_wake wait_loop(struct looping *l);
void close_loop(struct looping *l);

#endif
