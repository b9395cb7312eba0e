#!/bin/sh
# SPDX-License-Identifier: MIT
# A live trace for each line of /bin/filters, all at once, each started by the one before.
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh

# Few at a time: each one's probes slow the calls that the others see.
live_filters() {
	mkdir -p /mnt/tmpfs/f /mnt/ext4/f /mnt/overlay/f
	set -- workload truth /out/filters.truth /mnt/tmpfs/f /mnt/ext4/f /mnt/overlay/f
	while read -r number options; do
		eval "set -- falloctrace -q -a -j --path-depth 8 -o /out/filter-$number.json $options -- \"\$@\""
	done </bin/filters
	falloctrace -q -a -j --path-depth 8 -o /out/filter-all.json -- "$@"
}

run live-filters live_filters
