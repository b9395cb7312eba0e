// SPDX-License-Identifier: MIT
#include "kernel/selfcheck.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "falloctrace/merge.h"
#include "kernel/blocks.h"
#include "kernel/clock.h"
#include "kernel/related.h"

/* Lets the events of a call of ours arrive, and keeps them. */
static void keep(struct observed *o, const struct event *ev)
{
	bool first = ev->kind == EVENT_VFS_ENTER && o->enter.kind == EVENT_NONE;

	for (unsigned i = 0; first && i < 2 && i < ev->names_count; i++)
		snprintf(o->names[i], sizeof(o->names[i]), "%.*s", (int)ev->names[i].size, ev->names[i].data);
	/* Of a stacked filesystem's two the outer one: it comes first, and returns last. */
	if (first)
		o->enter = *ev;
	else if (ev->kind == EVENT_VFS_DONE || (ev->kind == EVENT_VFS_EXIT && ev->has & HAS_SIZE))
		o->after = *ev;
	if (ev->kind == EVENT_VFS_EXIT)
		o->exit = *ev;
	if (ev->kind == EVENT_CRED && o->creds < 2)
		o->uids[o->creds++] = ev->uid;
	if (ev->kind == EVENT_TRUNC_ENTER)
		o->trunc_enter = *ev;
	if (ev->kind == EVENT_TRUNC_EXIT)
		o->trunc_exit = *ev;
	if (ev->kind == EVENT_DEEP_ENTER && o->deep.kind == EVENT_NONE)
		o->deep = *ev;
	if (ev->kind == EVENT_SYS_BADFD || ev->kind == EVENT_SYS_EXIT)
		o->sys = *ev;
}

int observe(struct session *s, struct observed *o, struct error *e)
{
	struct merge *m = merge_new(reader_source(s->reader), s->schema, reader_format(s->reader));
	int32_t tid = (int32_t)syscall(SYS_gettid);
	enum merge_result result;
	uint64_t now;
	struct event ev;

	memset(o, 0, sizeof(*o));
	if (!m)
		return error_set(e, "out of memory");
	now = trace_clock_now();
	while ((result = merge_next(m, now, &ev, e)) == MERGE_OK)
		if (ev.tid == tid)
			keep(o, &ev);
	merge_free(m);
	return result == MERGE_FAILED ? -1 : 0;
}

/* Distrusts a field that the record has, and has wrong. */
static void confirm(struct session *s, const struct event *ev, uint32_t has, bool right)
{
	if (ev->has & has && !right)
		s->info.distrust |= has;
}

static void confirm_enter(struct session *s, const struct observed *o, const struct specimen *f, bool scratch)
{
	const struct event *ev = &o->enter;

	if (scratch) {
		confirm(s, ev, HAS_SIZE, ev->size == (int64_t)f->size);
		confirm(s, ev, HAS_BLOCKS, ev->blocks == f->blocks);
		confirm(s, ev, HAS_INO, ev->ino == f->ino);
	}
	confirm(s, ev, HAS_DEV, ev->dev == f->dev);
	confirm(s, ev, HAS_MNT, ev->mnt == (int32_t)f->mnt);
	confirm(s, ev, HAS_FD, ev->fd == f->fd && ev->nr == s->info.fallocate_nr);
	confirm(s, ev, HAS_MODE | HAS_OFFSET | HAS_LEN,
		(int)ev->mode == f->mode && ev->offset == f->offset && ev->len == f->len);
	if ((ev->names_count > 0 && strcmp(o->names[0], f->name)) ||
	    (ev->names_count > 1 && strcmp(o->names[1], f->parent)))
		s->info.distrust |= HAS_NAMES;
}

/* A call that does change something: the values after it must be the new ones. */
static int confirm_after(struct session *s, struct specimen *f, struct error *e)
{
	struct observed o;

	if (syscall(SYS_fallocate, f->fd, 0, (int64_t)f->size, 8192LL))
		return error_errno(e, "can't extend a memfd");
	if (specimen_stat(f, e) || observe(s, &o, e))
		return -1;
	if (!s->info.sizes_after_seen || !(o.after.has & HAS_SIZE))
		s->info.sizes_after_seen = false;
	else if (o.after.size != (int64_t)f->size || (o.after.has & HAS_BLOCKS && o.after.blocks != f->blocks))
		s->info.distrust |= HAS_AFTER;
	return o.exit.kind == EVENT_VFS_EXIT && o.exit.ret == 0 ?
		       0 :
		       error_set(e, "the return probe on vfs_fallocate did not see a call of our own");
}

/* Without the sight of EBADF nothing else is wrong: those calls are just not shown. */
static int confirm_badfd(struct session *s, struct error *e)
{
	struct observed o;

	badfd_call();
	if (observe(s, &o, e))
		return -1;
	if (o.sys.kind == EVENT_SYS_BADFD && (o.sys.fd != BADFD_FD || o.sys.mode != BADFD_MODE ||
					      o.sys.offset != BADFD_OFFSET || o.sys.len != BADFD_LEN))
		return error_set(e, "the probe on calls with a bad descriptor shows something else");
	s->sees_badfd = o.sys.kind != EVENT_NONE;
	return 0;
}

/* Without the sight of changing credentials nobody's user is known. */
static int confirm_cred(struct session *s, struct error *e)
{
	struct observed o;
	uint32_t odd = cred_call();

	if (observe(s, &o, e))
		return -1;
	s->info.sees_uids = odd != geteuid() && o.creds == 2 && o.uids[0] == odd && o.uids[1] == geteuid();
	return 0;
}

int selfcheck(struct session *s, struct specimen specimens[SPECIMENS], struct error *e)
{
	struct observed o;

	for (int i = 0; i < SPECIMENS; i++) {
		specimen_call(&specimens[i]);
		if (observe(s, &o, e))
			return -1;
		if (o.enter.kind != EVENT_VFS_ENTER)
			return error_set(e, "the probe on vfs_fallocate did not see a call of our own");
		confirm_enter(s, &o, &specimens[i], i < SPECIMENS - 1);
	}
	mounts_add_internal(s->info.mounts, specimens[0].dev, "tmpfs");
	if (confirm_after(s, &specimens[0], e) || confirm_badfd(s, e) || confirm_cred(s, e) ||
	    related_check(s, &specimens[0], e))
		return -1;
	return check_blocks(s, e);
}
