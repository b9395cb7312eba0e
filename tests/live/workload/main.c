/* SPDX-License-Identifier: MIT */
/*
 * Workloads for the live tests; see usage().
 */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/fs.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int usage(void)
{
	fputs("usage: workload truth LOG DIR...           every mode, error, name and way in; LOG tells what happened\n"
	      "       workload flood DIR SECONDS THREADS  as many calls as can be; prints how many\n"
	      "       workload count N                    N calls on a memfd; prints N\n"
	      "       workload pace N                     the same; prints how many ns of processor one takes\n"
	      "       workload badfd N                    N calls on descriptor -1; prints N\n"
	      "       workload family                     4 calls by a process, its thread, child and grandchild\n"
	      "       workload frozen DIR SECONDS         a call that waits for a frozen filesystem\n"
	      "       workload related DIR [nofiemap]     reserves, uses, gives back, cuts off; what the kernel says each time\n"
	      "       workload as UID COMMAND...          without root's rights\n"
	      "       workload stop MS SIGNAL COMMAND...  COMMAND gets SIGNAL after MS, or was done; its status\n",
	      stderr);
	return 2;
}

static int count(int fd, long n)
{
	for (long i = 0; i < n; i++)
		raw_fallocate(fd, KEEP, 0, 4096 + i);
	printf("%ld\n", n);
	return 0;
}

static int pace(int fd, long n)
{
	struct timespec from, to;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	for (long i = 0; i < n; i++)
		raw_fallocate(fd, KEEP, 0, 4096 + i);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	printf("%ld\n", ((to.tv_sec - from.tv_sec) * 1000000000L + to.tv_nsec - from.tv_nsec) / n);
	return 0;
}

struct flood {
	const char *dir;
	time_t end;
	int number;
	long calls;
};

static void *flood_thread(void *arg)
{
	struct flood *f = arg;
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/flood%d", f->dir, f->number);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	if (fd < 0)
		die(path);
	while (time(NULL) < f->end)
		for (int i = 0; i < 100; i++, f->calls++)
			raw_fallocate(fd, i % 2 ? PUNCH | KEEP : KEEP, 0, 4096 + i);
	close(fd);
	return NULL;
}

static int flood(const char *dir, int seconds, int threads)
{
	struct flood f[64];
	pthread_t thread[64];
	long calls = 0;

	threads = threads > 64 ? 64 : threads;
	for (int i = 0; i < threads; i++) {
		f[i] = (struct flood){.dir = dir, .end = time(NULL) + seconds, .number = i};
		if (pthread_create(&thread[i], NULL, flood_thread, &f[i]))
			die("pthread_create");
	}
	for (int i = 0; i < threads; i++) {
		pthread_join(thread[i], NULL);
		calls += f[i].calls;
	}
	printf("%ld\n", calls);
	return 0;
}

/* Lengths 1001 to 1004 tell who called: process, thread, child, grandchild. */
static void *family_thread(void *arg)
{
	raw_fallocate(*(int *)arg, KEEP, 0, 1002);
	return NULL;
}

static int family(void)
{
	int fd = memfd_create("family", 0);
	pthread_t thread;

	raw_fallocate(fd, KEEP, 0, 1001);
	if (pthread_create(&thread, NULL, family_thread, &fd) || pthread_join(thread, NULL))
		die("pthread_create");
	if (fork() == 0) {
		raw_fallocate(fd, KEEP, 0, 1003);
		if (fork() == 0)
			raw_fallocate(fd, KEEP, 0, 1004);
		while (wait(NULL) > 0)
			;
		_exit(0);
	}
	while (wait(NULL) > 0)
		;
	return 0;
}

static int frozen(const char *dir, int seconds)
{
	char path[PATH_MAX];
	int fd, at = open(dir, O_RDONLY | O_DIRECTORY);

	snprintf(path, sizeof(path), "%s/frozen", dir);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	if (at < 0 || fd < 0 || ioctl(at, FIFREEZE, 0) < 0)
		die("FIFREEZE");
	if (fork() == 0)
		_exit(raw_fallocate(fd, KEEP, 0, 1005) ? 1 : 0);
	sleep((unsigned)seconds);
	ioctl(at, FITHAW, 0);
	wait(NULL);
	return 0;
}

static int as(int uid, char **argv)
{
	if (setgroups(0, NULL) < 0 || setgid((gid_t)uid) < 0 || setuid((uid_t)uid) < 0)
		die("setuid");
	execvp(argv[0], argv);
	die(argv[0]);
}

/* A shell cannot: what it puts into the background ignores SIGINT, and that is inherited. */
static int stop(int ms, int sig, char **argv)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGINT, SIG_DFL);
		execvp(argv[0], argv);
		die(argv[0]);
	}
	usleep((useconds_t)ms * 1000);
	kill(pid, sig);
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "truth") && argc > 3) {
		log_open(argv[2]);
		return truth(argv[2], argc - 3, argv + 3);
	}
	if (!strcmp(what, "compat") && argc == 6)
		return compat_main(argv + 2);
	if (!strcmp(what, "flood") && argc == 5)
		return flood(argv[2], atoi(argv[3]), atoi(argv[4]));
	if (!strcmp(what, "pace") && argc == 3)
		return pace(memfd_create("pace", 0), atol(argv[2]));
	if (!strcmp(what, "count") && argc == 3)
		return count(memfd_create("count", 0), atol(argv[2]));
	if (!strcmp(what, "badfd") && argc == 3)
		return count(-1, atol(argv[2]));
	if (!strcmp(what, "family") && argc == 2)
		return family();
	if (!strcmp(what, "frozen") && argc == 4)
		return frozen(argv[2], atoi(argv[3]));
	if (!strcmp(what, "related") && argc > 2)
		return related(argv[2], argc == 3);
	if (!strcmp(what, "as") && argc > 3)
		return as(atoi(argv[2]), argv + 3);
	if (!strcmp(what, "stop") && argc > 4)
		return stop(atoi(argv[2]), atoi(argv[3]), argv + 4);
	return usage();
}
