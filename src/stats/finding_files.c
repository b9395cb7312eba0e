/* SPDX-License-Identifier: MIT */
/*
 * The files that are watched.
 *
 * They are in sets of eight, by a hash of which file it is. Where a ninth comes,
 * one of the eight is forgotten: the one that was not seen for the longest time
 * among those of which nothing was found, or else the one of which least was.
 * So ten million files that are touched once cost nothing but the memory that is
 * there from the start, and a file that something is wrong with stays.
 */
#include <stdlib.h>
#include <string.h>

#include "info/remote.h"
#include "stats/finding_private.h"

#define WAYS 8
_Static_assert(FINDING_FILES % WAYS == 0, "whole sets");

void file_drop(struct findings *f, struct file *file)
{
	for (unsigned k = 0; k < FINDING_COUNT; k++)
		found_free(f, file, (enum finding_kind)k);
	if (file->path)
		f->path_bytes -= strlen(file->path) + 1;
	free(file->path);
	f->hashes[file - f->files] = 0;
	memset(file, 0, sizeof(*file));
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_text(const struct findings *f, uint64_t h, const char *text)
{
	size_t size = strlen(text);
	uint64_t word = 0;

	for (; size >= sizeof(word); text += sizeof(word), size -= sizeof(word)) {
		memcpy(&word, text, sizeof(word));
		h = mix(h ^ word, f->seed);
	}
	word = 0;
	memcpy(&word, text, size);
	return mix(h ^ word ^ (uint64_t)size << 56, f->seed);
}

static bool has_inode(const struct call *c)
{
	return c->has_dev && c->has_ino;
}

/* Traces of machines without a name may be of one, but nothing says so. */
static unsigned trace_of(const struct call *c)
{
	return *c->host ? 0 : c->trace;
}

/* By the inode, so that all names of one are in one set; else by the name; else by what a process had open. */
static uint64_t hash_file(const struct findings *f, const struct call *c)
{
	uint64_t h = hash_text(f, f->seed ^ trace_of(c), c->host);

	if (has_inode(c))
		h = mix(mix(h ^ c->ino, f->seed) ^ ((uint64_t)c->dev_major << 32 | c->dev_minor), f->seed);
	else if (*c->path)
		h = hash_text(f, h, c->path);
	else
		h = mix(h ^ (uint64_t)(uint32_t)c->tid << 32 ^ (uint32_t)(c->has_fd ? c->fd : -1), f->seed);
	return h | 1;
}

static bool same_inode(const struct file *file, const struct call *c)
{
	return has_inode(c) == (file->has_dev && file->has_ino) &&
	       (!has_inode(c) ||
		(file->ino == c->ino && file->dev_major == c->dev_major && file->dev_minor == c->dev_minor)) &&
	       file->trace == trace_of(c) && !strcmp(file->host, c->host);
}

/* Threads share their process's fds; but it is not always known which process a thread is of. */
static bool same_name(const struct file *file, const struct call *c)
{
	if (*c->path || has_inode(c))
		return !strcmp(file->path ? file->path : "", c->path);
	return !file->path && file->has_fd == c->has_fd && (!c->has_fd || file->fd == c->fd) && file->pid == c->tid;
}

static int64_t weight_of(const struct file *file)
{
	int64_t weight = 0;

	for (unsigned k = 0; k < FINDING_COUNT; k++)
		if (file->found[k] && file->found[k]->proven)
			sum_up(&weight,
			       file->found[k]->f.calls > INT64_MAX ? INT64_MAX : (int64_t)file->found[k]->f.calls);
	return weight;
}

/* What was found of a file that is forgotten is counted on. */
static void file_forget(struct findings *f, struct file *file)
{
	for (unsigned k = 0; k < FINDING_COUNT; k++)
		if (file->found[k] && file->found[k]->proven && k != FINDING_UNUSED_RESERVATION) {
			f->dropped[k].files++;
			f->dropped[k].calls += file->found[k]->f.calls;
		}
	f->forgotten++;
	file_drop(f, file);
}

/* The one of a set to do without. */
static struct file *least(struct file *set)
{
	struct file *worst = NULL;
	int64_t worst_weight = 0;

	for (int i = 0; i < WAYS; i++) {
		int64_t weight = set[i].used ? weight_of(&set[i]) : -1;

		if (worst && (weight > worst_weight || (weight == worst_weight && set[i].used >= worst->used)))
			continue;
		worst = &set[i];
		worst_weight = weight;
	}
	return worst;
}

/* Of those of a set that have names, the one of which least was found. *named: how many there are. */
static struct file *lightest(struct file *set, unsigned *named)
{
	struct file *file = NULL;

	*named = 0;
	for (int i = 0; i < WAYS; i++) {
		if (!set[i].path)
			continue;
		++*named;
		if (!file || weight_of(&set[i]) < weight_of(file))
			file = &set[i];
	}
	return file;
}

/*
 * Makes room for a name: at the cost of others of the set. Those of which
 * something was found stay as long as all names are not twice as many bytes, and
 * the one of which most was found stays anyway: else whoever makes files with
 * long names would make us forget what was found.
 */
static void make_room(struct findings *f, struct file *set, size_t bytes)
{
	struct file *file;
	unsigned named;

	while ((file = lightest(set, &named)) && named > 1) {
		size_t max = (size_t)FINDING_PATH_BYTES * (weight_of(file) ? 2 : 1);

		if (f->path_bytes + bytes <= max)
			break;
		file_forget(f, file);
	}
}

static struct file *file_new(struct findings *f, struct file *set, uint64_t hash, const struct call *c)
{
	size_t bytes = strlen(c->path) + 1;
	struct file *file;

	make_room(f, set, bytes);
	file = least(set);
	if (file->used)
		file_forget(f, file);
	if (*c->path) {
		file->path = malloc(bytes);
		if (!file->path)
			return NULL;
		memcpy(file->path, c->path, bytes);
		f->path_bytes += bytes;
	}
	f->hashes[file - f->files] = hash;
	memcpy(file->host, c->host, strnlen(c->host, sizeof(file->host) - 1));
	memcpy(file->fs, c->fs, strnlen(c->fs, sizeof(file->fs) - 1));
	file->trace = trace_of(c);
	file->remote = fs_remote(file->fs);
	file->has_dev = c->has_dev;
	file->has_ino = c->has_ino;
	file->dev_major = c->dev_major;
	file->dev_minor = c->dev_minor;
	file->ino = c->ino;
	file->has_fd = c->has_fd;
	file->fd = c->fd;
	file->pid = c->tid;
	file->losses = f->losses;
	return file;
}

/* An inode that has another name now was renamed, or is another file: what was known of its state is not known of this one. */
static void supersede(struct file *file)
{
	file->superseded = true;
	if (file->found[FINDING_UNUSED_RESERVATION])
		file->found[FINDING_UNUSED_RESERVATION]->proven = false;
}

static void come_back(struct file *file)
{
	file->superseded = false;
	file->ranges.count = 0;
	file->has_size = file->has_blocks = false;
	streaks_reset(file);
}

struct file *file_get(struct findings *f, const struct call *c)
{
	uint64_t hash = hash_file(f, c);
	size_t first = (size_t)(hash >> 16) % (FINDING_FILES / WAYS) * WAYS;
	struct file *set = &f->files[first], *found = NULL;

	for (int i = 0; i < WAYS; i++) {
		if (f->hashes[first + (size_t)i] != hash || !same_inode(&set[i], c))
			continue;
		if (same_name(&set[i], c))
			found = &set[i];
		else if (has_inode(c) && !set[i].superseded)
			supersede(&set[i]);
	}
	if (found && found->superseded)
		come_back(found);
	if (!found)
		found = file_new(f, set, hash, c);
	if (found) {
		found->used = ++f->tick;
	}
	return found;
}
