/* SPDX-License-Identifier: MIT */
/*
 * Has every call that a command of falloctrace makes fail in turn, each in all
 * ways that make sense, and looks whether it ends as it should; see usage().
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "faults.h"

#define TRACING "/sys/kernel/tracing"
#define TEXT 65536
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
	      "  -X PLACE    not those (libc's own for names of users falls over)\n"
	      "  -l          what is wrong with a file may take several lines\n"
	      "  -v          shows each run\n",
	      stderr);
	return 2;
}

struct sweep {
	const char *preload, *dir, *replayer, *only, *without;
	bool more_lines;
	char **command;
	bool verbose, lasting;
	unsigned calls_max, errors_max, seed, part, parts;
	long calls; /* of fallocate; -1: not looked at */
	int limit;
	struct fault_shared *shared;
	char shared_file[512], out[512], err_file[512], std_file[512];
	char normal[TEXT]; /* what it says on stderr when nothing fails */
	unsigned runs, silent, told, failed, bad;
};

struct run {
	pid_t pid;
	int status; /* as a shell has it; -1: it took too long */
	char err[TEXT];
	char wrong[1024]; /* what is; empty: nothing */
};

static void wrong(struct run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void wrong(struct run *r, const char *fmt, ...)
{
	size_t n = strlen(r->wrong);
	va_list args;

	va_start(args, fmt);
	n += (size_t)snprintf(r->wrong + n, sizeof(r->wrong) - n, "%s", n ? "; " : "");
	if (n < sizeof(r->wrong))
		vsnprintf(r->wrong + n, sizeof(r->wrong) - n, fmt, args);
	va_end(args);
}

static void read_text(const char *path, char text[TEXT])
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

/* --- running --- */

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

static int open_out(const char *path, int to)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	return fd < 0 || dup2(fd, to) < 0 ? -1 : 0;
}

static pid_t start(struct sweep *s, char **command, bool inject)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (chdir(s->out) || open_out(s->std_file, 1) || open_out(s->err_file, 2))
		_exit(99);
	if (inject) {
		setenv("LD_PRELOAD", s->preload, 1);
		setenv(FAULT_SHARED, s->shared_file, 1);
	}
	execvp(command[0], command);
	_exit(98);
}

/* All that came of it is our child once its own parent is gone: waits for the last of them. */
static int await(pid_t pid, int limit, bool *left)
{
	double end = now() + limit;
	int status = 0, result = -1;

	for (;;) {
		pid_t got = waitpid(-1, &status, WNOHANG);

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

/* Whatever is still there, by its group. */
static void kill_all(pid_t pid)
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

static void run(struct sweep *s, struct run *r)
{
	bool left = false;

	memset(r, 0, sizeof(*r));
	empty(s->out);
	atomic_store(&s->shared->seen, 0);
	atomic_store(&s->shared->hit, 0);
	r->pid = start(s, s->command, true);
	r->status = await(r->pid, s->limit, &left);
	if (left)
		wrong(r, r->status < 0 ? "it hangs" : "processes of it are left");
	if (left)
		kill_all(r->pid);
	read_text(s->err_file, r->err);
}

/* --- looking --- */

static unsigned lines_of(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* Numbers are another each time. */
static void without_digits(char *text)
{
	for (; *text; text++)
		if (*text >= '0' && *text <= '9')
			*text = '#';
}

/* Lines that it does not say when nothing fails; *one: the last of these. */
static unsigned lines_more(const struct sweep *s, const char *text, char one[512])
{
	unsigned n = 0;

	*one = '\0';
	while (*text) {
		size_t size = strcspn(text, "\n");
		char line[1024];

		snprintf(line, sizeof(line), "%.*s\n", (int)(size < 1000 ? size : 1000), text);
		without_digits(line);
		/* The second is said at once, for a command that goes on. */
		if (!strstr(s->normal, line) && !strstr(line, "the recording ends here")) {
			n++;
			snprintf(one, 512, "%.*s", (int)(size < 500 ? size : 500), text);
		}
		text += size + (text[size] == '\n');
	}
	return n;
}

/* Instances and probes of that process. */
static void look_at_kernel(struct run *r)
{
	static const char *const ends[] = {"", "_d"};
	static char events[1 << 20];
	char path[256];
	struct stat st;
	int fd = open(TRACING "/kprobe_events", O_RDONLY);
	size_t used = 0;
	ssize_t n;

	while (fd >= 0 && used < sizeof(events) - 1 && (n = read(fd, events + used, sizeof(events) - 1 - used)) > 0)
		used += (size_t)n;
	events[used] = '\0';
	if (fd >= 0)
		close(fd);
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), TRACING "/instances/falloctrace_%d%s", (int)r->pid, ends[i]);
		if (stat(path, &st) == 0) {
			wrong(r, "%s is left", path);
			rmdir(path);
		}
		snprintf(path, sizeof(path), ":falloctrace_%d%s/", (int)r->pid, ends[i]);
		if (strstr(events, path))
			wrong(r, "probes are left");
	}
}

/* Runs a command of the replaying falloctrace; what it said is where ours is. -1: it took too long */
static int ask(struct sweep *s, const char *what, const char *file)
{
	char *replay[] = {(char *)s->replayer, (char *)what, "-q", "-j", (char *)file, NULL};
	char *recover[] = {(char *)s->replayer, (char *)what, (char *)file, NULL};
	bool left = false;
	pid_t pid = start(s, strcmp(what, "replay") ? recover : replay, false);
	int status = await(pid, s->limit, &left);

	if (left)
		kill_all(pid);
	return status;
}

/* Calls in a file of JSON lines; *lost: some are told to be lost. */
static long count_calls(const char *path, bool *lost)
{
	static char line[1 << 16];
	FILE *f = fopen(path, "r");
	long n = 0;

	*lost = false;
	while (f && fgets(line, sizeof(line), f)) {
		n += strstr(line, "\"type\":\"call\"") && strstr(line, "\"len\":");
		*lost = *lost || strstr(line, "\"type\":\"lost\"");
	}
	if (f)
		fclose(f);
	return n;
}

/* A recording is one that can be replayed, or is got back by what it says on stderr. */
static void look_at_recording(struct sweep *s, struct run *r, const char *path, bool partial)
{
	char err[TEXT];
	bool lost;
	int status;
	long n;

	if (partial && !strstr(r->err, "falloctrace recover"))
		wrong(r, "x.dat.partial is left, and no word of it");
	status = partial ? ask(s, "recover", "x.dat") : 0;
	if (status) {
		read_text(s->err_file, err);
		wrong(r, "recover ends with %d: %.200s", status, err);
		return;
	}
	status = ask(s, "replay", "x.dat");
	n = count_calls(s->std_file, &lost);
	read_text(s->err_file, err);
	if (status || *err)
		wrong(r, "%s: replay ends with %d: %.200s", path, status, err);
	/* Others may have called meanwhile. */
	if (n < s->calls && !lost && !r->status)
		wrong(r, "%ld calls are in the recording, and no loss", n);
}

static void look_at_folder(struct sweep *s, struct run *r)
{
	struct dirent *entry;
	char path[1024];
	bool dat = false, partial = false, lost;
	DIR *d = opendir(s->out);
	long n;

	while (d && (entry = readdir(d))) {
		const char *name = entry->d_name;

		snprintf(path, sizeof(path), "%s/%s", s->out, name);
		if (!strcmp(name, ".") || !strcmp(name, "..") || !strcmp(name, "x"))
			continue;
		dat = dat || !strcmp(name, "x.dat");
		partial = partial || !strcmp(name, "x.dat.partial");
		if (strcmp(name, "x.dat") != 0 && strcmp(name, "x.dat.partial") != 0)
			wrong(r, "%s is left", name);
	}
	if (d)
		closedir(d);
	if (dat && partial && !strstr(r->err, "x.dat.partial could not be removed"))
		wrong(r, "both x.dat and x.dat.partial are there");
	else if ((dat || partial) && s->replayer)
		look_at_recording(s, r, path, partial && !dat);
	else if (s->replayer && !r->status)
		wrong(r, "status 0 and no recording");
	snprintf(path, sizeof(path), "%s/x", s->out);
	if (s->replayer || s->calls < 0 || r->status)
		return;
	n = count_calls(path, &lost);
	if (n != s->calls && !lost)
		wrong(r, "%ld calls are shown, and no loss", n);
}

static void look(struct sweep *s, struct run *r, char said[512])
{
	unsigned more = lines_more(s, r->err, said);

	if (r->status != 0 && r->status != 1 && r->status != 77 && r->status >= 0)
		wrong(r, "exit status %d", r->status);
	if (r->status && more != 1 && !(more && s->more_lines))
		wrong(r, "%u lines on stderr", more);
	if (r->status && more && (strncmp(said, "falloctrace: ", 13) != 0 || strlen(said) < 20))
		wrong(r, "no message of ours");
	/* "x.dat.partial could not be removed", or how many were lost, beside "wrote x.dat" */
	if (!r->status && more > 1)
		wrong(r, "%u more lines on stderr", more);
	if (strstr(r->err, "Sanitizer") || strstr(r->err, "runtime error"))
		wrong(r, "a sanitizer's complaint");
	look_at_kernel(r);
	look_at_folder(s, r);
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
	{" fsync fdatasync sync_file_range close ", {EIO, ENOSPC, EINTR}},
	{" fchmod fchown prctl cap_set_proc ", {EPERM, EINVAL}},
	{" waitpid ", {EINTR, ECHILD}},
	{" lseek fcntl readdir ", {EIO, EINVAL}},
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

static void fail_one(struct sweep *s, const struct fault_site *site, unsigned occurrence, int error)
{
	char said[512];
	struct run r;

	s->shared->site = *site;
	s->shared->occurrence = occurrence;
	s->shared->error = error;
	s->shared->lasting = s->lasting;
	run(s, &r);
	look(s, &r, said);
	report(s, &r, said);
}

static bool same(const struct fault_site *a, const struct fault_site *b)
{
	return a->caller == b->caller && !strcmp(a->call, b->call) && !strcmp(a->path, b->path);
}

static bool wanted(const struct sweep *s, const struct fault_site *site)
{
	char name[128];

	/* It takes what strdup gives without a look; what is done about that is in schema.c. */
	if (!strncmp(site->path, "libtraceevent", 13))
		return false;
	snprintf(name, sizeof(name), "%s(%s) at %llx", site->call, site->path, (unsigned long long)site->caller);
	if (s->without && strstr(name, s->without))
		return false;
	return !s->only || strstr(name, s->only);
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
	run(s, &r);
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
		if (before || !wanted(s, &calls[i]) || places++ % s->parts != s->part)
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
	fd = open(s->shared_file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, sizeof(*s->shared)))
		return -1;
	s->shared = mmap(NULL, sizeof(*s->shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return s->shared == MAP_FAILED || prctl(PR_SET_CHILD_SUBREAPER, 1) ? -1 : 0;
}

int main(int argc, char **argv)
{
	static struct sweep s = {.calls_max = 1, .parts = 1, .calls = -1, .limit = 20};
	int option, group = FAULT_IO;

	while ((option = getopt(argc, argv, "+p:d:x:X:lman:e:s:c:t:o:k:v")) != -1) {
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
			s.without = optarg;
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
	return sweep(&s);
}
