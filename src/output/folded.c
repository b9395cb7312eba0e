/* SPDX-License-Identifier: MIT */
#include "falloctrace/sink.h"

/* Being written. */
struct sink *sink_folded_new(const struct sink_options *o)
{
	(void)o;
	return NULL;
}
