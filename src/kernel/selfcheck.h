/* SPDX-License-Identifier: MIT */
/*
 * Before anything is shown, calls on files of our own go the whole way, from the
 * probes to decoded events, and are compared with what fstat says. What does not
 * agree is distrusted: never shown as seen.
 */
#ifndef FALLOCTRACE_KERNEL_SELFCHECK_H
#define FALLOCTRACE_KERNEL_SELFCHECK_H

#include "falloctrace/error.h"
#include "kernel/session.h"
#include "kernel/specimen.h"

/* Sets s->info's distrust, and for each mounted filesystem type s->blocks and the rule of its mounts. */
int selfcheck(struct session *s, struct specimen specimens[SPECIMENS], struct error *e);

#endif
