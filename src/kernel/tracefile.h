/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing the small files of tracefs, with errors that a user can
 * act on. Where tracefs lies is libtracefs's business.
 */
#ifndef FALLOCTRACE_KERNEL_TRACEFILE_H
#define FALLOCTRACE_KERNEL_TRACEFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "falloctrace/error.h"

/*
 * The directory of tracefs, mounted if need be; libtracefs's, never freed. NULL
 * and an error that names what is in the way: no tracefs, lockdown, permissions.
 */
const char *tracing_dir(struct error *e);

/* Whole content, NUL-terminated, malloc'ed; *size (may be NULL) without the NUL. NULL: see *e. */
char *trace_file_read(const char *dir, const char *file, size_t *size, struct error *e);
/* One write(2) of text; append for files where truncation means removal (kprobe_events). */
int trace_file_write(const char *dir, const char *file, const char *text, struct error *e);
int trace_file_append(const char *dir, const char *file, const char *text, struct error *e);
/* What cannot be looked at may be there: whoever then opens it is told why not. */
bool trace_file_exists(const char *dir, const char *file);

#endif
