#!/bin/sh
# SPDX-License-Identifier: MIT
# The live table on real probes: rows of files with their sizes, hostile names,
# every way in which it ends. What is right is told by fallocate's arguments and
# by stat.
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh
# shellcheck source=tests/live/lib/screen.sh
. /bin/screen.sh

# start ARGUMENT…: until it traces; its pid is $table
start() {
	rm -f /tmp/pid /tmp/status
	# whatever a test before left of its own
	screen_close
	screen_open 160 40
	type_line "clear; stty -a >/tmp/settings; sh -c 'echo \$\$ >/tmp/pid; exec falloctrace top $*'; echo \$? >/tmp/status; stty -a >/tmp/settings.now"
	await 60 test -s /tmp/pid
	await_line '(calls/s|LOST)' 60
	table=$(cat /tmp/pid)
}

has_ended() {
	[ -s /tmp/status ]
}

# ended STATUS: the terminal and the machine are as before
ended() {
	await 20 has_ended || fail "it goes on: $(shot)"
	sleep 0.3
	same status "$(cat /tmp/status)" "$1"
	same_settings /tmp/settings /tmp/settings.now
	as_before "after the live table"
}

# Files in folders of their own each time: $ext4, $xfs
work() {
	ext4=/mnt/ext4/$1 xfs=/mnt/xfs/$1
	mkdir -p "$ext4" "$xfs"
	fallocate -l 1M "$ext4"/a
	fallocate -p -o 64K -l 128K "$ext4"/a
	: >"$ext4"/reserved
	fallocate -n -l 8M "$ext4"/reserved
	fallocate -l 2M "$xfs"/b
	fallocate -l 100T "$ext4"/large 2>/dev/null || true
	fallocate -l 4096 "$ext4/$(printf '\033[2Jx\ny')"
	fallocate -l 4096 "$ext4/$(printf 'sieht-g\303\274t-\346\227\245\346\234\254')"
	fallocate -l 4096 "$ext4/$(printf 'bad\377')"
}

# value TITLE KEY WANTED
value() {
	got=$(cell "$1" "$2")
	[ "$got" = "$3" ] || fail "$1 of $2 is \"$got\", expected \"$3\": $(shot)"
}

rows() {
	start --by file --sort grown
	work rows
	await_line " $xfs/b\$" 20
	await_line 'bad' 20
	sleep 1.5
	shot
	value CALLS "$ext4"/a 2
	value GROWN "$ext4"/a 1048576
	value GAINED "$ext4"/a 1048576
	value FREED "$ext4"/a 131072
	value GROWN "$ext4"/reserved 0
	value GAINED "$ext4"/reserved $(($(stat -c %b "$ext4"/reserved) * 512))
	value GROWN "$xfs"/b 2097152
	value ERRORS "$ext4"/large 1
	value BYTES "$ext4"/large 109951162777600
	value CALLS "$ext4"/'\x1b[2Jx\ny' 1
	value CALLS "$ext4/$(printf 'sieht-g\303\274t-\346\227\245\346\234\254')" 1
	value CALLS "$ext4"/'bad\xff' 1
	[ "$(cell P99 "$ext4"/a)" != - ] || fail "no latency"
	# sorted by what they grew by
	same "the first" "$(shot | awk '/CALLS\/S/ && !/sort/ { getline; print $NF; exit }')" "$xfs"/b
	keys q
	ended 0
}

keys_that_switch() {
	start --by file
	work keys
	await_line 'bad' 20
	sleep 1.2
	keys p
	await_line '^ *CALLS/S .*PID COMM *$'
	await_line ' [0-9]+ fallocate *$'
	keys s
	await_line ' xfs *$'
	value CALLS xfs 1
	keys o
	await_line ' punch *$'
	value FREED punch 131072
	keys v
	await_line ' syscall *$'
	keys e
	await_line ' (ENOSPC|EFBIG) *$'
	keys f
	await_line "$ext4/a\$"
	keys / r e s e r v e d Enter
	await_line 'filter: reserved  1 of'
	await_no_line " $xfs/b\$"
	keys Escape
	await_line " $xfs/b\$"
	keys q
	ended 0
	await_line '^falloctrace: [0-9]+ calls'
}

narrow() {
	start --by file
	work narrow
	size 40 10
	await_line '^    0.0      0 \.\.\.xt4/narrow/\\x1b\[2Jx\\ny$' 20
	size 1 1
	sleep 0.5
	kill -0 "$table"
	size 160 40
	await_line '/mnt/xfs/narrow/b$'
	keys C-c
	ended 0
}

by_signal() {
	for signal in TERM HUP; do
		start
		kill -s $signal "$table"
		ended 0
	done
}

# The terminal can't be restored by who is no more; the kernel can.
killed() {
	start
	kill -KILL "$table"
	as_before "after SIGKILL"
}

with_a_command() {
	mkdir -p /mnt/ext4/command
	start --by file -- sh -c '"fallocate -l 64K /mnt/ext4/command/c; echo said; until test -e /tmp/go; do sleep 0.1; done; exit 5"'
	await_line ' /mnt/ext4/command/c$' 20
	await_line '^command: said'
	value GROWN /mnt/ext4/command/c 65536
	: >/tmp/go
	ended 5
	await_line '^said'
}

opening() {
	screen_open 160 40
}

state >/tmp/state.before
run "a terminal" opening
run "rows" rows
run "keys that switch, and q" keys_that_switch
run "narrow, and Ctrl-C" narrow
run "signals" by_signal
run "SIGKILL" killed
run "with a command" with_a_command
screen_close
