// SPDX-License-Identifier: MIT
/*
 * Removes what a falloctrace left behind that was killed together with its
 * watchdog. One that lives holds its instance's lock, and is left alone.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "kernel/tracefile.h"
#include "kernel/traces.h"

struct cleanup {
	const char *tracing;
	bool quiet;
	unsigned removed, alive, failed;
};

/* Probes without an instance have no lock: then the process that their name bears decides. */
static bool owner_lives(const struct cleanup *c, const char *name)
{
	char instance[64];
	pid_t pid = atoi(name + strlen(TRACES_PREFIX));

	snprintf(instance, sizeof(instance), "instances/%s", name);
	if (trace_file_exists(c->tracing, instance))
		return !instance_is_dead(c->tracing, name);
	return kill(pid, 0) == 0 || errno == EPERM;
}

static int clean(void *ctx, const char *name, struct error *e)
{
	struct cleanup *c = ctx;

	if (owner_lives(c, name)) {
		c->alive++;
		if (!c->quiet)
			printf("%s: in use, left alone\n", name);
		return 0;
	}
	/* One that can't be removed is no reason to leave the others. */
	if (traces_remove(c->tracing, name, e)) {
		c->failed++;
		return 0;
	}
	c->removed++;
	if (!c->quiet)
		printf("%s: removed\n", name);
	return 0;
}

int cmd_cleanup(const struct options *o, struct error *e)
{
	struct cleanup c = {.tracing = tracing_dir(e), .quiet = o->quiet};

	if (!c.tracing || traces_each(c.tracing, clean, &c, e) || c.failed)
		return -1;
	if (!c.removed && !c.alive && !c.quiet)
		printf("nothing was left behind\n");
	return 0;
}
