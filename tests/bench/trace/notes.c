/* SPDX-License-Identifier: MIT */
/*
 * What the file says of the machine: formats as the kernel prints them, names.
 */
#include <stdlib.h>
#include <string.h>

#include "trace.h"

const unsigned short trace_ids[KINDS] = {2088, 2089, 2090, 2091, 127};

struct field {
	const char *type, *name, *print;
	int size, is_signed;
};

#define U64(name)                        \
	{                                \
		"u64", name, "%Lu", 8, 0 \
	}
#define S64(name)                        \
	{                                \
		"s64", name, "%Ld", 8, 1 \
	}
#define U32(name)                       \
	{                               \
		"u32", name, "%u", 4, 0 \
	}
#define S32(name)                       \
	{                               \
		"s32", name, "%d", 4, 1 \
	}
#define STRING(name)                                          \
	{                                                     \
		"__data_loc char[]", name, "\\\"%s\\\"", 4, 1 \
	}
#define SIZES S64("size"), U64("blocks"), U64("nblocks"), U64("dblocks")

static const struct field enter_fields[] = {
	U64("file"),  U32("mode"),  S64("offset"), S64("len"),	 SIZES,	    U64("ino"),
	U32("dev"),   S32("mnt"),   U32("uid"),	   S32("fd"),	 U64("nr"), STRING("comm"),
	STRING("n0"), STRING("n1"), STRING("n2"),  STRING("n3"), {0},
};
static const struct field done_fields[] = {U64("file"), SIZES, {0}};
static const struct field exit_fields[] = {S32("ret"), {0}};
static const struct field exit_fields_pairs[] = {S32("ret"), SIZES, {0}};
static const struct field badfd_fields[] = {
	S32("fd"), U32("mode"), S64("offset"), S64("len"), U64("nr"), STRING("comm"), {0},
};

#define COMMON                                                                         \
	"format:\n"                                                                    \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"         \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"         \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"

static const char newtask_format[] =
	"name: task_newtask\nID: 127\n" COMMON "\tfield:pid_t pid;\toffset:8;\tsize:4;\tsigned:1;\n"
	"\tfield:char comm[16];\toffset:12;\tsize:16;\tsigned:1;\n"
	"\tfield:unsigned long clone_flags;\toffset:32;\tsize:8;\tsigned:0;\n"
	"\tfield:short oom_score_adj;\toffset:40;\tsize:2;\tsigned:1;\n\n"
	"print fmt: \"pid=%d comm=%s clone_flags=%lx oom_score_adj=%hd\", REC->pid, REC->comm, REC->clone_flags, "
	"REC->oom_score_adj\n";

static struct dat_event_format format_of(enum kind kind, const char *name, const struct field *fields)
{
	struct dat_event_format made = {"falloctrace_186", name, NULL, 0};
	int at = kind == EXIT ? 24 : 16;
	char *text = NULL;
	FILE *f = open_memstream(&text, &made.size);
	const struct field *field;

	if (!f)
		return made;
	fprintf(f, "name: %s\nID: %d\n" COMMON, name, trace_ids[kind]);
	fprintf(f, "\tfield:unsigned long %s;\toffset:8;\tsize:8;\tsigned:0;\n",
		kind == EXIT ? "__probe_func" : "__probe_ip");
	if (kind == EXIT)
		fputs("\tfield:unsigned long __probe_ret_ip;\toffset:16;\tsize:8;\tsigned:0;\n", f);
	for (field = fields; field->name; at += field++->size)
		fprintf(f, "\tfield:%s %s;\toffset:%d;\tsize:%d;\tsigned:%d;\n", field->type, field->name, at,
			field->size, field->is_signed);
	fprintf(f, "\nprint fmt: \"%s", kind == EXIT ? "(%lx <- %lx)" : "(%lx)");
	for (field = fields; field->name; field++)
		fprintf(f, " %s=%s", field->name, field->print);
	fputs(kind == EXIT ? "\", REC->__probe_func, REC->__probe_ret_ip" : "\", REC->__probe_ip", f);
	for (field = fields; field->name; field++)
		fprintf(f, strchr(field->type, '[') ? ", __get_str(%s)" : ", REC->%s", field->name);
	fputs("\n", f);
	made.text = fclose(f) ? NULL : text;
	return made;
}

static const char header_page[] = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
				  "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
				  "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
				  "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n";
static const char header_event[] =
	"# compressed entry header\n\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n"
	"\tarray       :   32 bits\n\n\tpadding     : type == 29\n\ttime_extend : type == 30\n"
	"\ttime_stamp : type == 31\n\tdata max type_len  == 28\n";

static const char symbol_lines[] = "ffffffff9ef48f30 t __x64_sys_fallocate\nffffffff9ef49030 t io_fallocate\n"
				   "ffffffff9ef49130 t ovl_fallocate\t[overlay]\n";

int trace_finish(struct maker *m, const char *cmdlines, struct error *e)
{
	struct dat_event_format formats[KINDS];
	size_t n = 0;
	struct dat_contents c = {
		.header_page = header_page,
		.header_event = header_event,
		.events = formats,
		.kallsyms = symbol_lines,
		.cmdlines = cmdlines,
		.trace_clock = "local global counter uptime perf [mono] mono_raw boot tai x86-tsc \n",
		.uname = "Linux bench 6.1.0-56-cloud-amd64 #1 SMP PREEMPT_DYNAMIC x86_64",
		.info = &m->info,
		.subbuf_size = PAGE,
	};
	int ret = 0;

	formats[n++] = format_of(ENTER, "vfs_enter", enter_fields + m->pairs);
	if (!m->pairs)
		formats[n++] = format_of(DONE, "vfs_done", done_fields);
	formats[n++] = format_of(EXIT, "vfs_exit", m->pairs ? exit_fields_pairs : exit_fields);
	formats[n++] = format_of(BADFD, "sys_badfd", badfd_fields);
	for (size_t i = 0; i < n; i++)
		if (!formats[i].text)
			ret = error_set(e, "out of memory");
	c.events_count = n + 1;
	formats[n] = (struct dat_event_format){"task", "task_newtask", newtask_format, sizeof(newtask_format) - 1};
	if (!ret)
		ret = dat_writer_finish(m->w, &c, e);
	for (size_t i = 0; i < n; i++)
		free((void *)(uintptr_t)formats[i].text);
	return ret;
}
