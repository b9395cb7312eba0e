/* SPDX-License-Identifier: MIT */
/*
 * Logs and what writes them ahead.
 */
#define _GNU_SOURCE
#include "scenario.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* RocksDB asked for a tenth of what a size_t holds, heard EFBIG, and said nothing. */
static void rocksdb_absurd_length(struct run *r)
{
	static const char *const names[] = {"000034.sst", "000035.sst"};

	for (int i = 0; i < 2; i++) {
		int table = file_open(r, names[i], "absurd-length");

		allocate(r, table, KEEP, 0, (int64_t)(UINT64_MAX / 10));
		fill(r, table, 0, 256 * KIB);
	}
}

/* Write-ahead logs: 200 KiB of data, 208 MiB reserved. */
static void rocksdb_unused_reservation(struct run *r)
{
	int log = file_open(r, "000012.log", "unused-reservation");

	for (int64_t step = 0; step < 26; step++) {
		allocate(r, log, KEEP, step * 8 * MIB, 8 * MIB);
		fill(r, log, step * 8 * KIB, 8 * KIB);
	}
}

/* ext4 says that it punched behind the file's end, and keeps what is reserved there. */
static void rocksdb_punch_freed_nothing(struct run *r)
{
	int log = file_open(r, "000013.log", "punch-freed-nothing,unused-reservation");

	allocate(r, log, KEEP, 0, 16 * MIB);
	fill(r, log, 0, MIB);
	allocate(r, log, PUNCH | KEEP, 4 * MIB, 12 * MIB);
}

/* --- a call that waits for an append, and sees another size when it is over --- */

static void *append(void *arg)
{
	static char data[12 * MIB];
	int fd = *(int *)arg;

	if (write(fd, data, sizeof(data)) != (ssize_t)sizeof(data))
		die("write");
	return NULL;
}

/* A KEEP_SIZE call that enters while an append runs has to wait for it: the size that it returns to is another. */
static void rocksdb_size_not_as_promised(struct run *r)
{
	int log = file_open(r, "000014.log", "size-not-as-promised"), fd = file_fd(r, log);

	allocate(r, log, 0, 0, MIB);
	for (int turn = 0; turn < 3; turn++) {
		int64_t size = lseek(fd, 0, SEEK_END);
		pthread_t thread;

		if (pthread_create(&thread, NULL, append, &fd))
			die("pthread_create");
		while (file_size(r, log) == size)
			;
		allocate_in_a_race(r, log, KEEP, 0, MIB);
		pthread_join(thread, NULL);
		fsync(fd);
	}
}

/* --- signals --- */

static void on_alarm(int sig)
{
	(void)sig;
}

/*
 * journald and etcd: a timer's signal is always earlier than the end of the call, which begins anew each time. tmpfs lets
 * itself be interrupted up to 6.11; ext4, XFS and btrfs do not.
 */
static void journald_interrupted(struct run *r)
{
	struct sigaction act = {.sa_handler = on_alarm};
	struct itimerval often = {.it_value.tv_usec = 4000, .it_interval.tv_usec = 4000}, never = {0};
	int journal = file_open(r, "6f1c2b7e9d5a4c03b8e2f4a6d7c81930/system.journal", "interrupted");

	sigaction(SIGALRM, &act, NULL);
	for (int tries = 0; tries < 20; tries++) {
		setitimer(ITIMER_REAL, &often, NULL);
		allocate(r, journal, 0, 0, 128 * MIB);
		setitimer(ITIMER_REAL, &never, NULL);
	}
	allocate(r, journal, 0, 0, 8 * MIB);
}

/* --- waiting --- */

/* Somebody takes a snapshot: the filesystem stands still for some time. */
static pid_t freeze(const char *dir, int ms)
{
	int ends[2], at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char byte;
	pid_t pid;

	if (pipe(ends) < 0)
		die("pipe");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		if (ioctl(at, FIFREEZE, 0) < 0 || write(ends[1], "", 1) != 1)
			_exit(1);
		usleep((useconds_t)ms * 1000);
		_exit(ioctl(at, FITHAW, 0) < 0);
	}
	close(at);
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 1)
		die("FIFREEZE");
	close(ends[0]);
	return pid;
}

static void redpanda_slow(struct run *r)
{
	int segment = file_open(r, "kafka/orders/0_21/0-1-v1.log", "slow");
	pid_t pid;

	for (int64_t step = 0; step < 200; step++) {
		pid = step == 150 ? freeze(run_scenario(r)->dir, 600) : 0;
		allocate(r, segment, 0, step * MIB, MIB);
		if (pid)
			waitpid(pid, NULL, 0);
	}
}

const struct scenario logs[] = {
	{"rocksdb-absurd-length", "rocksdb", "/var/lib/rocksdb", "ext4", 256, rocksdb_absurd_length},
	{"rocksdb-unused-reservation", "rocksdb", "/var/lib/rocksdb", "ext4", 512, rocksdb_unused_reservation},
	{"rocksdb-unused-reservation-xfs", "rocksdb", "/var/lib/rocksdb", "xfs", 512, rocksdb_unused_reservation},
	{"rocksdb-unused-reservation-btrfs", "rocksdb", "/var/lib/rocksdb", "btrfs", 512, rocksdb_unused_reservation},
	{"rocksdb-punch-freed-nothing", "rocksdb", "/var/lib/rocksdb", "ext4", 256, rocksdb_punch_freed_nothing},
	{"rocksdb-size-not-as-promised", "rocksdb", "/var/lib/rocksdb", "ext4", 256, rocksdb_size_not_as_promised},
	{"journald-interrupted", "systemd-journal", "/run/log/journal", "tmpfs", 256, journald_interrupted},
	{"redpanda-slow", "redpanda", "/var/lib/redpanda/data", "xfs", 512, redpanda_slow},
	{0},
};
