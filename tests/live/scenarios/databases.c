/* SPDX-License-Identifier: MIT */
/*
 * Databases: how they extend their files, and give pages back.
 */
#define _GNU_SOURCE
#include "scenario.h"

#include <linux/dqblk_xfs.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/quota.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PRJQUOTA
#define PRJQUOTA 2
#endif
#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif

/* A file of project 42, of which XFS answers ENOSPC, not EDQUOT, once it has so many bytes. */
static void limit(struct run *r, int file, int64_t bytes)
{
	struct fs_disk_quota quota = {
		.d_version = FS_DQUOT_VERSION,
		.d_flags = FS_PROJ_QUOTA,
		.d_fieldmask = FS_DQ_BHARD,
		.d_id = 42,
		.d_blk_hardlimit = (uint64_t)bytes / 512,
	};
	struct fsxattr x;
	int fd = file_fd(r, file);

	if (syscall(SYS_quotactl_fd, fd, QCMD(Q_XSETQLIM, PRJQUOTA), 42, &quota) < 0)
		die("quotactl");
	if (ioctl(fd, FS_IOC_FSGETXATTR, &x) < 0)
		die("FS_IOC_FSGETXATTR");
	x.fsx_projid = 42;
	if (ioctl(fd, FS_IOC_FSSETXATTR, &x) < 0)
		die("FS_IOC_FSSETXATTR");
}

/* PostgreSQL 16's FileFallocate, 64 blocks at once: "No space left on device", and df shows that there is much. */
static void postgres_no_space(struct run *r)
{
	int table = file_open(r, "base/16384/24576", "no-space");

	limit(r, table, 4 * MIB + 256 * KIB); /* less than another call wants */
	for (int64_t at = 0; at < 8; at++) {
		allocate(r, table, 0, at * 512 * KIB, 512 * KIB);
		fill(r, table, at * 512 * KIB, 512 * KIB);
	}
	for (int tries = 0; tries < 2; tries++)
		allocate(r, table, 0, 4 * MIB, 512 * KIB);
}

/* PostgreSQL 16 that adds a page at a time: fallocate and pwrite in turns. */
static void postgres_tiny_extends(struct run *r)
{
	int table = file_open(r, "base/16384/24577", "tiny-extends");

	for (int64_t page = 0; page < 256; page++) {
		allocate(r, table, 0, page * 8 * KIB, 8 * KIB);
		put(r, table, page * 8 * KIB, 8 * KIB);
	}
}

/* InnoDB's page compression: 16 KiB pages of which 4 KiB are needed, the rest punched, page by page. */
static void mysqld_tiny_punches(struct run *r)
{
	int table = file_open(r, "shop/orders.ibd", "tiny-punches");

	allocate(r, table, 0, 0, 4 * MIB);
	fill(r, table, 0, 4 * MIB);
	for (int64_t page = 0; page < 256; page++)
		allocate(r, table, PUNCH | KEEP, page * 16 * KIB + 4 * KIB, 12 * KIB);
}

/* The same where the filesystem allocates by clusters of 64 KiB: punched, zeroes, and nothing is free. */
static void mysqld_punch_freed_nothing(struct run *r)
{
	int table = file_open(r, "shop/items.ibd", "punch-freed-nothing");

	allocate(r, table, 0, 0, 2 * MIB);
	fill(r, table, 0, 2 * MIB);
	for (int64_t extent = 0; extent < 6; extent++)
		allocate(r, table, PUNCH | KEEP, extent * 64 * KIB + 32 * KIB, 32 * KIB);
}

/* OrioleDB punches what it compressed, wherever that begins and ends. */
static void orioledb_unaligned(struct run *r)
{
	int table = file_open(r, "orioledb_data/16384/24601", "unaligned");

	allocate(r, table, 0, 0, 8 * MIB);
	fill(r, table, 0, 8 * MIB);
	for (int64_t chunk = 0; chunk < 4; chunk++)
		allocate(r, table, PUNCH | KEEP, chunk * MIB + 512, MIB - 5 * KIB);
	allocate(r, table, ZERO | KEEP, 4 * MIB + 100, 300000);
	allocate(r, table, ZERO | KEEP, 6 * MIB + 4096, 300000);
}

/* SQLite's SQLITE_FCNTL_CHUNK_SIZE uses posix_fallocate; a file without extents has no fallocate. */
static void sqlite_unsupported(struct run *r)
{
	int file = file_open(r, "data/app.db", "unsupported");

	allocate(r, file, 0, 0, MIB);
	for (int64_t chunk = 0; chunk < 4; chunk++)
		allocate_or_write(r, file, chunk * MIB, MIB);
}

const struct scenario databases[] = {
	{"postgres-no-space", "postgres", "/var/lib/postgresql/16/main", "xfs-quota", 320, postgres_no_space},
	{"postgres-tiny-extends", "postgres", "/var/lib/postgresql/16/main", "xfs", 320, postgres_tiny_extends},
	{"postgres-tiny-extends-ext4", "postgres", "/var/lib/postgresql/16/main", "ext4", 320, postgres_tiny_extends},
	{"mysqld-tiny-punches", "mysqld", "/var/lib/mysql", "xfs", 320, mysqld_tiny_punches},
	{"mysqld-punch-freed-nothing", "mysqld", "/var/lib/mysql", "ext4-bigalloc", 256, mysqld_punch_freed_nothing},
	{"orioledb-unaligned", "postgres", "/var/lib/postgresql/16/main", "ext4", 256, orioledb_unaligned},
	{"orioledb-unaligned-xfs", "postgres", "/var/lib/postgresql/16/main", "xfs", 320, orioledb_unaligned},
	{"sqlite-unsupported", "sqlite3", "/srv/app", "ext3", 256, sqlite_unsupported},
	{0},
};
