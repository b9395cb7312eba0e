/* SPDX-License-Identifier: MIT */
/*
 * bench_related ROUNDS TMPFS_DIR EXT4_DIR
 *
 * Prints "TRUNCATE WRITE CONVERT", the least ns that each took: an ftruncate and
 * an ordinary write to a file on tmpfs, and a direct write into blocks of ext4
 * that were reserved, which makes them written. In a guest that counts
 * instructions these are ns.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 4096

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t least(int64_t old, int64_t start)
{
	int64_t took = now() - start;

	return old < 0 || took < old ? took : old;
}

static int make(const char *dir, const char *name, int flags)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | flags, 0600);
	if (fd < 0) {
		perror(path);
		exit(1);
	}
	return fd;
}

int main(int argc, char **argv)
{
	int64_t truncate_ns = -1, write_ns = -1, convert_ns = -1, start;
	int rounds, memory, disk;
	void *block;

	if (argc < 4 || posix_memalign(&block, BLOCK, BLOCK))
		return 2;
	rounds = atoi(argv[1]);
	memory = make(argv[2], "bench_related", 0);
	disk = make(argv[3], "bench_related", O_DIRECT);
	memset(block, 'x', BLOCK);
	/* So that the file is one that was fallocated. */
	if (fallocate(memory, 0, 0, 4 * BLOCK) || fallocate(disk, 0, 0, (off_t)(2 * rounds + 2) * BLOCK))
		return 1;
	for (int i = 0; i < rounds; i++) {
		start = now();
		if (ftruncate(memory, (i % 2 + 2) * BLOCK))
			return 1;
		truncate_ns = least(truncate_ns, start);
		start = now();
		if (pwrite(memory, block, BLOCK, 0) != BLOCK)
			return 1;
		write_ns = least(write_ns, start);
		start = now();
		if (pwrite(disk, block, BLOCK, (off_t)(2 * i + 1) * BLOCK) != BLOCK)
			return 1;
		convert_ns = least(convert_ns, start);
	}
	printf("%lld %lld %lld\n", (long long)truncate_ns, (long long)write_ns, (long long)convert_ns);
	return 0;
}
