// SPDX-License-Identifier: MIT
/*
 * Removes what a falloctrace left behind that was killed together with its
 * watchdog. One that lives holds its instance's lock, and is left alone; whether
 * there is a process of that number says nothing: numbers are used again.
 */
#include <stdio.h>

#include "cmd/cmd.h"
#include "kernel/caps.h"
#include "kernel/tracefile.h"
#include "kernel/traces.h"

struct cleanup {
	const char *tracing;
	bool quiet;
	unsigned removed, alive, failed;
};

static int clean(void *ctx, const char *name, struct error *e)
{
	struct cleanup *c = ctx;
	struct error why;
	int result = traces_remove(c->tracing, name, &why);

	/* One that can't be removed is no reason to leave the others. */
	if (result < 0) {
		c->failed++;
		*e = why;
		return 0;
	}
	if (result == TRACES_IN_USE)
		c->alive++;
	else
		c->removed++;
	if (!c->quiet)
		printf("%s: %s\n", name, result ? "in use, left alone" : "removed");
	return 0;
}

int cmd_cleanup(const struct options *o, struct error *e)
{
	struct cleanup c = {.quiet = o->quiet};

	if (caps_use(e))
		return -1;
	c.tracing = tracing_dir(e);
	if (!c.tracing || traces_each(c.tracing, clean, &c, e) || c.failed)
		return -1;
	if (!c.removed && !c.alive && !c.quiet)
		printf("nothing was left behind\n");
	return 0;
}
