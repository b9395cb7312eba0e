/* SPDX-License-Identifier: MIT */
/*
 * The machine and what happens on it.
 */
#include <stdlib.h>
#include <string.h>

#include "trace.h"

const struct mount_kind trace_mounts[MOUNTS] = {
	{"/", "ext4", 254, 1, BLOCKS_INODE, true, true, 35},
	{"/var/lib", "xfs", 254, 16, BLOCKS_NBLOCKS, true, true, 40},
	{"/home", "btrfs", 0, 41, BLOCKS_INODE, false, true, 15},
	{"/tmp", "tmpfs", 0, 33, BLOCKS_INODE, false, false, 7},
	{"/var/lib/docker/overlay2/merged", "overlay", 0, 52, BLOCKS_UNTRUSTED, true, true, 3},
};

static const struct process_kind process_kinds[] = {
	{"postgres", 105, 1, SYM_SYSCALL},
	{"mysqld", 107, 48, SYM_SYSCALL},
	{"qemu-system-x86", 64055, 8, SYM_IO_URING},
	{"transmission-da", 1000, 6, SYM_SYSCALL},
	{"systemd-journal", 0, 1, SYM_SYSCALL},
	{"rsync", 1000, 1, SYM_SYSCALL},
	{"java", 998, 60, SYM_SYSCALL},
	{"Web Content", 1001, 12, SYM_SYSCALL},
};
#define PROCESS_KINDS (sizeof(process_kinds) / sizeof(process_kinds[0]))

static const struct {
	uint32_t mode;
	int weight; /* calls of 1000 */
} ops[] = {{0, 380}, {1, 260}, {3, 230}, {0x10, 60}, {0x11, 20}, {8, 15}, {0x20, 15}, {0x40, 8}, {2, 9}, {0x100, 3}};

static uint64_t next_random(struct maker *m)
{
	uint64_t z = (m->random += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static uint64_t below(struct maker *m, uint64_t n)
{
	return next_random(m) % n;
}

/* --- what happens --- */

static void grow(struct file *f, int64_t end)
{
	if (end > f->size)
		f->size = end;
}

/* What the call did to the file by the time that the filesystem is through with it. */
static void apply(const struct thread *t)
{
	struct file *f = t->file;
	uint64_t touched = ((uint64_t)t->len + 511) / 512;

	if (t->ret)
		return;
	switch (t->mode) {
	case 0:
	case 0x10:
		grow(f, t->offset + t->len);
		/* fall through */
	case 1:
		f->blocks += touched < 64 ? 8 : touched / 8 & ~7ULL;
		break;
	case 3:
		f->blocks -= touched / 8 < f->blocks ? touched / 8 & ~7ULL : 0;
		break;
	case 8:
		f->size -= t->len;
		f->blocks -= touched / 2 < f->blocks ? touched / 2 & ~7ULL : 0;
		break;
	case 0x20:
		f->size += t->len;
		break;
	}
}

static int result_of(struct maker *m, const struct thread *t)
{
	const struct mount_kind *k = &trace_mounts[t->file->mount];
	uint64_t chance = below(m, 1000);

	if (t->mode == 2 || t->mode == 0x100 || ((t->mode == 8 || t->mode == 0x20) && !k->moves) ||
	    (t->mode & 0x10 && !k->zeroes))
		return -95; /* EOPNOTSUPP */
	if (t->mode == 8 && t->offset + t->len >= t->file->size)
		return -22;
	if (t->mode < 2 && chance < 8)
		return -28; /* ENOSPC */
	return chance < 10 ? -4 : 0;
}

/* Mostly short, a few wait for a disk. */
static uint64_t duration(struct maker *m, uint64_t ns)
{
	uint64_t r = next_random(m);

	ns += (r & 1023) * ns / 512;
	if ((r >> 10) % 64 == 0)
		ns *= 20 + (r >> 16) % 100;
	if ((r >> 32) % 4096 == 0)
		ns *= 500;
	return ns;
}

static void plan(struct thread *t, enum kind kind, uint64_t after, bool lower)
{
	t->plan[t->steps++] = (struct step){kind, after, lower};
}

static void plan_call(struct maker *m, struct thread *t)
{
	bool refused = t->mode == 2 || t->mode == 0x100, overlay = t->file->mount == OVERLAY;

	t->acts = overlay ? 2 : 1;
	plan(t, ENTER, 0, false);
	if (!refused && overlay) {
		plan(t, ENTER, duration(m, 700), true);
		if (!m->pairs)
			plan(t, DONE, duration(m, 3000), true);
		plan(t, EXIT, duration(m, 400), true);
	}
	if (!refused && !m->pairs)
		plan(t, DONE, duration(m, overlay ? 500 : 6000), false);
	plan(t, EXIT, duration(m, refused ? 300 : m->pairs && !overlay ? 6400 : 400), false);
}

static uint32_t some_mode(struct maker *m)
{
	int r = (int)below(m, 1000);
	size_t i = 0;

	while (r >= ops[i].weight)
		r -= ops[i++].weight;
	return ops[i].mode;
}

static int32_t new_tid(struct maker *m, const struct process_kind *what)
{
	fprintf(m->cmdlines, "%d %s\n", m->next_tid, what->comm);
	return m->next_tid++;
}

/* What the thread does next, and when. */
static void begin(struct maker *m, struct thread *t)
{
	uint64_t r = next_random(m);

	t->steps = t->step = 0;
	t->seen = 0;
	t->cpu = r % 8 ? t->cpu : (int)((r >> 8) % CPUS);
	t->file = &m->files[(r >> 12) % 3 ? (r >> 16) % 64 * 61 : (r >> 16) % FILES]; /* some are hot */
	t->mode = some_mode(m);
	t->fd = t->what->symbol == SYM_IO_URING ? 7 : 3 + (int32_t)(r >> 40) % 40;
	t->len = 4096LL << below(m, 9);
	t->offset = (int64_t)below(m, (uint64_t)t->file->size / 4096 + 16) * 4096;
	if (t->mode == 8 || t->mode == 0x20)
		t->offset = 0;
	t->ret = result_of(m, t);
	t->at = m->now + 4000 + duration(m, 150000);
	if (t->at < m->quiet_until)
		t->at += m->quiet_until - m->now;
	if ((r >> 48) % 4000 == 0) {
		t->child = new_tid(m, t->what);
		plan(t, NEWTASK, 0, false);
	} else if ((r >> 48) % 500 == 1 && t->what->symbol == SYM_SYSCALL) {
		t->fd = -1;
		plan(t, BADFD, 0, false);
	} else {
		plan_call(m, t);
	}
}

/* Of both depths: what of the call was written, and so what of it can be told. */
static void account(struct maker *m, const struct thread *t)
{
	bool enter[2] = {false}, leave[2] = {false};

	for (int i = 0; i < t->steps; i++) {
		bool seen = t->seen >> i & 1, lower = t->plan[i].lower;

		if (t->plan[i].kind == ENTER || t->plan[i].kind == BADFD)
			enter[lower] |= seen;
		if (t->plan[i].kind == EXIT || t->plan[i].kind == BADFD)
			leave[lower] |= seen;
	}
	for (int i = 0; i < 2; i++) {
		m->entered += enter[i];
		m->returned += leave[i];
		m->failed += leave[i] && (t->ret || t->plan[0].kind == BADFD);
	}
}

/* A gap begins where a page ends. */
static int perhaps_lose(struct maker *m, int n, struct error *e)
{
	struct cpu *c = &m->cpus[n];

	if (c->used + 300 < PAGE || below(m, 20000))
		return 0;
	c->losing = 50 + below(m, 500);
	return trace_end_page(m, n, e);
}

static int emit(struct maker *m, struct thread *t, struct error *e)
{
	struct cpu *c = &m->cpus[t->cpu];

	if (c->losing) {
		m->lost++;
		c->lost++;
		if (!--c->losing) {
			dat_writer_lost(m->w, t->cpu, c->lost);
			c->lost = 0;
		}
		return 0;
	}
	if (trace_put(m, t, e))
		return -1;
	t->seen |= 1u << t->step;
	if (++m->events % 1000000 == 0)
		m->quiet_until = m->now + NS_PER_S * 3 / 10; /* more than a record's delta can tell */
	return perhaps_lose(m, t->cpu, e);
}

static void advance(struct maker *m, struct thread *t)
{
	if (++t->step == t->steps) {
		account(m, t);
		begin(m, t);
		return;
	}
	t->at = m->now + t->plan[t->step].after;
	if (t->plan[t->step].after > 50000 && below(m, 4) == 0)
		t->cpu = (int)below(m, CPUS);
}

static void sift_down(struct maker *m)
{
	struct thread *t = m->heap[0];
	size_t at = 0, child;

	for (; (child = 2 * at + 1) < THREADS; at = child) {
		if (child + 1 < THREADS && m->heap[child + 1]->at < m->heap[child]->at)
			child++;
		if (m->heap[child]->at >= t->at)
			break;
		m->heap[at] = m->heap[child];
	}
	m->heap[at] = t;
}

int trace_run(struct maker *m, struct error *e)
{
	while (m->events < m->wanted) {
		struct thread *t = m->heap[0];

		m->now = t->at;
		if (t->step == t->acts)
			apply(t);
		if (emit(m, t, e))
			return -1;
		advance(m, t);
		sift_down(m);
	}
	for (int i = 0; i < THREADS; i++)
		account(m, &m->threads[i]);
	for (int i = 0; i < CPUS; i++)
		if (trace_end_page(m, i, e))
			return -1;
	return 0;
}

static int make_info(struct maker *m)
{
	static const char *const names[SYMBOLS] = {"__x64_sys_fallocate", "io_fallocate", "ovl_fallocate"};
	struct trace_info *i = &m->info;
	char line[256];

	info_init(i);
	strcpy(i->host, "bench");
	strcpy(i->release, "6.1.0-56-cloud-amd64");
	strcpy(i->machine, "x86_64");
	strcpy(i->clock, "mono");
	i->has_utc_offset = true;
	i->utc_offset = 1795455826705483455;
	i->sizes_after_seen = true;
	i->fallocate_nr = 285;
	for (unsigned n = 0; n < SYMBOLS; n++)
		if (symbols_add(i->symbols, SYMBOLS_AT + n * 0x100, SYMBOLS_AT + n * 0x100 + 0x70, names[n]))
			return -1;
	for (unsigned n = 0; n < MOUNTS; n++) {
		const struct mount_kind *k = &trace_mounts[n];
		int size = snprintf(line, sizeof(line), "%u 1 %u:%u / %s rw - %s none rw\n", n + 25, k->major, k->minor,
				    k->point, k->fs);
		struct mount *mount;

		if (mounts_add_text(i->mounts, line, (size_t)size) < 0 ||
		    !(mount = mounts_find_id(i->mounts, (int)n + 25)))
			return -1;
		mount->rule = k->rule;
		mount->unit = k->rule == BLOCKS_NBLOCKS ? 8 : 0;
	}
	return 0;
}

static void make_files(struct maker *m)
{
	static const char *const roots[][NAMES] = {
		{"", "16384", "base", "main"},	  {"", "orders", "mysql", "/"},	  {"", "images", "libvirt", "/"},
		{"", "7f3c0a", "journal", "log"}, {"", "Downloads", "anna", "/"},
	};
	static char names[FILES][32];

	for (int i = 0; i < FILES; i++) {
		struct file *f = &m->files[i];
		int r = (int)below(m, 100);

		while (r >= trace_mounts[f->mount].weight)
			r -= trace_mounts[f->mount++].weight;
		memcpy(f->names, roots[below(m, 5)], sizeof(f->names));
		snprintf(names[i], sizeof(names[i]), i % 100 ? "%u.dat" : "table of %u", 16384 + i * 7);
		f->names[0] = names[i];
		f->size = (int64_t)below(m, 1 << 16) * 4096;
		f->blocks = (uint64_t)f->size / 512;
		f->ino = 131 + (uint64_t)i;
		f->lower_ino = 600000 + (uint64_t)i;
		f->address = 0xffff9c8700000000ULL + (uint64_t)i * 0x300;
	}
}

static int make_threads(struct maker *m)
{
	int left[PROCESS_KINDS] = {0};
	int32_t tgid[PROCESS_KINDS] = {0};

	m->next_tid = FIRST_TID;
	for (size_t i = 0; i < THREADS; i++) {
		size_t k = i % PROCESS_KINDS;
		struct thread *t = &m->threads[i];

		t->what = &process_kinds[k];
		t->tid = new_tid(m, t->what);
		if (!left[k]) {
			left[k] = t->what->threads;
			tgid[k] = t->tid;
		}
		left[k]--;
		t->tgid = tgid[k];
		if (tasks_add(m->info.tasks, t->tid, t->tgid, 1))
			return -1;
		t->cpu = (int)i % CPUS;
		begin(m, t);
		t->at = m->now + i * 1000; /* a sorted array is a heap */
		m->heap[i] = t;
	}
	return 0;
}

int trace_set_scene(struct maker *m)
{
	m->now = 500 * NS_PER_S;
	for (int i = 0; i < CPUS; i++)
		m->cpus[i].used = PAGE_HEAD;
	make_files(m);
	return make_info(m) || make_threads(m) ? -1 : 0;
}
