#!/bin/sh
# SPDX-License-Identifier: MIT
# What goes wrong while tracing: rivals, processors that go and come, clocks that
# are set, memory that runs out, pids that are used again. (Calls that fail:
# fault-calls.sh.) What leftovers.sh, command.sh, record.sh and loss.sh prove is
# not proven again here: kills and signals, full disks and pipes, broken-off
# recordings, a reader that is stopped for too long, two falloctraces at once.
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh

STOP=19 CONT=18

# some NAME …: run, but where FAULT_ONLY says which ones
some() {
	case ,${FAULT_ONLY:-$1}, in
	*,"$1",*) run "$@" ;;
	esac
}

# start WORD…: falloctrace in the background, until it traces; its pid is $tracer
start() {
	falloctrace "$@" 2>/tmp/errors &
	tracer=$!
	await 20 traces $tracer || fail "it does not trace: $(cat /tmp/errors)"
	dir=$tracing/instances/falloctrace_$tracer
	sleep 0.3
}

traces() {
	grep -q vfs_enter "$tracing/instances/falloctrace_$1/set_event" 2>/dev/null && [ ! -e "$tracing/instances/falloctrace_$1_d" ]
}

# ended STATUS: it does so by itself, or when asked to after a moment
ended() {
	(
		sleep 3
		kill -TERM $tracer
	) 2>/dev/null &
	status=0
	wait $tracer || status=$?
	kill $! 2>/dev/null || true
	cat /tmp/errors
	same "exit status" $status "$1"
	as_before
}

lengths() {
	grep '"comm":"workload"' "$1" | grep -o '"len":[0-9]*' | cut -d: -f2 | tr '\n' ' ' | sed 's/ $//'
}

# --- rivals ---

# What a rival may do, and what becomes of the trace: its status, and a word that it says
rival_acts() {
	what=$1 status=$2 word=$3
	eval "$what" || true
	sleep 0.2
	workload count 2 >/dev/null
	ended "$status"
	[ "$word" = - ] || grep -q -e "$word" /tmp/errors || fail "no word of \"$word\""
	[ "$(grep -c '^falloctrace: ' /tmp/errors)" -le 1 ] || fail "more than a line"
}

# The calls before are there; those after may be missing where that is told.
check_calls() {
	case $(lengths /tmp/r/x) in
	"4096 4097 4098 4096 4097") [ "$1" = 0 ] || grep -q '"type":"lost"' /tmp/r/x || fail "a failure without a loss" ;;
	*)
		[ "$1" != 0 ] || fail "calls are missing: $(lengths /tmp/r/x)"
		grep -q '"type":"lost".*"count":null' /tmp/r/x || fail "no loss is told"
		;;
	esac
}

live_rival() {
	rm -rf /tmp/r
	mkdir /tmp/r
	start -q -j -o /tmp/r/x
	workload count 3 >/dev/null
	sleep 0.3
	rival_acts "$@"
	case $(lengths /tmp/r/x) in
	"4096 4097 4098"*) ;;
	*) fail "what was seen before is not kept: $(lengths /tmp/r/x)" ;;
	esac
	check_calls "$2"
}

recorded_rival() {
	rm -rf /tmp/r
	mkdir /tmp/r
	start record -q -o /tmp/r/x.dat
	workload count 3 >/dev/null
	sleep 0.3
	rival_acts "$@"
	same "files" "$(ls -A /tmp/r)" x.dat
	falloctrace replay -q -j /tmp/r/x.dat >/tmp/r/x
	check_calls "$2"
}

rivals() {
	live_rival 'echo 0 >$dir/tracing_on' 1 tracing_on
	# too short for who looks now and then
	live_rival 'echo 0 >$dir/tracing_on; echo 1 >$dir/tracing_on' 1 tracing_on
	live_rival 'echo global >$dir/trace_clock' 1 trace_clock
	live_rival ': >$dir/trace' 1 emptied
	live_rival 'echo 64 >$dir/buffer_size_kb' 0 -
	live_rival 'echo 0 >$dir/events/falloctrace_$tracer/enable' 1 disabled
	live_rival 'echo 0 >$dir/events/falloctrace_$tracer/vfs_exit/enable' 1 disabled
	live_rival 'echo >$dir/set_event' 1 'set_event\|disabled'
	live_rival 'echo 0 >$dir/events/falloctrace_$tracer/enable; echo >$tracing/kprobe_events' 1 'disabled or removed'
}

# The kernel refuses these, as long as something is in use.
refused() {
	live_rival 'echo >$tracing/kprobe_events' 0 -
	live_rival 'echo "-:falloctrace_$tracer/vfs_enter" >>$tracing/kprobe_events' 0 -
	live_rival 'rmdir $dir' 0 -
}

rivals_of_a_recording() {
	recorded_rival 'echo 0 >$dir/tracing_on' 1 tracing_on
	recorded_rival 'echo global >$dir/trace_clock' 1 trace_clock
	recorded_rival 'echo 0 >$dir/events/falloctrace_$tracer/enable' 1 disabled
}

# It sets everything of everybody back.
reset_by_trace_cmd() {
	start -q -j -o /tmp/x
	workload count 3 >/dev/null
	sleep 0.3
	trace-cmd reset >/tmp/t.log 2>&1 || true
	(
		sleep 3
		kill -TERM $tracer
	) 2>/dev/null &
	status=0
	wait $tracer || status=$?
	kill $! 2>/dev/null || true
	cat /tmp/errors
	ls $tracing/instances
	# as far as it got, for what is in use it cannot remove
	case $status in
	0) workload count 1 >/dev/null ;;
	1) grep -q 'somebody else' /tmp/errors || fail "no word of it" ;;
	*) fail "exit status $status" ;;
	esac
	case $(lengths /tmp/x) in
	"4096 4097 4098"*) ;;
	*) fail "what was seen before is not kept: $(lengths /tmp/x)" ;;
	esac
	! grep falloctrace_ $tracing/kprobe_events || fail "probes are left"
	[ ! -e "$dir" ] || fail "its instance is left"
	state >/tmp/state.before
}

# Somebody else's instance has our probes switched on when we end: they are left, said, and cleaned up later.
borrowed_probes() {
	mkdir $tracing/instances/borrower
	start -q -j -o /tmp/x
	echo 1 >$tracing/instances/borrower/events/falloctrace_$tracer/enable
	kill -TERM $tracer
	began=$(cut -d. -f1 /proc/uptime) status=0
	wait $tracer || status=$?
	[ $(($(cut -d. -f1 /proc/uptime) - began)) -le 20 ] || fail "it waits for them too long"
	same "exit status" $status 1
	same "lines on stderr" "$(wc -l </tmp/errors)" 1
	grep -q "kprobe_events.*busy" /tmp/errors || fail "it says: $(cat /tmp/errors)"
	echo 0 >$tracing/instances/borrower/events/falloctrace_$tracer/enable
	rmdir $tracing/instances/borrower
	falloctrace cleanup >/dev/null
	as_before
}

# --- processors ---

online() {
	echo "$1" >/sys/devices/system/cpu/cpu1/online
}

# $1: cpu1 as the trace begins. The workload calls on whatever processor there is.
hotplug() {
	online "$1"
	start -q -j -o /tmp/x
	workload count 500 >/dev/null
	for state in 1 0 1; do
		online $state
		workload count 500 >/dev/null
		[ $state = 0 ] || taskset 2 workload count 500 >/dev/null
	done
	kill -TERM $tracer
	ended 0
	grep -c '"cpu":1,' /tmp/x
	[ "$(grep '"cpu":1,' /tmp/x | grep -c '"comm":"workload"')" -ge 1000 ] || fail "calls on the second processor are not seen"
	same "calls" "$(grep '"type":"call"' /tmp/x | grep -c '"comm":"workload"')" 3000
	same "losses" "$(grep -c '"type":"lost"' /tmp/x)" 0
}

recorded_hotplug() {
	online 0
	rm -f /tmp/x.dat
	start record -q -o /tmp/x.dat
	online 1
	taskset 2 workload count 700 >/dev/null
	online 0
	workload count 300 >/dev/null
	online 1
	kill -TERM $tracer
	ended 0
	falloctrace replay -q -j /tmp/x.dat >/tmp/x
	same "calls" "$(grep -c '"comm":"workload"' /tmp/x)" 1000
	same "losses" "$(grep -c '"type":"lost"' /tmp/x)" 0
	rm /tmp/x.dat
}

# --- time ---

# An hour ahead, two back, while tracing: order and latencies are the kernel's own; the wall clock is that of the start.
clock_set() {
	begin=$(date +%s)
	start -q -j -o /tmp/x
	for change in 3600 -7200 3600; do
		workload count 20 >/dev/null
		date -s "@$(($(date +%s) + change))" >/dev/null
	done
	workload count 20 >/dev/null
	kill -TERM $tracer
	ended 0
	end=$(date +%s)
	grep '"comm":"workload"' /tmp/x >/tmp/calls
	same "calls" "$(wc -l </tmp/calls)" 80
	grep -o '"ts":[0-9]*' /tmp/calls | cut -d: -f2 | sort -n -c || fail "out of order"
	awk -F'"latency_ns":' '{ split($2, a, ","); if (a[1] + 0 <= 0 || a[1] > 1e9) exit 1 }' /tmp/calls || fail "a latency has the clock's step"
	sed 's/.*"time":"\([^.]*\)\..*/\1/' /tmp/calls | tr T ' ' | while read -r line; do date -u -d "$line" +%s; done >/tmp/times
	awk -v a="$begin" -v b="$end" '$1 < a - 1 || $1 > b + 1 { print "a call at " $1 ", not from " a " to " b; exit 1 }' /tmp/times || exit 1
}

# Several seconds without its reader: what the buffer holds comes after all. (loss.sh has the one that is too small.)
suspended() {
	start -q -j -o /tmp/x
	kill -$STOP $tracer
	workload count 400 >/dev/null
	sleep 4
	kill -$CONT $tracer
	sleep 0.5
	kill -$STOP $tracer
	kill -$CONT $tracer # one that had nothing to read: poll is interrupted
	workload count 100 >/dev/null
	kill -TERM $tracer
	ended 0
	same "calls" "$(grep -c '"comm":"workload"' /tmp/x)" 500
	same "losses" "$(grep -c '"type":"lost"' /tmp/x)" 0
}

# --- memory ---

nobody_lives() {
	[ -z "$(falloctraces)" ]
}

# A recording in a group of its own, $group, whose memory can be limited
record_in_group() {
	group=/sys/fs/cgroup/small
	[ -e /sys/fs/cgroup/cgroup.controllers ] || skip "no cgroup2"
	grep -q memory /sys/fs/cgroup/cgroup.controllers || skip "no memory controller"
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	mkdir $group
	rm -rf /tmp/oom.dat*
	sh -c "echo \$\$ >$group/cgroup.procs; exec falloctrace record -q -o /tmp/oom.dat" 2>/tmp/errors &
	tracer=$!
	await 20 traces $tracer || fail "it does not trace: $(cat /tmp/errors)"
	sleep 0.3
	workload count 300 >/dev/null
	sleep 2.2
}

# The kernel killed it; its recording is had back.
was_killed_for_memory() {
	status=0
	wait $tracer || status=$?
	same "exit status" $status 137
	grep -q 'oom_kill [1-9]' $group/memory.events || fail "it was not memory: $(cat $group/memory.events)"
}

is_recovered() {
	rmdir $group
	falloctrace recover -q /tmp/oom.dat
	[ "$(falloctrace replay -q -j /tmp/oom.dat | grep -c '"comm":"workload"')" -ge 300 ] || fail "what it had is lost"
	rm /tmp/oom.dat
}

# The group has half of what it uses: the largest goes, and its watchdog does what it is for.
killed_for_memory() {
	record_in_group
	echo "in use: $(cat $group/memory.current)"
	echo $(($(cat $group/memory.current) / 2)) >$group/memory.max
	workload count 100 >/dev/null
	was_killed_for_memory
	await 20 nobody_lives || fail "the watchdog hangs"
	as_before
	is_recovered
}

# Nothing can be had: the watchdog outlives that, too, and does its work once there is some again.
no_memory_at_all() {
	record_in_group
	echo 4096 >$group/memory.max
	workload count 100 >/dev/null
	was_killed_for_memory
	sleep 1
	[ -d "$tracing/instances/falloctrace_$tracer" ] || echo "it needed none"
	echo max >$group/memory.max
	await 20 nobody_lives || fail "the watchdog hangs"
	as_before
	is_recovered
}

# --- others that trace ---

# trace-cmd and bpftrace trace the same calls, by probes on the same function; each sees what it would alone.
other_tracers() {
	echo 'p:theirs/enter vfs_fallocate' >>$tracing/kprobe_events
	trace-cmd record -e theirs:enter -e syscalls:sys_enter_fallocate -o /tmp/t.dat sleep 60 >/tmp/t.log 2>&1 &
	theirs=$!
	await 20 grep -q sys_enter_fallocate $tracing/set_event || fail "trace-cmd does not trace: $(cat /tmp/t.log)"
	bpf=
	if [ -x /bin/bpftrace ]; then
		bpftrace -e 'kprobe:vfs_fallocate /comm == "workload"/ { @n = count(); } kretprobe:vfs_fallocate /comm == "workload"/ { @r = count(); }' >/tmp/b.log 2>&1 &
		bpf=$!
		await 60 grep -q Attaching /tmp/b.log || fail "bpftrace: $(cat /tmp/b.log)"
		sleep 2
	fi
	state >/tmp/state.others
	start -q -j -o /tmp/x
	workload count 200 >/dev/null
	kill -TERM $tracer
	status=0
	wait $tracer || status=$?
	same "exit status" $status 0
	same "ours" "$(grep -c '"comm":"workload"' /tmp/x)" 200
	state >/tmp/state.now
	diff -u /tmp/state.others /tmp/state.now || fail "something is left, or theirs is gone"
	if [ -n "$bpf" ]; then
		kill -INT $bpf
		wait $bpf || true
		cat /tmp/b.log
		grep -q '@n: 200' /tmp/b.log || fail "bpftrace missed some"
		grep -q '@r: 200' /tmp/b.log || fail "bpftrace missed returns"
	fi
	kill -INT $theirs
	wait $theirs || true
	same "trace-cmd's" "$(trace-cmd report -i /tmp/t.dat 2>/dev/null | grep -c 'workload.*sys_enter_fallocate')" 200
	same "by its probe" "$(trace-cmd report -i /tmp/t.dat 2>/dev/null | grep -c 'workload.* enter: ')" 200
	echo '-:theirs/enter' >>$tracing/kprobe_events
	state >/tmp/state.before
	[ -n "$bpf" ] || skip "bpftrace is not installed: run contrib/deps (trace-cmd alone: all seen by both)"
}

# --- pids ---

# Its instance gone, its probes left, and its pid another process's: they go. One that lives loses nothing.
pid_used_again() {
	start -q -j -o /tmp/x
	victims=$(falloctraces | tr '\n' ' ')
	# shellcheck disable=SC2086 # one word a pid
	kill -$STOP $victims
	# shellcheck disable=SC2086
	kill -9 $victims
	wait $tracer || true
	sleep 0.2
	[ -d "$dir" ] || fail "its instance went without help?"
	[ -z "$1" ] || rmdir "$dir"
	grep -q "falloctrace_$tracer/" $tracing/kprobe_events || fail "its probes went without help?"
	again=
	for _ in $(seq 50); do
		echo $((tracer - 1)) >/proc/sys/kernel/ns_last_pid
		sleep 20 &
		again=$!
		[ "$again" != "$tracer" ] || break
		kill "$again"
	done
	same "the pid used again" "$again" "$tracer"
	falloctrace cleanup >/tmp/said
	cat /tmp/said
	grep -q "falloctrace_$tracer: removed" /tmp/said || fail "they are protected by a pid"
	kill "$again"
	as_before
}

# The watchdog of a dead one is slow; another falloctrace has its pid by then.
slow_watchdog() {
	start -q -j -o /tmp/x
	first=$tracer
	watchdog=$(for pid in $(falloctraces); do ! grep -q '^falloctrace-wd$' "/proc/$pid/comm" || echo "$pid"; done)
	kill -$STOP "$watchdog"
	kill -9 "$first"
	wait "$first" || true
	tracer=
	for _ in $(seq 50); do
		echo $((first - 1)) >/proc/sys/kernel/ns_last_pid
		falloctrace -q -j -o /tmp/y 2>/tmp/errors &
		tracer=$!
		[ "$tracer" != "$first" ] || break
		kill -9 $tracer
		wait $tracer || true
		sleep 0.2
	done
	same "the pid used again" "$tracer" "$first"
	await 20 traces "$tracer"
	sleep 0.3
	kill -$CONT "$watchdog"
	sleep 3
	workload count 30 >/dev/null
	kill -TERM $tracer
	ended 0
	same "calls" "$(grep -c '"comm":"workload"' /tmp/y)" 30
}

# cleanup all the time, while others start, trace and end
cleanup_meanwhile() {
	rm -f /tmp/stop
	(while [ ! -e /tmp/stop ]; do falloctrace cleanup 2>>/tmp/cleanup.errors >/dev/null || echo "cleanup: $?" >>/tmp/cleanup.errors; done) &
	cleaner=$!
	trap 'touch /tmp/stop' EXIT
	for _ in 1 2 3 4 5 6; do
		falloctrace -q -j -o /tmp/x -- workload count 50 >/dev/null
		same "calls" "$(grep -c '"type":"call"' /tmp/x)" 50
	done
	touch /tmp/stop
	wait $cleaner
	[ ! -s /tmp/cleanup.errors ] || fail "$(cat /tmp/cleanup.errors)"
	as_before
}

trap '' PIPE
state >/tmp/state.before
some rivals rivals
some rivals-refused refused
some rivals-of-a-recording rivals_of_a_recording
some probes-in-use-elsewhere borrowed_probes
some cpu-goes-and-comes hotplug 1
some cpu-comes-later hotplug 0
some cpu-recorded recorded_hotplug
online 1
some clock-set clock_set
some suspended suspended
some killed-for-memory killed_for_memory
some no-memory-at-all no_memory_at_all
some pid-used-again pid_used_again ''
some pid-used-again-without-instance pid_used_again bare
some slow-watchdog slow_watchdog
some cleanup-meanwhile cleanup_meanwhile
some other-tracers other_tracers
some reset-by-trace-cmd reset_by_trace_cmd
