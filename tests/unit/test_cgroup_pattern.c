/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "filter/cgroup.h"
#include "kernel/proc.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DOCKER "/system.slice/docker-" ID ".scope"

static const struct {
	const char *pattern, *path, *container;
	bool matches;
} cases[] = {
	{"/", "/", "", true},
	{"/", "/a/b", "", true},
	{"/", "", "", false},
	{"/a", "/a", "", true},
	{"/a", "/a/b/c", "", true},
	{"/a/", "/a/b", "", true},
	{"/a", "/ab", "", false},
	{"/a", "/b/a", "", false},
	{"/a/b", "/a", "", false},
	{"a/b", "/a/b/c", "", true},
	{"/a", NULL, NULL, false},
	{"system.slice/cron.service", "/system.slice/cron.service", "", true},
	{"cron.service", "/system.slice/cron.service", "", true},
	{"cron.service", "/system.slice/cron.service/x", "", true},
	{"cron", "/system.slice/cron.service", "", false},
	{"cron*", "/system.slice/cron.service", "", true},
	{"user-*.slice", "/user.slice/user-1000.slice/session-3.scope", "", true},
	{"*-3.scope", "/user.slice/user-1000.slice/session-3.scope", "", true},
	{"*.slice", "/system/x", "", false},
	{"/user.slice/*/session-3.scope", "/user.slice/user-1000.slice/session-3.scope", "", true},
	{"/user.slice/user-?000.slice", "/user.slice/user-1000.slice/session-3.scope", "", true},
	{"/user.slice/user-[23]000.slice", "/user.slice/user-1000.slice/session-3.scope", "", false},
	{"*/session-3.scope", "/user.slice/user-1000.slice/session-3.scope", "", true},
	{"machine-my\\x2dbox.scope", "/machine.slice/machine-my\\x2dbox.scope", "my-box", true},
	{"machine-my\\x2d*", "/machine.slice/machine-my\\x2dbox.scope", "my-box", true},
	{"my-box", "/machine.slice/machine-my\\x2dbox.scope", "my-box", true},
	{"my", "/machine.slice/machine-my\\x2dbox.scope", "my-box", false},
	{"my-*", "/machine.slice/machine-my\\x2dbox.scope", "my-box", true},
	{"0123456789ab", DOCKER, ID, true},
	{"0", DOCKER, ID, true},
	{ID, DOCKER, ID, true},
	{"123456789ab", DOCKER, ID, false},
	{"0123456789ac", DOCKER, ID, false},
	{"docker-*", DOCKER, ID, true},
	{"0*f", DOCKER, ID, true},
	{"cafe", "/lxc/cafe-1", "cafe-1", false},
	{"cafe", "/cafe", "", true},
};

static void matches(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *pattern;

		assert_null(cgroup_pattern_wrong(cases[i].pattern));
		pattern = cgroup_pattern(cases[i].pattern);
		if (cgroup_matches(pattern, cases[i].path, cases[i].container) != cases[i].matches)
			fail_msg("%s on %s, %s", cases[i].pattern, cases[i].path, cases[i].container);
		free(pattern);
	}
}

static void wrong_ones(void **state)
{
	static const struct {
		const char *pattern, *why;
	} wrong[] = {
		{"", "empty"},
		{"/sys/fs/cgroup", "mounted"},
		{"/sys/fs/cgroup/system.slice", "mounted"},
		{"/a/../b", "'..'"},
		{"..", "'..'"},
		{"./a", "'..'"},
		{"/a//b", "'//'"},
		{"//", "'//'"},
		{ID "0", "64 digits"},
		{"0123456789ABCDEF", "capitals"},
	};
	char longest[5000];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const char *why = cgroup_pattern_wrong(wrong[i].pattern);

		if (!why || !strstr(why, wrong[i].why))
			fail_msg("%s: %s", wrong[i].pattern, why ? why : "taken");
	}
	memset(longest, 'x', sizeof(longest));
	longest[4999] = '\0';
	assert_non_null(cgroup_pattern_wrong(longest));
	assert_null(cgroup_pattern_wrong("/sys/fs/cgroups"));
	assert_null(cgroup_pattern_wrong("BEEF"));
}

/* --- texts of /proc/PID/cgroup --- */

static void path_is(const char *text, uint32_t hierarchy, const char *wanted)
{
	char *copy = strdup(text), *path = proc_cgroup_path(copy, hierarchy);

	if (wanted)
		assert_string_equal(path, wanted);
	else
		assert_null(path);
	free(copy);
}

static void lines_of_proc(void **state)
{
	static const char both[] = "12:pids:/docker/x\n4:cpu,cpuacct:/y:z\n1:name=systemd:/s\n0::/init.scope\n";
	static const char old[] = "3:cpu:/c\n2:cpuset,memory:/m\n1:name=systemd:/s\n";

	(void)state;
	path_is("0::/a b\n", 0, "/a b");
	path_is("0::/", 0, "/");
	path_is(both, 12, "/docker/x");
	path_is(both, 4, "/y:z");
	path_is(both, 0, "/init.scope");
	path_is(both, 7, NULL);
	path_is("0::/../outside\n", 0, NULL);
	path_is("0::/..\n", 0, NULL);
	path_is("", 0, NULL);
	path_is("\n\n0:\n0\nx:y:z\n", 0, NULL);
	assert_int_equal(proc_choose_hierarchy("0::/\n", true), 0);
	assert_int_equal(proc_choose_hierarchy("0::/\n", false), 0);
	assert_int_equal(proc_choose_hierarchy(both, true), 0);
	assert_int_equal(proc_choose_hierarchy(both, false), 12);
	assert_int_equal(proc_choose_hierarchy(old, false), 2);
	assert_int_equal(proc_choose_hierarchy("3:cpu:/c\n1:name=systemd:/s\n", true), 1);
	assert_int_equal(proc_choose_hierarchy("3:cpu:/c\n2:memory2:/s\n", false), 3);
	assert_int_equal(proc_choose_hierarchy("0::/\n3:cpu:/c\n", false), 3);
	assert_true(proc_choose_hierarchy("", true) == INFO_NO_HIERARCHY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches),
		cmocka_unit_test(wrong_ones),
		cmocka_unit_test(lines_of_proc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
