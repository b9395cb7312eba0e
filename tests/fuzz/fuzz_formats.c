/* SPDX-License-Identifier: MIT */
/*
 * A byte that tells the byte order and the long, one that tells the system, then
 * an event's format text. If it is taken, records of all sizes are decoded by it.
 */
#include <stdlib.h>
#include <string.h>

#include "falloctrace/schema.h"
#include "fuzz.h"

#define RECORD_MAX 300

static const char *const systems[] = {"falloctrace", "syscalls", "task", "ext4",
				      "kprobes",     "mine",	 "xfs",	 "raw_syscalls"};

/* The record's own bytes, so that offsets and lengths in it are of all kinds. */
static void decode(const struct schema *s, const struct page_format *f, int id, size_t size, unsigned byte)
{
	unsigned char *record = malloc(size);
	struct error e = {.text = ""};
	struct event ev;

	if (!record)
		abort();
	for (size_t i = 0; i < size; i++)
		record[i] = (unsigned char)(byte + i * byte / 8);
	record[f->big_endian] = (unsigned char)id;
	record[!f->big_endian] = (unsigned char)(id >> 8);
	if (schema_record_id(s, record, size) != id)
		finding("a record has another id than it has");
	if (schema_decode(s, record, size, 1000, 1, &ev, &e) > 0)
		check_event(&ev, record, size);
	else
		watch_text(e.text);
	free(record);
}

static void decode_all(const struct schema *s, const struct page_format *f, const char *text, size_t size)
{
	const char *at = memmem(text, size, "ID:", 3);
	char digits[16] = "";
	int id;

	if (!at)
		finding("a format without an ID is taken");
	memcpy(digits, at + 3, size - (size_t)(at + 3 - text) < 15 ? size - (size_t)(at + 3 - text) : 15);
	id = atoi(digits);
	for (size_t length = 2; length <= RECORD_MAX; length += length < 16 ? 1 : 37)
		for (unsigned byte = 0; byte < 4; byte++)
			decode(s, f, id, length, byte);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error e = {.text = ""};
	struct page_format f;
	struct schema *s;
	const char *text;
	int ret;

	if (size < 2)
		return 0;
	f = page_format_of(data[0]);
	text = (const char *)data + 2;
	memory_begin(1 << 20, 64, size);
	s = schema_new(&f);
	if (!s)
		abort();
	schema_set_machine(s, "x86_64");
	ret = schema_add(s, systems[data[1] % 8], text, size - 2, &e);
	if (ret > 0)
		decode_all(s, &f, text, size - 2);
	else if (ret < 0)
		watch_text(e.text);
	if (ret < 0 && !e.text[0])
		finding("it fails without a word");
	/* a return alone counts only when there is something that begins */
	if (schema_count(s) > (ret > 0))
		finding("%zu events are known", schema_count(s));
	schema_free(s);
	memory_end();
	return 0;
}
