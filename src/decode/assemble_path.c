/* SPDX-License-Identifier: MIT */
/*
 * Names of a file and its parents, leaf first, to a path. It is built from its
 * end, in the buffer's end: whatever does not fit is cut at the front, and a
 * path that was cut begins with ".../".
 */
#include <string.h>

#include "assemble_private.h"

static const char cut_mark[] = "...";
#define CUT_SIZE (sizeof(cut_mark) - 1)

struct builder {
	char *start; /* of the buffer, behind the room for the mark */
	char *pos;   /* where the path begins so far */
};

static bool prepend(struct builder *b, const char *text, size_t size)
{
	if (size > (size_t)(b->pos - b->start))
		return false;
	b->pos -= size;
	memcpy(b->pos, text, size);
	return true;
}

static bool is_root(const struct span *name)
{
	return name->size == 1 && name->data[0] == '/';
}

static bool same_name(const struct span *a, const struct span *b)
{
	return a->size == b->size && !memcmp(a->data, b->data, a->size);
}

/* A dentry that is its own parent repeats its name for ever; of a chain that was cut this loses nothing certain. */
static unsigned without_repetition(const struct event *ev)
{
	unsigned count = ev->names_count;

	while (count > 1 && same_name(&ev->names[count - 1], &ev->names[count - 2]))
		count--;
	return count;
}

/* "/parent/leaf", nothing for the root itself. True: the chain reached the filesystem's root. */
static bool join_names(struct builder *b, const struct event *ev, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const struct span *name = &ev->names[i];

		if (is_root(name))
			return true;
		if ((size_t)(b->pos - b->start) < name->size + 1u)
			return false;
		prepend(b, name->data, name->size);
		prepend(b, "/", 1);
	}
	return false;
}

/* What is mounted may be a part of the filesystem's tree; the path must lie in it. */
static bool strip_mount_root(struct builder *b, const char *root)
{
	size_t size = strlen(root);

	if (!strcmp(root, "/"))
		return true;
	if (strncmp(b->pos, root, size) || (b->pos[size] && b->pos[size] != '/'))
		return false;
	b->pos += size;
	return true;
}

static bool add_mount_point(struct builder *b, const struct mount *m)
{
	char *pos = b->pos;

	if (!strip_mount_root(b, m->root))
		return false;
	if (!strcmp(m->point, "/"))
		return *b->pos || prepend(b, "/", 1);
	if (prepend(b, m->point, strlen(m->point)))
		return true;
	b->pos = pos;
	return false;
}

const char *path_of(struct assemble *a, const struct event *ev, const struct mount *m)
{
	struct builder b = {a->path + CUT_SIZE, a->path + sizeof(a->path) - 1};
	bool whole;

	*b.pos = '\0';
	if (!ev->names_count)
		return b.pos;
	whole = is_root(&ev->names[ev->names_count - 1]);
	whole = join_names(&b, ev, whole ? ev->names_count : without_repetition(ev)) && whole;
	/* A filesystem of the kernel's own is mounted nowhere: its names stand alone. */
	if (m && !m->point[0])
		return *b.pos == '/' ? b.pos + 1 : b.pos;
	if (whole && m && add_mount_point(&b, m))
		return b.pos;
	if (!*b.pos)
		prepend(&b, "/", 1);
	b.pos -= CUT_SIZE;
	return memcpy(b.pos, cut_mark, CUT_SIZE);
}
