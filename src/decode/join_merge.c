/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "join.h"

static void release_inner(struct call *c)
{
	while (c->inner) {
		struct call *inner = c->inner;

		c->inner = inner->next;
		call_release(inner);
	}
}

void call_release(struct call *c)
{
	if (!c)
		return;
	release_inner(c);
	free(c);
}

/* No deeper than the assembler makes them. */
static int copy_inner(struct call *to, const struct call *from, size_t *bytes)
{
	struct call **last = &to->inner;

	to->inner = NULL;
	for (const struct call *inner = from->inner; inner; inner = inner->next) {
		*last = call_copy(inner, bytes);
		if (!*last)
			return -1;
		last = &(*last)->next;
	}
	return 0;
}

struct call *call_copy(const struct call *c, size_t *bytes)
{
	struct call *copy = malloc(sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *c;
	copy->next = NULL;
	if (copy_inner(copy, c, bytes)) {
		call_release(copy);
		return NULL;
	}
	*bytes += sizeof(*copy);
	return copy;
}

bool calls_contradict(const struct call *a, const struct call *b)
{
	return (a->has_mode && b->has_mode && a->mode != b->mode) ||
	       (a->has_offset && b->has_offset && a->offset != b->offset) ||
	       (a->has_len && b->has_len && a->len != b->len);
}

/* The earlier beginning, the later end; the CPU and the wall time are those of the beginning, where one is known. */
static void merge_time(struct call *to, const struct call *from)
{
	if (from->has_start && (!to->has_start || from->start < to->start)) {
		to->has_start = true;
		to->start = from->start;
		to->has_utc = from->has_utc;
		to->utc = from->utc;
		to->cpu = from->cpu;
	}
	if (from->has_end && (!to->has_end || from->end > to->end)) {
		to->has_end = true;
		to->end = from->end;
		if (!to->has_start)
			to->utc = from->utc;
	}
}

static void merge_who(struct call *to, const struct call *from)
{
	if (to->pid < 0)
		to->pid = from->pid;
	if (to->uid < 0)
		to->uid = from->uid;
	if (!to->cgroup || !*to->cgroup) {
		to->cgroup = from->cgroup;
		to->container = from->container;
	}
	if (!*to->comm)
		memcpy(to->comm, from->comm, sizeof(to->comm));
	if (!*to->caller)
		memcpy(to->caller, from->caller, sizeof(to->caller));
	if (to->via == VIA_UNKNOWN || (to->via == VIA_KERNEL && from->via != VIA_UNKNOWN))
		to->via = from->via;
}

#define TAKE(member)                                           \
	do {                                                   \
		if (!to->has_##member) {                       \
			to->has_##member = from->has_##member; \
			to->member = from->member;             \
		}                                              \
	} while (0)

static void merge_request(struct call *to, const struct call *from)
{
	if (!to->has_mode && (from->has_mode || to->op == OP_COUNT))
		to->op = from->op;
	TAKE(fd);
	TAKE(mode);
	TAKE(offset);
	TAKE(len);
	TAKE(ret);
	TAKE(ino);
}

static void merge_file(struct call *to, const struct call *from)
{
	bool better = !*to->path || (*to->path != '/' && *from->path == '/');

	if (!to->has_dev) {
		to->has_dev = from->has_dev;
		to->dev_major = from->dev_major;
		to->dev_minor = from->dev_minor;
	}
	if (!*to->fs)
		memcpy(to->fs, from->fs, sizeof(to->fs));
	if (better && *from->path)
		strcpy(to->path, from->path);
}

/* What was seen is better than what follows from something. */
#define TAKE_KNOWN(member)                                         \
	do {                                                       \
		if (from->member##_known > to->member##_known) {   \
			to->member##_known = from->member##_known; \
			to->member = from->member;                 \
		}                                                  \
	} while (0)

static void merge_sizes(struct call *to, const struct call *from)
{
	TAKE_KNOWN(size_before);
	TAKE_KNOWN(size_after);
	TAKE_KNOWN(blocks_before);
	TAKE_KNOWN(blocks_after);
}

int call_merge(struct call *to, const struct call *from, size_t *bytes)
{
	const unsigned unseen = ODD_UNFINISHED | ODD_ORPHAN;

	merge_time(to, from);
	merge_who(to, from);
	merge_request(to, from);
	merge_file(to, from);
	merge_sizes(to, from);
	/* What one buffer did not see the other did. */
	to->odd = (to->odd & from->odd & unseen) | ((to->odd | from->odd) & ~unseen);
	return to->inner || !from->inner ? 0 : copy_inner(to, from, bytes);
}
