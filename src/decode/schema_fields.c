/* SPDX-License-Identifier: MIT */
#include <endian.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "schema_fields.h"

#define BIT(kind) (1u << (kind))
#define ENTERS (BIT(EVENT_SYS_ENTER) | BIT(EVENT_SYS_BADFD) | BIT(EVENT_COMPAT_ENTER) | BIT(EVENT_VFS_ENTER))
#define VFS (BIT(EVENT_VFS_ENTER) | BIT(EVENT_VFS_DONE) | BIT(EVENT_VFS_EXIT))
#define EXITS (BIT(EVENT_SYS_EXIT) | BIT(EVENT_COMPAT_EXIT) | BIT(EVENT_VFS_EXIT))

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

static const struct number_field number_fields[] = {
	NUMBER("fd", ENTERS, HAS_FD, fd, MEANS_S32),
	NUMBER("mode", ENTERS, HAS_MODE, mode, MEANS_UNSIGNED),
	NUMBER("offset", ENTERS, HAS_OFFSET, offset, MEANS_S64),
	NUMBER("len", ENTERS, HAS_LEN, len, MEANS_S64),
	NUMBER("nr", ENTERS, HAS_NR, nr, MEANS_UNSIGNED),
	/* long or int by the function, and never more than an errno */
	NUMBER("ret", EXITS, HAS_RET, ret, MEANS_S32),
	NUMBER("file", VFS, HAS_FILE, file, MEANS_UNSIGNED),
	NUMBER("size", VFS, HAS_SIZE, size, MEANS_S64),
	NUMBER("blocks", VFS, HAS_BLOCKS, blocks, MEANS_UNSIGNED),
	NUMBER("nblocks", VFS, HAS_NBLOCKS, nblocks, MEANS_UNSIGNED),
	NUMBER("dblocks", VFS, HAS_DBLOCKS, dblocks, MEANS_UNSIGNED),
	NUMBER("ino", VFS, HAS_INO, ino, MEANS_UNSIGNED),
	NUMBER("dev", VFS, HAS_DEV, dev, MEANS_UNSIGNED),
	NUMBER("mnt", VFS, HAS_MNT, mnt, MEANS_S32),
	NUMBER("uid", VFS, HAS_UID, uid, MEANS_UNSIGNED),
	NUMBER("__probe_ret_ip", BIT(EVENT_VFS_EXIT), HAS_CALLER, caller, MEANS_UNSIGNED),
	NUMBER("pid", BIT(EVENT_NEWTASK), 0, child, MEANS_S32),
	NUMBER("clone_flags", BIT(EVENT_NEWTASK), 0, clone_flags, MEANS_UNSIGNED),
};

/* A number that comes in two, each half put where it lies in the whole. */
#define LOW (__BYTE_ORDER == __BIG_ENDIAN ? 4 : 0)
#define HALF(name, member, at)                                                                             \
	{                                                                                                  \
		name, BIT(EVENT_COMPAT_ENTER), 0, offsetof(struct event, member) + (at), 4, MEANS_UNSIGNED \
	}

static const struct halves {
	uint32_t has;
	struct number_field low, high;
} halves[] = {
	{HAS_OFFSET, HALF("off_lo", offset, LOW), HALF("off_hi", offset, 4 - LOW)},
	{HAS_LEN, HALF("len_lo", len, LOW), HALF("len_hi", len, 4 - LOW)},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum event_kind kind_of_event(const char *system, const char *name)
{
	static const struct {
		const char *system, *name;
		enum event_kind kind;
	} events[] = {
		{NULL, "vfs_enter", EVENT_VFS_ENTER},
		{NULL, "vfs_done", EVENT_VFS_DONE},
		{NULL, "vfs_exit", EVENT_VFS_EXIT},
		{NULL, "sys_badfd", EVENT_SYS_BADFD},
		{NULL, "sys_enter", EVENT_SYS_ENTER},
		{NULL, "sys_exit", EVENT_SYS_EXIT},
		{NULL, "compat_enter", EVENT_COMPAT_ENTER},
		{NULL, "compat_exit", EVENT_COMPAT_EXIT},
		{"syscalls", "sys_enter_fallocate", EVENT_SYS_ENTER},
		{"syscalls", "sys_exit_fallocate", EVENT_SYS_EXIT},
		{"task", "task_newtask", EVENT_NEWTASK},
	};
	bool ours = !strncmp(system, "falloctrace", strlen("falloctrace"));

	for (size_t i = 0; i < COUNT(events); i++)
		if (!strcmp(name, events[i].name) && (events[i].system ? !strcmp(system, events[i].system) : ours))
			return events[i].kind;
	return EVENT_NONE;
}

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

static int add_numbers(struct decoder *d, struct tep_event *event, struct error *e)
{
	for (size_t i = 0; i < COUNT(number_fields); i++) {
		const struct number_field *to = &number_fields[i];
		const struct tep_format_field *field = NULL;

		if (to->kinds & BIT(d->kind))
			field = tep_find_field(event, to->name);
		if (field && add_number(d, to, field, e))
			return -1;
	}
	return 0;
}

static int add_halves(struct decoder *d, struct tep_event *event, struct error *e)
{
	for (size_t i = 0; i < COUNT(halves); i++) {
		const struct tep_format_field *low, *high;

		if (d->kind != EVENT_COMPAT_ENTER || d->has & halves[i].has)
			continue;
		low = tep_find_field(event, halves[i].low.name);
		high = tep_find_field(event, halves[i].high.name);
		if (!low || !high)
			continue;
		if (add_number(d, &halves[i].low, low, e) || add_number(d, &halves[i].high, high, e))
			return -1;
		d->has |= halves[i].has;
	}
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

static int add_strings(struct decoder *d, struct tep_event *event, struct error *e)
{
	char name[8];
	int ret;

	if (add_string(d, event, "comm", offsetof(struct event, comm), HAS_COMM, e) < 0 ||
	    add_string(d, event, "fs", offsetof(struct event, fs), HAS_FS, e) < 0)
		return -1;
	for (unsigned i = 0; i < EVENT_NAMES_MAX; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		ret = add_string(d, event, name, offsetof(struct event, names[0]) + i * sizeof(struct span), 0, e);
		if (ret <= 0)
			return ret;
	}
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

int decoder_resolve(struct decoder *d, enum event_kind kind, struct tep_event *event, struct error *e)
{
	memset(d, 0, sizeof(*d));
	d->kind = kind;
	if (add_common(d, event, e) || add_numbers(d, event, e) || add_halves(d, event, e) || add_strings(d, event, e))
		return -1;
	if (kind == EVENT_SYS_BADFD)
		d->has |= HAS_RET;
	return 0;
}
