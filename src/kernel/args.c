// SPDX-License-Identifier: MIT
#include "kernel/args.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void args_add(struct args *a, const char *fmt, ...)
{
	size_t used = strlen(a->text);
	va_list list;

	va_start(list, fmt);
	vsnprintf(a->text + used, sizeof(a->text) - used, fmt, list);
	va_end(list);
	a->count++;
}
