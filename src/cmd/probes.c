// SPDX-License-Identifier: MIT
/*
 * The probes for use by hand, or with trace-cmd: the lines that this kernel's
 * kprobe_events takes.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cmd/cmd.h"
#include "cmd/live.h"

#define GROUP "falloctrace"

int cmd_probes(const struct options *o, struct error *e)
{
	struct session_options so = {.buffer_size = o->buffer_size, .path_depth = o->path_depth, .deep = o->deep};
	struct probe *probes = NULL;
	size_t count;
	int result;

	result = session_probe_lines(&so, GROUP, &probes, &count, e);
	for (size_t i = 0; i < count && result == 0; i++)
		printf("%s\n", probes[i].line);
	free(probes);
	return result;
}
