/* SPDX-License-Identifier: MIT */
/*
 * Patterns of --cgroup: a path ("/system.slice/cron.service": itself and what is
 * below), a glob, the name of a cgroup anywhere ("cron.service", "user-*"), the
 * beginning of a container's id, or its name. Backslashes are systemd's, and
 * stand for themselves.
 */
#ifndef FALLOCTRACE_FILTER_CGROUP_H
#define FALLOCTRACE_FILTER_CGROUP_H

#include <stdbool.h>
#include <stddef.h>

/* What is wrong with a pattern, to follow its text: "is …"; NULL: nothing. */
const char *cgroup_pattern_wrong(const char *text);
/* The pattern as it is kept: to be freed; NULL: memory. */
char *cgroup_pattern(const char *text);
/* path, container: as a call's; NULL and "": unknown. */
bool cgroup_matches(const char *pattern, const char *path, const char *container);

#endif
