/* SPDX-License-Identifier: MIT */
#include "output/chrome_tracks.h"

#include <stdlib.h>
#include <string.h>

#include "info/hash.h"

#define WAYS 4	      /* of a set */
#define PID_BITS 22   /* source: the kernel's PID_MAX_LIMIT, 4 * 1024 * 1024 */
#define HOSTS_MAX 512 /* beyond it machines share the last one's numbers */
#define MACHINE_BIT 0x80000000u
#define BLOCK_SIZE 512

static int table_init(struct track_table *t, size_t room)
{
	t->sets = room / WAYS;
	t->slots = calloc(room, sizeof(*t->slots));
	return t->slots ? 0 : -1;
}

int tracks_init(struct tracks *t)
{
	memset(t, 0, sizeof(*t));
	t->seed = hash_seed();
	return table_init(&t->processes, TRACK_PROCESSES) || table_init(&t->threads, TRACK_THREADS) ? -1 : 0;
}

void tracks_free(struct tracks *t)
{
	free(t->processes.slots);
	free(t->threads.slots);
	free(t->traces);
	free(t->hosts);
	memset(t, 0, sizeof(*t));
}

/* --- machines --- */

static struct track_host *host_new(struct tracks *t, const char *name, unsigned number)
{
	struct track_host *more = realloc(t->hosts, (t->hosts_count + 1) * sizeof(*more));

	if (!more)
		return NULL;
	t->hosts = more;
	more += t->hosts_count;
	*more = (struct track_host){.name = name, .number = number};
	more->index = t->hosts_count < HOSTS_MAX ? (uint32_t)t->hosts_count : HOSTS_MAX - 1;
	t->hosts_count++;
	return more;
}

static struct track_host *host_named(struct tracks *t, const char *name)
{
	for (size_t i = 0; i < t->hosts_count; i++)
		if (!strcmp(t->hosts[i].name, name))
			return &t->hosts[i];
	return host_new(t, name, 0);
}

int tracks_add_trace(struct tracks *t, const struct trace_info *info)
{
	struct track_trace *more = realloc(t->traces, (t->traces_count + 1) * sizeof(*more));
	struct track_host *host;

	if (!more)
		return -1;
	t->traces = more;
	/* of two without a name, nobody knows that they are one: one pid may be two processes */
	host = *info->host ? host_named(t, info->host) : host_new(t, "", info->number);
	if (!host)
		return -1;
	t->traces[t->traces_count++] = (struct track_trace){info, (size_t)(host - t->hosts)};
	return 0;
}

/*
 * By wall time, counted from when the first of the machines was booted: as small
 * a number as can be, for readers that keep it as a floating one.
 */
static uint64_t shift_of(const struct tracks *t, const struct trace_info *info)
{
	int64_t least = INT64_MAX;

	for (size_t i = 0; i < t->traces_count; i++)
		if (t->traces[i].info->has_utc_offset && t->traces[i].info->utc_offset < least)
			least = t->traces[i].info->utc_offset;
	return info->has_utc_offset ? (uint64_t)info->utc_offset - (uint64_t)least : 0;
}

struct track_host *tracks_host(struct tracks *t, const char *host, uint64_t *shift)
{
	*shift = 0;
	for (size_t i = 0; i < t->traces_count; i++) {
		if (t->traces[i].info->host != host)
			continue;
		*shift = t->traces_count > 1 ? shift_of(t, t->traces[i].info) : 0;
		return &t->hosts[t->traces[i].host];
	}
	return host_named(t, host ? host : "");
}

/* --- numbers --- */

uint32_t track_id(const struct track_host *h, int32_t pid)
{
	return h->index << PID_BITS | ((uint32_t)pid & ((1u << PID_BITS) - 1));
}

uint32_t track_machine_id(const struct track_host *h)
{
	return MACHINE_BIT | h->index;
}

/* --- processes and threads --- */

static struct track *find(struct tracks *t, struct track_table *table, uint32_t id, bool *made)
{
	struct track *set = table->slots + hash_u32(id, t->seed) % table->sets * WAYS, found;
	size_t i = 0;

	while (i < WAYS && set[i].used && set[i].id != id)
		i++;
	*made = i == WAYS || !set[i].used;
	table->forgot |= i == WAYS;
	if (*made)
		found = (struct track){.used = true, .id = id, .counted = !table->forgot};
	else
		found = set[i];
	i -= i == WAYS;
	if (i)
		memmove(set + 1, set, i * sizeof(*set));
	set[0] = found;
	return set;
}

struct track *tracks_process(struct tracks *t, uint32_t id, bool *made)
{
	return find(t, &t->processes, id, made);
}

struct track *tracks_thread(struct tracks *t, uint32_t id, bool *made)
{
	return find(t, &t->threads, id, made);
}

/* --- bytes --- */

static void add(int64_t *sum, int64_t value)
{
	if (__builtin_add_overflow(*sum, value, sum))
		*sum = value > 0 ? INT64_MAX : INT64_MIN;
}

static void add_blocks(int64_t *sum, uint64_t blocks)
{
	add(sum, blocks > INT64_MAX / BLOCK_SIZE ? INT64_MAX : (int64_t)blocks * BLOCK_SIZE);
}

bool track_bytes_add(struct track_bytes *b, const struct call *c)
{
	struct track_bytes before = *b;
	int64_t grown;

	if (c->has_len && c->len > 0)
		add(&b->asked, c->len);
	if (c->size_before_known == SEEN && c->size_after_known == SEEN &&
	    !__builtin_sub_overflow(c->size_after, c->size_before, &grown))
		add(&b->grown, grown);
	if (c->blocks_before_known == SEEN && c->blocks_after_known == SEEN && c->blocks_after > c->blocks_before)
		add_blocks(&b->gained, c->blocks_after - c->blocks_before);
	if (c->blocks_before_known == SEEN && c->blocks_after_known == SEEN && c->blocks_after < c->blocks_before)
		add_blocks(&b->lost, c->blocks_before - c->blocks_after);
	return memcmp(&before, b, sizeof(before)) != 0;
}
