/* SPDX-License-Identifier: MIT */
/*
 * make_seeds FOLDER FILE…
 *
 * Makes what each target begins with of trace.dat files: FOLDER/container and
 * FOLDER/replay get the files, FOLDER/pages, FOLDER/formats and FOLDER/notes
 * what is cut out of them; FOLDER/records and FOLDER/where are made up.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "falloctrace/dat_reader.h"
#include "falloctrace/info.h"
#include "fuzz.h"

#define FILE_MAX (256 << 10) /* larger ones only slow the fuzzer down */
#define PAGE_MAX (16 << 10)
#define PAGES_A_STREAM 2
#define STREAMS_A_FILE 4
#define FORMATS_A_FILE 40
#define WAYS 12 /* of fuzz_replay.c */

struct seeder {
	const char *folder;
	const char *name; /* of the file at hand */
	unsigned files;
};

static void must(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

/* FOLDER/TARGET/NAME-NUMBER: a few bytes, then the rest. */
static void put(const struct seeder *s, const char *target, unsigned number, const void *head, size_t head_size,
		const void *data, size_t size)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", s->folder, target);
	must(!mkdir(path, 0777) || errno == EEXIST, path);
	snprintf(path, sizeof(path), "%s/%s/%s-%u", s->folder, target, s->name, number);
	f = fopen(path, "w");
	must(f, path);
	must(fwrite(head, 1, head_size, f) == head_size && fwrite(data, 1, size, f) == size && !fclose(f), path);
}

/* The bits that page_format_of understands. */
static unsigned char format_bits(const struct page_format *f)
{
	return (unsigned char)((f->long_size == 4) | f->big_endian << 1);
}

static void cut_pages(const struct seeder *s, struct dat_reader *r)
{
	unsigned char bits = format_bits(dat_reader_format(r));
	struct source *src = dat_reader_source(r);
	unsigned number = 0;
	struct page page;
	struct error e;

	for (int i = 0; i < src->cpus && i < STREAMS_A_FILE; i++) {
		for (int n = 0; n < PAGES_A_STREAM && src->next(src, i, &page, &e) == PAGE_OK; n++) {
			size_t size = page.size < PAGE_MAX ? page.size : PAGE_MAX;

			/* padding at the end is of no interest */
			while (size > 64 && !((const char *)page.data)[size - 1])
				size--;
			put(s, "pages", number++, &bits, 1, page.data, size);
		}
	}
}

/* They begin with "name: " and end with a line "print fmt: …": to be found without asking the reader. */
static void cut_formats(const struct seeder *s, const char *data, size_t size, unsigned char bits)
{
	static const char *const starts[] = {"name: vfs_", "name: sys_", "name: compat_", "name: task_newtask",
					     "name: ext4_"};
	const char *end = data + size, *stop;
	unsigned number = 0;

	for (const char *p = data; p < end && number < FORMATS_A_FILE; p = stop) {
		unsigned char head[2] = {bits, 0};

		stop = memmem(p + 1, (size_t)(end - p) - 1, "name: ", 6);
		stop = stop ? stop : end;
		for (unsigned char i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
			const char *line;

			if ((size_t)(end - p) < strlen(starts[i]) || memcmp(p, starts[i], strlen(starts[i])))
				continue;
			line = memmem(p, (size_t)(stop - p), "\nprint fmt:", 11);
			head[1] = i == 1 && !memmem(p, (size_t)(stop - p), "__probe", 7) ? 1 :
				  i == 3						 ? 2 :
				  i == 4						 ? 3 :
											   0;
			put(s, "formats", number++, head, 2, p, (size_t)((line ? line + 14 : stop) - p));
		}
	}
}

static void cut_notes(const struct seeder *s, const char *data, size_t size)
{
	const char *p = memmem(data, size, "falloctrace 1\n", 14);
	const char *end = p ? memchr(p, 0, size - (size_t)(p - data)) : NULL;

	if (end)
		put(s, "notes", 0, "", 0, p, (size_t)(end - p));
}

static void cut_file(struct seeder *s, const char *path, const char *data, size_t size)
{
	unsigned char way = (unsigned char)(s->files % WAYS);
	struct dat_reader *r;
	struct error e;

	put(s, "container", 0, data, size, "", 0);
	put(s, "replay", way, data, size, &way, 1);
	way = (unsigned char)((way + 5) % WAYS);
	put(s, "replay", way, data, size, &way, 1);
	cut_notes(s, data, size);
	r = dat_reader_open(path, &e);
	if (r) {
		cut_formats(s, data, size, format_bits(dat_reader_format(r)));
		cut_pages(s, r);
	}
	dat_reader_close(r);
}

static void take_file(struct seeder *s, const char *path)
{
	char *data = malloc(FILE_MAX + 1);
	FILE *f = fopen(path, "r");
	size_t size;

	must(f && data, path);
	size = fread(data, 1, FILE_MAX + 1, f);
	must(!ferror(f), path);
	fclose(f);
	s->name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	if (size <= FILE_MAX)
		cut_file(s, path, data, size);
	s->files++;
	free(data);
}

/* One event after the other on one thread, and on two, with zeros for values. */
static void make_records(struct seeder *s)
{
	static const struct {
		const char *events;
		unsigned count;
	} scripts[] = {
		{"\0\1\2", 3},		 {"\4\0\2\5", 4},   {"\6\0\2\7", 4}, {"\3", 1},	       {"\0\0\1\2\2", 5},
		{"\4\0\1\0\1\2\2\5", 8}, {"\x9\xa", 2},	    {"\xb\xc", 2},   {"\xb\xd\xc", 3}, {"\x8\0\2", 3},
		{"\0\x1f\2\x20\x22", 5}, {"\x14\x15", 2},   {"\x16\x17", 2}, {"\x18\x19", 2},  {"\x12", 1},
		{"\xf\x10\x11", 3},	 {"\0\x9\xa\2", 4},
	};
	char data[4096];

	s->name = "script";
	for (unsigned i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		unsigned char head[3] = {(unsigned char)(i % 4), (unsigned char)(i * 7), 3};
		size_t size = 0;

		for (unsigned k = 0; k < scripts[i].count; k++) {
			data[size++] = scripts[i].events[k];
			data[size++] = (char)(9 | (i == 16 && k % 3) << 6);
			data[size++] = (char)160;
			memset(data + size, (int)k, 160);
			memset(data + size + 40, 0, 120);
			size += 160;
		}
		put(s, "records", i, head, 3, data, size);
	}
}

/* Each event that we know, in each format. */
static void make_formats(struct seeder *s)
{
	static const char *const systems[] = {"falloctrace_77", "syscalls", "task", "ext4",
					      "kprobes",	"mine",	    "xfs",  "raw_syscalls"};
	static char text[16384];

	s->name = "known";
	for (unsigned i = 0; i < sample_events_count; i++) {
		unsigned char head[2] = {(unsigned char)(i % 4), 5};
		size_t size = sample_format(&sample_events[i], i % 2 ? 4 : 8, text, sizeof(text));

		for (unsigned char k = 0; k < 8; k++)
			if (!strcmp(systems[k], sample_events[i].system))
				head[1] = k;
		put(s, "formats", i, head, 2, text, size);
	}
}

static void make_notes(struct seeder *s)
{
	static const char text[] =
		"falloctrace 1\nhost db-7\nrelease 6.1.0\nmachine x86_64\nclock mono\nutc_offset -5\n"
		"sizes_after_seen 1\ndistrust 3f\nfallocate_nr 285\n"
		"mount 29 254:0 inode 1 / /srv ext4\nmount 31 254:16 nblocks 8 /sub /x\\040y xfs\n"
		"mount 32 0:45 untrusted 0 / /o overlay\ninternal 0:1 inode 1 tmpfs\n"
		"symbol ffffffff81000000 ffffffff81000100 do_vfs_ioctl\ntask 12 10 1\n"
		"users 1 5000000000\nhierarchy 0\ncgroup 1 /docker/a\ncgroup 2 /lxc.payload.web\nwho 12 107 1 9\nwho 13 - 2 0\n"
		"born 6000000000 77 2\nlost 3 17\nspace 5000 254:0 70 60 100\n";

	s->name = "notes";
	put(s, "notes", 0, "", 0, text, sizeof(text) - 1);
}

static void make_expressions(struct seeder *s)
{
	static const char *const texts[] = {
		"op==punch && len>1M && latency>10ms && path~\"*.qcow2\"",
		"size_after > size_before || !(blocks_after < size_after)",
		"failed && error in (ENOSPC, 4, nospc) && ret==-28",
		"flags==\"KEEP_SIZE|PUNCH_HOLE\" || mode & 0x2 || odd & nested",
		"time>=\"2026-11-23T09:15:02.5Z\" && time<23:59 || time>2026-11-23T09:15+01:00",
		"known(path) && !known(fd) && via!=overlay && comm='a\\x20b' && after!=seen",
		"uid==0 && pid!=tid && path!~[a-z]*\\\\x && fs==ext4 && dev==254:0 && blocks_before>=1M",
		"((((fd))))&&!!!!!len||gained<-5K",
	};

	s->name = "expression";
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		put(s, "where", i, "", 0, texts[i], strlen(texts[i]));
}

int main(int argc, char **argv)
{
	struct seeder s = {0};

	if (argc < 2) {
		fputs("make_seeds FOLDER FILE...\n", stderr);
		return 2;
	}
	s.folder = argv[1];
	must(!mkdir(s.folder, 0777) || errno == EEXIST, s.folder);
	for (int i = 2; i < argc; i++)
		take_file(&s, argv[i]);
	make_records(&s);
	make_formats(&s);
	make_notes(&s);
	make_expressions(&s);
	return 0;
}
