/* SPDX-License-Identifier: MIT */
/*
 * Mounts by id, and by device. Ids are unique among all mount namespaces at one
 * time, so tables of several processes go into one. What is mounted no longer
 * stays, until its id is seen with another mount.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "falloctrace/info.h"

#include "hash.h"
#include "tables.h"
#include "text.h"

/* Most mounts kept; new ones are left out then. A namespace may have 100,000 (sysctl fs.mount-max). */
#define MOUNTS_MAX (1 << 17)
#define NO_ID (-1)

struct device;

struct entry {
	struct mount mount;    /* first: it is what we hand out */
	struct entry *next_id; /* in its bucket of ids */
	struct device *device;
	struct entry *before, *behind; /* mounts of the same device */
};

/* All mounts of one device, the one that stands for it first. */
struct device {
	uint32_t dev;
	struct entry *first, *last;
	struct entry *internal; /* the one without a mount point, if any */
	struct device *next;	/* in its bucket of devices */
};

struct mounts {
	struct entry **list; /* in the order of their coming */
	size_t count;
	size_t room; /* of list, and of each hash table's buckets; a power of two */
	struct entry **ids;
	struct device **devices;
	uint64_t seed;
};

struct mounts *mounts_new(void)
{
	struct mounts *m = calloc(1, sizeof(*m));

	if (m)
		m->seed = hash_seed();
	return m;
}

static void free_strings(struct mount *mount)
{
	free(mount->root);
	free(mount->point);
	free(mount->fs);
}

void mounts_free(struct mounts *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->room; i++) {
		for (struct device *d = m->devices[i], *next; d; d = next) {
			next = d->next;
			free(d);
		}
	}
	for (size_t i = 0; i < m->count; i++) {
		free_strings(&m->list[i]->mount);
		free(m->list[i]);
	}
	free(m->list);
	free(m->ids);
	free(m->devices);
	free(m);
}

static struct entry **id_bucket(const struct mounts *m, int32_t id)
{
	return &m->ids[hash_u32((uint32_t)id, m->seed) & (m->room - 1)];
}

static struct device **device_bucket(const struct mounts *m, uint32_t dev)
{
	return &m->devices[hash_u32(dev, m->seed) & (m->room - 1)];
}

static struct entry *find_id(const struct mounts *m, int32_t id)
{
	if (!m->room || id < 0)
		return NULL;
	for (struct entry *e = *id_bucket(m, id); e; e = e->next_id)
		if (e->mount.id == id)
			return e;
	return NULL;
}

static struct device *find_device(const struct mounts *m, uint32_t dev)
{
	if (!m->room)
		return NULL;
	for (struct device *d = *device_bucket(m, dev); d; d = d->next)
		if (d->dev == dev)
			return d;
	return NULL;
}

static void hash_id(struct mounts *m, struct entry *e)
{
	struct entry **bucket;

	if (e->mount.id < 0)
		return;
	bucket = id_bucket(m, e->mount.id);
	e->next_id = *bucket;
	*bucket = e;
}

static int grow(struct mounts *m)
{
	size_t old_room = m->room, room = old_room ? old_room * 2 : 64;
	struct entry **list = reallocarray(m->list, room, sizeof(*list));
	struct entry **ids = calloc(room, sizeof(*ids));
	struct device **devices = calloc(room, sizeof(*devices)), **old_devices = m->devices;

	if (list)
		m->list = list;
	if (!list || !ids || !devices) {
		free(ids);
		free(devices);
		return -1;
	}
	free(m->ids);
	m->ids = ids;
	m->devices = devices;
	m->room = room;
	for (size_t i = 0; i < m->count; i++)
		hash_id(m, list[i]);
	for (size_t i = 0; i < old_room; i++) {
		for (struct device *d = old_devices[i], *next; d; d = next) {
			struct device **bucket = device_bucket(m, d->dev);

			next = d->next;
			d->next = *bucket;
			*bucket = d;
		}
	}
	free(old_devices);
	return 0;
}

static bool is_whole(const struct mount *mount)
{
	return mount->point[0] && !strcmp(mount->root, "/");
}

/* Where among its device's mounts e belongs: see mounts_find. NULL: first. */
static struct entry *place_of(const struct device *d, const struct entry *e)
{
	const struct mount *new = &e->mount, *first = d->first ? &d->first->mount : NULL;

	/* Another type means that the device number was given anew. */
	if (!first || strcmp(new->fs, first->fs) || (is_whole(new) && !is_whole(first)) ||
	    (new->point[0] && !first->point[0]))
		return NULL;
	return is_whole(new) ? d->first : d->last;
}

static void link_device(struct device *d, struct entry *e)
{
	struct entry *before = place_of(d, e);

	e->device = d;
	e->before = before;
	e->behind = before ? before->behind : d->first;
	*(e->before ? &e->before->behind : &d->first) = e;
	*(e->behind ? &e->behind->before : &d->last) = e;
	if (e->mount.id < 0)
		d->internal = e;
}

static void unlink_device(struct entry *e)
{
	struct device *d = e->device;

	*(e->before ? &e->before->behind : &d->first) = e->behind;
	*(e->behind ? &e->behind->before : &d->last) = e->before;
	if (d->internal == e)
		d->internal = NULL;
}

static void drop_device(struct mounts *m, struct device *d)
{
	struct device **at = device_bucket(m, d->dev);

	while (*at != d)
		at = &(*at)->next;
	*at = d->next;
	free(d);
}

static struct device *get_device(struct mounts *m, uint32_t dev)
{
	struct device *d = find_device(m, dev), **bucket;

	if (d)
		return d;
	d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	bucket = device_bucket(m, dev);
	d->dev = dev;
	d->next = *bucket;
	*bucket = d;
	return d;
}

static bool same(const struct mount *a, const struct mount *b)
{
	return a->dev == b->dev && !strcmp(a->root, b->root) && !strcmp(a->point, b->point) && !strcmp(a->fs, b->fs);
}

/* The entry that the mount replaces or equals, if any. */
static struct entry *find_old(const struct mounts *m, const struct mount *mount)
{
	struct device *d;

	if (mount->id >= 0)
		return find_id(m, mount->id);
	d = find_device(m, mount->dev);
	return d ? d->internal : NULL;
}

static struct entry *append(struct mounts *m, const struct mount *mount)
{
	struct device *d;
	struct entry *e;

	if (m->count == m->room && grow(m))
		return NULL;
	d = get_device(m, mount->dev);
	e = d ? calloc(1, sizeof(*e)) : NULL;
	if (!e)
		return NULL;
	e->mount = *mount;
	m->list[m->count++] = e;
	hash_id(m, e);
	link_device(d, e);
	return e;
}

/* Keeps the address: the entry may be in use. */
static struct entry *replace(struct mounts *m, struct entry *e, const struct mount *mount)
{
	struct device *old = e->device, *new = get_device(m, mount->dev);

	if (!new)
		return NULL;
	unlink_device(e);
	free_strings(&e->mount);
	e->mount = *mount;
	link_device(new, e);
	if (!old->first)
		drop_device(m, old);
	return e;
}

struct mount *mounts_put(struct mounts *m, struct mount mount, bool *added)
{
	struct entry *old, *e = NULL;

	*added = false;
	if (!mount.root || !mount.point || !mount.fs)
		goto out;
	old = find_old(m, &mount);
	if (old && same(&old->mount, &mount)) {
		free_strings(&mount);
		return &old->mount;
	}
	if (old)
		e = replace(m, old, &mount);
	else if (m->count < MOUNTS_MAX)
		e = append(m, &mount);
	else
		errno = ENOSPC;
	*added = e;
out:
	if (!e)
		free_strings(&mount);
	return e ? &e->mount : NULL;
}

/* A mountinfo line: id parent major:minor root point options [more…] - type source options */
static bool parse_line(struct text line, struct mount *mount)
{
	struct text field, root, point;
	uint64_t id;

	if (!text_field(&line, &field) || !text_u64(field, 10, &id) || id > INT32_MAX)
		return false;
	if (!text_field(&line, &field) || !text_field(&line, &field) || !text_dev(field, &mount->dev))
		return false;
	if (!text_field(&line, &root) || !text_field(&line, &point))
		return false;
	do {
		if (!text_field(&line, &field))
			return false;
	} while (!text_is(field, "-"));
	if (!text_field(&line, &field))
		return false;
	mount->id = (int32_t)id;
	errno = ENOMEM;
	mount->root = text_unescape(root);
	mount->point = text_unescape(point);
	mount->fs = text_unescape(field);
	return true;
}

/* A filesystem's blocks count alike, wherever it is mounted. */
static void inherit_rule(const struct mounts *m, struct mount *mount)
{
	const struct device *d = find_device(m, mount->dev);

	if (!d || !d->first || !mount->fs || strcmp(d->first->mount.fs, mount->fs))
		return;
	mount->rule = d->first->mount.rule;
	mount->unit = d->first->mount.unit;
	mount->fsid = d->first->mount.fsid;
}

int mounts_add_text(struct mounts *m, const char *text, size_t size)
{
	struct text rest = {text, size}, line;
	int count = 0;

	if (!m)
		return -1;
	while (text_line(&rest, &line)) {
		struct mount mount = {.rule = BLOCKS_UNTRUSTED};
		bool added;

		if (!parse_line(line, &mount))
			continue;
		inherit_rule(m, &mount);
		if (!mounts_put(m, mount, &added) && errno == ENOMEM)
			return -1;
		count += added;
	}
	return count;
}

int mounts_add_internal(struct mounts *m, uint32_t dev, const char *fs)
{
	struct mount mount = {.id = NO_ID, .dev = dev};
	bool added;

	if (!m)
		return -1;
	mount.root = strdup("/");
	mount.point = strdup("");
	mount.fs = strdup(fs);
	inherit_rule(m, &mount);
	errno = ENOMEM;
	return mounts_put(m, mount, &added) || errno != ENOMEM ? 0 : -1;
}

struct mount *mounts_find(struct mounts *m, uint32_t dev, int32_t mnt)
{
	struct entry *e = m ? find_id(m, mnt) : NULL;
	struct device *d;

	if (e && e->mount.dev == dev)
		return &e->mount;
	d = m ? find_device(m, dev) : NULL;
	return d && d->first ? &d->first->mount : NULL;
}

struct mount *mounts_find_id(struct mounts *m, int32_t mnt)
{
	struct entry *e = m ? find_id(m, mnt) : NULL;

	return e ? &e->mount : NULL;
}

void mounts_set_fsid(struct mounts *m, uint32_t dev, uint64_t fsid)
{
	struct device *d = m ? find_device(m, dev) : NULL;

	/* the first one is whom mounts_find tells of by device, and whom later ones take it over from */
	if (d && d->first)
		d->first->mount.fsid = fsid;
}

bool mounts_find_fsid(const struct mounts *m, uint64_t fsid, uint32_t *dev)
{
	for (size_t i = 0; fsid && i < mounts_count(m); i++)
		if (m->list[i]->mount.fsid == fsid) {
			*dev = m->list[i]->mount.dev;
			return true;
		}
	return false;
}

size_t mounts_count(const struct mounts *m)
{
	return m ? m->count : 0;
}

struct mount *mounts_at(struct mounts *m, size_t i)
{
	return &m->list[i]->mount;
}
