// SPDX-License-Identifier: MIT
#include "kernel/probes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Longer ones the kernel refuses, and the whole line with them (its MAX_ARGSTR_LEN). */
#define ARG_MAX_LENGTH 63

/* Adds to a line; a line that would not fit is left as it is, whole. */
__attribute__((format(printf, 2, 3))) static void add(struct probe *p, const char *fmt, ...)
{
	size_t used = strlen(p->line);
	size_t room = sizeof(p->line) - used;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(p->line + used, room, fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= room)
		p->line[used] = '\0';
}

static struct probe *start(struct probe *p, const char *name, bool needed)
{
	snprintf(p->name, sizeof(p->name), "%s", name);
	p->needed = needed;
	p->line[0] = '\0';
	return p;
}

static bool known(int offset)
{
	return offset != NO_OFFSET;
}

/* " size=… blocks=…" of the inode to which what a register holds points, at to_inode. */
static void add_sizes(struct probe *p, const struct layout *l, const struct probe_options *o, int to_inode,
		      const char *file)
{
	if (!known(to_inode))
		return;
	if (known(l->i_size))
		add(p, " size=%+d(%+d(%s)):s64", l->i_size, to_inode, file);
	if (known(l->i_blocks))
		add(p, " blocks=%+d(%+d(%s)):u64", l->i_blocks, to_inode, file);
	if (o->blocks_xfs && known(l->xfs_nblocks))
		add(p, " nblocks=%+d(%+d(%s)):u64", l->xfs_nblocks, to_inode, file);
	if (o->blocks_xfs && known(l->xfs_dblocks))
		add(p, " dblocks=%+d(%+d(%s)):u64", l->xfs_dblocks, to_inode, file);
}

/* " n0=… n1=…": the file's name, then its parents'. */
static void add_names(struct probe *p, const struct layout *l, unsigned depth, const char *file)
{
	char name[ARG_MAX_LENGTH + 1], at[ARG_MAX_LENGTH + 1], up[ARG_MAX_LENGTH + 1];

	if (!known(l->f_dentry) || !known(l->d_name))
		return;
	snprintf(at, sizeof(at), "%+d(%s)", l->f_dentry, file);
	for (unsigned i = 0; i < depth; i++) {
		if (snprintf(name, sizeof(name), "+0(%+d(%s)):string", l->d_name, at) >= (int)sizeof(name))
			return;
		add(p, " n%u=%s", i, name);
		if (!known(l->d_parent) || snprintf(up, sizeof(up), "%+d(%s)", l->d_parent, at) >= (int)sizeof(up))
			return;
		memcpy(at, up, sizeof(at));
	}
}

/* What the struct file in a register tells, but for the names. */
static void add_file(struct probe *p, const struct layout *l, const struct probe_options *o, const char *file)
{
	add_sizes(p, l, o, l->f_inode, file);
	if (known(l->f_inode) && known(l->i_ino))
		add(p, " ino=%+d(%+d(%s)):u64", l->i_ino, l->f_inode, file);
	if (known(l->f_inode) && known(l->i_sb) && known(l->s_dev))
		add(p, " dev=%+d(%+d(%+d(%s))):u32", l->s_dev, l->i_sb, l->f_inode, file);
	if (known(l->f_mnt) && known(l->mnt_id))
		add(p, " mnt=%+d(%+d(%s)):s32", l->mnt_id, l->f_mnt, file);
}

static void make_vfs_enter(struct probe *p, const struct arch *a, const struct layout *l, const struct probe_options *o)
{
	const char *file = a->args[0];

	add(p, "p:%s/%s vfs_fallocate", o->group, p->name);
	if (o->deep || (!l->exit_args && known(l->done)))
		add(p, " file=%s:u64", file);
	add(p, " mode=%s:u32 offset=%s:s64 len=%s:s64", a->args[1], a->args[2], a->args[3]);
	add_file(p, l, o, file);
	if (l->enter_regs[0])
		add(p, " fd=%+d(%s):s32 nr=%+d(%s):u64", a->sys_fd, l->enter_regs, a->sys_nr, l->enter_regs);
	add(p, " comm=$comm");
	add_names(p, l, o->path_depth, file);
}

static void make_vfs_done(struct probe *p, const struct layout *l, const struct probe_options *o)
{
	add(p, "p:%s/%s vfs_fallocate+%d file=%s:u64", o->group, p->name, l->done, l->done_file);
	add_sizes(p, l, o, l->f_inode, l->done_file);
}

static void make_exit(struct probe *p, const struct probe_options *o, const char *function)
{
	add(p, "r%u:%s/%s %s ret=$retval:s32", o->maxactive, o->group, p->name, function);
}

/* The registers of a 64-bit call, at the place that holds the struct pt_regs *. */
static void add_call(struct probe *p, const struct arch *a, const char *regs)
{
	add(p, " fd=%+d(%s):s32 mode=%+d(%s):u32 offset=%+d(%s):s64 len=%+d(%s):s64", a->sys_fd, regs, a->sys_mode,
	    regs, a->sys_offset, regs, a->sys_len, regs);
}

static void make_sys_badfd(struct probe *p, const struct arch *a, const struct layout *l, const struct probe_options *o)
{
	add(p, "p:%s/%s %s+%d", o->group, p->name, l->sys, l->badfd);
	add_call(p, a, l->badfd_regs);
	add(p, " nr=%+d(%s):u64 comm=$comm", a->sys_nr, l->badfd_regs);
}

static void make_compat_enter(struct probe *p, const struct arch *a, const struct layout *l,
			      const struct probe_options *o)
{
	const char *regs = a->args[0];

	add(p, "p:%s/%s %s fd=%+d(%s):s32 mode=%+d(%s):u32", o->group, p->name, l->compat, a->compat_fd, regs,
	    a->compat_mode, regs);
	add(p, " off_lo=%+d(%s):u32 off_hi=%+d(%s):u32", a->compat_offset_lo, regs, a->compat_offset_hi, regs);
	add(p, " len_lo=%+d(%s):u32 len_hi=%+d(%s):u32 comm=$comm", a->compat_len_lo, regs, a->compat_len_hi, regs);
}

/* The file's name is that of the fallocate which made it of interest. */
static void make_trunc_enter(struct probe *p, const struct arch *a, const struct layout *l,
			     const struct probe_options *o)
{
	const char *dentry = a->args[l->trunc_dentry];

	add(p, "p:%s/%s do_truncate len=%s:s64", o->group, p->name, a->args[l->trunc_dentry + 1]);
	add_sizes(p, l, o, l->d_inode, dentry);
	add(p, " ino=%+d(%+d(%s)):u64", l->i_ino, l->d_inode, dentry);
	add(p, " dev=%+d(%+d(%+d(%s))):u32 comm=$comm", l->s_dev, l->i_sb, l->d_inode, dentry);
}

static void make_trunc_exit(struct probe *p, const struct layout *l, const struct probe_options *o)
{
	char dentry[16];

	make_exit(p, o, "do_truncate");
	snprintf(dentry, sizeof(dentry), "$arg%d", l->trunc_dentry + 1);
	if (l->exit_args)
		add_sizes(p, l, o, l->d_inode, dentry);
}

size_t probes_make(const struct arch *a, const struct layout *l, const struct probe_options *o, struct probe *probes)
{
	struct probe *p = probes;

	make_vfs_enter(start(p++, "vfs_enter", true), a, l, o);
	if (!l->exit_args && known(l->done))
		make_vfs_done(start(p++, "vfs_done", false), l, o);
	make_exit(start(p, "vfs_exit", true), o, "vfs_fallocate");
	if (l->exit_args)
		add_sizes(p, l, o, l->f_inode, "$arg1");
	p++;
	if (l->sys && l->enter_regs[0] && known(l->badfd)) {
		make_sys_badfd(start(p++, "sys_badfd", false), a, l, o);
	} else if (l->sys) {
		start(p, "sys_enter", false);
		add(p, "p:%s/%s %s", o->group, p->name, l->sys);
		add_call(p, a, a->args[0]);
		add(p, " comm=$comm");
		p++;
		make_exit(start(p++, "sys_exit", false), o, l->sys);
	}
	if (l->compat) {
		make_compat_enter(start(p++, "compat_enter", false), a, l, o);
		make_exit(start(p++, "compat_exit", false), o, l->compat);
	}
	if (known(l->fsuid)) {
		start(p, "cred", false);
		add(p, "p:%s/%s commit_creds uid=%+d(%s):u32", o->group, p->name, l->fsuid, a->args[0]);
		p++;
	}
	start(p, "move", false);
	add(p, "p:%s/%s cgroup_attach_task process=%s:u8", o->group, p->name, a->args[2]);
	p++;
	if (o->related && known(l->trunc_dentry) && known(l->i_ino) && known(l->i_sb) && known(l->s_dev)) {
		make_trunc_enter(start(p++, "trunc_enter", false), a, l, o);
		make_trunc_exit(start(p++, "trunc_exit", false), l, o);
	}
	return (size_t)(p - probes);
}

/* " fop=…": what the operations of the struct file have as fallocate. */
static void add_fop(struct probe *p, const struct layout *l, const char *file)
{
	if (known(l->f_op) && known(l->fop_fallocate))
		add(p, " fop=%+d(%+d(%s)):u64", l->fop_fallocate, l->f_op, file);
}

void probes_make_deep(const struct arch *a, const struct layout *l, const struct probe_options *o, const char *place,
		      int number, struct probe *enter, struct probe *leave)
{
	const char *file = a->args[0];
	char name[sizeof(enter->name)];

	snprintf(name, sizeof(name), number < 0 ? "deep_enter" : "deep_enter_%d", number);
	start(enter, name, false);
	add(enter, "p:%s/%s %s file=%s:u64", o->group, name, place, file);
	if (a->caller)
		add(enter, " caller=%s:u64", a->caller);
	add_fop(enter, l, file);
	add(enter, " mode=%s:u32 offset=%s:s64 len=%s:s64", a->args[1], a->args[2], a->args[3]);
	add_file(enter, l, o, file);
	add(enter, " comm=$comm");
	add_names(enter, l, o->path_depth, file);

	snprintf(name, sizeof(name), number < 0 ? "deep_exit" : "deep_exit_%d", number);
	start(leave, name, false);
	make_exit(leave, o, place);
	if (!l->exit_args)
		return;
	add_fop(leave, l, "$arg1");
	add_sizes(leave, l, o, l->f_inode, "$arg1");
}
