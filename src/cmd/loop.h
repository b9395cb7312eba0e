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
	LOOP_PAGES,   /* there may be something to read */
	LOOP_TICK,    /* it is time for what is done now and then */
	LOOP_INPUT,   /* there is something to read from input or said */
	LOOP_RESIZE,  /* the terminal has another size */
	LOOP_SUSPEND, /* Ctrl-Z: whoever uses the terminal leaves it as it was, and stops itself (loop_suspend) */
	LOOP_RESUME,  /* we had been stopped, and the terminal may have been somebody else's */
	LOOP_STOP,    /* a signal, the time, the command's end */
};

struct loop_options {
	int64_t duration; /* ns; 0: no end */
	int64_t tick;	  /* ns between two LOOP_TICK; 0: none wanted */
	int64_t first;	  /* ns until the first of them; 0: as many as between two */
	int output;	  /* whose reader's going is a reason to stop; -1 none */
	int input;	  /* that LOOP_INPUT tells of, a terminal whose going is a reason to stop; -1 none */
	int said;	  /* that LOOP_INPUT tells of until its end; -1 none */
	int rivals;	  /* wakes us, with LOOP_PAGES, and has the pages' descriptors looked at again; 0 none */
	bool terminal;	  /* LOOP_RESIZE, LOOP_SUSPEND and LOOP_RESUME are wanted */
};

struct loop {
	struct child *child;
	const struct reader *reader;
	int signals, timer, tick;
	int interrupts; /* how often we were asked to stop */
	int requests;	/* … by any signal, passed on or not */
	bool urgent;	/* … by one that is not Ctrl-C */
	bool stopped;
	unsigned terminal;  /* bits 1 << LOOP_RESIZE … LOOP_RESUME: to be told */
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
 * Borrows child and reader.
 */
int loop_open(struct loop *l, struct child *child, const struct reader *r, const struct loop_options *o,
	      struct error *e);
enum loop_wake loop_wait(struct loop *l, struct error *e);
/* Whether the next loop_wait will say LOOP_STOP: for who has much to do between two. */
bool loop_stopped(struct loop *l);
/* loop_wait is to wake us with LOOP_PAGES, too, once options' output takes something (or no longer is). */
void loop_want_output(struct loop *l, bool wanted);
/*
 * Waits up to timeout_ms for options' output to take something, or for a signal.
 * Once stopped, too.
 */
void loop_wait_output(struct loop *l, int timeout_ms);
/* As a signal that asks us to stop: with a command that runs, the first one is passed on to it, the second one is ours. */
void loop_ask(struct loop *l, int sig);
/* Stops this process as Ctrl-Z does, until it is continued; for LOOP_SUSPEND. */
void loop_suspend(void);
/* Wakes up as for pages where that descriptor has something, too. -1: none. */
void loop_watch(struct loop *l, int fd);
/* The reader goes; what is waited for is the rest. */
void loop_forget_pages(struct loop *l);
void loop_close(struct loop *l);

#endif
