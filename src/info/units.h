/* SPDX-License-Identifier: MIT */
/*
 * Sizes and times as people write and read them.
 */
#ifndef FALLOCTRACE_INFO_UNITS_H
#define FALLOCTRACE_INFO_UNITS_H

#include <stddef.h>
#include <stdint.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

/*
 * "4096", "4K", "1.5MiB", "1G": powers of 1024, in any case, K M G T P, with or
 * without "iB"; also "B". Bytes (a fraction of one is cut off) into *bytes.
 * NULL, or why not: a phrase for behind the text ("is too large").
 */
const char *units_parse_size(const char *text, int64_t *bytes);
/*
 * "250ns", "100us", "10ms", "1.5s", "2m" (or "2min"), "1h"; a plain number is
 * in units of plain ns. ns into *ns. NULL, or why not.
 */
const char *units_parse_time(const char *text, int64_t plain, int64_t *ns);

#define UNITS_TEXT 32
/* For people: "8K", "1.5M", "-4K": at most one decimal, rounded. Returns buf (UNITS_TEXT bytes). */
char *units_size(int64_t bytes, char *buf);
/* For people: "480ns", "35.1us", "1.2ms", "3.0s". Returns buf (UNITS_TEXT bytes). */
char *units_time(int64_t ns, char *buf);

#endif
