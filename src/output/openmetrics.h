/* SPDX-License-Identifier: MIT */
#ifndef FALLOCTRACE_OUTPUT_OPENMETRICS_H
#define FALLOCTRACE_OUTPUT_OPENMETRICS_H

#include <stddef.h>

#include "output/buf.h"
#include "stats/metric_table.h"

/*
 * Adds all that is in t, as both readers take it. infos: of each machine traced
 * the labels of falloctrace_info, without braces. cpu_ns: what tracing took of the
 * processors; NULL: nothing was traced here.
 */
void openmetrics_write(struct buf *b, const struct metric_table *t, char *const *infos, size_t infos_count,
		       const uint64_t *cpu_ns);
/* Adds name="text", text being any bytes; nothing where it is empty. */
void openmetrics_label(struct buf *b, const char *name, const char *text);

#endif
