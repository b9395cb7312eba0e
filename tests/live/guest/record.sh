#!/bin/sh
# SPDX-License-Identifier: MIT
# Recordings that are killed, and disks that are full: what was captured is had.
# The calls of "workload count" are numbered by their lengths, from 4096 on.
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh

# numbers FILE: of the calls in a recording, in its order
numbers() {
	falloctrace replay -q -j "$1" | grep '"comm":"workload"' | grep -o '"len":[0-9]*' | cut -d: -f2
}

# prefix FILE: these are 4096, 4097, … without a gap; prints how many
prefix() {
	numbers "$1" >/tmp/numbers
	awk -v want=4096 '$1 != want { print "call " NR " is " $1 ", not " want; exit 1 } { want++ } END { if (!NR) exit 1 }' \
		/tmp/numbers || fail "$1 is not whole"
	wc -l </tmp/numbers
}

# agrees FILE: trace-cmd reads the same calls out of it, and has nothing to complain of
agrees() {
	trace-cmd report -i "$1" >/tmp/report 2>/tmp/complaints
	[ ! -s /tmp/complaints ] || fail "trace-cmd: $(head -n 3 /tmp/complaints)"
	! grep -i -E 'warning|error:|truncated|\[FAILED' /tmp/report || fail "trace-cmd complains of $1"
	same "calls that trace-cmd sees" "$(grep -c 'vfs_enter:.*comm="workload"' /tmp/report)" \
		"$(falloctrace replay -q -j "$1" | grep -c '"comm":"workload"')"
}

alone() {
	same "files" "$(ls -A "$1")" "$2"
}

# Killed after some quiet seconds: all is there.
killed() {
	dir=$1
	falloctrace record -o "$dir/k.dat" &
	pid=$!
	await 10 tracing_now
	await 5 discovered
	sleep 0.3
	workload count 500
	sleep 2.2
	kill -KILL $pid
	wait $pid || true
	alone "$dir" k.dat.partial
	want 1 falloctrace record -o "$dir/k.dat" -- true
	want 1 falloctrace replay "$dir/k.dat" 2>/tmp/said
	grep -q "falloctrace recover $dir/k.dat" /tmp/said || fail "replay says: $(cat /tmp/said)"
	falloctrace recover "$dir/k.dat"
	alone "$dir" k.dat
	kept=$(prefix "$dir/k.dat")
	same "calls" "$kept" 500
	agrees "$dir/k.dat"
	as_before "after a recording"
}

killed_in_a_flood() {
	for ms in 300 1700; do
		falloctrace record -o /tmp/flood.dat &
		pid=$!
		await 10 tracing_now
		await 5 discovered
		workload count 400000 >/dev/null &
		load=$!
		sleep $((ms / 1000)).$((ms % 1000 / 100))
		kill -KILL $pid
		wait $pid || true
		kill $load
		wait $load || true
		if falloctrace recover --compress /tmp/flood.dat; then
			# each CPU's recording ends at a moment of its own: what lies between is told as lost
			kept=$(rising /tmp/flood.dat)
			echo "    $ms ms: $kept calls" | tee -a /out/results
			agrees /tmp/flood.dat
			# in 300 ms perhaps nothing was taken out of the kernel's buffer yet
			[ "$kept" -ge $((ms > 1500 ? 1000 : 0)) ] || fail "only $(wc -l </tmp/numbers) calls"
		else
			[ $ms -lt 1500 ] || fail "nothing after $ms ms"
		fi
		rm -rf /tmp/flood.dat /tmp/flood.dat.partial
		as_before "after $ms ms"
	done
}

# The process that names callers ends with the recorder, even one that the disk holds up: so do probes and lock.
killed_with_its_helper() {
	falloctrace record -o /tmp/h.dat &
	pid=$!
	await 10 tracing_now
	await 5 discovered
	workload count 100
	helper=
	for _ in $(seq 1000); do
		read -r children </proc/$pid/task/$pid/children || true # no newline
		for child in $children; do
			[ "$(cat "/proc/$child/comm")" != falloctrace ] || helper=$child
		done
		[ -z "$helper" ] || break
	done
	[ -n "$helper" ] || fail "nobody names callers"
	kill -STOP "$helper"
	kill -KILL $pid
	wait $pid || true
	sleep 1
	as_before "after a recorder with a helper"
	falloctrace recover /tmp/h.dat
	same "calls" "$(prefix /tmp/h.dat)" 100
}

refused() {
	falloctrace record -o /tmp/r.dat &
	pid=$!
	await 10 tracing_now
	want 1 falloctrace record -o /tmp/r.dat -- true 2>/tmp/said
	grep -q 'is being recorded to' /tmp/said || fail "it says: $(cat /tmp/said)"
	want 1 falloctrace recover /tmp/r.dat
	workload count 10
	kill -TERM $pid
	wait $pid
	same "calls" "$(prefix /tmp/r.dat)" 10
	[ ! -e /tmp/r.dat.partial ] || fail "its folder is left"
}

# rising FILE: each call once, in their order; what is missing before the last was told as lost; prints how many
rising() {
	numbers "$1" | sort -n >/tmp/numbers
	lost=$(falloctrace replay -q "$1" | awk '/^LOST/ { sum += $2 == "?" ? 1000000 : $2 } END { print sum + 0 }')
	awk -v lost="$lost" '$1 <= last { print "call " $1 " came twice" > "/dev/stderr"; exit 1 }
		{ last = $1 }
		END { if (NR && last - 4095 - NR > lost) { print NR " calls up to " last ", " lost " events lost" > "/dev/stderr"; exit 1 } }' \
		/tmp/numbers && wc -l </tmp/numbers
}

# The command goes on and ends as it would; the file is there, and so is what it lacks.
full() {
	dir=$1 calls=$2
	status=0
	falloctrace record -o "$dir/f.dat" -- workload count "$calls" >/tmp/made 2>/tmp/said || status=$?
	cat /tmp/said
	df "$dir"
	same "exit status" $status 1
	same "made" "$(cat /tmp/made)" "$calls"
	grep -q 'No space left on device' /tmp/said || fail "no word of the reason"
	alone "$dir" f.dat
	kept=$(rising "$dir/f.dat")
	if [ "$kept" -lt 2000 ] || [ "$kept" -ge "$calls" ]; then
		fail "$kept calls"
	fi
	echo "    $dir: $kept calls of $calls, $(du -k "$dir/f.dat" | cut -f1) KiB" | tee -a /out/results
	falloctrace replay -q "$dir/f.dat" | grep -q '^LOST [1-9]' || fail "no loss is told"
	agrees "$dir/f.dat"
	rm "$dir/f.dat"
	as_before "after a full disk"
}

small_tmpfs() {
	mkdir -p /tmp/small
	mount -t tmpfs -o size=2m small /tmp/small
	full /tmp/small 15000
}

# Filled up but for some MiB, what is kept for root among it
full_disk() {
	free=$(($(stat -f -c '%f' "$1") * $(stat -f -c '%S' "$1")))
	# ext4 keeps 16 MiB to itself
	fallocate -l $((free - (3 << 20))) "$1/fill" 2>/dev/null ||
		{ rm "$1/fill" && fallocate -l $((free - (19 << 20))) "$1/fill"; }
	mkdir "$1/dir"
	full "$1/dir" 20000
	rm -rf "$1/fill" "$1/dir"
}

# No file may be as long as this one would be: what there is stays where it is, until it can be.
limited() {
	mkdir -p /tmp/limited
	falloctrace record -o /tmp/limited/l.dat 2>/tmp/said &
	pid=$!
	await 10 tracing_now
	await 5 discovered
	prlimit --pid $pid --fsize=1048576
	workload count 8000
	sleep 1.2
	kill -TERM $pid || true # it has ended already, without a command to wait for
	status=0
	wait $pid || status=$?
	cat /tmp/said
	same "exit status" $status 1
	alone /tmp/limited l.dat.partial
	grep -q 'falloctrace recover /tmp/limited/l.dat' /tmp/said || fail "no word of what to do"
	falloctrace recover /tmp/limited/l.dat
	falloctrace replay -q /tmp/limited/l.dat | grep -q '^LOST [1-9]' || fail "no loss is told"
	alone /tmp/limited l.dat
	[ "$(rising /tmp/limited/l.dat)" -gt 1000 ] || fail "only $(wc -l </tmp/numbers) calls"
	agrees /tmp/limited/l.dat
}

compressed() {
	falloctrace record -o /tmp/plain.dat -- workload count 1000
	falloctrace record --compress -o /tmp/packed.dat -- workload count 1000
	same "calls" "$(prefix /tmp/packed.dat)" 1000
	agrees /tmp/packed.dat
	agrees /tmp/plain.dat
	trace-cmd dump --summary -i /tmp/packed.dat
	trace-cmd dump --summary -i /tmp/packed.dat | grep -q 'zstd' || fail "not compressed"
	[ "$(wc -c </tmp/packed.dat)" -lt $(($(wc -c </tmp/plain.dat) / 2)) ] || fail "hardly smaller"
	echo "    $(wc -c </tmp/plain.dat) bytes, compressed $(wc -c </tmp/packed.dat)" | tee -a /out/results
}

state >/tmp/state.before
mkdir /mnt/ext4/k /tmp/k
run killed killed /tmp/k
run killed-on-ext4 killed /mnt/ext4/k
run killed-in-a-flood killed_in_a_flood
run killed-with-its-helper killed_with_its_helper
run refused refused
run full-tmpfs small_tmpfs
run full-ext4 full_disk /mnt/ext4
run full-xfs full_disk /mnt/xfs
run file-size-limit limited
run compressed compressed
