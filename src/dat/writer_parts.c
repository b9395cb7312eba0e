/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format.h"
#include "info/memstream.h"
#include "writer_parts.h"

void put_u16(FILE *out, uint16_t v)
{
	fwrite(&v, sizeof(v), 1, out);
}

void put_u32(FILE *out, uint32_t v)
{
	fwrite(&v, sizeof(v), 1, out);
}

void put_u64(FILE *out, uint64_t v)
{
	fwrite(&v, sizeof(v), 1, out);
}

void put_string(FILE *out, const char *s)
{
	fwrite(s, strlen(s) + 1, 1, out);
}

void put_text64(FILE *out, const char *s, size_t size)
{
	put_u64(out, size);
	fwrite(s, 1, size, out);
}

void put_text32(FILE *out, const char *s)
{
	put_u32(out, (uint32_t)strlen(s));
	fputs(s, out);
}

void put_start(FILE *out, const struct dat_contents *c, const char *version)
{
	fwrite(DAT_MAGIC, DAT_MAGIC_SIZE, 1, out);
	put_string(out, version);
	fputc(__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 1 : 0, out);
	fputc(sizeof(long), out);
	put_u32(out, (uint32_t)c->subbuf_size);
}

void put_headers(FILE *out, const struct dat_contents *c)
{
	put_string(out, "header_page");
	put_text64(out, c->header_page, strlen(c->header_page));
	put_string(out, "header_event");
	put_text64(out, c->header_event, strlen(c->header_event));
}

static bool is_first_of_system(const struct dat_contents *c, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (!strcmp(c->events[j].system, c->events[i].system))
			return false;
	return true;
}

static void put_system(FILE *out, const struct dat_contents *c, const char *system)
{
	uint32_t count = 0;

	for (size_t i = 0; i < c->events_count; i++)
		count += !strcmp(c->events[i].system, system);
	put_string(out, system);
	put_u32(out, count);
	for (size_t i = 0; i < c->events_count; i++)
		if (!strcmp(c->events[i].system, system))
			put_text64(out, c->events[i].text, c->events[i].size);
}

/* A trace of ours has a dozen events: looking for the others of a system each time is cheap. */
void put_events(FILE *out, const struct dat_contents *c)
{
	uint32_t systems = 0;

	for (size_t i = 0; i < c->events_count; i++)
		systems += is_first_of_system(c, i);
	put_u32(out, systems);
	for (size_t i = 0; i < c->events_count; i++)
		if (is_first_of_system(c, i))
			put_system(out, c, c->events[i].system);
}

void put_option(FILE *out, uint16_t id, const void *data, size_t size)
{
	put_u16(out, id);
	put_u32(out, (uint32_t)size);
	fwrite(data, 1, size, out);
}

static int put_cpustat(FILE *out, int cpu, const char *stats, struct error *e)
{
	char *text;
	int size;

	/* trace-cmd writes out of bounds when it reads an empty one. */
	if (!stats || !stats[0])
		return 0;
	size = asprintf(&text, "CPU: %d\n%s", cpu, stats);
	if (size < 0)
		return error_set(e, "out of memory");
	put_option(out, DAT_OPTION_CPUSTAT, text, (size_t)size + 1);
	free(text);
	return 0;
}

static int put_info(FILE *out, const struct trace_info *info, struct error *e)
{
	char *text = NULL;
	size_t size;
	FILE *f = memstream_open(&text, &size);
	int ret;

	if (!f)
		return error_set(e, "out of memory");
	ret = info_write(info, f, e);
	if (memstream_close(f, &text) && !ret)
		ret = error_errno(e, "cannot write what is known of the machine");
	if (!ret && size >= UINT32_MAX)
		ret = error_set(e, "what is known of the machine is too long for a trace.dat");
	if (!ret)
		put_option(out, DAT_OPTION_VERSION, text, size + 1); /* memstream_close ends it with a NUL */
	free(text);
	return ret;
}

int put_options(FILE *out, const struct dat_contents *c, int cpus, struct error *e)
{
	uint32_t count = (uint32_t)cpus;

	if (c->trace_clock[0])
		put_option(out, DAT_OPTION_TRACECLOCK, c->trace_clock, strlen(c->trace_clock) + 1);
	if (c->uname[0])
		put_option(out, DAT_OPTION_UNAME, c->uname, strlen(c->uname) + 1);
	put_option(out, DAT_OPTION_CPUCOUNT, &count, sizeof(count));
	for (int i = 0; c->cpustat && i < cpus; i++)
		if (put_cpustat(out, i, c->cpustat[i], e))
			return -1;
	if (c->info && put_info(out, c->info, e))
		return -1;
	return 0;
}

void clock_of(const char *trace_clock, const char **name, size_t *size)
{
	const char *start = strchr(trace_clock, '['), *end = start ? strchr(start, ']') : NULL;

	*name = end ? start : "[local]";
	*size = end ? (size_t)(end - start) + 1 : strlen(*name);
}

/* Pages may be mapped by whoever reads them: on this machine's pages, or larger ones of the trace. */
uint64_t align_pages(uint64_t at, size_t subbuf_size)
{
	uint64_t align = (uint64_t)sysconf(_SC_PAGESIZE);

	if (align < subbuf_size)
		align = subbuf_size;
	return (at + align - 1) / align * align;
}

int check_contents(const struct dat_contents *c, struct error *e)
{
	if (c->subbuf_size < DAT_SUBBUF_MIN || c->subbuf_size > DAT_SUBBUF_MAX ||
	    (c->subbuf_size & (c->subbuf_size - 1)))
		return error_set(e, "a trace.dat cannot hold sub-buffers of %zu bytes", c->subbuf_size);
	if (strlen(c->kallsyms) > UINT32_MAX)
		return error_set(e, "the symbols are too long for a trace.dat");
	return 0;
}
