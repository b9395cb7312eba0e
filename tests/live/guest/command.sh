#!/bin/sh
# SPDX-License-Identifier: MIT
# Commands, filters, ways to end: what a user sees beside the calls.
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh

# family's calls by their lengths: process 1001, its thread 1002, child 1003, grandchild 1004
descendants() {
	(sleep 1; while [ ! -e /tmp/stop ]; do workload count 1; sleep 0.1; done) >/dev/null &
	falloctrace -j -o /tmp/family -- sh -c 'workload family; workload family'
	same "only the command's" "$(values len /tmp/family)" "1001 1001 1002 1002 1003 1003 1004 1004"
	falloctrace -a -j -o /tmp/all -- sh -c 'workload family; sleep 1'
	touch /tmp/stop
	grep -q '"len":4096' /tmp/all || fail "-a does not show what others call"
	same "with -a" "$(values len /tmp/all | tr ' ' '\n' | grep ^100 | tr '\n' ' ')" "1001 1002 1003 1004 "
}

statuses() {
	want 0 falloctrace -q -- true
	want 3 falloctrace -q -- sh -c 'exit 3'
	want 143 falloctrace -q -- sh -c 'kill -TERM $$'
	want 137 falloctrace -q -- sh -c 'kill -KILL $$'
	want 77 falloctrace -q -- sh -c 'exit 77'
	want 5 falloctrace record -q -o /tmp/x.dat -- sh -c 'exit 5'
	want 127 falloctrace -q -- /no/such/command
	want 126 falloctrace -q -- /etc/passwd
	want 2 falloctrace --no-such-option
	want 2 falloctrace -m soon
	want 0 workload stop 3000 2 falloctrace -q
}

as_the_user() {
	export SUDO_UID=1000 SUDO_GID=1000 SUDO_USER=user
	falloctrace -q -j -o /tmp/x -- sh -c 'id -u; id -g; id -G; grep Cap /proc/self/status; cat /proc/self/attr/current; touch /tmp/theirs' >/tmp/who
	same "user" "$(sed -n 1p /tmp/who)" 1000
	same "group" "$(sed -n 2p /tmp/who)" 1000
	same "groups" "$(sed -n 3p /tmp/who)" 1000
	same "capabilities" "$(grep CapEff /tmp/who | tr -d '\t')" CapEff:0000000000000000
	same "the file's owner" "$(stat -c %u /tmp/theirs)" 1000
	falloctrace -q -j -o /tmp/x -- workload family
	same "calls" "$(values len /tmp/x)" "1001 1002 1003 1004"
}

# Nothing of ours is inherited: descriptors, blocked signals
clean_inheritance() {
	falloctrace -q -o /tmp/y -- sh -c 'ls -l /proc/self/fd; grep -E "Sig(Blk|Ign)" /proc/self/status' >/tmp/inherited
	sh -c 'ls -l /proc/self/fd; grep -E "Sig(Blk|Ign)" /proc/self/status' >/tmp/plain
	same "descriptors" "$(grep -c -- '->' /tmp/inherited)" "$(grep -c -- '->' /tmp/plain)"
	same "signals" "$(grep Sig /tmp/inherited)" "$(grep Sig /tmp/plain)"
}

pids() {
	rm -f /tmp/go
	sh -c 'while [ ! -e /tmp/go ]; do sleep 0.05; done; exec workload family' &
	pid=$!
	falloctrace -q -j -p $pid -o /tmp/p &
	first=$!
	falloctrace -q -j -p $pid -f -o /tmp/pf &
	second=$!
	await 30 tracing_now 2
	sleep 1
	touch /tmp/go
	wait $pid
	sleep 0.5
	kill -TERM $first $second
	wait
	cp /tmp/p /out/pids.json
	same "-p" "$(values len /tmp/p)" "1001 1002"
	same "-p -f" "$(values len /tmp/pf)" "1001 1002 1003 1004"
}

pipes() {
	(while [ ! -e /tmp/enough ]; do workload count 5; sleep 0.1; done) >/dev/null &
	sh -c 'timeout 20 falloctrace 2>/tmp/errors; echo $? >/tmp/status' | head -n 1 >/tmp/first
	touch /tmp/enough
	same "exit status" "$(cat /tmp/status)" 0
	grep -q 'TIME.*COMM.*PID.*OP.*FILE' /tmp/first || fail "first line: $(cat /tmp/first)"
	! grep -i -E 'pipe|error' /tmp/errors || fail "not quiet"
	as_before
}

full_disks() {
	mount -t tmpfs -o size=16k full /mnt
	for where in /dev/full /mnt/full; do
		got=0
		falloctrace -q -j -o $where -- workload count 2000 2>/tmp/errors || got=$?
		same "exit status with $where" $got 1
		same "lines on stderr with $where" "$(wc -l </tmp/errors)" 1
		grep -q 'No space left' /tmp/errors || fail "$(cat /tmp/errors)"
	done
	got=0
	falloctrace -q -j -- workload badfd 1 >/dev/full 2>/tmp/errors || got=$?
	same "exit status with stdout on /dev/full" $got 1
	umount /mnt
	as_before
}

unprivileged() {
	for command in "" record doctor cleanup; do
		got=0
		# shellcheck disable=SC2086
		workload as 1000 falloctrace $command >/tmp/out 2>/tmp/errors </dev/null || got=$?
		case $command-$got in
		doctor-* | *-1 | *-77) ;;
		*) fail "falloctrace $command: exit $got" ;;
		esac
		[ "$command" = doctor ] || {
			same "lines on stderr of \"$command\"" "$(wc -l </tmp/errors)" 1
			same "bytes on stdout of \"$command\"" "$(wc -c </tmp/out)" 0
		}
	done
	cat /tmp/errors
}

running_at_the_end() {
	falloctrace -q -j -o /tmp/open -d 4 &
	await 10 tracing_now
	workload frozen /mnt/ext4 6 &
	wait
	same "calls" "$(grep -c '"len":1005' /tmp/open)" 1
	grep -q '"len":1005,"ret":null,"error":null,"latency_ns":null.*"odd":\["unfinished"\]' /tmp/open || fail "$(cat /tmp/open)"
}

text() {
	falloctrace -- workload family >/tmp/text 2>/tmp/errors
	cat /tmp/text /tmp/errors >/out/text
	head -n 1 /tmp/text | grep -q '^TIME .*FILE$' || fail "$(cat /tmp/text)"
	same "lines" "$(wc -l </tmp/text)" 5
}

state >/tmp/state.before
run text text
run descendants descendants
run statuses statuses
run as-the-user as_the_user
run inheritance clean_inheritance
run pids pids
run pipes pipes
run full-disks full_disks
run unprivileged unprivileged
run running-at-the-end running_at_the_end
run nothing-left as_before
