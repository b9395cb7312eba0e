/* SPDX-License-Identifier: MIT */
#ifndef FALLOCTRACE_DAT_COMMS_H
#define FALLOCTRACE_DAT_COMMS_H

#include <stdint.h>

struct comms;
struct dat_reader;

/* NULL: memory, or the text can't be read. */
struct comms *comms_read(const struct dat_reader *r);
void comms_free(struct comms *c); /* NULL is fine */
/* NULL: unknown. */
const char *comms_find(const struct comms *c, int32_t tid);

#endif
