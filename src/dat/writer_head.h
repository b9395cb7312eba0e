/* SPDX-License-Identifier: MIT */
#ifndef FALLOCTRACE_DAT_WRITER_HEAD_H
#define FALLOCTRACE_DAT_WRITER_HEAD_H

#include <stdint.h>
#include <stdio.h>

#include "falloctrace/dat_writer.h"

/*
 * Writes all that precedes the pages. sizes: bytes of pages of each CPU;
 * offsets: where in the file they will begin (filled in).
 */
int writer_head(FILE *out, const struct dat_contents *c, int cpus, const uint64_t *sizes, uint64_t *offsets,
		struct error *e);

#endif
