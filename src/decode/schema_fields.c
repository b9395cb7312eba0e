/* SPDX-License-Identifier: MIT */
#include <endian.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "schema_fields.h"

#define BIT(kind) (1u << (kind))
#define ENTERS (BIT(EVENT_SYS_ENTER) | BIT(EVENT_SYS_BADFD) | BIT(EVENT_COMPAT_ENTER) | BIT(EVENT_VFS_ENTER))
#define DEEP (BIT(EVENT_DEEP_ENTER) | BIT(EVENT_DEEP_EXIT))
#define VFS (DEEP | BIT(EVENT_VFS_ENTER) | BIT(EVENT_VFS_DONE) | BIT(EVENT_VFS_EXIT))
#define EXITS (BIT(EVENT_SYS_EXIT) | BIT(EVENT_COMPAT_EXIT) | BIT(EVENT_VFS_EXIT) | BIT(EVENT_DEEP_EXIT))
#define REQUESTS (ENTERS | FS_BEGINS | BIT(EVENT_DEEP_ENTER))
#define RETURNS (EXITS | BIT(EVENT_FS_EXIT) | BIT(EVENT_FS_CALL) | BIT(EVENT_RAW_EXIT) | BIT(EVENT_TRUNC_EXIT))
#define FS_BEGINS (BIT(EVENT_FS_ENTER) | BIT(EVENT_FS_STEP) | BIT(EVENT_FS_CALL))
#define FS (FS_BEGINS | BIT(EVENT_FS_EXIT))
#define TRUNC (BIT(EVENT_TRUNC_ENTER) | BIT(EVENT_TRUNC_EXIT))
#define CONVERT BIT(EVENT_CONVERT)
#define VFS_ENTER BIT(EVENT_VFS_ENTER)

struct number_field {
	const char *name;
	unsigned kinds; /* BIT(enum event_kind) */
	uint32_t has;
	uint16_t to;
	uint8_t room;
	uint8_t meaning;
};

#define NUMBER(name, kinds, has, member, meaning)                                                              \
	{                                                                                                      \
		name, kinds, has, offsetof(struct event, member), sizeof(((struct event *)0)->member), meaning \
	}

/* Of several that tell the same the first counts. */
static const struct number_field number_fields[] = {
	NUMBER("fd", ENTERS, HAS_FD, fd, MEANS_S32),
	NUMBER("mode", REQUESTS, HAS_MODE, mode, MEANS_UNSIGNED),
	NUMBER("offset", REQUESTS, HAS_OFFSET, offset, MEANS_S64),
	NUMBER("off", VFS_ENTER, HAS_OFFSET, offset, MEANS_S64),
	NUMBER("pos", VFS_ENTER | BIT(EVENT_FS_EXIT), HAS_OFFSET, offset, MEANS_S64),
	NUMBER("len", REQUESTS | CONVERT | BIT(EVENT_TRUNC_ENTER), HAS_LEN, len, MEANS_S64),
	NUMBER("length", VFS_ENTER, HAS_LEN, len, MEANS_S64),
	NUMBER("nr", ENTERS, HAS_NR, nr, MEANS_UNSIGNED),
	/* long or int by the function, and never more than an errno */
	NUMBER("ret", RETURNS, HAS_RET, ret, MEANS_S32),
	NUMBER("retval", BIT(EVENT_VFS_EXIT), HAS_RET, ret, MEANS_S32),
	NUMBER("error", BIT(EVENT_FS_CALL), HAS_RET, ret, MEANS_ERROR),
	NUMBER("file", VFS, HAS_FILE, file, MEANS_UNSIGNED),
	NUMBER("size", VFS | BIT(EVENT_FS_CALL) | TRUNC, HAS_SIZE, size, MEANS_S64),
	NUMBER("blocks", VFS | BIT(EVENT_FS_CALL) | TRUNC, HAS_BLOCKS, blocks, MEANS_UNSIGNED),
	NUMBER("nblocks", VFS | TRUNC, HAS_NBLOCKS, nblocks, MEANS_UNSIGNED),
	NUMBER("dblocks", VFS | TRUNC, HAS_DBLOCKS, dblocks, MEANS_UNSIGNED),
	NUMBER("ino", VFS | FS | TRUNC | CONVERT, HAS_INO, ino, MEANS_UNSIGNED),
	NUMBER("fileid", BIT(EVENT_FS_CALL), HAS_INO, ino, MEANS_UNSIGNED),
	NUMBER("dev", VFS | FS | TRUNC | CONVERT, HAS_DEV, dev, MEANS_UNSIGNED),
	NUMBER("mnt", VFS, HAS_MNT, mnt, MEANS_S32),
	NUMBER("uid", BIT(EVENT_CRED), HAS_UID, uid, MEANS_UNSIGNED),
	NUMBER("process", BIT(EVENT_MOVE), HAS_PROCESS, process, MEANS_UNSIGNED),
	NUMBER("lblk", CONVERT, HAS_OFFSET, offset, MEANS_UNSIGNED),
	NUMBER("m_lblk", CONVERT, HAS_OFFSET, offset, MEANS_UNSIGNED),
	NUMBER("file_offset", CONVERT, HAS_OFFSET, offset, MEANS_S64),
	NUMBER("offset", CONVERT, HAS_OFFSET, offset, MEANS_S64),
	NUMBER("m_len", CONVERT, HAS_LEN, len, MEANS_UNSIGNED),
	NUMBER("count", CONVERT, HAS_LEN, len, MEANS_S64),
	NUMBER("allocated", CONVERT, HAS_BLOCKS, blocks, MEANS_UNSIGNED),
	NUMBER("u_lblk", CONVERT, HAS_NBLOCKS, nblocks, MEANS_UNSIGNED),
	NUMBER("u_len", CONVERT, HAS_DBLOCKS, dblocks, MEANS_UNSIGNED),
	NUMBER("truncated_len", CONVERT, HAS_SIZE, size, MEANS_S64),
	NUMBER("root_objectid", CONVERT, HAS_NR, nr, MEANS_UNSIGNED),
	NUMBER("pid", BIT(EVENT_NEWTASK) | BIT(EVENT_CGROUP), 0, child, MEANS_S32),
	NUMBER("dst_root", BIT(EVENT_CGROUP), 0, hierarchy, MEANS_UNSIGNED),
	NUMBER("__probe_ret_ip", BIT(EVENT_VFS_EXIT) | BIT(EVENT_DEEP_EXIT), HAS_CALLER, caller, MEANS_UNSIGNED),
	NUMBER("caller", BIT(EVENT_DEEP_ENTER), HAS_CALLER, caller, MEANS_UNSIGNED),
	NUMBER("__probe_ip", BIT(EVENT_DEEP_ENTER), HAS_FUNC, func, MEANS_UNSIGNED),
	NUMBER("__probe_func", BIT(EVENT_DEEP_EXIT), HAS_FUNC, func, MEANS_UNSIGNED),
	NUMBER("fop", DEEP, HAS_FOP, fop, MEANS_UNSIGNED),
	NUMBER("clone_flags", BIT(EVENT_NEWTASK), 0, clone_flags, MEANS_UNSIGNED),
};

/*
 * A probe that is named after vfs_fallocate holds what somebody chose: of that
 * only what can be nothing else is taken.
 */
#define SYMBOL_FIELDS (HAS_MODE | HAS_OFFSET | HAS_LEN | HAS_FILE | HAS_COMM | HAS_RET | HAS_CALLER)

/* A number that comes in two, each half put where it lies in the whole. */
#define LOW (__BYTE_ORDER == __BIG_ENDIAN ? 4 : 0)
#define HALF(name, member, at)                                                       \
	{                                                                            \
		name, 0, 0, offsetof(struct event, member) + (at), 4, MEANS_UNSIGNED \
	}

static const struct halves {
	unsigned kinds;
	uint32_t has;
	struct number_field low, high;
} halves[] = {
	{BIT(EVENT_COMPAT_ENTER), HAS_OFFSET, HALF("off_lo", offset, LOW), HALF("off_hi", offset, 4 - LOW)},
	{BIT(EVENT_COMPAT_ENTER), HAS_LEN, HALF("len_lo", len, LOW), HALF("len_hi", len, 4 - LOW)},
	{BIT(EVENT_SYS_ENTER), HAS_OFFSET, HALF("offset_lo", offset, LOW), HALF("offset_hi", offset, 4 - LOW)},
	{BIT(EVENT_SYS_ENTER), HAS_LEN, HALF("len_lo", len, LOW), HALF("len_hi", len, 4 - LOW)},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The format's field ends inside of every record from now on. */
static void require(struct decoder *d, const struct tep_format_field *field)
{
	uint32_t end = (uint32_t)field->offset + (uint32_t)field->size;

	if (end > d->need)
		d->need = end;
}

static int add_number(struct decoder *d, const struct number_field *to, const struct tep_format_field *field,
		      struct error *e)
{
	int size = field->size;

	if ((size != 1 && size != 2 && size != 4 && size != 8) ||
	    field->flags & (TEP_FIELD_IS_ARRAY | TEP_FIELD_IS_DYNAMIC))
		return error_set(e, "field %s of event %s is no number", field->name, field->event->name);
	d->numbers[d->numbers_count++] = (struct number_copy){
		.from = (uint16_t)field->offset,
		.to = to->to,
		.size = (uint8_t)size,
		.room = to->room,
		.meaning = to->meaning,
	};
	d->has |= to->has;
	require(d, field);
	return 0;
}

/*
 * sys_enter_fallocate of a kernel with longs of 4 bytes shows the first four
 * registers, whatever its fields are called: "offset" and "len" are the halves
 * of the offset there, and nothing tells the length.
 */
static bool is_half(const struct resolve *r, const struct tep_format_field *field)
{
	return r->known.kind == EVENT_SYS_ENTER && r->known.origin == ORIGIN_KERNEL && r->long_size == 4 &&
	       field->size == 4;
}

static int add_numbers(struct decoder *d, const struct resolve *r, struct tep_event *event, struct error *e)
{
	uint32_t allowed = r->known.origin == ORIGIN_SYMBOL ? SYMBOL_FIELDS : UINT32_MAX;

	for (size_t i = 0; i < COUNT(number_fields); i++) {
		const struct number_field *to = &number_fields[i];
		const struct tep_format_field *field = NULL;

		if (to->kinds & BIT(d->kind) && !(to->has & (d->has | ~allowed)))
			field = tep_find_field(event, to->name);
		if (field && to->has & (HAS_OFFSET | HAS_LEN) && is_half(r, field))
			continue;
		if (field && add_number(d, to, field, e))
			return -1;
	}
	return 0;
}

static int add_pair(struct decoder *d, const struct halves *h, const struct tep_format_field *low,
		    const struct tep_format_field *high, struct error *e)
{
	if (add_number(d, &h->low, low, e) || add_number(d, &h->high, high, e))
		return -1;
	d->has |= h->has;
	return 0;
}

static int add_halves(struct decoder *d, const struct resolve *r, struct tep_event *event, struct error *e)
{
	const struct tep_format_field *low, *high;

	for (size_t i = 0; i < COUNT(halves); i++) {
		if (!(halves[i].kinds & BIT(d->kind)) || d->has & halves[i].has)
			continue;
		low = tep_find_field(event, halves[i].low.name);
		high = tep_find_field(event, halves[i].high.name);
		if (low && high && add_pair(d, &halves[i], low, high, e))
			return -1;
	}
	if (d->has & HAS_OFFSET)
		return 0;
	low = tep_find_field(event, r->big_endian ? "len" : "offset");
	high = tep_find_field(event, r->big_endian ? "offset" : "len");
	if (low && high && is_half(r, low) && is_half(r, high))
		return add_pair(d, &halves[0], low, high, e);
	return 0;
}

/* raw_syscalls: the number of the call, and at its entry six registers. */
static int add_raw(struct decoder *d, const struct resolve *r, struct tep_event *event, struct error *e)
{
	static const uint16_t wide[] = {offsetof(struct event, fd), offsetof(struct event, mode),
					offsetof(struct event, offset), offsetof(struct event, len)};
	/* i386: low half, high half */
	static const uint16_t narrow[] = {
		offsetof(struct event, fd),	      offsetof(struct event, mode),
		offsetof(struct event, offset) + LOW, offsetof(struct event, offset) + 4 - LOW,
		offsetof(struct event, len) + LOW,    offsetof(struct event, len) + 4 - LOW,
	};
	const struct tep_format_field *id = tep_find_field(event, "id"), *args = tep_find_field(event, "args");
	bool is_wide = r->long_size == 8;

	if (!id || id->size != r->long_size || id->flags & (TEP_FIELD_IS_ARRAY | TEP_FIELD_IS_DYNAMIC))
		return error_set(e, "event %s does not tell the system call", event->name);
	d->filter = (struct number_copy){.from = (uint16_t)id->offset, .size = (uint8_t)id->size};
	d->nr = r->nr;
	require(d, id);
	if (d->kind == EVENT_RAW_EXIT)
		return 0;
	if (!args || args->size != 6 * r->long_size || args->flags & TEP_FIELD_IS_DYNAMIC)
		return error_set(e, "event %s does not tell the call's arguments", event->name);
	for (unsigned i = 0; i < (is_wide ? COUNT(wide) : COUNT(narrow)); i++)
		d->numbers[d->numbers_count++] = (struct number_copy){
			.from = (uint16_t)(args->offset + (int)i * r->long_size),
			.to = is_wide ? wide[i] : narrow[i],
			.size = (uint8_t)r->long_size,
			.room = is_wide && i > 1 ? 8 : 4,
			.meaning = MEANS_UNSIGNED,
		};
	d->has |= HAS_FD | HAS_MODE | HAS_OFFSET | HAS_LEN;
	require(d, args);
	return 0;
}

/* 1: added, 0: there is no such field. */
static int add_string(struct decoder *d, struct tep_event *event, const char *name, size_t to, uint32_t has,
		      struct error *e)
{
	const struct tep_format_field *field = tep_find_field(event, name);
	struct string_copy *copy = &d->strings[d->strings_count];
	bool located;

	if (!field)
		return 0;
	located = field->flags & TEP_FIELD_IS_DYNAMIC;
	if (!(field->flags & TEP_FIELD_IS_STRING) || (located && field->size != 4))
		return error_set(e, "field %s of event %s is no string", name, event->name);
	*copy = (struct string_copy){.from = (uint16_t)field->offset, .to = (uint16_t)to, .has = has};
	copy->kind = STRING_ARRAY;
	copy->size = (uint16_t)(field->size > UINT16_MAX ? UINT16_MAX : field->size);
	if (located)
		copy->kind = field->flags & TEP_FIELD_IS_RELATIVE ? STRING_REL_LOC : STRING_DATA_LOC;
	d->strings_count++;
	require(d, field);
	return 1;
}

static int add_strings(struct decoder *d, struct tep_event *event, bool comm_only, struct error *e)
{
	char name[8];
	int ret;

	/* Its "comm" is not that of the thread that the record is of. */
	if (d->kind == EVENT_CGROUP)
		return add_string(d, event, "dst_path", offsetof(struct event, cgroup), HAS_CGROUP, e) < 0 ? -1 : 0;
	if (add_string(d, event, "comm", offsetof(struct event, comm), HAS_COMM, e) < 0)
		return -1;
	if (comm_only)
		return 0;
	if (add_string(d, event, "fs", offsetof(struct event, fs), HAS_FS, e) < 0)
		return -1;
	for (unsigned i = 0; i < EVENT_NAMES_MAX; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		ret = add_string(d, event, name, offsetof(struct event, names[0]) + i * sizeof(struct span), 0, e);
		if (ret <= 0)
			return ret;
	}
	return 0;
}

/* The first bytes of a filesystem's id, as a number. */
static int add_fsid(struct decoder *d, struct tep_event *event, struct error *e)
{
	static const struct number_field fsid = NUMBER("fsid", CONVERT, HAS_FILE, file, MEANS_UNSIGNED);
	const struct tep_format_field *field = tep_find_field(event, fsid.name);

	if (!field)
		return 0;
	if (field->size < 8 || field->flags & TEP_FIELD_IS_DYNAMIC)
		return error_set(e, "field %s of event %s is no id", field->name, event->name);
	d->numbers[d->numbers_count++] = (struct number_copy){
		.from = (uint16_t)field->offset,
		.to = fsid.to,
		.size = 8,
		.room = fsid.room,
		.meaning = fsid.meaning,
	};
	d->has |= fsid.has;
	require(d, field);
	return 0;
}

/* Of a conversion: what it must tell, and which of its records are one. */
static int add_convert(struct decoder *d, const struct resolve *r, struct tep_event *event, struct error *e)
{
	const uint32_t need = HAS_INO | HAS_OFFSET | HAS_LEN;
	const struct tep_format_field *flags = tep_find_field(event, "flags");

	if (add_fsid(d, event, e))
		return -1;
	if ((d->has & need) != need || !(d->has & (HAS_DEV | HAS_FILE)))
		return error_set(e, "event %s does not tell what of which file was written to", event->name);
	if (!r->known.mask)
		return 0;
	if (!flags || (flags->size != 4 && flags->size != 8) ||
	    flags->flags & (TEP_FIELD_IS_ARRAY | TEP_FIELD_IS_DYNAMIC))
		return error_set(e, "event %s has no flags", event->name);
	d->filter = (struct number_copy){.from = (uint16_t)flags->offset,
					 .size = (uint8_t)flags->size,
					 .meaning = MEANS_UNSIGNED};
	d->mask = r->known.mask;
	require(d, flags);
	return 0;
}

/* Where every event keeps its id and its thread; nobody but us need find the id. */
static int add_common(struct decoder *d, struct tep_event *event, struct error *e)
{
	static const struct number_field tid = NUMBER("common_pid", 0, 0, tid, MEANS_S32);
	const struct tep_format_field *type = tep_find_common_field(event, "common_type");
	const struct tep_format_field *pid = tep_find_common_field(event, tid.name);

	if (!type || type->offset != 0 || type->size != 2)
		return error_set(e, "records of event %s don't begin with their type", event->name);
	if (!pid)
		return error_set(e, "records of event %s don't tell their thread", event->name);
	return add_number(d, &tid, pid, e);
}

static enum probe_shape shape_of(struct tep_event *event)
{
	if (tep_find_field(event, "__probe_ip"))
		return PROBE_ENTRY;
	return tep_find_field(event, "__probe_func") && tep_find_field(event, "__probe_ret_ip") ? PROBE_RETURN :
												  PROBE_NONE;
}

int decoder_resolve(struct decoder *d, const struct resolve *r, struct tep_event *event, struct error *e)
{
	struct known_event known = r->known;
	enum probe_shape shape = shape_of(event);

	if (known.origin == ORIGIN_SYMBOL && shape == PROBE_RETURN)
		known.kind = EVENT_VFS_EXIT;
	memset(d, 0, sizeof(*d));
	d->kind = known.kind;
	d->fs = known.fs;
	d->mode = known.mode;
	d->step = known.step;
	d->mode_if = known.mode_if;
	if (add_common(d, event, e) || add_numbers(d, r, event, e) || add_halves(d, r, event, e))
		return -1;
	if ((d->kind == EVENT_RAW_ENTER || d->kind == EVENT_RAW_EXIT) && add_raw(d, r, event, e))
		return -1;
	if (d->kind == EVENT_CONVERT && add_convert(d, r, event, e))
		return -1;
	if (add_strings(d, event, known.origin == ORIGIN_SYMBOL, e))
		return -1;
	if (!event_believed(&known, shape, d->has))
		return 0;
	if (d->kind == EVENT_SYS_BADFD)
		d->has |= HAS_RET;
	return 1;
}
