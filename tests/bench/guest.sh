#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs in the virtual machine, where nanoseconds are instructions. Prints the table.
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh

batches=${BATCHES:-100}
dir=/tmp/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21/22/23/24/25/26/27/28/29/30
mkdir -p $dir
bench="bench_calls $batches $dir/file"
program=falloctrace

row() {
	printf '%-62s %10s %10s\n' "$@"
}

# measure NAME COMMAND…: what bench_calls prints, less what it prints alone
measure() {
	name=$1
	shift
	result=$("$@" 2>/tmp/errors) || {
		row "$name" "failed:" "$(head -n 1 /tmp/errors)"
		return
	}
	# shellcheck disable=SC2086 # two numbers
	set -- $result
	row "$name" "+$(($1 - bare_fallocate))" "+$(($2 - bare_getppid))"
}

traced() {
	# shellcheck disable=SC2086 # options and words
	$program -q -j -o /tmp/json $1 -- $bench
}

recorded() {
	# shellcheck disable=SC2086
	$program record -q -o /tmp/trace.dat -- $bench
}

# Our own calls are not asked for; foreign OPTION…
foreign() {
	sleep 1000 &
	else=$!
	$program -q -j -o /tmp/json -p $else "$@" &
	us=$!
	await 30 tracing_now
	$bench
	kill $us $else
	wait
}

straced() {
	# shellcheck disable=SC2086
	strace -f -o /tmp/strace -e trace=fallocate $1 $bench
}

# The probes by hand: what is between them and ours is what reading them costs.
by_trace_cmd() {
	$program probes | sed '/^#/d' >/tmp/lines
	group=$(sed -n 's,^[pr][0-9]*:\([^/]*\)/.*,\1,p' /tmp/lines | head -n 1)
	while read -r line; do
		echo "$line" >>$tracing/kprobe_events || return 1
	done </tmp/lines
	# shellcheck disable=SC2086
	trace-cmd record -q -o /tmp/cmd.dat -e "$group" $bench 2>/tmp/errors | tail -n 1
	echo 0 >$tracing/events/enable
	sed 's,^[pr][0-9]*:\([^ ]*\).*,-:\1,' /tmp/lines | while read -r line; do
		echo "$line" >>$tracing/kprobe_events
	done
}

lone_probe() {
	echo "$1" >>$tracing/kprobe_events || return 1
	echo 1 >$tracing/events/lone/enable
	$bench
	echo 0 >$tracing/events/lone/enable
	echo '-:lone/one' >>$tracing/kprobe_events
}

tracepoints() {
	hide_kprobes
	traced ""
}

# shellcheck disable=SC2046
set -- $($bench) || exit 1
bare_fallocate=$1 bare_getppid=$2
echo "$(uname -r): instructions of one call on tmpfs, alone: fallocate $1, getppid $2"
row "they grow by, under" fallocate getppid
row "nothing (again)" "+$(($($bench | cut -d' ' -f1) - bare_fallocate))" "+$(($($bench | cut -d' ' -f2) - bare_getppid))"
measure "falloctrace" traced ""
for depth in 1 2 3 4 6 8; do
	measure "falloctrace --path-depth $depth" traced "--path-depth $depth"
done
measure "falloctrace -u 0" traced "-u 0"
measure "falloctrace -p, a call of others" foreign
measure "falloctrace -p --exclude-others, a call of others" foreign --exclude-others
measure "falloctrace --deep" traced "--deep"
measure "falloctrace -x --op punch" traced "-x --op punch"
measure "falloctrace --buffer-size 64K" traced "--buffer-size 64K"
measure "falloctrace record" recorded
! command -v trace-cmd >/dev/null || measure "trace-cmd record, lines of falloctrace probes" by_trace_cmd
measure "a kprobe event without arguments" lone_probe 'p:lone/one vfs_fallocate'
measure "a kretprobe event with the result" lone_probe 'r:lone/one vfs_fallocate ret=$retval:s32'
command -v strace >/dev/null && measure "strace -f -e fallocate" straced "" &&
	measure "strace -f --seccomp-bpf -e fallocate" straced --seccomp-bpf
# Last, since it does not undo what it hides
measure "falloctrace without kprobe events (system-call tracepoints)" tracepoints
