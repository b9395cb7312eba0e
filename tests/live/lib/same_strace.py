#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""same_strace.py STRACE OURS: each line of strace's about a fallocate is one of ours, in the order of its thread."""
import collections
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../replay/lib"))
from formats import strace_reader  # noqa: E402

SAME = ("fd", "mode", "offset", "len", "ret", "error", "text", "restart", "errno")
CUT = 8  # names at least, where a path's beginning is missing
CLOCKS_APART = 1  # second: wall time is found at the start, and strace writes before it lets go


def joined(path):
    """strace's lines; where another thread's came between, the two halves of one are put together."""
    halves = {}
    with open(path, encoding="ascii") as file:
        for line in file:
            line = line.rstrip("\n")
            pid = line.split(" ", 1)[0]
            if line.endswith(" <unfinished ...>"):
                halves[pid] = line[:-len(" <unfinished ...>")]
                continue
            resumed = re.search(r"<\.\.\. fallocate resumed>", line)
            if resumed and pid in halves:
                line = halves.pop(pid) + line[resumed.end():]
            if "fallocate" in line:
                yield line
    yield from (half + " <unfinished ...>" for half in halves.values())


def by_thread(lines):
    threads = collections.defaultdict(list)
    for line in lines:
        call = strace_reader.parse(line)
        if call and "pid" in call and call["comment"] is None:
            threads[call["pid"]].append((call, line))
    return threads


def spelling(call, timed, path):
    """The line without its times, and without a path that is not to be compared."""
    line = call["line"].replace(">(deleted), ", ">, ")  # that it was by then we do not look at
    line = re.sub(r"[0-9.]+>$" if timed else r" <[0-9.]+>$", "", line)
    return re.sub(r"^(\S+ +)\S+", r"\1", line if path else re.sub(r"<.*>, ", ", ", line))


def unlike_paths(theirs, ours):
    """What has no place in a filesystem we have no path of, or only the end; nor of what a call did not get to."""
    path = ours["path"]
    if path is None:
        return theirs["path"] is not None and theirs["error"] not in ("EBADF", "ESPIPE")
    if path.startswith(b"memfd:"):
        return b"/" + path != theirs["path"]
    if path.startswith(b".../"):
        return not theirs["path"].endswith(path[4:]) or path.count(b"/") < CUT and theirs["path"].startswith(b"/")
    return path != theirs["path"]


def apart(theirs, ours):
    """Why two are not of one call; None: they are."""
    if unlike_paths(theirs, ours):
        return f"path: {theirs['path']!r}, {ours['path']!r}"
    for key in SAME:
        if theirs[key] != ours[key]:
            return f"{key}: {theirs[key]!r}, {ours[key]!r}"
    path = theirs["path"] == ours["path"]
    known = not (theirs["mode"] or 0) & strace_reader.FLAGS["FALLOC_FL_WRITE_ZEROES"]  # newer than some straces
    if known and spelling(theirs, ours["seconds"], path) != spelling(ours, True, path):
        return "written otherwise"
    begun, seconds = float(theirs["time"]), float(theirs["seconds"] or 0)
    if not begun - CLOCKS_APART <= float(ours["time"]) <= begun + seconds + CLOCKS_APART:
        return "another time"
    if ours["seconds"] and float(ours["seconds"]) > seconds:
        return "longer than strace saw it"
    return None


def main(theirs, ours):
    with open(ours, encoding="ascii") as file:
        found = by_thread(line.rstrip("\n") for line in file)
    compared = failed = 0
    for pid, calls in by_thread(joined(theirs)).items():
        mine = found.get(pid, [])
        if len(mine) != len(calls):
            sys.exit(f"thread {pid}: {len(mine)} calls, not {len(calls)}")
        for (a, a_line), (b, b_line) in zip(calls, mine):
            why = apart({**a, "line": a_line}, {**b, "line": b_line})
            if why:
                sys.exit(f"{why}\n{a_line}\n{b_line}")
            compared += 1
            failed += a["error"] is not None
    print(f"{compared} lines, {failed} of failed calls")
    return not (compared > 20 and failed > 3)


sys.exit(main(*sys.argv[1:]))
