/* SPDX-License-Identifier: MIT */
/*
 * --related, in the kernel: probes on do_truncate are among the others
 * (probes.h); here are the tracepoints by which filesystems tell that blocks
 * which were reserved are written to. A filter in the kernel keeps away what is
 * no such thing. A filesystem whose module is not loaded yet tells nothing.
 */
#ifndef FALLOCTRACE_KERNEL_RELATED_H
#define FALLOCTRACE_KERNEL_RELATED_H

#include "falloctrace/error.h"
#include "kernel/session.h"
#include "kernel/specimen.h"

/* Enables them; sets the bits of s->info.related. -1: one that is there can't be had. */
int related_enable(struct session *s, struct error *e);
/* Sets the units and the ids of mounts that don't have them yet, where they are needed. */
void related_mounts(struct session *s);
/* A truncate of our own is compared with fstat: what is wrong is distrusted, without a sight of it RELATED_TRUNCATES goes. */
int related_check(struct session *s, struct specimen *f, struct error *e);

#endif
