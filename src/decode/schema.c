/* SPDX-License-Identifier: MIT */
/*
 * libtraceevent resolves formats, and is let go again: a record meets only a
 * table of decoders by id, one comparison of its length, and copies.
 */
#include <event-parse.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "falloctrace/call.h"
#include "schema_decode.h"
#include "schema_fields.h"
#include "schema_format.h"
#include "schema_private.h"

#define EVENTS_MAX 4096 /* that tell of calls: real traces have a dozen, each takes a kilobyte */
#define GROUPS_MAX 64	/* groups of others that have our events: more than one is rare */

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
	size_t count;		   /* of those there */
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

/* Tells of no call. */
static bool is_beside(enum event_kind kind)
{
	return event_of_tasks(kind) || kind == EVENT_CONVERT || kind == EVENT_TRUNC_ENTER || kind == EVENT_TRUNC_EXIT;
}

size_t schema_count(const struct schema *s)
{
	size_t count = 0;

	for (size_t id = 0; id < s->room; id++)
		count += find(s, (int)id) && !is_beside(s->decoders[id]->kind);
	return count;
}

bool schema_knows_id(const struct schema *s, int id)
{
	return find(s, id);
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

/*
 * libtraceevent takes what strdup gives without a look. A format takes far less
 * than this, which, had and given back, lies ready for it.
 */
#define TEP_ROOM (64u << 10)

static int have_room(struct error *e)
{
	/* volatile: or the compiler leaves both calls out */
	void *volatile room = malloc(TEP_ROOM);

	if (!room)
		return error_set(e, "out of memory");
	free(room);
	return 0;
}

/* A handle for each format: one that claims another's id does no harm to that one. As decoder_resolve. */
static int resolve(struct schema *s, const struct resolve *r, const struct format *f, const char *system,
		   struct decoder *d, struct error *e)
{
	struct tep_handle *tep = have_room(e) ? NULL : new_tep(&s->format);
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
	if (ret > 0)
		decoder_choose_copies(d, s->format.big_endian);
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
	if (s->count == EVENTS_MAX)
		return error_set(e, "more than %d events tell of fallocate; %s is not looked at", EVENTS_MAX, f->name);
	if (!join_group(s, &r->known, system, d))
		return 0;
	s->decoders[f->id] = d;
	s->count++;
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
	r.known.mask = event_mask(&r.known, text, size);
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

uint32_t schema_mask(const char *system, const char *text, size_t size)
{
	char name[FORMAT_WORD_SIZE];
	struct known_event known;

	return format_name(text, size, name) == 0 && event_known(system, name, &known) ?
		       event_mask(&known, text, size) :
		       0;
}

int schema_record_id(const struct schema *s, const void *data, size_t size)
{
	return size < 2 ? -1 : bytes_u16(data, s->format.big_endian);
}

const struct decoder *schema_find(const struct schema *s, const void *data, size_t size)
{
	return find(s, schema_record_id(s, data, size));
}

int schema_decode_as(const struct schema *s, const struct decoder *d, const struct record *r, int cpu, struct event *ev,
		     struct error *e)
{
	event_clear(ev);
	ev->ts = r->ts;
	ev->cpu = cpu;
	if (!d)
		return 1;
	if (r->size < d->need)
		return error_set(e, "a record of %zu bytes is too short for its event, which has %u", r->size, d->need);
	return decoder_decode(d, s->format.big_endian, s->steps, r->data, r->size, ev, e);
}

int schema_decode(const struct schema *s, const void *data, size_t size, uint64_t ts, int cpu, struct event *ev,
		  struct error *e)
{
	const struct record r = {data, size, ts};

	return schema_decode_as(s, schema_find(s, data, size), &r, cpu, ev, e);
}
