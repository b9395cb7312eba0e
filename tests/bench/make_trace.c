/* SPDX-License-Identifier: MIT */
/*
 * make_trace [-p] [-s SEED] EVENTS FILE
 *
 * Writes a recording of a busy machine that never was: fallocates of some
 * hundred threads in some thousand files, on 4 CPUs, as falloctrace record
 * leaves them on kernel 6.1 (with -p as on 6.9 and later, without vfs_done).
 * Formats, layout, padding of pages and notes are those of real recordings; the
 * same seed gives the same file. Prints what was put in (calls of overlayfs to
 * the filesystem below are calls, too):
 *
 *   events N entered N returned N failed N lost N seconds N
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "trace/trace.h"

static int make(struct maker *m, const char *path, struct error *e)
{
	char *cmdlines = NULL;
	size_t size;
	int ret = -1;

	m->w = dat_writer_create(path, CPUS, PAGE, e);
	m->cmdlines = open_memstream(&cmdlines, &size);
	if (m->w && (!m->cmdlines || trace_set_scene(m)))
		error_set(e, "out of memory");
	else if (m->w)
		ret = trace_run(m, e);
	if (m->cmdlines && fclose(m->cmdlines) && !ret)
		ret = error_set(e, "out of memory");
	if (!ret)
		ret = trace_finish(m, cmdlines, e);
	free(cmdlines);
	info_free(&m->info);
	dat_writer_close(m->w);
	return ret;
}

int main(int argc, char **argv)
{
	struct maker *m = calloc(1, sizeof(*m));
	struct error e = {.text = "out of memory"};
	int option, ret;

	while (m && (option = getopt(argc, argv, "ps:")) != -1) {
		if (option == 'p')
			m->pairs = true;
		else if (option == 's')
			m->random = strtoull(optarg, NULL, 0);
		else
			break;
	}
	if (argc - optind != 2) {
		fprintf(stderr, "usage: make_trace [-p] [-s SEED] EVENTS FILE\n");
		return 2;
	}
	if (m)
		m->wanted = strtoull(argv[optind], NULL, 10);
	ret = m ? make(m, argv[optind + 1], &e) : -1;
	if (ret)
		fprintf(stderr, "make_trace: %s\n", e.text);
	else
		printf("events %" PRIu64 " entered %" PRIu64 " returned %" PRIu64 " failed %" PRIu64 " lost %" PRIu64
		       " seconds %.1f\n",
		       m->events, m->entered, m->returned, m->failed, m->lost,
		       (double)(m->now - 500 * NS_PER_S) / (double)NS_PER_S);
	free(m);
	return ret ? 1 : 0;
}
