/* SPDX-License-Identifier: MIT */
/*
 * The calls of a scenario, and what fstat and statvfs say around each.
 */
#define _GNU_SOURCE
#include "scenario.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_FILES = 16, MAX_CALLS = 4096 };

struct state {
	int64_t size, blocks, free; /* bytes, units of 512 bytes, bytes */
};

struct file {
	char path[256];
	const char *findings;
	int fd;
	/* what posix_fallocate did by itself */
	bool emulated;
	int64_t written_size, written_blocks, writes; /* writes: system calls, -1 unknown */
};

struct row {
	char comm[16];
	int file, mode, error; /* error: 0 or an errno */
	int64_t offset, len, ns;
	struct state before, after;
	bool race;
};

struct run {
	const struct scenario *scenario;
	int files, calls;
	struct state first, last;
	struct file file[MAX_FILES];
	struct row call[MAX_CALLS];
};

void die(const char *what)
{
	fprintf(stderr, "scenarios: %s: %s\n", what, strerror(errno));
	exit(1);
}

struct run *run_new(const struct scenario *s)
{
	struct run *r = mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct statvfs v;

	if (r == MAP_FAILED)
		die("mmap");
	if (statvfs(s->dir, &v) < 0)
		die(s->dir);
	r->scenario = s;
	r->first.free = (int64_t)(v.f_bavail * v.f_frsize);
	return r;
}

const struct scenario *run_scenario(const struct run *r)
{
	return r->scenario;
}

/* --- files --- */

static void make_directories(const char *path)
{
	char part[256];

	for (size_t i = 1; path[i]; i++)
		if (path[i] == '/') {
			memcpy(part, path, i);
			part[i] = 0;
			if (mkdir(part, 0755) < 0 && errno != EEXIST)
				die(part);
		}
}

int file_open(struct run *r, const char *name, const char *findings)
{
	struct file *f = &r->file[r->files];

	if (r->files == MAX_FILES)
		die("too many files");
	snprintf(f->path, sizeof(f->path), "%s/%s", r->scenario->dir, name);
	make_directories(f->path);
	f->findings = findings;
	f->fd = open(f->path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (f->fd < 0)
		die(f->path);
	return r->files++;
}

int file_fd(const struct run *r, int file)
{
	return r->file[file].fd;
}

void file_close(struct run *r, int file)
{
	close(r->file[file].fd);
	r->file[file].fd = -1;
}

static struct state state_of(int fd)
{
	struct stat st;
	struct statvfs v;

	if (fstat(fd, &st) < 0 || fstatvfs(fd, &v) < 0)
		die("fstat");
	return (struct state){st.st_size, st.st_blocks, (int64_t)(v.f_bavail * v.f_frsize)};
}

int64_t file_size(const struct run *r, int file)
{
	return state_of(r->file[file].fd).size;
}

void put(struct run *r, int file, int64_t offset, int64_t len)
{
	static char data[64 * KIB];
	int64_t n;

	memset(data, 'x', sizeof(data));
	for (int64_t at = offset; at < offset + len; at += n) {
		n = offset + len - at < (int64_t)sizeof(data) ? offset + len - at : (int64_t)sizeof(data);
		if (pwrite(r->file[file].fd, data, (size_t)n, at) != n)
			die("pwrite");
	}
}

void fill(struct run *r, int file, int64_t offset, int64_t len)
{
	put(r, file, offset, len);
	fsync(r->file[file].fd);
}

void cut(struct run *r, int file, int64_t size)
{
	if (ftruncate(r->file[file].fd, size) < 0)
		die("ftruncate");
	fsync(r->file[file].fd);
}

/* --- calls --- */

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static struct row *row_new(struct run *r, int file, int mode, int64_t offset, int64_t len)
{
	struct row *row = &r->call[r->calls];

	if (r->calls == MAX_CALLS)
		die("too many calls");
	r->calls++;
	*row = (struct row){.file = file, .mode = mode, .offset = offset, .len = len};
	prctl(PR_GET_NAME, row->comm);
	row->before = state_of(r->file[file].fd);
	return row;
}

int allocate(struct run *r, int file, int mode, int64_t offset, int64_t len)
{
	struct row *row = row_new(r, file, mode, offset, len);
	int fd = r->file[file].fd;

	row->ns = now();
	row->error = syscall(SYS_fallocate, fd, mode, offset, len) < 0 ? errno : 0;
	row->ns = now() - row->ns;
	row->after = state_of(fd);
	return -row->error;
}

int allocate_in_a_race(struct run *r, int file, int mode, int64_t offset, int64_t len)
{
	int ret = allocate(r, file, mode, offset, len);

	r->call[r->calls - 1].race = true;
	return ret;
}

/* Write calls of this process so far; -1 where the kernel does not count them. */
static int64_t writes(void)
{
	char line[64];
	long long n = -1;
	FILE *io = fopen("/proc/self/io", "r");

	while (io && fgets(line, sizeof(line), io))
		sscanf(line, "syscw: %lld", &n);
	if (io)
		fclose(io);
	return n;
}

/* The kernel's answer is EOPNOTSUPP, after which nothing has changed: what changes then is glibc's doing. */
void allocate_or_write(struct run *r, int file, int64_t offset, int64_t len)
{
	struct row *row = row_new(r, file, 0, offset, len);
	struct file *f = &r->file[file];
	int64_t count = writes();
	struct state after;

	row->error = EOPNOTSUPP;
	row->after = row->before;
	row->ns = -1;
	errno = posix_fallocate(f->fd, offset, len);
	if (errno)
		die("posix_fallocate");
	count = count < 0 ? -1 : writes() - count;
	fsync(f->fd);
	after = state_of(f->fd);
	f->emulated = true;
	f->written_size += after.size - row->before.size;
	f->written_blocks += after.blocks - row->before.blocks;
	f->writes = count < 0 || f->writes < 0 ? -1 : f->writes + count;
}

void as_process(struct run *r, const char *comm, void (*part)(struct run *r))
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		prctl(PR_SET_NAME, comm);
		part(r);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		die(comm);
}

/* --- as JSON; names here need no escapes --- */

/* "a,b" as ["a","b"] */
static void print_list(const char *names)
{
	putchar('[');
	for (const char *at = names; *at; at += strcspn(at, ",")) {
		at += *at == ',';
		printf("%s\"%.*s\"", at == names ? "" : ",", (int)strcspn(at, ","), at);
	}
	putchar(']');
}

/* How often each error came, 0 left out. */
static void print_errors(const struct run *r, int file)
{
	int count[256] = {0}, shown = 0;

	for (int i = 0; i < r->calls; i++)
		if (r->call[i].file == file)
			count[r->call[i].error & 255]++;
	printf("\"ok\":%d,\"errors\":{", count[0]);
	for (int e = 1; e < 256; e++)
		if (count[e])
			printf("%s\"%s\":%d", shown++ ? "," : "", strerrorname_np(e), count[e]);
	putchar('}');
}

static void print_file(const struct run *r, int file)
{
	const struct file *f = &r->file[file];
	struct stat st = {0};
	int calls = 0;

	for (int i = 0; i < r->calls; i++)
		calls += r->call[i].file == file;
	printf("%s{\"path\":\"%s\",\"findings\":", file ? "," : "", f->path);
	print_list(f->findings);
	printf(",\"calls\":%d,", calls);
	print_errors(r, file);
	if (stat(f->path, &st) < 0)
		printf(",\"size\":null,\"blocks\":null,\"ino\":null");
	else
		printf(",\"size\":%lld,\"blocks\":%lld,\"ino\":%llu", (long long)st.st_size, (long long)st.st_blocks,
		       (unsigned long long)st.st_ino);
	if (f->emulated)
		printf(",\"emulated\":{\"size\":%lld,\"blocks\":%lld,\"writes\":%lld}", (long long)f->written_size,
		       (long long)f->written_blocks, (long long)f->writes);
	putchar('}');
}

static void print_number(int64_t n, bool known)
{
	if (known)
		printf(",%lld", (long long)n);
	else
		printf(",null");
}

static void print_call(const struct row *c, bool first)
{
	printf("%s[%d,\"%s\",%d,%lld,%lld,", first ? "" : ",", c->file, c->comm, c->mode, (long long)c->offset,
	       (long long)c->len);
	printf(c->error ? "\"%s\"" : "%s", c->error ? strerrorname_np(c->error) : "null");
	print_number(c->before.size, !c->race);
	print_number(c->after.size, !c->race);
	print_number(c->before.blocks, !c->race);
	print_number(c->after.blocks, !c->race);
	print_number(c->before.free, true);
	print_number(c->after.free, true);
	print_number(c->ns, c->ns >= 0);
	putchar(']');
}

void run_print(const struct run *r)
{
	struct statvfs v;

	if (statvfs(r->scenario->dir, &v) < 0)
		die(r->scenario->dir);
	printf("{\"scenario\":\"%s\",\"fs\":\"%s\",\"dir\":\"%s\",\"free_before\":%lld,\"free_after\":%lld,\"files\":[",
	       r->scenario->name, r->scenario->fs, r->scenario->dir, (long long)r->first.free,
	       (long long)(v.f_bavail * v.f_frsize));
	for (int i = 0; i < r->files; i++)
		print_file(r, i);
	printf("],\"columns\":[\"file\",\"comm\",\"mode\",\"offset\",\"len\",\"error\",\"size_before\",\"size_after\","
	       "\"blocks_before\",\"blocks_after\",\"free_before\",\"free_after\",\"ns\"],\"calls\":[");
	for (int i = 0; i < r->calls; i++)
		print_call(&r->call[i], !i);
	printf("]}\n");
}
