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
#include "falloctrace/call.h"
#include "schema_fields.h"
#include "schema_format.h"
#include "schema_private.h"

#define GROUPS_MAX 64 /* groups of others that have our events: more than one is rare */

/* A group of somebody else's, and which ways in have a beginning in it. */
struct group {
	char system[FORMAT_WORD_SIZE];
	uint8_t begins;
};

struct schema {
	struct page_format format;
	uint64_t nr;   /* the machine's number of fallocate; 0: unknown */
	uint8_t steps; /* bits 1 << enum fs_step: which the trace can tell */
	unsigned groups_count;
	struct group groups[GROUPS_MAX];
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

void schema_set_machine(struct schema *s, const char *machine)
{
	s->nr = fallocate_nr_of(machine, s->format.long_size);
}

static bool begins(const struct schema *s, const struct decoder *d)
{
	return !d->needs_begin || s->groups[d->group].begins & d->needs_begin;
}

static const struct decoder *find(const struct schema *s, int id)
{
	const struct decoder *d = id >= 0 && (size_t)id < s->room ? s->decoders[id] : NULL;

	return d && begins(s, d) ? d : NULL;
}

size_t schema_count(const struct schema *s)
{
	size_t count = 0;

	for (size_t id = 0; id < s->room; id++)
		count += find(s, (int)id) != NULL;
	return count;
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

/* A handle for each format: one that claims another's id does no harm to that one. As decoder_resolve. */
static int resolve(struct schema *s, const struct resolve *r, const struct format *f, const char *system,
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
		ret = decoder_resolve(d, r, event, e);
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

/* The group of that name, made where there is none. GROUPS_MAX: there are too many. */
static unsigned group_of(struct schema *s, const char *system)
{
	unsigned i;

	for (i = 0; i < s->groups_count && strcmp(s->groups[i].system, system) != 0; i++)
		;
	if (i == s->groups_count && i < GROUPS_MAX && strlen(system) < sizeof(s->groups[i].system))
		strcpy(s->groups[s->groups_count++].system, system);
	return i < s->groups_count ? i : GROUPS_MAX;
}

/* False: it can't be told which group it is of. */
static bool join_group(struct schema *s, const struct known_event *k, const char *system, struct decoder *d)
{
	unsigned group;

	if (!event_begins(k) && !event_needs_begin(k))
		return true;
	group = group_of(s, system);
	if (group == GROUPS_MAX)
		return false;
	d->group = (uint8_t)group;
	d->needs_begin = event_needs_begin(k);
	s->groups[group].begins |= event_begins(k);
	return true;
}

/* 1: *d is in the table; 0 and -1 as decoder_resolve. */
static int add(struct schema *s, const struct resolve *r, const struct format *f, const char *system, struct decoder *d,
	       struct error *e)
{
	int ret = resolve(s, r, f, system, d, e);

	if (ret <= 0)
		return ret;
	if (make_room(s, (size_t)f->id, e))
		return -1;
	if (s->decoders[f->id])
		return error_set(e, "two events have the id %d; %s is the second", f->id, f->name);
	if (!join_group(s, &r->known, system, d))
		return 0;
	s->decoders[f->id] = d;
	if (d->kind == EVENT_FS_STEP)
		s->steps |= (uint8_t)(1 << d->step);
	return 1;
}

int schema_add(struct schema *s, const char *system, const char *text, size_t size, struct error *e)
{
	struct resolve r = {.long_size = s->format.long_size, .big_endian = s->format.big_endian, .nr = s->nr};
	char name[FORMAT_WORD_SIZE];
	struct decoder *d;
	struct format f;
	bool foreign;
	int ret;

	if (format_name(text, size, name))
		return error_set(e, "an event's format does not begin with its name");
	if (!event_known(system, name, &r.known))
		return 0;
	if ((r.known.kind == EVENT_RAW_ENTER || r.known.kind == EVENT_RAW_EXIT) && !s->nr)
		return 0;
	/* What only bears a name of ours may be anything. */
	foreign = r.known.origin == ORIGIN_BY_HAND || r.known.origin == ORIGIN_SYMBOL;
	if (format_rebuild(text, size, &f, e))
		return foreign ? 0 : -1;
	d = malloc(sizeof(*d));
	ret = d ? add(s, &r, &f, system, d, e) : error_set(e, "out of memory");
	format_free(&f);
	if (ret <= 0)
		free(d);
	return foreign && ret < 0 ? 0 : ret;
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
	bool is_signed = copy->meaning == MEANS_S32 || copy->meaning == MEANS_S64;

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
	uint32_t low;

	if (copy->meaning == MEANS_ERROR)
		v = -v;
	low = (uint32_t)v;

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

/* Whether a record of raw_syscalls is of our system call. */
static bool is_fallocate(const struct decoder *d, const unsigned char *record, bool big_endian)
{
	return read_number(&d->filter, record + d->filter.from, big_endian) == d->nr;
}

/* What a filesystem's event means, beside what it tells. */
static void take_implied(const struct schema *s, const struct decoder *d, struct event *ev)
{
	ev->fs = (struct span){d->fs, (uint32_t)strlen(d->fs)};
	ev->has |= HAS_FS;
	ev->step = d->step;
	if (d->mode < 0 || (d->mode_if & s->steps) != d->mode_if)
		return;
	ev->mode = (uint32_t)d->mode;
	ev->has |= HAS_MODE;
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
	if (d->filter.size && !is_fallocate(d, data, s->format.big_endian))
		return 1;
	ev->has = d->has;
	for (unsigned i = 0; i < d->numbers_count; i++)
		copy_number(&d->numbers[i], data, s->format.big_endian, ev);
	if (copy_strings(d, data, size, s->format.big_endian, ev, e))
		return -1;
	if (d->kind == EVENT_SYS_BADFD)
		ev->ret = -EBADF;
	if (d->fs)
		take_implied(s, d, ev);
	ev->kind = d->kind;
	return 1;
}
