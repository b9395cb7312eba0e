/* SPDX-License-Identifier: MIT */
/* The folder of a recording that has not ended: whose it is, and what becomes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dat_image.h"
#include "falloctrace/dat_reader.h"
#include "recording.h"

static int setup(void **state)
{
	(void)state;
	image_path();
	return 0;
}

static int teardown(void **state)
{
	char command[600];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s.partial' '%s'", image_path(), image_path());
	return system(command);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

/* What a power cut would find at any moment: readable, and by nobody else. */
static void what_lies_there(void **state)
{
	static const unsigned none[2];
	struct dat_writer *w = recording_begin(image_path(), 2);

	(void)state;
	assert_non_null(w);
	recording_put(w, 1, 0, 3);
	assert_int_equal(mode_of(dat_writer_folder(w)), 0700);
	assert_int_equal(mode_of(recording_part(image_path(), "head")), 0600);
	assert_int_equal(mode_of(recording_part(image_path(), "cpu0")), 0600);
	assert_int_equal(mode_of(recording_part(image_path(), "cpu1")), 0600);
	recording_expect(recording_part(image_path(), "head"), 2, none, false);
	assert_int_equal(access(image_path(), F_OK), -1);
	dat_writer_close(w);
	assert_int_equal(recording_kept(image_path(), 1), 3);
}

static void the_head_can_be_said_again(void **state)
{
	struct dat_writer *w = recording_begin(image_path(), 1);
	struct dat_contents c;
	struct trace_info info;
	struct error e;
	struct stat before, after;

	(void)state;
	info_init(&info);
	c = recording_contents(&info);
	c.kallsyms = "ffffffff81000000 t io_fallocate\n";
	assert_int_equal(stat(recording_part(image_path(), "head"), &before), 0);
	assert_int_equal(dat_writer_head(w, &c, &e), 0);
	assert_int_equal(stat(recording_part(image_path(), "head"), &after), 0);
	assert_true(before.st_ino != after.st_ino); /* never half of it */
	dat_writer_close(w);
	info_free(&info);
	assert_int_equal(access(recording_part(image_path(), "head"), F_OK), -1); /* there were no pages */
}

static void one_at_a_time(void **state)
{
	struct dat_writer *w = recording_begin(image_path(), 2);
	const unsigned pages[2] = {1, 0};
	struct dat_contents c;
	struct error e;

	(void)state;
	assert_null(dat_writer_create(image_path(), 2, REC_PAGE, &e));
	assert_non_null(strstr(e.text, "is being recorded to"));
	recording_put(w, 0, 0, 1);
	assert_int_equal(dat_writer_flush(w, &e), 0);
	assert_null(dat_writer_create(image_path(), 2, REC_PAGE, &e));
	assert_non_null(strstr(e.text, "is being recorded to"));
	assert_null(dat_writer_reopen(image_path(), image_path(), REC_PAGE, &e));
	assert_non_null(strstr(e.text, "is being recorded to"));
	c = recording_contents(NULL);
	assert_int_equal(dat_writer_finish(w, &c, &e), 0);
	dat_writer_close(w);
	recording_expect(image_path(), 2, pages, false);
	assert_int_equal(access(recording_part(image_path(), "."), F_OK), -1);
}

static void what_is_left_is_never_destroyed(void **state)
{
	struct dat_writer *w = recording_begin(image_path(), 2);
	struct error e;
	char *folder;

	(void)state;
	assert_null(dat_writer_folder_of("/nowhere/trace.dat", &e));
	assert_null(dat_writer_folder_of(recording_part(image_path(), "head"), &e));
	assert_non_null(strstr(e.text, "there is nothing to recover"));
	recording_put(w, 0, 0, 5);
	dat_writer_close(w);
	assert_null(dat_writer_create(image_path(), 2, REC_PAGE, &e));
	assert_non_null(strstr(e.text, "falloctrace recover"));
	assert_null(strchr(e.text, '\n'));
	assert_int_equal(recording_kept(image_path(), 0), 5);
	folder = dat_writer_folder_of(image_path(), &e);
	assert_non_null(folder);
	assert_string_equal(strrchr(folder, '/'), "/trace.dat.partial");
	free(folder);
}

/* A recording that was killed before its first page is nobody's loss. */
static void what_is_empty_is_taken_over(void **state)
{
	pid_t pid = fork();
	struct dat_writer *w;

	(void)state;
	if (!pid) {
		recording_begin(image_path(), 3);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	assert_int_equal(access(recording_part(image_path(), "cpu2"), F_OK), 0);
	w = recording_begin(image_path(), 2);
	assert_non_null(w);
	assert_int_equal(access(recording_part(image_path(), "cpu2"), F_OK), -1);
	dat_writer_close(w);
}

/* Killed while the folder was being removed: the file is there, and what is left of the folder is nothing. */
static void half_removed(void **state)
{
	struct dat_writer *w = recording_begin(image_path(), 3);
	struct error e;

	(void)state;
	for (int cpu = 0; cpu < 3; cpu++)
		recording_put(w, cpu, 0, 4);
	dat_writer_close(w);
	unlink(recording_part(image_path(), "head"));
	unlink(recording_part(image_path(), "cpu1"));
	assert_null(dat_reader_open(recording_part(image_path(), "head"), &e));
	w = recording_begin(image_path(), 2);
	assert_non_null(w);
	assert_int_equal(recording_kept(image_path(), 0), 0);
	dat_writer_close(w);
}

static void somebody_elses_things(void **state)
{
	char folder[300];
	struct error e;
	FILE *f;

	(void)state;
	snprintf(folder, sizeof(folder), "%s.partial", image_path());
	assert_int_equal(symlink("/tmp", folder), 0);
	assert_null(dat_writer_create(image_path(), 1, REC_PAGE, &e));
	assert_non_null(strstr(e.text, "is in the way"));
	assert_int_equal(unlink(folder), 0);
	f = fopen(folder, "w");
	fclose(f);
	assert_null(dat_writer_create(image_path(), 1, REC_PAGE, &e));
	assert_non_null(strstr(e.text, "is in the way"));
	assert_int_equal(unlink(folder), 0);
	assert_int_equal(mkdir(folder, 0700), 0);
	f = fopen(recording_part(image_path(), "diary"), "w");
	fclose(f);
	assert_null(dat_writer_create(image_path(), 1, REC_PAGE, &e));
	assert_int_equal(access(recording_part(image_path(), "diary"), F_OK), 0);
}

/* A link in place of a file of pages leads nowhere. */
static void links_are_not_followed(void **state)
{
	struct dat_writer *w = recording_begin(image_path(), 2);
	struct error e;

	(void)state;
	recording_put(w, 0, 0, 1);
	dat_writer_close(w);
	unlink(recording_part(image_path(), "cpu0"));
	assert_int_equal(symlink("/etc/passwd", recording_part(image_path(), "cpu0")), 0);
	assert_null(dat_writer_reopen(image_path(), image_path(), REC_PAGE, &e));
	unlink(recording_part(image_path(), "cpu0"));
	assert_int_equal(mkfifo(recording_part(image_path(), "cpu0"), 0600), 0);
	assert_null(dat_writer_reopen(image_path(), image_path(), REC_PAGE, &e));
}

/* Who has waited for another one to finish finds the file, not the rest of the folder. */
static void what_has_its_file_is_over(void **state)
{
	struct dat_writer *w = recording_begin(image_path(), 2);
	struct error e;

	(void)state;
	recording_put(w, 0, 0, 4);
	recording_put(w, 1, 0, 4);
	dat_writer_close(w);
	unlink(recording_part(image_path(), "head"));
	unlink(recording_part(image_path(), "cpu1"));
	assert_null(dat_writer_reopen(image_path(), image_path(), REC_PAGE, &e));
	assert_non_null(strstr(e.text, "finished"));
}

/* A CPU that cannot be read is no reason to go without those behind it, whose pages would be removed. */
static void a_cpu_that_is_missing(void **state)
{
	struct dat_writer *w = recording_begin(image_path(), 4);
	struct error e;

	(void)state;
	recording_put(w, 0, 0, 1);
	recording_put(w, 3, 0, 1);
	dat_writer_close(w);
	unlink(recording_part(image_path(), "cpu1"));
	assert_null(dat_writer_reopen(image_path(), image_path(), REC_PAGE, &e));
	assert_non_null(strstr(e.text, "cpu1: No such file"));
	assert_int_equal(mkdir(recording_part(image_path(), "cpu1"), 0700), 0);
	assert_null(dat_writer_reopen(image_path(), image_path(), REC_PAGE, &e));
	assert_non_null(strstr(e.text, "cpu1"));
	assert_int_equal(recording_kept(image_path(), 3), 1);
	rmdir(recording_part(image_path(), "cpu1"));
}

/* The kernel says that some of what it was given could not be written. */
static bool disk_fails(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sync_file_range, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EIO),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* What it let go of would be zeros in the file, and nobody would know. */
static void what_the_disk_did_not_take(void **state)
{
	struct dat_writer *w = recording_begin(image_path(), 2);
	struct dat_contents c = recording_contents(NULL);
	struct error e;
	int status;
	pid_t pid;

	(void)state;
	recording_put(w, 1, 0, 4);
	assert_int_equal(dat_writer_flush(w, &e), 0);
	pid = fork();
	if (!pid)
		_exit(!disk_fails() ? 77 : dat_writer_finish(w, &c, &e) && strstr(e.text, "reached the disk") ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	dat_writer_close(w);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("system calls cannot be made to fail here: not tested\n");
		return;
	}
	assert_int_equal(status, 0);
	assert_int_equal(access(image_path(), F_OK), -1);
	assert_int_equal(recording_kept(image_path(), 1), 4);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_lies_there),
		T(the_head_can_be_said_again),
		T(one_at_a_time),
		T(what_is_left_is_never_destroyed),
		T(what_is_empty_is_taken_over),
		T(somebody_elses_things),
		T(links_are_not_followed),
		T(half_removed),
		T(what_has_its_file_is_over),
		T(a_cpu_that_is_missing),
		T(what_the_disk_did_not_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
