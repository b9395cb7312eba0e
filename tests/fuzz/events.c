/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "fuzz.h"

#define NAMES "|__data_loc char[] n0|__data_loc char[] n1|__data_loc char[] n2|__data_loc char[] n3"
#define AFTER "s64 size|u64 blocks|u64 nblocks|u64 dblocks"
#define ENTER "unsigned long __probe_ip|"
#define RETURN "unsigned long __probe_func|unsigned long __probe_ret_ip|"

const struct sample_event sample_events[] = {
	{"falloctrace_77", "vfs_enter", 1,
	 ENTER "u64 file|u32 mode|s64 offset|s64 len|" AFTER "|u64 ino|u32 dev|s32 mnt|u32 uid|s32 fd|u64 nr|"
	       "__data_loc char[] comm|__data_loc char[] fs" NAMES},
	{"falloctrace_77", "vfs_done", 2, ENTER "u64 file|" AFTER},
	{"falloctrace_77", "vfs_exit", 3, RETURN "s32 ret|" AFTER},
	{"falloctrace_77", "sys_badfd", 4, ENTER "s32 fd|u32 mode|s64 offset|s64 len|u64 nr|__data_loc char[] comm"},
	{"falloctrace_77", "sys_enter", 5, ENTER "s32 fd|u32 mode|s64 offset|s64 len|__data_loc char[] comm"},
	{"falloctrace_77", "sys_exit", 6, RETURN "s64 ret"},
	{"falloctrace_77", "compat_enter", 7, ENTER "s32 fd|u32 mode|u32 off_lo|u32 off_hi|u32 len_lo|u32 len_hi"},
	{"falloctrace_77", "compat_exit", 8, RETURN "s32 ret"},
	{"task", "task_newtask", 9, "pid_t pid|char comm[16]|unsigned long clone_flags|short oom_score_adj"},
	{"syscalls", "sys_enter_fallocate", 10, "int __syscall_nr|u64 fd|u64 mode|u64 offset|u64 len"},
	{"syscalls", "sys_exit_fallocate", 11, "int __syscall_nr|long ret"},
	{"ext4", "ext4_fallocate_enter", 12, "dev_t dev|ino_t ino|loff_t offset|loff_t len|int mode"},
	{"ext4", "ext4_fallocate_exit", 13, "dev_t dev|ino_t ino|loff_t pos|unsigned int blocks|int ret"},
	{"ext4", "ext4_punch_hole", 14, "dev_t dev|ino_t ino|loff_t offset|loff_t len|int mode"},
	{"ext4", "ext4_collapse_range", 15, "dev_t dev|ino_t ino|loff_t offset|loff_t len"},
	{"xfs", "xfs_alloc_file_space", 16, "dev_t dev|xfs_ino_t ino"},
	{"xfs", "xfs_free_file_space", 17, "dev_t dev|xfs_ino_t ino"},
	{"xfs", "xfs_zero_file_space", 18, "dev_t dev|xfs_ino_t ino"},
	{"f2fs", "f2fs_fallocate", 19,
	 "dev_t dev|ino_t ino|int mode|loff_t offset|loff_t len|loff_t size|blkcnt_t blocks|int ret"},
	{"nfs4", "nfs4_fallocate", 20, "unsigned long error|dev_t dev|u32 fhandle|u64 fileid|loff_t offset|loff_t len"},
	{"raw_syscalls", "sys_enter", 21, "long id|unsigned long args[6]"},
	{"raw_syscalls", "sys_exit", 22, "long id|long ret"},
	{"mine", "vfs_enter", 23, ENTER "u64 file|u32 mode|s64 offset|s64 len|s64 size|__rel_loc char[] n0"},
	{"mine", "vfs_exit", 24, RETURN "s32 ret"},
	{"kprobes", "p_vfs_fallocate_0", 25, ENTER "u32 mode|s64 offset|s64 len"},
	{"probe", "vfs_fallocate__return", 26, RETURN "s64 ret"},
	{"falloctrace_77", "deep_enter", 27,
	 ENTER "u64 file|u64 caller|u64 fop|u32 mode|s64 offset|s64 len|" AFTER
	       "|u64 ino|u32 dev|s32 mnt|u32 uid|__data_loc char[] comm" NAMES},
	{"falloctrace_77", "deep_exit", 28, RETURN "s32 ret|u64 fop|" AFTER},
	{"falloctrace_77", "cred", 40, ENTER "u32 uid"},
	{"falloctrace_77", "move", 41, ENTER "u8 process"},
	{"cgroup", "cgroup_attach_task", 42,
	 "int dst_root|int dst_level|u64 dst_id|int pid|__data_loc char[] dst_path|__data_loc char[] comm"},
};
const size_t sample_events_count = sizeof(sample_events) / sizeof(sample_events[0]);

static int size_of(const char *field, int long_size)
{
	static const struct {
		const char *type;
		int size;
	} types[] = {
		{"u64 ", 8},	       {"xfs_ino_t ", 8}, {"blkcnt_t ", 8},	 {"unsigned long args[6]", -6},
		{"s64 ", 8},	       {"loff_t ", 8},	  {"char comm[16]", 16}, {"long ", 0},
		{"unsigned long ", 0}, {"ino_t ", 0},	  {"short ", 2},	 {"u8 ", 1},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strncmp(field, types[i].type, strlen(types[i].type)))
			return types[i].size > 0 ? types[i].size :
			       types[i].size < 0 ? -types[i].size * long_size :
						   long_size;
	return 4;
}

size_t sample_format(const struct sample_event *k, int long_size, char *buf, size_t room)
{
	static const char common[] = "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
				     "\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
				     "\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
				     "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n";
	const char *field = k->fields;
	int offset = 8, size;
	size_t used;

	used = (size_t)snprintf(buf, room, "name: %s\nID: %d\nformat:\n%s", k->name, k->id, common);
	while (*field && used < room) {
		size_t length = strcspn(field, "|");

		size = size_of(field, long_size);
		used += (size_t)snprintf(buf + used, room - used, "\tfield:%.*s;\toffset:%d;\tsize:%d;\tsigned:%d;\n",
					 (int)length, field, offset, size, strstr(field, "int ") == field);
		offset += size;
		field += length + (field[length] != '\0');
	}
	used += used < room ? (size_t)snprintf(buf + used, room - used, "\nprint fmt: \"\"\n") : 0;
	if (used >= room)
		finding("no room for a format");
	return used;
}
