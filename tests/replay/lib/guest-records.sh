#!/bin/sh
# SPDX-License-Identifier: MIT
# In a guest: the same calls, recorded by trace-cmd in every form that we read.
# /out/NAME.dat is the recording, /out/NAME.expected tells what was called.

# call MODE OFFSET LEN OPTION…: one process, one call, logged first
call() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	sh -c 'echo "$$ enter 3 $1 $2 $3" >>"$0"
		echo "$$ exit 0" >>"$0"
		shift 3
		exec /bin/fallocate "$@"' "$EXPECTED" "$1" "$2" "$3" "$4" -o "$2" -l "$3" "$FILE"
}

if [ "${1:-}" = workload ]; then
	EXPECTED=/out/$2.expected FILE=/tmp/file
	: >"$FILE"
	: >"$EXPECTED"
	for i in 1 2 3 4 5 6 7 8; do
		call 0 $((i * 4096)) $((i * 8192)) -v
		call 1 $((i * 5000000000)) 1 -n
		call 3 0 4096 -p
	done
	case $2 in rl*) dd if=/dev/zero of=/dev/null bs=1 count=30000 2>/dev/null ;; esac
	exit
fi

record() {
	name=$1
	shift
	trace-cmd record "$@" -e syscalls:sys_enter_fallocate -e syscalls:sys_exit_fallocate \
		-o "/out/$name.dat" "$0" workload "$name" >"/out/$name.log" 2>&1 || cat "/out/$name.log"
}

record r7 --compression none
record r6 --file-version 6
record rm -C mono --compression none
record ri -B inner --compression none
record rz --compression zstd
record rd --date --compression none
record rt -C x86-tsc --compression none
record rb --compression none -e sched:sched_switch -B one -e raw_syscalls:sys_enter -B two -e sched:sched_waking -B three
# Buffers too small for what goes into them, and seldom read: events are lost.
record rl --compression none -s 700000 -b 8 -e raw_syscalls -e sched -B lossy -b 8 -e raw_syscalls -B calm
record rlz --compression zstd -s 700000 -b 8 -e raw_syscalls -e sched -B lossy -b 8 -e raw_syscalls -B calm
trace-cmd start -b 16 -e raw_syscalls -e sched -e syscalls:sys_enter_fallocate -e syscalls:sys_exit_fallocate >/out/rx.log 2>&1
"$0" workload rx >>/out/rx.log 2>&1
trace-cmd stop >>/out/rx.log 2>&1
trace-cmd extract --compression none -o /out/rx.dat >>/out/rx.log 2>&1 || cat /out/rx.log
