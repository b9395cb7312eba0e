#!/bin/sh
# SPDX-License-Identifier: MIT
# Who made each call, with cgroups of version 2 and of version 1: live, recorded, with -p, -f and -- COMMAND. What the
# workload wrote down of itself is compared on the host.
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh

# workload LOG CGROUPS
load() {
	rm -f "$1"
	cp "$(command -v tasks)" /tmp/file.setuid
	chown 1234 /tmp/file.setuid
	chmod 4755 /tmp/file.setuid
	tasks "$1" /tmp/file "$2"
}

# everyone NAME CGROUPS: a live trace and a recording of everything, side by side
everyone() {
	falloctrace -q -j -o "/out/$1.json" &
	live=$!
	falloctrace record -q -o "/out/$1.dat" &
	record=$!
	await 20 tracing_now 2
	await 5 discovered
	sleep 0.5
	load "/out/$1.log" "$2"
	sleep 1.5
	kill -TERM $live $record
	wait $live || fail "live: $?"
	wait $record || fail "record: $?"
}

# What surrounds the workload's calls must not be shown.
noise() {
	while :; do /bin/fallocate -l 4096 /tmp/noise; done
}

command_and_descendants() {
	noise &
	noise=$!
	cp "$(command -v tasks)" /tmp/file.setuid
	chown 1234 /tmp/file.setuid
	chmod 4755 /tmp/file.setuid
	falloctrace -q -j -o /out/command.json -- tasks /out/command.log /tmp/file /sys/fs/cgroup || fail "status $?"
	kill $noise
}

# by_pid NAME OPTION…: of a process that waits until it is watched
by_pid() {
	name=$1
	shift
	rm -f "/out/$name.log" /tmp/go
	mkfifo /tmp/go
	sh -c "read go </tmp/go; exec tasks /out/$name.log /tmp/file /sys/fs/cgroup" &
	pid=$!
	noise &
	noise=$!
	falloctrace -q -j -o "/out/$name.json" -p $pid "$@" &
	live=$!
	await 20 tracing_now
	await 5 discovered
	sleep 0.5
	echo go >/tmp/go
	wait $pid || fail "the workload: $?"
	sleep 0.5
	kill -TERM $live
	wait $live || fail "live: $?"
	kill $noise
	echo $pid >"/out/$name.pid"
}

# Events that the kernel recorded so far in our instance
recorded() {
	cat $tracing/instances/falloctrace_*/per_cpu/cpu*/stats | awk '/^(entries|read events):/ { n += $NF } END { print n }'
}

# passed_over OPTION…: how many events 50 calls of a process that is not meant make, in $events
passed_over() {
	rm -f /tmp/go
	mkfifo /tmp/go
	sleep 1000 &
	meant=$!
	sh -c 'read go </tmp/go; i=0; while [ $i -lt 50 ]; do /bin/fallocate -l 4096 /tmp/other; i=$((i + 1)); done' &
	other=$!
	falloctrace -q -o /out/over.txt -p $meant "$@" &
	live=$!
	await 20 tracing_now
	await 5 discovered
	sleep 1
	before=$(recorded)
	echo go >/tmp/go
	wait $other
	events=$(($(recorded) - before))
	kill -TERM $live
	wait $live || fail "live: $?"
	kill $meant
}

others_are_passed_over() {
	passed_over
	[ $events -ge 100 ] || fail "without the option, $events events of 50 calls"
	passed_over --exclude-others
	same "events of others" "$events" 0
}

# The filters, on what was recorded here
filtered() {
	falloctrace replay -q -j -u 1000 /out/v2.dat >/out/user.json
	falloctrace replay -q -j --cgroup /b /out/v2.dat >/out/cgroup.json
	falloctrace replay -q -j --cgroup 012345 /out/v2.dat >/out/container.json
}

run "version 2" everyone v2 /sys/fs/cgroup
run "a command and its descendants" command_and_descendants
run "a process" by_pid pid
run "a process and its descendants" by_pid follow -f
run "others excluded" by_pid exclude -f --exclude-others
run "others are passed over" others_are_passed_over
run "filters" filtered
mkdir -p /tmp/v1
mount -t cgroup -o pids none /tmp/v1 || fail "no version 1"
CGROUP_LINE=:pids: run "version 1" everyone v1 /tmp/v1
