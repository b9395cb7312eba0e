#!/bin/sh
# SPDX-License-Identifier: MIT
# In a guest: the same calls on ext4 and XFS, recorded by trace-cmd in every way that does not need
# falloctrace to record. /out/NAME.dat is the recording, /out/NAME.expected what the calls themselves tell:
# a line "FS MODE OFFSET LENGTH RESULT DEV INODE SIZE_BEFORE SIZE_AFTER" each.

tracefs=/sys/kernel/tracing

# call MODE OFFSET LENGTH OPTION…
call() {
	mode=$1 offset=$2 length=$3
	shift 3
	before=$(stat -c %s "$file")
	if /bin/fallocate "$@" -o "$offset" -l "$length" "$file" 2>/dev/null; then result=0; else result=EINVAL; fi
	echo "$fs $mode $offset $length $result $(stat -c '%d %i' "$file") $before $(stat -c %s "$file")" >>"$expected"
}

if [ "${1:-}" = workload ]; then
	expected=/out/$2.expected
	for fs in ext4 xfs; do
		file=/mnt/$fs/$2
		: >"$file"
		call 0 0 1048576
		call 1 2097152 65536 -n
		call 3 4096 8192 -p
		call 16 65536 4096 -z
		call 8 131072 4096 -c
		call 32 131072 4096 -i
		call 8 131073 4096 -c
		call 3 5000000000 4096 -p
	done
	exit
fi

# record NAME OPTION…
record() {
	name=$1
	shift
	: >"/out/$name.expected"
	trace-cmd record -C mono "$@" -o "/out/$name.dat" "$0" workload "$name" >"/out/$name.log" 2>&1 ||
		cat "/out/$name.log"
}

probe() {
	echo "$1" >>$tracefs/kprobe_events || echo "the kernel refuses: $1"
}

xfs="-e xfs:xfs_alloc_file_space -e xfs:xfs_free_file_space -e xfs:xfs_zero_file_space"
xfs="$xfs -e xfs:xfs_collapse_file_space -e xfs:xfs_insert_file_space"
ext4="-e ext4:ext4_fallocate_enter -e ext4:ext4_fallocate_exit -e ext4:ext4_punch_hole -e ext4:ext4_zero_range"
ext4="$ext4 -e ext4:ext4_collapse_range -e ext4:ext4_insert_range"
calls="-e syscalls:sys_enter_fallocate -e syscalls:sys_exit_fallocate"

# shellcheck disable=SC2086 # one word an option
{
	record ext4 $ext4
	record xfs $xfs
	record calls $calls
	record raw -e raw_syscalls
	record better $calls -e raw_syscalls $ext4 $xfs

	# as the manual says: into a group of one's own
	falloctrace probes 2>/out/probes.err | grep '^[pr]' | sed 's#:[^/ ]*/#:mygroup/#' >/out/probes
	while read -r line; do probe "$line"; done </out/probes
	record own -e mygroup
	record twins -e mygroup -B inner -C mono -e mygroup
	record split $calls -B inner -C mono -e mygroup
	echo >$tracefs/kprobe_events
}

# as others' instructions say: whatever the kernel calls it
# shellcheck disable=SC2016 # the kernel's own
{
	probe 'p vfs_fallocate mode=$arg2:u32 offset=$arg3:s64 len=$arg4'
	probe 'r vfs_fallocate ret=$retval:s32'
}
record symbol -e kprobes
echo >$tracefs/kprobe_events
trace-cmd record -e sched:sched_process_fork -o /out/none.dat true >/out/none.log 2>&1
