/* SPDX-License-Identifier: MIT */
/*
 * What the truth test does: every mode, error, name and way in that we know of,
 * by several threads at once, each on files of its own.
 */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/vfs.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MAGIC_TMPFS 0x01021994
#define MAGIC_BTRFS 0x9123683e

/* Opens (or makes) dir/name. */
static int file(const char *dir, const char *name, int flags)
{
	int at = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = openat(at, name, flags | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		die(name);
	close(at);
	return fd;
}

static long magic(const char *dir)
{
	struct statfs fs;

	return statfs(dir, &fs) < 0 ? 0 : (long)fs.f_type;
}

/* Data that is really there: everything but tmpfs allocates it only when it is written back. */
static void fill(int fd, int64_t bytes)
{
	static const char data[64 * 1024] = "x";

	for (int64_t at = 0; at < bytes; at += (int64_t)sizeof(data))
		if (pwrite(fd, data, sizeof(data), at) < 0)
			die("pwrite");
}

/* --- modes --- */

static void every_mode(struct worker *w)
{
	static const int modes[] = {
		0,
		KEEP,
		PUNCH | KEEP,
		COLLAPSE,
		INSERT,
		ZERO,
		ZERO | KEEP,
		UNSHARE,
		UNSHARE | KEEP,
		WRITE_ZEROES,
		/* combinations that no kernel takes, and bits that none knows */
		PUNCH,
		NO_HIDE_STALE,
		COLLAPSE | INSERT,
		PUNCH | COLLAPSE | KEEP,
		PUNCH | ZERO | KEEP,
		COLLAPSE | KEEP,
		INSERT | KEEP,
		UNSHARE | PUNCH | KEEP,
		WRITE_ZEROES | KEEP,
		0x100,
		0x40000000,
		(int)0x80000000,
		-1,
	};
	static const struct {
		int64_t offset, len;
	} where[] = {
		{0, 64 * KIB}, {128 * KIB, 64 * KIB}, {64 * KIB, 128 * KIB},
		{4095, 2},     {511, 20001},	      {1 * MIB, 4 * KIB},
	};
	int fd = file(w->dir, "modes", O_RDWR);

	for (size_t i = 0; i < COUNT(where); i++)
		for (size_t m = 0; m < COUNT(modes); m++) {
			if (m == 0 || m == 5)
				fill(fd, 512 * KIB);
			call(w, WAY_SYSCALL, fd, modes[m], where[i].offset, where[i].len);
		}
	close(fd);
}

static void far_away(struct worker *w)
{
	static const int64_t offsets[] = {4 * GIB - 4096, 4 * GIB, 5 * GIB + 1, 0x123456789000, 0x7fffffffffff0000};
	int fd = file(w->dir, "far", O_RDWR);

	for (size_t i = 0; i < COUNT(offsets); i++) {
		call(w, WAY_SYSCALL, fd, 0, offsets[i], 8192);
		call(w, WAY_SYSCALL, fd, KEEP, offsets[i] + 65536, 4096);
		call(w, WAY_SYSCALL, fd, PUNCH | KEEP, 4096, offsets[i]);
		call(w, WAY_SYSCALL, fd, COLLAPSE, 1 * GIB, 2 * MIB);
	}
	call(w, WAY_SYSCALL, fd, PUNCH | KEEP, 0, 0x7fffffffffffffff);
	call(w, WAY_SYSCALL, fd, 0, 0x7fffffffffffffff, 1);
	call(w, WAY_SYSCALL, fd, 0, 0x7fffffffffffffff, 0x7fffffffffffffff);
	close(fd);
}

/* --- errors --- */

static void bad_arguments(struct worker *w)
{
	char path[PATH_MAX];
	int fd = file(w->dir, "errors", O_RDWR), other, ends[2];

	call(w, WAY_SYSCALL, fd, 0, -1, 4096);
	call(w, WAY_SYSCALL, fd, 0, INT64_MIN, 4096);
	call(w, WAY_SYSCALL, fd, 0, 0, 0);
	call(w, WAY_SYSCALL, fd, KEEP, 0, -4096);
	call(w, WAY_SYSCALL, -1, 0, 4096, 4096);
	call(w, WAY_SYSCALL, 54321, KEEP, 8192, 4096);
	call(w, WAY_SYSCALL, -2147483647 - 1, PUNCH | KEEP, -1, -1);
	snprintf(path, sizeof(path), "%s/errors", w->dir);
	for (int flags = 0; flags < 3; flags++) { /* O_RDONLY, O_PATH, and a directory: none may be written to */
		static const int how[] = {O_RDONLY, O_PATH | O_RDWR, O_RDONLY | O_DIRECTORY};

		other = open(flags == 2 ? w->dir : path, how[flags] | O_CLOEXEC);
		call(w, WAY_SYSCALL, other, KEEP, 4096, 12288);
		close(other);
	}
	if (pipe(ends) == 0)
		call(w, WAY_SYSCALL, ends[1], 0, 0, 4097);
	close(ends[0]), close(ends[1]);
	other = open("/dev/null", O_WRONLY);
	call(w, WAY_SYSCALL, other, 0, 0, 4098);
	close(other);
	other = eventfd(0, 0);
	call(w, WAY_SYSCALL, other, 0, 0, 4099);
	close(other);
	other = open("/proc/self/comm", O_WRONLY);
	call(w, WAY_SYSCALL, other, 0, 0, 4100);
	close(other);
	call(w, WAY_SYSCALL, fd, KEEP, 0, 4096);
	close(fd);
}

/* What a file's flags forbid. Filesystems without the flag pass it over: then the calls succeed, and that is the truth. */
static void flagged(struct worker *w)
{
	static const int flags[] = {FS_IMMUTABLE_FL, FS_APPEND_FL};
	static const char *const names[] = {"immutable", "append"};

	for (size_t i = 0; i < COUNT(flags); i++) {
		int none = 0, fd = file(w->dir, names[i], O_RDWR);

		fill(fd, 128 * KIB);
		fsync(fd);
		ioctl(fd, FS_IOC_SETFLAGS, &flags[i]);
		call(w, WAY_SYSCALL, fd, 0, 0, 256 * KIB);
		call(w, WAY_SYSCALL, fd, KEEP, 0, 300 * KIB);
		call(w, WAY_SYSCALL, fd, PUNCH | KEEP, 0, 64 * KIB);
		ioctl(fd, FS_IOC_SETFLAGS, &none);
		close(fd);
	}
}

static void swap(struct worker *w)
{
	char path[PATH_MAX];
	uint32_t header[2] = {1, 255}; /* version, last page */
	int fd = file(w->dir, "swapfile", O_RDWR);

	fill(fd, 1 * MIB);
	pwrite(fd, header, sizeof(header), 1024);
	pwrite(fd, "SWAPSPACE2", 10, 4086);
	fsync(fd);
	snprintf(path, sizeof(path), "%s/swapfile", w->dir);
	if (swapon(path, 0) == 0) {
		call(w, WAY_SYSCALL, fd, 0, 0, 2 * MIB);
		call(w, WAY_SYSCALL, fd, PUNCH | KEEP, 4096, 4096);
		swapoff(path);
	}
	call(w, WAY_SYSCALL, fd, PUNCH | KEEP, 4096, 8192);
	close(fd);
}

static void errors(struct worker *w)
{
	bad_arguments(w);
	flagged(w);
	if ((unsigned long)magic(w->dir) != MAGIC_BTRFS) /* which wants such a file without copy on write */
		swap(w);
}

/* --- names --- */

/* One file of a name, a few calls that tell it from others. */
static void named(struct worker *w, const char *name)
{
	int fd = file(w->dir, name, O_RDWR);

	call(w, WAY_SYSCALL, fd, 0, 0, 4096 * (int64_t)(1 + strlen(name) % 13));
	call(w, WAY_SYSCALL, fd, KEEP, 128 * KIB, 4096);
	close(fd);
}

static void directories(struct worker *w)
{
	char path[PATH_MAX], *at;
	int depth, fd;

	at = path + snprintf(path, sizeof(path), "%s", w->dir);
	for (depth = 1; depth <= 12; depth++) {
		at += sprintf(at, "/level%d", depth);
		mkdir(path, 0755);
		fd = file(path, "deep file", O_RDWR);
		call(w, WAY_SYSCALL, fd, 0, 0, 4096 * depth);
		close(fd);
	}
	at = path + sprintf(path, "%s/...", w->dir);
	mkdir(path, 0755);
	strcpy(at, "/...");
	mkdir(path, 0755);
	fd = file(path, "...", O_RDWR);
	call(w, WAY_SYSCALL, fd, KEEP, 0, 4096);
	close(fd);
}

static void renamed(struct worker *w)
{
	char from[PATH_MAX], to[PATH_MAX];
	int fd = file(w->dir, "old name", O_RDWR), again;

	snprintf(from, sizeof(from), "%s/old name", w->dir);
	snprintf(to, sizeof(to), "%s/level1/new name, and a longer one that no dentry holds", w->dir);
	call(w, WAY_SYSCALL, fd, 0, 0, 4096);
	rename(from, to);
	call(w, WAY_SYSCALL, fd, 0, 0, 8192);
	link(to, from); /* a hard link: each descriptor has the name it was opened by */
	again = open(from, O_RDWR | O_CLOEXEC);
	call(w, WAY_SYSCALL, again, 0, 0, 12288);
	call(w, WAY_SYSCALL, fd, 0, 0, 16384);
	unlink(to);
	unlink(from);
	call(w, WAY_SYSCALL, fd, 0, 0, 20480);
	call(w, WAY_SYSCALL, again, PUNCH | KEEP, 0, 4096);
	close(fd);
	close(again);
}

static void memfds(struct worker *w)
{
	int fd = memfd_create("a mem\"fd", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	call(w, WAY_SYSCALL, fd, 0, 0, 64 * KIB);
	call(w, WAY_SYSCALL, fd, PUNCH | KEEP, 4096, 8192);
	fcntl(fd, F_ADD_SEALS, F_SEAL_GROW);
	call(w, WAY_SYSCALL, fd, 0, 64 * KIB, 4096);
	fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE);
	call(w, WAY_SYSCALL, fd, PUNCH | KEEP, 0, 4096);
	close(fd);
}

static void names(struct worker *w)
{
	static const char *const odd[] = {
		" leading and trailing ",
		"quo\"te'`s",
		"new\nline",
		"tab\there",
		"\x1b[31mred\x1b[0m",
		"back\\slash\\n",
		"\xff\xfe not UTF-8 \xc3(",
		"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x98",
		"....x",
		"-x",
		"(deleted)",
		"\x01\x7f",
		"\xed\xa0\x80 a surrogate",
		"\xc2\x9b C1",
		"{\"a\":1}",
		"%s%n",
		"<script>",
	};
	char longest[256];

	for (size_t i = 0; i < COUNT(odd); i++)
		named(w, odd[i]);
	memset(longest, 'L', 255);
	memcpy(longest + 250, "=end=", 6);
	named(w, longest);
	directories(w);
	renamed(w);
	memfds(w);
}

/* --- ways in --- */

void one_way(struct worker *w, enum way way, const char *name)
{
	int fd = file(w->dir, name, O_RDWR);

	fill(fd, 256 * KIB);
	if (way == WAY_MADVISE) {
		call(w, way, fd, PUNCH | KEEP, 0, 64 * KIB);
		call(w, way, fd, PUNCH | KEEP, 128 * KIB, 64 * KIB);
	} else {
		call(w, way, fd, KEEP, 1 * MIB, 64 * KIB);
		call(w, way, fd, PUNCH | KEEP, 0, 64 * KIB);
		call(w, way, fd, ZERO | KEEP, 128 * KIB, 4096);
		call(w, way, fd, KEEP, 5 * GIB, 4096);
	}
	if (way == WAY_COMPAT || way == WAY_URING) {
		call(w, way, fd, 0, 512 * KIB, 64 * KIB);
		call(w, way, fd, 0, 6 * GIB, 4096);
		call(w, way, fd, PUNCH | KEEP, 0x100000001000, 0x200000000000);
		call(w, way, fd, 0, -4096, 4096);
		call(w, way, fd, 0x100, 0, 4096);
	}
	if (way == WAY_COMPAT) {
		call(w, way, -1, KEEP, 4 * GIB + 1, 5 * GIB + 2);
		call(w, way, -1, KEEP, -1, -1);
	}
	close(fd);
}

static void ways(struct worker *w)
{
	if (uring_works())
		one_way(w, WAY_URING, "by io_uring");
	compat_ways(w);
	one_way(w, WAY_IOCTL, "by ioctl");
	one_way(w, WAY_MADVISE, "by madvise");
}

/* --- data that is written, and not allocated yet --- */

static void delayed(struct worker *w)
{
	int fd = file(w->dir, "delayed", O_RDWR);

	fill(fd, 512 * KIB);
	call_dirty(w, fd, KEEP, 1 * MIB, 64 * KIB);
	fill(fd, 768 * KIB);
	call_dirty(w, fd, PUNCH | KEEP, 64 * KIB, 64 * KIB);
	call_dirty(w, fd, PUNCH | KEEP, 512 * KIB + 100, 64 * KIB);
	call_dirty(w, fd, 0, 2 * MIB, 64 * KIB);
	fsync(fd);
	call_dirty(w, fd, 0, 2 * MIB, 128 * KIB);
	close(fd);
}

static void delayed_and_far(struct worker *w)
{
	delayed(w);
	far_away(w);
}

/* --- a full filesystem, and a call that a signal ends; alone, since they take all there is --- */

static void on_alarm(int sig)
{
	(void)sig;
}

static void fill_up(struct worker *w)
{
	struct sigaction act = {.sa_handler = on_alarm};
	struct itimerval soon = {.it_value.tv_usec = 4000, .it_interval.tv_usec = 4000}, never = {0};
	struct statfs fs;
	int fd = file(w->dir, "too much", O_RDWR);
	int64_t size;

	fstatfs(fd, &fs);
	size = (int64_t)fs.f_blocks * fs.f_bsize;
	call(w, WAY_SYSCALL, fd, KEEP, 0, 8 * size);
	call(w, WAY_SYSCALL, fd, PUNCH | KEEP, 0, 8 * size);
	call(w, WAY_SYSCALL, fd, 0, 4096, size + 4096);
	call(w, WAY_SYSCALL, fd, PUNCH | KEEP, 0, 8 * size);
	if (magic(w->dir) == MAGIC_TMPFS) {
		sigaction(SIGALRM, &act, NULL);
		setitimer(ITIMER_REAL, &soon, NULL);
		call(w, WAY_SYSCALL, fd, 0, 0, size / 2);
		setitimer(ITIMER_REAL, &never, NULL);
	}
	ftruncate(fd, 0);
	call(w, WAY_SYSCALL, fd, KEEP, 0, 4096);
	close(fd);
}

/* --- all of it --- */

static void *worker_main(void *arg)
{
	struct worker *w = arg;

	prctl(PR_SET_NAME, w->comm);
	w->run(w);
	return NULL;
}

int truth(const char *log, int dirs, char **dir)
{
	static const struct {
		const char *comm;
		void (*run)(struct worker *w);
	} roles[] = {
		{"modes\n\t ", every_mode}, {"err'ors \"q\" \\", errors}, {"\xff\xfen\xc3\xa9 (x) y", names},
		{"exactly-15-long", ways},  {"", delayed_and_far},
	};
	enum { MAX = 64 };
	static struct worker w[MAX];
	static pthread_t thread[MAX];
	int n = 0;

	for (int d = 0; d < dirs; d++)
		for (size_t r = 0; r < COUNT(roles) && n < MAX; r++, n++) {
			char *own;

			if (asprintf(&own, "%s/role%zu", dir[d], r) < 0 || (mkdir(own, 0755) < 0 && errno != EEXIST))
				die(dir[d]);
			w[n] = (struct worker){.dir = own, .log = log, .run = roles[r].run};
			snprintf(w[n].comm, sizeof(w[n].comm), "%s", roles[r].comm);
			if (pthread_create(&thread[n], NULL, worker_main, &w[n]))
				die("pthread_create");
		}
	for (int i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	for (int d = 0; d < dirs; d++) {
		struct worker last = {.dir = dir[d]};

		fill_up(&last);
	}
	return 0;
}
