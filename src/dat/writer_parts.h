/* SPDX-License-Identifier: MIT */
/*
 * Parts of a trace.dat that version 6 and version 7 have in common. Whether the
 * stream took it all, its ferror tells.
 */
#ifndef FALLOCTRACE_DAT_WRITER_PARTS_H
#define FALLOCTRACE_DAT_WRITER_PARTS_H

#include <stdint.h>
#include <stdio.h>

#include "falloctrace/dat_writer.h"

void put_u16(FILE *out, uint16_t v);
void put_u32(FILE *out, uint32_t v);
void put_u64(FILE *out, uint64_t v);
void put_string(FILE *out, const char *s); /* with its NUL */
void put_text32(FILE *out, const char *s); /* behind its length, without a NUL */
void put_text64(FILE *out, const char *s, size_t size);
void put_option(FILE *out, uint16_t id, const void *data, size_t size);

/* Magic, version, byte order, sizes. */
void put_start(FILE *out, const struct dat_contents *c, const char *version);
void put_headers(FILE *out, const struct dat_contents *c);
/* Formats of the events, system by system. */
void put_events(FILE *out, const struct dat_contents *c);
/* All but the one that ends them. */
int put_options(FILE *out, const struct dat_contents *c, int cpus, struct error *e);

/* The clock in use, of trace_clock's list, with its brackets: "[mono]". */
void clock_of(const char *trace_clock, const char **name, size_t *size);
/* Where pages may begin, at or behind a place. */
uint64_t align_pages(uint64_t at, size_t subbuf_size);
/* Whether a file can hold it. */
int check_contents(const struct dat_contents *c, struct error *e);

#endif
