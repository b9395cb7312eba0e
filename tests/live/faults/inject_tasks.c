/* SPDX-License-Identifier: MIT */
/* LD_PRELOAD: waiting, processes, terminals, and what they may do. */
#define _GNU_SOURCE
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "inject.h"

int poll(struct pollfd *restrict fds, nfds_t count, int timeout)
{
	FAIL("poll", "");
	return REAL(poll)(fds, count, timeout);
}

pid_t fork(void)
{
	FAIL("fork", "");
	return REAL(fork)();
}

int pipe2(int fds[2], int flags)
{
	int result;

	FAIL("pipe2", "");
	result = REAL(pipe2)(fds, flags);
	if (result == 0) {
		note_fd(fds[0], "pipe");
		note_fd(fds[1], "pipe");
	}
	return result;
}

#define PLAIN(type, name, arguments, call) \
	type name arguments                \
	{                                  \
		FAIL(#name, "");           \
		return REAL(name) call;    \
	}
PLAIN(pid_t, waitpid, (pid_t pid, int *status, int flags), (pid, status, flags))
PLAIN(int, signalfd, (int fd, const sigset_t *set, int flags), (fd, set, flags))
PLAIN(int, timerfd_create, (int clock, int flags), (clock, flags))
PLAIN(int, inotify_init1, (int flags), (flags))
PLAIN(int, inotify_add_watch, (int fd, const char *path, uint32_t mask), (fd, path, mask))
PLAIN(int, epoll_create1, (int flags), (flags))
PLAIN(int, socketpair, (int domain, int type, int protocol, int fds[2]), (domain, type, protocol, fds))
PLAIN(int, sched_setaffinity, (pid_t pid, size_t size, const cpu_set_t *set), (pid, size, set))
PLAIN(int, sched_getaffinity, (pid_t pid, size_t size, cpu_set_t *set), (pid, size, set))
PLAIN(int, sigprocmask, (int how, const sigset_t *restrict set, sigset_t *restrict old), (how, set, old))
PLAIN(int, cap_set_proc, (void *caps), (caps))

int timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *old)
{
	FAIL("timerfd_settime", "");
	return REAL(timerfd_settime)(fd, flags, new, old);
}

int prctl(int what, ...)
{
	va_list args;
	unsigned long a[4];

	va_start(args, what);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(args, unsigned long);
	va_end(args);
	FAIL("prctl", "");
	return REAL(prctl)(what, a[0], a[1], a[2], a[3]);
}

BY_FD(tcgetattr, (int fd, struct termios *t), (fd, t))
BY_FD(tcsetattr, (int fd, int when, const struct termios *t), (fd, when, t))
