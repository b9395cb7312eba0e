# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Read by what runs scenarios, at the top of the tree: builds the program that does them.

scenarios=build/tests/live/scenarios

build_scenarios() {
	mkdir -p "$(dirname $scenarios)"
	(
		flock 9
		[ ! -e $scenarios ] || [ -n "$(find tests/live/scenarios -name '*.[ch]' -newer $scenarios)" ] || exit 0
		${CC:-cc} -std=gnu11 -O2 -Wall -Wextra -pthread -o $scenarios.new tests/live/scenarios/*.c &&
			mv $scenarios.new $scenarios
	) 9>$scenarios.lock
}
