/* SPDX-License-Identifier: MIT */
/*
 * The part of info that tells what filesystems had free.
 */
#ifndef FALLOCTRACE_INFO_SPACES_H
#define FALLOCTRACE_INFO_SPACES_H

#include <stdio.h>

#include "falloctrace/info.h"
#include "text.h"

void spaces_write(const struct trace_info *info, FILE *out);
/* Of a line of the text form, what is behind the key. False: it is wrong, or memory is out (errno ENOMEM). */
bool spaces_parse(struct trace_info *info, struct text values);
/* For info_space_after. */
void spaces_sort(struct trace_info *info);

#endif
