/* SPDX-License-Identifier: MIT */
#include "cgroups.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "container.h"
#include "hash.h"

struct cgroups {
	struct cgroup **all; /* by number, less 1: they stay where they are when the table grows */
	size_t count;
	size_t bytes;
	bool full; /* one was refused: no new one is taken any more, so that numbers in notes keep their meaning */
	uint16_t *slots; /* numbers, 0: empty; a power of two of them, at most half used */
	size_t room;
	uint64_t seed;
};

struct cgroups *cgroups_new(void)
{
	struct cgroups *c = calloc(1, sizeof(*c));

	if (c)
		c->seed = hash_seed();
	return c;
}

void cgroups_free(struct cgroups *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++)
		free(c->all[i]);
	free(c->all);
	free(c->slots);
	free(c);
}

/* Of the whole of a path: the end alone tells a kernel's paths apart, but not a hostile file's. */
static size_t hash(const struct cgroups *c, const char *path, size_t size)
{
	uint64_t h = c->seed;

	for (size_t i = 0; i < size; i++)
		h = hash_u32((uint32_t)(h ^ (unsigned char)path[i]), h >> 32 ^ c->seed);
	return (size_t)h;
}

static uint16_t *slot_of(const struct cgroups *c, const char *path, size_t size)
{
	size_t i = hash(c, path, size) & (c->room - 1);

	while (c->slots[i]) {
		const char *other = c->all[c->slots[i] - 1]->path;

		if (!strncmp(other, path, size) && !other[size])
			break;
		i = (i + 1) & (c->room - 1);
	}
	return &c->slots[i];
}

static int grow(struct cgroups *c)
{
	size_t room = c->room ? c->room * 2 : 64;
	struct cgroup **all = reallocarray(c->all, room / 2, sizeof(struct cgroup *));
	uint16_t *slots = all ? calloc(room, sizeof(*slots)) : NULL;

	if (all)
		c->all = all;
	if (!slots)
		return -1;
	free(c->slots);
	c->slots = slots;
	c->room = room;
	for (size_t i = 0; i < c->count; i++)
		*slot_of(c, c->all[i]->path, strlen(c->all[i]->path)) = (uint16_t)(i + 1);
	return 0;
}

/* Both texts behind the structure, in one piece. */
static struct cgroup *new_cgroup(const char *path, size_t size, size_t *bytes)
{
	char id[CONTAINER_SIZE], text[CGROUP_PATH_MAX + 1];
	struct cgroup *g;

	memcpy(text, path, size);
	text[size] = '\0';
	container_of(text, id);
	*bytes = sizeof(*g) + size + 1 + strlen(id) + 1;
	g = malloc(*bytes);
	if (!g)
		return NULL;
	g->path = memcpy(g + 1, text, size + 1);
	g->container = strcpy(g->path + size + 1, id);
	return g;
}

static bool is_path(const char *path, size_t size)
{
	return size && size <= CGROUP_PATH_MAX && path[0] == '/' && !memchr(path, '\0', size);
}

/* Keeps a path that is not among those kept. */
static uint16_t keep(struct cgroups *c, const char *path, size_t size)
{
	struct cgroup *g;
	size_t bytes;

	c->full = c->full || c->count >= CGROUPS_MAX || c->bytes + size > CGROUPS_BYTES_MAX;
	if (c->full)
		return 0;
	g = new_cgroup(path, size, &bytes);
	if (!g)
		return 0;
	c->bytes += bytes;
	c->all[c->count++] = g;
	return (uint16_t)c->count;
}

uint16_t cgroups_number(struct cgroups *c, const char *path, size_t size)
{
	uint16_t *slot;

	if (!c || !is_path(path, size))
		return 0;
	if (c->count * 2 >= c->room && c->count < CGROUPS_MAX && grow(c))
		return 0;
	slot = slot_of(c, path, size);
	if (!*slot)
		*slot = keep(c, path, size);
	return *slot;
}

bool cgroups_full(const struct cgroups *c)
{
	return c && c->full;
}

const struct cgroup *cgroups_at(const struct cgroups *c, uint16_t number)
{
	return c && number && number <= c->count ? c->all[number - 1] : NULL;
}
