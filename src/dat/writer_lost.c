/* SPDX-License-Identifier: MIT */
/*
 * A page's commit word: how much data it has, and what was lost before it. Source:
 * the kernel's ring_buffer.c.
 */
#include <string.h>

#include "falloctrace/event.h"
#include "writer_private.h"

#define COMMIT_SIZE 0x07ffffffUL
#define COMMIT_MISSED (1UL << 31)
#define COMMIT_STORED (1UL << 30) /* the number of missed events stands behind the data, as a long */
#define COMMIT_AT WRITER_PAGE_TIME
#define DATA_AT (COMMIT_AT + sizeof(unsigned long))

/* Where the number of what was lost stands in a page, if there is room for it; or 0. */
static size_t place_of_number(const unsigned char *page, size_t page_size)
{
	unsigned long commit;
	size_t end;

	memcpy(&commit, page + COMMIT_AT, sizeof(commit));
	end = DATA_AT + (commit & COMMIT_SIZE);
	return end <= page_size && page_size - end >= sizeof(commit) ? end : 0;
}

void writer_mark_lost(unsigned char *page, size_t page_size, uint64_t count)
{
	unsigned long commit, number = count;
	size_t end = place_of_number(page, page_size);

	memcpy(&commit, page + COMMIT_AT, sizeof(commit));
	if (commit & COMMIT_STORED)
		return;
	commit |= COMMIT_MISSED;
	if (count != LOST_UNKNOWN && end) {
		memcpy(page + end, &number, sizeof(number));
		commit |= COMMIT_STORED;
	}
	memcpy(page + COMMIT_AT, &commit, sizeof(commit));
}

bool writer_needs_gap(const unsigned char *page, size_t page_size, uint64_t lost)
{
	unsigned long commit;

	memcpy(&commit, page + COMMIT_AT, sizeof(commit));
	return lost && lost != LOST_UNKNOWN && !(commit & COMMIT_STORED) && !place_of_number(page, page_size);
}
