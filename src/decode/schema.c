/* SPDX-License-Identifier: MIT */
/*
 * libtraceevent resolves formats, and is let go again: a record meets only a
 * table of decoders by id, one comparison of its length, and copies.
 */
#include <errno.h>
#include <event-parse.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "schema_fields.h"
#include "schema_format.h"
#include "schema_private.h"

struct schema {
	struct page_format format;
	size_t count;
	struct decoder **decoders; /* by id */
	size_t room;		   /* of decoders: no more than 65536, as common_type has 16 bits */
};

struct schema *schema_new(const struct page_format *f)
{
	struct schema *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->format = *f;
	return s;
}

void schema_free(struct schema *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->room; i++)
		free(s->decoders[i]);
	free(s->decoders);
	free(s);
}

size_t schema_count(const struct schema *s)
{
	return s->count;
}

static struct tep_handle *new_tep(const struct page_format *f)
{
	struct tep_handle *tep = tep_alloc();

	if (!tep)
		return NULL;
	tep_set_long_size(tep, f->long_size);
	tep_set_file_bigendian(tep, f->big_endian ? TEP_BIG_ENDIAN : TEP_LITTLE_ENDIAN);
	tep_set_local_bigendian(tep, __BYTE_ORDER == __BIG_ENDIAN ? TEP_BIG_ENDIAN : TEP_LITTLE_ENDIAN);
	return tep;
}

/* A handle for each format: one that claims another's id does no harm to that one. */
static int resolve(struct schema *s, enum event_kind kind, const struct format *f, const char *system,
		   struct decoder *d, struct error *e)
{
	struct tep_handle *tep = new_tep(&s->format);
	struct tep_event *event;
	int ret;

	if (!tep)
		return error_set(e, "out of memory");
	/* An event whose fields it gave up on is added all the same, and marked. */
	if (tep_parse_event(tep, f->text, f->size, system) || !(event = tep_find_event(tep, f->id)) ||
	    event->flags & TEP_EVENT_FL_FAILED)
		ret = error_set(e, "libtraceevent can't read the format of event %s", f->name);
	else
		ret = decoder_resolve(d, kind, event, e);
	tep_free(tep);
	return ret;
}

static int make_room(struct schema *s, size_t id, struct error *e)
{
	size_t room = id + 64;
	struct decoder **decoders;

	if (id < s->room)
		return 0;
	decoders = reallocarray(s->decoders, room, sizeof(*decoders));
	if (!decoders)
		return error_set(e, "out of memory");
	memset(decoders + s->room, 0, (room - s->room) * sizeof(*decoders));
	s->decoders = decoders;
	s->room = room;
	return 0;
}

static const struct decoder *find(const struct schema *s, int id)
{
	return id >= 0 && (size_t)id < s->room ? s->decoders[id] : NULL;
}

static int add(struct schema *s, enum event_kind kind, const struct format *f, const char *system, struct error *e)
{
	struct decoder *d = malloc(sizeof(*d));

	if (!d)
		return error_set(e, "out of memory");
	if (resolve(s, kind, f, system, d, e) || make_room(s, (size_t)f->id, e))
		goto fail;
	if (find(s, f->id)) {
		error_set(e, "two events have the id %d; %s is the second", f->id, f->name);
		goto fail;
	}
	s->decoders[f->id] = d;
	s->count++;
	return 1;
fail:
	free(d);
	return -1;
}

int schema_add(struct schema *s, const char *system, const char *text, size_t size, struct error *e)
{
	char name[FORMAT_WORD_SIZE];
	enum event_kind kind;
	struct format f;
	int ret;

	if (format_name(text, size, name))
		return error_set(e, "an event's format does not begin with its name");
	kind = kind_of_event(system, name);
	if (kind == EVENT_NONE)
		return 0;
	if (format_rebuild(text, size, &f, e))
		return -1;
	ret = add(s, kind, &f, system, e);
	format_free(&f);
	return ret;
}

int schema_record_id(const struct schema *s, const void *data, size_t size)
{
	return size < 2 ? -1 : bytes_u16(data, s->format.big_endian);
}

bool schema_knows(const struct schema *s, const void *data, size_t size)
{
	return find(s, schema_record_id(s, data, size));
}

/* Sign-extended or not from its own size, then cut down to what it means. */
static uint64_t read_number(const struct number_copy *copy, const unsigned char *p, bool big_endian)
{
	bool is_signed = copy->meaning != MEANS_UNSIGNED;

	switch (copy->size) {
	case 1:
		return is_signed ? (uint64_t)(int8_t)*p : *p;
	case 2:
		return is_signed ? (uint64_t)(int16_t)bytes_u16(p, big_endian) : bytes_u16(p, big_endian);
	case 4:
		return is_signed ? (uint64_t)(int32_t)bytes_u32(p, big_endian) : bytes_u32(p, big_endian);
	default:
		if (copy->meaning == MEANS_S32)
			return (uint64_t)(int32_t)bytes_u64(p, big_endian);
		return bytes_u64(p, big_endian);
	}
}

static void copy_number(const struct number_copy *copy, const unsigned char *record, bool big_endian, struct event *ev)
{
	uint64_t v = read_number(copy, record + copy->from, big_endian);
	uint32_t low = (uint32_t)v;

	if (copy->room == 4)
		memcpy((char *)ev + copy->to, &low, sizeof(low));
	else
		memcpy((char *)ev + copy->to, &v, sizeof(v));
}

/* The bytes of a string, up to its NUL. False: they lie outside of the record. */
static bool find_string(const struct string_copy *copy, const char *record, size_t size, bool big_endian,
			struct span *string)
{
	size_t offset = copy->from, room = copy->size;
	uint32_t loc;

	if (copy->kind != STRING_ARRAY) {
		loc = bytes_u32(record + copy->from, big_endian);
		offset = (loc & 0xffff) + (copy->kind == STRING_REL_LOC ? copy->from + 4u : 0);
		room = loc >> 16;
	}
	*string = (struct span){NULL, 0};
	if (room && (offset > size || room > size - offset))
		return false;
	if (room)
		*string = (struct span){record + offset, (uint32_t)strnlen(record + offset, room)};
	return true;
}

/* What the kernel leaves where a string could not be read: nothing, or this since 6.3. */
static bool faulted(const struct span *s)
{
	static const char text[] = "(fault)";

	return !s->size || (s->size == sizeof(text) - 1 && !memcmp(s->data, text, s->size));
}

static int copy_strings(const struct decoder *d, const void *record, size_t size, bool big_endian, struct event *ev,
			struct error *e)
{
	for (unsigned i = 0; i < d->strings_count; i++) {
		const struct string_copy *copy = &d->strings[i];
		struct span string;

		if (!find_string(copy, record, size, big_endian, &string))
			return error_set(e, "a string of a record lies outside of it");
		if (copy->has == HAS_COMM ? !string.size : faulted(&string)) {
			/* parents behind a name that is missing would be someone else's */
			if (!copy->has)
				break;
			continue;
		}
		memcpy((char *)ev + copy->to, &string, sizeof(string));
		ev->has |= copy->has;
		ev->names_count += !copy->has;
	}
	return 0;
}

/* All but the names, which names_count makes invisible and which are most of it. */
static void clear(struct event *ev)
{
	memset(ev, 0, offsetof(struct event, names));
	ev->names_count = 0;
	ev->child = 0;
	ev->clone_flags = 0;
	ev->lost = 0;
}

int schema_decode(const struct schema *s, const void *data, size_t size, uint64_t ts, int cpu, struct event *ev,
		  struct error *e)
{
	const struct decoder *d = find(s, schema_record_id(s, data, size));

	clear(ev);
	ev->ts = ts;
	ev->cpu = cpu;
	if (!d)
		return 1;
	if (size < d->need)
		return error_set(e, "a record of %zu bytes is too short for its event, which has %u", size, d->need);
	ev->has = d->has;
	for (unsigned i = 0; i < d->numbers_count; i++)
		copy_number(&d->numbers[i], data, s->format.big_endian, ev);
	if (copy_strings(d, data, size, s->format.big_endian, ev, e))
		return -1;
	if (d->kind == EVENT_SYS_BADFD)
		ev->ret = -EBADF;
	ev->kind = d->kind;
	return 1;
}
