/* SPDX-License-Identifier: MIT */
/*
 * Where what is shown goes: -o's file, or standard output. A format that is of
 * use only as a whole (sink_formats[].whole) has its file replaced, each time
 * that it is whole: whoever reads it finds the old one or the new one, never a
 * part. Pipes and devices can't be replaced and are written to.
 */
#ifndef FALLOCTRACE_CMD_OUTPUT_H
#define FALLOCTRACE_CMD_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "cmd/options.h"
#include "falloctrace/error.h"

struct output;

/*
 * Before anything else: what can't be written is told at once. What was there
 * stays as it is. A new file is its owner's only (mode 0600), unless its format
 * is for others, too (0644, less the umask); one that is replaced by its owner
 * keeps its mode. Borrows o.
 */
struct output *output_open(const struct options *o, struct error *e);
/* Whether its file is made anew, each time: that takes more than to write to what is open. */
bool output_writes_files(const struct output *out);
/* Whether the user who called sudo can do by himself all that is still to be done. */
bool output_is_owners(const struct output *out);
/* To write to; the same one until output_close. */
FILE *output_file(const struct output *out);
/* -1 where it is one of the files that its options name, which it would destroy; before output_begin. */
int output_apart(const struct output *out, struct error *e);
/* Empties the file, once it is sure that there will be something to write: a start that fails keeps what was in it. */
int output_begin(struct output *out, struct error *e);
/*
 * In place of caps_drop_all, for who is to write as a tracer: gives up all
 * privileges, but for the one to replace a file in somebody else's directory
 * (sudo) where nothing less will do; that one is switched off between times.
 */
int output_drop_caps(struct output *out, struct error *e);
/* What has been written since the last time is whole. last: nothing will follow. */
int output_publish(struct output *out, bool last, struct error *e);
/*
 * Closes it (flushes standard output) and finds late write errors; EPIPE is
 * none. What was not published is gone. Takes NULL.
 */
int output_close(struct output *out, struct error *e);
int output_close_stdout(struct error *e); /* main's, at the very end */

#endif
