/* SPDX-License-Identifier: MIT */
/*
 * The text form of struct trace_info. One line a fact, "key value…"; values are
 * separated by one blank, with everything but printable ASCII escaped as in
 * mountinfo:
 *
 *   falloctrace 1
 *   host NAME, release NAME, machine NAME, clock NAME
 *   utc_offset NS, sizes_after_seen 0|1, distrust HEX, fallocate_nr NUMBER
 *   mount ID MAJOR:MINOR RULE UNIT ROOT POINT TYPE
 *   internal MAJOR:MINOR RULE UNIT TYPE
 *   symbol START END NAME (hexadecimal)
 *   task TID TGID PARENT
 *   users SEEN FOUND_FROM (whether events tell of changed users; ns)
 *   hierarchy NUMBER
 *   cgroup NUMBER PATH
 *   who TID UID|- CGROUP FOUND (numbers, see struct task)
 *   born TIME TID CGROUP
 *   lost CPU COUNT
 *   related HEX (what is told beside calls), fsid MAJOR:MINOR HEX (the begin of a btrfs's id)
 *   space TIME MAJOR:MINOR FREE AVAILABLE SIZE (bytes)
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "falloctrace/info.h"

#include "spaces.h"
#include "tables.h"
#include "text.h"
#include "who.h"

#define FIRST_LINE "falloctrace 1"

static const char *const rule_names[] = {
	[BLOCKS_UNTRUSTED] = "untrusted",
	[BLOCKS_INODE] = "inode",
	[BLOCKS_NBLOCKS] = "nblocks",
};
#define RULES (sizeof(rule_names) / sizeof(rule_names[0]))

void info_init(struct trace_info *info)
{
	memset(info, 0, sizeof(*info));
	info->mounts = mounts_new();
	info->symbols = symbols_new();
	info->tasks = tasks_new();
}

void info_free(struct trace_info *info)
{
	if (!info)
		return;
	mounts_free(info->mounts);
	symbols_free(info->symbols);
	tasks_free(info->tasks);
	free(info->losses);
	free(info->spaces);
	memset(info, 0, sizeof(*info));
}

int info_add_loss(struct trace_info *info, int cpu, uint64_t count)
{
	struct info_loss *more;

	if (info->losses_count >= INFO_LOSSES_MAX)
		return -1;
	more = realloc(info->losses, (info->losses_count + 1) * sizeof(*more));
	if (!more)
		return -1;
	info->losses = more;
	more[info->losses_count++] = (struct info_loss){cpu, count};
	return 0;
}

static void write_name(FILE *out, const char *key, const char *value)
{
	if (!value[0])
		return;
	fprintf(out, "%s ", key);
	text_escape(out, value);
	fputc('\n', out);
}

static void write_mount(FILE *out, const struct mount *m)
{
	if (m->id >= 0)
		fprintf(out, "mount %d ", m->id);
	else
		fputs("internal ", out);
	fprintf(out, "%u:%u %s %u ", m->dev >> 20, m->dev & 0xfffff, rule_names[m->rule], m->unit);
	if (m->id >= 0) {
		text_escape(out, m->root);
		fputc(' ', out);
		text_escape(out, m->point);
		fputc(' ', out);
	}
	text_escape(out, m->fs);
	fputc('\n', out);
	if (m->fsid)
		fprintf(out, "fsid %u:%u %" PRIx64 "\n", m->dev >> 20, m->dev & 0xfffff, m->fsid);
}

static void write_tables(const struct trace_info *info, FILE *out)
{
	const struct task *task;
	size_t slot = 0;

	for (size_t i = 0; i < mounts_count(info->mounts); i++)
		write_mount(out, mounts_at(info->mounts, i));
	for (size_t i = 0; i < symbols_count(info->symbols); i++) {
		const struct symbol *s = symbols_at(info->symbols, i);

		fprintf(out, "symbol %" PRIx64 " %" PRIx64 " ", s->start, s->end);
		text_escape(out, s->name);
		fputc('\n', out);
	}
	while ((task = tasks_next(info->tasks, &slot)))
		if (task->tgid > 0)
			fprintf(out, "task %d %d %d\n", task->tid, task->tgid, task->parent);
	who_write(info, out);
	for (size_t i = 0; i < info->losses_count; i++)
		fprintf(out, "lost %d %" PRIu64 "\n", info->losses[i].cpu, info->losses[i].count);
	spaces_write(info, out);
}

int info_write(const struct trace_info *info, FILE *out, struct error *e)
{
	fputs(FIRST_LINE "\n", out);
	write_name(out, "host", info->host);
	write_name(out, "release", info->release);
	write_name(out, "machine", info->machine);
	write_name(out, "clock", info->clock);
	if (info->has_utc_offset)
		fprintf(out, "utc_offset %" PRId64 "\n", info->utc_offset);
	fprintf(out, "sizes_after_seen %d\n", info->sizes_after_seen);
	fprintf(out, "distrust %" PRIx32 "\n", info->distrust);
	fprintf(out, "fallocate_nr %" PRIu64 "\n", info->fallocate_nr);
	if (info->related)
		fprintf(out, "related %" PRIx32 "\n", info->related);
	write_tables(info, out);
	return ferror(out) ? error_errno(e, "cannot write what is known of the machine") : 0;
}

/* The parsers of one key's values return whether they are right; errno ENOMEM tells that memory ran out. */

static bool parse_name(char *to, size_t room, struct text values)
{
	struct text field;
	char *name;
	bool fits;

	if (!text_field(&values, &field) || values.size)
		return false;
	name = text_unescape(field);
	fits = name && strlen(name) < room;
	if (fits)
		strcpy(to, name);
	free(name);
	return fits;
}

static bool parse_utc_offset(struct trace_info *info, struct text values)
{
	return info->has_utc_offset = text_s64(values, &info->utc_offset);
}

static bool parse_bits(uint32_t *to, struct text values)
{
	uint64_t bits;

	if (!text_u64(values, 16, &bits) || bits > UINT32_MAX)
		return false;
	*to = (uint32_t)bits;
	return true;
}

static bool parse_sizes_after_seen(struct trace_info *info, struct text values)
{
	info->sizes_after_seen = text_is(values, "1");
	return info->sizes_after_seen || text_is(values, "0");
}

static bool take_u64(struct text *values, int base, uint64_t max, uint64_t *v)
{
	struct text field;

	return text_field(values, &field) && text_u64(field, base, v) && *v <= max;
}

/* The fields that "mount" and "internal" share: device, rule, unit. */
static bool take_rule(struct text *values, struct mount *mount)
{
	struct text field;
	uint64_t unit;
	unsigned rule = 0;

	if (!text_field(values, &field) || !text_dev(field, &mount->dev) || !text_field(values, &field))
		return false;
	while (rule < RULES && !text_is(field, rule_names[rule]))
		rule++;
	/* The unit multiplies blocks: filesystem blocks go up to 64 KiB, or a huge page. */
	if (rule == RULES || !take_u64(values, 10, 1 << 20, &unit))
		return false;
	mount->rule = (enum blocks_rule)rule;
	mount->unit = (uint32_t)unit;
	return true;
}

static bool put_mount(struct trace_info *info, struct mount mount)
{
	enum blocks_rule rule = mount.rule;
	uint32_t unit = mount.unit;
	struct mount *kept;
	bool added;

	kept = mounts_put(info->mounts, mount, &added);
	if (!kept)
		return errno == ENOSPC; /* the table is full, which is no fault of the line */
	kept->rule = rule;
	kept->unit = unit;
	return true;
}

static bool parse_mount(struct trace_info *info, struct text values)
{
	struct text root, point, fs;
	struct mount mount = {0};
	uint64_t id;

	if (!take_u64(&values, 10, INT32_MAX, &id) || !take_rule(&values, &mount) || !text_field(&values, &root) ||
	    !text_field(&values, &point) || !text_field(&values, &fs) || values.size)
		return false;
	mount.id = (int32_t)id;
	mount.root = text_unescape(root);
	mount.point = text_unescape(point);
	mount.fs = text_unescape(fs);
	return put_mount(info, mount);
}

static bool parse_internal(struct trace_info *info, struct text values)
{
	struct mount mount = {.id = -1};
	struct text fs;

	if (!take_rule(&values, &mount) || !text_field(&values, &fs) || values.size)
		return false;
	mount.root = strdup("/");
	mount.point = strdup("");
	mount.fs = text_unescape(fs);
	return put_mount(info, mount);
}

/* Of all mounts of the device that stand above it. */
static bool parse_fsid(struct trace_info *info, struct text values)
{
	struct text field;
	uint64_t fsid;
	uint32_t dev;

	if (!text_field(&values, &field) || !text_dev(field, &dev) || !take_u64(&values, 16, UINT64_MAX, &fsid) ||
	    values.size)
		return false;
	mounts_set_fsid(info->mounts, dev, fsid);
	return true;
}

static bool parse_symbol(struct trace_info *info, struct text values)
{
	uint64_t start, end;
	struct text field;
	char *name;
	bool good;

	if (!take_u64(&values, 16, UINT64_MAX, &start) || !take_u64(&values, 16, UINT64_MAX, &end) ||
	    !text_field(&values, &field) || values.size)
		return false;
	name = text_unescape(field);
	good = name && !symbols_add(info->symbols, start, end, name);
	free(name);
	return good;
}

static bool parse_task(struct trace_info *info, struct text values)
{
	uint64_t tid, tgid, parent;

	if (!take_u64(&values, 10, INT32_MAX, &tid) || !take_u64(&values, 10, INT32_MAX, &tgid) ||
	    !take_u64(&values, 10, INT32_MAX, &parent) || values.size)
		return false;
	return tid && tgid && !tasks_add(info->tasks, (int32_t)tid, (int32_t)tgid, (int32_t)parent);
}

static bool parse_lost(struct trace_info *info, struct text values)
{
	uint64_t cpu, count;

	return take_u64(&values, 10, INT32_MAX, &cpu) && take_u64(&values, 10, UINT64_MAX, &count) && !values.size &&
	       !info_add_loss(info, (int)cpu, count);
}

/* True: the line is right, or its key is none that we know. */
static bool parse_line(struct trace_info *info, struct text values)
{
	struct text key;

	if (!text_field(&values, &key))
		return false;
	if (text_is(key, "host"))
		return parse_name(info->host, sizeof(info->host), values);
	if (text_is(key, "release"))
		return parse_name(info->release, sizeof(info->release), values);
	if (text_is(key, "machine"))
		return parse_name(info->machine, sizeof(info->machine), values);
	if (text_is(key, "clock"))
		return parse_name(info->clock, sizeof(info->clock), values);
	if (text_is(key, "utc_offset"))
		return parse_utc_offset(info, values);
	if (text_is(key, "sizes_after_seen"))
		return parse_sizes_after_seen(info, values);
	if (text_is(key, "distrust"))
		return parse_bits(&info->distrust, values);
	if (text_is(key, "related"))
		return parse_bits(&info->related, values);
	if (text_is(key, "fsid"))
		return parse_fsid(info, values);
	if (text_is(key, "fallocate_nr"))
		return text_u64(values, 10, &info->fallocate_nr);
	if (text_is(key, "mount"))
		return parse_mount(info, values);
	if (text_is(key, "internal"))
		return parse_internal(info, values);
	if (text_is(key, "symbol"))
		return parse_symbol(info, values);
	if (text_is(key, "task"))
		return parse_task(info, values);
	if (who_is_key(key))
		return who_parse(info, key, values);
	if (text_is(key, "lost"))
		return parse_lost(info, values);
	if (text_is(key, "space"))
		return spaces_parse(info, values);
	return true;
}

int info_parse(struct trace_info *info, const char *text, size_t size, struct error *e)
{
	struct text rest = {text, size}, line;

	if (!info->mounts || !info->symbols || !info->tasks)
		return error_set(e, "out of memory");
	if (!text_line(&rest, &line) || !text_is(line, FIRST_LINE))
		return error_set(e, "the recording's notes on its machine are not of a kind known to this version");
	for (size_t number = 2; text_line(&rest, &line); number++) {
		errno = 0;
		if (parse_line(info, line))
			continue;
		if (errno == ENOMEM)
			return error_set(e, "out of memory");
		return error_set(e, "line %zu of the recording's notes on its machine is broken", number);
	}
	spaces_sort(info);
	return 0;
}
