#!/bin/sh
# SPDX-License-Identifier: MIT
# A tracing directory without kprobe events, made of the real one's parts.
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh

without_kprobes() {
	mkdir -p /tmp/view
	mount -t tmpfs view /tmp/view
	for part in $tracing/*; do
		view=/tmp/view/${part##*/}
		case $part in
		*/kprobe_events | */kprobe_profile | */dynamic_events) continue ;;
		esac
		if [ -d "$part" ]; then mkdir "$view"; else : >"$view"; fi
		mount --bind "$part" "$view"
	done
	mount --rbind /tmp/view $tracing
	umount /sys/kernel/debug
}

fallback() {
	falloctrace -j -o /out/json -- workload truth /out/truth /mnt/tmpfs /mnt/ext4 2>/out/errors
	cat /out/errors
	same "lines that tell" "$(grep -c -i -E 'kprobe|tracepoint' /out/errors)" 1
}

without_kprobes || exit
run fallback fallback
run nothing-left test -z "$(ls $tracing/instances)"
