# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# bash completion for falloctrace. Options come from the --help of the program
# itself, so that they are always those of the one installed.

# What can stand behind an option; false: nothing that is known here.
_falloctrace_values() {
	local words
	case $1 in
	--op) words='extend keep punch collapse insert zero unshare write-zeroes invalid' ;;
	--via) words='syscall compat io_uring ioctl madvise overlay nfsd loop kernel' ;;
	--format) words='text json csv chrome tracee strace openmetrics folded html' ;;
	-T | --time) words='local utc relative delta raw' ;;
	-H | --histogram) words='latency len align' ;;
	--sort) words='calls errors bytes grown gained freed p50 p95 p99 max key' ;;
	--weight) words='time calls bytes' ;;
	--columns) words=$("${COMP_WORDS[0]}" --columns help 2>/dev/null | sed -nE 's/^([a-z_]+) .*/\1/p') ;;
	--by) words='process file op fs via errno host user cgroup container' ;;
	--color) words='auto always never' ;;
	-e | --errno) words='EBADF EDQUOT EFBIG EINTR EINVAL EIO ENODEV ENOSPC ENOSYS EOPNOTSUPP EPERM ESPIPE ETXTBSY' ;;
	--fs) words=$(awk '$1 != "nodev" { print $1 } END { print "btrfs tmpfs overlay nfs" }' /proc/filesystems 2>/dev/null) ;;
	-u | --user) words=$(compgen -u) ;;
	--cgroup) words=$(cut -d: -f3- /proc/[1-9]*/cgroup 2>/dev/null | grep -xE '[[:alnum:]_.:/@-]+' | sort -u) ;;
	-p | --pid) words=$(cd /proc 2>/dev/null && echo [1-9]*) ;;
	-n | --comm)
		# compgen -W expands its words: nothing of a stranger's name but plain characters
		words=$(cat /proc/[1-9]*/comm 2>/dev/null | grep -xE '[[:alnum:]_.:/-]+')
		;;
	-o | --output)
		mapfile -t COMPREPLY < <(compgen -f -- "$2")
		compopt -o filenames 2>/dev/null
		return
		;;
	-P | --path | -m | --min-latency | --min-len | --where | --top | -i | --interval | --width | -d | --duration | \
		--path-depth | --buffer-size)
		COMPREPLY=()
		return
		;;
	*) return 1 ;;
	esac
	# the last of a list between commas
	local done='' last=$2
	case $2 in
	*,*) done=${2%,*}, last=${2##*,} ;;
	esac
	mapfile -t COMPREPLY < <(compgen -P "$done" -W "$words" -- "$last")
}

_falloctrace() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' word words i
	local commands='trace top record replay recover doctor probes cleanup'
	COMPREPLY=()

	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $word == -- && $command != replay && $command != recover ]]; then
			# what is traced completes as if it stood alone
			if declare -F _command_offset >/dev/null; then
				_command_offset $((i + 1))
			else
				mapfile -t COMPREPLY < <(compgen -c -f -- "$current")
			fi
			return
		fi
		[[ $i == 1 && " $commands " == *" $word "* ]] && command=$word
	done

	# --option=value arrives as three words
	[[ $previous == = ]] && previous=${COMP_WORDS[COMP_CWORD - 2]}
	if [[ $current == = ]]; then
		current='' previous=${COMP_WORDS[COMP_CWORD - 1]}
	fi
	_falloctrace_values "$previous" "$current" && return

	if [[ $current == -* ]]; then
		words=$("${COMP_WORDS[0]}" ${command:+"$command"} --help 2>/dev/null |
			sed -nE 's/^  (-.|   ),? (--[a-z-]+).*/\1 \2/p')
		mapfile -t COMPREPLY < <(compgen -W "$words --" -- "$current")
	elif [[ $COMP_CWORD == 1 ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current")
	elif [[ $command == replay || $command == recover ]]; then
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		compopt -o filenames 2>/dev/null
	fi
}

complete -F _falloctrace falloctrace
