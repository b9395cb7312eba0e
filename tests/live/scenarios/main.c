/* SPDX-License-Identifier: MIT */
/*
 * scenarios list: what there is, a line each: name, kind of filesystem, its MiB, where it is mounted
 * scenarios NAME: does it in the directory of that line, and prints the truth
 */
#define _GNU_SOURCE
#include "scenario.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

static const struct scenario *const groups[] = {databases, logs, images, quiet};
enum { GROUPS = sizeof(groups) / sizeof(groups[0]) };

static int list(void)
{
	for (int g = 0; g < GROUPS; g++)
		for (const struct scenario *s = groups[g]; s->name; s++)
			printf("%s %s %d %s\n", s->name, s->fs, s->mib, s->dir);
	return 0;
}

static const struct scenario *find(const char *name)
{
	for (int g = 0; g < GROUPS; g++)
		for (const struct scenario *s = groups[g]; s->name; s++)
			if (!strcmp(s->name, name))
				return s;
	return NULL;
}

int main(int argc, char **argv)
{
	const struct scenario *s;
	struct run *r;

	if (argc == 2 && !strcmp(argv[1], "list"))
		return list();
	s = argc == 2 ? find(argv[1]) : NULL;
	if (!s) {
		fputs("usage: scenarios list | NAME\n", stderr);
		return 2;
	}
	r = run_new(s);
	prctl(PR_SET_NAME, s->comm);
	s->go(r);
	run_print(r);
	return 0;
}
