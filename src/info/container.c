/* SPDX-License-Identifier: MIT */
#include "container.h"

#include <string.h>

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool is_id(const char *text, size_t size)
{
	if (size != CONTAINER_ID_SIZE)
		return false;
	while (size && is_hex(text[size - 1]))
		size--;
	return !size;
}

static bool begins(const char *text, size_t size, const char *with)
{
	size_t n = strlen(with);

	return size > n && !memcmp(text, with, n);
}

static bool ends(const char *text, size_t size, const char *with)
{
	size_t n = strlen(with);

	return size > n && !memcmp(text + size - n, with, n);
}

static bool take(char id[CONTAINER_SIZE], const char *text, size_t size)
{
	if (!size || size >= CONTAINER_SIZE)
		return false;
	memcpy(id, text, size);
	id[size] = '\0';
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "\x2d" in a unit's name is a byte of the machine's. One that would be NUL stays as it is. */
static bool take_unescaped(char id[CONTAINER_SIZE], const char *text, size_t size)
{
	size_t used = 0;

	if (!size || size >= CONTAINER_SIZE)
		return false;
	for (size_t i = 0; i < size; i++) {
		bool escaped = size - i >= 4 && text[i] == '\\' && text[i + 1] == 'x' && hex_digit(text[i + 2]) >= 0 &&
			       hex_digit(text[i + 3]) >= 0;
		int byte = escaped ? hex_digit(text[i + 2]) << 4 | hex_digit(text[i + 3]) : 0;

		id[used++] = byte ? (char)byte : text[i];
		i += byte ? 3 : 0;
	}
	id[used] = '\0';
	return true;
}

/* Behind the last of the characters that set what made it apart from its id. */
static const char *behind(const char *name, size_t size, const char *apart)
{
	while (size && !strchr(apart, name[size - 1]))
		size--;
	return name + size;
}

/* "docker-ID.scope", "x:cri-containerd:ID", "libpod-ID", "ID": of all that makes these the id is enough. */
static bool by_id(const char *name, size_t size, char id[CONTAINER_SIZE])
{
	const char *digits;
	size_t before;

	if (ends(name, size, ".scope"))
		size -= strlen(".scope");
	digits = behind(name, size, "-:");
	before = (size_t)(digits - name);
	if (!is_id(digits, size - before))
		return false;
	/* conmon watches a container, from outside. */
	if (before && (ends(name, before, "conmon-") || (before == 7 && !memcmp(name, "conmon-", 7))))
		return false;
	return take(id, digits, size - before);
}

static bool by_name(const char *before, size_t before_size, const char *name, size_t size, char id[CONTAINER_SIZE])
{
	static const char payload[] = "lxc.payload", machine[] = "machine-", scope[] = ".scope";

	if (begins(name, size, "lxc.payload."))
		return take(id, name + strlen("lxc.payload."), size - strlen("lxc.payload."));
	if ((before_size == 3 && !memcmp(before, "lxc", 3)) ||
	    (before_size == sizeof(payload) - 1 && !memcmp(before, payload, before_size)))
		return take(id, name, size);
	if (begins(name, size, machine) && ends(name, size, scope) && size > sizeof(machine) - 1 + sizeof(scope) - 1)
		return take_unescaped(id, name + sizeof(machine) - 1,
				      size - (sizeof(machine) - 1) - (sizeof(scope) - 1));
	return false;
}

/* From the innermost component on; with the one before it, for names that only a folder tells. */
bool container_of(const char *path, char id[CONTAINER_SIZE])
{
	const char *end = path + strlen(path);

	id[0] = '\0';
	while (end > path) {
		const char *name = end, *before;

		while (name > path && name[-1] != '/')
			name--;
		before = name > path ? name - 1 : name;
		while (before > path && before[-1] != '/')
			before--;
		if (by_id(name, (size_t)(end - name), id) ||
		    by_name(before, name > path ? (size_t)(name - 1 - before) : 0, name, (size_t)(end - name), id))
			return true;
		end = name > path ? name - 1 : path;
	}
	return false;
}

size_t container_short(const char *id)
{
	size_t size = strlen(id);

	return is_id(id, size) ? CONTAINER_SHORT : size;
}
