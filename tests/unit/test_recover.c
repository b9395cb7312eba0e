/* SPDX-License-Identifier: MIT */
/* What was captured before a recorder died is had back, page for page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "dat_image.h"
#include "falloctrace/dat_reader.h"
#include "falloctrace/event.h"
#include "recording.h"

#define CPUS 3

static int teardown(void **state)
{
	char command[900];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s.partial' '%s' '%s.other'", image_path(), image_path(),
		 image_path());
	return system(command);
}

static int recover(const char *file, const char *output, bool compress, struct error *e)
{
	struct options o = {.command = CMD_RECOVER,
			    .output = output,
			    .compress = compress,
			    .quiet = true,
			    .files = &file,
			    .files_count = 1};

	e->text[0] = '\0';
	return cmd_recover(&o, e);
}

static void must_recover(const unsigned *pages, bool lossy)
{
	struct error e;

	if (recover(image_path(), NULL, false, &e))
		fail_msg("%s", e.text);
	recording_expect(image_path(), CPUS, pages, lossy);
	assert_int_equal(access(recording_part(image_path(), "."), F_OK), -1);
}

/* Writes until it is killed; tells what it has handed to the kernel. */
static void write_forever(int told, unsigned seed)
{
	struct dat_writer *w = recording_begin(image_path(), CPUS);
	unsigned pages[CPUS] = {0};
	struct error e;

	for (;;) {
		for (int i = 0; i < 3; i++) {
			int cpu = rand_r(&seed) % CPUS;
			unsigned count = (unsigned)rand_r(&seed) % 50;

			recording_put(w, cpu, pages[cpu], count);
			pages[cpu] += count;
		}
		if (dat_writer_flush(w, &e) || write(told, pages, sizeof(pages)) != sizeof(pages))
			_exit(1);
		dat_writer_sync_soon(w);
	}
}

static void kill_one(unsigned round)
{
	struct timespec moment = {.tv_nsec = 1000 * (rand() % 20000)};
	unsigned told[CPUS] = {0}, pages[CPUS];
	struct error e;
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (!pid)
		write_forever(fds[1], round);
	close(fds[1]);
	nanosleep(&moment, NULL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	while (read(fds[0], pages, sizeof(pages)) == sizeof(pages))
		memcpy(told, pages, sizeof(told));
	close(fds[0]);
	for (int i = 0; i < CPUS; i++) {
		pages[i] = recording_kept(image_path(), i);
		assert_true(pages[i] >= told[i]);
	}
	if (pages[0] + pages[1] + pages[2]) {
		must_recover(pages, false);
		return;
	}
	assert_int_equal(told[0] + told[1] + told[2], 0);
	assert_int_equal(recover(image_path(), NULL, false, &e), -1);
	teardown(NULL);
}

static void killed_at_any_moment(void **state)
{
	(void)state;
	image_path(); /* the children's, too */
	for (unsigned round = 0; round < 60; round++)
		kill_one(round);
}

static void leave_behind(unsigned a, unsigned b, unsigned c)
{
	struct dat_writer *w = recording_begin(image_path(), CPUS);

	recording_put(w, 0, 0, a);
	recording_put(w, 1, 0, b);
	recording_put(w, 2, 0, c);
	dat_writer_close(w);
}

static void overwrite(const char *name, off_t at, const void *data, size_t size)
{
	int fd = open(recording_part(image_path(), name), O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, size, at), size);
	close(fd);
}

static void torn_ends(void **state)
{
	static const unsigned char zeros[2 * REC_PAGE];
	const unsigned pages[CPUS] = {4, 2, 7};
	unsigned char page[REC_PAGE];

	(void)state;
	leave_behind(4, 2, 8);
	recording_page(page, 0, 4);
	overwrite("cpu0", 4 * REC_PAGE, page, 1000);
	overwrite("cpu1", 2 * REC_PAGE, zeros, sizeof(zeros));
	overwrite("cpu2", 7 * REC_PAGE + 512, zeros, REC_PAGE - 512); /* its first block alone reached the disk */
	must_recover(pages, false);
}

/* Blocks reach the disk in any order: a hole is left out, and the page behind it tells of a loss. */
static void holes(void **state)
{
	static const unsigned char zeros[REC_PAGE];
	const unsigned holes_at[] = {0, 3, 4, 9};
	unsigned char want[REC_PAGE];
	unsigned next[] = {1, 2, 5, 6, 7, 8};
	struct dat_reader *r;
	struct source *s;
	struct page page;
	unsigned long commit, wanted;
	struct error e;

	(void)state;
	leave_behind(0, 10, 0);
	for (size_t i = 0; i < 4; i++)
		overwrite("cpu1", holes_at[i] * REC_PAGE, zeros, REC_PAGE);
	if (recover(image_path(), NULL, false, &e))
		fail_msg("%s", e.text);
	r = dat_reader_open(image_path(), &e);
	s = dat_reader_source(r);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(s->next(s, 0, &page, &e), PAGE_OK);
		recording_page(want, 1, next[i]);
		assert_memory_equal(page.data, want, 8);
		assert_memory_equal((const char *)page.data + 16, want + 16, REC_PAGE - 16);
		memcpy(&commit, (const char *)page.data + 8, sizeof(commit));
		memcpy(&wanted, want + 8, sizeof(wanted));
		assert_int_equal((uint32_t)commit, (uint32_t)wanted | (next[i] == 1 || next[i] == 5 ? 1u << 31 : 0));
	}
	assert_int_equal(s->next(s, 0, &page, &e), PAGE_END);
	dat_reader_close(r);
}

/* Longer than what is read at once, and looked at again by who goes on with it: the same pages are left out. */
static void a_long_hole(void **state)
{
	static const unsigned char zeros[100 * REC_PAGE];
	const unsigned long marked = 1UL << 31;
	struct dat_reader *r;
	struct source *s;
	struct page page;
	struct error e;

	(void)state;
	leave_behind(130, 0, 0);
	overwrite("cpu0", 10 * REC_PAGE, zeros, sizeof(zeros));
	overwrite("cpu0", 50 * REC_PAGE + 8, &marked, sizeof(marked)); /* as the one before has left it */
	assert_int_equal(recover(image_path(), NULL, false, &e), 0);
	r = dat_reader_open(image_path(), &e);
	s = dat_reader_source(r);
	for (int i = 0; i < 30; i++)
		assert_int_equal(s->next(s, 0, &page, &e), PAGE_OK);
	assert_int_equal(s->next(s, 0, &page, &e), PAGE_END);
	dat_reader_close(r);
}

/* Pages that cannot be made sense of are no reason to remove them all. */
static void nothing_whole(void **state)
{
	unsigned char page[REC_PAGE];
	struct error e;

	(void)state;
	leave_behind(0, 2, 0);
	memset(page, 0x55, sizeof(page));
	overwrite("cpu1", 0, page, sizeof(page));
	overwrite("cpu1", REC_PAGE, page, sizeof(page));
	assert_int_equal(recover(image_path(), NULL, false, &e), -1);
	assert_non_null(strstr(e.text, "2 pages"));
	assert_int_equal(recording_kept(image_path(), 1), 2);
}

/* More CPUs than a process may have files open by default. */
static void many_cpus(void **state)
{
	struct rlimit before, few;
	struct dat_writer *w = recording_begin(image_path(), 60);
	struct error e;
	int ret;

	(void)state;
	recording_put(w, 59, 0, 2);
	dat_writer_close(w);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = (struct rlimit){40, before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	ret = recover(image_path(), NULL, false, &e);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	if (ret)
		fail_msg("%s", e.text);
	assert_int_equal(access(image_path(), F_OK), 0);
}

/* A file may be called as a folder of another one would be. */
static void a_name_like_a_folders(void **state)
{
	const unsigned pages[CPUS] = {2, 0, 0};
	char name[300], file[300];
	struct dat_writer *w;
	struct error e;

	(void)state;
	snprintf(name, sizeof(name), "%s.x.partial", image_path());
	w = recording_begin(name, CPUS);
	recording_put(w, 0, 0, 2);
	dat_writer_close(w);
	if (recover(name, NULL, false, &e))
		fail_msg("%s", e.text);
	recording_expect(name, CPUS, pages, false);
	unlink(name);
	snprintf(file, sizeof(file), "%s.x", image_path());
	assert_int_equal(access(file, F_OK), -1);
}

static void nothing_to_recover(void **state)
{
	struct error e;

	(void)state;
	image_path();
	assert_int_equal(recover(image_path(), NULL, false, &e), -1);
	assert_non_null(strstr(e.text, "trace.dat.partial"));
	assert_int_equal(recover("/nowhere/x", NULL, false, &e), -1);
	leave_behind(0, 0, 1);
	assert_int_equal(truncate(recording_part(image_path(), "cpu2"), 100), 0);
	assert_int_equal(recover(image_path(), NULL, false, &e), -1);
	assert_non_null(strstr(e.text, "no events"));
	assert_int_equal(access(recording_part(image_path(), "."), F_OK), -1);
}

/* Without a head the pages mean nothing: they are not thrown away for that. */
static void a_broken_head(void **state)
{
	struct error e;

	(void)state;
	leave_behind(1, 0, 0);
	overwrite("head", 0, "XX", 2);
	assert_int_equal(recover(image_path(), NULL, false, &e), -1);
	assert_int_equal(recording_kept(image_path(), 0), 1);
	unlink(recording_part(image_path(), "head"));
	assert_int_equal(recover(image_path(), NULL, false, &e), -1);
	assert_int_equal(recording_kept(image_path(), 0), 1);
}

static void elsewhere(void **state)
{
	const unsigned pages[CPUS] = {3, 0, 2};
	char folder[300], other[300];
	struct error e;

	(void)state;
	leave_behind(3, 0, 2);
	snprintf(folder, sizeof(folder), "%s.partial/", image_path());
	snprintf(other, sizeof(other), "%s.other", image_path());
	if (recover(folder, other, true, &e))
		fail_msg("%s", e.text);
	recording_expect(other, CPUS, pages, false);
	assert_int_equal(access(image_path(), F_OK), -1);
	assert_int_equal(access(folder, F_OK), -1);
}

/* What is said of the machine comes along, and that the end is not known. */
static void notes(void **state)
{
	struct trace_info info;
	struct dat_reader *r;
	struct error e;

	(void)state;
	leave_behind(3, 0, 2);
	assert_int_equal(recover(image_path(), NULL, false, &e), 0);
	r = dat_reader_open(image_path(), &e);
	info_init(&info);
	assert_int_equal(dat_reader_info(r, &info, &e), 0);
	assert_string_equal(info.host, "somewhere");
	assert_int_equal(info.losses_count, 2);
	assert_int_equal(info.losses[0].cpu, 0);
	assert_int_equal(info.losses[1].cpu, 2);
	assert_true(info.losses[1].count == LOST_UNKNOWN);
	info_free(&info);
	dat_reader_close(r);
}

#define T(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(killed_at_any_moment),
		T(torn_ends),
		T(holes),
		T(nothing_to_recover),
		T(a_broken_head),
		T(elsewhere),
		T(notes),
		T(a_long_hole),
		T(nothing_whole),
		T(many_cpus),
		T(a_name_like_a_folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
