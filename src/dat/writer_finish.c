/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "io.h"
#include "writer_private.h"

uint64_t writer_kept_bytes(const struct dat_writer *w, int cpu)
{
	return w->kept[cpu].size - w->kept[cpu].drops_count * w->page_size;
}

/* The first drop at or behind a place; drops_count: none. */
static size_t next_drop(const struct kept *k, uint64_t place)
{
	size_t low = 0, high = k->drops_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (k->drops[mid] < place)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool writer_stretch(const struct dat_writer *w, int cpu, uint64_t from, uint64_t *start, uint64_t *end)
{
	const struct kept *k = &w->kept[cpu];
	size_t i = next_drop(k, from);

	while (i < k->drops_count && k->drops[i] == from) {
		from += w->page_size;
		i++;
	}
	*start = from;
	*end = i < k->drops_count ? k->drops[i] : k->size;
	return *start < *end;
}

static int copy_pages(struct dat_writer *w, int to, const uint64_t *offsets, struct error *e)
{
	uint64_t start, end, from, at;

	for (int i = 0; i < w->cpus; i++) {
		at = offsets[i];
		for (from = 0; writer_stretch(w, i, from, &start, &end); from = end) {
			if (io_copy(w->kept[i].fd, start, to, at, end - start))
				return error_errno(e, "cannot write %s", w->path);
			at += end - start;
		}
	}
	return 0;
}

static int write_plain(struct dat_writer *w, int fd, const char *head, size_t size, const uint64_t *offsets,
		       struct error *e)
{
	if (io_write(fd, head, size, 0))
		return error_errno(e, "cannot write %s", w->path);
	return copy_pages(w, fd, offsets, e);
}

static bool wants_room(int err)
{
	return err == ENOSPC || err == EDQUOT;
}

/* A copy that would take the last of the disk's room from everybody else, only to fail, is not begun. */
static bool has_room(const struct dat_writer *w)
{
	struct statvfs fs;
	uint64_t wanted = w->reserve + dat_writer_bytes(w);

	return fstatvfs(w->target.dir, &fs) || fs.f_bavail * fs.f_frsize >= wanted;
}

/* Copies into a new file. *room: it failed for want of it. */
static int put_together(struct dat_writer *w, const struct dat_contents *c, const char *head, size_t size,
			const uint64_t *offsets, bool *room, struct error *e)
{
	struct target_file f;
	int ret;

	*room = false;
	if (target_create(&w->target, &f, e))
		return -1;
	errno = 0;
	ret = c->compress ? writer_compressed(w, f.fd, c, e) : write_plain(w, f.fd, head, size, offsets, e);
	/* Some filesystems find out only now. */
	if (!ret && fsync(f.fd))
		ret = error_errno(e, "cannot write %s", w->path);
	*room = ret && wants_room(errno);
	if (ret) {
		target_discard(&w->target, &f);
		return -1;
	}
	return target_publish(&w->target, &f, e);
}

/* To another directory, which may be of another disk, nothing is moved. */
static bool may_move(const struct dat_writer *w)
{
	struct stat here, there;

	if (w->home.dir < 0)
		return true;
	return !fstat(w->home.dir, &here) && !fstat(w->target.dir, &there) && here.st_dev == there.st_dev &&
	       here.st_ino == there.st_ino;
}

/* By copying, compressed or not, and where there is no room for that, by moving. */
static int finish(struct dat_writer *w, const struct dat_contents *c, struct error *e)
{
	uint64_t *sizes = calloc((size_t)w->cpus * 2, sizeof(*sizes)), *offsets;
	bool movable = may_move(w), room = movable && !c->compress && !has_room(w);
	char *head = NULL;
	size_t size = 0;
	int ret = -1;

	if (!sizes)
		return error_set(e, "out of memory");
	offsets = sizes + w->cpus;
	for (int i = 0; i < w->cpus; i++)
		sizes[i] = writer_kept_bytes(w, i);
	if (!writer_make_head(w, c, sizes, offsets, &head, &size, e)) {
		if (!room)
			ret = put_together(w, c, head, size, offsets, &room, e);
		if (room && movable)
			ret = writer_move(w, head, size, offsets, e);
	}
	free(head);
	free(sizes); /* and the offsets behind them */
	return ret;
}

/*
 * What the kernel could not bring to the disk it lets go of, and tells only who
 * asks: zeros would go into the file. Who recovers looks at each page.
 */
static int check_disk(const struct dat_writer *w, struct error *e)
{
	for (int i = 0; i < w->cpus && w->ours; i++)
		if (sync_file_range(w->kept[i].fd, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE) &&
		    (errno == EIO || wants_room(errno)))
			return error_errno(e, "not all of %s/cpu%d has reached the disk", w->partial.path, i);
	return 0;
}

int dat_writer_finish(struct dat_writer *w, const struct dat_contents *c, struct error *e)
{
	int ret;

	if (w->finished)
		return error_set(e, "%s was finished before", w->path);
	if (w->page_size != c->subbuf_size)
		return error_set(e, "sub-buffers are %zu bytes, not %zu", w->page_size, c->subbuf_size);
	if ((!w->failed && dat_writer_flush(w, e)) || check_disk(w, e))
		return -1;
	w->batch_used = 0;
	w->total = dat_writer_bytes(w);
	ret = w->places ? writer_move_on(w, e) : finish(w, c, e);
	if (ret)
		return -1;
	w->finished = true;
	/* While the lock is ours; closed files before their removal, for NFS keeps open ones. */
	target_enter(&w->target);
	partial_end(&w->partial);
	target_leave(&w->target);
	for (int i = 0; i < w->cpus; i++) {
		close(w->kept[i].fd);
		w->kept[i].fd = -1;
	}
	w->left = writer_remove_folder(w) != 0;
	return 0;
}
