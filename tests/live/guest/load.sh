#!/bin/sh
# SPDX-License-Identifier: MIT
# Databases' and disk images' kinds of load at full speed, traced twice (JSON and text, to files) and recorded at the same
# time. The kernel counts the calls of each thread by itself: a histogram on the system call's tracepoint, which knows
# nothing of probes and keeps no events. What came of it all is compared on the host, by lib/load.py.
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh

seconds=${LOAD_SECONDS:-15}
dir=/mnt/xfs/load
counter=$tracing/instances/counter

count_calls() {
	mkdir $counter
	echo 'hist:keys=common_pid.execname:size=8192' >$counter/events/syscalls/sys_enter_fallocate/trigger
}

# counted FILE: what the kernel has counted goes there
counted() {
	cat $counter/events/syscalls/sys_enter_fallocate/hist >"$1"
}

calls_counted() {
	counted /tmp/hist
	awk '/hitcount:/ { n += $NF } END { print n + 0 }' /tmp/hist
}

events() {
	cat "$tracing/instances/falloctrace_$json"/per_cpu/cpu*/stats |
		awk '/^(entries|overrun|dropped events|read events):/ { n += $NF } END { print n + 0 }'
}

# Every second or so, a line: PID VmHWM VmRSS descriptors
look() {
	for pid in $pids; do
		awk -v pid="$pid" '/^VmHWM/ { hwm = $2 } /^VmRSS/ { rss = $2 } END { printf "%s %s %s ", pid, hwm, rss }' /proc/"$pid"/status
		set -- /proc/"$pid"/fd/*
		echo $#
	done
}

look_on() {
	while :; do
		look >>/out/memory
		sleep 1
	done
}

# Whether process $1 traces; the last thing that it switches on are tasks.
traces() {
	grep -q task_newtask "$tracing/instances/falloctrace_$1/set_event" 2>/dev/null
}

# One after the other: two that look for the return of one function at once hide it from each other
start_all() {
	falloctrace -j -o /tmp/load.json 2>/tmp/json.err &
	json=$!
	await 60 traces $json || fail "it does not start: $(cat /tmp/json.err)"
	falloctrace -o /tmp/load.txt 2>/tmp/text.err &
	text=$!
	await 60 traces $text || fail "it does not start: $(cat /tmp/text.err)"
	falloctrace record -o /tmp/load.dat 2>/tmp/record.err &
	record=$!
	await 60 traces $record || fail "it does not start: $(cat /tmp/record.err)"
	pids="$json $text $record"
	echo "json=$json text=$text record=$record pids='$pids'" >/tmp/pids
	sleep 0.5
	look_on </dev/null >/dev/null 2>&1 &
	echo $! >/tmp/looker
}

# cpu PID: hundredths of a second it took so far
cpu() {
	awk '{ print $14 + $15 }' /proc/"$1"/stat
}

cpus() {
	for pid in $pids; do
		cpu "$pid"
	done | tr '\n' ' '
}

# loaded LEAST COMMAND…: at least so many calls are made, and what they and tracing them took is told
loaded() {
	. /tmp/pids
	least=$1
	shift
	before="$(calls_counted) $(events) $(cpus) $(cut -d' ' -f1 /proc/uptime)"
	"$@" >/tmp/workload.log 2>&1 || fail "$*: $(tail -c 600 /tmp/workload.log)"
	echo "$before $(calls_counted) $(events) $(cpus) $(cut -d' ' -f1 /proc/uptime)" >/tmp/figures
	made=$(awk '{ print $7 - $1 }' /tmp/figures)
	awk '{ s = $12 - $6
		printf "    %d calls in %.1f s, %.0f calls and %.0f events a second; CPU: %.0f %% JSON, %.0f %% text, %.0f %% record\n",
			$7 - $1, s, ($7 - $1) / s, ($8 - $2) / s, ($9 - $3) / s, ($10 - $4) / s, ($11 - $5) / s }' /tmp/figures |
		tee -a /out/results
	[ "$made" -ge "$least" ] || fail "hardly a call: $made; $(tail -c 600 /tmp/workload.log)"
}

stress() {
	mkdir -p $dir
	loaded 200 stress-ng --fallocate 2 --fallocate-bytes 8M -t "$seconds" --temp-path $dir --quiet
}

# What fio does to a file before it writes (posix, keep), and calls alone: extends, and trims that are punches
fio_job() {
	mkdir -p $dir
	loaded 200 fio --directory=$dir --size=32M --time_based --runtime="$seconds" --eta=never --minimal \
		--name=calls --ioengine=falloc --rw=randrw --bs=16k \
		--name=trims --ioengine=falloc --rw=randtrim --bs=64k \
		--name=posix --ioengine=psync --rw=write --bs=64k --fallocate=posix --create_on_open=1 --unlink_each_loop=1 \
		--name=keep --ioengine=psync --rw=write --bs=64k --fallocate=keep --create_on_open=1 --unlink_each_loop=1
	rm -rf "${dir:?}"/*
}

# --- PostgreSQL ---

# in_pg COMMAND…: as a user who is not root, in the folder that PostgreSQL came in
in_pg() {
	env -i PATH=/usr/lib/postgresql/17/bin:/bin LC_ALL=C PGHOST=/data PGUSER=user PGDATABASE=postgres \
		/bin/chroot --userspec=1000:1000 /pg "$@"
}

sql() {
	in_pg psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"
}

answers() {
	[ "$(sql -c 'select 1' 2>/dev/null)" = 1 ]
}

# Two sessions that load rows of 1 KB into tables that grow by many blocks at a time, which is where PostgreSQL calls
# posix_fallocate; and queries by several processes, whose shared memory it gets by posix_fallocate, too.
copy() {
	for n in 1 2; do
		sql <<-X &
			SET debug_parallel_query = on;
			DO \$\$ DECLARE until timestamptz := clock_timestamp() + '$seconds s'; BEGIN
				WHILE clock_timestamp() < until LOOP
					TRUNCATE t$n;
					COPY t$n FROM '/data/rows';
				END LOOP;
			END \$\$;
			SELECT count(*) FROM t$n;
		X
		session="${session:-} $!"
	done
	for each in $session; do
		wait "$each"
	done
}

grow() {
	sql -c 'CREATE UNLOGGED TABLE t1 (v text); CREATE UNLOGGED TABLE t2 (v text);' \
		-c "COPY (SELECT repeat(md5(i::text), 32) FROM generate_series(1, 2000) i) TO '/data/rows'"
	loaded 100 copy
	echo "    PostgreSQL $(sql -c "select extends || ' extensions of relations by itself counted' from pg_stat_io where
		backend_type = 'client backend' and object = 'relation' and context = 'bulkwrite'")" | tee -a /out/results
}

postgres() {
	mkdir -p /mnt/xfs/pg /pg/data /pg/proc /pg/dev /pg/tmp
	chown 1000:1000 /mnt/xfs/pg
	chmod 1777 /pg/tmp /dev/shm
	mount --bind /mnt/xfs/pg /pg/data
	mount --bind /proc /pg/proc
	mount --rbind /dev /pg/dev
	cp /etc/passwd /etc/group /pg/etc/
	chmod 755 /pg
	in_pg initdb -D /data/db -A trust -N --no-locale -E UTF8 || fail "initdb"
	in_pg postgres -D /data/db -k /data -c listen_addresses= -c fsync=off -c wal_level=minimal -c max_wal_senders=0 -c jit=off \
		-c shared_buffers=32MB -c max_wal_size=96MB -c max_parallel_workers_per_gather=2 >/tmp/pg.log 2>&1 &
	await 60 answers || fail "PostgreSQL does not answer: $(tail -n 20 /tmp/pg.log)"
	grow || fail "$(tail -n 20 /tmp/pg.log)"
	kill -INT "$(head -n 1 /mnt/xfs/pg/db/postmaster.pid)"
	wait
	umount /pg/data
	! grep -E 'PANIC|FATAL' /tmp/pg.log | grep -v 'is starting up' || fail "PostgreSQL is not content"
}

# --- the end ---

missed() {
	awk '$1 ~ /vfs_|sys_|compat_/ { n += $NF } END { print n + 0 }' $tracing/kprobe_profile
}

# What each says of itself at its end, beside what /proc says
end_all() {
	. /tmp/pids
	kill "$(cat /tmp/looker)"
	look >>/out/memory
	same "returns missed" "$(missed)" 0
	counted /out/hist
	cp /tmp/pids /out/pids
	for pid in $pids; do
		echo "$pid $(cpu "$pid")" >>/out/cpu
		kill -TERM "$pid"
		wait "$pid" || fail "status $?: $(cat /tmp/*.err)"
	done
	cat /tmp/*.err
	mv /tmp/load.json /tmp/load.txt /tmp/load.dat /tmp/*.err /out/
}

# guest.sh's own would end what is to go on from one kind of load to the next
tidy() {
	:
}

state >/tmp/state.before
count_calls
start_all || exit 1
run "stress-ng" stress
run "fio" fio_job
if [ -d /pg ]; then run "PostgreSQL" postgres; fi
# run's subshells are no parents of the tracers
end_all || echo "not ok the end: $?" | tee -a /out/results
rmdir $counter

# --- more than there is time for ---

# probe_hits PID: of all its probes. The profile names events without their groups, in the order in which they were made.
probe_hits() {
	paste -d' ' $tracing/kprobe_events $tracing/kprobe_profile |
		awk -v at="falloctrace_$1/" 'index($1, at) { n += $(NF - 1) } END { print n + 0 }'
}

# events_per_call PID FILE: how many of its events one call makes, by the kernel's own counts
events_per_call() {
	few=$(probe_hits "$1")
	workload count 200 >/dev/null
	many=$(probe_hits "$1")
	echo $(((many - few + 100) / 200)) >"$2"
}

# kernel_lost PID: by the counters of its instance
kernel_lost() {
	cat "$tracing/instances/falloctrace_$1"/per_cpu/cpu*/stats |
		awk '/^(overrun|commit overrun|dropped events):/ { n += $NF } END { print n + 0 }'
}

# Two that do nothing but count beside a flood of two threads, and hardly any buffer
overrun() {
	falloctrace -q -j --buffer-size 16K -o /out/overrun.json &
	json=$!
	await 60 traces $json
	falloctrace record --buffer-size 16K -o /out/overrun.dat 2>/out/overrun.err &
	record=$!
	await 60 traces $record
	await 20 discovered
	events_per_call $json /out/overrun.1
	events_per_call $record /out/overrun.2
	hogs=
	for each in 1 2; do
		while :; do :; done &
		hogs="$hogs $!"
	done
	workload flood /tmp "${OVERRUN_SECONDS:-6}" 2 >/out/overrun.made
	# shellcheck disable=SC2086
	kill $hogs
	sleep 1
	workload count 20 >/dev/null
	sleep 1
	kernel_lost $json >/out/overrun.kernel
	kernel_lost $record >>/out/overrun.kernel
	echo $(($(cat /out/overrun.made) + 420)) >/out/overrun.made
	kill -TERM $json
	wait $json
	kill -TERM $record
	wait $record
	echo "    $(cat /out/overrun.made) calls in ${OVERRUN_SECONDS:-6} s" | tee -a /out/results
}

run "two hogs beside a flood" overrun
finish() {
	as_before "after it all"
}
run "nothing left" finish
