#!/bin/sh
# SPDX-License-Identifier: MIT
# On a kernel without kprobe events the system-call tracepoints tell what they can.
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh

fallback() {
	falloctrace -j -o /out/json -- workload truth /out/truth /mnt/tmpfs /mnt/ext4 2>/out/errors
	cat /out/errors
	same "lines that tell" "$(grep -c -i -E 'kprobe|tracepoint' /out/errors)" 1
}

hide_kprobes || exit
run fallback fallback
run nothing-left test -z "$(ls $tracing/instances)"
