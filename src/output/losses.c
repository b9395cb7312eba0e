/* SPDX-License-Identifier: MIT */
#include <inttypes.h>

#include "output/color.h"
#include "output/losses.h"

void losses_add(struct losses *n, const struct loss *l)
{
	if (l->count == LOST_UNKNOWN)
		n->gaps++;
	else if (__builtin_add_overflow(n->lost, l->count, &n->lost))
		n->lost = UINT64_MAX; /* a file may claim anything */
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

void losses_text(const struct losses *n, struct buf *b, bool color)
{
	if (!n->lost && !n->gaps)
		return;
	if (color)
		buf_text(b, COLOR_ODD);
	buf_text(b, "LOST ");
	if (n->lost)
		buf_printf(b, "%" PRIu64 " event%s%s", n->lost, plural(n->lost), n->gaps ? ", and " : "");
	if (n->gaps)
		buf_printf(b, "an unknown number of events %" PRIu64 " time%s", n->gaps, plural(n->gaps));
	buf_text(b, ": calls may be missing\n");
	if (color)
		buf_text(b, COLOR_OFF);
}

void losses_json(const struct losses *n, struct buf *b)
{
	buf_text(b, ",\"lost\":");
	buf_u64(b, n->lost);
	buf_text(b, ",\"gaps\":");
	buf_u64(b, n->gaps);
}
