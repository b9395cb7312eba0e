/* SPDX-License-Identifier: MIT */
/*
 * Where files are written: ways there, and what lies there, of one's own and of
 * others. Others' takes root; tests/live/privileges-host attacks it.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "dat/place.h"
#include "work.h"

#define SOMEBODY 1234

static const struct owner nobody_called = {.known = false};

static char *path_of(const char *name, char path[512])
{
	snprintf(path, 512, "%s", work_path(name));
	return path;
}

static int place(const char *name, struct error *e)
{
	char path[512];

	return place_open(path_of(name, path), &nobody_called, e);
}

static void writes(const char *name, const char *text)
{
	struct error e = {.text = ""};
	int fd = place(name, &e);

	if (fd < 0)
		fail_msg("%s: %s", name, e.text);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	close(fd);
	assert_string_equal(work_read(name), text);
}

static void refused(const char *name, const char *word)
{
	struct error e = {.text = ""};
	int fd = place(name, &e);

	assert_int_equal(fd, -1);
	if (!strstr(e.text, word))
		fail_msg("%s: \"%s\" has no \"%s\"", name, e.text, word);
}

static void link_to(const char *to, const char *name)
{
	char path[512];

	assert_int_equal(symlink(to, path_of(name, path)), 0);
}

static void ways(void **state)
{
	char path[512];
	struct stat st;

	(void)state;
	writes("new", "a");
	assert_int_equal(stat(path_of("new", path), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	writes("new", "b");
	assert_int_equal(mkdir(path_of("dir", path), 0755), 0);
	writes("dir/../dir//./x", "c");
	link_to("dir", "to-dir");
	writes("to-dir/x", "d");
	link_to(path_of("dir", path), "whole");
	writes("whole/y", "e");
	link_to("dir/z", "to-file");
	writes("to-file", "f");
	assert_string_equal(work_read("dir/z"), "f");
	link_to("loop", "loop");
	refused("loop", "Too many levels");
	refused("dir", "directory");
	refused("new/x", "Not a directory");
	refused("none/x", "No such file");
	link_to("none/x", "dangling");
	refused("dangling", "No such file");
}

static void standard_output_by_its_name(void **state)
{
	struct error e = {.text = ""};
	char path[64];
	int fds[2], fd;
	char byte;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", fds[1]);
	fd = place_open(path, &nobody_called, &e);
	if (fd < 0)
		fail_msg("%s", e.text);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(read(fds[0], &byte, 1), 1);
	close(fd);
	close(fds[0]);
	close(fds[1]);
}

/* A directory out of reach is no reason not to write elsewhere. */
static void from_anywhere(void **state)
{
	char here[512];

	(void)state;
	assert_non_null(getcwd(here, sizeof(here)));
	assert_int_equal(chdir("/proc/self/fdinfo"), 0);
	writes("x", "a");
	assert_int_equal(chdir(here), 0);
}

static void in_a_shared_directory(void **state)
{
	char path[512], other[512];

	(void)state;
	assert_int_equal(mkdir(path_of("shared", path), 0755), 0);
	assert_int_equal(chmod(path, 01777), 0);
	writes("shared/own", "a");
	writes("shared/own", "b");
	link_to("own", "shared/own-link");
	writes("shared/own-link", "c");
	assert_int_equal(link(path_of("shared/own", path), path_of("shared/second", other)), 0);
	refused("shared/second", "another name");
	refused("shared/own", "another name");
	unlink(other);
	writes("shared/own", "d");
	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(path_of("shared/own", path), SOMEBODY, SOMEBODY), 0);
	refused("shared/own", "another user's (uid 1234)");
	assert_int_equal(lchown(path_of("shared/own-link", path), SOMEBODY, SOMEBODY), 0);
	refused("shared/own-link", "symbolic link of another user's (uid 1234)");
	assert_int_equal(mkfifo(path_of("shared/pipe", path), 0666), 0);
	assert_int_equal(chown(path, SOMEBODY, SOMEBODY), 0);
	refused("shared/pipe", "another user's (uid 1234)");
	/* whose directory it is can do as he likes anyway */
	assert_int_equal(chown(path_of("shared", path), SOMEBODY, SOMEBODY), 0);
	writes("shared/own", "e");
}

static void whose(void **state)
{
	struct owner o;

	(void)state;
	setenv("SUDO_UID", "1234", 1);
	setenv("SUDO_GID", "1235", 1);
	owner_of_sudo(&o);
	assert_int_equal(o.known, geteuid() == 0);
	assert_int_equal(o.uid, geteuid() == 0 ? 1234 : geteuid());
	for (size_t i = 0; i < 7; i++) {
		static const char *const wrong[] = {"", "0", "-1", "1x", " 1", "4294967295", "99999999999999999999"};

		setenv("SUDO_UID", wrong[i], 1);
		owner_of_sudo(&o);
		assert_false(o.known);
	}
	setenv("SUDO_UID", "1234", 1);
	unsetenv("SUDO_GID");
	owner_of_sudo(&o);
	assert_false(o.known);
	unsetenv("SUDO_UID");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, work_setup, work_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(ways),  TEST(standard_output_by_its_name), TEST(from_anywhere), TEST(in_a_shared_directory),
		TEST(whose),
	};

	work_begin();
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
