/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "info/container.h"
#include "stats/error_counts.h"
#include "stats/key.h"

const char *stats_by_name(enum summary_by by)
{
	static const char *const names[SUMMARY_DEFAULT + 1] = {
		[SUMMARY_PROCESS] = "process", [SUMMARY_FILE] = "file",
		[SUMMARY_OP] = "op",	       [SUMMARY_FS] = "fs",
		[SUMMARY_VIA] = "via",	       [SUMMARY_ERRNO] = "errno",
		[SUMMARY_HOST] = "host",       [SUMMARY_USER] = "user",
		[SUMMARY_CGROUP] = "cgroup",   [SUMMARY_CONTAINER] = "container",
	};

	return names[by];
}

static void add_word(struct buf *b, const char *text)
{
	if (text)
		buf_text(b, text);
}

/* Traces of unknown machines may be of one, but nothing says so. */
static void add_host(struct buf *b, bool hosts, const struct call *c)
{
	if (!hosts)
		return;
	if (c->host && *c->host) {
		buf_text(b, c->host);
	} else {
		buf_char(b, '#');
		buf_u64(b, c->trace);
	}
	buf_char(b, ':');
}

static void add_process(struct buf *b, bool hosts, const struct call *c)
{
	size_t size = strnlen(c->comm, sizeof(c->comm));

	if (size) {
		buf_bytes(b, c->comm, size);
		return;
	}
	add_host(b, hosts, c);
	buf_text(b, c->pid >= 0 ? "pid:" : "tid:");
	buf_i64(b, c->pid >= 0 ? c->pid : c->tid);
}

static void add_file(struct buf *b, bool hosts, const struct call *c)
{
	if (!*c->path && !c->has_dev)
		return;
	add_host(b, hosts, c);
	if (*c->path) {
		buf_text(b, c->path);
		return;
	}
	buf_u64(b, c->dev_major);
	buf_char(b, ':');
	buf_u64(b, c->dev_minor);
	buf_char(b, '/');
	if (c->has_ino)
		buf_u64(b, c->ino);
	else
		buf_char(b, '?');
}

static void add_errno(struct buf *b, const struct call *c)
{
	const char *name = c->ret < 0 && c->ret >= -ERRNO_MAX ? errno_name((int)-c->ret) : NULL;

	if (c->has_ret && name)
		buf_text(b, name);
	else if (c->has_ret)
		buf_i64(b, c->ret);
}

static void add_user(struct buf *b, bool hosts, const struct call *c)
{
	if (c->uid < 0)
		return;
	add_host(b, hosts, c);
	buf_i64(b, c->uid);
}

/* What is told apart on one machine only; NULL and "": unknown. */
static void add_of_host(struct buf *b, bool hosts, const struct call *c, const char *text)
{
	if (!text || !*text)
		return;
	add_host(b, hosts, c);
	buf_text(b, text);
}

void stats_key(struct buf *b, enum summary_by by, bool hosts, const struct call *c)
{
	switch (by) {
	case SUMMARY_PROCESS:
		add_process(b, hosts, c);
		break;
	case SUMMARY_FILE:
		add_file(b, hosts, c);
		break;
	case SUMMARY_OP:
		add_word(b, op_name(c->op));
		break;
	case SUMMARY_FS:
		buf_text(b, c->fs);
		break;
	case SUMMARY_VIA:
		add_word(b, via_name(c->via));
		break;
	case SUMMARY_ERRNO:
		add_errno(b, c);
		break;
	case SUMMARY_HOST:
		add_word(b, c->host);
		break;
	case SUMMARY_USER:
		add_user(b, hosts, c);
		break;
	case SUMMARY_CGROUP:
		add_of_host(b, hosts, c, c->cgroup);
		break;
	case SUMMARY_CONTAINER:
		/* An id is no other container's anywhere; a name may be. */
		add_of_host(b, hosts && c->container && container_short(c->container) != CONTAINER_SHORT, c,
			    c->container);
		break;
	case SUMMARY_DEFAULT:
		break;
	}
}
