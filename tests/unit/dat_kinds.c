/* SPDX-License-Identifier: MIT */
#include "dat_kinds.h"

#include <stdlib.h>
#include <string.h>

static const char notes[] = "falloctrace 1\nhost db-7\nclock mono\nutc_offset 5\n"
			    "symbol ffffffff81000000 ffffffff81000100 vfs_fallocate\n";
static const char kallsyms[] = "ffffffff81000000 T do_fallocate\n"
			       "0000000000000000 T hidden\n"
			       "not a line\n"
			       "ffffffff81000400 t last_of_them\n"
			       "ffffffff81000200 t io_fallocate\t[mod]\n";
static const char format[] = "name: sys_exit_fallocate\nID: 7\nformat:\n"
			     "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
			     "\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
			     "\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
			     "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
			     "\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n"
			     "\tfield:long ret;\toffset:16;\tsize:8;\tsigned:1;\n\nprint fmt: \"0x%lx\", REC->ret\n";

static void put_events(struct image *im)
{
	image_u32(im, 2);
	image_string(im, "empty");
	image_u32(im, 0);
	image_string(im, "syscalls");
	image_u32(im, 1);
	image_text64(im, format);
}

static void put_common_options(struct image *im, struct kind k)
{
	image_option(im, 99, "unknown", 7);
	image_option(im, 5, "Linux host-5 6.1.0-x aarch64", 29);
	image_option(im, 1, "0x10", 5); /* 16 µs */
	if (k.notes)
		image_option(im, 9, notes, sizeof(notes));
}

void put_page(struct image *im, struct kind k, int n)
{
	char record[8];

	memset(record, 'a' + n, sizeof(record));
	image_page(im, 1000 + (uint64_t)n, k.long_size, PAGE, record, 2);
}

/* A page that is cut off behind its only record is as good as whole. */
static size_t behind_record(const struct image *im, struct kind k)
{
	return im->size + 8 + k.long_size + 4 + 8;
}

static void make_v6(struct image *im, struct kind k, size_t enough[4])
{
	size_t table, table2, instance;

	image_start(im, "6", 8, PAGE);
	image_headers(im, k.long_size);
	image_u32(im, 1); /* an event of ftrace's own */
	image_text64(im, "name: function\n");
	put_events(im);
	image_text32(im, kallsyms);
	image_text32(im, "0xff : \"%d\"\n");
	image_text64(im, "12 sh\n");
	image_u32(im, 3);
	image_string(im, "options  ");
	image_option(im, 4, "", 0); /* the clock follows the table */
	put_common_options(im, k);
	image_u16(im, 3);
	image_u32(im, 13);
	instance = im->size;
	image_u64(im, 0);
	image_string(im, "inst");
	image_u16(im, 0);
	image_string(im, "flyrecord");
	table = im->size;
	for (int i = 0; i < 6; i++)
		image_u64(im, 0);
	image_text64(im, "[boot]");
	image_align(im, PAGE);
	image_set_u64(im, table, im->size);
	image_set_u64(im, table + 8, 2 * PAGE);
	enough[0] = behind_record(im, k);
	put_page(im, k, 0);
	enough[1] = behind_record(im, k);
	put_page(im, k, 1);
	image_set_u64(im, table + 32, im->size);
	image_set_u64(im, table + 40, PAGE);
	enough[2] = behind_record(im, k);
	put_page(im, k, 2);
	image_set_u64(im, instance, im->size);
	image_string(im, "flyrecord");
	table2 = im->size;
	for (int i = 0; i < 6; i++)
		image_u64(im, 0);
	image_text64(im, "[boot]");
	image_align(im, PAGE);
	image_set_u64(im, table2 + 16, im->size);
	image_set_u64(im, table2 + 24, PAGE);
	enough[3] = behind_record(im, k);
	put_page(im, k, 3);
}

void put_cpu(struct image *im, uint32_t cpu, uint64_t at, uint64_t size)
{
	image_u32(im, cpu);
	image_u64(im, at);
	image_u64(im, size);
}

/* {section, name, clock, page size, n, CPUs} */
void begin_buffer(struct image *im, uint64_t at, const char *name, uint32_t cpus)
{
	image_u16(im, 3);
	image_u32(im, (uint32_t)(8 + strlen(name) + 1 + 5 + 8 + 20 * cpus));
	image_u64(im, at);
	image_string(im, name);
	image_string(im, "boot");
	image_u32(im, PAGE);
	image_u32(im, cpus);
}

static void put_offset_option(struct image *im, unsigned id, uint64_t at)
{
	image_u16(im, id);
	image_u32(im, 8);
	image_u64(im, at);
}

size_t end_options(struct image *im, size_t section)
{
	size_t next;

	image_u16(im, 0);
	image_u32(im, 8);
	next = im->size;
	image_u64(im, 0);
	image_section_end(im, section);
	return next;
}

/* A version 7 section of contents, compressed if the kind is. */
struct open_section {
	size_t section, contents;
};

static struct open_section begin_section(struct image *im, struct kind k, unsigned id)
{
	struct open_section s;

	s.section = image_section(im, id, k.packing != PLAIN);
	s.contents = im->size;
	return s;
}

static void end_section(struct image *im, struct kind k, struct open_section s)
{
	image_pack(im, s.contents, k.packing);
	image_section_end(im, s.section);
}

/* Where the buffers' sections are, and the pages of CPUs 0 and 2, and of the second buffer's CPU. */
struct places {
	size_t sections[2];
	size_t at[3], size[3];
};

static void put_buffers(struct image *im, const struct places *p, size_t ends[2])
{
	size_t at = image_section(im, 0, 0);

	begin_buffer(im, p->sections[0], "", 3);
	put_cpu(im, 0, p->at[0], p->size[0]);
	put_cpu(im, 1, 0, 0);
	put_cpu(im, 2, p->at[1], p->size[1]);
	ends[0] = im->size;
	begin_buffer(im, p->sections[1], "inst", 1);
	put_cpu(im, 1, p->at[2], p->size[2]);
	ends[1] = im->size;
	end_options(im, at);
}

/* Pages first to last, as a CPU has them. */
static void put_pages(struct image *im, struct kind k, struct places *p, int cpu, int first, int last, size_t enough[4])
{
	struct image pages = {.big = k.big};
	size_t start = im->size, ends[4];

	for (int n = first; n <= last; n++) {
		enough[n] = start + behind_record(&pages, k);
		put_page(&pages, k, n);
	}
	image_chunks(im, &pages, k.chunk * PAGE, k.packing, ends);
	for (int n = first; n <= last && k.packing != PLAIN; n++)
		enough[n] = ends[(unsigned)(n - first) / k.chunk];
	p->at[cpu] = start;
	p->size[cpu] = im->size - start - (k.short_size ? 4 : 0);
	image_free(&pages);
}

static size_t begin_pages(struct image *im, struct kind k)
{
	size_t at = image_section(im, 3, k.packing != PLAIN);

	if (k.packing == PLAIN)
		image_align(im, PAGE);
	return at;
}

static void put_contents(struct image *im, struct kind k, size_t where[3])
{
	struct open_section s = begin_section(im, k, 16);

	where[0] = s.section;
	image_headers(im, k.long_size);
	end_section(im, k, s);
	s = begin_section(im, k, 18);
	where[1] = s.section;
	put_events(im);
	end_section(im, k, s);
	s = begin_section(im, k, 19);
	where[2] = s.section;
	image_text32(im, kallsyms);
	end_section(im, k, s);
}

static void make_v7(struct image *im, struct kind k, size_t enough[4])
{
	static const char *const names[] = {"none", "zstd", "zlib"};
	size_t at, options, next, where[3], early = 0, end, ends[2];
	struct places p = {.at = {0}};

	image_start(im, "7", 8, PAGE);
	image_string(im, names[k.packing]);
	image_string(im, k.packing == PLAIN ? "" : "1.5");
	options = im->size;
	image_u64(im, 0);
	put_contents(im, k, where);
	image_set_u64(im, options, im->size);
	at = image_section(im, 0, 0);
	image_option(im, 4, "local [boot] mono", 18);
	put_common_options(im, k);
	for (unsigned i = 0; i < 3; i++)
		put_offset_option(im, (const unsigned[]){16, 18, 19}[i], where[i]);
	put_offset_option(im, 20, 1); /* of no interest, wherever it may be */
	next = end_options(im, at);

	if (k.early) {
		early = im->size;
		put_buffers(im, &p, ends);
	}
	p.sections[0] = begin_pages(im, k);
	put_pages(im, k, &p, 0, 0, 1, enough);
	put_pages(im, k, &p, 1, 2, 2, enough);
	image_section_end(im, p.sections[0]);
	p.sections[1] = begin_pages(im, k);
	put_pages(im, k, &p, 2, 3, 3, enough);
	image_section_end(im, p.sections[1]);
	end = im->size;
	image_set_u64(im, next, k.early ? early : end);
	if (k.early)
		im->size = early;
	put_buffers(im, &p, ends);
	if (k.early)
		im->size = end;
	for (int n = 0; n < 4 && !k.early; n++)
		enough[n] = ends[n / 3];
}

void make_marked(struct image *im, struct kind k, size_t enough[4])
{
	memset(im, 0, sizeof(*im));
	im->big = k.big;
	if (!k.chunk)
		k.chunk = 10;
	if (k.version == 6)
		make_v6(im, k, enough);
	else
		make_v7(im, k, enough);
}

void make(struct image *im, struct kind k)
{
	size_t enough[4];

	make_marked(im, k, enough);
}

size_t place_of(const struct image *im, const void *bytes, size_t size)
{
	const unsigned char *p = memmem(im->data, im->size, bytes, size);

	if (!p)
		abort();
	return (size_t)(p - im->data);
}

struct dat_reader *open_image(const struct image *im, struct error *e)
{
	image_write(im, image_path());
	memset(e, 0, sizeof(*e));
	return dat_reader_open(image_path(), e);
}
