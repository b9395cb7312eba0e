#!/bin/sh
# SPDX-License-Identifier: MIT
# The statically linked program in a root that holds busybox, /etc/passwd and it: no library, no locale, no terminal's
# description, no shell of anybody's but busybox's.
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh
# shellcheck source=tests/live/lib/screen.sh
. /bin/screen.sh

bare=/tmp/bare

make_root() {
	mkdir -p $bare
	# a root of its own: what is seen of mounts in it begins with it
	mount -t tmpfs tmpfs $bare
	mkdir -p $bare/bin $bare/proc $bare/sys $bare/dev $bare/tmp $bare/data $bare/etc
	cp /bin/busybox /bin/falloctrace $bare/bin/
	/vm/applets/chroot $bare /bin/busybox --install -s /bin
	printf '%s\n' root:x:0:0:root:/:/bin/sh user:x:1000:1000::/:/bin/sh >$bare/etc/passwd
	printf '%s\n' root:x:0: user:x:1000: disk:x:6:user,other tape:x:26:other >$bare/etc/group
	mount --bind /proc $bare/proc
	mount --rbind /sys $bare/sys
	mount --rbind /dev $bare/dev
	mount --bind /mnt/ext4 $bare/data
	[ -z "$(find $bare -xdev -name '*.so*')" ] || fail "there are libraries"
}

# bare COMMAND…: there
bare() {
	env -i PATH=/bin HOME=/ TERM=xterm /vm/applets/chroot $bare "$@"
}

calls='fallocate -l 65536 /data/a; fallocate -o 65536 -l 4096 /data/a; fallocate -l 1000 /data/b'

traced() {
	bare falloctrace -j -o /tmp/calls.json -- sh -c "$calls"
	same "lengths" "$(values len $bare/tmp/calls.json)" "1000 4096 65536"
	same "sizes" "$(values size_after $bare/tmp/calls.json)" "1000 65536 69632"
	same "seen" "$(values after $bare/tmp/calls.json)" '"seen" "seen" "seen"'
	same "the largest" "$(stat -c %s /mnt/ext4/a)" 69632
}

recorded() {
	rm -f $bare/data/a $bare/data/b
	bare falloctrace record -o /tmp/calls.dat -- sh -c "$calls"
	bare falloctrace record --compress -o /tmp/small.dat -- sh -c "$calls"
	bare falloctrace replay -j -o /tmp/small.json /tmp/small.dat
	same "compressed: lengths" "$(values len $bare/tmp/small.json)" "1000 4096 65536"
	rm -f $bare/data/a $bare/data/b
	bare falloctrace replay --check /tmp/calls.dat
	bare falloctrace replay -j -o /tmp/calls.json /tmp/calls.dat
	same "lengths" "$(values len $bare/tmp/calls.json)" "1000 4096 65536"
	same "sizes" "$(values size_after $bare/tmp/calls.json)" "1000 65536 69632"
}

shown() {
	bare falloctrace replay /tmp/calls.dat >/tmp/text
	same "lines" "$(wc -l </tmp/text)" 4
	grep -q ' /data/b$' /tmp/text
	bare falloctrace replay -s --by file /tmp/calls.dat >/tmp/summary
	grep -q '^ *2 .*/data/a$' /tmp/summary
	bare falloctrace replay --format html -o /tmp/report.html /tmp/calls.dat
	grep -q '</html>' $bare/tmp/report.html
	grep -q '/data/b' $bare/tmp/report.html
	bare falloctrace replay --findings /tmp/calls.dat
	bare falloctrace doctor >/tmp/doctor || fail "$(cat /tmp/doctor)"
}

# Users are those of /etc/passwd, groups those of /etc/group.
users() {
	bare falloctrace -u user -j -o /tmp/user.json -- sh -c "$calls"
	same "root's calls" "$(wc -l <$bare/tmp/user.json)" 0
	bare falloctrace -u root -j -o /tmp/user.json -- sh -c "rm -f /data/a; $calls"
	same "root's calls" "$(wc -l <$bare/tmp/user.json)" 3
	bare falloctrace -u tape -o /tmp/x -- true 2>/tmp/refused && fail "a user that is none"
	grep -q "no user 'tape'" /tmp/refused
	env -i PATH=/bin SUDO_UID=1000 SUDO_GID=1000 /vm/applets/chroot $bare falloctrace -o /tmp/x -- id >/tmp/id
	cat /tmp/id
	same "the caller" "$(cat /tmp/id)" "uid=1000(user) gid=1000(user) groups=6(disk),1000(user)"
	env -i PATH=/bin SUDO_UID=1001 SUDO_GID=1001 /vm/applets/chroot $bare falloctrace -o /tmp/x -- id >/tmp/id
	same "somebody unknown" "$(cat /tmp/id)" "uid=1001 gid=1001"
}

# A live table, on a terminal that nothing there describes; outside are libraries, for tmux
table() {
	screen_open 120 30
	type_line "clear; env -i PATH=/bin TERM=xterm-256color /vm/applets/chroot $bare falloctrace top --by file; echo left \$?"
	await_line 'calls/s' 60
	bare sh -c "rm -f /data/a; $calls"
	await_line ' /data/a *$' 20
	same "calls" "$(cell CALLS /data/a)" 2
	same "grown" "$(cell GROWN /data/a)" 69632
	keys q
	await_line '^left 0' 20
	type_line "clear; env -i PATH=/bin TERM=nonsense /vm/applets/chroot $bare falloctrace top; echo left \$?"
	await_line 'knows nothing of .*TERM=nonsense' 20
	screen_close
}

state >/tmp/state.before
make_root
run "traced" traced
run "recorded and replayed" recorded
run "shown" shown
run "users and groups" users
run "live table" table
screen_close
finish() {
	as_before "after it all"
}
run "nothing left" finish
