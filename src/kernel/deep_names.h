/* SPDX-License-Identifier: MIT */
/*
 * Which functions of a kernel are a filesystem's own fallocate: those that are
 * known, and those that are called so. Text only: nothing here touches the kernel.
 */
#ifndef FALLOCTRACE_KERNEL_DEEP_NAMES_H
#define FALLOCTRACE_KERNEL_DEEP_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define DEEP_MAX 64	    /* functions */
#define DEEP_NAME_SIZE 64   /* a longer one is passed over */
#define DEEP_PLACE_SIZE 128 /* "module:function" */

enum deep_state {
	DEEP_HERE,    /* the kernel has it */
	DEEP_LATER,   /* of a module that is not loaded: the kernel puts the probe there when it is */
	DEEP_REFUSED, /* the kernel would not have a probe there */
};

struct deep_function {
	char module[DEEP_NAME_SIZE]; /* "": the kernel's own */
	char name[DEEP_NAME_SIZE];
	bool known; /* by the table; else only its name speaks for it */
	enum deep_state state;
};

struct deep_functions {
	struct deep_function list[DEEP_MAX];
	size_t count;
};

/* Whether a function of that name, which the table does not have, may be one. */
bool deep_may_be(const char *name);
/*
 * Adds those that kallsyms has: known ones, and others where guess is set. All
 * of its lines are read. Those that are there already are left alone. How many
 * were added.
 */
size_t deep_find(struct deep_functions *d, FILE *kallsyms, bool guess);
/*
 * Adds the known ones that are not here, of modules that could be loaded: those
 * that modules.dep (text; NULL: not to be had) has. To be called after deep_find.
 */
void deep_find_later(struct deep_functions *d, const char *modules_dep);
/* How kprobe_events names it: "function", "module:function". */
void deep_place(const struct deep_function *f, char place[DEEP_PLACE_SIZE]);

#endif
