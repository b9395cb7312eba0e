/* SPDX-License-Identifier: MIT */
/*
 * Sources: the kernel's include/trace/events/{ext4,f2fs}.h, fs/xfs/xfs_trace.h
 * and fs/nfs/nfs4trace.h, and where fs/ calls what is declared there. btrfs,
 * gfs2, tmpfs and fuse have no such events.
 *
 * What tells that blocks which were reserved are written to: include/trace/events/
 * {ext4,btrfs}.h and fs/xfs/xfs_trace.h. ext4's event of the unwritten tells of
 * looking at them, too: only EXT4_GET_BLOCKS_CONVERT, 0x10 in all kernels since
 * 3.9, makes them written.
 */
#include <stddef.h>
#include <string.h>

#include "falloctrace/schema.h"
#include "schema_events.h"

#define KEEP_SIZE 0x01
#define PUNCH_HOLE 0x02
#define COLLAPSE_RANGE 0x08
#define INSERT_RANGE 0x20

/* The flag has moved: "REGULAR", which came before it, is newer (5.11). */
#define BTRFS_MASK_BY_FORMAT UINT32_MAX
#define BTRFS_PREALLOC (1 << 2)
#define BTRFS_PREALLOC_LATE (1 << 9)
#define BTRFS_PREALLOC_OLD (1 << 4)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * A mode that follows from the event: no other one gets through vfs_fallocate to
 * where it is told. ext4_punch_hole says 0 where it should say its mode; the
 * events of XFS tell no range at all. xfs_free_file_space is a part of zeroing
 * and collapsing, too, and stands for a punch only where these would be seen.
 */
static const struct {
	const char *system, *name;
	struct known_event known;
} tracepoints[] = {
	{"syscalls", "sys_enter_fallocate", {EVENT_SYS_ENTER, .mode = -1}},
	{"syscalls", "sys_exit_fallocate", {EVENT_SYS_EXIT, .mode = -1}},
	/* i386, where it is the native one, since 5.8 */
	{"syscalls", "sys_enter_ia32_fallocate", {EVENT_SYS_ENTER, .mode = -1}},
	{"syscalls", "sys_exit_ia32_fallocate", {EVENT_SYS_EXIT, .mode = -1}},
	{"raw_syscalls", "sys_enter", {EVENT_RAW_ENTER, .mode = -1}},
	{"raw_syscalls", "sys_exit", {EVENT_RAW_EXIT, .mode = -1}},
	{"task", "task_newtask", {EVENT_NEWTASK, .mode = -1}},
	{"cgroup", "cgroup_attach_task", {EVENT_CGROUP, .mode = -1}},
	{"ext4", "ext4_fallocate_enter", {EVENT_FS_ENTER, .fs = "ext4", .mode = -1}},
	{"ext4", "ext4_fallocate_exit", {EVENT_FS_EXIT, .fs = "ext4", .mode = -1}},
	{"ext4", "ext4_punch_hole", {EVENT_FS_STEP, .fs = "ext4", .mode = PUNCH_HOLE | KEEP_SIZE}},
	{"ext4", "ext4_zero_range", {EVENT_FS_STEP, .fs = "ext4", .mode = -1}},
	{"ext4", "ext4_collapse_range", {EVENT_FS_STEP, .fs = "ext4", .mode = COLLAPSE_RANGE}},
	{"ext4", "ext4_insert_range", {EVENT_FS_STEP, .fs = "ext4", .mode = INSERT_RANGE}},
	{"xfs", "xfs_alloc_file_space", {EVENT_FS_STEP, .fs = "xfs", .mode = -1, .step = STEP_XFS_ALLOC}},
	{"xfs",
	 "xfs_free_file_space",
	 {EVENT_FS_STEP, .fs = "xfs", .mode = PUNCH_HOLE | KEEP_SIZE, .step = STEP_XFS_FREE,
	  .mode_if = 1 << STEP_XFS_ZERO | 1 << STEP_XFS_COLLAPSE}},
	{"xfs", "xfs_zero_file_space", {EVENT_FS_STEP, .fs = "xfs", .mode = -1, .step = STEP_XFS_ZERO}},
	{"xfs",
	 "xfs_collapse_file_space",
	 {EVENT_FS_STEP, .fs = "xfs", .mode = COLLAPSE_RANGE, .step = STEP_XFS_COLLAPSE}},
	{"xfs", "xfs_insert_file_space", {EVENT_FS_STEP, .fs = "xfs", .mode = INSERT_RANGE}},
	{"f2fs", "f2fs_fallocate", {EVENT_FS_CALL, .fs = "f2fs", .mode = -1}},
	/* nfs4_deallocate tells of zeroing, too, where the kernel can do that */
	{"nfs4", "nfs4_fallocate", {EVENT_FS_CALL, .fs = "nfs4", .mode = 0}},
	{"nfs4", "nfs4_deallocate", {EVENT_FS_CALL, .fs = "nfs4", .mode = -1}},
	{"ext4",
	 "ext4_ext_handle_unwritten_extents",
	 {EVENT_CONVERT, .fs = "ext4", .mode = -1, .step = CONVERT_EXT4_IO, .mask = 0x10}},
	{"ext4",
	 "ext4_ext_convert_to_initialized_enter",
	 {EVENT_CONVERT, .fs = "ext4", .mode = -1, .step = CONVERT_EXT4_WRITE}},
	{"xfs", "xfs_unwritten_convert", {EVENT_CONVERT, .fs = "xfs", .mode = -1, .step = CONVERT_XFS}},
	{"btrfs",
	 "btrfs_ordered_extent_remove",
	 {EVENT_CONVERT, .fs = "btrfs", .mode = -1, .step = CONVERT_BTRFS, .mask = BTRFS_MASK_BY_FORMAT}},
};

/* What a probe must hold to be believed under a foreign group's name, and of which way in it is. */
enum {
	OF_SYS = 1 << 0,
	OF_COMPAT = 1 << 1,
	OF_VFS = 1 << 2,
	OF_TRUNC = 1 << 3,
	OF_DEEP = 1 << 4,
};
#define REQUEST (HAS_MODE | HAS_OFFSET | HAS_LEN)
#define TRUNCATE (HAS_LEN | HAS_INO | HAS_DEV)
static const struct ours {
	const char *name;
	enum event_kind kind;
	enum probe_shape shape;
	uint32_t needs, or_needs; /* enum event_has */
	uint8_t of;
	bool begins;
} ours[] = {
	{"vfs_enter", EVENT_VFS_ENTER, PROBE_ENTRY, REQUEST, HAS_FILE, OF_VFS, true},
	{"vfs_done", EVENT_VFS_DONE, PROBE_ENTRY, HAS_FILE, HAS_FILE, OF_VFS, false},
	{"vfs_exit", EVENT_VFS_EXIT, PROBE_RETURN, HAS_RET, HAS_RET, OF_VFS, false},
	{"sys_badfd", EVENT_SYS_BADFD, PROBE_ENTRY, HAS_FD | REQUEST, HAS_FD | REQUEST, 0, true},
	{"sys_enter", EVENT_SYS_ENTER, PROBE_ENTRY, HAS_FD | REQUEST, HAS_FD | REQUEST, OF_SYS, true},
	{"sys_exit", EVENT_SYS_EXIT, PROBE_RETURN, HAS_RET, HAS_RET, OF_SYS, false},
	{"compat_enter", EVENT_COMPAT_ENTER, PROBE_ENTRY, HAS_FD | REQUEST, HAS_FD | REQUEST, OF_COMPAT, true},
	{"compat_exit", EVENT_COMPAT_EXIT, PROBE_RETURN, HAS_RET, HAS_RET, OF_COMPAT, false},
	{"cred", EVENT_CRED, PROBE_ENTRY, HAS_UID, HAS_UID, 0, true},
	{"move", EVENT_MOVE, PROBE_ENTRY, HAS_PROCESS, HAS_PROCESS, 0, true},
	{"trunc_enter", EVENT_TRUNC_ENTER, PROBE_ENTRY, TRUNCATE, TRUNCATE, OF_TRUNC, true},
	{"trunc_exit", EVENT_TRUNC_EXIT, PROBE_RETURN, HAS_RET, HAS_RET, OF_TRUNC, false},
	{"deep_enter", EVENT_DEEP_ENTER, PROBE_ENTRY, REQUEST | HAS_FILE | HAS_FUNC, REQUEST | HAS_FILE | HAS_FUNC,
	 OF_DEEP, true},
	{"deep_exit", EVENT_DEEP_EXIT, PROBE_RETURN, HAS_RET | HAS_FUNC, HAS_RET | HAS_FUNC, OF_DEEP, false},
};

static const struct ours *ours_of_kind(enum event_kind kind)
{
	for (size_t i = 0; i < COUNT(ours); i++)
		if (ours[i].kind == kind)
			return &ours[i];
	return NULL;
}

/* "p_vfs_fallocate_0" is the kernel's own choice, "vfs_fallocate__return" perf's, others are people's. */
static bool named_after_symbol(const char *name)
{
	static const char symbol[] = "vfs_fallocate";
	static const char *const suffixes[] = {"", "_0", "_enter", "_entry", "__return", "_return", "_ret", "_exit"};

	if (!strncmp(name, "p_", 2) || !strncmp(name, "r_", 2))
		name += 2;
	if (strncmp(name, symbol, sizeof(symbol) - 1) != 0)
		return false;
	for (size_t i = 0; i < COUNT(suffixes); i++)
		if (!strcmp(name + sizeof(symbol) - 1, suffixes[i]))
			return true;
	return false;
}

/* "deep_enter_7": before 5.4 each probe has an event of its own. */
static bool is_ours(const char *name, const struct ours *o)
{
	size_t n = strlen(o->name);

	if (strncmp(name, o->name, n) != 0)
		return false;
	if (o->of == OF_DEEP && name[n] == '_')
		return name[n + 1] && !name[n + 1 + strspn(name + n + 1, "0123456789")];
	return !name[n];
}

bool event_known(const char *system, const char *name, struct known_event *k)
{
	for (size_t i = 0; i < COUNT(tracepoints); i++)
		if (!strcmp(system, tracepoints[i].system) && !strcmp(name, tracepoints[i].name)) {
			*k = tracepoints[i].known;
			return true;
		}
	*k = (struct known_event){.mode = -1};
	for (size_t i = 0; i < COUNT(ours); i++)
		if (is_ours(name, &ours[i])) {
			bool own_group = !strncmp(system, "falloctrace", strlen("falloctrace"));

			k->kind = ours[i].kind;
			k->origin = own_group ? ORIGIN_OURS : ORIGIN_BY_HAND;
			return true;
		}
	k->kind = EVENT_VFS_ENTER;
	k->origin = ORIGIN_SYMBOL;
	return named_after_symbol(name);
}

bool event_believed(const struct known_event *k, enum probe_shape shape, uint32_t has)
{
	const struct ours *o = ours_of_kind(k->kind);

	switch (k->origin) {
	case ORIGIN_BY_HAND:
		return o && shape == o->shape && ((has & o->needs) == o->needs || (has & o->or_needs) == o->or_needs);
	case ORIGIN_SYMBOL:
		/* a return tells when it was, if nothing else */
		return k->kind == EVENT_VFS_EXIT || (shape == PROBE_ENTRY && (has & REQUEST) == REQUEST);
	default:
		return true;
	}
}

uint8_t event_needs_begin(const struct known_event *k)
{
	const struct ours *o = k->origin == ORIGIN_BY_HAND ? ours_of_kind(k->kind) : NULL;

	return o && !o->begins ? o->of : 0;
}

uint8_t event_begins(const struct known_event *k)
{
	const struct ours *o = k->origin == ORIGIN_BY_HAND ? ours_of_kind(k->kind) : NULL;

	return o && o->begins ? o->of : 0;
}

uint32_t event_mask(const struct known_event *k, const char *text, size_t size)
{
	static const char regular[] = "BTRFS_ORDERED_REGULAR";

	if (k->mask != BTRFS_MASK_BY_FORMAT)
		return k->mask;
	return memmem(text, size, regular, sizeof(regular) - 1) ? BTRFS_PREALLOC | BTRFS_PREALLOC_LATE :
								  BTRFS_PREALLOC_OLD;
}

/*
 * By 7.2 the flags had changed places: what an extent is came first, what became
 * of it comes first. One that is removed is done and complete, bits 0 and 1 there,
 * which were two kinds of extents, of which none is both.
 */
bool event_flags_wanted(uint32_t mask, uint64_t flags)
{
	if (mask == (BTRFS_PREALLOC | BTRFS_PREALLOC_LATE))
		mask = (flags & 3) == 3 ? BTRFS_PREALLOC_LATE : BTRFS_PREALLOC;
	return (flags & mask) != 0;
}

const char *event_of_convert(enum convert step, const char **name)
{
	for (size_t i = 0; i < COUNT(tracepoints); i++)
		if (tracepoints[i].known.kind == EVENT_CONVERT && tracepoints[i].known.step == step) {
			*name = tracepoints[i].name;
			return tracepoints[i].system;
		}
	return NULL;
}
