/* SPDX-License-Identifier: MIT */
/*
 * Recordings for the tests of the writing side: every page tells which one it
 * is, and holds records as a kernel writes them.
 */
#ifndef FALLOCTRACE_TESTS_UNIT_RECORDING_H
#define FALLOCTRACE_TESTS_UNIT_RECORDING_H

#include "falloctrace/dat_writer.h"

#define REC_PAGE 4096
#define REC_EVENTS 30 /* records in a page */

void recording_page(unsigned char page[REC_PAGE], int cpu, unsigned n);
struct dat_contents recording_contents(const struct trace_info *info);
/* A writer with its head written. */
struct dat_writer *recording_begin(const char *path, int cpus);
void recording_put(struct dat_writer *w, int cpu, unsigned from, unsigned count);

/* The file has these pages of these CPUs, and no others. lossy: commits may say that something was lost. */
void recording_expect(const char *path, int cpus, const unsigned *pages, bool lossy);
/* How many pages of a CPU the folder of a path has, and "FILE.partial/NAME" in a static buffer. */
unsigned recording_kept(const char *path, int cpu);
const char *recording_part(const char *path, const char *name);

#endif
