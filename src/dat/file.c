/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "format.h"
#include "io.h"

#define SPOOL_SIZE (128 * 1024)

/* A file without a name; where there are none, one whose name is taken away at once. */
static int make_unnamed(const char *dir)
{
	char path[4096];
	int fd = open(dir, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);

	if (fd >= 0 || snprintf(path, sizeof(path), "%s/falloctrace.XXXXXX", dir) >= (int)sizeof(path))
		return fd;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static int make_spool(struct error *e)
{
	const char *dirs[] = {secure_getenv("TMPDIR"), "/var/tmp", "/tmp"};
	int fd;

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		fd = dirs[i] && dirs[i][0] ? make_unnamed(dirs[i]) : -1;
		if (fd >= 0)
			return fd;
	}
	return error_errno(e, "cannot make a temporary file in /tmp (TMPDIR may name another place)");
}

/* Whether a pipe's first bytes say already that it is no trace.dat: it may be endless. */
static bool is_other(int spool, uint64_t size)
{
	char magic[DAT_MAGIC_SIZE];
	size_t got;

	return size >= sizeof(magic) && io_read(spool, magic, sizeof(magic), 0, &got) == 0 && got == sizeof(magic) &&
	       memcmp(magic, DAT_MAGIC, sizeof(magic)) != 0;
}

static int copy_all(const char *name, int from, int to, struct error *e)
{
	char *buf = malloc(SPOOL_SIZE);
	uint64_t size = 0;
	int ret = -1;

	while (buf) {
		ssize_t n = read(from, buf, SPOOL_SIZE);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			error_errno(e, "cannot read %s", name);
		else if (io_write(to, buf, (size_t)n, size))
			error_errno(e,
				    "cannot keep what came from %s in a temporary file (TMPDIR may name another place)",
				    name);
		else if (n && !is_other(to, size += (uint64_t)n))
			continue;
		else
			ret = 0;
		break;
	}
	if (!buf)
		error_set(e, "out of memory");
	free(buf);
	return ret;
}

/* Pages are read out of order, CPU by CPU: that needs a file. */
static int spool(struct dat_file *f, struct error *e)
{
	int to = make_spool(e);

	if (to < 0 || copy_all(f->name, f->fd, to, e)) {
		if (to >= 0)
			close(to);
		return -1;
	}
	close(f->fd);
	f->fd = to;
	return 0;
}

static int check_kind(struct dat_file *f, struct error *e)
{
	struct stat st;

	if (fstat(f->fd, &st))
		return error_errno(e, "cannot read %s", f->name);
	if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)) {
		if (spool(f, e))
			return -1;
		if (fstat(f->fd, &st))
			return error_errno(e, "cannot read %s", f->name);
	}
	if (!S_ISREG(st.st_mode))
		return error_set(e, "%s is neither a file nor a pipe", f->name);
	f->size = (uint64_t)st.st_size;
	return 0;
}

int file_open_plain(struct dat_file *f, const char *path, struct error *e)
{
	struct stat st;

	*f = (struct dat_file){.fd = -1, .spare = -1};
	f->name = strdup(path);
	if (!f->name)
		return error_set(e, "out of memory");
	/* Not to wait for what may be a pipe. */
	f->fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (f->fd < 0 || fstat(f->fd, &st)) {
		error_errno(e, "cannot read %s", path);
		file_close(f);
		return -1;
	}
	if (!S_ISREG(st.st_mode)) {
		file_close(f);
		return error_set(e, "%s is no file", path);
	}
	f->size = (uint64_t)st.st_size;
	return 0;
}

int file_open(struct dat_file *f, const char *path, struct error *e)
{
	bool standard = !strcmp(path, "-");

	*f = (struct dat_file){.fd = -1, .spare = -1};
	f->name = strdup(standard ? "standard input" : path);
	if (!f->name)
		return error_set(e, "out of memory");
	f->fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (f->fd < 0)
		error_errno(e, "cannot read %s", f->name);
	if (f->fd < 0 || check_kind(f, e)) {
		file_close(f);
		return -1;
	}
	return 0;
}

void file_close(struct dat_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	if (f->spare >= 0)
		close(f->spare);
	f->fd = f->spare = -1;
	free(f->name);
	f->name = NULL;
}

void file_prepare(struct dat_file *f)
{
	static const char compressed[] = DAT_MAGIC "7"; /* and the NUL */
	char start[sizeof(compressed)];
	struct error ignored; /* said when it is missed */
	size_t got;

	if (io_read(f->fd, start, sizeof(start), 0, &got) == 0 && got == sizeof(start) &&
	    !memcmp(start, compressed, sizeof(start)))
		f->spare = make_spool(&ignored);
}

int file_open_spool(struct dat_file *spool, struct dat_file *of, struct error *e)
{
	*spool = (struct dat_file){.fd = -1, .spare = -1, .big_endian = of->big_endian, .spooled = true};
	spool->name = strdup(of->name);
	if (!spool->name)
		return error_set(e, "out of memory");
	spool->fd = of->spare >= 0 ? of->spare : make_spool(e);
	of->spare = -1;
	if (spool->fd < 0) {
		file_close(spool);
		return -1;
	}
	return 0;
}

int file_append(struct dat_file *spool, const void *data, size_t size, struct error *e)
{
	if (io_write(spool->fd, data, size, spool->size))
		return error_errno(e,
				   "cannot keep what %s decompresses to in a temporary file (TMPDIR may name another "
				   "place)",
				   spool->name);
	spool->size += size;
	return 0;
}

int file_read(const struct dat_file *f, uint64_t at, void *buf, size_t size, struct error *e)
{
	size_t got;

	if (io_read(f->fd, buf, size, at, &got))
		return error_errno(e, "cannot read %s at byte %" PRIu64, f->name, at + got);
	if (got < size)
		return error_set(e, "%s ends at byte %" PRIu64 ", too early", f->name, at + got);
	return 0;
}

char *file_text(const struct dat_file *f, uint64_t at, uint64_t size, struct error *e)
{
	char *text = at <= f->size && size <= f->size - at ? malloc(size + 1) : NULL;

	if (!text) {
		error_set(e, "out of memory");
		return NULL;
	}
	if (file_read(f, at, text, size, e)) {
		free(text);
		return NULL;
	}
	text[size] = '\0';
	return text;
}

void cursor_start(struct cursor *c, const struct dat_file *f, uint64_t at, uint64_t size, const char *what)
{
	c->file = f;
	c->at = at < f->size ? at : f->size;
	c->end = size < f->size - c->at ? c->at + size : f->size;
	c->what = what;
	c->section = 0;
	c->window_at = 0;
	c->window_size = 0;
}

void cursor_part(struct cursor *part, const struct cursor *c, uint64_t size, const char *what)
{
	cursor_start(part, c->file, c->at, size < cursor_left(c) ? size : cursor_left(c), what);
	part->section = c->section;
}

uint64_t cursor_left(const struct cursor *c)
{
	return c->end - c->at;
}

int cursor_broken(const struct cursor *c, const char *why, struct error *e)
{
	if (c->file->spooled)
		return error_set(e, "%s: %s (%s, compressed at byte %" PRIu64 ")", c->file->name, why, c->what,
				 c->section);
	return error_set(e, "%s: %s (%s, at byte %" PRIu64 ")", c->file->name, why, c->what, c->at);
}

static int too_short(const struct cursor *c, struct error *e)
{
	/* what was decompressed ends where the section does */
	bool cut = c->end == c->file->size && !c->file->spooled;

	return cursor_broken(c, cut ? "the file is cut off" : "more is announced than is there", e);
}

static int fill_window(struct cursor *c, struct error *e)
{
	uint64_t left = c->file->size - c->at;

	c->window_at = c->at;
	c->window_size = left < sizeof(c->window) ? (size_t)left : sizeof(c->window);
	if (file_read(c->file, c->at, c->window, c->window_size, e)) {
		c->window_size = 0;
		return -1;
	}
	return 0;
}

int cursor_bytes(struct cursor *c, void *buf, size_t size, struct error *e)
{
	unsigned char *to = buf;

	if (size > cursor_left(c))
		return too_short(c, e);
	while (size) {
		uint64_t in = c->at - c->window_at;
		size_t n;

		if (c->at < c->window_at || in >= c->window_size) {
			if (fill_window(c, e))
				return -1;
			in = 0;
		}
		n = c->window_size - (size_t)in;
		if (n > size)
			n = size;
		memcpy(to, c->window + in, n);
		to += n;
		c->at += n;
		size -= n;
	}
	return 0;
}

int cursor_skip(struct cursor *c, uint64_t size, struct error *e)
{
	if (size > cursor_left(c))
		return too_short(c, e);
	c->at += size;
	return 0;
}

static int number(struct cursor *c, unsigned size, uint64_t *v, struct error *e)
{
	unsigned char bytes[8];

	if (cursor_bytes(c, bytes, size, e))
		return -1;
	*v = 0;
	for (unsigned i = 0; i < size; i++)
		*v = *v << 8 | bytes[c->file->big_endian ? i : size - 1 - i];
	return 0;
}

int cursor_u8(struct cursor *c, uint8_t *v, struct error *e)
{
	return cursor_bytes(c, v, 1, e);
}

int cursor_u16(struct cursor *c, uint16_t *v, struct error *e)
{
	uint64_t n = 0;
	int ret = number(c, 2, &n, e);

	*v = (uint16_t)n;
	return ret;
}

int cursor_u32(struct cursor *c, uint32_t *v, struct error *e)
{
	uint64_t n = 0;
	int ret = number(c, 4, &n, e);

	*v = (uint32_t)n;
	return ret;
}

int cursor_u64(struct cursor *c, uint64_t *v, struct error *e)
{
	*v = 0;
	return number(c, 8, v, e);
}

int cursor_string(struct cursor *c, char *buf, size_t room, struct error *e)
{
	for (size_t i = 0; i < room; i++) {
		if (cursor_bytes(c, buf + i, 1, e))
			return -1;
		if (!buf[i])
			return 0;
	}
	return cursor_broken(c, "a name is too long", e);
}

bool cursor_find(struct cursor *c, const void *bytes, size_t size, uint64_t limit)
{
	uint64_t at = c->at, end = cursor_left(c) < limit ? c->end : c->at + limit;
	struct error ignored;
	bool found = false;
	char *block = malloc(SPOOL_SIZE);

	while (block && !found && end - at >= size) {
		size_t n = end - at < SPOOL_SIZE ? (size_t)(end - at) : SPOOL_SIZE;
		const char *p;

		if (file_read(c->file, at, block, n, &ignored))
			break;
		p = memmem(block, n, bytes, size);
		found = p;
		at += p ? (size_t)(p - block) : n - size + 1;
	}
	free(block);
	if (found)
		c->at = at;
	return found;
}
