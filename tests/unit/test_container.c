/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "info/cgroups.h"
#include "info/container.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

/* Paths as the tools' own documents and bug reports show them. */
static const struct {
	const char *path, *id;
} known[] = {
	{"/docker/" ID, ID},
	{"/system.slice/docker-" ID ".scope", ID},
	{"/system.slice/docker-" ID ".scope/init.scope", ID},
	{"/user.slice/user-1000.slice/user@1000.service/app.slice/docker-" ID ".scope", ID},
	{"/docker/" ID "/docker/" OTHER, OTHER},
	{"/docker/" ID "/system.slice/cron.service", ID},
	{"/kubepods/burstable/pod2b3c4d5e-1111-2222-3333-444455556666/" ID, ID},
	{"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod2b3c.slice/cri-containerd-" ID ".scope", ID},
	{"/kubepods.slice/kubepods-pod2b3c.slice/crio-" ID ".scope", ID},
	{"/kubepods.slice/kubepods-pod2b3c.slice/crio-" ID ".scope/container", ID},
	{"/system.slice/containerd.service/kubepods-burstable-pod2b.slice:cri-containerd:" ID, ID},
	{"/machine.slice/libpod-" ID ".scope", ID},
	{"/machine.slice/libpod-" ID ".scope/container", ID},
	{"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope", ID},
	{"/libpod_parent/libpod-" ID, ID},
	{"/ecs/0123456789abcdef0123456789abcdef/" ID, ID},
	{"/default/" ID, ID},
	{"/" ID, ID},
	{ID, ID},
	{"/lxc.payload.web", "web"},
	{"/lxc.payload.web/system.slice/nginx.service", "web"},
	{"/lxc.payload/web", "web"},
	{"/lxc/web-1/init.scope", "web-1"},
	{"/machine.slice/machine-box.scope", "box"},
	{"/machine.slice/machine-my\\x2dbox.scope/payload/system.slice", "my-box"},
	{"/machine.slice/machine-qemu\\x2d1\\x2ddeb.scope", "qemu-1-deb"},
	{"/machine.slice/machine-a\\x00b\\x2.scope", "a\\x00b\\x2"},
};

static const char *const none[] = {
	"",
	"/",
	"//",
	"/system.slice/cron.service",
	"/system.slice/docker.service",
	"/init.scope",
	"/machine.slice/libpod-conmon-" ID ".scope",
	"/kubepods.slice/crio-conmon-" ID ".scope",
	"/conmon-" ID,
	"/lxc.monitor.web",
	"/lxc.payload.",
	"/lxc.payload",
	"/lxc",
	"/lxc/",
	"/docker/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
	"/docker/g123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	"/docker/123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	"/docker/" ID "0",
	"/docker-" ID ".service",
	"/machine-.scope",
	"/machine-box.service",
	"/.scope",
	"/-.scope",
};

static void containers(void **state)
{
	char id[CONTAINER_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!container_of(known[i].path, id))
			fail_msg("%s: none", known[i].path);
		assert_string_equal(id, known[i].id);
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		if (container_of(none[i], id))
			fail_msg("%s: %s", none[i], id);
		assert_string_equal(id, "");
	}
	assert_int_equal(container_short(ID), 12);
	assert_int_equal(container_short("web"), 3);
	assert_int_equal(container_short(""), 0);
}

/* Names as long as may be, and longer; each in a block of its own size, so that ASan sees a byte too far. */
static void long_names(void **state)
{
	static const char *const before[] = {"/lxc.payload.", "/machine-", "/docker-", "/x:", "/"};

	(void)state;
	for (size_t k = 0; k < sizeof(before) / sizeof(before[0]); k++)
		for (size_t n = 0; n < 600; n += n < 230 || n > 270 ? 7 : 1) {
			char *path = malloc(strlen(before[k]) + n + 1), id[CONTAINER_SIZE];

			memset(path, 'a', strlen(before[k]) + n + 1);
			memcpy(path, before[k], strlen(before[k]));
			path[strlen(before[k]) + n] = '\0';
			if (container_of(path, id))
				assert_true(strlen(id) < CONTAINER_SIZE && strlen(id) <= n);
			free(path);
		}
}

/* Whatever the bytes: nothing is read beyond, and an id is never empty. */
static void any_bytes(void **state)
{
	static const char letters[] = "/-.:\\x2d0aflxcpayodmhinesvrk\xff\n";
	unsigned seed = 7;

	(void)state;
	for (int n = 0; n < 200000; n++) {
		size_t size = (size_t)(seed >> 8) % 40;
		char *path = malloc(size + 1), id[CONTAINER_SIZE];
		bool found;

		for (size_t i = 0; i < size; i++) {
			seed = seed * 1664525 + 1013904223;
			path[i] = letters[(seed >> 16) % (sizeof(letters) - 1)];
		}
		seed = seed * 1664525 + 1013904223;
		path[size] = '\0';
		found = container_of(path, id);
		assert_int_equal(found, id[0] != '\0');
		free(path);
	}
}

static void kept_once(void **state)
{
	struct cgroups *c = cgroups_new();
	char path[32];

	(void)state;
	assert_int_equal(cgroups_number(c, "/a", 2), 1);
	assert_int_equal(cgroups_number(c, "/ab", 3), 2);
	assert_int_equal(cgroups_number(c, "/abc", 2), 1);
	assert_int_equal(cgroups_number(c, "/docker/" ID, 8 + 64), 3);
	assert_string_equal(cgroups_at(c, 1)->path, "/a");
	assert_string_equal(cgroups_at(c, 1)->container, "");
	assert_string_equal(cgroups_at(c, 3)->container, ID);
	assert_null(cgroups_at(c, 0));
	assert_null(cgroups_at(c, 4));
	for (int i = 0; i < 1000; i++)
		assert_int_equal(cgroups_number(c, path, (size_t)snprintf(path, sizeof(path), "/n%d", i)), 4 + i);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(cgroups_number(c, path, (size_t)snprintf(path, sizeof(path), "/n%d", i)), 4 + i);
	cgroups_free(c);
	cgroups_free(NULL);
}

static void no_paths(void **state)
{
	struct cgroups *c = cgroups_new();
	char *longest = malloc(CGROUP_PATH_MAX + 1);

	(void)state;
	memset(longest, '/', CGROUP_PATH_MAX + 1);
	assert_int_equal(cgroups_number(c, "", 0), 0);
	assert_int_equal(cgroups_number(c, "a", 1), 0);
	assert_int_equal(cgroups_number(c, "/a\0b", 4), 0);
	assert_int_equal(cgroups_number(c, longest, CGROUP_PATH_MAX + 1), 0);
	assert_false(cgroups_full(c));
	assert_int_equal(cgroups_number(c, longest, CGROUP_PATH_MAX), 1);
	assert_int_equal(cgroups_number(NULL, "/a", 2), 0);
	free(longest);
	cgroups_free(c);
}

/* Bounded in number and in bytes; what is known stays known, and nothing else comes any more. */
static void bounded(void **state)
{
	struct cgroups *c = cgroups_new();
	char path[CGROUP_PATH_MAX + 1];
	unsigned i;

	(void)state;
	for (i = 1; i < 100000; i++)
		if (!cgroups_number(c, path, (size_t)snprintf(path, sizeof(path), "/n%u", i)))
			break;
	assert_int_equal(i, CGROUPS_MAX + 1);
	assert_true(cgroups_full(c));
	assert_int_equal(cgroups_number(c, "/n7", 3), 7);
	assert_int_equal(cgroups_number(c, "/new", 4), 0);
	cgroups_free(c);
	c = cgroups_new();
	memset(path, 'x', sizeof(path));
	for (i = 0; i < 100000; i++) {
		snprintf(path, sizeof(path), "/%u", i);
		path[strlen(path)] = 'x';
		if (!cgroups_number(c, path, CGROUP_PATH_MAX))
			break;
	}
	assert_true(i > 2000 && i < (8u << 20) / CGROUP_PATH_MAX + 1);
	assert_int_equal(cgroups_number(c, "/new", 4), 0);
	cgroups_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(containers), cmocka_unit_test(long_names), cmocka_unit_test(any_bytes),
		cmocka_unit_test(kept_once),  cmocka_unit_test(no_paths),   cmocka_unit_test(bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
