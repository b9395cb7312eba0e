// SPDX-License-Identifier: MIT
#include "kernel/discover_truncate.h"

#include <string.h>
#include <unistd.h>

#include "kernel/args.h"

#define FILES 2 /* the memfds: our program can't be truncated */
#define ARGS 4
#define DENTRY_WORDS 24

/* A dump of each memfd's truncate. False: it was not seen. */
static bool dump_each(struct dumper *d, const struct dump *dump, const struct specimen s[SPECIMENS],
		      uint64_t words[FILES][DENTRY_WORDS])
{
	struct error ignored;

	if (dumper_arm(d, &ignored))
		return false;
	for (int i = 0; i < FILES; i++) {
		if (ftruncate(s[i].fd, (off_t)s[i].size) || dumper_collect(d, &ignored) || !dump->hit)
			return false;
		memcpy(words[i], dump->words, DENTRY_WORDS * sizeof(words[i][0]));
	}
	return true;
}

/* The new size is the argument behind the dentry in all kernels. */
static int find_dentry(uint64_t words[FILES][DENTRY_WORDS], const struct specimen s[SPECIMENS])
{
	for (int i = 1; i < ARGS; i++)
		if (words[0][i] == s[0].size && words[1][i] == s[1].size && is_kernel_pointer(words[0][i - 1]) &&
		    is_kernel_pointer(words[1][i - 1]) && words[0][i - 1] != words[1][i - 1])
			return i - 1;
	return NO_OFFSET;
}

void discover_truncate(struct dumper *d, const struct arch *a, const struct specimen s[SPECIMENS],
		       const uint64_t inodes[SPECIMENS], struct layout *l)
{
	uint64_t words[FILES][DENTRY_WORDS];
	struct args args = {0}, target = {0};
	struct error ignored;
	struct dump *dump;
	int dentry;

	for (int i = 0; i < ARGS; i++)
		args_add(&args, " %s:u64", a->args[i]);
	dump = dumper_add(d, 'p', "truncate", "do_truncate", args.text, args.count, &ignored);
	if (!dump || !dump_each(d, dump, s, words))
		return;
	dentry = find_dentry(words, s);
	if (dentry == NO_OFFSET)
		return;
	for (int i = 0; i < DENTRY_WORDS; i++)
		args_add(&target, " +%d(%s):u64", i * 8, a->args[dentry]);
	dump = dumper_add(d, 'p', "dentry", "do_truncate", target.text, target.count, &ignored);
	if (!dump || !dump_each(d, dump, s, words))
		return;
	for (int i = 0; i < DENTRY_WORDS; i++)
		if (words[0][i] == inodes[0] && words[1][i] == inodes[1]) {
			l->trunc_dentry = dentry;
			l->d_inode = i * 8;
			return;
		}
}
