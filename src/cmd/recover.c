/* SPDX-License-Identifier: MIT */
#include "cmd/cmd.h"

int cmd_recover(const struct options *o, struct error *e)
{
	return error_set(e, "recover is not built yet (%s)", o->files[0]);
}
