/* SPDX-License-Identifier: MIT */
/* A full disk: what fits is in the file, whoever is killed while it is put together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "dat_image.h"
#include "recording.h"

#define CPUS 3

static char disk[300], file[320];

static void write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd >= 0 && write(fd, text, strlen(text)) < 0)
		perror(path);
	if (fd >= 0)
		close(fd);
}

/* A disk of 3 MiB in a mount namespace of our own; as anybody, where the kernel lets us. */
static int setup(void **state)
{
	unsigned uid = getuid();
	char map[32];

	(void)state;
	if (uid && unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return 0;
	if (uid) {
		snprintf(map, sizeof(map), "0 %u 1", uid);
		write_to("/proc/self/uid_map", map);
	} else if (unshare(CLONE_NEWNS)) {
		return 0;
	}
	snprintf(disk, sizeof(disk), "%s.disk", image_path());
	snprintf(file, sizeof(file), "%s/trace.dat", disk);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || mkdir(disk, 0700) ||
	    mount("none", disk, "tmpfs", 0, "size=3m"))
		disk[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (disk[0]) {
		umount(disk);
		rmdir(disk);
	}
	return 0;
}

/* Fills the disk; pages: what it took of each CPU. NULL: there is no such disk. */
static struct dat_writer *fill_disk(unsigned pages[CPUS])
{
	unsigned char page[REC_PAGE];
	unsigned given[CPUS] = {0};
	struct dat_writer *w;
	struct error e;
	size_t size;
	int cpu = 0;

	if (!disk[0]) {
		print_message("no small disk can be had here: not tested\n");
		return NULL;
	}
	w = recording_begin(file, CPUS);
	assert_non_null(w);
	for (;;) {
		recording_page(page, cpu, given[cpu]);
		if (dat_writer_page(w, cpu, page, sizeof(page), &e))
			break;
		given[cpu]++;
		if (rand() % 16 == 0)
			cpu = rand() % CPUS;
	}
	assert_non_null(strstr(e.text, "No space left"));
	assert_non_null(dat_writer_unwritten(w, &cpu, &size));
	given[cpu] -= (unsigned)(size / REC_PAGE);
	for (cpu = 0; cpu < CPUS; cpu++) {
		assert_int_equal(recording_kept(file, cpu), given[cpu]);
		pages[cpu] = given[cpu];
	}
	assert_true(pages[0] + pages[1] + pages[2] > 600);
	return w;
}

static int finish(struct dat_writer *w, struct error *e)
{
	struct dat_contents c = recording_contents(NULL);

	return dat_writer_finish(w, &c, e);
}

static void recover(void)
{
	const char *path = file;
	struct options o = {.command = CMD_RECOVER, .quiet = true, .files = &path, .files_count = 1};
	struct error e = {.text = "?"};

	if (cmd_recover(&o, &e))
		fail_msg("%s", e.text);
}

/* It has every page. It goes then, for the disk is small. */
static void expect_file(const unsigned pages[CPUS])
{
	recording_expect(file, CPUS, pages, false);
	unlink(file);
}

static void by_moving(void **state)
{
	unsigned pages[CPUS];
	struct dat_writer *w = fill_disk(pages);
	struct error e;

	(void)state;
	if (!w)
		return;
	if (finish(w, &e))
		fail_msg("%s", e.text);
	assert_int_equal(dat_writer_bytes(w), (pages[0] + pages[1] + pages[2]) * REC_PAGE);
	dat_writer_close(w);
	assert_int_equal(access(recording_part(file, "."), F_OK), -1);
	expect_file(pages);
}

/* Where the file cannot be put in its place, the pages that were moved into it are not let go of. */
static void moved_and_in_the_way(void **state)
{
	unsigned pages[CPUS];
	struct dat_writer *w = fill_disk(pages);
	struct error e;

	(void)state;
	if (!w)
		return;
	assert_int_equal(mkdir(file, 0700), 0);
	assert_int_equal(finish(w, &e), -1);
	assert_int_equal(dat_writer_bytes(w), (pages[0] + pages[1] + pages[2]) * REC_PAGE);
	dat_writer_close(w);
	assert_int_equal(rmdir(file), 0);
	recover();
	expect_file(pages);
}

static void finish_in_child(struct dat_writer *w, long ns)
{
	struct timespec moment = {.tv_nsec = ns};
	struct error e;
	pid_t pid = fork();

	if (!pid) {
		if (finish(w, &e))
			fprintf(stderr, "%s\n", e.text);
		_exit(0);
	}
	nanosleep(&moment, NULL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Killed while it moves, again and again: in the end every page is there. */
static void killed_while_moving(void **state)
{
	unsigned pages[CPUS], moved = 0;
	struct dat_writer *w;

	(void)state;
	for (int round = 0; round < 40; round++) {
		w = fill_disk(pages);
		if (!w)
			return;
		finish_in_child(w, 1000L * (rand() % 1500));
		dat_writer_close(w);
		moved += !access(recording_part(file, "places"), F_OK);
		if (access(file, F_OK))
			recover();
		/* A folder that has no pages any more is no hindrance to the next one. */
		expect_file(pages);
	}
	print_message("%u of 40 were killed while they moved\n", moved);
}

/* Somebody else takes all the room there is: nothing is lost, and it can be gone on with. */
static void no_room_at_all(void **state)
{
	unsigned pages[CPUS];
	struct dat_writer *w = fill_disk(pages);
	char hog[340];
	struct error e;
	int fd;

	(void)state;
	if (!w)
		return;
	assert_int_equal(unlink(recording_part(file, "whole")), 0);
	snprintf(hog, sizeof(hog), "%s/hog", disk);
	fd = open(hog, O_CREAT | O_WRONLY, 0600);
	while (write(fd, hog, sizeof(hog)) > 0)
		;
	close(fd);
	assert_int_equal(finish(w, &e), -1);
	assert_non_null(strstr(e.text, "No space left"));
	unlink(hog);
	if (finish(w, &e))
		fail_msg("%s", e.text);
	dat_writer_close(w);
	expect_file(pages);
}

#define T(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {T(by_moving), T(moved_and_in_the_way), T(killed_while_moving),
					   T(no_room_at_all)};

	return cmocka_run_group_tests(tests, setup, teardown);
}
