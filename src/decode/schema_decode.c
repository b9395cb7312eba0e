/* SPDX-License-Identifier: MIT */
/*
 * A record to an event, by the copies that its format was resolved to.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "bytes.h"
#include "schema_decode.h"
#include "schema_events.h"

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

static void copy_any(const struct number_copy *copy, const unsigned char *record, bool big_endian, struct event *ev)
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

/*
 * Nearly all numbers are taken as they are, or widened. One that is cut down to
 * its low half must have that in front.
 */
static enum copy_how how_of(const struct number_copy *copy, bool big_endian)
{
	bool little = __BYTE_ORDER == __LITTLE_ENDIAN;
	bool is_signed = copy->meaning == MEANS_S32 || copy->meaning == MEANS_S64;

	if (big_endian == little || copy->meaning == MEANS_ERROR || copy->size < 4)
		return COPY_ANY;
	if (copy->room == 4)
		return copy->size == 4 || little ? COPY_4 : COPY_ANY;
	if (copy->size == 8 && copy->meaning != MEANS_S32)
		return COPY_8;
	if (copy->size == 8 && !little)
		return COPY_ANY;
	return is_signed ? COPY_S4_TO_8 : COPY_U4_TO_8;
}

void decoder_choose_copies(struct decoder *d, bool big_endian)
{
	for (unsigned i = 0; i < d->numbers_count; i++)
		d->numbers[i].how = how_of(&d->numbers[i], big_endian);
}

static void copy_numbers(const struct decoder *d, const unsigned char *record, bool big_endian, struct event *ev)
{
	for (const struct number_copy *copy = d->numbers, *end = copy + d->numbers_count; copy < end; copy++) {
		const unsigned char *from = record + copy->from;
		char *to = (char *)ev + copy->to;
		int64_t wide;
		uint32_t v;

		switch (copy->how) {
		case COPY_8:
			memcpy(to, from, 8);
			break;
		case COPY_4:
			memcpy(to, from, 4);
			break;
		case COPY_S4_TO_8:
		case COPY_U4_TO_8:
			memcpy(&v, from, sizeof(v));
			wide = copy->how == COPY_S4_TO_8 ? (int64_t)(int32_t)v : (int64_t)v;
			memcpy(to, &wide, sizeof(wide));
			break;
		default:
			copy_any(copy, record, big_endian, ev);
		}
	}
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

/* Whether a record of raw_syscalls is of our system call, one of a filesystem of what we ask about. */
static bool is_wanted(const struct decoder *d, const unsigned char *record, bool big_endian)
{
	uint64_t v = read_number(&d->filter, record + d->filter.from, big_endian);

	return d->mask ? event_flags_wanted(d->mask, v) : v == d->nr;
}

/* What a filesystem's event means, beside what it tells. */
static void take_implied(const struct decoder *d, uint8_t steps, struct event *ev)
{
	ev->fs = (struct span){d->fs, (uint32_t)strlen(d->fs)};
	ev->has |= HAS_FS;
	ev->step = d->step;
	if (d->mode < 0 || (d->mode_if & steps) != d->mode_if)
		return;
	ev->mode = (uint32_t)d->mode;
	ev->has |= HAS_MODE;
}

/* What no bit of `has` speaks of, and pointers: numbers are most of it, and may be whatever they were. */
void event_clear(struct event *ev)
{
	memset(ev, 0, offsetof(struct event, fd));
	ev->step = 0;
	ev->comm = ev->fs = (struct span){NULL, 0};
	ev->names_count = 0;
	ev->child = 0;
	ev->clone_flags = 0;
	ev->cgroup = (struct span){NULL, 0};
	ev->lost = 0;
}

int decoder_decode(const struct decoder *d, bool big_endian, uint8_t steps, const void *data, size_t size,
		   struct event *ev, struct error *e)
{
	if (d->filter.size && !is_wanted(d, data, big_endian))
		return 1;
	ev->has = d->has;
	copy_numbers(d, data, big_endian, ev);
	if (copy_strings(d, data, size, big_endian, ev, e))
		return -1;
	if (d->kind == EVENT_SYS_BADFD)
		ev->ret = -EBADF;
	if (d->fs)
		take_implied(d, steps, ev);
	ev->kind = d->kind;
	return 1;
}
