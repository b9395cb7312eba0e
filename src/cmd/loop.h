/* SPDX-License-Identifier: MIT */
/*
 * The one place where a live command waits: for pages, signals, the end of its
 * time, the end of its command.
 */
#ifndef FALLOCTRACE_CMD_LOOP_H
#define FALLOCTRACE_CMD_LOOP_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "cmd/child.h"
#include "falloctrace/error.h"
#include "kernel/reader.h"

enum loop_wake {
	LOOP_FAILED = -1,
	LOOP_PAGES, /* there may be something to read */
	LOOP_TICK,  /* a second has passed */
	LOOP_STOP,  /* a signal, the time, the command's end */
};

struct loop {
	struct child *child;
	int signals, timer, tick;
	int interrupts; /* how often we were asked to stop */
	bool stopped;
	struct pollfd *fds; /* ours, then the reader's */
	int count;
	int64_t settle_ns; /* waited after a first event, so that one wake-up serves many */
};

/*
 * Blocks the signals that end a trace and SIGCHLD, so that they are read here.
 * To be called before anything is made in the kernel; child_start before it.
 */
int loop_block_signals(struct error *e);
/*
 * duration: ns, 0 none. tick: whether LOOP_TICK is wanted. output: a descriptor
 * whose reader's going is a reason to stop, or -1. Borrows child and reader.
 */
int loop_open(struct loop *l, struct child *child, const struct reader *r, int64_t duration, bool tick, int output,
	      struct error *e);
enum loop_wake loop_wait(struct loop *l, struct error *e);
/* Whether the next loop_wait will say LOOP_STOP: for who has much to do between two. */
bool loop_stopped(struct loop *l);
/* The reader goes; what is waited for is the rest. */
void loop_forget_pages(struct loop *l);
void loop_close(struct loop *l);

#endif
