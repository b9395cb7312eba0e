/* SPDX-License-Identifier: MIT */
/*
 * 32-bit calls on a 64-bit kernel. x86-64 makes them out of 64-bit code; arm64 has no such way, and there it is this
 * same program, built for 32 bits and named workload32, that makes them and goes on with the log.
 */
#define _GNU_SOURCE
#include "workload.h"

#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST 1000000 /* calls of each workload32 are numbered from a multiple of this */

extern char **environ;
static atomic_int children;

/* argv: LOG FIRST DIR COMM */
int compat_main(char **argv)
{
	struct worker w = {.dir = argv[2]};

	if (!compat_works())
		return 1;
	prctl(PR_SET_NAME, argv[3]);
	log_append(argv[0], atoi(argv[1]));
	one_way(&w, WAY_COMPAT, "by compat");
	return 0;
}

void compat_ways(struct worker *w)
{
	char first[16], *argv[] = {"workload32", "compat", (char *)w->log, first, (char *)w->dir, w->comm, NULL};
	int status;
	pid_t pid;

	if (compat_works()) {
		one_way(w, WAY_COMPAT, "by compat");
		return;
	}
	snprintf(first, sizeof(first), "%d", FIRST * (1 + atomic_fetch_add(&children, 1)));
	if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ))
		return;
	if (waitpid(pid, &status, 0) != pid || status)
		die("workload32");
}
