/* SPDX-License-Identifier: MIT */
/*
 * Turns records into struct event. Formats are resolved once, by libtraceevent;
 * a record then costs a table look-up and bounds-checked copies.
 *
 * Our events, under any group whose name begins with "falloctrace":
 *   vfs_enter      file mode offset len size blocks nblocks dblocks ino dev mnt uid fd nr comm fs n0 n1 …
 *   vfs_done       file size blocks nblocks dblocks
 *   vfs_exit       ret size blocks nblocks dblocks; __probe_ret_ip is the caller
 *   sys_badfd      fd mode offset len nr comm
 *   sys_enter, compat_enter   fd mode offset len comm; compat may have off_lo off_hi len_lo len_hi for offset and len
 *   sys_exit, compat_exit     ret
 *   trunc_enter    len size blocks nblocks dblocks ino dev comm
 *   trunc_exit     ret size blocks nblocks dblocks
 * Any field may be missing. Numbers are sign-extended by what they mean, not by
 * what the format says of them.
 *
 * Others' events: the same names under any other group, if they are probes and
 * have the fields that make them ours; probes on vfs_fallocate by the names that
 * the kernel and perf give; syscalls:sys_enter_fallocate and _exit_, raw_syscalls'
 * (if the machine's number of fallocate is known), task:task_newtask, and what
 * filesystems tell (schema_events.c has them all).
 */
#ifndef FALLOCTRACE_SCHEMA_H
#define FALLOCTRACE_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "falloctrace/error.h"
#include "falloctrace/event.h"
#include "falloctrace/page.h"

struct schema;

/* The tracepoint, its system and *name, that tells of blocks being written to. */
const char *event_of_convert(enum convert step, const char **name);
/* The bits of its flags of which a record must have one, by the text of its format; 0: any record will do. */
uint32_t schema_mask(const char *system, const char *text, size_t size);

struct schema *schema_new(const struct page_format *f);
void schema_free(struct schema *s);
/* Which machine the trace is of, as uname(2) names it. To be told before the formats; unknown: raw_syscalls are not used. */
void schema_set_machine(struct schema *s, const char *machine);
/*
 * Adds one event's format text (events/SYSTEM/NAME/format). 1: it is one of
 * ours, 0: of no interest, -1: its text is broken. The text is checked and
 * rebuilt before libtraceevent sees it.
 */
int schema_add(struct schema *s, const char *system, const char *text, size_t size, struct error *e);
/* How many events that tell of fallocate calls it knows. */
size_t schema_count(const struct schema *s);
/* Whether records of this id may be of interest. */
bool schema_knows_id(const struct schema *s, int id);
/* The id of a record (its common_type), -1 if it is too short. */
int schema_record_id(const struct schema *s, const void *data, size_t size);
/* 1: *ev is filled (kind EVENT_NONE for a record of no interest); -1: the record does not fit its format. */
int schema_decode(const struct schema *s, const void *data, size_t size, uint64_t ts, int cpu, struct event *ev,
		  struct error *e);

#endif
