/* SPDX-License-Identifier: MIT */
#include "filter/where.h"
#include "falloctrace/filter.h"

int filter_add_where(struct filter *f, const char *text, struct error *e)
{
	struct where *w = where_parse(text, e);

	if (!w)
		return -1;
	w->next = f->where;
	f->where = w;
	return 0;
}
