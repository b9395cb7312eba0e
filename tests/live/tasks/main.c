/* SPDX-License-Identifier: MIT */
/*
 * Makes tasks in every way that there is, moves them between cgroups and users,
 * and lets each make calls. Of every call it writes down itself who made it, as
 * the kernel tells the caller: its ids, its file system uid, its cgroup. Calls
 * are told apart by their lengths. None of falloctrace's code is used.
 *
 *   tasks LOG FILE CGROUPS      everything; FILE is the file called upon, CGROUPS where the hierarchy is mounted
 *   tasks LOG FILE CGROUPS call NAME   one call
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/io_uring.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *cgroups, *log_path, *file_path, *self;
static int log_fd, file_fd;

static __attribute__((noreturn)) void die(const char *what)
{
	fprintf(stderr, "tasks: %s: %s\n", what, strerror(errno));
	_exit(1);
}

/* --- one call, and who made it --- */

/* The line of /proc/thread-self/cgroup that counts: the first that is of the hierarchy under test. */
static void own_cgroup(char *out, size_t size)
{
	const char *line = getenv("CGROUP_LINE");
	char text[8192] = "", *at;
	int fd = open("/proc/thread-self/cgroup", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		die("/proc/thread-self/cgroup");
	close(fd);
	text[n] = '\0';
	at = strstr(text, line ? line : "0::");
	if (!at)
		die("no line of that hierarchy");
	at += strlen(line ? line : "0::");
	snprintf(out, size, "%.*s", (int)strcspn(at, "\n"), at);
}

/* So that a tid that is used again does not repeat itself: the log has grown since. */
static int64_t number(void)
{
	struct stat st;

	return fstat(log_fd, &st) ? 0 : st.st_size;
}

static void say(const char *fmt, ...)
{
	char line[4096];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (write(log_fd, line, (size_t)n) != n)
		die("write");
}

static _Thread_local unsigned count;
/* One more before and after each move of a process whose threads call: the kernel tells of a move when it has been made. */
static unsigned moves;

/* Offset and length tell it from all others. */
static void call_as(const char *name, int64_t tid, const char *via)
{
	char before[4096], after[4096];
	int64_t len = 4096 + (int64_t)++count;
	int64_t offset = (int64_t)syscall(SYS_gettid) * 65536 + (int64_t)(number() % 65536);
	unsigned begun = __atomic_load_n(&moves, __ATOMIC_SEQ_CST);
	long ret;

	own_cgroup(before, sizeof(before));
	ret = syscall(SYS_fallocate, file_fd, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, offset, len);
	own_cgroup(after, sizeof(after));
	/* "moving": it may have been in either. Paths have blanks: last. */
	say("%s %s %lld %lld %d %lld %u %s %s\n", name, via, (long long)offset, (long long)len, getpid(),
	    (long long)tid, (unsigned)setfsuid((uid_t)-1), ret ? "failed" : "ok",
	    begun % 2 || begun != __atomic_load_n(&moves, __ATOMIC_SEQ_CST) || strcmp(before, after) ? "moving" :
												       before);
}

static void call(const char *name)
{
	call_as(name, syscall(SYS_gettid), "syscall");
}

/* --- helpers --- */

static void write_to(const char *dir, const char *file, const char *fmt, ...)
{
	char path[4096], text[64];
	va_list args;
	int fd;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die(path);
	close(fd);
}

/* CGROUPS/PATH, made if need be. */
static char *group(const char *path)
{
	char *dir;

	if (asprintf(&dir, "%s/%s", cgroups, path) < 0)
		die("memory");
	for (char *c = dir + strlen(cgroups) + 1; (c = strchr(c, '/')); c++) {
		*c = '\0';
		if (mkdir(dir, 0755) && errno != EEXIST)
			die(dir);
		*c = '/';
	}
	if (mkdir(dir, 0755) && errno != EEXIST)
		die(dir);
	return dir;
}

static void child(void (*run)(void))
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		die("fork");
	if (!pid) {
		run();
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		die("a child failed");
}

static void thread(void *(*run)(void *))
{
	pthread_t t;

	if (pthread_create(&t, NULL, run, NULL) || pthread_join(t, NULL))
		die("thread");
}

/* --- who is made how --- */

static void *in_thread(void *arg)
{
	(void)arg;
	call("thread");
	return NULL;
}

static void grandchild(void)
{
	if (fork())
		_exit(0);
	call("double-fork");
	thread(in_thread);
}

static void exec_self(const char *program, const char *name)
{
	execl(program, program, log_path, file_path, cgroups, "call", name, (char *)NULL);
	die("exec");
}

static void with_vfork(void)
{
	pid_t pid = vfork();

	if (!pid)
		exec_self(self, "vfork-exec");
	waitpid(pid, NULL, 0);
}

static pid_t clone3_into(int fd)
{
	struct clone_args a = {.exit_signal = SIGCHLD};

	if (fd >= 0) {
		a.flags = 0x200000000ULL;
		a.cgroup = (uint64_t)fd;
	}
	return (pid_t)syscall(SYS_clone3, &a, 88);
}

static void with_clone3(void)
{
	pid_t pid = clone3_into(-1);

	if (pid < 0 && errno == ENOSYS)
		return;
	if (!pid) {
		call("clone3");
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void *exec_of_thread(void *arg)
{
	(void)arg;
	exec_self(self, "exec-by-thread");
	return NULL;
}

static void thread_execs(void)
{
	thread(exec_of_thread);
}

static void burst(void)
{
	for (int i = 0; i < 200; i++) {
		pid_t pid = fork();

		if (!pid) {
			call("burst");
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
}

static void thread_burst(void)
{
	for (int i = 0; i < 100; i++)
		thread(in_thread);
}

static void made(void)
{
	call("first");
	thread(in_thread);
	child(grandchild);
	with_vfork();
	with_clone3();
	child(thread_execs);
	burst();
	thread_burst();
}

/* --- io_uring, whose workers are threads of ours that nobody asked for --- */

static void with_uring(void)
{
	struct io_uring_params p = {0};
	int fd = (int)syscall(SYS_io_uring_setup, 2, &p);
	struct io_uring_sqe *sqe;
	char *sq, cgroup[4096];
	int64_t offset = (int64_t)syscall(SYS_gettid) * 65536 + 7, len = 4096 + ++count;

	if (fd < 0) {
		say("uring none 0 0 0 0 0 - -\n");
		return;
	}
	sq = mmap(NULL, p.sq_off.array + p.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
		  IORING_OFF_SQ_RING);
	sqe = mmap(NULL, p.sq_entries * sizeof(*sqe), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
		   IORING_OFF_SQES);
	if (sq == MAP_FAILED || sqe == MAP_FAILED)
		die("io_uring");
	*sqe = (struct io_uring_sqe){.opcode = IORING_OP_FALLOCATE,
				     .fd = file_fd,
				     .off = (uint64_t)offset,
				     .addr = (uint64_t)len,
				     .len = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE};
	((uint32_t *)(sq + p.sq_off.array))[0] = 0;
	__atomic_store_n((uint32_t *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		die("io_uring_enter");
	own_cgroup(cgroup, sizeof(cgroup));
	say("uring io_uring %lld %lld %d 0 %u ok %s\n", (long long)offset, (long long)len, getpid(),
	    (unsigned)setfsuid((uid_t)-1), cgroup);
	close(fd);
}

/* --- users --- */

static void *one_thread_changes(void *arg)
{
	(void)arg;
	if (syscall(SYS_setresuid, -1, 4242, -1))
		die("setresuid");
	call("thread-setresuid");
	return NULL;
}

static void changes_user(void)
{
	setfsuid(777);
	call("setfsuid");
	setfsuid(0);
	call("setfsuid-back");
	thread(one_thread_changes);
	call("beside-setresuid");
	if (syscall(SYS_setuid, 1000))
		die("setuid");
	call("setuid");
	thread(in_thread);
	child(with_uring);
}

/* The program has the setuid bit, and is of user 1234. */
static void runs_setuid(void)
{
	char program[4096];

	snprintf(program, sizeof(program), "%s.setuid", file_path);
	if (setgid(1000) || setuid(1000))
		die("setuid");
	exec_self(program, "setuid-program");
}

static void in_user_namespace(void)
{
	char path[64];

	if (setgid(1000) || setuid(1000))
		die("setuid");
	if (unshare(CLONE_NEWUSER)) {
		say("user-namespace none 0 0 0 0 0 - -\n");
		return;
	}
	snprintf(path, sizeof(path), "/proc/%d", getpid());
	if (prctl(PR_SET_DUMPABLE, 1)) /* or else /proc is not ours */
		die("prctl");
	call("before-uid-map");
	write_to(path, "uid_map", "0 1000 1");
	if (setuid(0) || getuid())
		die("setuid in a user namespace");
	/* setfsuid tells the namespace's: what the kernel has is 1000 */
	call("user-namespace");
}

static void users(void)
{
	child(changes_user);
	child(runs_setuid);
	child(in_user_namespace);
}

/* --- cgroups --- */

static volatile bool stop;

static void *calls_on(void *arg)
{
	(void)arg;
	while (!stop)
		call("while-moved");
	return NULL;
}

static void moves_process(void)
{
	char *a = group("a"), *b = group("b/deep er");
	pthread_t t;

	write_to(a, "cgroup.procs", "0");
	call("moved-itself");
	if (pthread_create(&t, NULL, calls_on, NULL))
		die("thread");
	for (int i = 0; i < 20; i++) {
		usleep(3000);
		__atomic_add_fetch(&moves, 1, __ATOMIC_SEQ_CST);
		write_to(i % 2 ? a : b, "cgroup.procs", "%d", getpid());
		__atomic_add_fetch(&moves, 1, __ATOMIC_SEQ_CST);
		call("after-move");
	}
	stop = true;
	pthread_join(t, NULL);
	child(made);
}

static volatile int32_t other_tid;

static void *waits_to_be_moved(void *arg)
{
	int *step = arg;

	other_tid = (int32_t)syscall(SYS_gettid);
	for (int next = 1; next <= 3; next++) {
		while (__atomic_load_n(step, __ATOMIC_ACQUIRE) != next)
			usleep(100);
		call("thread-alone");
		__atomic_store_n(step, -next, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* A thread that is moved without its process, the leader that is, and both again: what is whose must stay apart. */
static void moves_threads(void)
{
	bool v1 = getenv("CGROUP_LINE");
	const char *file = v1 ? "tasks" : "cgroup.threads";
	char *root = group("threaded"), *one = group("threaded/one"), *two = group("threaded/two");
	pthread_t t;
	int step = 0;

	if (!v1) {
		write_to(one, "cgroup.type", "threaded");
		write_to(two, "cgroup.type", "threaded");
	}
	write_to(root, "cgroup.procs", "0");
	if (pthread_create(&t, NULL, waits_to_be_moved, &step))
		die("thread");
	while (!other_tid)
		usleep(100);
	for (int next = 1; next <= 3; next++) {
		if (next == 1)
			write_to(one, file, "%d", other_tid);
		else if (next == 2)
			write_to(two, file, "%d", getpid());
		else
			write_to(root, "cgroup.procs", "%d", getpid());
		call("leader");
		__atomic_store_n(&step, next, __ATOMIC_RELEASE);
		while (__atomic_load_n(&step, __ATOMIC_ACQUIRE) != -next)
			usleep(100);
	}
	pthread_join(t, NULL);
}

/* Is asked for in /proc when the event is read: so it has to be there for a while. */
static void born_elsewhere(void)
{
	int fd = open(group("born/here"), O_DIRECTORY | O_CLOEXEC);
	pid_t pid;

	if (getenv("CGROUP_LINE"))
		return;
	pid = clone3_into(fd);
	if (pid < 0)
		die("clone3 into a cgroup");
	if (!pid) {
		sleep(3);
		call("born");
		thread(in_thread);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void containers(void)
{
	static const char *const names[] = {
		"system.slice/docker-" ID ".scope",
		"docker/1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		"machine.slice/libpod-2123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope/container",
		"kubepods.slice/kubepods-pod1.slice/cri-containerd-3123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope",
		"lxc.payload.web/system.slice",
		"machine.slice/machine-my\\x2dbox.scope/payload",
		"machine.slice/libpod-conmon-4123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		write_to(group(names[i]), "cgroup.procs", "0");
		call("container");
	}
}

int main(int argc, char **argv)
{
	static char program[4096];

	if (argc < 4)
		return 2;
	if (readlink("/proc/self/exe", program, sizeof(program) - 1) < 0)
		die("/proc/self/exe");
	self = program;
	log_path = argv[1];
	file_path = argv[2];
	cgroups = argv[3];
	log_fd = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	file_fd = open(file_path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (log_fd < 0 || file_fd < 0)
		die("open");
	fchmod(log_fd, 0666);
	fchmod(file_fd, 0666);
	if (argc > 5) {
		call(argv[5]);
		return 0;
	}
	made();
	child(with_uring);
	child(users);
	child(moves_process);
	child(moves_threads);
	child(born_elsewhere);
	child(containers);
	return 0;
}
