/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "falloctrace/event.h"

#include "format.h"
#include "io.h"
#include "writer_private.h"

static int open_file(struct dat_writer *w, int cpu, struct error *e)
{
	w->kept[cpu].fd = partial_pages(&w->partial, cpu, false);
	return w->kept[cpu].fd < 0 ? error_errno(e, "cannot read %s/cpu%d", w->partial.path, cpu) : 0;
}

/* What lies there is only to be believed under the lock: until then it may grow, or become a file. */
static int take(struct dat_writer *w, struct error *e)
{
	if (open_file(w, 0, e) || partial_lock(&w->partial, w->kept[0].fd, e))
		return -1;
	if (partial_begun(&w->partial))
		return 0;
	return error_set(e, "the recording in %s was finished meanwhile, by another falloctrace", w->partial.path);
}

static int measure(struct dat_writer *w, struct error *e)
{
	struct stat st;

	for (int i = 0; i < w->cpus; i++) {
		struct kept *k = &w->kept[i];

		if (fstat(k->fd, &st))
			return error_errno(e, "cannot read %s/cpu%d", w->partial.path, i);
		k->torn = (uint64_t)st.st_size % w->page_size;
		k->size = (uint64_t)st.st_size - k->torn;
	}
	return 0;
}

/* All of them or none: those that were passed over would be removed with the folder. */
static int open_files(struct dat_writer *w, size_t page_size, struct error *e)
{
	int cpus;

	if (writer_set_streams(w, 1, page_size, e) || take(w, e))
		return -1;
	cpus = partial_cpus(&w->partial);
	if (cpus < 0)
		return error_errno(e, "cannot read %s", w->partial.path);
	if (writer_set_streams(w, cpus, page_size, e))
		return -1;
	for (int i = 1; i < cpus; i++)
		if (open_file(w, i, e))
			return -1;
	return measure(w, e);
}

static int open_left(struct dat_writer *w, const char *path, size_t page_size, struct error *e)
{
	return target_find(&w->home, path, e) || partial_open(&w->partial, &w->home, e) ||
			       target_open(&w->target, w->path, e) || open_files(w, page_size, e) ||
			       writer_load_places(w, e) ?
		       -1 :
		       0;
}

struct dat_writer *dat_writer_reopen(const char *path, const char *target, size_t subbuf_size, struct error *e)
{
	struct dat_writer *w = writer_new(target, e);

	if (w && !open_left(w, path, subbuf_size, e))
		return w;
	dat_writer_close(w);
	return NULL;
}

char *dat_writer_folder_of(const char *path, struct error *e)
{
	struct partial p = {.dir = -1};
	char *folder = NULL;
	struct target t;

	if (target_find(&t, path, e))
		return NULL;
	if (!partial_open(&p, &t, e) && !(folder = strdup(p.path)))
		error_set(e, "out of memory");
	partial_close(&p);
	target_close(&t);
	return folder;
}

void dat_writer_discard(struct dat_writer *w)
{
	writer_remove_folder(w);
}

int dat_writer_cpus(const struct dat_writer *w)
{
	return w->cpus;
}

uint64_t dat_writer_cpu_bytes(const struct dat_writer *w, int cpu)
{
	return w->kept[cpu].size;
}

uint64_t dat_writer_torn(const struct dat_writer *w, int cpu)
{
	return w->kept[cpu].torn;
}

bool dat_writer_moving(const struct dat_writer *w)
{
	return w->places;
}

int dat_writer_read(struct dat_writer *w, int cpu, uint64_t offset, void *buf, size_t size, size_t *got,
		    struct error *e)
{
	const struct kept *k = cpu >= 0 && cpu < w->cpus ? &w->kept[cpu] : NULL;

	*got = 0;
	if (!k || k->fd < 0)
		return error_set(e, "%s has no pages of CPU %d", w->path, cpu);
	if (offset >= k->size)
		return 0;
	if (size > k->size - offset)
		size = (size_t)(k->size - offset);
	if (io_read(k->fd, buf, size, offset, got))
		return error_errno(e, "cannot read %s/cpu%d", w->partial.path, cpu);
	return 0;
}

/* The page behind one that is left out says that something is missing. */
static int mark_next(struct dat_writer *w, struct kept *k, uint64_t offset, struct error *e)
{
	unsigned char *page = malloc(w->page_size);
	size_t got = 0;
	int ret = -1;

	if (!page)
		return error_set(e, "out of memory");
	if (!io_read(k->fd, page, w->page_size, offset, &got)) {
		ret = 0;
		if (got == w->page_size) {
			writer_mark_lost(page, w->page_size, LOST_UNKNOWN);
			ret = io_write(k->fd, page, w->page_size, offset);
		}
	}
	if (ret)
		error_errno(e, "cannot mark a loss in %s", w->partial.path);
	free(page);
	return ret;
}

int dat_writer_drop(struct dat_writer *w, int cpu, uint64_t offset, struct error *e)
{
	struct kept *k = &w->kept[cpu];
	uint64_t *drops;

	/* Room for a power of two of them, doubled when that is reached. */
	if (!(k->drops_count & (k->drops_count - 1))) {
		drops = realloc(k->drops, (k->drops_count ? 2 * k->drops_count : 1) * sizeof(*drops));
		if (!drops)
			return error_set(e, "out of memory");
		k->drops = drops;
	}
	k->drops[k->drops_count++] = offset;
	return offset + w->page_size < k->size ? mark_next(w, k, offset + w->page_size, e) : 0;
}
