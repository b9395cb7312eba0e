/* SPDX-License-Identifier: MIT */
/*
 * The head of a version 6 file, in the order that the format prescribes.
 */
#include <string.h>

#include "format.h"
#include "writer_head.h"
#include "writer_parts.h"

static void put_table(FILE *out, const struct dat_contents *c, int cpus, const uint64_t *sizes, uint64_t *offsets)
{
	const char *clock;
	size_t clock_size;
	uint64_t at;

	clock_of(c->trace_clock, &clock, &clock_size);
	put_string(out, DAT_TAG_FLYRECORD);
	at = (uint64_t)ftello(out) + 16 * (uint64_t)cpus;
	if (c->trace_clock[0])
		at += 8 + clock_size;
	for (int i = 0; i < cpus; i++) {
		at = align_pages(at, c->subbuf_size);
		offsets[i] = at;
		put_u64(out, at);
		put_u64(out, sizes[i]);
		at += sizes[i];
	}
	/* Announced by the option. */
	if (c->trace_clock[0])
		put_text64(out, clock, clock_size);
}

int writer_head(FILE *out, const struct dat_contents *c, int cpus, const uint64_t *sizes, uint64_t *offsets,
		struct error *e)
{
	if (check_contents(c, e))
		return -1;
	put_start(out, c, "6");
	put_headers(out, c);
	put_u32(out, 0); /* formats of ftrace's own events */
	put_events(out, c);
	put_text32(out, c->kallsyms);
	put_text32(out, ""); /* printk formats */
	put_text64(out, c->cmdlines, strlen(c->cmdlines));
	put_u32(out, (uint32_t)cpus);
	put_string(out, DAT_TAG_OPTIONS);
	if (put_options(out, c, cpus, e))
		return -1;
	put_u16(out, DAT_OPTION_DONE);
	put_table(out, c, cpus, sizes, offsets);
	if (ferror(out))
		return error_errno(e, "cannot put the recording's head together");
	return 0;
}
