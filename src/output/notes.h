/* SPDX-License-Identifier: MIT */
/*
 * What a row of columns has no column for.
 */
#ifndef FALLOCTRACE_OUTPUT_NOTES_H
#define FALLOCTRACE_OUTPUT_NOTES_H

#include <stdbool.h>

#include "falloctrace/call.h"
#include "output/buf.h"

/*
 * Adds to b "[NOTE,NOTE...]" without a blank in it, or nothing:
 *   compat, io_uring, ... kernel:SYMBOL   the way in, unless a plain system call; via? where unknown
 *   unfinished, orphan, nested, loss-nearby   what is odd
 *   fd:7                                   where no path is known
 *   +1:FS:PATH                             (with inner) calls inside, the first one's file
 */
void text_notes(struct buf *b, const struct call *c, bool inner);

#endif
