/* SPDX-License-Identifier: MIT */
/*
 * Has every call that a command of falloctrace makes fail in turn, each in all
 * ways that make sense, and looks whether it ends as it should; see usage().
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sweep.h"

#define ERRORS 16

static int usage(void)
{
	fputs("usage: sweep [OPTION...] -- COMMAND ARG...\n"
	      "  -p FILE     inject.so\n"
	      "  -d DIR      a folder to work in: COMMAND's is DIR/out, empty at first\n"
	      "  -x COMMAND  the falloctrace that looks at recordings (x.dat)\n"
	      "  -m          memory that can't be had, in place of all else\n"
	      "  -a          the call fails again and again, in place of once\n"
	      "  -n N        at most so many of a place's calls fail in turn (default 1; 0: all that are known)\n"
	      "  -e N        of the errors that a call may end with at most so many (default 0: all)\n"
	      "  -k I/N      only each Nth place, from the Ith on (0 ... N-1): N runs have them all\n"
	      "  -s SEED     which, and which of the calls\n"
	      "  -c N        calls of fallocate that COMMAND is to tell of\n"
	      "  -t SECONDS  the longest that it may run (default 20)\n"
	      "  -o PLACE    only places whose name has this in it\n"
	      "  -X PLACE    of what fails in those only what is left behind is looked at: a library that falls over\n"
	      "  -l          what is wrong with a file may take several lines\n"
	      "  -L NAME     an instance, and a probe, of that name are there, for COMMAND to remove\n"
	      "  -T          COMMAND has a terminal\n"
	      "  -v          shows each run\n",
	      stderr);
	return 2;
}

/* --- what fails --- */

struct errors {
	const char *calls; /* between blanks */
	int errors[ERRORS];
};

static const struct errors errors[] = {
	{" open openat fopen opendir fdopendir ", {EACCES, ENOENT, EMFILE, ENOMEM, EINTR, EIO, EPERM, EBUSY, ENODEV}},
	{" read pread ", {EIO, EINTR, ENOMEM, EINVAL, ENODEV, FAULT_SHORT, FAULT_EOF}},
	{" write pwrite ",
	 {EACCES, EPERM, ENOENT, EBUSY, EINVAL, ENOMEM, EIO, EINTR, ENOSPC, ENODEV, FAULT_SHORT, FAULT_EOF}},
	{" mkdir mkdirat ", {EACCES, EPERM, ENOENT, ENOMEM, ENOSPC, EROFS, EINTR}},
	{" rmdir ", {EBUSY, EACCES, EPERM, EIO}},
	{" unlink unlinkat renameat linkat mkostemp ", {EACCES, EPERM, EIO, ENOSPC, EROFS}},
	{" poll ", {EINTR, ENOMEM, EINVAL}},
	{" fork ", {EAGAIN, ENOMEM}},
	{" pipe2 signalfd timerfd_create memfd_create socketpair inotify_init1 epoll_create1 ",
	 {EMFILE, ENFILE, ENOMEM}},
	{" inotify_add_watch ", {ENOSPC, EACCES, ENOENT}},
	{" dup dup2 dup3 fdopen ", {EMFILE, EINTR, ENOMEM}},
	{" flock ", {EWOULDBLOCK, EINTR, ENOLCK}},
	{" fstat stat fstatat fstatfs fstatvfs statvfs access faccessat readlink ", {EACCES, EIO, ENOENT, ENOMEM}},
	{" sched_setaffinity sched_getaffinity sigprocmask timerfd_settime ", {EINVAL, EPERM}},
	{" ftruncate fallocate copy_file_range ", {EIO, ENOSPC, EFBIG, EINVAL, EOPNOTSUPP, EXDEV, EINTR, FAULT_SHORT}},
	{" fsync fdatasync sync_file_range close fclose fflush ", {EIO, ENOSPC, EINTR}},
	{" fchmod fchown prctl cap_set_proc ", {EPERM, EINVAL}},
	/* Nothing else puts a terminal's modes back. */
	{" tcgetattr tcsetattr ", {EINTR}},
	{" waitpid ", {EINTR, ECHILD}},
	{" lseek fcntl readdir fgets getline ", {EIO, EINVAL}},
	{" malloc calloc realloc strdup ", {ENOMEM}},
};

static const int *errors_of(const char *call)
{
	static const int other[ERRORS] = {EIO};
	char name[32];

	snprintf(name, sizeof(name), " %s ", call);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strstr(errors[i].calls, name))
			return errors[i].errors;
	return other;
}

static const char *error_name(int error)
{
	return error == FAULT_SHORT ? "short" : error == FAULT_EOF ? "nothing" : strerrorname_np(error);
}

static unsigned lines_of(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void report(struct sweep *s, const struct run *r, const char *said)
{
	const struct fault_site *site = &s->shared->site;
	bool hit = atomic_load(&s->shared->hit);

	s->runs++;
	if (!hit)
		s->silent++;
	else if (r->status)
		s->failed++;
	else
		s->told += *said != '\0';
	s->bad += *r->wrong != '\0';
	if (!*r->wrong && !s->verbose)
		return;
	printf("%s%s(%s) at %llx, the %u.: %s%s: %d: %s%s%s\n", *r->wrong ? "WRONG " : "", site->call, site->path,
	       (unsigned long long)site->caller, s->shared->occurrence, error_name(s->shared->error),
	       hit ? "" : " (not met)", r->status, said, *r->wrong ? ": " : "", r->wrong);
	if (*r->wrong && lines_of(r->err) > 1)
		printf("      stderr: %.600s\n", r->err);
	fflush(stdout);
}

/* That an instance is not there which was just made no kernel says. */
static bool makes_sense(const struct fault_site *site, int error)
{
	static const char end[] = "instances/falloctrace_#";
	size_t size = strlen(site->path);

	return error != ENOENT || strcmp(site->call, "stat") != 0 || size < strlen(end) ||
	       strcmp(site->path + size - strlen(end), end) != 0;
}

static bool has_name(const struct fault_site *site, const char *part)
{
	char name[128];

	snprintf(name, sizeof(name), "%s(%s) at %llx", site->call, site->path, (unsigned long long)site->caller);
	return strstr(name, part);
}

static bool is_foreign(const struct sweep *s, const struct fault_site *site)
{
	for (size_t i = 0; i < FOREIGN && s->foreign[i]; i++)
		if (has_name(site, s->foreign[i]))
			return true;
	return false;
}

static void fail_one(struct sweep *s, const struct fault_site *site, unsigned occurrence, int error)
{
	char said[512];
	struct run r;

	s->foreign_now = is_foreign(s, site);
	s->shared->site = *site;
	s->shared->occurrence = occurrence;
	s->shared->error = error;
	s->shared->lasting = s->lasting;
	sweep_run(s, &r);
	look(s, &r, said);
	report(s, &r, said);
}

static bool same(const struct fault_site *a, const struct fault_site *b)
{
	return a->caller == b->caller && !strcmp(a->call, b->call) && !strcmp(a->path, b->path);
}

/* The errors of a place, some of them or all; another seed begins with another one. */
static void fail_site(struct sweep *s, const struct fault_site *site, unsigned count, unsigned number)
{
	const int *list = errors_of(site->call);
	unsigned calls = s->calls_max && s->calls_max < count ? s->calls_max : count, errors_count = 0;
	unsigned turn = s->seed + number;

	while (errors_count < ERRORS && list[errors_count])
		errors_count++;
	for (unsigned c = 0; c < calls; c++) {
		unsigned occurrence = calls == count ? c : (turn + c) % count;
		unsigned n = s->errors_max && s->errors_max < errors_count ? s->errors_max : errors_count;

		for (unsigned i = 0; i < n; i++)
			if (makes_sense(site, list[(turn + i) % errors_count]))
				fail_one(s, site, occurrence + 1, list[(turn + i) % errors_count]);
	}
}

static int sweep(struct sweep *s)
{
	struct fault_site *calls = NULL;
	uint32_t count, places = 0, sites = 0;
	char said[512];
	struct run r;

	s->shared->fails = 0;
	sweep_run(s, &r);
	memcpy(s->normal, r.err, sizeof(s->normal));
	without_digits(s->normal);
	look(s, &r, said);
	if (r.status || *r.wrong) {
		printf("WRONG nothing fails: exit %d, %s\n%s", r.status, r.wrong, r.err);
		return 1;
	}
	count = atomic_load(&s->shared->count);
	if (!count || count > FAULT_CALLS) {
		printf("WRONG %u calls were seen\n", count);
		return 1;
	}
	calls = calloc(count, sizeof(*calls));
	if (!calls)
		return 1;
	memcpy(calls, s->shared->calls, count * sizeof(*calls));
	s->shared->fails = 1;
	for (uint32_t i = 0; i < count; i++) {
		unsigned times = 1;
		bool before = false;

		for (uint32_t k = 0; k < i && !before; k++)
			before = same(&calls[k], &calls[i]);
		if (before || (s->only && !has_name(&calls[i], s->only)) || places++ % s->parts != s->part)
			continue;
		for (uint32_t k = i + 1; k < count; k++)
			times += same(&calls[k], &calls[i]);
		fail_site(s, &calls[i], times, sites++);
	}
	free(calls);
	printf("%u calls from %u places of %u: %u runs, %u ended with an error, %u went on with a word, %u without one; %u where "
	       "the call was not made; %u wrong\n",
	       count, sites, places, s->runs, s->failed, s->told, s->runs - s->failed - s->told - s->silent, s->silent,
	       s->bad);
	return s->bad || !s->runs ? 1 : 0;
}

static int prepare(struct sweep *s)
{
	int fd;

	snprintf(s->out, sizeof(s->out), "%s/out", s->dir);
	snprintf(s->shared_file, sizeof(s->shared_file), "%s/shared", s->dir);
	snprintf(s->err_file, sizeof(s->err_file), "%s/stderr", s->dir);
	snprintf(s->std_file, sizeof(s->std_file), "%s/stdout", s->dir);
	if (mkdir(s->out, 0700) && errno != EEXIST)
		return -1;
	if (s->terminal >= 0) {
		s->terminal = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
		if (s->terminal < 0 || grantpt(s->terminal) || unlockpt(s->terminal))
			return -1;
		/* Ours stays open: modes last as long as somebody has it. */
		if (open(ptsname(s->terminal), O_RDWR | O_NOCTTY | O_CLOEXEC) < 0 ||
		    tcgetattr(s->terminal, &s->modes) ||
		    ioctl(s->terminal, TIOCSWINSZ, &(struct winsize){.ws_row = 24, .ws_col = 80}))
			return -1;
		setenv("TERM", "xterm", 1);
	}
	fd = open(s->shared_file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, sizeof(*s->shared)))
		return -1;
	s->shared = mmap(NULL, sizeof(*s->shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return s->shared == MAP_FAILED || prctl(PR_SET_CHILD_SUBREAPER, 1) ? -1 : 0;
}

int main(int argc, char **argv)
{
	static struct sweep s = {.calls_max = 1, .parts = 1, .calls = -1, .limit = 20, .terminal = -1};
	int option, status, group = FAULT_IO;
	size_t foreign = 0;

	while ((option = getopt(argc, argv, "+p:d:x:X:L:Tlman:e:s:c:t:o:k:v")) != -1) {
		switch (option) {
		case 'p':
			s.preload = optarg;
			break;
		case 'd':
			s.dir = optarg;
			break;
		case 'x':
			s.replayer = optarg;
			break;
		case 'X':
			if (foreign == FOREIGN)
				return usage();
			s.foreign[foreign++] = optarg;
			break;
		case 'L':
			s.left_by = optarg;
			break;
		case 'T':
			s.terminal = 0;
			break;
		case 'l':
			s.more_lines = true;
			break;
		case 'm':
			group = FAULT_MEMORY;
			break;
		case 'a':
			s.lasting = true;
			break;
		case 'n':
			s.calls_max = (unsigned)atoi(optarg);
			break;
		case 'e':
			s.errors_max = (unsigned)atoi(optarg);
			break;
		case 'k':
			if (sscanf(optarg, "%u/%u", &s.part, &s.parts) != 2 || !s.parts)
				return usage();
			break;
		case 's':
			s.seed = (unsigned)atoi(optarg);
			break;
		case 'c':
			s.calls = atol(optarg);
			break;
		case 't':
			s.limit = atoi(optarg);
			break;
		case 'o':
			s.only = optarg;
			break;
		case 'v':
			s.verbose = true;
			break;
		default:
			return usage();
		}
	}
	s.command = argv + optind;
	if (!s.preload || !s.dir || !*s.command)
		return usage();
	if (prepare(&s)) {
		perror(s.dir);
		return 1;
	}
	s.shared->group = group;
	status = sweep(&s);
	sweep_end(&s);
	return status;
}
