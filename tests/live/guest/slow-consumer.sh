#!/bin/sh
# SPDX-License-Identifier: MIT
# Whoever reads the output is slow, stopped or gone, or the program itself is stopped: calls cost what they cost anyway,
# what is lost is told, and the program still ends when asked to. The workload counts what it made, and one processor
# whose nanoseconds are instructions measures it.
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh

N=${CALLS:-20000}

# With its output into the pipe /tmp/pipe, which descriptor 8 keeps open and does not read
started() {
	rm -f /tmp/pipe
	mkfifo /tmp/pipe
	exec 8<>/tmp/pipe
	# A shell has what it puts into the background ignore SIGINT.
	env --default-signal=INT falloctrace -q -j >/tmp/pipe 2>/tmp/errors 8<&- &
	pid=$!
	await 20 tracing_now || fail "it does not start: $(cat /tmp/errors)"
	sleep 0.3
}

# What is in the pipe, and comes, until the program has ended; then nobody holds it open
read_all() {
	cat </tmp/pipe >"$1" 8<&- &
	cat=$!
	exec 8<&-
}

peak_kb() {
	awk '/^VmHWM/ { print $2 }' "/proc/$pid/status"
}

shown() {
	grep -c "\"comm\":\"$2\"" "$1" || true
}

# What a call costs with somebody who reads
reading() {
	started
	read_all /tmp/out
	workload pace "$N" >/tmp/reading
	kill -TERM $pid
	wait $pid
	wait $cat
	same "calls" "$(shown /tmp/out workload)" "$N"
	echo "    $(cat /tmp/reading) ns a call, with a reader" | tee -a /out/results
}

# costs_the_same WHAT FILE: a fiftieth more at most
costs_the_same() {
	echo "    $(cat "$2") ns a call, $1" | tee -a /out/results
	[ "$(cat "$2")" -le $(($(cat /tmp/reading) * 51 / 50)) ] || fail "a call costs more: $(cat "$2") ns, $(cat /tmp/reading) with a reader"
}

# Nobody reads while the calls are made; then somebody does, and all are there.
nobody_reads() {
	started
	workload pace "$N" >/tmp/nobody
	sleep 1
	echo "    $(peak_kb) KiB of memory at most for $N calls that nobody read" | tee -a /out/results
	[ "$(peak_kb)" -lt 120000 ] || fail "$(peak_kb) KiB"
	read_all /tmp/out
	kill -TERM $pid
	wait $pid
	wait $cat
	same "calls" "$(shown /tmp/out workload)" "$N"
	same "losses" "$(grep -c '"type":"lost"' /tmp/out)" 0
	same "lines in parts" "$(grep -v -c '^{.*}$' /tmp/out)" 0
	costs_the_same "nobody reads" /tmp/nobody
}

# More than there is memory for (64 MiB, and the kernel's): counted
too_much() {
	started
	many=$((N * 24))
	workload count $many >/dev/null
	sleep 1
	echo "    $(peak_kb) KiB of memory at most for $many calls that nobody read" | tee -a /out/results
	[ "$(peak_kb)" -lt 120000 ] || fail "$(peak_kb) KiB"
	read_all /out/much.json
	sleep 2
	workload count 20 >/dev/null
	kill -TERM $pid
	wait $pid
	wait $cat
	echo $((many + 20)) >/out/much.made
}

# The program stopped (Ctrl-Z, SIGSTOP): the kernel goes on by itself.
stopped() {
	started
	read_all /out/stopped.json
	kill -STOP $pid
	workload pace "$N" >/tmp/stopped
	kill -CONT $pid
	sleep 2
	workload count 20 >/dev/null
	kill -TERM $pid
	wait $pid
	wait $cat
	echo $((N + 20)) >/out/stopped.made
	costs_the_same "the program is stopped" /tmp/stopped
}

ended() {
	! kill -0 "$pid" 2>/dev/null
}

probes_fire() {
	[ "$(cat "$tracing/instances/falloctrace_$pid/events/enable")" != 0 ]
}

# Nobody reads, and the first Ctrl-C: traces no more, and waits; a reader then gets all.
interrupted() {
	started
	workload count 2000 >/dev/null
	kill -INT $pid
	sleep 3
	kill -0 $pid || fail "it has not waited"
	! probes_fire || fail "its probes still fire: $(cat $tracing/instances/falloctrace_$pid/events/enable)"
	read_all /tmp/out
	want 0 wait $pid
	wait $cat
	same "calls" "$(shown /tmp/out workload)" 2000
	as_before "after a reader that came late"
}

# … a second one ends it.
interrupted_twice() {
	started
	workload count 2000 >/dev/null
	kill -INT $pid
	sleep 1
	kill -0 $pid || fail "it has not waited"
	kill -INT $pid
	await 3 ended || fail "it goes on"
	want 1 wait $pid
	grep -q 'stopped reading: the last [0-9]* KiB' /tmp/errors || fail "$(cat /tmp/errors)"
	as_before "after two Ctrl-C"
}

# SIGTERM alone, as a service gets it
terminated() {
	started
	workload count 2000 >/dev/null
	kill -TERM $pid
	await 6 ended || fail "it goes on"
	want 1 wait $pid
	grep -q 'stopped reading' /tmp/errors || fail "$(cat /tmp/errors)"
	as_before "after SIGTERM"
}

# Whoever does not read goes
gone() {
	started
	workload count 2000 >/dev/null
	exec 8<&-
	await 5 ended || fail "it goes on"
	want 0 wait $pid
	same "said" "$(cat /tmp/errors)" ""
	as_before "after its reader went"
}

# The time is over while nobody reads: the rest is for whoever comes.
time_over() {
	rm -f /tmp/pipe
	mkfifo /tmp/pipe
	exec 8<>/tmp/pipe
	falloctrace -q -j -a -- workload count 2000 >/tmp/pipe 2>/tmp/errors 8<&- &
	pid=$!
	sleep 6
	kill -0 $pid || fail "it has not waited"
	read_all /tmp/out
	want 0 wait $pid
	wait $cat
	same "calls" "$(shown /tmp/out workload)" 2000
}

hits() {
	falloctrace -q -j -o /tmp/x -- sh -c "workload count $1; cat $tracing/kprobe_profile" >/tmp/profile
	awk 'NF > 2 { hits += $(NF - 1) } END { print hits }' /tmp/profile
}

events_per_call() {
	few=$(hits 100)
	many=$(hits 300)
	echo $(((many - few + 100) / 200)) >/out/per-call
}

state >/tmp/state.before
run "events per call" events_per_call
run "a reader" reading
run "nobody reads" nobody_reads
run "more than there is memory for" too_much
run "stopped" stopped
run "nobody reads, Ctrl-C" interrupted
run "nobody reads, Ctrl-C twice" interrupted_twice
run "nobody reads, SIGTERM" terminated
run "nobody reads, and goes" gone
run "nobody reads, and the command ends" time_over
finish() {
	as_before "after it all"
}
run "nothing left" finish
