/* SPDX-License-Identifier: MIT */
/*
 * One fallocate by any way in, and the line of truth about it.
 */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int log_fd = -1;
static atomic_int sequence;

void die(const char *what)
{
	fprintf(stderr, "workload: %s: %s\n", what, strerror(errno));
	exit(1);
}

int raw_fallocate(int fd, int mode, int64_t offset, int64_t len)
{
	return syscall(SYS_fallocate, fd, mode, offset, len) < 0 ? -errno : 0;
}

/* --- the ways in --- */

/*
 * The 32-bit call: 64-bit values go in halves. On x86-64 64-bit code can make it, and ebp is the last of the halves;
 * elsewhere a program of 32 bits must (compat.c), which is this same one.
 */
static int compat_fallocate(int fd, int mode, int64_t offset, int64_t len)
{
#ifdef __x86_64__
	long ret = 324;
	uint64_t len_high = (uint64_t)len >> 32;

	__asm__ volatile("mov %[hi], %%r8\n\tpush %%rbp\n\tmov %%r8, %%rbp\n\tint $0x80\n\tpop %%rbp"
			 : "+a"(ret)
			 : "b"((long)fd), "c"((long)mode), "d"((uint64_t)offset & 0xffffffff),
			   "S"((uint64_t)offset >> 32), "D"((uint64_t)len & 0xffffffff), [hi] "r"(len_high)
			 : "memory", "r8", "r9", "r10", "r11", "cc");
	return (int)ret;
#elif defined(__arm__)
	return syscall(352, fd, mode, (uint32_t)offset, (uint32_t)(offset >> 32), (uint32_t)len,
		       (uint32_t)(len >> 32)) < 0 ?
		       -errno :
		       0;
#else
	(void)fd, (void)mode, (void)offset, (void)len;
	return -ENOSYS;
#endif
}

bool compat_works(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_NAME, "compat?"); /* a trial, no part of the truth */
		_exit(compat_fallocate(-1, 0, 0, 1) == -EBADF ? 0 : 1);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

struct ring {
	int fd;
	unsigned *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

static void *ring_map(int fd, size_t size, off_t what)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, what);
}

static struct ring *ring_new(void)
{
	struct io_uring_params p = {0};
	struct ring *r = calloc(1, sizeof(*r));
	char *sq, *cq;

	if (!r)
		die("calloc");
	r->fd = (int)syscall(SYS_io_uring_setup, 4, &p);
	if (r->fd < 0) {
		free(r);
		return NULL;
	}
	sq = ring_map(r->fd, p.sq_off.array + p.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
	cq = ring_map(r->fd, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
	r->sqes = ring_map(r->fd, p.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || r->sqes == MAP_FAILED)
		die("mmap of a ring");
	r->sq_tail = (unsigned *)(sq + p.sq_off.tail);
	r->sq_mask = (unsigned *)(sq + p.sq_off.ring_mask);
	r->sq_array = (unsigned *)(sq + p.sq_off.array);
	r->cq_head = (unsigned *)(cq + p.cq_off.head);
	r->cq_tail = (unsigned *)(cq + p.cq_off.tail);
	r->cq_mask = (unsigned *)(cq + p.cq_off.ring_mask);
	r->cqes = (struct io_uring_cqe *)(cq + p.cq_off.cqes);
	return r;
}

bool uring_works(void)
{
	struct ring *r = ring_new();

	if (!r)
		return false;
	close(r->fd);
	free(r);
	return true;
}

static int uring_fallocate(struct worker *w, int fd, int mode, int64_t offset, int64_t len)
{
	struct ring *r = w->ring ? w->ring : (w->ring = ring_new());
	unsigned tail, head;
	struct io_uring_sqe *sqe;
	int ret;

	if (!r)
		die("io_uring_setup");
	tail = *r->sq_tail;
	sqe = &r->sqes[tail & *r->sq_mask];
	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = IORING_OP_FALLOCATE;
	sqe->fd = fd;
	sqe->off = (uint64_t)offset;
	sqe->addr = (uint64_t)len; /* so IORING_OP_FALLOCATE has it: addr is the length, len the mode */
	sqe->len = (uint32_t)mode;
	r->sq_array[tail & *r->sq_mask] = tail & *r->sq_mask;
	__atomic_store_n(r->sq_tail, tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, r->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		die("io_uring_enter");
	head = *r->cq_head;
	if (head == __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE))
		die("io_uring: no completion");
	ret = r->cqes[head & *r->cq_mask].res;
	__atomic_store_n(r->cq_head, head + 1, __ATOMIC_RELEASE);
	return ret;
}

/* FS_IOC_RESVSP64, UNRESVSP64 and ZERO_RANGE of linux/falloc.h. */
struct space {
	int16_t type, whence;
	int64_t start, len;
	int32_t sysid;
	uint32_t pid;
	int32_t reserved[4];
};

static int ioctl_fallocate(int fd, int mode, int64_t offset, int64_t len)
{
	struct space s = {.start = offset, .len = len};
	unsigned long cmd = mode & PUNCH ? _IOW('X', 43, struct space) :
			    mode & ZERO	 ? _IOW('X', 57, struct space) :
					   _IOW('X', 42, struct space);

	return ioctl(fd, cmd, &s) < 0 ? -errno : 0;
}

static int madvise_fallocate(int fd, int64_t offset, int64_t len)
{
	void *map = mmap(NULL, (size_t)len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
	int ret;

	if (map == MAP_FAILED)
		die("mmap for madvise");
	ret = madvise(map, (size_t)len, MADV_REMOVE) < 0 ? -errno : 0;
	munmap(map, (size_t)len);
	return ret;
}

/* --- the truth --- */

/* Bytes in hexadecimal, as a JSON string. */
static void hex(char *out, const char *bytes, size_t n)
{
	*out++ = '"';
	for (size_t i = 0; i < n; i++, out += 2)
		sprintf(out, "%02x", (unsigned char)bytes[i]);
	strcpy(out, "\"");
}

static int64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void put(const char *line, size_t n)
{
	if (write(log_fd, line, n) != (ssize_t)n)
		die("log");
}

void log_append(const char *path, int first)
{
	log_fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (log_fd < 0)
		die(path);
	atomic_store(&sequence, first);
}

void log_open(const char *path)
{
	static char text[65536], line[2 * sizeof(text) + 64];
	int fd = open("/proc/self/mountinfo", O_RDONLY);
	size_t n = 0;
	ssize_t r;

	log_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0 || log_fd < 0)
		die(path);
	while ((r = read(fd, text + n, sizeof(text) - n)) > 0)
		n += (size_t)r;
	close(fd);
	strcpy(line, "{\"type\":\"mountinfo\",\"hex\":");
	hex(line + strlen(line), text, n);
	strcat(line, "}\n");
	put(line, strlen(line));
}

/* The mount that fd was opened by; fdinfo has it since 3.15. */
static int mount_id(int fd)
{
	char name[64], text[1024], *at;
	ssize_t n;
	int in, id = -1;

	snprintf(name, sizeof(name), "/proc/self/fdinfo/%d", fd);
	in = open(name, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return -1;
	n = read(in, text, sizeof(text) - 1);
	close(in);
	text[n > 0 ? n : 0] = 0;
	at = strstr(text, "mnt_id:");
	if (at)
		id = atoi(at + 7);
	return id;
}

/* Path, device, inode: "null" all where the call will not get as far as a file. */
static char *put_file(char *out, int fd, const struct stat *st)
{
	char link[64], path[8192], *deleted;
	struct statfs fs = {0};
	ssize_t n;

	if (!st)
		return out + sprintf(out, ",\"mnt\":null,\"path\":null,\"ino\":null,\"st_dev\":null,\"magic\":null");
	fstatfs(fd, &fs);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = 0;
	deleted = n > 10 && st->st_nlink == 0 ? path + n - 10 : NULL;
	if (deleted && !strcmp(deleted, " (deleted)"))
		*deleted = 0;
	out += sprintf(out, ",\"mnt\":%d,\"path\":", mount_id(fd));
	hex(out, path, strlen(path));
	out += strlen(out);
	out += sprintf(out, ",\"directory\":%s,\"links\":%d", S_ISDIR(st->st_mode) ? "true" : "false",
		       (int)st->st_nlink);
	return out + sprintf(out, ",\"ino\":%llu,\"st_dev\":\"%u:%u\",\"magic\":%llu", (unsigned long long)st->st_ino,
			     (unsigned)(st->st_dev >> 8 & 0xfff),
			     (unsigned)((st->st_dev & 0xff) | (st->st_dev >> 12 & 0xfff00)),
			     (unsigned long long)fs.f_type);
}

static char *put_number(char *out, const char *name, bool known, int64_t value)
{
	return known ? out + sprintf(out, ",\"%s\":%lld", name, (long long)value) :
		       out + sprintf(out, ",\"%s\":null", name);
}

/* Who calls. A worker of io_uring's makes the call itself: nothing is known of it then. */
static char *put_caller(char *out, enum way way, int fd)
{
	char comm[17] = "";

	if (way == WAY_URING)
		return out + sprintf(out, ",\"fd\":null");
	prctl(PR_GET_NAME, comm);
	out += sprintf(out, ",\"pid\":%d,\"tid\":%ld,\"comm\":", (int)getpid(), syscall(SYS_gettid));
	hex(out, comm, strlen(comm));
	out += strlen(out);
	if (way == WAY_IOCTL) /* a tool may or may not find it: not compared */
		return out;
	return put_number(out, "fd", way != WAY_MADVISE, fd);
}

static int make(struct worker *w, enum way way, int fd, int mode, int64_t offset, int64_t len)
{
	switch (way) {
	case WAY_COMPAT:
		return compat_fallocate(fd, mode, offset, len);
	case WAY_URING:
		return uring_fallocate(w, fd, mode, offset, len);
	case WAY_IOCTL:
		return ioctl_fallocate(fd, mode, offset, len);
	case WAY_MADVISE:
		return madvise_fallocate(fd, offset, len);
	default:
		return raw_fallocate(fd, mode, offset, len);
	}
}

static int call_and_log(struct worker *w, enum way way, int fd, int mode, int64_t offset, int64_t len, bool dirty)
{
	static const char *const vias[] = {"syscall", "compat", "io_uring", "ioctl", "madvise"};
	char line[20000], *out = line;
	struct stat st, after;
	int64_t t0, t1, utc, utc_end;
	/* An O_PATH descriptor is none to fallocate, though fstat takes it. */
	bool file = fstat(fd, &st) == 0 && !(fcntl(fd, F_GETFL) & O_PATH);
	int ret;

	if (file && !dirty && S_ISREG(st.st_mode))
		fsync(fd);
	out += sprintf(out, "{\"type\":\"truth\",\"seq\":%d,\"via\":\"%s\",\"dirty\":%s",
		       atomic_fetch_add(&sequence, 1), vias[way], dirty ? "true" : "false");
	out = put_caller(out, way, fd);
	out = put_file(out, fd, file ? &st : NULL);
	if (file)
		fstat(fd, &st);
	utc = now(CLOCK_REALTIME);
	t0 = now(CLOCK_MONOTONIC);
	ret = make(w, way, fd, mode, offset, len);
	t1 = now(CLOCK_MONOTONIC);
	utc_end = now(CLOCK_REALTIME);
	if (file)
		fstat(fd, &after);
	out += sprintf(out, ",\"mode\":%u,\"offset\":%lld,\"len\":%lld,\"ret\":%d", (unsigned)mode, (long long)offset,
		       (long long)len, ret);
	out += sprintf(out, ",\"before_ns\":%lld,\"after_ns\":%lld,\"utc_ns\":%lld,\"utc_end_ns\":%lld", (long long)t0,
		       (long long)t1, (long long)utc, (long long)utc_end);
	out = put_number(out, "size_before", file, st.st_size);
	out = put_number(out, "size_after", file, after.st_size);
	out = put_number(out, "blocks_before", file, st.st_blocks);
	out = put_number(out, "blocks_after", file, after.st_blocks);
	out += sprintf(out, "}\n");
	put(line, (size_t)(out - line));
	return ret;
}

int call(struct worker *w, enum way way, int fd, int mode, int64_t offset, int64_t len)
{
	return call_and_log(w, way, fd, mode, offset, len, false);
}

int call_dirty(struct worker *w, int fd, int mode, int64_t offset, int64_t len)
{
	return call_and_log(w, WAY_SYSCALL, fd, mode, offset, len, true);
}
