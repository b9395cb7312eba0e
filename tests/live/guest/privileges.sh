#!/bin/sh
# SPDX-License-Identifier: MIT
# The least that works, and what is said where that is not there. As another user than root, with real probes.
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh

mkdir -p /tmp/user
chown 1000:1000 /tmp/user

# with CAPS COMMAND…: as the user, with these capabilities ("": none) and no way to others
with() {
	caps=$1
	shift
	list='' bound=-all
	for cap in $(echo "$caps" | tr , ' '); do
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
all="dac_override syslog sys_ptrace"

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
	with "$least" falloctrace doctor >/tmp/user/said || fail "doctor"
	cat said
	grep -q '^-- *privileges *without CAP_SYS_PTRACE (mounts' said || fail "doctor does not name what is missing"
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

# Capabilities to trace with do not read or write files that their user could not: as ambient ones, or by the program's file.
files_are_the_users() {
	cd /tmp/user
	mkdir -p /tmp/roots
	echo precious >/tmp/roots/file
	chmod 600 /tmp/roots/file
	falloctrace record -q -o /tmp/roots/r.dat -- true
	cp /bin/falloctrace /tmp/roots/falloctrace
	setcap cap_dac_override,cap_syslog=ep /tmp/roots/falloctrace
	for with in "with dac_override,syslog falloctrace" "by_file /tmp/roots/falloctrace"; do
		for arguments in "-d 1 -o /tmp/roots/file" "-d 1 -o /tmp/roots/new" "record -d 1 -o /tmp/roots/new" \
			"--format openmetrics -d 1 -o /tmp/roots/new" "replay /tmp/roots/r.dat" "replay --check /tmp/roots/r.dat"; do
			# shellcheck disable=SC2086
			said 1 'Permission denied' $with $arguments
		done
	done
	same "the file" "$(cat /tmp/roots/file)" precious
	same "files" "$(ls /tmp/roots | tr '\n' ' ')" "falloctrace file r.dat "
	by_file /tmp/roots/falloctrace -q -j -o f.json -- workload family
	same "calls" "$(values len f.json)" "1001 1002 1003 1004"
	by_file /tmp/roots/falloctrace -q -o f.json -- grep CapEff /proc/self/status | grep -q 'CapEff:.0000000000000000' ||
		fail "the command has capabilities"
}

by_file() {
	setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps -all --ambient-caps -all -- "$@"
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

# tracefs given to a group, with all rights to what is there: what new instances hold is root's all the same, and that is said.
group() {
	cd /tmp/user
	mount -o remount,gid=1000,mode=770 $tracing
	chgrp -R 1000 $tracing 2>/dev/null || true
	chmod 770 $tracing $tracing/instances
	chmod 660 $tracing/kprobe_events
	said 77 "instances/falloctrace_.*Permission denied.*CAP_DAC_OVERRIDE" with "" falloctrace -- true
	said 77 "instances/falloctrace_.*Permission denied.*CAP_DAC_OVERRIDE" with "" falloctrace record -o g.dat -- true
	[ ! -e g.dat ] || fail "a file is left"
	said 0 "goes on without CAP_SYSLOG" with dac_override falloctrace record -o g.dat -- workload family
	same "instances" "$(ls $tracing/instances)" ""
	! grep falloctrace $tracing/kprobe_events || fail "probes are left"
}

# Where the kernel is locked down, by its name, and what else can be done there is done.
locked_down() {
	cat /sys/kernel/security/lockdown
	for command in "trace" "record -o /tmp/user/l.dat" doctor probes cleanup; do
		# shellcheck disable=SC2086
		said 77 'lockdown.*"confidentiality"' falloctrace $command
		same "lines" "$(wc -l </tmp/user.err)" 1
	done
	[ ! -e /tmp/user/l.dat ] || fail "a file is left"
}

if grep -q '\[confidentiality\]' /sys/kernel/security/lockdown; then
	run locked-down locked_down
	exit
fi
state >/tmp/state.before
run works works
run confined confined
run files-are-the-users files_are_the_users
run one-less one_less
run group group
