/* SPDX-License-Identifier: MIT */
/*
 * The names of a file's events, for the one who wonders what is in it.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"

#define NAME_ROOM 256 /* system and event, each of which the kernel limits to 64; more of the text is not read */
#define MORE_ROOM 32  /* " and 1234 more" */

/* Names are shown on terminals: what the kernel would not take as one is none. */
static bool plain(const char *name)
{
	const char *p;

	for (p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("_-.:", *p))
			return false;
	return *name;
}

/* A format's text begins with "name: NAME\nID: NUMBER\n". False: it does not. *id -1: it is not to be found. */
static bool event_name(const struct dat_reader *r, const struct format_text *f, char *name, size_t size, int *id)
{
	size_t room = f->text.size < NAME_ROOM ? f->text.size : NAME_ROOM;
	struct error ignored;
	char *text, *end;
	bool good;

	*id = -1;
	text = file_text(f->text.file, f->text.at, room, &ignored);
	if (!text)
		return false;
	end = strchr(text, '\n');
	good = end && !strncmp(text, "name: ", 6);
	if (good) {
		*end = 0;
		good = snprintf(name, size, "%s:%s", r->systems[f->system], text + 6) < (int)size && plain(name);
		if (sscanf(end + 1, "ID: %9d", id) != 1 || *id < 0)
			*id = -1;
	}
	free(text);
	return good;
}

bool dat_reader_event(const struct dat_reader *r, size_t n, char *buf, size_t size, int *id)
{
	if (n >= r->formats_count)
		return false;
	if (!event_name(r, &r->formats[n], buf, size, id))
		snprintf(buf, size, "?");
	return true;
}

char *dat_reader_event_names(const struct dat_reader *r, char *buf, size_t size)
{
	char name[NAME_ROOM];
	size_t used = 0, i, n;
	int id;

	*buf = 0;
	for (i = 0; i < r->formats_count; i++) {
		dat_reader_event(r, i, name, sizeof(name), &id);
		n = strlen(name);
		if (used + n + 2 + MORE_ROOM > size)
			break;
		used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? ", " : "", name);
	}
	if (i < r->formats_count)
		snprintf(buf + used, size - used, " and %zu more", r->formats_count - i);
	return buf;
}
