/* SPDX-License-Identifier: MIT */
/*
 * Reserves, uses, gives back and cuts off, and says on standard output, a JSON
 * line a step, what it did and what the kernel says of the file then: fstat, and
 * by FIEMAP the bytes that are unwritten and those that are not. FIEMAP is asked
 * to write back what is delayed first.
 */
#define _GNU_SOURCE
#include "workload.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXTENTS 512

static bool no_fiemap;

/* Bytes of extents that are unwritten, and that are written. */
static int ask(int fd, int64_t *unwritten, int64_t *written)
{
	struct fiemap *map = calloc(1, sizeof(*map) + EXTENTS * sizeof(map->fm_extents[0]));

	*unwritten = *written = 0;
	if (!map)
		die("calloc");
	map->fm_length = FIEMAP_MAX_OFFSET;
	map->fm_flags = FIEMAP_FLAG_SYNC;
	map->fm_extent_count = EXTENTS;
	if (no_fiemap || ioctl(fd, FS_IOC_FIEMAP, map)) {
		free(map);
		return -1;
	}
	for (unsigned i = 0; i < map->fm_mapped_extents; i++) {
		int64_t *sum = map->fm_extents[i].fe_flags & FIEMAP_EXTENT_UNWRITTEN ? unwritten : written;

		*sum += (int64_t)map->fm_extents[i].fe_length;
	}
	free(map);
	return 0;
}

static void say(int fd, const char *file, const char *step, int64_t value)
{
	int64_t unwritten, written;
	struct stat st;
	int known;

	if (fsync(fd))
		die("fsync");
	known = ask(fd, &unwritten, &written);
	if (fstat(fd, &st))
		die("fstat");
	printf("{\"file\":\"%s\",\"step\":\"%s\",\"value\":%" PRId64 ",\"size\":%lld,\"blocks\":%lld,\"ino\":%llu",
	       file, step, value, (long long)st.st_size, (long long)st.st_blocks, (unsigned long long)st.st_ino);
	if (known == 0)
		printf(",\"unwritten\":%" PRId64 ",\"written\":%" PRId64 "}\n", unwritten, written);
	else
		printf(",\"unwritten\":null,\"written\":null}\n");
	fflush(stdout);
}

static void reserve(int fd, const char *file, int mode, off_t at, off_t len, const char *step)
{
	if (fallocate(fd, mode, at, len))
		die(step);
	say(fd, file, step, len);
}

static void put(int fd, const char *file, off_t at, int64_t length, bool direct)
{
	size_t len = (size_t)length;
	void *buf;
	int as = fd;

	if (posix_memalign(&buf, 4 * KIB, len))
		die("posix_memalign");
	memset(buf, 'x', len);
	if (direct) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		as = open(path, O_WRONLY | O_DIRECT);
		if (as < 0)
			as = fd;
	}
	if (pwrite(as, buf, len, at) != (ssize_t)len)
		die("pwrite");
	if (as != fd)
		close(as);
	free(buf);
	say(fd, file, direct ? "write-direct" : "write", (int64_t)len);
}

static void cut(int fd, const char *file, off_t size)
{
	if (ftruncate(fd, size))
		die("ftruncate");
	say(fd, file, "truncate", size);
}

static int make(const char *dir, const char *file, char path[4096])
{
	int fd;

	snprintf(path, 4096, "%s/%s", dir, file);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (fd < 0)
		die(path);
	return fd;
}

/* A log that takes far too much, uses little of it, and is cut. */
static void log_file(const char *dir)
{
	char path[4096];
	int fd = make(dir, "log", path);

	reserve(fd, "log", KEEP, 0, 8 * MIB, "keep");
	put(fd, "log", 0, 64 * KIB, false);
	put(fd, "log", 64 * KIB, 4 * KIB, false);
	put(fd, "log", 60 * KIB, 8 * KIB, false); /* again: no more is used */
	cut(fd, "log", 68 * KIB);
	close(fd);
}

/* A file of a database: filled here and there, holes in it, cut at an odd place. */
static void data_file(const char *dir)
{
	char path[4096];
	int fd = make(dir, "data", path);

	reserve(fd, "data", 0, 0, 4 * MIB, "extend");
	put(fd, "data", 1 * MIB, 256 * KIB, false);
	put(fd, "data", 2 * MIB, 16 * KIB, true);
	reserve(fd, "data", PUNCH | KEEP, 1 * MIB, 512 * KIB, "punch");
	reserve(fd, "data", 0, 0, 4 * MIB, "extend-again");
	cut(fd, "data", 3 * MIB + 100);
	cut(fd, "data", 5 * MIB);
	put(fd, "data", 4 * MIB, 8 * KIB, false); /* where nothing is reserved */
	close(fd);
	if (truncate(path, 0))
		die("truncate");
	fd = open(path, O_RDWR);
	say(fd, "data", "truncate-path", 0);
	reserve(fd, "data", 0, 0, 1 * MIB, "extend");
	close(fd);
	fd = open(path, O_RDWR | O_TRUNC);
	say(fd, "data", "open-trunc", 0);
	close(fd);
}

/* All of it is used: nobody has anything to say about this one. */
static void quiet_file(const char *dir)
{
	char path[4096];
	int fd = make(dir, "quiet", path);

	reserve(fd, "quiet", 0, 0, 1 * MIB, "extend");
	put(fd, "quiet", 0, 1 * MIB, false);
	close(fd);
}

/* Never fallocated: neither its writes nor its truncates are told. */
static void other_file(const char *dir)
{
	char path[4096];
	int fd = make(dir, "other", path);

	put(fd, "other", 0, 128 * KIB, false);
	cut(fd, "other", 4 * KIB);
	close(fd);
}

int related(const char *dir, bool fiemap)
{
	no_fiemap = !fiemap;
	log_file(dir);
	data_file(dir);
	quiet_file(dir);
	other_file(dir);
	return 0;
}
