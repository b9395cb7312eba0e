/* SPDX-License-Identifier: MIT */
/*
 * What trace and record share: the session by the options, and what is said on
 * stderr about it.
 */
#ifndef FALLOCTRACE_CMD_LIVE_H
#define FALLOCTRACE_CMD_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/options.h"
#include "falloctrace/error.h"
#include "kernel/session.h"

/* batch: pages are wanted full rather than soon. */
int live_open(struct session *s, const struct options *o, bool batch, struct error *e);
/* What can't be seen on this kernel, one line; empty: nothing. */
#define LIVE_NOTE 640
void live_note(const struct session *s, char *buf, size_t size);
/* Once tracing runs: that it does (on a terminal), and what can't be seen. */
void live_banner(const struct options *o, const struct session *s);
/* What this process took of the processors. */
struct live_cost {
	int64_t cpu;	 /* ns, of all its threads */
	int64_t elapsed; /* ns */
};
struct live_cost live_cost_now(void); /* elapsed: on some clock */
#define LIVE_SHARE 64
/* What it took since began: "1.2 s CPU (0.8 %)". */
void live_share(const struct live_cost *began, char *buf, size_t size);
/*
 * On a terminal, at the end: what was seen, and what that cost since began:
 * "falloctrace: 12345 calls, 0 events lost, 1.2 s CPU (0.8 %)".
 */
void live_closing(const struct options *o, const struct live_cost *began, uint64_t calls, uint64_t lost);
/* After it: what the kernel missed. */
void live_report(const struct options *o, const struct session *s);
/* One line on stderr, "falloctrace: …", unless quiet. */
void live_warn(const struct options *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
