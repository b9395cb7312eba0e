/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "replay_image.h"

#define ENTER 500
#define EXIT 501

/* Two formats as events/syscalls/NAME/format has them. */
static void put_format(struct image *im, const char *name, int id, const char *fields)
{
	char *text;

	if (asprintf(&text,
		     "name: %s\nID: %d\nformat:\n"
		     "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		     "\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
		     "\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
		     "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
		     "\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n%s\nprint fmt: \"\"\n",
		     name, id, fields) < 0)
		fail();
	image_text64(im, text);
	free(text);
}

static void put_formats(struct image *im)
{
	image_u32(im, 0); /* ftrace's own events */
	image_u32(im, 1);
	image_string(im, "syscalls");
	image_u32(im, 2);
	put_format(im, "sys_enter_fallocate", ENTER,
		   "\tfield:int fd;\toffset:16;\tsize:8;\tsigned:0;\n"
		   "\tfield:int mode;\toffset:24;\tsize:8;\tsigned:0;\n"
		   "\tfield:loff_t offset;\toffset:32;\tsize:8;\tsigned:0;\n"
		   "\tfield:loff_t len;\toffset:40;\tsize:8;\tsigned:0;\n");
	put_format(im, "sys_exit_fallocate", EXIT, "\tfield:long ret;\toffset:16;\tsize:8;\tsigned:1;\n");
	image_u32(im, 0); /* kallsyms */
	image_u32(im, 0); /* printk formats */
	image_u64(im, 0); /* comms */
	image_u32(im, 1); /* CPUs */
}

/* Type, flags, thread and number of the system call; delta in 27 bits. */
static void put_record(struct image *im, unsigned type, unsigned size, uint64_t delta, int tid)
{
	image_u32(im, size / 4 | (uint32_t)delta << 5);
	image_u16(im, type);
	image_u16(im, 0);
	image_u32(im, (uint32_t)tid);
	image_u64(im, 285);
}

static void put_page(struct image *im, const struct made_call *calls, unsigned count)
{
	size_t start = im->size;
	uint64_t now = count ? calls[0].start : 0;

	image_u64(im, now);
	image_u64(im, count * (52u + 28u));
	for (unsigned i = 0; i < count; i++) {
		put_record(im, ENTER, 48, calls[i].start - now, calls[i].tid);
		image_u64(im, 3); /* fd */
		image_u64(im, 0); /* mode */
		image_u64(im, 0); /* offset */
		image_u64(im, (uint64_t)calls[i].len);
		put_record(im, EXIT, 24, calls[i].ns, calls[i].tid);
		image_u64(im, (uint64_t)calls[i].ret);
		now = calls[i].start + calls[i].ns;
	}
	assert_true(im->size - start <= 4096);
	image_align(im, 4096);
}

void recording_image(struct image *im, const char *notes, const struct made_call *calls, unsigned count)
{
	char text[512];
	size_t table;

	memset(im, 0, sizeof(*im));
	image_start(im, "6", 8, 4096);
	image_headers(im, 8);
	put_formats(im);
	image_bytes(im, "options  ", 10);
	if (notes) {
		snprintf(text, sizeof(text), "falloctrace 1\n%s", notes);
		image_option(im, 9, text, strlen(text) + 1);
	}
	image_u16(im, 0);
	image_bytes(im, "flyrecord", 10);
	table = im->size;
	image_u64(im, 0);
	image_u64(im, 4096);
	image_align(im, 4096);
	image_set_u64(im, table, im->size);
	put_page(im, calls, count);
}

const char *recording_path(const char *name)
{
	static char paths[8][160];
	static unsigned next;
	char *path = paths[next++ % 8];
	const char *beside = image_path(), *slash = strrchr(beside, '/');

	snprintf(path, sizeof(paths[0]), "%.*s-%s", (int)(slash - beside), beside, name);
	return path;
}

const char *recording_file(const char *name, const char *notes, const struct made_call *calls, unsigned count)
{
	const char *path = recording_path(name);
	struct image im;

	recording_image(&im, notes, calls, count);
	image_write(&im, path);
	image_free(&im);
	return path;
}

static struct {
	int kept;
	FILE *file;
	char text[8192];
} ear;

void listen_begin(void)
{
	fflush(stderr);
	ear.kept = dup(STDERR_FILENO);
	ear.file = tmpfile();
	assert_non_null(ear.file);
	dup2(fileno(ear.file), STDERR_FILENO);
}

const char *listen_end(void)
{
	size_t n;

	fflush(stderr);
	dup2(ear.kept, STDERR_FILENO);
	close(ear.kept);
	rewind(ear.file);
	n = fread(ear.text, 1, sizeof(ear.text) - 1, ear.file);
	ear.text[n] = 0;
	fclose(ear.file);
	return ear.text;
}
