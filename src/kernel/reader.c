// SPDX-License-Identifier: MIT
#include "kernel/reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/tracefile.h"

/* Of a page's commit word: events were lost before it, and their number stands behind the data. */
#define COMMIT_MISSED (1u << 31)
#define COMMIT_MISSED_STORED (1u << 30)

/* Memory for pages that the kernel's buffers must not hold on to while we are busy. */
#define HELD_MAX (64u << 20)

/* A page as it was read. */
struct held {
	struct held *next;
	size_t size;
	uint64_t lost; /* struct page's */
	char data[];   /* a sub-buffer */
};

struct stream {
	int cpu;
	int fd;
	int stats;		    /* its counters, for when they can't be opened any more; or -1 */
	struct held *current;	    /* handed out last */
	struct held *first, **last; /* read ahead, in order */
	uint64_t lost;		    /* what the kernel's counters said of losses when last asked … */
	uint64_t told;		    /* … and how many of these pages have told of */
	uint64_t before;	    /* … and how many were lost before we began */
};

struct reader {
	struct source source; /* first: a struct source * of ours is the reader's */
	const char *dir;
	struct page_format format;
	size_t subbuf_size;
	size_t count;
	struct stream *streams;
	struct held *spare; /* for the next page, so that not each is a malloc */
	size_t held_bytes;  /* of all that is read ahead */
	bool polls_at_once; /* poll tells of a single event, not of a buffer half full */
	bool shut;	    /* see reader_shut */
	bool has_home;
	cpu_set_t home; /* the processors that we may run on */
};

static int cpu_number(const struct source *s, int i)
{
	return ((const struct reader *)s)->streams[i].cpu;
}

/* Sum of the counters in per_cpu/cpuN/stats that stand for lost events. */
static uint64_t lost_counters(const char *stats)
{
	static const char *const names[] = {"\noverrun: ", "\ncommit overrun: ", "\ndropped events: "};
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *at = strstr(stats, names[i]);

		if (at)
			sum += strtoull(at + strlen(names[i]), NULL, 10);
	}
	return sum;
}

#define STATS_SIZE 4096 /* some 200 bytes */

/* malloc'ed; NULL where the CPU or the instance has gone. */
static char *read_stats(const struct reader *r, const struct stream *s)
{
	char file[64], *text;
	struct error ignored;
	ssize_t n;

	if (s->stats < 0) {
		snprintf(file, sizeof(file), "per_cpu/cpu%d/stats", s->cpu);
		return trace_file_read(r->dir, file, NULL, &ignored);
	}
	text = malloc(STATS_SIZE);
	do
		n = text ? pread(s->stats, text, STATS_SIZE - 1, 0) : -1;
	while (n < 0 && text && errno == EINTR);
	if (n < 0) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	return text;
}

static void ask_lost(struct reader *r, struct stream *s)
{
	char *stats = read_stats(r, s);

	if (stats)
		s->lost = lost_counters(stats);
	free(stats);
}

char *reader_stats(const struct reader *r, int i)
{
	return read_stats(r, &r->streams[i]);
}

uint64_t reader_left(struct reader *r, int i)
{
	char *stats = read_stats(r, &r->streams[i]);
	unsigned long long entries = 0;

	if (!stats || sscanf(stats, "entries: %llu", &entries) != 1)
		entries = 0;
	free(stats);
	return entries;
}

uint64_t reader_unreported(struct reader *r, int i)
{
	struct stream *s = &r->streams[i];
	uint64_t rest;

	ask_lost(r, s);
	rest = s->lost > s->told ? s->lost - s->told : 0;
	s->told += rest;
	return rest;
}

uint64_t reader_lost(const struct reader *r, int i)
{
	return r->streams[i].told - r->streams[i].before;
}

/* A page flagged as following a loss: how much was lost, by its own count or by the counters. */
static uint64_t page_lost(struct reader *r, struct stream *s, uint32_t commit)
{
	uint64_t count;

	if (!(commit & COMMIT_MISSED))
		return 0;
	count = reader_unreported(r, (int)(s - r->streams));
	if (commit & COMMIT_MISSED_STORED)
		return 0; /* the page says it itself, and the counters agree by now */
	return count ? count : LOST_UNKNOWN;
}

static struct held *take_spare(struct reader *r)
{
	struct held *h = r->spare;

	r->spare = NULL;
	return h ? h : malloc(sizeof(*h) + r->subbuf_size);
}

static void give_back(struct reader *r, struct held *h)
{
	if (r->spare)
		free(h);
	else
		r->spare = h;
}

static bool go_to(int cpu)
{
	cpu_set_t set;

	if (cpu >= CPU_SETSIZE)
		return false;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) == 0;
}

/* One page out of the kernel's buffer. */
static enum page_result read_page(struct reader *r, struct stream *s, struct held **page, struct error *e)
{
	struct held *h = take_spare(r);
	enum page_result result = PAGE_OK;
	uint64_t commit;
	ssize_t n;

	if (!h) {
		error_set(e, "out of memory");
		return PAGE_FAILED;
	}
	do
		n = read(s->fd, h->data, r->subbuf_size);
	while (n < 0 && errno == EINTR);
	if (n == 0 || (n < 0 && errno == EAGAIN)) {
		result = PAGE_NONE;
	} else if (n < 0 && errno == ENODEV) {
		/* One that was offline when the instance was made: it gets a buffer when it comes. */
		result = PAGE_NONE;
	} else if (n < 16) {
		error_errno(e, "CPU %d: can't read the trace buffer", s->cpu);
		result = PAGE_FAILED;
	}
	if (result != PAGE_OK) {
		give_back(r, h);
		return result;
	}
	memcpy(&commit, h->data + 8, sizeof(commit));
	h->next = NULL;
	h->size = (size_t)n;
	h->lost = page_lost(r, s, (uint32_t)commit);
	*page = h;
	return PAGE_OK;
}

/*
 * Reads what a CPU's buffer holds, as far as there is room, and at least a page.
 * On that CPU, where we may: the kernel's reader, with interrupts off, then has
 * no writer beside it, which it could lose events of (see reader_left). Going
 * there may take a while, so everything is taken at once.
 */
static enum page_result fill(struct reader *r, struct stream *s, struct error *e)
{
	enum page_result result = PAGE_OK;
	struct held *h;
	bool moved;

	if (r->shut)
		return s->first ? PAGE_OK : PAGE_NONE;
	moved = r->has_home && go_to(s->cpu);
	do {
		result = read_page(r, s, &h, e);
		if (result != PAGE_OK)
			break;
		*s->last = h;
		s->last = &h->next;
		r->held_bytes += r->subbuf_size;
	} while (r->held_bytes < HELD_MAX);
	if (moved)
		sched_setaffinity(0, sizeof(r->home), &r->home);
	return s->first ? PAGE_OK : result;
}

/* Asks without reading, so that nobody goes to a CPU for nothing. */
static bool has_something(const struct stream *s)
{
	struct pollfd p = {.fd = s->fd, .events = POLLIN};

	return poll(&p, 1, 0) != 0;
}

static enum page_result next_page(struct source *src, int i, struct page *page, struct error *e)
{
	struct reader *r = (struct reader *)src;
	struct stream *s = &r->streams[i];
	enum page_result result = PAGE_OK;

	if (s->current)
		give_back(r, s->current);
	s->current = NULL;
	if (!s->first)
		result = r->polls_at_once && !has_something(s) ? PAGE_NONE : fill(r, s, e);
	if (result != PAGE_OK)
		return result;
	s->current = s->first;
	s->first = s->current->next;
	if (!s->first)
		s->last = &s->first;
	r->held_bytes -= r->subbuf_size;
	*page = (struct page){.data = s->current->data, .size = s->current->size, .lost = s->current->lost};
	return PAGE_OK;
}

void reader_absorb(struct reader *r)
{
	struct error ignored; /* whoever asks for the next page meets it again */

	for (size_t i = 0; i < r->count && r->held_bytes < HELD_MAX; i++)
		if (!r->polls_at_once || has_something(&r->streams[i]))
			fill(r, &r->streams[i], &ignored);
}

/* Sub-buffer size by the instance's own header_page: "field: char data; offset:16; size:4080; …". */
static int read_format(struct reader *r, struct error *e)
{
	char *text = trace_file_read(r->dir, "events/header_page", NULL, e);
	int commit_size = 0, data_offset = 0, data_size = 0;
	const char *at;

	if (!text)
		return -1;
	at = strstr(text, " commit;");
	if (at)
		sscanf(at, " commit; offset:%*d; size:%d;", &commit_size);
	at = strstr(text, " data;");
	if (at)
		sscanf(at, " data; offset:%d; size:%d;", &data_offset, &data_size);
	free(text);
	if ((commit_size != 4 && commit_size != 8) || data_offset <= 0 || data_size <= 0 || data_size > 1 << 20)
		return error_set(e, "%s/events/header_page: not what a kernel should say", r->dir);
	r->format.long_size = commit_size;
	r->format.big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
	r->subbuf_size = (size_t)data_offset + (size_t)data_size;
	return 0;
}

static int open_stream(struct reader *r, int cpu, struct error *e)
{
	struct stream *more = realloc(r->streams, (r->count + 1) * sizeof(*more));
	struct stream *s;
	char path[4096];

	if (!more)
		return error_errno(e, "out of memory");
	r->streams = more;
	s = &more[r->count];
	memset(s, 0, sizeof(*s));
	s->cpu = cpu;
	snprintf(path, sizeof(path), "%s/per_cpu/cpu%d/trace_pipe_raw", r->dir, cpu);
	s->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (s->fd < 0)
		return error_errno(e, "%s", path);
	snprintf(path, sizeof(path), "%s/per_cpu/cpu%d/stats", r->dir, cpu);
	s->stats = open(path, O_RDONLY | O_CLOEXEC);
	r->count++;
	ask_lost(r, s);
	s->told = s->before = s->lost;
	return 0;
}

/* Kernels before 4.20 have no buffer_percent, and always do. One that can't be read is no reason to think so. */
static int read_percent(struct reader *r, struct error *e)
{
	char *percent;

	r->polls_at_once = true;
	if (!trace_file_exists(r->dir, "buffer_percent"))
		return 0;
	percent = trace_file_read(r->dir, "buffer_percent", NULL, e);
	if (!percent)
		return -1;
	r->polls_at_once = atoi(percent) == 0;
	free(percent);
	return 0;
}

static int compare_ints(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* The numbers of the CPUs that have a buffer, ascending. */
static int list_cpus(const char *dir, int **cpus, struct error *e)
{
	char path[4096];
	struct dirent *entry;
	int count = 0, cpu;
	int *more;
	DIR *d;

	*cpus = NULL;
	snprintf(path, sizeof(path), "%s/per_cpu", dir);
	d = opendir(path);
	if (!d)
		return error_errno(e, "%s", path);
	while ((errno = 0, entry = readdir(d))) {
		if (sscanf(entry->d_name, "cpu%d", &cpu) != 1 || cpu < 0)
			continue;
		more = realloc(*cpus, (size_t)(count + 1) * sizeof(*more));
		if (!more) {
			closedir(d);
			return error_errno(e, "out of memory");
		}
		*cpus = more;
		more[count++] = cpu;
	}
	if (errno) {
		error_errno(e, "%s", path);
		closedir(d);
		return -1;
	}
	closedir(d);
	if (!count)
		return error_set(e, "%s: no CPU there", path);
	qsort(*cpus, (size_t)count, sizeof(**cpus), compare_ints);
	return count;
}

struct reader *reader_open(const char *dir, struct error *e)
{
	struct reader *r = calloc(1, sizeof(*r));
	int *cpus = NULL;
	int count, result = -1;

	if (!r) {
		error_errno(e, "out of memory");
		return NULL;
	}
	r->dir = dir;
	if (read_format(r, e) == 0 && read_percent(r, e) == 0) {
		result = count = list_cpus(dir, &cpus, e);
		for (int i = 0; i < count && result >= 0; i++)
			result = open_stream(r, cpus[i], e);
	}
	free(cpus);
	if (result < 0) {
		reader_close(r);
		return NULL;
	}
	for (size_t i = 0; i < r->count; i++)
		r->streams[i].last = &r->streams[i].first;
	r->has_home = sched_getaffinity(0, sizeof(r->home), &r->home) == 0;
	r->source.cpus = (int)r->count;
	r->source.cpu_number = cpu_number;
	r->source.next = next_page;
	return r;
}

void reader_close(struct reader *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++) {
		struct stream *s = &r->streams[i];

		close(s->fd);
		if (s->stats >= 0)
			close(s->stats);
		free(s->current);
		for (struct held *h = s->first, *next; h; h = next) {
			next = h->next;
			free(h);
		}
	}
	free(r->spare);
	free(r->streams);
	free(r);
}

struct source *reader_source(struct reader *r)
{
	return &r->source;
}

const struct page_format *reader_format(const struct reader *r)
{
	return &r->format;
}

size_t reader_subbuf_size(const struct reader *r)
{
	return r->subbuf_size;
}

void reader_shut(struct reader *r)
{
	r->shut = true;
}

int reader_cpus(const struct reader *r)
{
	return (int)r->count;
}

void reader_pollfds(const struct reader *r, struct pollfd *fds)
{
	for (size_t i = 0; i < r->count; i++)
		fds[i] = (struct pollfd){.fd = r->streams[i].fd, .events = POLLIN};
}
