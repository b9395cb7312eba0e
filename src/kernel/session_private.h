/* SPDX-License-Identifier: MIT */
/* What session.c, the instance and all that ends with it, and session_events.c, the events in it, share. */
#ifndef FALLOCTRACE_KERNEL_SESSION_PRIVATE_H
#define FALLOCTRACE_KERNEL_SESSION_PRIVATE_H

#include "kernel/session.h"

/* Notes what a step took that began at start; returns the time now. */
int64_t session_step(struct session *s, const char *name, int64_t start);
/* In an instance that is there: finds out where everything is, and has its events come. Until 0 is returned, what it made stays. */
int session_events_start(struct session *s, const struct session_options *o, struct error *e);

#endif
