/* SPDX-License-Identifier: MIT */
/*
 * Others who may write to tracefs, too, and take from our instance what it is
 * there for: switch it off, empty it, change its clock, disable or remove its
 * events. Of that the kernel tells nobody. Files of the instance are watched with
 * inotify, so that what was undone again is noticed as well; whether the events
 * are still enabled is looked at once a second, for those files have no lasting
 * inodes (eventfs, 6.6 and newer).
 */
#ifndef FALLOCTRACE_KERNEL_RIVALS_H
#define FALLOCTRACE_KERNEL_RIVALS_H

#include <stdbool.h>
#include <stddef.h>

#include "falloctrace/error.h"

struct rivals;

#define RIVALS_EVENTS 32 /* names, at most */
#define RIVALS_RESIZED 1
#define RIVALS_CLOCK (-2)

/*
 * dir: an instance's, set up and its events enabled; borrowed. events: below its
 * "events", "GROUP" or "GROUP/NAME", count of them. From here on whoever writes
 * there is a rival. Files are kept open, so that no privileges are needed later.
 */
struct rivals *rivals_open(const char *dir, const char *const *events, size_t count, struct error *e);
void rivals_close(struct rivals *r);
/* Readable when it is time to look: something was written, or a second is over. */
int rivals_fd(const struct rivals *r);
/*
 * 0: all is as it was. RIVALS_RESIZED: the buffers have another size, which loses
 * nothing untold; *e says so. -1: events may be missing; *e says what was done.
 * RIVALS_CLOCK: likewise, and those in the kernel's buffers bear times of another
 * clock. last: the second need not be over.
 */
int rivals_look(struct rivals *r, bool last, struct error *e);

#endif
