/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "spaces.h"

int info_add_space(struct trace_info *info, const struct info_space *space)
{
	struct info_space *more;

	if (info->spaces_count >= INFO_SPACES_MAX) {
		errno = ENOSPC;
		return -1;
	}
	more = realloc(info->spaces, (info->spaces_count + 1) * sizeof(*more));
	if (!more)
		return -1;
	info->spaces = more;
	more[info->spaces_count++] = *space;
	return 0;
}

void spaces_write(const struct trace_info *info, FILE *out)
{
	for (size_t i = 0; i < info->spaces_count; i++) {
		const struct info_space *s = &info->spaces[i];

		fprintf(out, "space %" PRIu64 " %u:%u %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", s->ts, s->dev >> 20,
			s->dev & 0xfffff, s->free, s->avail, s->size);
	}
}

static bool take(struct text *values, uint64_t *v)
{
	struct text field;

	return text_field(values, &field) && text_u64(field, 10, v);
}

bool spaces_parse(struct trace_info *info, struct text values)
{
	struct info_space s;
	struct text dev;

	if (!take(&values, &s.ts) || !text_field(&values, &dev) || !text_dev(dev, &s.dev) || !take(&values, &s.free) ||
	    !take(&values, &s.avail) || !take(&values, &s.size) || values.size)
		return false;
	/* more than there can be is no fault of the line */
	return !info_add_space(info, &s) || errno == ENOSPC;
}

static int order(uint64_t x, uint64_t y)
{
	return (x > y) - (x < y);
}

/* By device and time; and where a file says two things of one moment, always alike. */
static int compare(const void *a, const void *b)
{
	const struct info_space *x = a, *y = b;
	int ret = order(x->dev, y->dev);

	ret = ret ? ret : order(x->ts, y->ts);
	ret = ret ? ret : order(x->free, y->free);
	ret = ret ? ret : order(x->avail, y->avail);
	return ret ? ret : order(x->size, y->size);
}

void spaces_sort(struct trace_info *info)
{
	if (info->spaces_count)
		qsort(info->spaces, info->spaces_count, sizeof(*info->spaces), compare);
}

/* The first one of dev that is not before after; calls may fail by the million. */
static const struct info_space *search(const struct trace_info *info, uint32_t dev, uint64_t after)
{
	const struct info_space wanted = {.dev = dev, .ts = after}; /* and zeroes: not behind any of that moment */
	size_t low = 0, high = info->spaces_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&info->spaces[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < info->spaces_count && info->spaces[low].dev == dev ? &info->spaces[low] : NULL;
}

bool info_space_after(const struct trace_info *info, uint32_t dev, uint64_t after, struct info_space *space)
{
	const struct info_space *noted;

	if (info->find_space)
		return info->find_space(info->find_ctx, dev, after, space) && space->ts >= after;
	noted = search(info, dev, after);
	if (!noted || noted->ts - after > INFO_SPACE_LATER_MAX)
		return false;
	*space = *noted;
	return true;
}
