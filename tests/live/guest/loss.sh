#!/bin/sh
# SPDX-License-Identifier: MIT
# Losses are told of, and there are none without need.
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh

hits() {
	falloctrace -q -j -o /tmp/x -- sh -c "workload count $1; cat $tracing/kprobe_profile" >/tmp/profile
	awk 'NF > 2 { hits += $(NF - 1) } END { print hits }' /tmp/profile
}

# How many of our events one call makes, by the kernel's own counts; the program's own calls do not count
events_per_call() {
	few=$(hits 100)
	many=$(hits 300)
	same "calls seen" "$(grep -c '"type":"call"' /tmp/x)" 300
	echo $(((many - few + 100) / 200)) >/out/per-call # what the self-checks make differs by less
}

# The reader sleeps while the calls are made: the smallest buffer cannot hold them.
tiny() {
	falloctrace -q -j --buffer-size 8K -o /out/tiny.json &
	pid=$!
	await 10 tracing_now
	sleep 0.5
	kill -STOP $pid
	workload count 3000
	kill -CONT $pid
	sleep 1
	workload count 20
	kill -TERM $pid
	wait $pid
	echo 3020 >/out/tiny.made
	cp $tracing/kprobe_profile /out/ 2>/dev/null || true
}

# The same without a stop: whatever happens is told.
tiny_flood() {
	falloctrace -q -a -j --buffer-size 8K -o /out/flood.json -- workload flood /tmp 3 2 >/out/flood.made
}

# Default buffer, both processors busy with nothing but calls; $1: the command, whose name the calls bear
flooded() {
	falloctrace -a -j -o /tmp/big.json -- sh -c "$2; cat $tracing/kprobe_profile >/tmp/profile" >/tmp/made 2>/tmp/errors
	cat /tmp/errors
	echo "    $1: $(grep -c "\"comm\":\"$1" /tmp/big.json) calls, $(wc -c </tmp/big.json) bytes" | tee -a /out/results
	grep '"type":"lost"' /tmp/big.json >/tmp/lost || true
	head -n 5 /tmp/lost
	same "losses" "$(wc -l </tmp/lost)" 0
	grep "\"comm\":\"$1" /tmp/big.json | grep -v '"odd":\[\]' | head -n 5
	same "odd calls" "$(grep "\"comm\":\"$1" /tmp/big.json | grep -v -c '"odd":\[\]')" 0
	same "returns missed" "$(awk '$1 ~ /vfs_|sys_/ { n += $NF } END { print n + 0 }' /tmp/profile)" 0
	! grep -i lost /tmp/errors
}

# Calls that do nothing and follow each other at once: more than a reader on the same processors can turn into JSON
accounted_flood() {
	falloctrace -q -a -j -o /out/fast.json -- workload flood /tmp "${FLOOD_SECONDS:-10}" 2 >/out/fast.made
}

stress() {
	mkdir -p /tmp/stress
	flooded stress-ng "stress-ng --fallocate 2 --fallocate-bytes 4M -t ${FLOOD_SECONDS:-10} --temp-path /tmp/stress --quiet"
	[ "$(grep -c '"comm":"stress-ng' /tmp/big.json)" -gt 100 ] || fail "hardly a call"
}

recorded_flood() {
	falloctrace record -o /tmp/flood.dat -- workload flood /tmp 5 2 >/tmp/made 2>/tmp/errors
	falloctrace replay -j -o /tmp/big.json /tmp/flood.dat
	same "losses" "$(grep -c '"type":"lost"' /tmp/big.json)" 0
	same "calls recorded" "$(grep -c '"comm":"workload"' /tmp/big.json)" "$(cat /tmp/made)"
	echo "    $(cat /tmp/made) calls recorded" | tee -a /out/results
}

run events-per-call events_per_call
run tiny-buffer tiny
run tiny-buffer-flood tiny_flood
run default-buffer-flood accounted_flood
run no-loss-stress-ng stress
run no-loss-recorded recorded_flood
