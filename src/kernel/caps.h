/* SPDX-License-Identifier: MIT */
/*
 * Privileges, by libcap: taken from whoever started us, used while starting, and
 * then given up for good.
 */
#ifndef FALLOCTRACE_KERNEL_CAPS_H
#define FALLOCTRACE_KERNEL_CAPS_H

#include <stdbool.h>

#include "falloctrace/error.h"

/*
 * Those that another user than root was given, by the program's file or as ambient
 * ones, are to trace with, not to read and write his files with: they rest until
 * they are used. Root's are left as they are.
 */
int caps_rest(struct error *e);
int caps_use(struct error *e);
/* From here on this process has no capability, and can't get one back by exec. */
int caps_drop_all(struct error *e);
/*
 * The same, but for writing files into a directory of somebody else (sudo): on,
 * that can be done; off, it can be switched on again. For good: caps_drop_all.
 */
int caps_set_writing(bool on, struct error *e);
#define CAPS_MISSING 256
/* What falloctrace can use and does not have: "CAP_SYSLOG (what for), …" in buf, empty if nothing. */
void caps_missing(char *buf, unsigned size);

#endif
