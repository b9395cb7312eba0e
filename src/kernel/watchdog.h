/* SPDX-License-Identifier: MIT */
/*
 * A small process that outlives a crash, a SIGKILL and a forgetful author: it
 * holds one end of a pipe, and when the other end closes, however that came
 * about, it removes what we made in the kernel.
 */
#ifndef FALLOCTRACE_KERNEL_WATCHDOG_H
#define FALLOCTRACE_KERNEL_WATCHDOG_H

#include "falloctrace/error.h"

struct watchdog;

/* To be started before anything is made: what is removed bears the caller's pid. tracing is borrowed. */
struct watchdog *watchdog_start(const char *tracing, struct error *e);
/* Has the discovery's pair removed, in the background. */
void watchdog_drop_discovery(struct watchdog *w);
/* Has everything removed, and waits for that; does it itself where the watchdog is gone. 0: nothing is left. */
int watchdog_stop(struct watchdog *w, struct error *e);

#endif
