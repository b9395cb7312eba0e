// SPDX-License-Identifier: MIT
#include "kernel/sandbox_rules.h"

#include <sys/syscall.h>

/*
 * By number: a C library may use any of several calls for the same thing, and
 * which differs by machine and by its age. Those that a machine has not are left
 * out; those too young for the headers at hand have the same number everywhere.
 */
#ifndef __NR_rseq
#ifdef __x86_64__
#define __NR_rseq 334
#elif defined(__aarch64__)
#define __NR_rseq 293
#endif
#endif
#ifndef __NR_clone3
#define __NR_clone3 435
#endif
#ifndef __NR_close_range
#define __NR_close_range 436
#endif
#ifndef __NR_openat2
#define __NR_openat2 437
#endif
#ifndef __NR_faccessat2
#define __NR_faccessat2 439
#endif
#ifndef __NR_map_shadow_stack
#define __NR_map_shadow_stack 453
#endif
#ifndef __NR_mseal
#define __NR_mseal 462
#endif
#ifndef __NR_fchmodat2
#define __NR_fchmodat2 452
#endif

const struct sandbox_rule sandbox_rules[] = {
	{__NR_read, ALWAYS, 0},
	{__NR_write, ALWAYS, 0},
	{__NR_ppoll, ALWAYS, 0},
#ifdef __NR_poll
	{__NR_poll, ALWAYS, 0},
#endif
	{__NR_pread64, ALWAYS, 0},
	{__NR_pwrite64, ALWAYS, 0},
	{__NR_rt_sigtimedwait, ALWAYS, 0},
	{__NR_sched_setaffinity, ALWAYS, 0},
	{__NR_openat, OPENS, 2},
	{__NR_close, ALWAYS, 0},
	{__NR_clock_gettime, ALWAYS, 0},
	{__NR_ioctl, CONTROLS, 1},

	/* memory, threads, the library's own */
	{__NR_brk, ALWAYS, 0},
	{__NR_mmap, PROTECTS, 2},
	{__NR_mprotect, PROTECTS, 2},
	{__NR_munmap, ALWAYS, 0},
	{__NR_mremap, ALWAYS, 0},
	{__NR_madvise, ALWAYS, 0},
	{__NR_futex, ALWAYS, 0},
	{__NR_membarrier, ALWAYS, 0},
	{__NR_get_robust_list, ALWAYS, 0},
	{__NR_set_robust_list, ALWAYS, 0},
	{__NR_set_tid_address, ALWAYS, 0},
	{__NR_rseq, ALWAYS, 0},
	{__NR_clone, CLONES, 0},
	{__NR_clone3, ABSENT, 0}, /* its flags lie in memory, where no filter can see them */
	{__NR_getrandom, ALWAYS, 0},
	{__NR_restart_syscall, ALWAYS, 0},
	{__NR_exit, ALWAYS, 0},
	{__NR_exit_group, ALWAYS, 0},

/* files: to look at, and what is open */
#ifdef __NR_open
	{__NR_open, OPENS, 1},
	{__NR_stat, ALWAYS, 0},
	{__NR_lstat, ALWAYS, 0},
	{__NR_access, ALWAYS, 0},
	{__NR_readlink, ALWAYS, 0},
	{__NR_getdents, ALWAYS, 0},
	{__NR_dup2, ALWAYS, 0},
	{__NR_select, ALWAYS, 0},
	{__NR_pipe, ALWAYS, 0},
	{__NR_rmdir, ALWAYS, 0}, /* ours in tracefs, where the watchdog has died */
	{__NR_time, ALWAYS, 0},
	{__NR_getpgrp, ALWAYS, 0},
#endif
	{__NR_openat2, ABSENT, 0}, /* as with clone3 */
	{__NR_faccessat, ALWAYS, 0},
	{__NR_faccessat2, ALWAYS, 0},
	{__NR_newfstatat, ALWAYS, 0},
	{__NR_fstat, ALWAYS, 0},
	{__NR_statx, ALWAYS, 0},
	{__NR_statfs, ALWAYS, 0},
	{__NR_fstatfs, ALWAYS, 0},
	{__NR_readlinkat, ALWAYS, 0},
	{__NR_getdents64, ALWAYS, 0},
	{__NR_getcwd, ALWAYS, 0},
	{__NR_lseek, ALWAYS, 0},
	{__NR_readv, ALWAYS, 0},
	{__NR_writev, ALWAYS, 0},
	{__NR_sendto, ALWAYS, 0}, /* output to a socket, without waiting */
	{__NR_preadv, ALWAYS, 0},
	{__NR_pwritev, ALWAYS, 0},
	{__NR_fcntl, ALWAYS, 0},
	{__NR_flock, ALWAYS, 0},
	{__NR_dup, ALWAYS, 0},
	{__NR_dup3, ALWAYS, 0},
	{__NR_pipe2, ALWAYS, 0},
	{__NR_close_range, ALWAYS, 0},
	{__NR_fadvise64, ALWAYS, 0},
	{__NR_fsync, ALWAYS, 0},
	{__NR_fdatasync, ALWAYS, 0},
	{__NR_sync_file_range, ALWAYS, 0},
	{__NR_ftruncate, ALWAYS, 0},
	{__NR_fallocate, ALWAYS, 0},
	{__NR_copy_file_range, ALWAYS, 0},
	{__NR_sendfile, ALWAYS, 0},
	{__NR_splice, ALWAYS, 0},
	{__NR_fchmod, ALWAYS, 0},
	{__NR_umask, ALWAYS, 0},

	/* files: to make */
	{__NR_unlinkat, REMOVES, 2},
	{__NR_linkat, WRITES, 0},
	{__NR_renameat2, WRITES, 0},
#ifdef __NR_renameat
	{__NR_renameat, WRITES, 0},
#endif
#ifdef __NR_rename
	{__NR_rename, WRITES, 0},
	{__NR_unlink, WRITES, 0},
	{__NR_mkdir, WRITES, 0},
#endif
	{__NR_mkdirat, WRITES, 0},
	{__NR_fchown, WRITES, 0},
	{__NR_setfsuid, WRITES, 0},
	{__NR_setfsgid, WRITES, 0},

	/* waiting, times, signals */
	{__NR_pselect6, ALWAYS, 0},
#ifdef __NR_epoll_wait
	{__NR_epoll_wait, ALWAYS, 0},
#endif
	{__NR_epoll_pwait, ALWAYS, 0},
	{__NR_nanosleep, ALWAYS, 0},
	{__NR_clock_nanosleep, ALWAYS, 0},
	{__NR_clock_getres, ALWAYS, 0},
	{__NR_gettimeofday, ALWAYS, 0},
	{__NR_timerfd_settime, ALWAYS, 0},
	{__NR_timerfd_gettime, ALWAYS, 0},
	{__NR_timerfd_create, ALWAYS, 0},
	{__NR_setitimer, ALWAYS, 0},
	{__NR_signalfd4, ALWAYS, 0},
	{__NR_rt_sigaction, ALWAYS, 0},
	{__NR_rt_sigprocmask, ALWAYS, 0},
	{__NR_rt_sigreturn, ALWAYS, 0},
	{__NR_rt_sigpending, ALWAYS, 0},
	{__NR_rt_sigsuspend, ALWAYS, 0},
	{__NR_sigaltstack, ALWAYS, 0},
	{__NR_wait4, ALWAYS, 0},
	{__NR_waitid, ALWAYS, 0},
	{__NR_kill, SIGNALS, 0},
	{__NR_tgkill, SIGNALS, 0},
	{__NR_tkill, SIGNALS, 0},

	/* who and where we are */
	{__NR_getpid, ALWAYS, 0},
	{__NR_gettid, ALWAYS, 0},
	{__NR_getppid, ALWAYS, 0},
	{__NR_getpgid, ALWAYS, 0},
	{__NR_getsid, ALWAYS, 0},
	{__NR_getuid, ALWAYS, 0},
	{__NR_geteuid, ALWAYS, 0},
	{__NR_getgid, ALWAYS, 0},
	{__NR_getegid, ALWAYS, 0},
	{__NR_getresuid, ALWAYS, 0},
	{__NR_getresgid, ALWAYS, 0},
	{__NR_getgroups, ALWAYS, 0},
	{__NR_capget, ALWAYS, 0},
	{__NR_capset, ALWAYS, 0}, /* what is given up can't be had back by it */
	{__NR_uname, ALWAYS, 0},
	{__NR_sysinfo, ALWAYS, 0},
	{__NR_times, ALWAYS, 0},
	{__NR_getrusage, ALWAYS, 0},
	{__NR_sched_getaffinity, ALWAYS, 0},
	{__NR_sched_yield, ALWAYS, 0},
	{__NR_getcpu, ALWAYS, 0},
#ifdef __NR_getrlimit
	{__NR_getrlimit, ALWAYS, 0},
#endif
	{__NR_prlimit64, LIMITS, 0},
	{__NR_prctl, TELLS, 0},
	{__NR_fchmodat2, ABSENT, 0},
	{__NR_map_shadow_stack, ABSENT, 0},
	{__NR_mseal, ABSENT, 0},
};
const size_t sandbox_rules_count = sizeof(sandbox_rules) / sizeof(sandbox_rules[0]);
