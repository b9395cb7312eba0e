/* SPDX-License-Identifier: MIT */
/*
 * Users and cgroups of the tasks that there were at the start, in the notes of a
 * recording; what changed since is among its events.
 */
#ifndef FALLOCTRACE_INFO_WHO_H
#define FALLOCTRACE_INFO_WHO_H

#include "falloctrace/info.h"
#include "text.h"

/* After the lines of tasks, which it adds to. */
void who_write(const struct trace_info *info, FILE *out);
/* A line of key "users", "hierarchy", "cgroup", "who" or "born". False: broken, or for want of memory (errno). */
bool who_parse(struct trace_info *info, struct text key, struct text values);
/* Whether key is one of these. */
bool who_is_key(struct text key);

#endif
