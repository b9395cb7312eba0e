/* SPDX-License-Identifier: MIT */
/*
 * Paths of cgroups, each kept once, by a small number: thousands of tasks share
 * a few.
 */
#ifndef FALLOCTRACE_INFO_CGROUPS_H
#define FALLOCTRACE_INFO_CGROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is kept at most: beyond either, paths not met before stay unknown. */
#define CGROUPS_MAX 65535 /* paths */
#define CGROUPS_BYTES_MAX (8u << 20)
#define CGROUP_PATH_MAX 4095 /* bytes of one, without a NUL */

struct cgroup {
	char *path;	       /* from the root of its hierarchy: "/system.slice/cron.service" */
	const char *container; /* as container.h has it; "": none */
};

struct cgroups;

struct cgroups *cgroups_new(void);
void cgroups_free(struct cgroups *c); /* NULL is fine */
/*
 * The number of a path, from 1. 0: it is not kept, being none (empty, not from
 * the root, with a NUL, too long) or one too many, or for want of memory.
 */
uint16_t cgroups_number(struct cgroups *c, const char *path, size_t size);
/* Whether one was refused, being one too many: no new one is taken any more. */
bool cgroups_full(const struct cgroups *c);
/* NULL: there is no such number. Valid, and where it is, until cgroups_free. */
const struct cgroup *cgroups_at(const struct cgroups *c, uint16_t number);

#endif
