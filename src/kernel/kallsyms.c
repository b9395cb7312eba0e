// SPDX-License-Identifier: MIT
#include "kernel/kallsyms.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where the next symbol isn't known, a function is taken to be no longer than this. */
#define LENGTH_MAX 65536

struct nearest {
	uint64_t addr;
	uint64_t start, end;
	char name[192];
};

int kallsyms_open(struct error *e)
{
	int fd = open("/proc/kallsyms", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? error_errno(e, "/proc/kallsyms") : fd;
}

/* "ffffffff81000000 T name\t[module]\n" */
static bool parse_line(char *line, uint64_t *addr, char *type, char **name)
{
	char *at;

	*addr = strtoull(line, &at, 16);
	if (at == line || *at != ' ' || !at[1] || at[2] != ' ')
		return false;
	*type = at[1];
	*name = at + 3;
	at = strpbrk(*name, "\t\n");
	if (at && *at == '\t')
		*at = ' ';
	at = strchr(*name, '\n');
	if (at)
		*at = '\0';
	return true;
}

static void look(struct nearest *n, uint64_t addr, bool function, const char *name)
{
	if (addr <= n->addr && addr >= n->start && function && addr) {
		n->start = addr;
		snprintf(n->name, sizeof(n->name), "%s", name);
	}
	if (addr > n->addr && addr < n->end)
		n->end = addr;
}

int kallsyms_resolve(int fd, const uint64_t *addrs, size_t count, struct symbols *s, struct error *e)
{
	struct nearest *nearest = calloc(count ? count : 1, sizeof(*nearest));
	char line[512], *name, type;
	bool any = false;
	uint64_t addr;
	FILE *f = NULL;
	int copy = dup(fd), result = 0;

	if (copy >= 0 && lseek(copy, 0, SEEK_SET) == 0)
		f = fdopen(copy, "r");
	if (!f || !nearest) {
		free(nearest);
		if (copy >= 0)
			close(copy);
		return error_errno(e, "/proc/kallsyms");
	}
	for (size_t i = 0; i < count; i++)
		nearest[i] = (struct nearest){.addr = addrs[i], .end = UINT64_MAX};
	while (fgets(line, sizeof(line), f)) {
		if (!parse_line(line, &addr, &type, &name))
			continue;
		any = any || addr;
		for (size_t i = 0; i < count; i++)
			look(&nearest[i], addr,
			     tolower((unsigned char)type) == 't' || tolower((unsigned char)type) == 'w', name);
	}
	fclose(f);
	if (!any)
		result = error_set(
			e,
			"/proc/kallsyms shows no addresses: without CAP_SYSLOG, or where kernel.kptr_restrict is 2, callers have no names");
	for (size_t i = 0; i < count && any && !result; i++) {
		struct nearest *n = &nearest[i];

		if (n->end - n->start > LENGTH_MAX)
			n->end = n->start + LENGTH_MAX;
		if (n->name[0] && n->addr < n->end && symbols_add(s, n->start, n->end, n->name))
			result = error_errno(e, "out of memory");
	}
	free(nearest);
	return result;
}
