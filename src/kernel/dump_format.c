// SPDX-License-Identifier: MIT
#include "kernel/dump_format.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Beyond a sub-buffer of 64 KiB there is no record. */
#define OFFSET_MAX 65536

/* "\tfield:u64 NAME;\toffset:16;\tsize:8;\tsigned:0;" */
static bool field_at(const char *text, const char *name, size_t *offset)
{
	char wanted[64];
	const char *at;
	unsigned value, size;

	snprintf(wanted, sizeof(wanted), " %s;\toffset:", name);
	at = strstr(text, wanted);
	if (!at || sscanf(at + strlen(wanted), "%u; size:%u;", &value, &size) != 2)
		return false;
	*offset = value;
	return size == 8 && value < OFFSET_MAX;
}

int dump_format_read(struct dump_format *f, const char *text, char type, size_t count, struct error *e)
{
	const char *id = strstr(text, "\nID: ");
	char last[32];
	size_t at;

	if (!id || sscanf(id, "\nID: %d", &f->id) != 1 ||
	    !field_at(text, type == 'r' ? "__probe_ret_ip" : "__probe_ip", &f->ip))
		return error_set(e, "a probe's format is not known");
	f->words = f->ip + 8;
	f->length = f->words + 8 * count;
	if (!count)
		return 0;
	/* Arguments without a name of their own are arg1, arg2 … */
	snprintf(last, sizeof(last), "arg%zu", count);
	if (!field_at(text, "arg1", &f->words) || !field_at(text, last, &at) || at != f->words + 8 * (count - 1))
		return error_set(e, "the arguments of a probe lie elsewhere than expected");
	f->length = at + 8;
	return 0;
}
