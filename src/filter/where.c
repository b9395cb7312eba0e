/* SPDX-License-Identifier: MIT */
#include "falloctrace/filter.h"

int filter_add_where(struct filter *f, const char *text, struct error *e)
{
	(void)f;
	return error_usage(e, "'%s' is not understood", text);
}
