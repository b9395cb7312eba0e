/* SPDX-License-Identifier: MIT */
/*
 * A look at what is recorded, page by page as it comes (or, for recover, as it
 * lies there): the names of the threads and the kernel functions that its events
 * speak of, for the file's own tables.
 */
#ifndef FALLOCTRACE_CMD_RECORD_SCAN_H
#define FALLOCTRACE_CMD_RECORD_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "falloctrace/error.h"
#include "falloctrace/info.h"
#include "falloctrace/page.h"
#include "falloctrace/schema.h"

struct record_scan;

/* Borrows schema and info; asks info's find_mount for devices that it does not know. NULL: memory. */
struct record_scan *record_scan_new(const struct page_format *f, const struct schema *schema, struct trace_info *info);
void record_scan_free(struct record_scan *s);
/* -1: the page, or a record of it, is broken. */
int record_scan_page(struct record_scan *s, const void *page, size_t size);
/* Events that a page holds, and were lost before it; for pages that are not recorded. */
uint64_t record_scan_count(struct record_scan *s, const void *page, size_t size);
uint64_t record_scan_events(const struct record_scan *s); /* seen in all pages */
/* Whether callers or mounts have come since this was last asked. */
bool record_scan_news(struct record_scan *s);
/* Addresses of different callers, in the order in which they came. */
const uint64_t *record_scan_callers(const struct record_scan *s, size_t *count);
/* "tid comm\n" lines, for trace-cmd's reports; malloc'ed. NULL: memory. */
char *record_scan_cmdlines(const struct record_scan *s);
/* Lines as in /proc/kallsyms, of info's symbols; malloc'ed. NULL: memory. */
char *record_kallsyms(const struct trace_info *info);

#endif
