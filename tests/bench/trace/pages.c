/* SPDX-License-Identifier: MIT */
/*
 * Records, and the sub-buffers that hold them, as kernel 6.1 lays them out.
 */
#include <string.h>

#include "trace.h"

int trace_end_page(struct maker *m, int n, struct error *e)
{
	struct cpu *c = &m->cpus[n];
	size_t left = PAGE - c->used;
	uint32_t padding[2] = {29, (uint32_t)left - 4};
	uint64_t commit;

	if (c->used == PAGE_HEAD)
		return 0;
	/* What did not fit has left its place to padding: with a length, and then counted, unless that has no room. */
	if (left >= 8) {
		padding[0] |= 1 << 5;
		memcpy(c->page + c->used, padding, 8);
		c->used = PAGE;
	} else if (left) {
		memcpy(c->page + c->used, padding, 4);
	}
	commit = c->used - PAGE_HEAD;
	memcpy(c->page + 8, &commit, 8);
	c->used = PAGE_HEAD;
	return dat_writer_page(m->w, n, c->page, PAGE, e);
}

/* Place for a record of size bytes at the current time. */
static unsigned char *reserve(struct maker *m, int n, size_t size, struct error *e)
{
	struct cpu *c = &m->cpus[n];
	size_t rounded = (size + 3) & ~(size_t)3, need = rounded + (rounded > 28 * 4 ? 8 : 4);
	uint64_t delta = m->now - c->last;
	unsigned char *at;

	if (c->used + need + 8 > PAGE) { /* with a time extend */
		if (trace_end_page(m, n, e))
			return NULL;
		if (c->lost)
			dat_writer_lost(m->w, n, c->lost);
		c->lost = 0;
	}
	if (c->used == PAGE_HEAD) {
		memset(c->page, 0, PAGE);
		memcpy(c->page, &m->now, 8);
		delta = 0;
	}
	at = c->page + c->used;
	if (delta >> 27) {
		uint32_t extend[2] = {30 | (uint32_t)(delta & 0x7ffffff) << 5, (uint32_t)(delta >> 27)};

		memcpy(at, extend, 8);
		at += 8;
		c->used += 8;
		delta = 0;
	}
	uint32_t head[2] = {(uint32_t)delta << 5, (uint32_t)rounded + 4};

	if (rounded <= 28 * 4)
		head[0] |= (uint32_t)rounded / 4;
	memcpy(at, head, need - rounded);
	c->used += need;
	c->last = m->now;
	return at + need - rounded;
}

/* --- records: fields one behind the other, as the kernel packs them --- */

struct record {
	unsigned char data[512];
	size_t size, strings; /* strings: where the next one's location goes */
};

#define PUT(r, type, value)            \
	do {                           \
		type v = (value);      \
		put(r, &v, sizeof(v)); \
	} while (0)

static void put(struct record *r, const void *value, size_t size)
{
	memcpy(r->data + r->size, value, size);
	r->size += size;
}

static void put_string(struct record *r, const char *s)
{
	size_t size = strlen(s) + 1;
	uint32_t location = (uint32_t)(size << 16 | r->size);

	memcpy(r->data + r->strings, &location, 4);
	r->strings += 4;
	put(r, s, size);
}

static void put_common(struct record *r, enum kind kind, int32_t tid, uint64_t ip)
{
	r->size = 0;
	PUT(r, unsigned short, trace_ids[kind]);
	PUT(r, unsigned short, 0);
	PUT(r, int32_t, tid);
	if (kind != NEWTASK)
		PUT(r, uint64_t, ip);
}

/* XFS keeps its own count, where other filesystems have something else. */
static void put_sizes(struct record *r, const struct file *f, unsigned mount)
{
	bool xfs = trace_mounts[mount].rule == BLOCKS_NBLOCKS;

	PUT(r, int64_t, f->size);
	PUT(r, uint64_t, xfs || mount == OVERLAY ? 0 : f->blocks);
	PUT(r, uint64_t, xfs ? f->blocks / 8 : f->address + 0x2c8);
	PUT(r, uint64_t, 0);
}

static void make_enter(const struct maker *m, struct record *r, const struct thread *t, bool lower)
{
	const struct file *f = t->file;
	unsigned mount = lower ? 0 : f->mount;

	put_common(r, ENTER, t->tid, VFS_FALLOCATE);
	if (!m->pairs)
		PUT(r, uint64_t, f->address + lower * 256);
	PUT(r, uint32_t, t->mode);
	PUT(r, int64_t, t->offset);
	PUT(r, int64_t, t->len);
	put_sizes(r, f, mount);
	PUT(r, uint64_t, lower ? f->lower_ino : f->ino);
	PUT(r, uint32_t, trace_mounts[mount].major << 20 | trace_mounts[mount].minor);
	PUT(r, int32_t, (int32_t)mount + 25);
	PUT(r, uint32_t, t->what->uid);
	/* Where a system call has its registers, a call from within the kernel has something else. */
	PUT(r, int32_t, lower ? (int32_t)f->ino * 64 : t->fd);
	PUT(r, uint64_t, lower ? f->address + 0x98 : t->what->symbol == SYM_IO_URING ? 426 : 285);
	r->strings = r->size;
	r->size += 4 * (1 + NAMES);
	put_string(r, t->what->comm);
	for (int i = 0; i < NAMES; i++)
		put_string(r, f->names[i]);
}

static void make_exit(const struct maker *m, struct record *r, const struct thread *t, bool lower)
{
	put_common(r, EXIT, t->tid, VFS_FALLOCATE);
	PUT(r, uint64_t, SYMBOLS_AT + 0x40 + 0x100 * (lower ? SYM_OVERLAY : (uint64_t)t->what->symbol));
	PUT(r, int32_t, t->ret);
	if (m->pairs)
		put_sizes(r, t->file, lower ? 0 : t->file->mount);
}

static void make_record(struct maker *m, struct record *r, const struct thread *t, const struct step *s)
{
	switch (s->kind) {
	case ENTER:
		make_enter(m, r, t, s->lower);
		break;
	case DONE:
		put_common(r, DONE, t->tid, VFS_FALLOCATE + 0x131);
		PUT(r, uint64_t, t->file->address + s->lower * 256);
		put_sizes(r, t->file, s->lower ? 0 : t->file->mount);
		break;
	case EXIT:
		make_exit(m, r, t, s->lower);
		break;
	case BADFD:
		put_common(r, BADFD, t->tid, SYMBOLS_AT + 0x52);
		PUT(r, int32_t, t->fd);
		PUT(r, uint32_t, t->mode);
		PUT(r, int64_t, t->offset);
		PUT(r, int64_t, t->len);
		PUT(r, uint64_t, 285);
		r->strings = r->size;
		r->size += 4;
		put_string(r, t->what->comm);
		break;
	default:
		put_common(r, NEWTASK, t->tgid, 0);
		PUT(r, int32_t, t->child);
		memset(r->data + r->size, 0, 36);
		memcpy(r->data + r->size, t->what->comm, strlen(t->what->comm));
		memcpy(r->data + 32, &(uint64_t){0x3d0f00}, 8); /* a thread */
		r->size = 44;
	}
}

int trace_put(struct maker *m, const struct thread *t, struct error *e)
{
	struct record r;
	unsigned char *at;

	make_record(m, &r, t, &t->plan[t->step]);
	at = reserve(m, t->cpu, r.size, e);
	if (!at)
		return -1;
	memcpy(at, r.data, r.size);
	return 0;
}
