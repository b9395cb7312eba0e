// SPDX-License-Identifier: MIT
#include "kernel/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "kernel/sandbox_rules.h"

#ifndef SECCOMP_RET_KILL_PROCESS
#define SECCOMP_RET_KILL_PROCESS 0x80000000U /* before 4.14 it kills the thread, and we have one */
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41 /* malloc names its memory */
#endif

#define FAIL(err) (SECCOMP_RET_ERRNO | (err))
#define KILL SECCOMP_RET_KILL_PROCESS

/* The leak checker of a sanitizer forks, traces us and reads our memory: what a filter is there to forbid. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

#if defined(__x86_64__) && defined(__LP64__)
#define MACHINE AUDIT_ARCH_X86_64
#define FOREIGN 0x40000000U /* x32's numbers */
#elif defined(__aarch64__) && !defined(__AARCH64EB__)
#define MACHINE AUDIT_ARCH_AARCH64
#define FOREIGN 0x80000000U
#else
#define MACHINE 0 /* the numbers have not been looked at */
#define FOREIGN 0
#endif

#define READS_ONLY (O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY)) /* none of these */
#define NAMESPACES \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

#define ROOM 512 /* instructions; the kernel takes 4096 */

struct program {
	struct sock_filter code[ROOM];
	unsigned short size; /* ROOM: it did not fit */
};

static void put(struct program *p, unsigned code, uint32_t k, unsigned yes, unsigned no)
{
	if (p->size < ROOM)
		p->code[p->size++] = (struct sock_filter){(uint16_t)code, (uint8_t)yes, (uint8_t)no, k};
}

static void load(struct program *p, size_t offset)
{
	put(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void end(struct program *p, uint32_t result)
{
	put(p, BPF_RET | BPF_K, result, 0, 0);
}

/* Ends so if what is loaded is that. */
static void end_if(struct program *p, uint32_t value, uint32_t result)
{
	put(p, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
	end(p, result);
}

/* … if it has any of these bits. */
static void end_if_any(struct program *p, uint32_t bits, uint32_t result)
{
	put(p, BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
	end(p, result);
}

/* … if it is no less. */
static void end_from(struct program *p, uint32_t value, uint32_t result)
{
	put(p, BPF_JMP | BPF_JGE | BPF_K, value, 0, 1);
	end(p, result);
}

/* The half of an argument in which an int lies: the kernel looks at no more of those asked for here. */
static void load_arg(struct program *p, unsigned n)
{
	load(p, offsetof(struct seccomp_data, args) + n * sizeof(uint64_t) +
			(__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? sizeof(uint32_t) : 0));
}

/* --- what depends on arguments --- */

static void check_ioctl(struct program *p)
{
	/* Not among them: TIOCSTI, which types into somebody's shell. */
	static const unsigned long fine[] = {TCGETS,	TCSETS,	  TCSETSW,  TCSETSF, TIOCGWINSZ,
					     TIOCGPGRP, TIOCOUTQ, FIONREAD, FIONBIO};

	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		end_if(p, (uint32_t)fine[i], SECCOMP_RET_ALLOW);
	end(p, FAIL(ENOTTY));
}

static void check_prctl(struct program *p)
{
	static const unsigned fine[] = {PR_SET_PDEATHSIG,    PR_SET_NAME,     PR_GET_NAME, PR_GET_DUMPABLE,
					PR_SET_NO_NEW_PRIVS, PR_CAPBSET_READ, PR_SET_VMA};

	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		end_if(p, fine[i], SECCOMP_RET_ALLOW);
	end(p, FAIL(EPERM));
}

static void check_signals(struct program *p, const struct sandbox *s)
{
	end_if(p, (uint32_t)getpid(), SECCOMP_RET_ALLOW);
	if (s->signals > 0)
		end_if(p, (uint32_t)s->signals, SECCOMP_RET_ALLOW);
	end(p, FAIL(EPERM));
}

static void check_clone(struct program *p, const struct sandbox *s)
{
	end_if_any(p, NAMESPACES, KILL);
	end_if_any(p, CLONE_THREAD, SECCOMP_RET_ALLOW);
	end(p, s->forks ? SECCOMP_RET_ALLOW : KILL);
}

/* With the deciding argument loaded; every way ends. */
static void check(struct program *p, const struct sandbox_rule *rule, const struct sandbox *s)
{
	switch (rule->kind) {
	case OPENS:
		end_if_any(p, READS_ONLY, s->writes ? SECCOMP_RET_ALLOW : FAIL(EACCES));
		end(p, SECCOMP_RET_ALLOW);
		break;
	case PROTECTS:
		end_if_any(p, PROT_EXEC, FAIL(EACCES));
		end(p, SECCOMP_RET_ALLOW);
		break;
	case REMOVES:
		end_if(p, AT_REMOVEDIR, SECCOMP_RET_ALLOW);
		end(p, s->writes ? SECCOMP_RET_ALLOW : FAIL(EACCES));
		break;
	case SIGNALS:
		check_signals(p, s);
		break;
	case CONTROLS:
		check_ioctl(p);
		break;
	case TELLS:
		check_prctl(p);
		break;
	case LIMITS:
		end_if(p, 0, SECCOMP_RET_ALLOW);
		end(p, FAIL(EPERM));
		break;
	case CLONES:
		check_clone(p, s);
		break;
	default:
		end(p, KILL);
	}
}

/* --- the filter --- */

/* One rule: behind it, the number is still loaded for the next. */
static void put_rule(struct program *p, const struct sandbox_rule *rule, const struct sandbox *s)
{
	unsigned short jump = p->size;

	switch (rule->kind) {
	case ALWAYS:
		end_if(p, (uint32_t)rule->nr, SECCOMP_RET_ALLOW);
		return;
	case WRITES:
		end_if(p, (uint32_t)rule->nr, s->writes ? SECCOMP_RET_ALLOW : FAIL(EACCES));
		return;
	case ABSENT:
		end_if(p, (uint32_t)rule->nr, FAIL(ENOSYS));
		return;
	default:
		put(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)rule->nr, 0, 0);
		load_arg(p, rule->arg);
		check(p, rule, s);
		p->code[jump].jf = (uint8_t)(p->size - jump - 1);
	}
}

static void make(struct program *p, const struct sandbox *s)
{
	p->size = 0;
	load(p, offsetof(struct seccomp_data, arch));
	put(p, BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0);
	end(p, KILL);
	load(p, offsetof(struct seccomp_data, nr));
	end_from(p, FOREIGN, KILL);
	for (size_t i = 0; i < sandbox_rules_count; i++)
		put_rule(p, &sandbox_rules[i], s);
	end_from(p, SANDBOX_NEWER, FAIL(ENOSYS));
	end(p, KILL);
}

const char *sandbox_missing(void)
{
	if (SANITIZED)
		return "this program was built with sanitizers, which need what a filter forbids";
	if (!MACHINE)
		return "the filter is not written for this machine type yet";
	/* Asks for a filter at no address: a kernel that has them can't read it. */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL, 0, 0) == 0 || errno != EFAULT)
		return "this kernel has no seccomp filters (CONFIG_SECCOMP_FILTER)";
	return NULL;
}

int sandbox_enter(const struct sandbox *s, struct error *e)
{
	struct program p;
	struct sock_fprog prog = {.filter = p.code};

	if (sandbox_missing())
		return 0;
	make(&p, s);
	prog.len = p.size;
	if (p.size == ROOM)
		return error_set(e, "the filter of system calls has become too long");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0))
		return error_errno(e, "can't put on the filter of system calls");
	return 0;
}
