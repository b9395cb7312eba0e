# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Read by tests, on the host and in guests: a terminal of any size, by tmux, whose
# screen is looked at.

# tmux won't do without UTF-8.
LC_ALL=C.UTF-8
export LC_ALL
screen_socket=falloctrace-$$

screen() {
	tmux -u -L "$screen_socket" -f /dev/null "$@"
}

# screen_open WIDTH HEIGHT: with a shell in it, whose prompt is "$ "
screen_open() {
	screen new-session -d -x "$1" -y "$2" "env PS1='$ ' TERM=screen-256color ${screen_shell:-sh}" || return 1
	screen set-option -g status off
	screen set-window-option -g window-size manual
	size "$1" "$2"
	await_line '^\$ *$'
}

screen_close() {
	screen kill-server 2>/dev/null
	true
}

# size WIDTH HEIGHT: tmux tells of a second one a quarter of a second late
size() {
	screen resize-window -x "$1" -y "$2"
	sleep 0.6
}

# keys KEY…: as tmux names them
keys() {
	screen send-keys "$@"
}

# type_line TEXT: into the shell
type_line() {
	screen send-keys -l "$1"
	screen send-keys Enter
}

shot() {
	screen capture-pane -p
}

# await_line REGEX [SECONDS]: until a line of the screen matches
await_line() {
	tries=$((${2:-10} * 10))
	until shot | grep -q -E -e "$1"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || {
			echo "no line like $1 on:"
			shot | sed 's/^/|/; s/$/|/'
			return 1
		}
		sleep 0.1
	done
}

# await_no_line REGEX
await_no_line() {
	tries=100
	while shot | grep -q -E -e "$1"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || {
			echo "still a line like $1 on:"
			shot | sed 's/^/|/; s/$/|/'
			return 1
		}
		sleep 0.1
	done
}

# cell TITLE KEY: of the row whose last word is KEY, what stands in that column
cell() {
	shot | title=$1 key=$2 awk '
		BEGIN { title = ENVIRON["title"]; key = ENVIRON["key"] }
		/CALLS\/S/ && /^ *[A-Z0-9\/]+ / && !/sort/ { for (i = 1; i <= NF; i++) if ($i == title) at = i; next }
		at && $NF == key { print $at; exit }'
}

# same_settings FILE FILE: of "stty -a", but for the size
same_settings() {
	for file; do
		sed 's/rows [0-9]*; columns [0-9]*;//' "$file" >"$file.same"
	done
	diff -u "$1.same" "$2.same"
}
