// SPDX-License-Identifier: MIT
#include "cmd/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { SIGNALS, TIMER, TICK, OUTPUT, INPUT, SAID, RIVALS, OWN };

#define SECOND 1000000000LL
#define SETTLE_NS 20000000

/* What came ignored stays so: nohup, and a shell's background jobs. Blocked, it would be queued for us all the same. */
static void leave_ignored(sigset_t *set)
{
	static const int may_be[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
	struct sigaction action;

	for (size_t i = 0; i < sizeof(may_be) / sizeof(may_be[0]); i++)
		if (sigaction(may_be[i], NULL, &action) == 0 && action.sa_handler == SIG_IGN)
			sigdelset(set, may_be[i]);
}

static void wanted_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGQUIT);
	sigaddset(set, SIGCHLD);
	leave_ignored(set);
}

int loop_block_signals(struct error *e)
{
	sigset_t set;

	wanted_signals(&set);
	/* Ignored, it would let the kernel reap our command, whose end we would wait for in vain. */
	signal(SIGCHLD, SIG_DFL);
	return sigprocmask(SIG_BLOCK, &set, NULL) ? error_errno(e, "can't block signals") : 0;
}

/* Only once the loop runs: until then, Ctrl-Z does what it always does. */
static void add_terminal_signals(sigset_t *set)
{
	sigset_t more;

	sigemptyset(&more);
	sigaddset(&more, SIGWINCH);
	sigaddset(&more, SIGTSTP);
	sigaddset(&more, SIGCONT);
	leave_ignored(&more); /* where nobody would continue us, Ctrl-Z is ignored */
	sigprocmask(SIG_BLOCK, &more, NULL);
	sigorset(set, set, &more);
}

void loop_suspend(void)
{
	sigset_t stop;

	signal(SIGTSTP, SIG_DFL);
	raise(SIGTSTP);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, NULL); /* here it stops */
	sigprocmask(SIG_BLOCK, &stop, NULL);
}

static int timer(int64_t first, int64_t interval)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	struct itimerspec t = {
		.it_value = {first / SECOND, first % SECOND},
		.it_interval = {interval / SECOND, interval % SECOND},
	};

	if (fd >= 0 && timerfd_settime(fd, 0, &t, NULL)) {
		close(fd);
		return -1;
	}
	return fd;
}

int loop_open(struct loop *l, struct child *child, const struct reader *r, const struct loop_options *o,
	      struct error *e)
{
	sigset_t set;

	memset(l, 0, sizeof(*l));
	wanted_signals(&set);
	if (o->terminal)
		add_terminal_signals(&set);
	l->child = child;
	l->reader = r;
	l->settle_ns = SETTLE_NS;
	l->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	l->timer = timer(o->duration, 0);
	l->tick = timer(o->tick && o->first ? o->first : o->tick, o->tick);
	l->count = OWN + reader_cpus(r) + 1;
	l->fds = calloc((size_t)l->count, sizeof(*l->fds));
	if (l->signals < 0 || l->timer < 0 || l->tick < 0 || !l->fds) {
		error_errno(e, "can't wait for events");
		loop_close(l);
		return -1;
	}
	l->fds[SIGNALS] = (struct pollfd){.fd = l->signals, .events = POLLIN};
	l->fds[TIMER] = (struct pollfd){.fd = l->timer, .events = POLLIN};
	l->fds[TICK] = (struct pollfd){.fd = l->tick, .events = POLLIN};
	/* Without events asked for, poll tells only that a pipe's reader has gone. */
	l->fds[OUTPUT] = (struct pollfd){.fd = o->output};
	l->fds[INPUT] = (struct pollfd){.fd = o->input, .events = POLLIN};
	l->fds[SAID] = (struct pollfd){.fd = o->said, .events = POLLIN};
	l->fds[RIVALS] = (struct pollfd){.fd = o->rivals ? o->rivals : -1, .events = POLLIN};
	reader_pollfds(r, l->fds + OWN);
	loop_watch(l, -1);
	return 0;
}

void loop_watch(struct loop *l, int fd)
{
	l->fds[l->count - 1] = (struct pollfd){.fd = fd, .events = POLLIN};
}

void loop_forget_pages(struct loop *l)
{
	for (int i = RIVALS; i < l->count; i++)
		l->fds[i].fd = -1;
}

void loop_close(struct loop *l)
{
	if (!l->fds)
		return;
	close(l->signals);
	close(l->timer);
	close(l->tick);
	free(l->fds);
	l->fds = NULL;
}

/*
 * With a command, the first request to stop is the command's: it is passed on
 * unless the terminal has sent it to both, and tracing goes on until the command
 * ends. A second one is ours.
 */
static void asked(struct loop *l, int sig, bool pass_on)
{
	if (!l->child->pid || l->child->exited || l->interrupts++)
		l->stopped = true;
	else if (pass_on)
		child_signal(l->child, sig);
}

void loop_ask(struct loop *l, int sig)
{
	asked(l, sig, true);
}

static void take_signal(struct loop *l, const struct signalfd_siginfo *info)
{
	int sig = (int)info->ssi_signo;

	switch (sig) {
	case SIGCHLD:
		child_reap(l->child);
		l->stopped = l->stopped || l->child->exited;
		break;
	case SIGWINCH:
		l->terminal |= 1u << LOOP_RESIZE;
		break;
	case SIGTSTP:
		l->terminal |= 1u << LOOP_SUSPEND;
		break;
	case SIGCONT:
		l->terminal |= 1u << LOOP_RESUME;
		break;
	default:
		l->requests++;
		l->urgent = l->urgent || sig != SIGINT;
		asked(l, sig, info->ssi_code <= 0);
	}
}

static void take_signals(struct loop *l)
{
	struct signalfd_siginfo info;

	while (read(l->signals, &info, sizeof(info)) == sizeof(info))
		take_signal(l, &info);
}

/* Waits; which of ours are ready. Returns what poll does. */
static int wait_for(struct loop *l, int count, int timeout_ms)
{
	int n = poll(l->fds, (nfds_t)count, timeout_ms);

	if (n <= 0)
		return n < 0 && errno != EINTR ? -1 : 0;
	if (l->fds[SIGNALS].revents)
		take_signals(l);
	if (l->fds[TIMER].revents || (count > OUTPUT && l->fds[OUTPUT].revents & (POLLERR | POLLHUP | POLLNVAL)))
		l->stopped = true;
	if (l->fds[INPUT].revents & (POLLERR | POLLHUP | POLLNVAL))
		l->stopped = true;
	return n;
}

/*
 * Whether there are pages. What is gone would wake us for ever: it is waited for
 * no longer, until rivals are looked at, for a processor may have come again.
 */
static bool look_at_pages(struct loop *l)
{
	bool pages = false;

	if (l->fds[RIVALS].revents) {
		reader_pollfds(l->reader, l->fds + OWN);
		return true;
	}
	for (int i = OWN; i < l->count; i++) {
		pages = pages || l->fds[i].revents;
		if (l->fds[i].revents & (POLLERR | POLLHUP | POLLNVAL))
			l->fds[i].fd = -1;
	}
	if (l->fds[SAID].revents && !(l->fds[SAID].revents & POLLIN))
		l->fds[SAID].fd = -1;
	return pages;
}

/* One of those that signals have told of; LOOP_PAGES: none. */
static enum loop_wake next_of_terminal(struct loop *l)
{
	for (enum loop_wake wake = LOOP_RESIZE; wake <= LOOP_RESUME; wake++)
		if (l->terminal & 1u << wake) {
			l->terminal &= ~(1u << wake);
			return wake;
		}
	return LOOP_PAGES;
}

enum loop_wake loop_wait(struct loop *l, struct error *e)
{
	uint64_t times;
	bool pages;
	/* Once loop_stopped has taken the signal, nothing may come any more. */
	int n = wait_for(l, l->count, l->stopped || l->terminal ? 0 : -1);

	if (n < 0) {
		error_errno(e, "can't wait for events");
		return LOOP_FAILED;
	}
	pages = n > 0 && look_at_pages(l);
	if (l->terminal && !l->stopped)
		return next_of_terminal(l);
	if (n > 0 && l->fds[TICK].revents && read(l->tick, &times, sizeof(times)) > 0 && !l->stopped)
		return LOOP_TICK;
	if (n > 0 && (l->fds[INPUT].revents || l->fds[SAID].revents) && !l->stopped)
		return LOOP_INPUT;
	if (pages && !l->stopped)
		wait_for(l, TICK, (int)(l->settle_ns / 1000000));
	return l->stopped ? LOOP_STOP : LOOP_PAGES;
}

bool loop_stopped(struct loop *l)
{
	if (!l->stopped)
		wait_for(l, TICK, 0);
	return l->stopped;
}

void loop_want_output(struct loop *l, bool wanted)
{
	l->fds[OUTPUT].events = wanted ? POLLOUT : 0;
}

void loop_wait_output(struct loop *l, int timeout_ms)
{
	struct pollfd two[2] = {l->fds[SIGNALS], l->fds[OUTPUT]};

	two[1].events = POLLOUT;
	if (poll(two, 2, timeout_ms) > 0 && two[0].revents)
		take_signals(l);
}
