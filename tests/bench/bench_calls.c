/* SPDX-License-Identifier: MIT */
/*
 * What one fallocate and one other system call take: nanoseconds, which under
 * -icount are instructions. Prints "fallocate getppid". The least of many
 * batches counts, since what is more was spent on interrupts and on others.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BATCH 20

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* On a file that has its blocks already: the least that the call itself can take. */
static void one_fallocate(int fd)
{
	syscall(SYS_fallocate, fd, FALLOC_FL_KEEP_SIZE, 0L, 4096L);
}

static void one_getppid(int fd)
{
	(void)fd;
	syscall(SYS_getppid);
}

static double least(void (*one)(int fd), int fd, int batches)
{
	long long best = 0;

	for (int b = 0; b < batches; b++) {
		long long begin = now(), took;

		for (int i = 0; i < BATCH; i++)
			one(fd);
		took = now() - begin;
		if (!best || took < best)
			best = took;
	}
	return (double)best / BATCH;
}

int main(int argc, char **argv)
{
	int batches = argc > 1 ? atoi(argv[1]) : 100;
	const char *path = argc > 2 ? argv[2] : "bench_file";
	int fd = open(path, O_RDWR | O_CREAT, 0600);

	if (fd < 0) {
		perror(path);
		return 1;
	}
	least(one_fallocate, fd, 3);
	printf("%.0f ", least(one_fallocate, fd, batches));
	printf("%.0f\n", least(one_getppid, fd, batches));
	return 0;
}
