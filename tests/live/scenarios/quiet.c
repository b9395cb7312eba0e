/* SPDX-License-Identifier: MIT */
/*
 * What is done right: nothing is to be found here.
 */
#define _GNU_SOURCE
#include "scenario.h"

#include <stdio.h>
#include <string.h>

/* Extends by whole MiB, fills them, and cuts what vacuum emptied. */
static void postgres(struct run *r)
{
	int table = file_open(r, "base/16384/24580", "");

	for (int64_t at = 0; at < 8; at++) {
		allocate(r, table, 0, at * MIB, MIB);
		fill(r, table, at * MIB, MIB);
	}
	cut(r, table, 6 * MIB + 512 * KIB);
	allocate(r, table, 0, 6 * MIB + 512 * KIB, MIB);
	fill(r, table, 6 * MIB + 512 * KIB, MIB);
}

/* An image that is filled, and whose guest discards large parts. */
static void qemu(struct run *r)
{
	int image = file_open(r, "vm5.raw", "");

	allocate(r, image, 0, 0, 16 * MIB);
	fill(r, image, 0, 16 * MIB);
	for (int64_t at = 0; at < 4; at++)
		allocate(r, image, PUNCH | KEEP, at * 4 * MIB + MIB, 2 * MIB);
}

/* Logs: one that reserves by the MiB, uses that up and gives back the rest at its end, as RocksDB does; one like etcd's. */
static void rocksdb(struct run *r)
{
	int log = file_open(r, "000020.log", ""), wal;

	for (int64_t at = 0; at < 8; at++) {
		allocate(r, log, KEEP, at * MIB, MIB);
		fill(r, log, at * MIB, at < 7 ? MIB : 512 * KIB);
	}
	cut(r, log, 7 * MIB + 512 * KIB);
	allocate(r, log, PUNCH | KEEP, 7 * MIB + 512 * KIB, 512 * KIB);
	file_close(r, log);

	wal = file_open(r, "0000000000000001-0000000000002710.wal", "");
	allocate(r, wal, 0, 0, 8 * MIB);
	fill(r, wal, 0, 8 * MIB);
}

/* A log that is appended to, rotated, its oldest part taken out, the new one zeroed ahead. */
static void rsyslogd(struct run *r)
{
	int log = file_open(r, "messages.1", "");

	allocate(r, log, KEEP, 0, 4 * MIB);
	fill(r, log, 0, 4 * MIB);
	if (strncmp(run_scenario(r)->fs, "btrfs", 5) != 0) /* which cannot */
		allocate(r, log, COLLAPSE, 0, MIB);
	file_close(r, log);

	log = file_open(r, "messages", "");
	fill(r, log, 0, 3 * MIB + 100);
	allocate(r, log, 0, 0, 8 * MIB);
	allocate(r, log, ZERO, 4 * MIB, 2 * MIB);
	fill(r, log, 3 * MIB + 100, 5 * MIB - 100);
	allocate(r, log, PUNCH | KEEP, 0, 2 * MIB);
}

#define ON_EACH(name, comm, dir, go)                                                          \
	{name "-ext4", comm, dir, "ext4", 320, go}, {name "-xfs", comm, dir, "xfs", 320, go}, \
	{                                                                                     \
		name "-btrfs", comm, dir, "btrfs", 320, go                                    \
	}

const struct scenario quiet[] = {
	ON_EACH("quiet-database", "postgres", "/var/lib/postgresql/16/main", postgres),
	ON_EACH("quiet-image", "qemu-system-x86", "/var/lib/libvirt/images", qemu),
	ON_EACH("quiet-logs", "rocksdb", "/var/lib/rocksdb", rocksdb),
	ON_EACH("quiet-rotation", "rs:main Q:Reg", "/var/log", rsyslogd),
	{0},
};
