/* SPDX-License-Identifier: MIT */
/*
 * Sources of which bytes a call makes what: fallocate(2); ext4_punch_hole,
 * xfs_file_fallocate and btrfs_fallocate of the kernel's fs/. A truncate to the
 * very size gives back what lies beyond it, on each of these and on tmpfs.
 */
#include <stdlib.h>
#include <string.h>

#include "info/hash.h"
#include "related_private.h"

#define WAYS 8
#define FEW 64 /* ranges that every file may have */
_Static_assert(RELATED_FILES % WAYS == 0, "whole sets");

struct related_files *related_new(const struct trace_info *info)
{
	struct related_files *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->info = info;
	r->seed = hash_seed() | 1;
	r->files = calloc(RELATED_FILES, sizeof(*r->files));
	if (r->files)
		return r;
	free(r);
	return NULL;
}

static void drop(struct related_files *r, struct related_file *f)
{
	r->bytes -= f->left.room * sizeof(*f->left.list);
	extents_free(&f->left);
	free(f->path);
	memset(f, 0, sizeof(*f));
}

void related_free(struct related_files *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < RELATED_FILES; i++)
		drop(r, &r->files[i]);
	free(r->files);
	free(r);
}

void related_lost(struct related_files *r)
{
	if (r)
		r->losses++;
}

/* --- files --- */

static struct related_file *set_of(const struct related_files *r, uint32_t dev, uint64_t ino)
{
	unsigned __int128 product = (unsigned __int128)(ino ^ (uint64_t)dev << 40 ^ r->seed) * (r->seed | 1);
	uint64_t hash = (uint64_t)product ^ (uint64_t)(product >> 64);

	return &r->files[(size_t)(hash >> 16) % (RELATED_FILES / WAYS) * WAYS];
}

struct related_file *related_find(struct related_files *r, uint32_t dev, uint64_t ino)
{
	struct related_file *set = set_of(r, dev, ino);

	for (int i = 0; i < WAYS; i++)
		if (set[i].used && set[i].dev == dev && set[i].ino == ino) {
			set[i].used = ++r->tick;
			return &set[i];
		}
	return NULL;
}

static uint32_t dev_of(const struct call *c)
{
	return c->dev_major << 20 | c->dev_minor;
}

/* Begins anew: whatever was reserved is gone, and it was not seen how. */
static void begin(struct related_files *r, struct related_file *f)
{
	extents_clear(&f->left);
	f->sum = (struct reservation){.known = true, .exact = true};
	f->losses = r->losses;
	f->silent = f->has_root = false;
}

static struct related_file *get(struct related_files *r, const struct call *c)
{
	struct related_file *f = related_find(r, dev_of(c), c->ino), *set = set_of(r, dev_of(c), c->ino);

	if (f)
		return f;
	f = set;
	for (int i = 1; i < WAYS; i++)
		if (set[i].used < f->used)
			f = &set[i];
	drop(r, f);
	f->used = ++r->tick;
	f->dev = dev_of(c);
	f->ino = c->ino;
	begin(r, f);
	return f;
}

/* Two files of one number lie in different subvolumes, or one took the place of the other. */
static int name(struct related_file *f, const struct call *c)
{
	char *path;

	memcpy(f->fs, c->fs, sizeof(f->fs));
	if (f->path && !strcmp(f->path, c->path))
		return 0;
	path = strdup(c->path);
	if (!path)
		return -1;
	if (f->path && !strcmp(f->fs, "btrfs"))
		f->silent = true;
	free(f->path);
	f->path = path;
	return 0;
}

const struct mount *related_mount(const struct related_files *r, uint32_t dev)
{
	return r->info->mounts ? mounts_find(r->info->mounts, dev, -1) : NULL;
}

/* Bytes of a block; 0: not known. */
int64_t related_block(const struct related_files *r, uint32_t dev)
{
	const struct mount *m = related_mount(r, dev);

	return m ? (int64_t)m->unit * UNIT : 0;
}

static bool tells_used(const struct related_files *r, const struct related_file *f)
{
	uint32_t told = r->info->related | r->seen;
	const struct mount *m;

	if (f->silent)
		return false;
	if (!strcmp(f->fs, "ext4"))
		return told & (1u << CONVERT_EXT4_IO | 1u << CONVERT_EXT4_WRITE) && related_block(r, f->dev);
	if (!strcmp(f->fs, "xfs"))
		return told & 1u << CONVERT_XFS;
	m = related_mount(r, f->dev);
	return !strcmp(f->fs, "btrfs") && told & 1u << CONVERT_BTRFS && m && m->fsid;
}

struct reservation related_state(const struct related_files *r, const struct related_file *f)
{
	struct reservation s = f->sum;

	s.used_known = tells_used(r, f);
	s.exact = s.exact && !f->left.merged && f->losses == r->losses;
	return s;
}

/* --- ranges --- */

int64_t related_down(int64_t n, int64_t block)
{
	return n - n % block;
}

int64_t related_up(int64_t n, int64_t block)
{
	int64_t rest = n % block;

	return rest && __builtin_add_overflow(n, block - rest, &n) ? INT64_MAX : n;
}

static int64_t left_of(const struct reservation *s)
{
	return s->reserved - s->used - s->released - s->cut;
}

static void sum_up(int64_t *sum, int64_t more)
{
	if (__builtin_add_overflow(*sum, more, sum))
		*sum = INT64_MAX;
}

/* Ranges of a file may have come or gone; how many bytes is the answer, of what went no more than was left. */
static int64_t changed(struct related_files *r, struct related_file *f, size_t room, int64_t bytes)
{
	r->bytes += (f->left.room - room) * sizeof(*f->left.list);
	if (r->bytes > RELATED_BYTES)
		extents_limit(&f->left, FEW);
	return bytes;
}

static int64_t come(struct related_files *r, struct related_file *f, int64_t start, int64_t end)
{
	size_t room = f->left.room;

	return changed(r, f, room, extents_add(&f->left, start, end));
}

int64_t related_go(struct related_files *r, struct related_file *f, int64_t start, int64_t end)
{
	size_t room = f->left.room;
	int64_t bytes = changed(r, f, room, extents_remove(&f->left, start, end)), left = left_of(&f->sum);

	return bytes > left ? left : bytes;
}

/* --- what a call does --- */

struct range {
	int64_t start, end; /* as asked for */
	int64_t block;	    /* bytes */
	int64_t size;	    /* of the file before; 0: unknown */
};

static bool blocks_seen(const struct call *c)
{
	return c->blocks_before_known == SEEN && c->blocks_after_known == SEEN;
}

static int64_t gained(const struct call *c)
{
	int64_t blocks;

	if (__builtin_sub_overflow((int64_t)c->blocks_after, (int64_t)c->blocks_before, &blocks) ||
	    __builtin_mul_overflow(blocks, UNIT, &blocks))
		return 0;
	return blocks;
}

/*
 * Beyond the size there is nothing but reservations. Before it there may be
 * data, of which a call makes none: that is told by the blocks that the file has
 * gained. Where it is a part of the range, nobody knows which.
 */
static int reserve(struct related_files *r, struct related_file *f, const struct call *c, const struct range *x)
{
	int64_t start = related_down(x->start, x->block), end = related_up(x->end, x->block),
		size = related_up(x->size, x->block), more;
	int64_t beyond = end > size ? come(r, f, start > size ? start : size, end) : 0;
	int64_t inside = start < size ? extents_missing(&f->left, start, end < size ? end : size) : 0;

	if (beyond < 0)
		return -1;
	more = inside;
	if (blocks_seen(c) && __builtin_sub_overflow(gained(c), beyond, &more))
		more = 0;
	if (inside && !blocks_seen(c))
		f->sum.exact = false;
	if (more > 0 && inside) {
		if (come(r, f, start, end < size ? end : size) < 0)
			return -1;
		if (more < inside)
			f->sum.exact = false;
		else
			more = inside;
	} else {
		more = 0;
	}
	sum_up(&f->sum.reserved, beyond + more);
	return 0;
}

/* Whole blocks of data become reserved, too. */
static int zero(struct related_files *r, struct related_file *f, const struct range *x)
{
	int64_t end = x->end >= x->size ? related_up(x->end, x->block) : related_down(x->end, x->block);
	int64_t more = come(r, f, related_up(x->start, x->block), end);

	sum_up(&f->sum.reserved, more > 0 ? more : 0);
	return more < 0 ? -1 : 0;
}

/* ext4 passes over what lies beyond the size: no block is freed there. */
static int punch(struct related_files *r, struct related_file *f, const struct call *c, const struct range *x)
{
	int64_t end = x->end >= x->size ? related_up(x->end, x->block) : related_down(x->end, x->block), bytes;

	if (blocks_seen(c) && c->blocks_after >= c->blocks_before && strcmp(c->fs, "btrfs") != 0)
		return 0;
	bytes = related_go(r, f, related_up(x->start, x->block), end);
	f->sum.released += bytes > 0 ? bytes : 0;
	return bytes < 0 ? -1 : 0;
}

static int collapse(struct related_files *r, struct related_file *f, const struct range *x)
{
	int64_t bytes = related_go(r, f, x->start, x->end);

	if (bytes < 0)
		return -1;
	f->sum.released += bytes;
	extents_shift(&f->left, x->end, x->start - x->end);
	return 0;
}

static int insert(struct related_files *r, struct related_file *f, const struct range *x)
{
	size_t room = f->left.room;

	extents_shift(&f->left, x->start, x->end - x->start);
	changed(r, f, room, 0);
	return 0;
}

static int write_zeroes(struct related_files *r, struct related_file *f, const struct range *x)
{
	int64_t bytes = related_go(r, f, x->start, x->end);

	f->sum.used += bytes > 0 ? bytes : 0;
	return bytes < 0 ? -1 : 0;
}

static int apply(struct related_files *r, struct related_file *f, const struct call *c, const struct range *x)
{
	switch (c->op) {
	case OP_EXTEND:
	case OP_KEEP:
	case OP_UNSHARE:
		return reserve(r, f, c, x);
	case OP_ZERO:
		return zero(r, f, x);
	case OP_PUNCH:
		return punch(r, f, c, x);
	case OP_COLLAPSE:
		return collapse(r, f, x);
	case OP_INSERT:
		return insert(r, f, x);
	case OP_WRITE_ZEROES:
		return write_zeroes(r, f, x);
	default:
		return 0;
	}
}

/* False: what it did, if anything, is not known. */
static bool range_of(const struct related_files *r, const struct call *c, struct range *x)
{
	if (!c->has_ret || c->ret || !c->has_offset || !c->has_len || c->offset < 0 || c->len <= 0)
		return false;
	x->start = c->offset;
	x->block = related_block(r, dev_of(c));
	if (!x->block)
		x->block = BLOCK;
	x->size = c->size_before_known && c->size_before > 0 ? c->size_before : 0;
	return !__builtin_add_overflow(c->offset, c->len, &x->end);
}

/* What is between two states of one file. */
struct reservation related_difference(const struct reservation *now, const struct reservation *before)
{
	struct reservation d = *now;

	d.reserved -= before->reserved;
	d.used -= before->used;
	d.released -= before->released;
	d.cut -= before->cut;
	return d;
}

/* What is written of a call in one piece; its path is most of it. */
static void copy_call(struct call *to, const struct call *from)
{
	memcpy(to, from, offsetof(struct call, path));
	memcpy(to->path, from->path, strlen(from->path) + 1);
	memcpy((char *)to + offsetof(struct call, path) + sizeof(to->path),
	       (const char *)from + offsetof(struct call, path) + sizeof(from->path),
	       sizeof(*to) - offsetof(struct call, path) - sizeof(to->path));
}

const struct call *related_call(struct related_files *r, const struct call *c)
{
	struct reservation before;
	struct range x;
	struct related_file *f;

	if (!c->has_dev || !c->has_ino)
		return c;
	f = get(r, c);
	if (name(f, c))
		return NULL;
	/* Without any block there is no reservation: another file has this number now, or it was cut off unseen. */
	if (c->blocks_before_known == SEEN && !c->blocks_before && f->left.count)
		begin(r, f);
	before = f->sum;
	if (range_of(r, c, &x) && apply(r, f, c, &x))
		return NULL;
	copy_call(&r->call, c);
	r->call.reservation = related_state(r, f);
	r->call.did = related_difference(&r->call.reservation, &before);
	return &r->call;
}

void related_shown(struct related_files *r, const struct call *c)
{
	struct related_file *f = c->has_dev && c->has_ino ? related_find(r, dev_of(c), c->ino) : NULL;

	if (f)
		f->shown = true;
}
