# SPDX-License-Identifier: MIT
"""Each filter option selects what a filter of our own selects from the unfiltered JSON.

filters.py list                 some options, a line each, for a shell
filters.py replay PROGRAM DAT   replays with each
filters.py live FOLDER      compares FOLDER/filter-N.json, live traces made at once, with filter-all.json
"""
import collections
import fnmatch
import os
import shlex
import subprocess
import sys
import tempfile

import calls

PUNCHES = ("punch", "zero")


def name_of(call):
    return (calls.to_bytes(call, "path") or b"").decode("latin-1")


def glob(call, pattern):
    name = name_of(call)
    return bool(name) and fnmatch.fnmatchcase(name if "/" in pattern else name.rsplit("/", 1)[-1], pattern)


FILTERS = [
    ("-x", lambda c: c["ret"] is not None and c["ret"] < 0),
    ("-e ENOSPC,EBADF", lambda c: c["error"] in ("ENOSPC", "EBADF")),
    ("-e opnotsupp", lambda c: c["error"] == "EOPNOTSUPP"),
    ("-e 22", lambda c: c["ret"] == -22),
    ("--op punch,zero", lambda c: c["op"] in PUNCHES),
    ("--op invalid", lambda c: c["op"] == "invalid"),
    ("--via ioctl,madvise", lambda c: c["via"] in ("ioctl", "madvise")),
    ("--via compat", lambda c: c["via"] == "compat"),
    ("--via io_uring --op extend", lambda c: c["via"] == "io_uring" and c["op"] == "extend"),
    ("-n exactly-15-long", lambda c: c["comm"] == "exactly-15-long"),
    ("-n nobody,workload", lambda c: c["comm"] == "workload"),
    ("-u 0", lambda c: c["uid"] == 0),
    ("-u 1000", lambda c: False),
    ("--min-len 4G", lambda c: c["len"] >= 4 << 30),
    ("--min-len 64K -x", lambda c: c["len"] >= 65536 and c["ret"] < 0),
    ("-P '/mnt/ext4/*'", lambda c: glob(c, "/mnt/ext4/*")),
    ("-P 'deep *' -P '*/by compat'", lambda c: glob(c, "deep *") or glob(c, "*/by compat")),
    ("-P modes --op keep", lambda c: glob(c, "modes") and c["op"] == "keep"),
    ("--fs ext4,xfs", lambda c: c["fs"] in ("ext4", "xfs")),
    ("--fs overlay -e EOPNOTSUPP --op collapse",
     lambda c: c["fs"] == "overlay" and c["error"] == "EOPNOTSUPP" and c["op"] == "collapse"),
]
LIVE = [1, 4, 7, 14, 15, 17]  # each costs the calls of the others some microseconds: not all


def essence(items):
    """What two traces of the same calls have in common, thread by thread."""
    threads = collections.defaultdict(list)
    for c in items:
        if c["comm"] != "falloctrace":
            # Which way in is hidden from all but one of several return probes: see compare.py --rival.
            threads[c["tid"]].append((c["mode"], c["offset"], c["len"], c["ret"], c["path"]))
    return threads


def same(option, want, got):
    left, right = essence(want), essence(got)
    count = sum(map(len, left.values()))
    print(f"{option}: {count} wanted, {sum(map(len, right.values()))} selected")
    for tid in set(left) | set(right):
        if left[tid] != right[tid]:
            extra = [c for c in right[tid] if c not in left[tid]]
            missing = [c for c in left[tid] if c not in right[tid]]
            print(f"    differs for tid {tid}: extra {extra[:3]}, missing {missing[:3]}")
            return False
    return True


def replay(program, dat):
    with tempfile.TemporaryDirectory() as folder:
        def run(*options):
            path = os.path.join(folder, "json")
            subprocess.run([program, "replay", "-j", "-o", path, *options, dat], check=True)
            return calls.read(path)[0]

        everything = run()
        dynamic = list(FILTERS)
        pids = sorted({c["pid"] for c in everything if c["pid"]})
        dynamic += [(f"-p {p}", lambda c, p=p: c["pid"] == p) for p in pids[:2] + pids[-1:]]
        known = sorted(c["latency_ns"] for c in everything if c["latency_ns"] is not None)
        slow = known[len(known) // 2] // 1000  # microseconds
        dynamic.append((f"-m {slow}us", lambda c: c["latency_ns"] is not None and c["latency_ns"] >= slow * 1000))
        return all([same(option, [c for c in everything if keep(c)], run(*shlex.split(option)))
                    for option, keep in dynamic])


def live(folder):
    def read(name):
        return calls.read(os.path.join(folder, f"filter-{name}.json"))[0]

    everything = read("all")
    return all([same(FILTERS[number][0], [c for c in everything if FILTERS[number][1](c)], read(number))
                for number in LIVE])


def main(what, *rest):
    if what == "list":
        for number in LIVE:
            print(number, FILTERS[number][0])
        return 0
    good = replay(*rest) if what == "replay" else live(*rest)
    print(f"{len(FILTERS)} filters {'agree' if good else 'do not all agree'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
