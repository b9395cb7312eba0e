// SPDX-License-Identifier: MIT
/*
 * Makes the file of a recording that was broken off, of what it left behind.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/confine.h"
#include "cmd/descriptors.h"
#include "cmd/record_scan.h"
#include "falloctrace/dat_reader.h"
#include "falloctrace/dat_writer.h"
#include "falloctrace/event.h"
#include "kernel/caps.h"

#define SUFFIX ".partial"
#define STAMP_SIZE 8
#define READ_SIZE (256 * 1024)
#define FORMATS_MAX 1024 /* a recording of ours has a dozen */

struct recovery {
	const struct options *o;
	char *file;   /* that was being recorded to */
	char *folder; /* where it lies */
	char *head;   /* in it */
	struct dat_reader *reader;
	struct schema *schema;
	struct trace_info info;
	struct record_scan *scan;
	struct dat_writer *writer;
	size_t page_size;
	uint64_t broken;  /* pages left out */
	uint64_t damaged; /* of these: with something in them */
	/* the head's texts, and others that the file has */
	char *header_page, *header_event, *clock, *uname, *kallsyms, *cmdlines;
	struct dat_event_format *formats;
	char **format_texts;
	size_t formats_count;
};

static const char *output_of(const struct recovery *r)
{
	return r->o->output ? r->o->output : r->file;
}

/* FILE, also where the folder itself was named; a FILE may have a folder's name. */
static int name_files(struct recovery *r, struct error *e)
{
	const char *name = r->o->files[0];
	size_t size = strlen(name), suffix = strlen(SUFFIX);

	while (size > 1 && name[size - 1] == '/')
		size--;
	r->file = strndup(name, size);
	if (!r->file)
		return error_set(e, "out of memory");
	r->folder = dat_writer_folder_of(r->file, e);
	if (!r->folder && size > suffix && !memcmp(name + size - suffix, SUFFIX, suffix)) {
		r->file[size - suffix] = '\0';
		r->folder = dat_writer_folder_of(r->file, e);
	}
	if (!r->folder)
		return -1;
	return asprintf(&r->head, "%s/head", r->folder) < 0 ? error_set(e, "out of memory") : 0;
}

/* Pages are marked, and heads written, in this machine's own way. */
static int check_kind(const struct recovery *r, struct error *e)
{
	const struct page_format *f = dat_reader_format(r->reader);
	bool big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

	if (f->big_endian == big && f->long_size == (int)sizeof(long))
		return 0;
	return error_set(e, "%s comes from another kind of machine: recover it there", r->folder);
}

static int open_all(struct recovery *r, struct error *e)
{
	struct error why;

	r->reader = dat_reader_open_plain(r->head, &why);
	if (!r->reader)
		return error_set(e,
				 "there is nothing to recover in %s: the recording had not begun, or has its file (%s)",
				 r->folder, why.text);
	r->page_size = dat_reader_about(r->reader)->page_size;
	if (check_kind(r, e))
		return -1;
	r->writer = dat_writer_reopen(r->file, output_of(r), r->page_size, e);
	if (!r->writer)
		return -1;
	r->schema = schema_new(dat_reader_format(r->reader));
	if (!r->schema)
		return error_set(e, "out of memory");
	if (dat_reader_schema(r->reader, r->schema, e) || dat_reader_info(r->reader, &r->info, e))
		return -1;
	r->scan = record_scan_new(dat_reader_format(r->reader), r->schema, &r->info);
	return r->scan ? 0 : error_set(e, "out of memory");
}

/* --- pages --- */

/*
 * What a power cut leaves of a page that was not yet on the disk; a real one has a
 * time. Behind one that was left out it was told of a loss: the time alone stays.
 */
static bool is_blank(const unsigned char *page)
{
	static const unsigned char zeros[STAMP_SIZE];

	return !memcmp(page, zeros, sizeof(zeros));
}

static int look_at(struct recovery *r, int cpu, uint64_t offset, const unsigned char *page, struct error *e)
{
	bool blank = is_blank(page);

	if (!blank && !record_scan_page(r->scan, page, r->page_size))
		return 0;
	r->broken++;
	r->damaged += !blank;
	return dat_writer_drop(r->writer, cpu, offset, e);
}

static int look_at_cpu(struct recovery *r, int cpu, unsigned char *buf, size_t room, struct error *e)
{
	uint64_t offset = 0;
	size_t got;

	for (;;) {
		if (dat_writer_read(r->writer, cpu, offset, buf, room, &got, e))
			return -1;
		if (got < r->page_size)
			return 0;
		for (size_t at = 0; at + r->page_size <= got; at += r->page_size)
			if (look_at(r, cpu, offset + at, buf + at, e))
				return -1;
		offset += got - got % r->page_size;
	}
}

/*
 * What the kernel's buffers held, and what had not reached the disk, went with
 * the recording: how much that was nobody can tell, unless a recorder that could
 * not put the file together did.
 */
static int look_at_pages(struct recovery *r, struct error *e)
{
	size_t room = r->page_size < READ_SIZE ? READ_SIZE : r->page_size;
	unsigned char *buf = malloc(room);
	int ret = buf ? 0 : error_set(e, "out of memory");
	bool counted = r->info.losses_count;

	for (int i = 0; i < dat_writer_cpus(r->writer) && !ret; i++) {
		ret = look_at_cpu(r, i, buf, room, e);
		if (!ret && !counted && dat_writer_cpu_bytes(r->writer, i) && info_add_loss(&r->info, i, LOST_UNKNOWN))
			ret = error_set(e, "out of memory");
	}
	free(buf);
	return ret;
}

/* --- the file --- */

static int read_formats(struct recovery *r, struct error *e)
{
	size_t count = dat_reader_about(r->reader)->events;

	if (count > FORMATS_MAX)
		return error_set(e, "%s has %zu events: it is no recording of falloctrace's", r->head, count);
	r->formats = calloc(count + 1, sizeof(*r->formats));
	r->format_texts = calloc(count + 1, sizeof(*r->format_texts));
	if (!r->formats || !r->format_texts)
		return error_set(e, "out of memory");
	for (size_t i = 0; i < count; i++) {
		struct dat_event_format *f = &r->formats[i];

		r->format_texts[i] = dat_reader_format_text(r->reader, i, &f->system, &f->size, e);
		if (!r->format_texts[i])
			return -1;
		f->text = r->format_texts[i];
		f->name = "";
		r->formats_count++;
	}
	return 0;
}

static int read_texts(struct recovery *r, struct error *e)
{
	const struct {
		enum dat_text which;
		char **text;
	} texts[] = {
		{DAT_TEXT_HEADER_PAGE, &r->header_page},
		{DAT_TEXT_HEADER_EVENT, &r->header_event},
		{DAT_TEXT_CLOCK, &r->clock},
		{DAT_TEXT_UNAME, &r->uname},
	};
	size_t size;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		*texts[i].text = dat_reader_text(r->reader, texts[i].which, &size, e);
		if (!*texts[i].text)
			return -1;
	}
	r->kallsyms = record_kallsyms(&r->info);
	r->cmdlines = record_scan_cmdlines(r->scan);
	return r->kallsyms && r->cmdlines ? read_formats(r, e) : error_set(e, "out of memory");
}

static int write_file(struct recovery *r, struct error *e)
{
	struct dat_contents c = {
		.header_page = r->header_page,
		.header_event = r->header_event,
		.events = r->formats,
		.events_count = r->formats_count,
		.kallsyms = r->kallsyms,
		.cmdlines = r->cmdlines,
		.trace_clock = r->clock,
		.uname = r->uname,
		.info = &r->info,
		.subbuf_size = r->page_size,
		.compress = r->o->compress,
	};

	return dat_writer_finish(r->writer, &c, e);
}

/* --- what it was --- */

static void tell_cpus(const struct recovery *r, FILE *out)
{
	for (int i = 0; i < dat_writer_cpus(r->writer); i++) {
		uint64_t bytes = dat_writer_cpu_bytes(r->writer, i), torn = dat_writer_torn(r->writer, i);

		if (!bytes && !torn)
			continue;
		fprintf(out, "falloctrace: cpu%d: %" PRIu64 " KiB", i, bytes / 1024);
		if (torn)
			fprintf(out, ", and a last page that was torn at byte %" PRIu64 ": left out", torn);
		fputc('\n', out);
	}
}

static void tell(const struct recovery *r, FILE *out)
{
	if (r->broken)
		fprintf(out, "falloctrace: %" PRIu64 " pages had not reached the disk whole: left out\n", r->broken);
	error_tell(out,
		   "recovered %s: %" PRIu64 " KiB with %" PRIu64 " events; the recording was broken off, "
		   "what came after is not known",
		   output_of(r), dat_writer_bytes(r->writer) / 1024, record_scan_events(r->scan));
}

static int recover(struct recovery *r, struct error *e)
{
	bool moving;

	if (name_files(r, e) || confine_writer(r->o, r->folder, output_of(r), e) || open_all(r, e) ||
	    look_at_pages(r, e))
		return -1;
	moving = dat_writer_moving(r->writer);
	if (!dat_writer_bytes(r->writer) && !moving && r->damaged)
		return error_set(e, "%s has %" PRIu64 " pages, and none that can be made sense of: left as it is",
				 r->folder, r->damaged);
	if (!dat_writer_bytes(r->writer) && !moving) {
		dat_writer_discard(r->writer);
		return error_set(
			e, "%s held no events: the recording was broken off too soon, or has its file; removed it",
			r->folder);
	}
	if (!r->o->quiet && !moving)
		tell_cpus(r, stderr);
	if (read_texts(r, e) || caps_set_writing(true, e) || write_file(r, e))
		return -1;
	if (!r->o->quiet && dat_writer_left(r->writer))
		error_tell(stderr, "%s could not be removed; nothing in it is needed any more",
			   dat_writer_left(r->writer));
	if (!r->o->quiet && moving)
		error_tell(stderr, "finished %s, %" PRIu64 " KiB", output_of(r), dat_writer_bytes(r->writer) / 1024);
	else if (!r->o->quiet)
		tell(r, stderr);
	return 0;
}

int cmd_recover(const struct options *o, struct error *e)
{
	struct recovery r = {.o = o};
	int ret;

	info_init(&r.info);
	descriptors_raise();
	ret = recover(&r, e);
	dat_writer_close(r.writer);
	record_scan_free(r.scan);
	schema_free(r.schema);
	info_free(&r.info);
	for (size_t i = 0; i < r.formats_count; i++)
		free(r.format_texts[i]);
	free(r.format_texts);
	free(r.formats);
	free(r.header_page);
	free(r.header_event);
	free(r.clock);
	free(r.uname);
	free(r.kallsyms);
	free(r.cmdlines);
	dat_reader_close(r.reader);
	free(r.head);
	free(r.folder);
	free(r.file);
	return ret;
}
