/* SPDX-License-Identifier: MIT */
/* What -o's file is at each moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/output.h"
#include "work.h"

#define SOMEBODY 12345 /* a user that is not us */

/* As "falloctrace replay --format FORMAT -o PATH" has it. */
static struct options options_of(const char *format, const char *path)
{
	struct options o = {.command = CMD_REPLAY, .output = path};

	while (strcmp(sink_formats[o.format].name, format))
		o.format++;
	return o;
}

static void must(int ret, const struct error *e)
{
	if (ret)
		fail_msg("%s", e->text);
}

static unsigned mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

/* All names in the test's directory, hidden ones, too. */
static unsigned entries(void)
{
	DIR *dir = opendir(work_dir());
	const struct dirent *d;
	unsigned count = 0;

	assert_non_null(dir);
	while ((d = readdir(dir)))
		count += strcmp(d->d_name, ".") && strcmp(d->d_name, "..");
	closedir(dir);
	return count;
}

/* Writes text there and publishes it. */
static void replace(const char *format, const char *path, const char *text)
{
	struct options o = options_of(format, path);
	struct error e = {.text = ""};
	struct output *out = output_open(&o, &e);

	if (!out)
		fail_msg("%s", e.text);
	must(output_begin(out, &e), &e);
	fputs(text, output_file(out));
	must(output_publish(out, true, &e), &e);
	must(output_close(out, &e), &e);
}

static void cannot_open(const char *format, const char *path, const char *why)
{
	struct options o = options_of(format, path);
	struct error e = {0};

	assert_null(output_open(&o, &e));
	assert_int_equal(e.status, STATUS_ERROR);
	assert_non_null(strstr(e.text, path));
	if (!strstr(e.text, why))
		fail_msg("\"%s\" does not say \"%s\"", e.text, why);
}

/* --- written to --- */

static void new_files_are_their_owners(void **state)
{
	struct options o = options_of("text", work_path("out"));
	struct error e = {0};
	struct output *out;

	(void)state;
	replace("text", work_path("out"), "old and long\n");
	assert_int_equal(mode_of(work_path("out")), 0600);
	/* What was there is replaced, but not before there is something to replace it with. */
	out = output_open(&o, &e);
	assert_non_null(out);
	must(output_close(out, &e), &e);
	assert_string_equal(work_read("out"), "old and long\n");
	out = output_open(&o, &e);
	must(output_begin(out, &e), &e);
	must(output_close(out, &e), &e);
	assert_string_equal(work_read("out"), "");
	cannot_open("text", "/nowhere/at/all", "No such file");
}

static void standard_output(void **state)
{
	struct options o = options_of("openmetrics", NULL);
	struct error e = {0};

	(void)state;
	for (int i = 0; i < 2; i++, o.output = "-") {
		struct output *out = output_open(&o, &e);

		assert_non_null(out);
		assert_ptr_equal(output_file(out), stdout);
		must(output_publish(out, false, &e), &e);
		must(output_close(out, &e), &e);
	}
}

static void late_errors(void **state)
{
	struct options o = options_of("openmetrics", "/dev/full");
	struct error e = {0};
	struct output *out = output_open(&o, &e);

	(void)state;
	assert_non_null(out);
	fputs("x", output_file(out));
	assert_int_equal(output_close(out, &e), -1);
	assert_string_equal(e.text, "cannot write /dev/full: No space left on device");
}

/* What can't be replaced is written to; a reader that has gone is no error. */
static void pipes_are_written_to(void **state)
{
	struct options o = options_of("openmetrics", work_path("fifo"));
	struct error e = {0};
	struct output *out;
	char text[16];
	int fd;

	(void)state;
	assert_int_equal(mkfifo(work_path("fifo"), 0600), 0);
	fd = open(work_path("fifo"), O_RDONLY | O_NONBLOCK);
	assert_true(fd >= 0);
	out = output_open(&o, &e);
	assert_non_null(out);
	fputs("1\n", output_file(out));
	must(output_publish(out, false, &e), &e);
	fputs("2\n", output_file(out));
	must(output_publish(out, true, &e), &e);
	fflush(output_file(out));
	assert_int_equal(read(fd, text, sizeof(text)), 4);
	assert_memory_equal(text, "1\n2\n", 4);
	close(fd);
	fputs("3\n", output_file(out));
	must(output_close(out, &e), &e);
	assert_int_equal(entries(), 1);
}

/* --- replaced --- */

static void modes(void **state)
{
	mode_t mask = umask(022);

	(void)state;
	replace("openmetrics", work_path("new"), "1");
	assert_int_equal(mode_of(work_path("new")), 0644);
	replace("html", work_path("report"), "1");
	assert_int_equal(mode_of(work_path("report")), 0600);
	umask(077);
	replace("openmetrics", work_path("mine"), "1");
	assert_int_equal(mode_of(work_path("mine")), 0600);
	umask(mask);
	/* the owner's wish */
	assert_int_equal(chmod(work_path("report"), 04640), 0);
	replace("html", work_path("report"), "2");
	assert_int_equal(mode_of(work_path("report")), 0640);
	if (geteuid()) {
		print_message("not root: whether somebody else's mode is kept was not tested\n");
		return;
	}
	work_write("other", "somebody's");
	assert_int_equal(chmod(work_path("other"), 0666), 0);
	assert_int_equal(chown(work_path("other"), SOMEBODY, SOMEBODY), 0);
	replace("html", work_path("other"), "2");
	assert_int_equal(mode_of(work_path("other")), 0600);
}

static void the_old_one_stays_until_the_new_one_is_whole(void **state)
{
	struct options o = options_of("openmetrics", work_path("x.prom"));
	struct error e = {0};
	struct output *out;
	FILE *file;

	(void)state;
	work_write("x.prom", "old\n");
	out = output_open(&o, &e);
	assert_non_null(out);
	file = output_file(out);
	must(output_begin(out, &e), &e);
	fputs("first, which is long\n", file);
	fflush(file);
	assert_string_equal(work_read("x.prom"), "old\n");
	must(output_publish(out, false, &e), &e);
	assert_string_equal(work_read("x.prom"), "first, which is long\n");
	fputs("second\n", file);
	assert_string_equal(work_read("x.prom"), "first, which is long\n");
	must(output_publish(out, false, &e), &e);
	assert_string_equal(work_read("x.prom"), "second\n");
	assert_ptr_equal(output_file(out), file);
	fputs("never whole", file);
	must(output_close(out, &e), &e);
	assert_string_equal(work_read("x.prom"), "second\n");
	assert_int_equal(entries(), 1);
}

static void what_cannot_be_replaced(void **state)
{
	(void)state;
	assert_int_equal(mkdir(work_path("dir"), 0700), 0);
	work_write("x.prom", "old\n");
	assert_int_equal(symlink("x.prom", work_path("link")), 0);
	assert_int_equal(symlink("nothing", work_path("dangling")), 0);
	cannot_open("openmetrics", work_path("dir"), "it is a directory");
	cannot_open("openmetrics", work_path("link"), "it is a symbolic link");
	cannot_open("openmetrics", work_path("dangling"), "it is a symbolic link");
	cannot_open("openmetrics", work_path("none/x.prom"), "its directory: No such file");
	cannot_open("openmetrics", work_path("x.prom/x.prom"), "its directory: Not a directory");
	assert_string_equal(work_read("x.prom"), "old\n");
	assert_int_equal(entries(), 4);
}

static void not_over_what_is_read(void **state)
{
	const char *files[] = {work_path("trace.dat")};
	struct options o = options_of("html", work_path("./trace.dat"));
	struct error e = {0};
	struct output *out;

	(void)state;
	work_write("trace.dat", "a recording");
	o.files = files;
	o.files_count = 1;
	out = output_open(&o, &e);
	assert_non_null(out);
	assert_int_equal(output_apart(out, &e), -1);
	assert_int_equal(e.status, STATUS_USAGE);
	output_close(out, &e);
	o.output = work_path("report.html");
	out = output_open(&o, &e);
	assert_non_null(out);
	assert_int_equal(output_apart(out, &e), 0);
	output_close(out, &e);
	assert_string_equal(work_read("trace.dat"), "a recording");
}

/* --- while others look --- */

#define VERSIONS 3000

/* Whole files of many sizes, one after the other. */
static int write_versions(const char *path)
{
	struct options o = options_of("openmetrics", path);
	struct error e;
	struct output *out = output_open(&o, &e);

	if (!out)
		return 1;
	for (unsigned i = 0; i < VERSIONS; i++) {
		FILE *file = output_file(out);

		fprintf(file, "%u\n", i);
		for (unsigned k = 0; k < i * 37 % 2000; k++)
			fputs("falloctrace_line 1\n", file);
		fprintf(file, "%u\n# EOF\n", i);
		if (output_publish(out, i == VERSIONS - 1, &e))
			return 1;
	}
	return output_close(out, &e) != 0;
}

/* Which one it is; fails where it isn't whole. */
static unsigned version_read(const char *path)
{
	static char text[65536];
	char end[64];
	unsigned version = 0;
	int fd = open(path, O_RDONLY);
	ssize_t size;

	assert_true(fd >= 0);
	size = read(fd, text, sizeof(text) - 1);
	close(fd);
	assert_true(size > 0);
	text[size] = '\0';
	assert_int_equal(sscanf(text, "%u\n", &version), 1);
	snprintf(end, sizeof(end), "\n%u\n# EOF\n", version);
	assert_true((size_t)size >= strlen(end) - 1);
	assert_string_equal(text + size - (strlen(end) - 1), end + 1);
	return version;
}

static void no_reader_sees_a_part(void **state)
{
	unsigned reads = 0, changes = 0, last = 0;
	char path[128];
	int status;
	pid_t pid;

	(void)state;
	snprintf(path, sizeof(path), "%s", work_path("x.prom"));
	work_write("x.prom", "0\n0\n# EOF\n");
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		_exit(write_versions(path));
	while (waitpid(pid, &status, WNOHANG) == 0) {
		unsigned version = version_read(path);

		assert_true(version >= last);
		changes += version != last;
		last = version;
		reads++;
	}
	assert_int_equal(status, 0);
	assert_int_equal(version_read(path), VERSIONS - 1);
	assert_int_equal(entries(), 1);
	print_message("%u reads, %u times another one than before\n", reads, changes);
	assert_true(changes > 20);
}

/* A writer that is killed at any moment leaves a whole file, and nothing that a reader would take for one. */
static void a_kill_leaves_the_last_whole_one(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s", work_path("x.prom"));
	work_write("x.prom", "0\n0\n# EOF\n");
	for (unsigned i = 0; i < 60; i++) {
		const struct dirent *d;
		pid_t pid = fork();
		DIR *dir;

		assert_true(pid >= 0);
		if (!pid)
			_exit(write_versions(path));
		usleep(300 + i * 211);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		version_read(path);
		dir = opendir(work_dir());
		while ((d = readdir(dir)))
			if (strcmp(d->d_name, "x.prom") && strlen(d->d_name) > 5)
				assert_string_not_equal(d->d_name + strlen(d->d_name) - 5, ".prom");
		closedir(dir);
	}
	/* what may be left goes when the next one starts */
	replace("openmetrics", path, "2\n2\n# EOF\n");
	assert_int_equal(entries(), 1);
}

static void only_leftovers_are_swept(void **state)
{
	static const char *const stay[] = {
		"x.prom.20261123",
		".x.prom.0123abcd",
		".y.prom.0123abcd.falloctrace",
		".x.prom.0123abc.falloctrace",
		".x.prom.0123abcd.falloctrace~",
		".x.prom.0123ABCD.falloctrace",
	};
	int busy;

	(void)state;
	for (size_t i = 0; i < sizeof(stay) / sizeof(stay[0]); i++)
		work_write(stay[i], "somebody's");
	assert_int_equal(mkdir(work_path(".x.prom.0123abce.falloctrace"), 0700), 0);
	assert_int_equal(symlink("x.prom.20261123", work_path(".x.prom.0123abcf.falloctrace")), 0);
	work_write(".x.prom.00000001.falloctrace", "being written");
	busy = open(work_path(".x.prom.00000001.falloctrace"), O_RDONLY);
	assert_int_equal(flock(busy, LOCK_EX), 0);
	work_write(".x.prom.0123abcd.falloctrace", "left");
	work_write(".x.prom.ffffffff.falloctrace", "left, too");
	replace("openmetrics", work_path("x.prom"), "new");
	assert_int_equal(access(work_path(".x.prom.0123abcd.falloctrace"), F_OK), -1);
	assert_int_equal(access(work_path(".x.prom.ffffffff.falloctrace"), F_OK), -1);
	assert_string_equal(work_read(".x.prom.00000001.falloctrace"), "being written");
	assert_int_equal(entries(), 6 + 3 + 1);
	close(busy);
	replace("openmetrics", work_path("x.prom"), "new");
	assert_int_equal(access(work_path(".x.prom.00000001.falloctrace"), F_OK), -1);
	assert_int_equal(entries(), 6 + 2 + 1);
}

/* --- with a process of its own, for what can't be taken back --- */

/* 0: it went well; 2: it can't be tested here. */
static void in_a_child(int (*test)(void), const char *untested)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid)
		_exit(test());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 2)
		print_message("%s: not tested\n", untested);
	else
		assert_int_equal(status, 0);
}

#define CHECK(condition)                                                        \
	do {                                                                    \
		if (!(condition)) {                                             \
			fprintf(stderr, "line %d: " #condition "\n", __LINE__); \
			return 1;                                               \
		}                                                               \
	} while (0)

static int with_a_full_disk(void)
{
	struct options o = options_of("openmetrics", work_path("x.prom"));
	struct error e = {.text = ""};
	struct output *out;

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", work_dir(), "tmpfs", 0, "size=64k"))
		return 2;
	replace("openmetrics", o.output, "old\n");
	out = output_open(&o, &e);
	CHECK(out);
	for (unsigned i = 0; i < 100000; i++)
		fputs("falloctrace_line 1\n", output_file(out));
	CHECK(output_publish(out, false, &e) == -1);
	CHECK(strstr(e.text, "cannot write ") && strstr(e.text, "x.prom: "));
	CHECK(!strcmp(work_read("x.prom"), "old\n"));
	output_close(out, &e);
	CHECK(!strcmp(work_read("x.prom"), "old\n"));
	CHECK(entries() == 1);
	/* there is room again */
	replace("openmetrics", o.output, "new\n");
	CHECK(!strcmp(work_read("x.prom"), "new\n"));
	CHECK(umount(work_dir()) == 0);
	return 0;
}

static void a_full_disk(void **state)
{
	(void)state;
	in_a_child(with_a_full_disk, "no small disk can be had here");
}

static int in_an_unwritable_directory(void)
{
	struct error e = {.text = ""};
	struct options o = options_of("openmetrics", work_path("x.prom"));
	struct output *out;

	work_write("x.prom", "old\n");
	if (chmod(work_dir(), 0555) || (geteuid() == 0 && setresuid(SOMEBODY, SOMEBODY, SOMEBODY)))
		return 2;
	out = output_open(&o, &e);
	CHECK(!out);
	CHECK(strstr(e.text, "x.prom: Permission denied"));
	CHECK(!strcmp(work_read("x.prom"), "old\n"));
	return 0;
}

static void an_unwritable_directory(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(work_dir(), &st), 0);
	assert_int_equal(chmod(work_dir(), 0755), 0);
	in_a_child(in_an_unwritable_directory, "nobody else can be");
	assert_int_equal(chmod(work_dir(), 0700), 0);
}

/* How many capabilities this process has in a set. */
static int caps_in(cap_flag_t set)
{
	cap_t caps = cap_get_proc();
	int count = 0;

	for (cap_value_t c = 0; c <= CAP_LAST_CAP; c++) {
		cap_flag_value_t value = CAP_CLEAR;

		cap_get_flag(caps, c, set, &value);
		count += value == CAP_SET;
	}
	cap_free(caps);
	return count;
}

static int with_privileges_given_up(void)
{
	struct options o = options_of("openmetrics", work_path("x.prom"));
	struct error e = {.text = ""};
	struct output *out;

	if (geteuid() || !caps_in(CAP_EFFECTIVE))
		return 2;
	/* somebody else's directory */
	CHECK(chown(work_dir(), SOMEBODY, SOMEBODY) == 0 && chmod(work_dir(), 0755) == 0);
	out = output_open(&o, &e);
	CHECK(out && output_drop_caps(out, &e) == 0);
	for (int i = 0; i < 3; i++) {
		CHECK(caps_in(CAP_EFFECTIVE) == 0 && caps_in(CAP_PERMITTED) == 2);
		CHECK(creat(work_path("mine"), 0600) == -1 && errno == EACCES);
		fprintf(output_file(out), "%d\n", i);
		CHECK(output_publish(out, i == 2, &e) == 0);
		CHECK(atoi(work_read("x.prom")) == i);
	}
	CHECK(output_close(out, &e) == 0);
	return 0;
}

/* Where nothing is needed, nothing is kept. */
static int with_all_privileges_given_up(void)
{
	struct options o = options_of("openmetrics", work_path("x.prom"));
	struct error e = {.text = ""};
	struct output *out;

	if (geteuid() || !caps_in(CAP_EFFECTIVE))
		return 2;
	out = output_open(&o, &e);
	CHECK(out && output_drop_caps(out, &e) == 0);
	CHECK(caps_in(CAP_EFFECTIVE) == 0 && caps_in(CAP_PERMITTED) == 0);
	fputs("new\n", output_file(out));
	CHECK(output_publish(out, true, &e) == 0);
	CHECK(!strcmp(work_read("x.prom"), "new\n"));
	CHECK(output_close(out, &e) == 0);
	CHECK(entries() == 1);
	return 0;
}

static void privileges(void **state)
{
	(void)state;
	in_a_child(with_all_privileges_given_up, "not root");
	unlink(work_path("x.prom"));
	in_a_child(with_privileges_given_up, "not root");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, work_setup, work_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(new_files_are_their_owners),
		TEST(standard_output),
		TEST(late_errors),
		TEST(pipes_are_written_to),
		TEST(modes),
		TEST(the_old_one_stays_until_the_new_one_is_whole),
		TEST(what_cannot_be_replaced),
		TEST(not_over_what_is_read),
		TEST(no_reader_sees_a_part),
		TEST(a_kill_leaves_the_last_whole_one),
		TEST(only_leftovers_are_swept),
		TEST(a_full_disk),
		TEST(an_unwritable_directory),
		TEST(privileges),
	};

	work_begin();
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
