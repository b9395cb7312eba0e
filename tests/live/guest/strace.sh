#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh

both() {
	falloctrace record -q --path-depth 8 -o /out/calls.dat -- \
		strace -f -y -ttt -T -e trace=fallocate -o /out/strace workload truth /out/truth /mnt/tmpfs /mnt/ext4
	grep -c 'fallocate(' /out/strace
}

run both both
