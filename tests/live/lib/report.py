# SPDX-License-Identifier: MIT
"""Counts our events in `trace-cmd report` of a recording, and compares with the calls that replay shows.

Each call that reached vfs_fallocate is one vfs_enter and one vfs_exit; each that did not is one of the others.
"""
import collections
import re
import subprocess
import sys

import calls


def events(path):
    done = subprocess.run(["trace-cmd", "report", "-i", path], capture_output=True, check=False)
    if done.returncode or done.stderr:
        sys.exit(f"trace-cmd report: exit {done.returncode}, {done.stderr.decode(errors='replace')[:2000]}")
    counts = collections.Counter()
    for line in done.stdout.decode(errors="replace").split("\n"):
        found = re.match(r".*-(?:\d+) +\[\d+\] +[\d.]+: (\w+): ", line)
        if found:
            counts[found.group(1)] += 1
        if "bad event" in line or "UNKNOWN" in line or "FAILED TO PARSE" in line:
            sys.exit(line)
    return counts


def main(dat, replay):
    seen = events(dat)
    through = early = compat = 0
    for call in calls.read(replay)[0]:
        inner = len(call.get("inner", []))
        reached = call["dev"] is not None
        through += inner + (1 if reached else 0)
        early += 0 if reached or call["via"] == "compat" else 1
        compat += call["via"] == "compat"
    print(dict(seen))
    print(f"replay: {through} through vfs_fallocate, {early} early, {compat} by 32-bit calls")
    wrong = seen["vfs_enter"] != through or seen["vfs_exit"] != through
    wrong |= seen["sys_badfd"] != early and seen["sys_enter"] == 0
    wrong |= seen["compat_enter"] != compat
    print("agree" if not wrong else "they differ")
    return 1 if wrong or not through else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
