#!/bin/sh
# SPDX-License-Identifier: MIT
# Each scenario recorded, and inside of that traced live.
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh
# shellcheck source=tests/live/scenarios/mount.sh
. /bin/mount.sh

scenario() {
	fresh "$1" || fail "no such filesystem"
	falloctrace record --compress --path-depth 8 -o "/out/$1.dat" -- \
		falloctrace -j --findings --path-depth 8 -o "/out/$1.live.json" -- \
		scenarios "$1" >"/out/$1.truth.json"
	stale "$1"
}

scenarios list >/out/list
while read -r name rest; do
	run "$name" scenario "$name"
done </out/list
