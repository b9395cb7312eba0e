/* SPDX-License-Identifier: MIT */
#include "filter/cgroup.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "info/cgroups.h"
#include "info/container.h"

#define MOUNTED "/sys/fs/cgroup"
#define HEX "0123456789abcdef"

static bool is_all(const char *text, const char *of)
{
	return *text && text[strspn(text, of)] == '\0';
}

static bool is_glob(const char *text)
{
	return strpbrk(text, "*?[");
}

/* Whether one of the names between slashes is "." or "..", or empty but for the first and the last. */
static bool has_odd_name(const char *text)
{
	for (const char *name = text; *name;) {
		size_t size = strcspn(name, "/");

		if ((size == 1 && name[0] == '.') || (size == 2 && name[0] == '.' && name[1] == '.') ||
		    (!size && name != text))
			return true;
		name += size;
		name += *name == '/';
	}
	return false;
}

const char *cgroup_pattern_wrong(const char *text)
{
	size_t size = strlen(text);

	if (!size)
		return "is empty";
	if (size > CGROUP_PATH_MAX)
		return "is longer than any cgroup's path";
	if (!strncmp(text, MOUNTED, strlen(MOUNTED)) && strchr("/", text[strlen(MOUNTED)]))
		return "is where cgroups are mounted: leave " MOUNTED
		       " away (of version 1 the controller's folder, too), as in /system.slice/cron.service";
	if (has_odd_name(text))
		return "has a '.', '..' or '//', which no cgroup's path has";
	if (is_all(text, HEX) && size > CONTAINER_ID_SIZE)
		return "is longer than the 64 digits of a container's id";
	if (!is_all(text, HEX) && is_all(text, HEX "ABCDEF") && size >= CONTAINER_SHORT)
		return "has capitals, which no container's id has";
	return NULL;
}

char *cgroup_pattern(const char *text)
{
	bool from_root = text[0] == '/' || !strchr(text, '/') || is_glob((const char[]){text[0], '\0'});
	char *pattern = malloc(strlen(text) + 2);
	size_t size;

	if (!pattern)
		return NULL;
	/* "system.slice/cron.service" can only mean one. */
	pattern[0] = '/';
	strcpy(pattern + !from_root, text);
	size = strlen(pattern);
	while (size > 1 && pattern[size - 1] == '/')
		pattern[--size] = '\0';
	return pattern;
}

static bool equals(const char *pattern, bool glob, const char *text, size_t size)
{
	char copy[CGROUP_PATH_MAX + 1];

	if (!glob)
		return !strncmp(pattern, text, size) && !pattern[size];
	if (size > CGROUP_PATH_MAX)
		return false;
	memcpy(copy, text, size);
	copy[size] = '\0';
	return !fnmatch(pattern, copy, FNM_NOESCAPE);
}

/* Whether path, or one of those that it is below, is the pattern's. */
static bool path_matches(const char *pattern, bool glob, const char *path)
{
	size_t size = strlen(path);

	if (!strcmp(pattern, "/"))
		return true;
	while (size) {
		if (equals(pattern, glob, path, size))
			return true;
		while (size && path[size - 1] != '/')
			size--;
		size -= size != 0;
	}
	return false;
}

static bool name_matches(const char *pattern, bool glob, const char *path)
{
	while (*path) {
		size_t size = strcspn(path, "/");

		if (size && equals(pattern, glob, path, size))
			return true;
		path += size;
		path += *path == '/';
	}
	return false;
}

static bool container_matches(const char *pattern, bool glob, const char *container)
{
	size_t size = container ? strlen(container) : 0;

	if (!size)
		return false;
	return equals(pattern, glob, container, size) ||
	       (size == CONTAINER_ID_SIZE && is_all(container, HEX) && is_all(pattern, HEX) &&
		!strncmp(pattern, container, strlen(pattern)));
}

bool cgroup_matches(const char *pattern, const char *path, const char *container)
{
	bool glob = is_glob(pattern);

	if (!path || !*path)
		return false;
	if (strchr(pattern, '/'))
		return path_matches(pattern, glob, path);
	return name_matches(pattern, glob, path) || container_matches(pattern, glob, container);
}
