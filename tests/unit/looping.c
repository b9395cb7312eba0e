/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "looping.h"
#include "work.h"

static const char header_page[] = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
				  "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
				  "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
				  "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n";

#define NOTHING                                       \
	{                                             \
		.output = -1, .input = -1, .said = -1 \
	}

void open_wanted(struct looping *l, char **argv, const struct loop_options *wanted)
{
	struct error e;

	assert_int_equal(mkdir(work_path("events"), 0700), 0);
	assert_int_equal(mkdir(work_path("per_cpu"), 0700), 0);
	assert_int_equal(mkdir(work_path("per_cpu/cpu0"), 0700), 0);
	work_write("events/header_page", header_page);
	work_write("per_cpu/cpu0/stats", "entries: 0\noverrun: 0\n");
	assert_int_equal(mkfifo(work_path("per_cpu/cpu0/trace_pipe_raw"), 0600), 0);
	l->reader = reader_open(work_dir(), &e);
	assert_non_null(l->reader);
	l->pipe = open(work_path("per_cpu/cpu0/trace_pipe_raw"), O_WRONLY | O_CLOEXEC);
	assert_true(l->pipe >= 0);
	assert_int_equal(loop_block_signals(&e), 0);
	assert_int_equal(child_start(&l->child, argv, &e), 0);
	assert_int_equal(loop_open(&l->loop, &l->child, l->reader, wanted, &e), 0);
	assert_int_equal(child_release(&l->child, &e), 0);
}

void open_loop(struct looping *l, char **argv, int64_t duration, bool tick, int output)
{
	struct loop_options wanted = NOTHING_WANTED;

	wanted.duration = duration;
	wanted.tick = tick ? 1000000000 : 0;
	wanted.output = output;
	open_wanted(l, argv, &wanted);
}

enum loop_wake wait_loop(struct looping *l)
{
	struct error e;

	return loop_wait(&l->loop, &e);
}

void close_loop(struct looping *l)
{
	loop_close(&l->loop);
	loop_close(&l->loop); /* does nothing */
	child_close(&l->child);
	reader_close(l->reader);
	close(l->pipe);
}
