#!/bin/sh
# SPDX-License-Identifier: MIT
# Nothing stays behind, whatever ends the program and when; nothing of others is touched.
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh

INT=2 TERM=15 HUP=1 KILL=9

# What others have: a probe group, an instance of their own with it, a probe with a name like ours.
foreigners() {
	echo 'p:foreign/theirs vfs_fallocate' >>$tracing/kprobe_events
	echo 'r:foreign/theirs_too vfs_fallocate $retval' >>$tracing/kprobe_events
	echo 'p:falloctrace_x/not_ours vfs_fallocate' >>$tracing/kprobe_events
	mkdir $tracing/instances/theirs $tracing/instances/falloctrace_not
	echo 1 >$tracing/instances/theirs/events/foreign/enable
	echo 0 >$tracing/instances/theirs/tracing_on
	echo 1 >$tracing/events/foreign/theirs/enable
	state >/tmp/state.before
}

ordinary_end() {
	falloctrace -d 0.2 -j -o /tmp/x
	as_before "after -d"
	falloctrace -j -o /tmp/x -- true
	as_before "after a command"
	falloctrace record -o /tmp/x.dat -- true
	as_before "after record"
	falloctrace doctor >/dev/null
	as_before "after doctor"
	falloctrace probes >/dev/null
	as_before "after probes"
	falloctrace cleanup
	as_before "after cleanup with nothing to do"
}

# Signals that ask it to end: at once, while it starts, while it traces
asked_to_end() {
	for when in 0:$INT 30:$TERM 100:$HUP 200:$INT 400:$TERM 700:$HUP 1100:$INT 1600:$TERM 2500:$HUP 2500:$INT; do
		ms=${when%:*} signal=${when#*:} status=0
		workload stop "$ms" "$signal" falloctrace -j -o /tmp/x || status=$?
		as_before "signal $signal after $ms ms (exit $status)"
		# Before its first steps, which a busy machine may put off, the signal's own effect is right.
		case $status in
		0) ;;
		$((128 + signal))) [ "$ms" -lt 1000 ] || fail "killed by signal $signal after $ms ms" ;;
		*) fail "exit $status after signal $signal at $ms ms" ;;
		esac
	done
}

killed() {
	for ms in 0 20 50 100 160 240 330 430 560 700 850 1000 1250 1600 2200; do
		want 137 workload stop $ms $KILL falloctrace -j -o /tmp/x
		as_before "SIGKILL after $ms ms"
	done
}

killed_at_the_end() {
	for ms in 0 20 50 90; do
		falloctrace -q -j -o /tmp/x &
		pid=$!
		await 10 tracing_now
		kill -TERM $pid
		sleep 0.0$ms
		kill -KILL $pid 2>/dev/null || true
		wait $pid || true
		as_before "SIGKILL $ms ms after SIGTERM"
	done
}

killed_record_and_command() {
	for ms in 300 2200; do
		workload stop $ms $KILL falloctrace record -o /tmp/dir/x.dat || true
		as_before "record, SIGKILL after $ms ms"
		case $(ls -A /tmp/dir) in
		"" | x.dat.partial) rm -rf /tmp/dir/x.dat.partial ;; # what falloctrace recover wants
		*) fail "a recording that was killed left $(ls -A /tmp/dir)" ;;
		esac
		workload stop $ms $KILL falloctrace -j -o /tmp/x -- sleep 3 || true
		killall sleep 2>/dev/null || true
		as_before "with a command, SIGKILL after $ms ms"
	done
}

half_a_start() {
	want 1 falloctrace -j -o /nowhere/x
	as_before "an output that cannot be opened"
	want 1 falloctrace record -o /nowhere/x -- true
	as_before "a recording that cannot be opened"
	got=0
	falloctrace -d 0.1 --buffer-size 4G -j -o /tmp/x || got=$?
	[ $got = 1 ] || [ $got = 0 ] || fail "exit $got with a buffer larger than the memory"
	as_before "a buffer larger than the memory"
	got=0
	falloctrace -- /no/such/command || got=$?
	[ $got = 127 ] || [ $got = 1 ] || fail "exit $got for a command that is not there"
	as_before "a command that cannot be run"
	(
		ulimit -n 12
		falloctrace -d 0.1 -j -o /tmp/x || true
	)
	as_before "hardly any descriptors"
}

names_of_dead() {
	ls $tracing/instances
	cat $tracing/kprobe_events
}

# The watchdog dies, too: then cleanup has to help, and leave the living alone.
cleaned_up() {
	falloctrace -q -j -o /tmp/alive &
	alive=$!
	await 10 tracing_now
	await 5 discovered
	living=$(falloctraces | tr '\n' ' ')
	state >/tmp/state.alive
	falloctrace -q -j -o /tmp/dead &
	dead=$!
	await 10 grep -q vfs_enter $tracing/instances/falloctrace_$dead/set_event
	doomed=
	for pid in $(falloctraces); do
		case " $living " in
		*" $pid "*) ;;
		*) doomed="$doomed $pid" ;;
		esac
	done
	# Stopped first: a watchdog that outlives its owner by a moment does its work in it.
	# shellcheck disable=SC2086 # one word a pid
	kill -STOP $doomed
	# shellcheck disable=SC2086
	kill -KILL $doomed
	wait $dead || true
	sleep 0.3
	[ -d $tracing/instances/falloctrace_$dead ] || fail "its instance went without help?"
	falloctrace cleanup
	state >/tmp/state.now
	diff -u /tmp/state.alive /tmp/state.now || fail "cleanup took too much or too little"
	workload count 7
	kill -INT $alive
	kill -TERM $alive
	wait $alive || true
	same "calls that the living one still saw" "$(grep -c '"comm":"workload"' /tmp/alive)" 7
	as_before "after the living one's end"
}

# Two at once do not disturb each other.
two_at_once() {
	falloctrace -q -a -j -o /tmp/a -- falloctrace -q -a -j -o /tmp/b -- workload count 5
	same "the outer one's" "$(grep -c '"comm":"workload"' /tmp/a)" 5
	same "the inner one's" "$(grep -c '"comm":"workload"' /tmp/b)" 5
	as_before
}

# Each finds the places of its probes while the others look for theirs, and somebody has a return probe on the same function.
at_the_same_moment() {
	echo 'r:foreign/return shmem_fallocate' >>$tracing/kprobe_events
	echo 1 >$tracing/events/foreign/return/enable
	ours=
	for i in 1 2 3 4; do
		[ $i -gt 2 ] || deep=--deep
		# shellcheck disable=SC2086
		falloctrace $deep -q -j -o /tmp/moment$i &
		ours="$ours $!" deep=
	done
	await 60 tracing_now 4
	await 20 discovered || fail "probes of the start stay: $(grep -o 'falloctrace_[0-9]*_d/[^ ]*' $tracing/kprobe_events)"
	workload count 5
	sleep 0.5
	# shellcheck disable=SC2086
	kill -TERM $ours
	for us in $ours; do
		wait "$us"
	done
	for i in 1 2 3 4; do
		same "calls of number $i" "$(grep -c '"comm":"workload"' /tmp/moment$i)" 5
		same "sizes of number $i that were seen" "$(grep '"comm":"workload"' /tmp/moment$i | grep -c '"after":"seen"')" 5
	done
	echo 0 >$tracing/events/foreign/return/enable
	echo '-:foreign/return' >>$tracing/kprobe_events
	as_before
}

still_theirs() {
	echo 1 >$tracing/instances/theirs/tracing_on
	falloctrace -q -j -o /tmp/x -- workload count 6
	echo 0 >$tracing/instances/theirs/tracing_on
	[ "$(grep -c 'theirs: ' $tracing/instances/theirs/trace)" -ge 6 ] || fail "their probe does not fire any more"
}

mkdir /tmp/dir
foreigners
run ordinary-end ordinary_end
run half-a-start half_a_start
run two-at-once two_at_once
run at-the-same-moment at_the_same_moment
run cleanup cleaned_up
run asked-to-end asked_to_end
run killed killed
run killed-at-the-end killed_at_the_end
run killed-record-and-command killed_record_and_command
run theirs-still-works still_theirs
