#!/bin/sh
# SPDX-License-Identifier: MIT
# Hours of an operator's life, in an order that SOAK_SEED decides: traces, recordings, live tables, floods; ended by
# signals, by time, by SIGKILL of the tracer, of its watchdog, of both. One tracer sees all of it, and is to see each call,
# stay as small as it was, and be the only thing left at the end.
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh
# shellcheck source=tests/live/lib/screen.sh
. /bin/screen.sh

time=${SOAK_TIME:-90} seed=${SOAK_SEED:-1}
seconds() {
	cut -d. -f1 /proc/uptime
}

# draw N: 0 to N-1; Park and Miller's
draw() {
	seed=$((seed * 16807 % 2147483647))
	drawn=$((seed % $1))
}

wrong() {
	echo "turn $turn, seed ${SOAK_SEED:-1}: $*" | tee -a /tmp/wrong
}

# Calls of two threads, for a second or two; what they count goes into /tmp/made
flood() {
	draw 2
	workload flood /tmp $((1 + drawn)) 2 >/tmp/made.one
	cat /tmp/made.one >>/tmp/made
}

# Shown, lost and made: none is missing without a loss
accounted() {
	calls=$(grep -c '"comm":"workload"' "$1")
	lost=$(grep -c '"type":"lost"' "$1")
	losses=$((losses + lost))
	[ "$calls" = "$2" ] || { [ "$lost" -gt 0 ] && [ "$calls" -lt "$2" ]; } || wrong "$3: $calls calls shown of $2, $lost losses"
	[ "$calls" -gt 0 ] || wrong "$3: nothing shown"
}

ready() {
	[ ! -d "$tracing/instances/falloctrace_${pid}_d" ] &&
		grep -q task_newtask "$tracing/instances/falloctrace_$pid/set_event" 2>/dev/null
}

start() {
	env --default-signal=INT falloctrace "$@" </dev/null >/tmp/turn.out 2>/tmp/turn.err &
	pid=$!
	await 60 ready || wrong "does not start: $* $(cat /tmp/turn.err)"
}

# Each signal in turn
end() {
	ends=$((ends + 1))
	case $((ends % 3)) in
	1) kill -TERM $pid ;;
	2) kill -INT $pid ;;
	0) kill -HUP $pid ;;
	esac
	wait $pid
	status=$?
	[ $status = 0 ] || wrong "status $status: $(cat /tmp/turn.err)"
}

watchdog_of() {
	for each in $(falloctraces); do
		[ "$(awk '/^PPid/ { print $2 }' "/proc/$each/status" 2>/dev/null)" = "$1" ] && echo "$each"
	done
}

turn_trace() {
	start -q -j -o /tmp/turn.json
	flood
	end
	accounted /tmp/turn.json "$(cat /tmp/made.one)" trace
}

turn_record() {
	start record -q -o /tmp/turn.dat
	flood
	end
	falloctrace replay -q -j -o /tmp/turn.json /tmp/turn.dat || wrong "replay: $?"
	accounted /tmp/turn.json "$(cat /tmp/made.one)" record
	falloctrace replay --check /tmp/turn.dat >/tmp/check || wrong "check: $(cat /tmp/check)"
	falloctrace replay -s --by process /tmp/turn.dat >/tmp/summary || wrong "summary: $?"
	rm -f /tmp/turn.dat
}

turn_command() {
	falloctrace -q -j -o /tmp/turn.json -- workload count 500 >/tmp/made.one || wrong "command: $?"
	cat /tmp/made.one >>/tmp/made
	accounted /tmp/turn.json 500 command
}

turn_top() {
	screen_open 100 20 >/dev/null || wrong "no terminal"
	type_line "falloctrace top --by process; echo left \$?"
	await_line 'calls/s' 60 >/dev/null || wrong "top: no table"
	flood
	keys q
	await_line '^left 0' 20 >/dev/null || wrong "top: $(shot)"
	screen_close
}

# Each way in turn: the tracer, its watchdog first, both at once
turn_killed() {
	start -q -j -o /dev/null
	kills=$((kills + 1))
	way=$((kills % 3))
	workload flood /tmp 2 2 >/tmp/made.one &
	flooder=$!
	sleep "0.$((seed % 10))"
	watchdog=$(watchdog_of $pid)
	case $way in
	0) kill -KILL $pid ;;
	1)
		# shellcheck disable=SC2086
		kill -KILL $watchdog
		sleep 0.3
		kill -TERM $pid
		;;
	2)
		# shellcheck disable=SC2086
		kill -KILL $pid $watchdog
		;;
	esac
	wait $pid
	wait $flooder
	cat /tmp/made.one >>/tmp/made
	[ $way = 0 ] && return
	falloctrace cleanup >/tmp/cleanup 2>&1 || wrong "cleanup: $(cat /tmp/cleanup)"
}

# A recorder that is killed: what it had got is put together.
turn_recovered() {
	start record -q -o /tmp/turn.dat
	flood
	sleep 1
	kill -KILL $pid
	wait $pid
	falloctrace recover -q /tmp/turn.dat || wrong "recover: $?"
	falloctrace replay -q -j -o /tmp/turn.json /tmp/turn.dat || wrong "replay of what was recovered: $?"
	calls=$(grep -c '"comm":"workload"' /tmp/turn.json)
	[ "$calls" -gt 0 ] && [ "$calls" -le "$(cat /tmp/made.one)" ] || wrong "recovered: $calls calls of $(cat /tmp/made.one)"
	rm -rf /tmp/turn.dat*
}

long_memory() {
	awk '/^VmRSS/ { print $2 }' "/proc/$long/status"
}

long_files() {
	find "/proc/$long/fd" -type l | wc -l
}

kernel_memory() {
	echo 3 >/proc/sys/vm/drop_caches
	sleep 1
	awk '/^Slab/ { slab = $2 } /^MemAvailable/ { free = $2 } END { print slab, free }' /proc/meminfo
}

turns() {
	# Ends of killed processes are no failures; what is wrong is written down.
	set +e
	: >/tmp/wrong
	: >/tmp/made
	: >/tmp/kinds
	losses=0 turn=0 ends=0 kills=0 end=$(($(seconds) + time))
	while [ "$(seconds)" -lt $end ] && [ "$(wc -l </tmp/wrong)" -lt 5 ]; do
		turn=$((turn + 1))
		# The first of each kind come in turn, so that a short soak has all.
		draw 8
		[ $turn -gt 6 ] || drawn=$turn
		case $drawn in
		0 | 1) kind=trace ;;
		2) kind=record ;;
		3) kind='command' ;;
		4) kind=top ;;
		5 | 7) kind=killed ;;
		6) kind=recovered ;;
		esac
		echo $kind >>/tmp/kinds
		turn_$kind
		(as_before "turn $turn ($kind)") >/tmp/left || wrong "$(cat /tmp/left)"
		# What every kind needs once, it has by then.
		[ $turn -ne 6 ] || {
			first_memory=$(long_memory) first_files=$(long_files)
			first_kernel=$(kernel_memory)
		}
	done
	echo "    $turn turns in $time s ($(sort /tmp/kinds | uniq -c | awk '{ printf "%s%d %s", (NR > 1) ? ", " : "", $1, $2 }')), $(awk '{ n += $1 } END { print n }' /tmp/made) calls, $losses losses in short traces" |
		tee -a /out/results
	[ ! -s /tmp/wrong ] || fail "$(cat /tmp/wrong)"
	[ -n "${first_memory:-}" ] || fail "only $turn turns"
	last_memory=$(long_memory)
	# shellcheck disable=SC2046,SC2086 # two numbers each
	set -- $first_kernel $(kernel_memory)
	echo "    the tracer of it all: $first_memory KiB early, $last_memory KiB late; slab $1 and $3 KiB; available $2 and $4 KiB" |
		tee -a /out/results
	[ "$last_memory" -le $((first_memory + 3072)) ] || fail "it grows"
	same "its descriptors" "$(long_files)" "$first_files"
	[ "$3" -le $(($1 + 8192 + $1 / 10)) ] || fail "the kernel's slab grows"
	[ "$4" -ge $(($2 - 32768)) ] || fail "memory goes"
}

# Each call that the workloads counted was shown by it, or is missing beside a loss that it told of: by as many events as the
# kernel's counters have, three or more of each such call.
seen_by_one() {
	kernel=$(cat "$tracing/instances/falloctrace_$long"/per_cpu/cpu*/stats |
		awk '/^(overrun|commit overrun|dropped events):/ { n += $NF } END { print n + 0 }')
	kill -TERM "$long"
	await 60 test -s /tmp/long.counts || fail "it does not end"
	read -r calls lost </tmp/long.counts
	made=$(awk '{ n += $1 } END { print n }' /tmp/made)
	echo "    $made calls made, $calls seen by the tracer of it all, $lost events lost" | tee -a /out/results
	same "lost, by the kernel's counters" "$lost" "$kernel"
	[ "$calls" -le "$made" ] && [ $((3 * (made - calls))) -le "$lost" ] || fail "$calls of $made calls, $lost events lost"
	[ "$made" -gt 0 ]
}

kernel_is_content() {
	! dmesg | grep -E 'WARNING|BUG|Oops|stall|hung task|Call Trace'
}

nothing_left() {
	cp /tmp/state.first /tmp/state.before
	as_before "after it all"
}

# Numbers of processes come again within minutes: what is kept for each is all there soon.
echo 1024 >/proc/sys/kernel/pid_max
state >/tmp/state.first
mkfifo /tmp/long.pipe
awk '/"type":"call"/ { n++ } /"type":"lost"/ { match($0, /"count":[0-9]+/); lost += substr($0, RSTART + 8, RLENGTH - 8) }
	END { print n + 0, lost + 0 }' </tmp/long.pipe >/tmp/long.counts &
falloctrace -q -n workload -j >/tmp/long.pipe 2>/tmp/long.err &
long=$! pid=$!
await 60 ready
sleep 1
state >/tmp/state.before
# guest.sh's own would end the tracer of it all
tidy() {
	:
}
run "soak" turns
run "seen by one" seen_by_one
run "nothing left" nothing_left
run "the kernel is content" kernel_is_content
