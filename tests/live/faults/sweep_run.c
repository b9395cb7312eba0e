/* SPDX-License-Identifier: MIT */
/* Runs a command, in a folder of its own and perhaps a terminal, until nothing of it lives. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sweep.h"

void read_text(const char *path, char text[TEXT])
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, text, TEXT - 1);

	text[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void empty(const char *dir)
{
	struct dirent *entry;
	char path[1024];
	DIR *d = opendir(dir);

	while (d && (entry = readdir(d))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (unlink(path) && errno == EISDIR) {
			empty(path);
			rmdir(path);
		}
	}
	if (d)
		closedir(d);
}

/* One for it: what it writes there is kept by await. */
static int use_terminal(struct sweep *s)
{
	int fd;

	if (setsid() < 0)
		return -1;
	fd = open(ptsname(s->terminal), O_RDWR);
	return fd < 0 || dup2(fd, 0) < 0 || dup2(fd, 1) < 0 ? -1 : 0;
}

static int open_out(const char *path, int to)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	return fd < 0 || dup2(fd, to) < 0 ? -1 : 0;
}

pid_t sweep_start(struct sweep *s, char **command, bool inject)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (chdir(s->out) || open_out(s->std_file, 1) || open_out(s->err_file, 2))
		_exit(99);
	if (inject && s->terminal >= 0 && use_terminal(s))
		_exit(97);
	if (inject) {
		setenv("LD_PRELOAD", s->preload, 1);
		setenv(FAULT_SHARED, s->shared_file, 1);
	}
	execvp(command[0], command);
	_exit(98);
}

static void read_screen(struct sweep *s, struct run *r)
{
	ssize_t n;

	if (s->terminal < 0)
		return;
	for (;;) {
		if (r->screen_size > TEXT / 2) {
			memmove(r->screen, r->screen + TEXT / 4, r->screen_size - TEXT / 4);
			r->screen_size -= TEXT / 4;
		}
		n = read(s->terminal, r->screen + r->screen_size, TEXT / 4);
		if (n <= 0)
			break;
		r->screen_size += (size_t)n;
	}
}

int sweep_await(struct sweep *s, struct run *r, pid_t pid, bool *left)
{
	double end = now() + s->limit;
	int status = 0, result = -1;

	for (;;) {
		pid_t got;

		read_screen(s, r);
		got = waitpid(-1, &status, WNOHANG);
		if (got == pid)
			result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		if (got < 0 && errno == ECHILD)
			return result;
		if (got)
			continue;
		if (now() > end)
			break;
		poll(NULL, 0, 2);
	}
	*left = true;
	return result;
}

void kill_all(pid_t pid)
{
	char path[128], text[TEXT], *at;

	kill(pid, SIGKILL);
	for (int i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
		read_text(path, text);
		for (at = strtok(text, " \n"); at; at = strtok(NULL, " \n"))
			kill(atoi(at), SIGKILL);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (!*text)
			break;
		poll(NULL, 0, 10);
	}
}

static int append_probe(const char *line)
{
	int fd = open(TRACING "/kprobe_events", O_WRONLY | O_APPEND);
	int result = fd < 0 || write(fd, line, strlen(line)) < 0 ? -1 : 0;

	if (fd >= 0)
		close(fd);
	return result;
}

/* What a falloctrace left that was killed. There already: the run before failed to remove it. */
static void leave(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), TRACING "/instances/%s", name);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "p:%s/left vfs_fallocate", name);
	append_probe(path);
}

void sweep_end(struct sweep *s)
{
	char path[256];

	if (!s->left_by)
		return;
	snprintf(path, sizeof(path), TRACING "/instances/%s", s->left_by);
	rmdir(path);
	snprintf(path, sizeof(path), "-:%s/left", s->left_by);
	append_probe(path);
}

void sweep_run(struct sweep *s, struct run *r)
{
	bool left = false;

	memset(r, 0, sizeof(*r));
	empty(s->out);
	if (s->left_by)
		leave(s->left_by);
	if (s->terminal >= 0)
		tcsetattr(s->terminal, TCSANOW, &s->modes);
	atomic_store(&s->shared->seen, 0);
	atomic_store(&s->shared->hit, 0);
	r->pid = sweep_start(s, s->command, true);
	r->status = sweep_await(s, r, r->pid, &left);
	if (left)
		wrong(r, r->status < 0 ? "it hangs" : "processes of it are left");
	if (left)
		kill_all(r->pid);
	read_text(s->err_file, r->err);
}
