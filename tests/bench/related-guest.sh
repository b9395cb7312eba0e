#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs in the virtual machine, where nanoseconds are instructions: what --related
# costs a truncate, an ordinary write, and a write into what was reserved.
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh

bench="bench_related ${BATCHES:-100} /tmp /mnt/ext4"

row() {
	printf '%-40s %10s %10s %10s\n' "$@"
}

grow() {
	name=$1
	shift
	# shellcheck disable=SC2046 # three numbers
	set -- $("$@") || exit 1
	row "$name" "+$(($1 - truncate))" "+$(($2 - write))" "+$(($3 - convert))"
}

# shellcheck disable=SC2046
set -- $($bench) || exit 1
truncate=$1 write=$2 convert=$3
echo "$(uname -r): instructions, alone: truncate $1, write (tmpfs) $2, write into a reservation (ext4, direct) $3"
row "they grow by, under" truncate write used
# shellcheck disable=SC2086
{
	grow "nothing (again)" $bench
	grow "falloctrace" falloctrace -q -j -o /tmp/json -- $bench
	grow "falloctrace --related" falloctrace --related -q -j -o /tmp/json -- $bench
	grow "falloctrace record --related" falloctrace record --related -q -o /tmp/dat -- $bench
}
