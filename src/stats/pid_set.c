/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "stats/pid_set.h"

void pid_set_add(struct pid_set *s, int32_t pid)
{
	if (pid < 0 || s->more)
		return;
	for (unsigned i = 0; i < s->count; i++)
		if (s->pids[i] == pid)
			return;
	if (s->count == PIDS_MAX)
		s->more = true;
	else
		s->pids[s->count++] = pid;
}

void pid_set_merge(struct pid_set *to, const struct pid_set *from)
{
	for (unsigned i = 0; i < from->count; i++)
		pid_set_add(to, from->pids[i]);
	to->more |= from->more;
}

static int compare(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return x < y ? -1 : x > y;
}

void pid_set_sort(struct pid_set *s)
{
	if (s->count)
		qsort(s->pids, s->count, sizeof(*s->pids), compare);
}
