#!/bin/sh
# SPDX-License-Identifier: MIT
# Losses are told of, and there are none without need. $1 … are not used; SECONDS of flood come by the environment.
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh

# How many of our events one call makes, by the kernel's own counts
events_per_call() {
	falloctrace -q -j -o /tmp/x -- sh -c "workload count 100; cat $tracing/kprobe_profile" >/tmp/profile
	awk '/falloctrace|vfs_|sys_/ { hits += $(NF - 1); missed += $NF } END { print hits / 100, missed }' /tmp/profile |
		tee /out/per-call
	[ "$(grep -c '"type":"call"' /tmp/x)" = 100 ]
}

# The reader sleeps while the calls are made: the smallest buffer cannot hold them.
tiny() {
	falloctrace -q -a -j --buffer-size 8K -o /out/tiny.json &
	pid=$!
	await 10 tracing_now
	sleep 0.5
	kill -STOP $pid
	workload count 3000
	kill -CONT $pid
	sleep 1
	workload count 20
	kill -TERM $pid
	want 0 wait $pid
	echo 3020 >/out/tiny.made
	cp $tracing/kprobe_profile /out/ 2>/dev/null || true
}

# The same without a stop: whatever happens is told.
tiny_flood() {
	falloctrace -q -a -j --buffer-size 8K -o /out/flood.json -- workload flood /tmp 3 2 >/out/flood.made
}

# Default buffer, both processors busy with nothing but calls
flood() {
	seconds=${FLOOD_SECONDS:-10}
	mkdir -p /tmp/stress
	stress-ng --fallocate 2 --fallocate-bytes 4M -t "$seconds" --temp-path /tmp/stress --quiet >/dev/null 2>&1 &
	falloctrace -a -j -o /tmp/big.json -- \
		sh -c "workload flood /tmp $seconds 2; cat $tracing/kprobe_profile >/tmp/profile" >/tmp/made 2>/tmp/errors
	wait
	same "losses" "$(grep -c '"type":"lost"' /tmp/big.json)" 0
	same "odd calls" "$(grep '"comm":"workload"' /tmp/big.json | grep -v -c '"odd":\[\]')" 0
	same "calls seen" "$(grep -c '"comm":"workload"' /tmp/big.json)" "$(cat /tmp/made)"
	same "returns missed" "$(awk '$1 ~ /vfs_|sys_/ { n += $NF } END { print n + 0 }' /tmp/profile)" 0
	echo "$(cat /tmp/made) calls of the flood, $(grep -c '"comm":"stress-ng' /tmp/big.json) of stress-ng" | tee -a /out/results
	! grep -i lost /tmp/errors
}

recorded_flood() {
	falloctrace record -o /tmp/flood.dat -- workload flood /tmp 5 2 >/tmp/made 2>/tmp/errors
	falloctrace replay -j -o /tmp/big.json /tmp/flood.dat
	same "losses" "$(grep -c '"type":"lost"' /tmp/big.json)" 0
	same "calls recorded" "$(grep -c '"comm":"workload"' /tmp/big.json)" "$(cat /tmp/made)"
	echo "$(cat /tmp/made) calls recorded" | tee -a /out/results
}

run events-per-call events_per_call
run tiny-buffer tiny
run tiny-buffer-flood tiny_flood
run no-loss flood
run no-loss-recorded recorded_flood
