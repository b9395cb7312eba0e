#!/bin/sh
# SPDX-License-Identifier: MIT
# The least that works, and what is said where that is not there. As another user than root, with real probes.
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh

chmod 755 /tmp 2>/dev/null
chmod 1777 /tmp
mkdir -p /tmp/user
chown 1000:1000 /tmp/user

# with CAPS COMMAND…: as the user, with these capabilities ("": none) and no way to others
with() {
	caps=$1
	shift
	list='' bound=-all
	for cap in $caps; do
		list=$list,+$cap bound=$bound,+$cap
	done
	setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps "-all$list" --ambient-caps "-all$list" --bounding-set "$bound" \
		-- "$@"
}

# said STATUS WORD COMMAND…: ends so, with one line that has the word
said() {
	expected=$1 word=$2 got=0
	shift 2
	"$@" >/tmp/user.out 2>/tmp/user.err || got=$?
	cat /tmp/user.err
	[ $got = "$expected" ] || fail "exit $got, expected $expected: $*"
	grep -q -- "$word" /tmp/user.err || fail "no \"$word\""
}

least="dac_override syslog"
# Those of CONTRIBUTING's and the manual page's table
all="dac_override syslog sys_ptrace dac_read_search"

works() {
	cd /tmp/user
	with "$least" falloctrace -q -j -o /tmp/user/t.json -- workload family
	same "calls" "$(values len t.json)" "1001 1002 1003 1004"
	grep -q '"size_after":[0-9]' t.json || fail "no sizes"
	grep -q '"via":"syscall"' t.json || fail "no callers"
	with "$least" falloctrace record -q -o /tmp/user/r.dat -- workload family
	with "" falloctrace replay -q -j r.dat >r.json
	same "calls" "$(values len r.json)" "1001 1002 1003 1004"
	with "" falloctrace replay --check r.dat >/dev/null
	with "$least" falloctrace record -q -o /tmp/user/k.dat &
	pid=$!
	await 10 tracing_now
	sleep 1.5
	workload count 20
	sleep 2.2
	kill -KILL "$(falloctraces_of record)"
	wait $pid || true
	with "" falloctrace recover k.dat
	with "" falloctrace replay -q k.dat >/dev/null
	with "$least" falloctrace probes | grep -q '^p:falloctrace/vfs_enter ' || fail "no probes"
	with "$least" falloctrace doctor >doctor || fail "doctor"
	cat doctor
	grep -q '^-- *privileges *cap_sys_ptrace,cap_dac_read_search' doctor || fail "doctor does not name what is missing"
	with "$all" falloctrace doctor | grep -q '^ok *privileges' || fail "doctor misses something"
	with "dac_override" falloctrace cleanup
	as_before "as a user with capabilities"
}

# The recorder, not its watchdog
falloctraces_of() {
	for exe in /proc/[0-9]*/exe; do
		p=${exe#/proc/} p=${p%/exe}
		case $(readlink "$exe") in
		*/falloctrace)
			[ "$(cat "/proc/$p/comm")" = falloctrace-wd ] || ! tr '\0' ' ' <"/proc/$p/cmdline" | grep -q " $1 " ||
				{ echo "$p" && return; }
			;;
		esac
	done
}

confined() {
	with "$least" falloctrace -q -o /tmp/user/c.txt &
	pid=$!
	await 10 tracing_now
	sleep 1
	p=$(falloctraces_of -q)
	grep -E 'Seccomp:|CapEff|CapPrm|NoNewPrivs' "/proc/$p/status"
	same "it" "$(grep -E '^(Seccomp|CapEff|CapPrm|NoNewPrivs):' "/proc/$p/status" | tr -d '\n\t')" \
		"CapPrm:0000000000000000CapEff:0000000000000000NoNewPrivs:1Seccomp:2"
	kill -TERM "$p"
	wait $pid
	as_before "after one that was confined"
}

one_less() {
	for command in "trace -d 1" "record -d 1 -o /tmp/user/x.dat" doctor probes cleanup; do
		# shellcheck disable=SC2086
		said 77 CAP_DAC_OVERRIDE with "syslog" falloctrace $command
		# shellcheck disable=SC2086
		said 77 CAP_DAC_OVERRIDE with "" falloctrace $command
	done
	[ ! -e /tmp/user/x.dat ] || fail "a file is left"
	said 0 CAP_SYSLOG with dac_override falloctrace -o /tmp/user/t.json -j -- workload family
	same "calls" "$(values len /tmp/user/t.json)" "1001 1002 1003 1004"
	with dac_override falloctrace doctor >/tmp/user/doctor
	grep '^--' /tmp/user/doctor
	grep -q '^-- *callers. names .*CAP_SYSLOG' /tmp/user/doctor || fail "doctor does not say why callers have no names"
	as_before "with too little"
}

# tracefs given to a group, as distributions and systemd do it
group() {
	mount -o remount,gid=1000,mode=750 $tracing
	chgrp -R 1000 $tracing 2>/dev/null || true
	chmod -R g+rX $tracing 2>/dev/null || true
	chmod -R g+w $tracing/instances $tracing/kprobe_events 2>/dev/null || true
	ls -ld $tracing $tracing/instances $tracing/kprobe_events
	got=0
	with "" falloctrace -q -j -o /tmp/user/g.json -- workload family >/tmp/user/g.out 2>/tmp/user/g.err || got=$?
	echo "    group: exit $got, $(head -n 1 /tmp/user/g.err)" | tee -a /out/results
	got2=0
	with "" falloctrace record -q -o /tmp/user/g.dat -- workload family 2>/tmp/user/g2.err || got2=$?
	echo "    group, record: exit $got2, $(head -n 1 /tmp/user/g2.err)" | tee -a /out/results
	ls -l $tracing/instances
}

lockdown() {
	grep -q confidentiality /sys/kernel/security/lockdown || skip "not locked down"
	:
}

state >/tmp/state.before
run works works
run confined confined
run one-less one_less
run group group
