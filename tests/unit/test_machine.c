/* SPDX-License-Identifier: MIT */
/*
 * What is read of the machine that this test runs on, held against what the
 * system's own calls say of the same thing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel/machine.h"

struct machine_state {
	struct trace_info info;
	struct machine *m;
};

static int setup(void **state)
{
	struct machine_state *s = calloc(1, sizeof(*s));
	struct error e;

	*state = s;
	if (!s)
		return -1;
	info_init(&s->info);
	s->m = machine_open(&s->info, &e);
	return !s->m;
}

static int teardown(void **state)
{
	struct machine_state *s = *state;

	machine_close(s->m);
	info_free(&s->info);
	free(s);
	return 0;
}

static void names_of_the_machine(void **state)
{
	struct machine_state *s = *state;
	struct utsname u;

	assert_int_equal(uname(&u), 0);
	assert_string_equal(s->info.host, u.nodename);
	assert_string_equal(s->info.release, u.release);
	assert_string_equal(s->info.machine, u.machine);
	assert_string_equal(s->info.clock, "mono");
}

static void utc(void **state)
{
	struct machine_state *s = *state;
	struct timespec mono, real;
	int64_t off;

	assert_true(s->info.has_utc_offset);
	clock_gettime(CLOCK_MONOTONIC, &mono);
	clock_gettime(CLOCK_REALTIME, &real);
	off = (real.tv_sec - mono.tv_sec) * 1000000000LL + real.tv_nsec - mono.tv_nsec;
	/* The two were not read at the same moment here: a loaded machine takes its time. */
	assert_in_range(llabs(off - s->info.utc_offset), 0, 1000000000);
}

struct thread {
	pthread_t thread;
	pthread_barrier_t started, end;
	pid_t tid;
};

static void *live(void *arg)
{
	struct thread *t = arg;

	t->tid = (pid_t)syscall(SYS_gettid);
	pthread_barrier_wait(&t->started);
	pthread_barrier_wait(&t->end);
	return NULL;
}

static void start_thread(struct thread *t)
{
	pthread_barrier_init(&t->started, NULL, 2);
	pthread_barrier_init(&t->end, NULL, 2);
	assert_int_equal(pthread_create(&t->thread, NULL, live, t), 0);
	pthread_barrier_wait(&t->started);
}

static void end_thread(struct thread *t)
{
	pthread_barrier_wait(&t->end);
	pthread_join(t->thread, NULL);
	pthread_barrier_destroy(&t->started);
	pthread_barrier_destroy(&t->end);
}

static void threads_and_parents(void **state)
{
	struct machine_state *s = *state;
	struct thread t;
	struct error e;

	start_thread(&t);
	assert_int_not_equal(t.tid, getpid());
	assert_int_equal(tasks_tgid(s->info.tasks, getpid()), -1);
	assert_int_equal(machine_add_tasks(s->m, &e), 0);
	assert_int_equal(tasks_tgid(s->info.tasks, getpid()), getpid());
	assert_int_equal(tasks_tgid(s->info.tasks, t.tid), getpid());
	assert_int_equal(tasks_tgid(s->info.tasks, 1), 1);
	assert_true(tasks_descends(s->info.tasks, getpid(), getppid()));
	assert_false(tasks_descends(s->info.tasks, getppid(), getpid()));
	end_thread(&t);
}

/* One that was made later is asked for when it is met. */
static void a_task_met_later(void **state)
{
	struct machine_state *s = *state;
	struct thread t;
	struct error e;
	pid_t child;

	assert_int_equal(machine_add_tasks(s->m, &e), 0);
	start_thread(&t);
	assert_int_equal(tasks_tgid(s->info.tasks, t.tid), -1);
	s->info.find_task(s->info.find_ctx, s->info.tasks, t.tid);
	assert_int_equal(tasks_tgid(s->info.tasks, t.tid), getpid());
	end_thread(&t);
	child = fork();
	if (child == 0) {
		pause();
		_exit(0);
	}
	s->info.find_task(s->info.find_ctx, s->info.tasks, child);
	assert_int_equal(tasks_tgid(s->info.tasks, child), child);
	assert_true(tasks_descends(s->info.tasks, child, getpid()));
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	/* One that has gone stays unknown. */
	s->info.find_task(s->info.find_ctx, s->info.tasks, 4194303);
	assert_int_equal(tasks_tgid(s->info.tasks, 4194303), -1);
}

/* The mount that a file lies on, by its id (fdinfo's) and by /proc/self/mountinfo's device of it. */
static int mount_id(int fd)
{
	char path[64], line[128];
	int id = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "mnt_id: %d", &id);
	if (f)
		fclose(f);
	return id;
}

static void mounts_of_our_own(void **state)
{
	struct machine_state *s = *state;
	int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct mount *m;
	struct stat st;

	assert_true(fd >= 0);
	m = mounts_find_id(s->info.mounts, mount_id(fd));
	assert_non_null(m);
	assert_string_equal(m->point, "/proc");
	assert_string_equal(m->fs, "proc");
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(m->dev, major(st.st_dev) << 20 | minor(st.st_dev));
	close(fd);
	fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	m = mounts_find_id(s->info.mounts, mount_id(fd));
	assert_non_null(m);
	assert_string_equal(m->point, "/");
	close(fd);
}

static void count(void *ctx)
{
	++*(int *)ctx;
}

static void told_of_mounts_that_were_read(void **state)
{
	struct machine_state *s = *state;
	int times = 0;

	machine_on_mounts(s->m, count, &times);
	machine_refresh_mounts(s->m); /* nothing has changed */
	assert_int_equal(times, 0);
	s->info.find_mount(s->info.find_ctx, s->info.mounts, getpid(), 0, -1);
	assert_true(times > 0);
}

static void closing_unhooks(void **state)
{
	struct machine_state *s = *state;

	assert_non_null(s->info.find_symbol);
	machine_close(s->m);
	s->m = NULL;
	assert_null(s->info.find_symbol);
	assert_null(s->info.find_mount);
	assert_null(s->info.find_task);
}

int main(void)
{
#define MACHINE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		MACHINE_TEST(names_of_the_machine), MACHINE_TEST(utc),
		MACHINE_TEST(threads_and_parents),  MACHINE_TEST(a_task_met_later),
		MACHINE_TEST(mounts_of_our_own),    MACHINE_TEST(told_of_mounts_that_were_read),
		MACHINE_TEST(closing_unhooks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
