/* SPDX-License-Identifier: MIT */
/*
 * The commands, one a file. Each returns the exit status (that of the traced
 * command, or 0), or -1 with *e filled; only main.c exits.
 */
#ifndef FALLOCTRACE_CMD_CMD_H
#define FALLOCTRACE_CMD_CMD_H

#include "cmd/options.h"
#include "falloctrace/error.h"

int cmd_trace(const struct options *o, struct error *e);
int cmd_top(const struct options *o, struct error *e);
int cmd_record(const struct options *o, struct error *e);
int cmd_replay(const struct options *o, struct error *e);
int cmd_recover(const struct options *o, struct error *e);
int cmd_doctor(const struct options *o, struct error *e);
int cmd_probes(const struct options *o, struct error *e);
int cmd_cleanup(const struct options *o, struct error *e);

#endif
