/* SPDX-License-Identifier: MIT */
#include "cmd/cmd.h"

/* Being written. */
int cmd_top(const struct options *o, struct error *e)
{
	(void)o;
	return error_set(e, "not there yet");
}
