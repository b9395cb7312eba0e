/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "falloctrace/event.h"
#include "info/memstream.h"

#include "format.h"
#include "io.h"
#include "writer_head.h"
#include "writer_private.h"

#define BATCH_SIZE (256 * 1024)

/* Room for putting the file together on a disk that is full by then. */
#define RESERVE_MAX (4u << 20)
#define RESERVE_MIN (256u << 10)
#define RESERVE_SHARE 8 /* no more than this part of what is free */

static uint64_t file_limit(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_FSIZE, &limit) || limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
}

struct dat_writer *writer_new(const char *path, struct error *e)
{
	struct dat_writer *w = calloc(1, sizeof(*w));

	if (!w || !(w->path = strdup(path))) {
		free(w);
		error_set(e, "out of memory");
		return NULL;
	}
	w->limit = file_limit();
	w->target.dir = w->home.dir = w->partial.dir = -1;
	return w;
}

int writer_set_streams(struct dat_writer *w, int cpus, size_t page_size, struct error *e)
{
	struct kept *kept;

	if (cpus < 1 || cpus > DAT_CPUS_MAX)
		return error_set(e, "cannot record %d CPUs", cpus);
	if (page_size < DAT_SUBBUF_MIN || page_size > DAT_SUBBUF_MAX || (page_size & (page_size - 1)))
		return error_set(e, "a trace.dat cannot hold sub-buffers of %zu bytes", page_size);
	kept = realloc(w->kept, (size_t)cpus * sizeof(*kept));
	if (!kept)
		return error_set(e, "out of memory");
	for (int i = w->cpus; i < cpus; i++)
		kept[i] = (struct kept){.fd = -1};
	w->kept = kept;
	w->cpus = cpus;
	w->page_size = page_size;
	return 0;
}

/* Not every filesystem can set room aside; then there is none. */
static int make_reserve(struct dat_writer *w, struct error *e)
{
	uint64_t size = RESERVE_MAX;
	struct statvfs fs;
	int fd, ret = 0;

	target_enter(&w->target);
	fd = partial_file(&w->partial, PARTIAL_WHOLE, true);
	target_leave(&w->target);
	if (fd < 0)
		return error_errno(e, "cannot make a file in %s", w->partial.path);
	if (!fstatvfs(fd, &fs) && fs.f_bavail * fs.f_frsize / RESERVE_SHARE < size)
		size = fs.f_bavail * fs.f_frsize / RESERVE_SHARE;
	if (size < RESERVE_MIN)
		size = RESERVE_MIN;
	if (size > w->limit)
		size = w->limit;
	if (!fallocate(fd, 0, 0, (off_t)size))
		w->reserve = size;
	else if (errno == ENOSPC || errno == EDQUOT)
		ret = error_errno(e, "cannot record to %s", w->path);
	close(fd);
	return ret;
}

/* The first CPU's file is the lock. */
static int make_file(struct dat_writer *w, int cpu, struct error *e)
{
	target_enter(&w->target);
	w->kept[cpu].fd = partial_pages(&w->partial, cpu, true);
	target_leave(&w->target);
	return w->kept[cpu].fd < 0 ? error_errno(e, "cannot make a file in %s", w->partial.path) : 0;
}

static int make_folder(struct dat_writer *w, struct error *e)
{
	int ret;

	target_enter(&w->target);
	ret = partial_create(&w->partial, &w->target, e);
	target_leave(&w->target);
	return ret;
}

struct dat_writer *dat_writer_open(const char *path, struct error *e)
{
	struct dat_writer *w = writer_new(path, e);

	if (!w)
		return NULL;
	if (target_open(&w->target, w->path, e) || make_folder(w, e))
		goto fail;
	w->ours = true;
	if (writer_set_streams(w, 1, DAT_SUBBUF_MIN, e) || make_file(w, 0, e) ||
	    partial_lock(&w->partial, w->kept[0].fd, e) || make_reserve(w, e))
		goto fail;
	return w;
fail:
	dat_writer_close(w);
	return NULL;
}

int dat_writer_streams(struct dat_writer *w, int cpus, size_t subbuf_size, struct error *e)
{
	if (writer_set_streams(w, cpus, subbuf_size, e))
		return -1;
	w->batch_room = BATCH_SIZE < subbuf_size ? subbuf_size : BATCH_SIZE;
	w->batch = malloc(w->batch_room);
	if (!w->batch)
		return error_set(e, "out of memory");
	/* All at once: who cannot write here shall know it before anything is traced. */
	for (int i = 1; i < cpus; i++)
		if (make_file(w, i, e))
			return -1;
	return 0;
}

struct dat_writer *dat_writer_create(const char *path, int cpus, size_t subbuf_size, struct error *e)
{
	struct dat_writer *w = dat_writer_open(path, e);

	if (w && !dat_writer_streams(w, cpus, subbuf_size, e))
		return w;
	dat_writer_close(w);
	return NULL;
}

int writer_make_head(const struct dat_writer *w, const struct dat_contents *c, const uint64_t *sizes, uint64_t *offsets,
		     char **head, size_t *size, struct error *e)
{
	FILE *f = memstream_open(head, size);
	int ret;

	if (!f)
		return error_set(e, "out of memory");
	ret = writer_head(f, c, w->cpus, sizes, offsets, e);
	if (memstream_close(f, head) && !ret)
		ret = error_errno(e, "cannot put the recording's head together");
	return ret;
}

int dat_writer_head(struct dat_writer *w, const struct dat_contents *c, struct error *e)
{
	uint64_t *zeros = calloc((size_t)w->cpus * 2, sizeof(*zeros));
	char *head = NULL;
	size_t size = 0;
	int ret = -1;

	if (!zeros)
		return error_set(e, "out of memory");
	if (!writer_make_head(w, c, zeros, zeros + w->cpus, &head, &size, e)) {
		target_enter(&w->target);
		ret = partial_put(&w->partial, PARTIAL_HEAD, head, size);
		target_leave(&w->target);
		if (ret)
			error_errno(e, "cannot write %s/" PARTIAL_HEAD, w->partial.path);
	}
	free(head);
	free(zeros);
	/* A filesystem that cannot sync a directory is no reason to fail. */
	if (!ret && !w->headed) {
		fsync(w->partial.dir);
		fsync(w->target.dir);
		w->headed = true;
	}
	return ret;
}

int writer_remove_folder(struct dat_writer *w)
{
	int result;

	target_enter(&w->target);
	result = partial_remove(&w->partial);
	target_leave(&w->target);
	return result;
}

int dat_writer_keep(const struct dat_writer *w, struct error *e)
{
	return target_keep(&w->target, e);
}

bool dat_writer_unaided(const struct dat_writer *w)
{
	struct target_file trial;
	struct error why;

	if (w->target.owner.known && !w->target.as_owner)
		return false;
	if (target_create(&w->target, &trial, &why))
		return false;
	target_discard(&w->target, &trial);
	return true;
}

/* --- pages --- */

void dat_writer_lost(struct dat_writer *w, int cpu, uint64_t count)
{
	struct kept *k = cpu >= 0 && cpu < w->cpus ? &w->kept[cpu] : NULL;

	/* LOST_UNKNOWN is the largest number, and stays. */
	if (k && __builtin_add_overflow(k->lost, count, &k->lost))
		k->lost = LOST_UNKNOWN;
}

/*
 * The file that it all becomes must not be longer than a file may be, either: it
 * is better to end in time than with something that cannot be put together.
 */
static int check_limit(const struct dat_writer *w)
{
	uint64_t bytes = w->batch_used + RESERVE_MIN;

	if (w->limit == UINT64_MAX)
		return 0;
	for (int i = 0; i < w->cpus; i++)
		bytes += w->kept[i].size;
	if (bytes <= w->limit)
		return 0;
	errno = EFBIG;
	return -1;
}

int dat_writer_flush(struct dat_writer *w, struct error *e)
{
	struct kept *k = &w->kept[w->batch_cpu];
	size_t done = 0;
	int saved;

	if (!w->batch_used)
		return 0;
	if (w->failed)
		return error_set(e, "cannot write to %s any more", w->partial.path);
	if (!check_limit(w) && !io_write_some(k->fd, w->batch, w->batch_used, k->size, &done)) {
		k->size += done;
		w->batch_used = 0;
		return 0;
	}
	saved = errno;
	w->failed = true;
	/* What is whole of it counts; a page that was torn is worth its room to others. */
	done -= done % w->page_size;
	k->size += done;
	w->batch_used -= done;
	memmove(w->batch, w->batch + done, w->batch_used);
	if (ftruncate(k->fd, (off_t)k->size))
		k->torn = 1;
	errno = saved;
	return error_errno(e, "cannot write %s/cpu%d", w->partial.path, w->batch_cpu);
}

static unsigned char *add_page(struct dat_writer *w, int cpu, const void *data, size_t size, struct error *e)
{
	unsigned char *page;

	if ((cpu != w->batch_cpu || w->batch_room - w->batch_used < w->page_size) && dat_writer_flush(w, e))
		return NULL;
	w->batch_cpu = cpu;
	page = w->batch + w->batch_used;
	memcpy(page, data, size);
	memset(page + size, 0, w->page_size - size);
	w->batch_used += w->page_size;
	return page;
}

/* A page without records before the next one, of its time: there the number has room. */
static int add_gap(struct dat_writer *w, int cpu, const void *next, uint64_t lost, struct error *e)
{
	unsigned char *page = add_page(w, cpu, next, WRITER_PAGE_TIME, e);

	if (page)
		writer_mark_lost(page, w->page_size, lost);
	return page ? 0 : -1;
}

int dat_writer_page(struct dat_writer *w, int cpu, const void *data, size_t size, struct error *e)
{
	struct kept *k = cpu >= 0 && cpu < w->cpus ? &w->kept[cpu] : NULL;
	unsigned char *page;

	if (!k || k->fd < 0 || !w->batch)
		return error_set(e, "%s has no place for pages of CPU %d", w->path, cpu);
	if (size < WRITER_PAGE_TIME + sizeof(long) || size > w->page_size)
		return error_set(e, "a sub-buffer of %zu bytes came among those of %zu", size, w->page_size);
	if (writer_needs_gap(data, w->page_size, k->lost) && add_gap(w, cpu, data, k->lost, e))
		return -1;
	page = add_page(w, cpu, data, size, e);
	if (!page)
		return -1;
	if (k->lost)
		writer_mark_lost(page, w->page_size, k->lost);
	k->lost = 0;
	return 0;
}

const void *dat_writer_unwritten(struct dat_writer *w, int *cpu, size_t *size)
{
	*cpu = w->batch_cpu;
	*size = w->batch_used;
	w->batch_used = 0;
	return *size ? w->batch : NULL;
}

void dat_writer_sync_soon(struct dat_writer *w)
{
	for (int i = 0; i < w->cpus; i++) {
		struct kept *k = &w->kept[i];

		if (k->fd >= 0 && k->size > k->asked)
			sync_file_range(k->fd, (off_t)k->asked, (off_t)(k->size - k->asked), SYNC_FILE_RANGE_WRITE);
		k->asked = k->size;
	}
}

uint64_t dat_writer_bytes(const struct dat_writer *w)
{
	uint64_t bytes = w->batch_used;

	/* Moved pages are no CPU's any more. */
	if (w->finished || w->places)
		return w->total;
	for (int i = 0; i < w->cpus; i++)
		bytes += writer_kept_bytes(w, i);
	return bytes;
}

const char *dat_writer_folder(const struct dat_writer *w)
{
	return w->partial.dir < 0 ? NULL : w->partial.path;
}

const char *dat_writer_left(const struct dat_writer *w)
{
	return w->left ? w->partial.path : NULL;
}

void dat_writer_close(struct dat_writer *w)
{
	struct error ignored;

	if (!w)
		return;
	if (!w->finished && !w->failed && w->batch)
		dat_writer_flush(w, &ignored);
	if (!w->finished && w->ours && !w->places && !dat_writer_bytes(w))
		writer_remove_folder(w);
	for (int i = 0; i < w->cpus; i++) {
		if (w->kept[i].fd >= 0)
			close(w->kept[i].fd);
		free(w->kept[i].drops);
	}
	partial_close(&w->partial);
	target_close(&w->target);
	target_close(&w->home);
	free(w->kept);
	free(w->places);
	free(w->batch);
	free(w->path);
	free(w);
}
