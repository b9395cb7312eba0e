/* SPDX-License-Identifier: MIT */
/*
 * What calls are counted by, as text: the one rule behind the rows of the
 * summary, the histograms, the live table and the report.
 */
#ifndef FALLOCTRACE_STATS_KEY_H
#define FALLOCTRACE_STATS_KEY_H

#include <stdbool.h>

#include "falloctrace/call.h"
#include "falloctrace/sink.h"
#include "output/buf.h"

/* "process", …, "host", as --by spells it; NULL for SUMMARY_DEFAULT. */
const char *stats_by_name(enum summary_by by);

/*
 * Adds to b what c is counted under; nothing where that is unknown (or by is
 * SUMMARY_DEFAULT). Any bytes but NUL: whoever shows them escapes them.
 *
 *   process  the thread's name: processes of one name are one key. Where it is
 *            unknown "pid:42", or "tid:43" where the process is, too
 *   file     its path, else "MAJOR:MINOR/INODE", else "MAJOR:MINOR/?"
 *   op, fs, via, host   the word
 *   user     the caller's uid
 *   cgroup   its path
 *   container its id, or its name; nothing for calls from outside of any
 *   errno    "0", "ENOSPC", or "-4000" of an error without a name
 *
 * hosts: calls of several machines come. Then what is told apart only on one of
 * them (a file, a pid, a user, a cgroup) has "HOST:" before it, or, where the name is unknown,
 * "#2:" for the second of the traces.
 */
void stats_key(struct buf *b, enum summary_by by, bool hosts, const struct call *c);

#endif
