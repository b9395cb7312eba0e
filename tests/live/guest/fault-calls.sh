#!/bin/sh
# SPDX-License-Identifier: MIT
# Each call that a command makes fails, where there are probes: see ../lib/faults.sh.
# SWEEP_PART of SWEEP_PARTS of the places, SWEEP_ERRORS ways each (0: all), SWEEP_SEED
# says which.
# shellcheck source=tests/live/lib/guest.sh
. /bin/guest.sh

# $1: a name, then what sweep wants
swept() {
	name=$1
	shift
	mkdir -p "/tmp/sweep.$name"
	sweep -p /bin/inject.so -d "/tmp/sweep.$name" -s "$SWEEP_SEED" -e "$SWEEP_ERRORS" -t 60 "$@" >"/tmp/sweep.$name/log" || {
		cat "/tmp/sweep.$name/log"
		exit 1
	}
	echo "    $(tail -n 1 "/tmp/sweep.$name/log")" | tee -a /out/results
	as_before
}

# some NAME …: run, but where FAULT_ONLY says which ones
some() {
	case ,${FAULT_ONLY:-$1}, in
	*,"$1",*) run "$1" swept "$@" ;;
	esac
}

trap '' PIPE
state >/tmp/state.before
part=$SWEEP_PART/$SWEEP_PARTS
some trace -k "$part" -c 5 -- /bin/falloctrace -j -o x -- workload count 5
some record -k "$part" -c 5 -x /bin/falloctrace -- /bin/falloctrace record -o x.dat -- workload count 5
some doctor -k "$part" -- /bin/falloctrace doctor
some probes -k "$part" -- /bin/falloctrace probes
some cleanup -L falloctrace_99999999 -- /bin/falloctrace cleanup
