/* SPDX-License-Identifier: MIT */
/*
 * For a disk that is full: pages are moved into the file, a piece at a time from
 * a CPU's end, and each piece is cut off where it came from once it has arrived.
 * At every moment each page is in one place or the other, and "places" says where
 * in the file each CPU's begin, so that it can be gone on with.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "info/memstream.h"
#include "io.h"
#include "writer_private.h"

#define PIECE_MAX (16u << 20)
#define PIECE_MIN (64u << 10)

/* A file of the folder's, as whoever may write there. */
static int folder_file(const struct dat_writer *w, const char *name, bool to_make)
{
	int fd;

	target_enter(&w->target);
	fd = partial_file(&w->partial, name, to_make);
	target_leave(&w->target);
	return fd;
}

static int put_places(const struct dat_writer *w, const char *text, size_t size)
{
	int ret;

	target_enter(&w->target);
	ret = partial_put(&w->partial, PARTIAL_PLACES, text, size);
	target_leave(&w->target);
	return ret;
}

static char *places_text(const uint64_t *offsets, int cpus, size_t *size)
{
	char *text = NULL;
	FILE *f = memstream_open(&text, size);

	if (!f)
		return NULL;
	fprintf(f, "%d\n", cpus);
	for (int i = 0; i < cpus; i++)
		fprintf(f, "%" PRIu64 "\n", offsets[i]);
	fputs("end\n", f);
	memstream_close(f, &text);
	return text;
}

static int parse_places(struct dat_writer *w, FILE *f)
{
	char line[32] = "";
	int cpus;

	if (fscanf(f, "%d\n", &cpus) != 1 || cpus != w->cpus)
		return -1;
	for (int i = 0; i < cpus; i++)
		if (fscanf(f, "%" SCNu64 "\n", &w->places[i]) != 1 || w->places[i] > INT64_MAX / 2)
			return -1;
	return fgets(line, sizeof(line), f) && !strcmp(line, "end\n") ? 0 : -1;
}

int writer_load_places(struct dat_writer *w, struct error *e)
{
	int fd = folder_file(w, PARTIAL_PLACES, false), ret;
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

	if (!f && errno == ENOENT)
		return 0;
	/* It was moved to its place already. */
	if (f && faccessat(w->partial.dir, PARTIAL_WHOLE, F_OK, AT_EACCESS)) {
		fclose(f);
		return 0;
	}
	w->places = calloc((size_t)w->cpus, sizeof(*w->places));
	if (!f || !w->places) {
		if (f)
			fclose(f);
		else if (fd >= 0)
			close(fd);
		return error_errno(e, "cannot read %s/" PARTIAL_PLACES, w->partial.path);
	}
	ret = parse_places(w, f);
	fclose(f);
	return ret ? error_set(e, "%s/" PARTIAL_PLACES " is not what it should be", w->partial.path) : 0;
}

/* The last stretch of a CPU's pages that go into the file, and how many bytes of it lie before that. */
static bool last_stretch(const struct kept *k, size_t page_size, uint64_t *start, uint64_t *before)
{
	size_t n = k->drops_count;

	*start = n ? k->drops[n - 1] + page_size : 0;
	*before = *start - n * page_size;
	return *start < k->size;
}

static int cut_off(struct kept *k, uint64_t size)
{
	if (ftruncate(k->fd, (off_t)size))
		return -1;
	k->size = size;
	return 0;
}

/* No more than there is room for, so that none is taken by what could not be finished. */
static uint64_t piece_size(int to, uint64_t unit, uint64_t most)
{
	struct statvfs fs;
	uint64_t room = fstatvfs(to, &fs) ? 0 : fs.f_bavail * fs.f_frsize / 2;

	if (room < most)
		most = room;
	return most < unit ? unit : most / unit * unit;
}

/* One piece of the stretch from start. *most: what was found to be too much (by a quota) is halved. */
static int move_piece(struct kept *k, uint64_t start, int to, uint64_t at, uint64_t unit, uint64_t *most)
{
	uint64_t size = piece_size(to, unit, *most), from;
	int saved;

	if (size > k->size - start)
		size = k->size - start;
	from = k->size - size;
	if (!io_copy(k->fd, from, to, at + (from - start), size) && !fdatasync(to))
		return cut_off(k, from);
	saved = errno;
	fallocate(to, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(at + (from - start)), (off_t)size);
	errno = saved;
	if ((saved != ENOSPC && saved != EDQUOT) || size <= unit)
		return -1;
	*most = size / 2;
	return 0;
}

static int move_cpu(struct dat_writer *w, int cpu, int to, uint64_t *piece)
{
	uint64_t start, before, unit = w->page_size < PIECE_MIN ? PIECE_MIN : w->page_size;
	struct kept *k = &w->kept[cpu];

	while (k->size) {
		if (!last_stretch(k, w->page_size, &start, &before)) {
			/* a page that is left out is the last one now */
			if (cut_off(k, k->drops[k->drops_count - 1]))
				return -1;
			k->drops_count--;
		} else if (move_piece(k, start, to, w->places[cpu] + before, unit, piece)) {
			return -1;
		}
	}
	return 0;
}

int writer_move_on(struct dat_writer *w, struct error *e)
{
	int fd = folder_file(w, PARTIAL_WHOLE, false), ret = fd < 0 ? -1 : 0;
	uint64_t piece = PIECE_MAX;
	struct stat st;

	if (!ret && !fstat(fd, &st))
		w->total = (uint64_t)st.st_size - w->places[0];
	for (int i = 0; i < w->cpus && !ret; i++)
		ret = move_cpu(w, i, fd, &piece);
	if (ret)
		error_errno(e, "cannot write %s", w->path);
	else
		ret = target_take(&w->target, w->partial.dir, PARTIAL_WHOLE, fd, e);
	if (fd >= 0)
		close(fd);
	return ret;
}

/* The room that was set aside becomes the head's, and what is left of it free for the first pieces. */
static int place_head(struct dat_writer *w, const void *head, size_t size, uint64_t total)
{
	int fd = folder_file(w, PARTIAL_WHOLE, false), ret, saved;

	if (fd < 0 && errno == ENOENT)
		fd = folder_file(w, PARTIAL_WHOLE, true);
	if (fd < 0)
		return -1;
	ret = io_write(fd, head, size, 0) || ftruncate(fd, (off_t)size) || ftruncate(fd, (off_t)total) || fsync(fd);
	saved = errno;
	close(fd);
	errno = saved;
	return ret ? -1 : 0;
}

int writer_move(struct dat_writer *w, const void *head, size_t head_size, const uint64_t *offsets, struct error *e)
{
	uint64_t total = offsets[w->cpus - 1] + writer_kept_bytes(w, w->cpus - 1);
	uint64_t *places = malloc((size_t)w->cpus * sizeof(*places));
	size_t size;
	char *text = places_text(offsets, w->cpus, &size);
	int ret = -1;

	if (!places || !text)
		error_set(e, "out of memory");
	else if (place_head(w, head, head_size, total) || put_places(w, text, size))
		error_errno(e, "cannot write %s", w->path);
	else
		ret = 0;
	free(text);
	if (ret) {
		free(places);
		return -1;
	}
	memcpy(places, offsets, (size_t)w->cpus * sizeof(*places));
	w->places = places;
	return writer_move_on(w, e);
}
