/* SPDX-License-Identifier: MIT */
/*
 * What is made in tracefs and removed from it, on a directory that looks like
 * one: its kprobe_events is a file to which all that is written is added, so what
 * we ask of the kernel can be read there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel/traces.h"

static char tracing[64];

static char *path(const char *name)
{
	static char p[256];

	snprintf(p, sizeof(p), "%s/%s", tracing, name);
	return p;
}

static void write_events(const char *text)
{
	FILE *f = fopen(path("kprobe_events"), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* What has been added to a file of so many bytes. */
static const char *added(size_t before)
{
	static char text[4096];
	FILE *f = fopen(path("kprobe_events"), "r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	assert_in_range(before, 0, n);
	return text + before;
}

static void make_instance(const char *name)
{
	char p[128];

	snprintf(p, sizeof(p), "instances/%s", name);
	assert_int_equal(mkdir(path(p), 0700), 0);
}

static bool has_instance(const char *name)
{
	char p[128];

	snprintf(p, sizeof(p), "instances/%s", name);
	return access(path(p), F_OK) == 0;
}

static int setup(void **state)
{
	(void)state;
	snprintf(tracing, sizeof(tracing), "/tmp/test_traces.XXXXXX");
	return !mkdtemp(tracing) || mkdir(path("instances"), 0700);
}

static int remove_one(const char *file, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(file);
}

static int teardown(void **state)
{
	(void)state;
	return nftw(tracing, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void names(void **state)
{
	char name[TRACES_NAME_SIZE];

	(void)state;
	traces_name(name, 4711, false);
	assert_string_equal(name, "falloctrace_4711");
	traces_name(name, 4194304, true);
	assert_string_equal(name, "falloctrace_4194304_d");
}

static void a_probe_is_appended(void **state)
{
	static const char others[] = "p:kprobes/theirs do_sys_open\n";
	struct error e;

	(void)state;
	write_events(others);
	assert_int_equal(probe_add(tracing, "p:falloctrace_1/vfs_enter vfs_fallocate", &e), 0);
	assert_string_equal(added(0), "p:kprobes/theirs do_sys_open\np:falloctrace_1/vfs_enter vfs_fallocate");
	assert_int_equal(unlink(path("kprobe_events")), 0);
	errno = 0;
	assert_int_equal(probe_add(tracing, "p:falloctrace_1/vfs_enter vfs_fallocate", &e), -1);
	assert_int_equal(errno, ENOENT);
	/* Not made by us where it isn't. */
	assert_int_not_equal(access(path("kprobe_events"), F_OK), 0);
}

#define EVENTS                                                         \
	"p:kprobes/vfs_enter vfs_fallocate\n"                          \
	"p:falloctrace_7/vfs_enter vfs_fallocate mode=%si:u32\n"       \
	"r4096:falloctrace_7/vfs_exit vfs_fallocate ret=$retval:s32\n" \
	"p:falloctrace_77/vfs_enter vfs_fallocate\n"                   \
	"p:falloctrace_7_d/first vfs_fallocate\n"                      \
	"p:falloctrace/by_hand vfs_fallocate\n"                        \
	"r:falloctrace_7/sys_exit __x64_sys_fallocate\n"

static void only_that_name_is_removed(void **state)
{
	struct error e;

	(void)state;
	write_events(EVENTS);
	make_instance("falloctrace_7");
	make_instance("falloctrace_7_d");
	make_instance("falloctrace_77");
	make_instance("somebody");
	assert_int_equal(traces_remove(tracing, "falloctrace_7", &e), 0);
	assert_string_equal(added(strlen(EVENTS)),
			    "-:falloctrace_7/vfs_enter-:falloctrace_7/vfs_exit-:falloctrace_7/sys_exit");
	assert_false(has_instance("falloctrace_7"));
	assert_true(has_instance("falloctrace_7_d"));
	assert_true(has_instance("falloctrace_77"));
	assert_true(has_instance("somebody"));
}

static void nothing_to_remove(void **state)
{
	struct error e;

	(void)state;
	write_events(EVENTS);
	assert_int_equal(traces_remove(tracing, "falloctrace_8", &e), 0);
	assert_string_equal(added(0), EVENTS);
	/* A kernel without kprobes. */
	assert_int_equal(unlink(path("kprobe_events")), 0);
	make_instance("falloctrace_8");
	assert_int_equal(traces_remove(tracing, "falloctrace_8", &e), 0);
	assert_false(has_instance("falloctrace_8"));
}

static void what_can_not_be_removed_is_told(void **state)
{
	struct error e = {0};

	(void)state;
	write_events(EVENTS);
	make_instance("falloctrace_7");
	assert_int_equal(mkdir(path("instances/falloctrace_7/in_it"), 0700), 0);
	assert_int_equal(traces_remove(tracing, "falloctrace_7", &e), -1);
	assert_non_null(strstr(e.text, "instances/falloctrace_7"));
	/* The probes are, all the same, and before the lock that tells whose they are. */
	assert_non_null(strstr(added(strlen(EVENTS)), "-:falloctrace_7/sys_exit"));
}

static void quickly_is_the_same(void **state)
{
	struct error e = {0};

	(void)state;
	write_events(EVENTS);
	make_instance("falloctrace_7");
	make_instance("falloctrace_77");
	assert_int_equal(traces_remove_quickly(tracing, "falloctrace_7", &e), 0);
	assert_string_equal(added(strlen(EVENTS)),
			    "-:falloctrace_7/vfs_enter-:falloctrace_7/vfs_exit-:falloctrace_7/sys_exit");
	assert_false(has_instance("falloctrace_7"));
	assert_true(has_instance("falloctrace_77"));
	/* Again: the probes' file here never forgets one. */
	assert_int_equal(traces_remove_quickly(tracing, "falloctrace_7", &e), 0);
	make_instance("falloctrace_7");
	assert_int_equal(mkdir(path("instances/falloctrace_7/in_it"), 0700), 0);
	assert_int_equal(traces_remove_quickly(tracing, "falloctrace_7", &e), -1);
	assert_non_null(strstr(e.text, "instances/falloctrace_7"));
}

/* --- who lives --- */

static void a_lock_tells_who_lives(void **state)
{
	struct error e;
	struct stat st;
	int lock, second;

	(void)state;
	write_events(EVENTS);
	assert_int_equal(traces_remove(tracing, "falloctrace_9", &e), 0);
	assert_int_equal(instance_make(tracing, "falloctrace_9", &lock, &e), 0);
	assert_int_equal(stat(path("instances/falloctrace_9"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_true(fcntl(lock, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(traces_remove(tracing, "falloctrace_9", &e), TRACES_IN_USE);
	assert_true(has_instance("falloctrace_9"));
	assert_int_equal(instance_make(tracing, "falloctrace_9", &second, &e), -1);
	assert_int_equal(second, -1);
	close(lock);
	/* The question itself leaves no lock. */
	assert_int_equal(instance_make(tracing, "falloctrace_9", &lock, &e), 0);
	close(lock);
	assert_int_equal(traces_remove(tracing, "falloctrace_9", &e), 0);
	assert_false(has_instance("falloctrace_9"));
}

static void no_place_for_instances(void **state)
{
	struct error e;
	int lock = 5;

	(void)state;
	assert_int_equal(rmdir(path("instances")), 0);
	assert_int_equal(instance_make(tracing, "falloctrace_9", &lock, &e), -1);
	assert_int_equal(lock, -1);
	assert_non_null(strstr(e.text, "falloctrace_9"));
}

static void a_dead_namesake_is_cleared_away(void **state)
{
	struct error e;

	(void)state;
	write_events(EVENTS);
	make_instance("falloctrace_7");
	make_instance("falloctrace_7_d");
	make_instance("falloctrace_77");
	assert_int_equal(traces_claim(tracing, 7, &e), 0);
	assert_false(has_instance("falloctrace_7"));
	assert_false(has_instance("falloctrace_7_d"));
	assert_true(has_instance("falloctrace_77"));
	assert_string_equal(added(strlen(EVENTS)),
			    "-:falloctrace_7_d/first"
			    "-:falloctrace_7/vfs_enter-:falloctrace_7/vfs_exit-:falloctrace_7/sys_exit");
	/* Probes without an instance, too. */
	write_events(EVENTS);
	assert_int_equal(traces_claim(tracing, 77, &e), 0);
	assert_string_equal(added(strlen(EVENTS)), "-:falloctrace_77/vfs_enter");
}

static void a_living_namesake_is_left_alone(void **state)
{
	struct error e;
	int lock;

	(void)state;
	write_events(EVENTS);
	assert_int_equal(instance_make(tracing, "falloctrace_77", &lock, &e), 0);
	assert_int_equal(traces_claim(tracing, 77, &e), -1);
	assert_non_null(strstr(e.text, "in use"));
	assert_true(has_instance("falloctrace_77"));
	assert_string_equal(added(0), EVENTS);
	close(lock);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A cleanup asks while somebody is about to lock what he has just made, and the other way round. */
static void names_are_taken_in_turn(void **state)
{
	double began;
	struct error e;
	int turn, lock;
	pid_t other;

	(void)state;
	write_events(EVENTS);
	turn = open(path("instances"), O_RDONLY | O_DIRECTORY);
	assert_int_equal(flock(turn, LOCK_EX), 0);
	began = seconds();
	other = fork();
	assert_true(other >= 0);
	if (other == 0) {
		usleep(300000);
		_exit(mkdir(path("instances/falloctrace_9"), 0700));
	}
	/* The copy of the descriptor that the child has holds the lock, too: until it ends. */
	close(turn);
	assert_int_equal(instance_make(tracing, "falloctrace_9", &lock, &e), 0);
	assert_true(seconds() - began >= 0.3);
	assert_int_equal(waitpid(other, &turn, 0), other);
	assert_int_equal(turn, 0);
	close(lock);
}

/* One that hangs with its turn does not keep others from theirs for ever. */
static void a_turn_that_does_not_end(void **state)
{
	double began;
	struct error e;
	int turn, lock;

	(void)state;
	write_events(EVENTS);
	turn = open(path("instances"), O_RDONLY | O_DIRECTORY);
	assert_int_equal(flock(turn, LOCK_EX), 0);
	began = seconds();
	assert_int_equal(instance_make(tracing, "falloctrace_9", &lock, &e), 0);
	assert_int_equal(traces_remove(tracing, "falloctrace_9", &e), TRACES_IN_USE);
	close(lock);
	assert_int_equal(traces_remove(tracing, "falloctrace_9", &e), 0);
	assert_false(has_instance("falloctrace_9"));
	assert_true(seconds() - began < 15);
	close(turn);
}

/* --- what there is --- */

struct seen {
	char names[16][64];
	size_t count, stop_at;
};

static int note(void *ctx, const char *name, struct error *e)
{
	struct seen *s = ctx;

	(void)e;
	assert_in_range(s->count, 0, 15);
	snprintf(s->names[s->count++], sizeof(s->names[0]), "%s", name);
	return s->count == s->stop_at ? -1 : 0;
}

static bool saw(const struct seen *s, const char *name)
{
	size_t times = 0;

	for (size_t i = 0; i < s->count; i++)
		times += !strcmp(s->names[i], name);
	assert_in_range(times, 0, 1);
	return times;
}

static void each_of_ours(void **state)
{
	static const char *const others[] = {"somebody",       "falloctrace_",	   "falloctrace_x", "falloctrace_12x",
					     "falloctrace_1_", "falloctrace_1_dd", "falloctrace",   "xfalloctrace_3"};
	struct seen s = {.count = 0};
	struct error e;

	(void)state;
	write_events(EVENTS "p:falloctrace_5x/a b\np:falloctrace_6/a b\np:a/falloctrace_4 b\n-garbage\n");
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		make_instance(others[i]);
	make_instance("falloctrace_5");
	make_instance("falloctrace_6");
	make_instance("falloctrace_6_d");
	assert_int_equal(traces_each(tracing, note, &s, &e), 0);
	assert_int_equal(s.count, 6);
	assert_true(saw(&s, "falloctrace_5"));	 /* an instance */
	assert_true(saw(&s, "falloctrace_6"));	 /* both, once */
	assert_true(saw(&s, "falloctrace_6_d")); /* discovery's */
	assert_true(saw(&s, "falloctrace_7"));	 /* probes alone */
	assert_true(saw(&s, "falloctrace_77"));
	assert_true(saw(&s, "falloctrace_7_d"));
}

static void each_can_be_ended(void **state)
{
	struct seen s = {.stop_at = 1};
	struct error e;

	(void)state;
	write_events(EVENTS);
	make_instance("falloctrace_5");
	make_instance("falloctrace_6");
	assert_int_equal(traces_each(tracing, note, &s, &e), -1);
	assert_int_equal(s.count, 1);
}

static void each_without_kprobes(void **state)
{
	struct seen s = {.count = 0};
	struct error e;

	(void)state;
	make_instance("falloctrace_5");
	assert_int_equal(traces_each(tracing, note, &s, &e), 0);
	assert_int_equal(s.count, 1);
	assert_int_equal(rmdir(path("instances/falloctrace_5")), 0);
	assert_int_equal(rmdir(path("instances")), 0);
	assert_int_equal(traces_each(tracing, note, &s, &e), -1);
}

int main(void)
{
#define TRACES_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		TRACES_TEST(a_probe_is_appended),
		TRACES_TEST(only_that_name_is_removed),
		TRACES_TEST(nothing_to_remove),
		TRACES_TEST(quickly_is_the_same),
		TRACES_TEST(what_can_not_be_removed_is_told),
		TRACES_TEST(a_lock_tells_who_lives),
		TRACES_TEST(no_place_for_instances),
		TRACES_TEST(a_dead_namesake_is_cleared_away),
		TRACES_TEST(a_living_namesake_is_left_alone),
		TRACES_TEST(names_are_taken_in_turn),
		TRACES_TEST(a_turn_that_does_not_end),
		TRACES_TEST(each_of_ours),
		TRACES_TEST(each_can_be_ended),
		TRACES_TEST(each_without_kprobes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
