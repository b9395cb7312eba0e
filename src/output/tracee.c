/* SPDX-License-Identifier: MIT */
/*
 * The event "fallocate" as Tracee up to 0.24 prints it: an object a line, with the
 * keys of its types/trace/trace.go in that order (types, null and leaving out
 * included), for pipelines that read Tracee's.
 *
 * What Tracee tells and we never know is what Tracee writes where it has not found
 * it out: 0, "", {} or null. Where that would say something (process 0, user 0,
 * result 0), and for what only this call does not tell, it is null, which readers
 * of Go take as well. Losses have no event there; standard error tells of them.
 */
#include <stdlib.h>
#include <string.h>

#include "falloctrace/info.h"
#include "falloctrace/sink.h"
#include "output/buf.h"
#include "output/json_string.h"

struct machine {
	const struct trace_info *info;
	char id[24]; /* eventId's value, quoted; "null" */
};

struct tracee {
	struct sink sink;
	struct sink_options o;
	struct buf line;
	struct machine *machines; /* one a trace */
	size_t machines_count;
};

/* --- machines --- */

/*
 * Tracee numbers an event as its system call is: it exists for two machines. On a
 * 32-bit x86 it would have 32-bit calls only, which it gives the number of their
 * 64-bit twins. What Tracee does not run on has its kernel's number.
 */
static uint64_t event_id_of(const char *machine)
{
	static const char *const x86[] = {"i386", "i486", "i586", "i686"};

	for (size_t i = 0; i < sizeof(x86) / sizeof(x86[0]); i++)
		if (!strcmp(machine, x86[i]))
			return fallocate_nr_of("x86_64", 8);
	return fallocate_nr_of(machine, 8);
}

static int tracee_trace(struct sink *sink, const struct trace_info *info, struct error *e)
{
	struct tracee *t = (struct tracee *)sink;
	struct machine *more = realloc(t->machines, (t->machines_count + 1) * sizeof(*more));
	uint64_t id = event_id_of(info->machine);

	if (!more)
		return error_set(e, "out of memory");
	t->machines = more;
	more += t->machines_count++;
	more->info = info;
	if (id)
		snprintf(more->id, sizeof(more->id), "\"%llu\"", (unsigned long long)id);
	else
		snprintf(more->id, sizeof(more->id), "null");
	return 0;
}

/* Calls bear their trace's own host; one that bears another's text is of a machine that nobody told of. */
static const char *event_id(const struct tracee *t, const struct call *c)
{
	for (size_t i = 0; i < t->machines_count; i++)
		if (t->machines[i].info->host == c->host)
			return t->machines[i].id;
	return "null";
}

/* --- values --- */

static void add_number(struct buf *b, const char *before, bool has, int64_t value)
{
	buf_text(b, before);
	if (has)
		buf_i64(b, value);
	else
		buf_text(b, "null");
}

/* Unknown text is "", as it is in Tracee. */
static void add_string(struct buf *b, const char *before, const char *text)
{
	buf_text(b, before);
	json_string(b, text ? text : "");
}

/* The system call that the thread was in: Tracee's name of it, or "" for a thread of the kernel. */
static const char *syscall_of(const struct call *c)
{
	switch (c->via) {
	case VIA_SYSCALL:
	case VIA_COMPAT:
		return "fallocate";
	case VIA_IOCTL:
		return "ioctl";
	case VIA_MADVISE:
		return "madvise";
	default:
		return "";
	}
}

/* off_t is unsigned there: so is a negative offset. */
static void add_off_t(struct buf *b, const char *name, bool has, int64_t value)
{
	buf_text(b, ",{\"name\":\"");
	buf_text(b, name);
	buf_text(b, "\",\"type\":\"off_t\",\"value\":");
	if (has)
		buf_u64(b, (uint64_t)value);
	else
		buf_text(b, "null");
	buf_char(b, '}');
}

static void add_args(struct buf *b, const struct call *c)
{
	add_number(b, ",\"args\":[{\"name\":\"fd\",\"type\":\"int\",\"value\":", c->has_fd, c->fd);
	add_number(b, "},{\"name\":\"mode\",\"type\":\"int\",\"value\":", c->has_mode, (int32_t)c->mode);
	buf_char(b, '}');
	add_off_t(b, "offset", c->has_offset, c->offset);
	add_off_t(b, "len", c->has_len, c->len);
	buf_char(b, ']');
}

/* --- an event --- */

static void add_who(struct buf *b, const struct call *c)
{
	char comm[COMM_SIZE + 1] = "";

	memcpy(comm, c->comm, strnlen(c->comm, sizeof(c->comm)));
	add_number(b, "{\"timestamp\":", c->has_utc, c->utc);
	buf_text(b, ",\"threadStartTime\":0");
	add_number(b, ",\"processorId\":", c->cpu >= 0, c->cpu);
	add_number(b, ",\"processId\":", c->pid >= 0, c->pid);
	buf_text(b, ",\"cgroupId\":0");
	add_number(b, ",\"threadId\":", true, c->tid);
	buf_text(b, ",\"parentProcessId\":null");
	add_number(b, ",\"hostProcessId\":", c->pid >= 0, c->pid);
	add_number(b, ",\"hostThreadId\":", true, c->tid);
	buf_text(b, ",\"hostParentProcessId\":null");
	add_number(b, ",\"userId\":", c->uid >= 0, c->uid);
	buf_text(b, ",\"mountNamespace\":0,\"pidNamespace\":0");
	add_string(b, ",\"processName\":", comm);
	add_string(b, ",\"executable\":{\"path\":\"\"},\"hostName\":", c->host);
	add_string(b, ",\"containerId\":", c->container);
	buf_text(b, ",\"container\":{},\"kubernetes\":{}");
}

/* argsNum is the number of arguments that the kernel told. No policy has a name: so Tracee's is "". */
static void add_what(struct buf *b, const struct call *c, const char *id)
{
	buf_text(b, ",\"eventId\":");
	buf_text(b, id);
	buf_text(b, ",\"eventName\":\"fallocate\",\"matchedPolicies\":[\"\"]");
	add_number(b, ",\"argsNum\":", true, c->has_fd + c->has_mode + c->has_offset + c->has_len);
	add_number(b, ",\"returnValue\":", c->has_ret, c->ret);
	add_string(b, ",\"syscall\":", syscall_of(c));
	buf_text(b, ",\"stackAddresses\":null,\"contextFlags\":{\"containerStarted\":false,\"isCompat\":");
	buf_text(b, c->via == VIA_COMPAT ? "true}" : "false}");
	buf_text(b, ",\"threadEntityId\":0,\"processEntityId\":0,\"parentEntityId\":0");
	add_args(b, c);
	buf_text(b, "}\n");
}

static int tracee_call(struct sink *sink, const struct call *c, struct error *e)
{
	struct tracee *t = (struct tracee *)sink;

	add_who(&t->line, c);
	add_what(&t->line, c, event_id(t, c));
	if (buf_write(&t->line, t->o.out, e) < 0)
		return -1;
	for (const struct call *inner = t->o.nested ? c->inner : NULL; inner; inner = inner->next)
		if (tracee_call(sink, inner, e) < 0)
			return -1;
	return 0;
}

static int tracee_lost(struct sink *sink, const struct loss *l, struct error *e)
{
	(void)sink;
	(void)l;
	(void)e;
	return 0;
}

static int tracee_nothing(struct sink *sink, struct error *e)
{
	(void)sink;
	(void)e;
	return 0;
}

static void tracee_free(struct sink *sink)
{
	struct tracee *t = (struct tracee *)sink;

	if (!t)
		return;
	buf_free(&t->line);
	free(t->machines);
	free(t);
}

static const struct sink_ops tracee_ops = {
	.name = "tracee",
	.header = tracee_nothing,
	.trace = tracee_trace,
	.call = tracee_call,
	.lost = tracee_lost,
	.footer = tracee_nothing,
	.free = tracee_free,
};

struct sink *sink_tracee_new(const struct sink_options *o)
{
	struct tracee *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->sink.ops = &tracee_ops;
	t->o = *o;
	buf_init(&t->line);
	return &t->sink;
}
