// SPDX-License-Identifier: MIT
#include "kernel/watchdog.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/tracefile.h"
#include "kernel/traces.h"

#define DROP_DISCOVERY 'd'
#define RETRY_MS 100
#define LAST_TRIES 60
#define LAST_WAIT_MS 1000

struct watchdog {
	const char *tracing;
	pid_t owner;
	pid_t pid;
	int pipe;   /* writing end */
	int events; /* kprobe_events, for an owner who can open nothing for writing any more; or -1 */
};

static int remove_one(const char *tracing, pid_t owner, bool discovery, struct error *e)
{
	char name[TRACES_NAME_SIZE];

	traces_name(name, owner, discovery);
	/* The owner himself, or his child while he lives: nobody else has got his number. */
	if (getpid() == owner || getppid() == owner)
		return traces_remove_quickly(tracing, name, e);
	/* In use: by one that got it after him. */
	return traces_remove(tracing, name, e);
}

static int remove_all(const char *tracing, pid_t owner, struct error *e)
{
	int result = remove_one(tracing, owner, true, e);

	return remove_one(tracing, owner, false, e) < 0 || result < 0 ? -1 : 0;
}

/* The same by an owner in a sandbox. The instances are his own, and unlocked. */
static int remove_by(const struct watchdog *w, struct error *e)
{
	char name[TRACES_NAME_SIZE];
	int result;

	traces_name(name, w->owner, true);
	result = traces_remove_by(w->tracing, name, w->events, e);
	traces_name(name, w->owner, false);
	return traces_remove_by(w->tracing, name, w->events, e) || result ? -1 : 0;
}

/*
 * Keeps only the pipe: an output pipe that the watchdog still held open would
 * never end for its reader. The instances' locks are made later, by the owner.
 */
static void close_others(int keep)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *entry;

	if (!d)
		return;
	while ((entry = readdir(d))) {
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] != '.' && fd != keep && fd != dirfd(d))
			close(fd);
	}
	closedir(d);
}

/* Where memory has run out, it is needed more than ever; who may not ask for that has to do without. */
static void outlive_others(void)
{
	struct error ignored;

	trace_file_write("/proc/self", "oom_score_adj", "-1000", &ignored);
}

/* What fails is told to the owner. Where he is gone nobody else will do it: memory comes back, others let probes go. */
static int remove_at_last(const char *tracing, pid_t owner)
{
	struct error e;
	int result = remove_all(tracing, owner, &e);

	for (int i = 0; result && i < LAST_TRIES && getppid() != owner; i++) {
		poll(NULL, 0, LAST_WAIT_MS);
		result = remove_all(tracing, owner, &e);
	}
	return result;
}

static void watch(const char *tracing, pid_t owner, int fd)
{
	struct error e;
	char byte;
	ssize_t n;

	while ((n = read(fd, &byte, 1)) != 0) {
		/* What is in use is not to be removed because of a pipe that can't be read. */
		if (n < 0 && errno != EINTR && getppid() != owner)
			break;
		if (n < 0)
			poll(NULL, 0, RETRY_MS);
		if (n == 1 && byte == DROP_DISCOVERY)
			remove_one(tracing, owner, true, &e);
	}
	_exit(remove_at_last(tracing, owner) ? EXIT_FAILURE : EXIT_SUCCESS);
}

static int open_events(const char *tracing)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/kprobe_events", tracing);
	return open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
}

struct watchdog *watchdog_start(const char *tracing, struct error *e)
{
	struct watchdog *w = calloc(1, sizeof(*w));
	sigset_t all;
	int fds[2];

	if (!w || pipe2(fds, O_CLOEXEC)) {
		error_errno(e, "can't start the watchdog");
		free(w);
		return NULL;
	}
	w->tracing = tracing;
	w->owner = getpid();
	w->pipe = fds[1];
	w->pid = fork();
	if (w->pid == 0) {
		/* Ctrl-C in the terminal and a hang-up are for the owner. */
		setsid();
		sigfillset(&all);
		sigprocmask(SIG_SETMASK, &all, NULL);
		prctl(PR_SET_NAME, "falloctrace-wd");
		if (chdir("/"))
			_exit(EXIT_FAILURE);
		/* This one even where /proc can't be read: with it open here, the pipe would never end. */
		close(fds[1]);
		close_others(fds[0]);
		outlive_others();
		watch(tracing, w->owner, fds[0]);
	}
	close(fds[0]);
	if (w->pid < 0) {
		error_errno(e, "can't start the watchdog");
		close(fds[1]);
		free(w);
		return NULL;
	}
	w->events = open_events(tracing);
	return w;
}

void watchdog_drop_discovery(struct watchdog *w)
{
	char byte = DROP_DISCOVERY;

	/* A watchdog that has died is noticed at the end, and its work done then. */
	while (write(w->pipe, &byte, 1) < 0 && errno == EINTR)
		;
}

int watchdog_stop(struct watchdog *w, struct error *e)
{
	int status = 0, result = 0;
	bool early;
	pid_t pid;

	if (!w)
		return 0;
	/* One that ended before it was asked to has removed what there was then. */
	early = waitpid(w->pid, &status, WNOHANG) == w->pid;
	close(w->pipe);
	do
		pid = early ? w->pid : waitpid(w->pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	if (early || pid < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS)
		result = remove_all(w->tracing, w->owner, e);
	if (result)
		result = remove_by(w, e);
	if (w->events >= 0)
		close(w->events);
	free(w);
	return result;
}
