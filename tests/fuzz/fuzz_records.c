/* SPDX-License-Identifier: MIT */
/*
 * Records of events that are known, whatever is in them, decoded and assembled;
 * calls go to the sinks. The input: a byte each that tells the format, what the
 * file's notes say, and what is distrusted; then items of {event and thread,
 * time since the one before and buffer, size, bytes}.
 */
#include <stdlib.h>
#include <string.h>

#include "falloctrace/assemble.h"
#include "falloctrace/filter.h"
#include "falloctrace/schema.h"
#include "falloctrace/sink.h"
#include "fuzz.h"

#define FORMATS 4

struct bench {
	struct watch *text_watch, *json_watch;
	struct schema *schemas[FORMATS];
	struct filter filter;
};

struct run {
	const struct page_format *format;
	const struct schema *schema;
	struct trace_info info;
	struct assemble *assemble;
	struct sink *text, *json;
	const struct filter *filter;
	uint64_t ts;
	uint64_t opened, calls;
};

static void add_formats(struct schema *s, int long_size)
{
	static char text[16384];
	struct error e;

	schema_set_machine(s, long_size == 8 ? "x86_64" : "i686");
	for (size_t i = 0; i < sample_events_count; i++)
		if (schema_add(s, sample_events[i].system, text,
			       sample_format(&sample_events[i], long_size, text, sizeof(text)), &e) < 0)
			finding("%s: %s", sample_events[i].name, e.text);
}

static const struct bench *get_bench(void)
{
	static struct bench b;
	struct error e;

	if (b.text_watch)
		return &b;
	for (unsigned i = 0; i < FORMATS; i++) {
		struct page_format f = page_format_of(i);

		b.schemas[i] = schema_new(&f);
		if (!b.schemas[i])
			abort();
		add_formats(b.schemas[i], f.long_size);
	}
	filter_init(&b.filter);
	if (filter_add_path(&b.filter, "*a*", &e) || filter_add_comms(&b.filter, "a,b", &e) ||
	    filter_add_ops(&b.filter, "punch,extend,invalid", &e) || filter_add_pids(&b.filter, "1,2", &e))
		abort();
	b.filter.follow = true;
	b.json_watch = watch_new(WATCH_JSON);
	b.text_watch = watch_new(WATCH_TEXT);
	return &b;
}

static void check_call(const struct call *c, int depth)
{
	if (c->depth != depth || depth > 64)
		finding("depth %d is told of a call that lies %d deep", c->depth, depth);
	if (!memchr(c->path, 0, sizeof(c->path)) || !memchr(c->comm, 0, sizeof(c->comm)) ||
	    !memchr(c->fs, 0, sizeof(c->fs)) || !memchr(c->caller, 0, sizeof(c->caller)))
		finding("a text has no end");
	if ((unsigned)c->op > OP_COUNT || (unsigned)c->via >= VIA_COUNT || c->odd >> ODD_COUNT)
		finding("op %d, via %d, odd 0x%x", (int)c->op, (int)c->via, c->odd);
	if (c->has_ret && c->odd & ODD_UNFINISHED && c->has_end)
		finding("a call without an end has one");
	for (const struct call *inner = c->inner; inner; inner = inner->next)
		check_call(inner, depth + 1);
}

static int on_call(void *ctx, const struct call *c, struct error *e)
{
	struct run *r = ctx;

	check_call(c, 0);
	r->calls++;
	filter_match(r->filter, c, &r->info);
	return r->text->ops->call(r->text, c, e) || r->json->ops->call(r->json, c, e) ? -1 : 0;
}

static int on_lost(void *ctx, const struct event *lost, struct error *e)
{
	struct run *r = ctx;
	struct loss l = {.host = "", .cpu = lost->cpu, .count = lost->lost, .has_before = true, .before = lost->ts};

	return r->text->ops->lost(r->text, &l, e) || r->json->ops->lost(r->json, &l, e) ? -1 : 0;
}

static void find_symbol(void *ctx, struct symbols *s, uint64_t addr)
{
	(void)ctx;
	if (addr & 1)
		symbols_add(s, addr, addr + 1, addr & 2 ? "evil\033[2J\xc2\x9b\xff" : "__x64_sys_fallocate");
}

static void set_info(struct trace_info *info, unsigned bits, unsigned distrust)
{
	static const char notes[] = "falloctrace 1\nhost h\033\nclock mono\nutc_offset 1700000000000000000\n"
				    "mount 1 0:1 inode 1 / /a ext4\nmount 2 0:2 nblocks 8 /sub /b\\033 xfs\n"
				    "mount 3 0:1 untrusted 0 /x /c overlay\ninternal 0:3 inode 1 tmpfs\n"
				    "symbol 100 200 ovl_fallocate\nsymbol 200 300 do_vfs_ioctl\n"
				    "symbol 300 400 kretprobe_trampoline\nsymbol 400 500 vfs_fallocate\n"
				    "symbol 500 600 lo_fallocate\\040[loop]\ntask 1 1 0\ntask 2 1 1\n";
	struct error e;

	info_init(info);
	if (bits & 1 && info_parse(info, notes, sizeof(notes) - 1, &e))
		finding("%s", e.text);
	info->sizes_after_seen = bits & 2;
	info->fallocate_nr = bits & 4 ? 1 : 0;
	info->ticks = bits & 8;
	if (bits & 16)
		info->find_symbol = find_symbol;
	/* a bit each, and all */
	if (bits & 32)
		info->distrust = distrust == 255 ? UINT32_MAX : 1u << distrust % 20;
}

static void give(struct run *r, const struct event *ev)
{
	struct error e = {.text = ""};

	if (assemble_event(r->assemble, ev, &e))
		finding("%s", e.text);
}

static void give_loss(struct run *r, unsigned buffer, unsigned count)
{
	struct event ev = {.kind = EVENT_LOST, .cpu = (int)buffer, .buffer = (int32_t)buffer, .ts = r->ts};

	ev.lost = count == 255 ? LOST_UNKNOWN : count + 1;
	give(r, &ev);
}

static void give_record(struct run *r, unsigned what, unsigned buffer, const uint8_t *bytes, size_t size)
{
	size_t which = what % 32;
	unsigned char *record = malloc(size + 8);
	struct error e = {.text = ""};
	struct event ev;

	if (!record)
		abort();
	memset(record, 0, 8);
	memcpy(record + 8, bytes, size);
	record[r->format->big_endian] = (unsigned char)sample_events[which % sample_events_count].id;
	record[r->format->big_endian ? 7 : 4] = (unsigned char)(what >> 5);
	if (schema_decode(r->schema, record, size + 8, r->ts, (int)buffer, &ev, &e) > 0) {
		check_event(&ev, record, size + 8);
		ev.buffer = (int32_t)buffer;
		give(r, &ev);
	} else {
		watch_text(e.text);
	}
	free(record);
}

static void give_all(struct run *r, const uint8_t *data, size_t size)
{
	while (size >= 3) {
		size_t length = data[2];

		r->ts += data[1] & 63;
		if (length > size - 3)
			length = size - 3;
		if (data[0] % 32 == 31)
			give_loss(r, data[1] >> 6, data[2]);
		else
			give_record(r, data[0], data[1] >> 6, data + 3, length);
		data += 3 + length;
		size -= 3 + length;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bench *b = get_bench();
	struct page_format format;
	struct sink_options o = {0};
	struct run r = {.ts = 1000000, .filter = &b->filter, .format = &format};
	struct assemble_target target = {.call = on_call, .lost = on_lost, .ctx = &r};
	struct error e;

	if (size < 3)
		return 0;
	format = page_format_of(data[0]);
	r.schema = b->schemas[data[0] % FORMATS];
	memory_begin(1 << 20, 64, size);
	set_info(&r.info, data[1], data[2]);
	r.assemble = assemble_new(&r.info, &target);
	o.human = data[0] & 4;
	o.nested = data[0] & 8;
	o.time = (enum time_style)(data[0] >> 4 & 3);
	o.out = watch_begin(b->text_watch, WATCH_TEXT);
	r.text = sink_text_new(&o);
	o.out = watch_begin(b->json_watch, WATCH_JSON);
	r.json = sink_json_new(&o);
	if (!r.assemble || !r.text || !r.json)
		abort();
	give_all(&r, data + 3, size - 3);
	if (assemble_end(r.assemble, &e))
		finding("%s", e.text);
	watch_end(b->text_watch, true);
	watch_end(b->json_watch, true);
	r.text->ops->free(r.text);
	r.json->ops->free(r.json);
	assemble_free(r.assemble);
	info_free(&r.info);
	memory_end();
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	return mutate_in_place(data, size, room, seed);
}
