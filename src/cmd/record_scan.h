/* SPDX-License-Identifier: MIT */
/*
 * A second look at what was recorded, before the file is put together: the names
 * of the threads and of the kernel functions that its events speak of.
 */
#ifndef FALLOCTRACE_CMD_RECORD_SCAN_H
#define FALLOCTRACE_CMD_RECORD_SCAN_H

#include <stdint.h>

#include "falloctrace/dat_writer.h"
#include "falloctrace/error.h"
#include "kernel/session.h"

struct record_scan {
	char *cmdlines; /* "tid comm\n" lines, for trace-cmd's reports; malloc'ed */
	char *kallsyms; /* lines as in /proc/kallsyms, of the callers; malloc'ed */
	uint64_t calls; /* entries seen */
};

/* Reads all pages back; adds the callers to s->info's symbols, and mounts not known so far. */
int record_scan(struct record_scan *scan, struct session *s, struct dat_writer *w, struct error *e);
void record_scan_free(struct record_scan *scan);

#endif
