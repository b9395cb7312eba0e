/* SPDX-License-Identifier: MIT */
#include "falloctrace/field.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ERRNO_MAX 4095 /* the kernel's MAX_ERRNO */

static void none(struct value *v)
{
	v->kind = VALUE_NONE;
	v->known = UNKNOWN;
}

static void put_signed(struct value *v, bool has, int64_t number)
{
	none(v);
	if (!has)
		return;
	v->kind = VALUE_SIGNED;
	v->known = SEEN;
	v->number = number;
}

static void put_unsigned(struct value *v, bool has, uint64_t number)
{
	none(v);
	if (!has)
		return;
	v->kind = VALUE_UNSIGNED;
	v->known = SEEN;
	v->unsigned_number = number;
}

/* NULL and "": unknown. */
static void put_text(struct value *v, const char *text)
{
	none(v);
	if (!text || !*text)
		return;
	v->kind = VALUE_TEXT;
	v->known = SEEN;
	v->text = text;
}

static void add_word(struct value *v, size_t *used, const char *word)
{
	int n = snprintf(v->room + *used, sizeof(v->room) - *used, "%s%s", *used ? "|" : "", word);

	if (n > 0 && (size_t)n < sizeof(v->room) - *used)
		*used += (size_t)n;
}

/* --- when and who --- */

static void get_time(const struct call *c, struct value *v)
{
	put_signed(v, c->has_utc, c->utc);
}

static void get_ts(const struct call *c, struct value *v)
{
	put_unsigned(v, c->has_start || c->has_end, c->has_start ? c->start : c->end);
}

static void get_host(const struct call *c, struct value *v)
{
	put_text(v, c->host);
}

static void get_pid(const struct call *c, struct value *v)
{
	put_signed(v, c->pid >= 0, c->pid);
}

static void get_tid(const struct call *c, struct value *v)
{
	put_signed(v, true, c->tid);
}

static void get_uid(const struct call *c, struct value *v)
{
	put_signed(v, c->uid >= 0, c->uid);
}

static void get_cgroup(const struct call *c, struct value *v)
{
	put_text(v, c->cgroup);
}

static void get_container(const struct call *c, struct value *v)
{
	put_text(v, c->container);
}

/* Its bytes may fill the array. */
static void get_comm(const struct call *c, struct value *v)
{
	size_t size = strnlen(c->comm, sizeof(c->comm));

	memcpy(v->room, c->comm, size);
	v->room[size] = 0;
	put_text(v, v->room);
}

static void get_cpu(const struct call *c, struct value *v)
{
	put_signed(v, c->cpu >= 0, c->cpu);
}

static void get_via(const struct call *c, struct value *v)
{
	put_text(v, via_name(c->via));
}

static void get_caller(const struct call *c, struct value *v)
{
	put_text(v, c->caller);
}

static void get_depth(const struct call *c, struct value *v)
{
	put_signed(v, true, c->depth);
}

/* --- what was asked --- */

static void get_fd(const struct call *c, struct value *v)
{
	put_signed(v, c->has_fd, c->fd);
}

static void get_mode(const struct call *c, struct value *v)
{
	put_unsigned(v, c->has_mode, c->mode);
}

/* "KEEP_SIZE|PUNCH_HOLE", "0" for none, as the kernel's headers and strace spell them. */
static void get_flags(const struct call *c, struct value *v)
{
	uint32_t mode = c->mode;
	size_t used = 0;
	char rest[16];

	none(v);
	if (!c->has_mode)
		return;
	v->room[0] = 0;
	for (const struct mode_flag *f = mode_flags; f->name; f++) {
		if (mode & f->bit)
			add_word(v, &used, f->name);
		mode &= ~f->bit;
	}
	snprintf(rest, sizeof(rest), mode ? "0x%" PRIx32 : "0", mode);
	if (mode || !used)
		add_word(v, &used, rest);
	put_text(v, v->room);
}

static void get_op(const struct call *c, struct value *v)
{
	put_text(v, c->related ? related_name(c->related) : op_name(c->op));
}

static void get_offset(const struct call *c, struct value *v)
{
	put_signed(v, c->has_offset, c->offset);
}

static void get_len(const struct call *c, struct value *v)
{
	put_signed(v, c->has_len, c->len);
}

/* --- how it ended --- */

static void get_ret(const struct call *c, struct value *v)
{
	put_signed(v, c->has_ret, c->ret);
}

static void get_error(const struct call *c, struct value *v)
{
	put_text(v, c->has_ret && c->ret < 0 && c->ret >= -ERRNO_MAX ? errno_name((int)-c->ret) : NULL);
}

static void get_latency(const struct call *c, struct value *v)
{
	put_signed(v, call_latency(c) >= 0, call_latency(c));
}

/* --- the file --- */

static void get_dev(const struct call *c, struct value *v)
{
	none(v);
	if (!c->has_dev)
		return;
	snprintf(v->room, sizeof(v->room), "%" PRIu32 ":%" PRIu32, c->dev_major, c->dev_minor);
	put_text(v, v->room);
}

static void get_ino(const struct call *c, struct value *v)
{
	put_unsigned(v, c->has_ino, c->ino);
}

static void get_fs(const struct call *c, struct value *v)
{
	put_text(v, c->fs);
}

static void get_path(const struct call *c, struct value *v)
{
	put_text(v, c->path);
}

static void get_size_before(const struct call *c, struct value *v)
{
	put_signed(v, c->size_before_known != UNKNOWN, c->size_before);
	v->known = c->size_before_known;
}

static void get_size_after(const struct call *c, struct value *v)
{
	put_signed(v, c->size_after_known != UNKNOWN, c->size_after);
	v->known = c->size_after_known;
}

static void get_blocks_before(const struct call *c, struct value *v)
{
	put_unsigned(v, c->blocks_before_known != UNKNOWN, c->blocks_before);
	v->known = c->blocks_before_known;
}

static void get_blocks_after(const struct call *c, struct value *v)
{
	put_unsigned(v, c->blocks_after_known != UNKNOWN, c->blocks_after);
	v->known = c->blocks_after_known;
}

static void get_after(const struct call *c, struct value *v)
{
	static const char *const words[] = {[UNKNOWN] = "unknown", [DERIVED] = "derived", [SEEN] = "seen"};

	put_text(v, words[c->size_after_known]);
}

/* How much the file grew; where either end is derived, so is this. */
static void get_grown(const struct call *c, struct value *v)
{
	int64_t grown = 0;
	bool has = c->size_before_known != UNKNOWN && c->size_after_known != UNKNOWN &&
		   !__builtin_sub_overflow(c->size_after, c->size_before, &grown);

	put_signed(v, has, grown);
	if (has)
		v->known = c->size_before_known < c->size_after_known ? c->size_before_known : c->size_after_known;
}

/* Bytes of blocks that it gained, below 0 that it lost. */
static void get_gained(const struct call *c, struct value *v)
{
	int64_t blocks = 0, bytes = 0;
	bool has = c->blocks_before_known != UNKNOWN && c->blocks_after_known != UNKNOWN &&
		   !__builtin_sub_overflow(c->blocks_after, c->blocks_before, &blocks) &&
		   !__builtin_mul_overflow(blocks, 512, &bytes);

	put_signed(v, has, bytes);
	if (has)
		v->known = c->blocks_before_known < c->blocks_after_known ? c->blocks_before_known :
									    c->blocks_after_known;
}

/* --- the filesystem, as it was asked after a call that found no room --- */

static void get_space_free(const struct call *c, struct value *v)
{
	put_unsigned(v, c->has_space, c->space_free);
}

static void get_space_avail(const struct call *c, struct value *v)
{
	put_unsigned(v, c->has_space, c->space_avail);
}

static void get_space_size(const struct call *c, struct value *v)
{
	put_unsigned(v, c->has_space, c->space_size);
}

static void get_space_later(const struct call *c, struct value *v)
{
	put_unsigned(v, c->has_space, c->space_later);
}

static void get_odd(const struct call *c, struct value *v)
{
	size_t used = 0;

	v->room[0] = 0;
	for (int i = 0; i < ODD_COUNT; i++)
		if (c->odd & 1u << i)
			add_word(v, &used, odd_name(1u << i));
	put_text(v, v->room);
}

const struct field fields[] = {
	{"time", UNIT_UTC, "when it began", get_time},
	{"ts", UNIT_NS, "the same, on the trace's clock", get_ts},
	{"host", UNIT_TEXT, "the machine", get_host},
	{"pid", UNIT_NONE, "process", get_pid},
	{"tid", UNIT_NONE, "thread", get_tid},
	{"uid", UNIT_NONE, "user who called", get_uid},
	{"cgroup", UNIT_TEXT, "the thread's cgroup", get_cgroup},
	{"container", UNIT_TEXT, "its container: id or name", get_container},
	{"comm", UNIT_TEXT, "the thread's name", get_comm},
	{"cpu", UNIT_NONE, "where it began", get_cpu},
	{"via", UNIT_WORD, "the way in", get_via},
	{"caller", UNIT_TEXT, "the kernel's function that called", get_caller},
	{"depth", UNIT_NONE, "how many calls it is nested in", get_depth},
	{"fd", UNIT_NONE, "file descriptor", get_fd},
	{"mode", UNIT_NONE, "mode, as a number", get_mode},
	{"flags", UNIT_WORD, "mode, by names", get_flags},
	{"op", UNIT_WORD, "what the mode asks for", get_op},
	{"offset", UNIT_BYTES, "where", get_offset},
	{"len", UNIT_BYTES, "how much", get_len},
	{"ret", UNIT_NONE, "0, or the negative error", get_ret},
	{"error", UNIT_WORD, "the error's name", get_error},
	{"latency_ns", UNIT_NS, "how long it took", get_latency},
	{"dev", UNIT_WORD, "device, MAJOR:MINOR", get_dev},
	{"ino", UNIT_NONE, "inode", get_ino},
	{"fs", UNIT_WORD, "filesystem's type", get_fs},
	{"path", UNIT_TEXT, "the file", get_path},
	{"size_before", UNIT_BYTES, "the file's size before", get_size_before},
	{"size_after", UNIT_BYTES, "… after", get_size_after},
	{"blocks_before", UNIT_BLOCKS, "its blocks before", get_blocks_before},
	{"blocks_after", UNIT_BLOCKS, "… after", get_blocks_after},
	{"after", UNIT_WORD, "how the size after is known", get_after},
	{"grown", UNIT_BYTES, "size after, less size before", get_grown},
	{"gained", UNIT_BYTES, "the same of blocks, in bytes", get_gained},
	{"space_free", UNIT_BYTES, "the filesystem's free space, after ENOSPC and EDQUOT", get_space_free},
	{"space_avail", UNIT_BYTES, "… of it, for those who are not root", get_space_avail},
	{"space_size", UNIT_BYTES, "… and in all", get_space_size},
	{"space_later_ns", UNIT_NS, "how long after the call's end that was", get_space_later},
	{"odd", UNIT_WORD, "what is odd about it", get_odd},
};
const size_t fields_count = sizeof(fields) / sizeof(fields[0]);

const struct field composites[] = {
	{"size", UNIT_BYTES, "size_before->size_after, or one where it stayed", NULL},
	{"blocks", UNIT_BLOCKS, "blocks_before->blocks_after", NULL},
	{"result", UNIT_WORD, "error, or ret", NULL},
	{"notes", UNIT_WORD, "in brackets: an unusual way in, what is odd, calls inside", NULL},
};
const size_t composites_count = sizeof(composites) / sizeof(composites[0]);

static const struct field *find_among(const struct field *table, size_t count, const char *name, size_t size)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(table[i].name) == size && !memcmp(table[i].name, name, size))
			return &table[i];
	return NULL;
}

const struct field *field_find(const char *name, size_t size)
{
	static const char *const shorter[][2] = {{"latency", "latency_ns"}, {"lat", "latency_ns"}, {"file", "path"},
						 {"length", "len"},	    {"errno", "error"},	   {"inode", "ino"}};

	for (size_t i = 0; i < sizeof(shorter) / sizeof(shorter[0]); i++)
		if (strlen(shorter[i][0]) == size && !memcmp(shorter[i][0], name, size))
			return field_find(shorter[i][1], strlen(shorter[i][1]));
	return find_among(fields, fields_count, name, size);
}

const struct field *column_find(const char *name, size_t size)
{
	const struct field *f = find_among(composites, composites_count, name, size);

	return f ? f : field_find(name, size);
}
