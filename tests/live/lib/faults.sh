# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Read by the tests that make calls fail, after host.sh: builds what they take,
# and says how much of it is tried.
#
# FAULTS=full fails each call in turn in each way; otherwise some of the ways, for
# each place (on this machine) or some of the places (in a guest), others each
# day, or by FAULT_SEED.

faults=$top/tests/live/faults
seed=${FAULT_SEED:-$(($(date +%s) / 86400))}

build_faults() {
	${CC:-cc} -std=gnu11 -O1 -Wall -Wextra -fno-omit-frame-pointer -shared -fPIC -o "$out/inject.so" "$faults"/inject*.c -ldl &&
		${CC:-cc} -std=gnu11 -O1 -Wall -Wextra -o "$out/sweep" "$faults"/sweep*.c
}

full() {
	[ "${FAULTS:-}" = full ]
}
