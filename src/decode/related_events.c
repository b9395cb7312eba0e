/* SPDX-License-Identifier: MIT */
/*
 * What is told beside calls: truncates, and blocks that are written to.
 */
#include <string.h>

#include "related_private.h"

static void start_call(struct related_files *r, struct assemble *a, const struct related_file *f,
		       const struct event *ev)
{
	struct call *c = &r->call;

	memset(c, 0, sizeof(*c));
	c->host = r->info->host;
	c->trace = r->info->number;
	c->ticks = r->info->ticks;
	c->has_end = true;
	c->start = c->end = ev->ts;
	c->tid = ev->tid;
	c->pid = lookup_pid(a, ev->tid);
	c->uid = -1;
	c->cpu = ev->cpu;
	c->op = OP_COUNT;
	c->has_dev = c->has_ino = true;
	c->dev_major = f->dev >> 20;
	c->dev_minor = f->dev & 0xfffff;
	c->ino = f->ino;
	memcpy(c->fs, f->fs, sizeof(c->fs));
	if (f->path)
		memcpy(c->path, f->path, strlen(f->path) + 1);
}

static void end_call(struct related_files *r, const struct related_file *f, const struct reservation *before)
{
	struct call *c = &r->call;

	c->has_utc = r->info->has_utc_offset && !c->ticks;
	if (c->has_utc)
		c->utc = (int64_t)((c->has_start ? c->start : c->end) + (uint64_t)r->info->utc_offset);
	c->reservation = related_state(r, f);
	c->did = related_difference(&c->reservation, before);
}

static struct truncate *slot_of(struct related_files *r, int32_t tid)
{
	return &r->truncates[(size_t)((uint32_t)tid * r->seed >> 56) % TRUNCATES];
}

static void truncate_begins(struct related_files *r, const struct event *ev)
{
	const uint32_t need = HAS_LEN | HAS_INO | HAS_DEV;
	const struct mount *m = related_mount(r, ev->dev);
	struct truncate *t = slot_of(r, ev->tid);

	if ((ev->has & need) != need || !related_find(r, ev->dev, ev->ino)) {
		if (t->tid == ev->tid)
			t->tid = 0;
		return;
	}
	*t = (struct truncate){.tid = ev->tid, .dev = ev->dev, .ino = ev->ino, .start = ev->ts, .size = ev->len};
	t->has_before = ev->has & HAS_SIZE && ev->size >= 0;
	t->before = ev->size;
	t->has_blocks = m && blocks_by_rule(m->rule, m->unit, ev, &t->blocks);
	t->has_comm = ev->has & HAS_COMM;
	if (t->has_comm)
		memcpy(t->comm, ev->comm.data, ev->comm.size < COMM_SIZE ? ev->comm.size : COMM_SIZE - 1);
}

/* Bytes that it cut off; -1: memory. */
static int64_t cut(struct related_files *r, struct related_file *f, const struct truncate *t)
{
	int64_t block = related_block(r, f->dev), bytes;

	if (t->size < 0 || (t->has_before && t->size > t->before))
		return 0;
	bytes = related_go(r, f, related_up(t->size, block ? block : BLOCK), INT64_MAX);
	f->sum.cut += bytes > 0 ? bytes : 0;
	return bytes;
}

static void fill_truncate(struct related_files *r, const struct truncate *t, const struct event *ev)
{
	const struct mount *m = related_mount(r, t->dev);
	struct call *c = &r->call;

	c->related = RELATED_TRUNCATE;
	c->has_start = true;
	c->start = t->start;
	c->has_len = true;
	c->len = t->size;
	memcpy(c->comm, t->comm, sizeof(c->comm));
	c->has_ret = ev->has & HAS_RET;
	c->ret = ev->ret;
	c->size_before_known = t->has_before ? SEEN : UNKNOWN;
	c->size_before = t->before;
	c->blocks_before_known = t->has_blocks ? SEEN : UNKNOWN;
	c->blocks_before = t->blocks;
	if (m && blocks_by_rule(m->rule, m->unit, ev, &c->blocks_after))
		c->blocks_after_known = SEEN;
	if (ev->has & HAS_SIZE && ev->size >= 0) {
		c->size_after = ev->size;
		c->size_after_known = SEEN;
	} else if (c->has_ret && (!c->ret || t->has_before)) {
		c->size_after = c->ret ? t->before : t->size;
		c->size_after_known = DERIVED;
	}
}

static int truncate_ends(struct related_files *r, struct assemble *a, const struct event *ev)
{
	struct truncate *slot = slot_of(r, ev->tid), t = *slot;
	struct reservation before;
	struct related_file *f;

	if (t.tid != ev->tid || !t.tid)
		return 0;
	slot->tid = 0;
	f = related_find(r, t.dev, t.ino);
	if (!f)
		return 0;
	before = f->sum;
	if (ev->has & HAS_RET && ev->ret == 0 && cut(r, f, &t) < 0)
		return -1;
	start_call(r, a, f, ev);
	fill_truncate(r, &t, ev);
	end_call(r, f, &before);
	return f->shown;
}

/* Bytes of the file that were written to. False: that can't be told. */
static bool converted(const struct event *ev, int64_t block, struct extent *x)
{
	int64_t len = ev->len, most = INT64_MAX;

	if (ev->step == CONVERT_EXT4_IO && ev->has & HAS_BLOCKS)
		most = (int64_t)ev->blocks;
	else if (ev->step == CONVERT_EXT4_WRITE && ev->has & HAS_NBLOCKS && ev->has & HAS_DBLOCKS &&
		 __builtin_sub_overflow((int64_t)(ev->nblocks + ev->dblocks), ev->offset, &most))
		return false;
	else if (ev->step == CONVERT_BTRFS && ev->has & HAS_SIZE && ev->size >= 0)
		most = ev->size;
	if (len > most)
		len = most;
	x->start = ev->offset;
	if (ev->step == CONVERT_EXT4_IO || ev->step == CONVERT_EXT4_WRITE) {
		if (!block || __builtin_mul_overflow(len, block, &len) ||
		    __builtin_mul_overflow(x->start, block, &x->start))
			return false;
	}
	return x->start >= 0 && len > 0 && !__builtin_add_overflow(x->start, len, &x->end);
}

/* The file that an event of a filesystem is of. NULL: none that was fallocated. */
static struct related_file *file_of(struct related_files *r, const struct event *ev)
{
	uint32_t dev = ev->dev;
	struct related_file *f;

	if (ev->step == CONVERT_BTRFS && !mounts_find_fsid(r->info->mounts, ev->file, &dev))
		return NULL;
	f = related_find(r, dev, ev->ino);
	if (!f || !(ev->has & HAS_NR))
		return f;
	/* The same number in another subvolume: which of them was fallocated is not told. */
	if (f->has_root && f->root != ev->nr)
		f->silent = true;
	f->has_root = true;
	f->root = ev->nr;
	return f;
}

static int convert(struct related_files *r, struct assemble *a, const struct event *ev)
{
	struct related_file *f = file_of(r, ev);
	struct reservation before;
	struct extent x;
	int64_t block, bytes;

	r->seen |= 1u << ev->step;
	if (!f || !converted(ev, related_block(r, f->dev), &x))
		return 0;
	block = related_block(r, f->dev);
	before = f->sum;
	bytes = related_go(r, f, related_down(x.start, block ? block : 1), related_up(x.end, block ? block : 1));
	if (bytes <= 0)
		return bytes < 0 ? -1 : 0;
	f->sum.used += bytes;
	start_call(r, a, f, ev);
	r->call.related = RELATED_USED;
	lookup_comm(a, ev->tid, r->call.comm);
	r->call.has_offset = r->call.has_len = true;
	r->call.offset = x.start;
	r->call.len = x.end - x.start;
	end_call(r, f, &before);
	return f->shown;
}

int related_event(struct related_files *r, struct assemble *a, const struct event *ev, const struct call **told)
{
	int ret = 0;

	*told = &r->call;
	if (ev->kind == EVENT_TRUNC_ENTER)
		truncate_begins(r, ev);
	else if (ev->kind == EVENT_TRUNC_EXIT)
		ret = truncate_ends(r, a, ev);
	else if (ev->kind == EVENT_CONVERT)
		ret = convert(r, a, ev);
	return ret;
}
