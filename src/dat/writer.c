/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "falloctrace/dat_writer.h"
#include "falloctrace/event.h"

#include "format.h"
#include "target.h"
#include "writer_head.h"

#define COPY_SIZE (128 * 1024)

/* A page's commit word: how much data it has, and what was lost before it. Source: the kernel's ring_buffer.c. */
#define COMMIT_SIZE 0x07ffffffUL
#define COMMIT_MISSED (1UL << 31)
#define COMMIT_STORED (1UL << 30) /* the number of missed events stands behind the data, as a long */
#define COMMIT_AT 8
#define DATA_AT (COMMIT_AT + sizeof(unsigned long))

/* Pages of one CPU. */
struct kept {
	int fd;
	uint64_t size;
	uint64_t lost; /* events, before the next page */
};

struct dat_writer {
	char *path;
	struct target target;
	size_t page_size;    /* of the first page; 0: none came yet */
	unsigned char *copy; /* of a page that has to be changed */
	int cpus;
	struct kept kept[];
};

struct dat_writer *dat_writer_create(const char *path, int cpus, struct error *e)
{
	struct dat_writer *w;

	if (cpus < 1 || cpus > DAT_CPUS_MAX) {
		error_set(e, "cannot record %d CPUs", cpus);
		return NULL;
	}
	w = calloc(1, sizeof(*w) + (size_t)cpus * sizeof(w->kept[0]));
	if (!w || !(w->path = strdup(path))) {
		free(w);
		error_set(e, "out of memory");
		return NULL;
	}
	w->cpus = cpus;
	w->target.dir = -1;
	for (int i = 0; i < cpus; i++)
		w->kept[i].fd = -1;
	if (target_open(&w->target, w->path, e))
		goto fail;
	/* All at once: who cannot write here shall know it before anything is traced. */
	for (int i = 0; i < cpus; i++) {
		w->kept[i].fd = target_scratch(&w->target, e);
		if (w->kept[i].fd < 0)
			goto fail;
	}
	return w;
fail:
	dat_writer_close(w);
	return NULL;
}

static int write_at(int fd, const void *data, size_t size, uint64_t at)
{
	const char *from = data;

	while (size) {
		ssize_t n = pwrite(fd, from, size, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		from += n;
		at += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

static struct kept *kept_of(struct dat_writer *w, int cpu, struct error *e)
{
	if (cpu < 0 || cpu >= w->cpus || w->kept[cpu].fd < 0) {
		error_set(e, "%s has no place for pages of CPU %d", w->path, cpu);
		return NULL;
	}
	return &w->kept[cpu];
}

void dat_writer_lost(struct dat_writer *w, int cpu, uint64_t count)
{
	struct kept *k = cpu >= 0 && cpu < w->cpus ? &w->kept[cpu] : NULL;

	/* LOST_UNKNOWN is the largest number, and stays. */
	if (k && __builtin_add_overflow(k->lost, count, &k->lost))
		k->lost = LOST_UNKNOWN;
}

static void mark_lost(unsigned char *page, size_t page_size, uint64_t count)
{
	unsigned long commit, number = count;
	size_t end;

	memcpy(&commit, page + COMMIT_AT, sizeof(commit));
	end = DATA_AT + (commit & COMMIT_SIZE);
	if (commit & COMMIT_STORED)
		return;
	commit |= COMMIT_MISSED;
	if (count != LOST_UNKNOWN && end <= page_size && page_size - end >= sizeof(number)) {
		memcpy(page + end, &number, sizeof(number));
		commit |= COMMIT_STORED;
	}
	memcpy(page + COMMIT_AT, &commit, sizeof(commit));
}

/* The page with the mark of a loss. NULL: memory. */
static const void *marked_page(struct dat_writer *w, const void *data, uint64_t lost)
{
	if (!w->copy)
		w->copy = malloc(w->page_size);
	if (!w->copy || w->page_size < DATA_AT)
		return NULL;
	memcpy(w->copy, data, w->page_size);
	mark_lost(w->copy, w->page_size, lost);
	return w->copy;
}

int dat_writer_page(struct dat_writer *w, int cpu, const void *data, size_t size, struct error *e)
{
	struct kept *k = kept_of(w, cpu, e);

	if (!k)
		return -1;
	if (!w->page_size)
		w->page_size = size;
	if (!size || size != w->page_size)
		return error_set(e, "a sub-buffer of %zu bytes came among those of %zu", size, w->page_size);
	if (k->lost && !(data = marked_page(w, data, k->lost)))
		return error_set(e, "out of memory");
	/* A page cut short by a full disk is written over, or left behind the end. */
	if (write_at(k->fd, data, size, k->size))
		return error_errno(e, "cannot write the recording beside %s", w->path);
	k->size += size;
	k->lost = 0;
	return 0;
}

uint64_t dat_writer_bytes(const struct dat_writer *w)
{
	uint64_t bytes = 0;

	for (int i = 0; i < w->cpus; i++)
		bytes += w->kept[i].size;
	return bytes;
}

int dat_writer_read(struct dat_writer *w, int cpu, uint64_t offset, void *buf, size_t size, size_t *got,
		    struct error *e)
{
	struct kept *k = kept_of(w, cpu, e);
	ssize_t n;

	*got = 0;
	if (!k)
		return -1;
	if (offset >= k->size)
		return 0;
	if (size > k->size - offset)
		size = (size_t)(k->size - offset);
	do {
		n = pread(k->fd, buf, size, (off_t)offset);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_errno(e, "cannot read the recording's pages again");
	*got = (size_t)n;
	return 0;
}

/* For filesystems and kernels where copy_file_range does not do. */
static int copy_by_hand(int from, uint64_t from_at, int to, uint64_t to_at, uint64_t size)
{
	char *buf = malloc(COPY_SIZE);
	int ret = -1;

	while (buf && size) {
		ssize_t n = pread(from, buf, size < COPY_SIZE ? size : COPY_SIZE, (off_t)from_at);

		if (n < 0 && errno == EINTR)
			continue;
		if (!n)
			errno = EIO;
		if (n <= 0 || write_at(to, buf, (size_t)n, to_at))
			goto out;
		from_at += (uint64_t)n;
		to_at += (uint64_t)n;
		size -= (uint64_t)n;
	}
	ret = buf ? 0 : -1;
out:
	free(buf);
	return ret;
}

static int copy(int from, int to, uint64_t to_at, uint64_t size)
{
	off_t in = 0, out = (off_t)to_at;

	while ((uint64_t)in < size) {
		ssize_t n = copy_file_range(from, &in, to, &out, size - (uint64_t)in, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG || errno == EIO))
			return -1;
		if (n <= 0)
			return copy_by_hand(from, (uint64_t)in, to, (uint64_t)out, size - (uint64_t)in);
	}
	return 0;
}

static int copy_pages(struct dat_writer *w, int to, const uint64_t *offsets, struct error *e)
{
	for (int i = 0; i < w->cpus; i++) {
		if (copy(w->kept[i].fd, to, offsets[i], w->kept[i].size))
			return error_errno(e, "cannot write %s", w->path);
		/* The space may be needed for the next CPU's. */
		close(w->kept[i].fd);
		w->kept[i].fd = -1;
	}
	return 0;
}

static int make_head(struct dat_writer *w, const struct dat_contents *c, char **head, size_t *size, uint64_t *offsets,
		     struct error *e)
{
	uint64_t *sizes = calloc((size_t)w->cpus, sizeof(*sizes));
	FILE *f = sizes ? open_memstream(head, size) : NULL;
	int ret = -1;

	if (!f) {
		free(sizes);
		return error_set(e, "out of memory");
	}
	for (int i = 0; i < w->cpus; i++)
		sizes[i] = w->kept[i].size;
	ret = writer_head(f, c, w->cpus, sizes, offsets, e);
	if (fclose(f) && !ret)
		ret = error_errno(e, "cannot put the recording's head together");
	free(sizes);
	return ret;
}

static int put_together(struct dat_writer *w, const char *head, size_t size, const uint64_t *offsets, struct error *e)
{
	struct target_file f;

	if (target_create(&w->target, &f, e))
		return -1;
	if (write_at(f.fd, head, size, 0)) {
		error_errno(e, "cannot write %s", w->path);
		goto fail;
	}
	if (copy_pages(w, f.fd, offsets, e))
		goto fail;
	return target_publish(&w->target, &f, e);
fail:
	target_discard(&w->target, &f);
	return -1;
}

int dat_writer_finish(struct dat_writer *w, const struct dat_contents *c, struct error *e)
{
	uint64_t *offsets = calloc((size_t)w->cpus, sizeof(*offsets));
	char *head = NULL;
	size_t size = 0;
	int ret = -1;

	if (!offsets)
		return error_set(e, "out of memory");
	if (w->kept[0].fd < 0)
		error_set(e, "%s was finished before", w->path);
	else if (w->page_size && w->page_size != c->subbuf_size)
		error_set(e, "sub-buffers are %zu bytes, not %zu", w->page_size, c->subbuf_size);
	else if (!make_head(w, c, &head, &size, offsets, e))
		ret = put_together(w, head, size, offsets, e);
	free(head);
	free(offsets);
	return ret;
}

void dat_writer_close(struct dat_writer *w)
{
	if (!w)
		return;
	for (int i = 0; i < w->cpus; i++)
		if (w->kept[i].fd >= 0)
			close(w->kept[i].fd);
	target_close(&w->target);
	free(w->copy);
	free(w->path);
	free(w);
}
