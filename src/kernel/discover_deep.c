// SPDX-License-Identifier: MIT
#include "kernel/discover_deep.h"

#include "kernel/args.h"

/*
 * struct file_operations has some thirty functions, and fallocate is one of the
 * last ten: bytes from its beginning that are looked at (200 to 224 on 5.10 to 7.2).
 */
#define SLOT_FIRST 160
#define SLOT_END 272
#define ENTRY_MAX 16 /* bytes before the place at which a probe at a function's beginning sits */

void discover_deep_define(struct dumper *d, const struct arch *a, const struct taken *first, struct deep_dumps *deep)
{
	struct args args = {0};
	struct error ignored;

	/* Of two memfds it is the same. */
	for (int w = 0; w < FILE_WORDS; w++) {
		if (!is_kernel_pointer(first->words[0][w]) || first->words[0][w] != first->words[1][w])
			continue;
		for (int slot = SLOT_FIRST; slot < SLOT_END && args.count < DUMP_WORDS; slot += 8) {
			deep->words[args.count] = w;
			deep->slots[args.count] = slot;
			args_add(&args, " +%d(+%d(%s)):u64", slot, w * 8, a->args[0]);
		}
	}
	if (args.count)
		deep->dump = dumper_add(d, 'p', "fop", "shmem_fallocate", args.text, args.count, &ignored);
}

void discover_deep_find(const struct deep_dumps *deep, struct layout *l)
{
	for (size_t i = 0; deep->dump && i < deep->dump->count && l->f_op == NO_OFFSET; i++) {
		uint64_t word = deep->dump->words[i];

		if (!deep->dump->ip || !word || deep->dump->ip - word > ENTRY_MAX)
			continue;
		l->f_op = deep->words[i] * 8;
		l->fop_fallocate = deep->slots[i];
	}
}
