/* SPDX-License-Identifier: MIT */
#include "cmd/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dat/place.h"
#include "dat/target.h"
#include "kernel/caps.h"

struct output {
	const struct options *o;
	const char *name; /* for messages */
	FILE *file;
	bool whole;
	bool needs_caps; /* to replace the file */
	/* whole only: */
	struct target target;
	struct target_file next; /* what file writes to, until it is published */
};

/* Pipes, devices, and what is standard output by another name (/dev/stdout). */
static bool is_written_to(const char *path)
{
	struct stat st, out;

	if (!path || !strcmp(path, "-"))
		return true;
	if (stat(path, &st))
		return false;
	if (fstat(STDOUT_FILENO, &out) == 0 && st.st_ino == out.st_ino && st.st_dev == out.st_dev)
		return true;
	return !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

/* A stream of fd, which is closed where it fails. */
static int stream(struct output *out, int fd, struct error *e)
{
	out->file = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (out->file)
		return 0;
	error_errno(e, "cannot write %s", out->name);
	if (fd >= 0)
		close(fd);
	return -1;
}

static int open_plain(struct output *out, struct error *e)
{
	const char *path = out->o->output;
	struct owner owner;
	int fd;

	if (!path || !strcmp(path, "-")) {
		out->file = stdout;
		out->name = "standard output";
		return 0;
	}
	/* names of everyone's files are in it: for its owner only */
	owner_of_sudo(&owner);
	fd = place_open(path, &owner, e);
	return fd < 0 ? -1 : stream(out, fd, e);
}

static int open_whole(struct output *out, struct error *e)
{
	if (target_open(&out->target, out->name, e))
		return -1;
	if (sink_formats[out->o->format].shared)
		out->target.mode = 0644;
	target_sweep(&out->target);
	if (target_create(&out->target, &out->next, e))
		return -1;
	return stream(out, fcntl(out->next.fd, F_DUPFD_CLOEXEC, 0), e);
}

struct output *output_open(const struct options *o, struct error *e)
{
	struct output *out = calloc(1, sizeof(*out));
	struct error unused;

	if (!out) {
		error_set(e, "out of memory");
		return NULL;
	}
	out->o = o;
	out->name = o->output;
	out->target.dir = out->next.fd = -1;
	out->whole = sink_formats[o->format].whole && !is_written_to(o->output);
	if ((out->whole ? open_whole(out, e) : open_plain(out, e)) == 0)
		return out;
	output_close(out, &unused);
	return NULL;
}

bool output_writes_files(const struct output *out)
{
	return out->whole;
}

bool output_is_owners(const struct output *out)
{
	return !out->whole || out->target.as_owner;
}

FILE *output_file(const struct output *out)
{
	return out->file;
}

/* What is, or would be, overwritten. False: nothing is there. */
static bool overwritten(const struct output *out, struct stat *st)
{
	if (out->whole)
		return fstatat(out->target.dir, out->target.base, st, AT_SYMLINK_NOFOLLOW) == 0;
	return fstat(fileno(out->file), st) == 0;
}

int output_apart(const struct output *out, struct error *e)
{
	const struct options *o = out->o;
	struct stat to, from;

	if (!overwritten(out, &to) || !S_ISREG(to.st_mode))
		return 0;
	for (size_t i = 0; i < o->files_count; i++) {
		const char *path = o->files[i];

		if (strcmp(path, "-") ? stat(path, &from) : fstat(STDIN_FILENO, &from))
			continue;
		if (from.st_ino == to.st_ino && from.st_dev == to.st_dev)
			return error_usage(e, "%s would be read and written: write to another file",
					   strcmp(path, "-") ? path : "standard input");
	}
	return 0;
}

int output_begin(struct output *out, struct error *e)
{
	int fd = fileno(out->file);
	struct stat st;

	if (out->whole || out->file == stdout || fstat(fd, &st) || !S_ISREG(st.st_mode) || ftruncate(fd, 0) == 0)
		return 0;
	return error_errno(e, "cannot write %s", out->name);
}

/* --- replacing --- */

int output_drop_caps(struct output *out, struct error *e)
{
	struct target_file trial;
	struct error why;

	if (!out->whole)
		return caps_drop_all(e);
	if (target_keep(&out->target, e) || caps_set_writing(false, e))
		return -1;
	/* The owner's own rights will do; else what root makes is given to him. */
	out->needs_caps = (out->target.owner.known && !out->target.as_owner) ||
			  target_create(&out->target, &trial, &why) != 0;
	if (out->needs_caps)
		return 0;
	target_discard(&out->target, &trial);
	return caps_drop_all(e);
}

/* Only the owner's wish: whoever else's file it was could have made it readable for himself. */
static void keep_mode(const struct output *out)
{
	struct stat st;

	if (overwritten(out, &st) && S_ISREG(st.st_mode) && owner_is_us(&out->target.owner, st.st_uid))
		fchmod(out->next.fd, st.st_mode & 0777); /* if not, it is as a new one */
}

static int put_in_place(struct output *out, bool last, struct error *e)
{
	keep_mode(out);
	/* of those that are replaced in a moment, none is worth a disk's waiting */
	out->target.sync = last;
	if (target_publish(&out->target, &out->next, e))
		return -1;
	if (last)
		return 0;
	if (target_create(&out->target, &out->next, e))
		return -1;
	if (dup3(out->next.fd, fileno(out->file), O_CLOEXEC) < 0)
		return error_errno(e, "cannot write %s", out->name);
	rewind(out->file); /* should stdio remember where in the last one it was */
	return 0;
}

int output_publish(struct output *out, bool last, struct error *e)
{
	struct error late;
	int ret;

	if (!out->whole || out->next.fd < 0)
		return 0;
	errno = EIO; /* where an earlier write failed, which stdio keeps no errno of */
	if (ferror(out->file) || fflush(out->file))
		return error_errno(e, "cannot write %s", out->name);
	if (!out->needs_caps)
		return put_in_place(out, last, e);
	if (caps_set_writing(true, e))
		return -1;
	ret = put_in_place(out, last, e);
	if (caps_set_writing(false, &late) && ret == 0) {
		*e = late;
		ret = -1;
	}
	return ret;
}

/* --- the end --- */

/*
 * stdio remembers that a write failed, and not why. A pipe without a reader says
 * so itself.
 */
static bool reader_gone(FILE *out)
{
	struct pollfd p = {.fd = fileno(out), .events = POLLOUT};

	return poll(&p, 1, 0) == 1 && p.revents & POLLERR;
}

/* What a flush or a close of it returned, told as an error or not. */
static int finished(int ret, bool failed, bool gone, const char *name, struct error *e)
{
	if ((ret == 0 && (!failed || gone)) || (ret && errno == EPIPE))
		return 0;
	errno = ret ? errno : EIO;
	return error_errno(e, "cannot write %s", name);
}

static int close_file(struct output *out, struct error *e)
{
	bool failed = ferror(out->file), gone = failed && reader_gone(out->file);
	int ret = out->file == stdout ? fflush(stdout) /* main's to close */ : fclose(out->file);

	return finished(ret, failed, gone, out->name, e);
}

int output_close(struct output *out, struct error *e)
{
	int ret = 0;

	if (!out)
		return 0;
	if (out->file)
		ret = close_file(out, e);
	if (out->whole) {
		target_discard(&out->target, &out->next);
		target_close(&out->target);
	}
	free(out);
	return ret;
}

int output_close_stdout(struct error *e)
{
	bool failed = ferror(stdout), gone = failed && reader_gone(stdout);

	return finished(fclose(stdout), failed, gone, "standard output", e);
}
