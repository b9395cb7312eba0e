/* SPDX-License-Identifier: MIT */
/*
 * Giving up what a command needs no more, before it looks at what others wrote.
 * Only where the program is a process of its own (struct options, confined): the
 * tests run commands inside theirs.
 */
#ifndef FALLOCTRACE_CMD_CONFINE_H
#define FALLOCTRACE_CMD_CONFINE_H

#include "cmd/options.h"
#include "falloctrace/error.h"
#include "kernel/sandbox.h"

struct output;

/* The filter of system calls, from here on. */
int confine(const struct options *o, const struct sandbox *may, struct error *e);
/*
 * For who needs no privilege at all (replay): root becomes the user who called
 * sudo, or nobody, unless out can then not be written; every capability goes, and
 * the filter is put on. After everything is open.
 */
int confine_reader(const struct options *o, struct output *out, struct error *e);

/*
 * For who makes the file target of what lies in folder (recover), before it is
 * looked into: root becomes the user who called sudo where both are his; else
 * every capability goes that is not needed to write there, and the filter is put on.
 */
int confine_writer(const struct options *o, const char *folder, const char *target, struct error *e);

#endif
