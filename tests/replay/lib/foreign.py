#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""foreign.py KIND EXPECTED <REPLAYED: what a replay (JSON) tells of a trace that
falloctrace did not record, against what the calls themselves told. A field that
such a trace does not tell must be null, all others right."""

import json
import os
import sys

OPS = {0: "extend", 1: "keep", 3: "punch", 8: "collapse", 16: "zero", 32: "insert"}
REQUEST = {"mode", "op", "offset", "len"}
RESULT = {"ret", "error", "latency_ns"}
FILE = {"dev", "ino"}
SIZES = {"size_before", "size_after"}
CALL = REQUEST | RESULT | {"fd", "via"}

# What each kind of trace tells; the rest of these fields is null.
TELLS = {
    "calls": CALL,
    "raw": CALL,
    "better": CALL,
    "own": CALL | FILE | SIZES,
    "twins": CALL | FILE | SIZES,
    "split": CALL | FILE | SIZES,
    "symbol": REQUEST | RESULT | {"via"},
    "ext4": REQUEST | FILE | {"fs"},
    "xfs": FILE | {"fs"},
}
FIELDS = CALL | FILE | SIZES | {"fs", "pid", "blocks_before", "blocks_after"}
# These depend on more than the kind: right or null.
MAY = {"ext4": RESULT, "xfs": {"mode", "op"}, "own": {"fs"}, "twins": {"fs"}, "split": {"fs"}}


def expectations(path):
    for line in open(path, encoding="ascii"):
        fs, mode, offset, length, result, dev, ino, before, after = line.split()
        number = int(dev)
        yield {
            "fs": fs,
            "mode": int(mode),
            "op": OPS[int(mode)],
            "offset": int(offset),
            "len": int(length),
            "ret": 0 if result == "0" else -22,
            "error": None if result == "0" else result,
            "dev": "%d:%d" % (os.major(number), os.minor(number)),
            "ino": int(ino),
            "size_before": int(before),
            "size_after": int(after),
            "fd": 3,
            "via": "syscall",
        }


def of_kind(kind, calls):
    """The calls that reach what is traced."""
    if kind not in ("ext4", "xfs"):
        return calls
    mine = [c for c in calls if c["fs"] == kind]
    # XFS tells what it does; ext4 tells all in newer kernels
    return mine if kind == "ext4" else [c for c in mine if not c["error"]]


def compare(kind, call, want, complain):
    tells, may = TELLS[kind], MAY.get(kind, set())
    if call["comm"] != "fallocate":
        complain("comm %r" % call["comm"])
    if call["odd"]:
        complain("odd %s" % call["odd"])
    for field in sorted(FIELDS):
        got = call[field]
        if got is None and (field in may or field not in tells):
            continue
        if field == "error" and want["error"] is None:
            wrong = got is not None
        elif field not in tells | may:
            wrong = True
        elif field == "latency_ns":
            wrong = got is None or got <= 0
        else:
            wrong = got != want[field]
        if wrong:
            complain("%s is %r, wanted %r" % (field, got, want.get(field) if field in tells | may else None))


def main(kind, path):
    calls = [json.loads(line) for line in sys.stdin]
    calls = [c for c in calls if c["type"] == "call"]
    wanted = of_kind(kind, list(expectations(path)))
    if kind == "ext4" and len(calls) < len(wanted):
        wanted = [c for c in wanted if not c["error"]]
    problems = []
    if len(calls) != len(wanted):
        problems.append("%d calls, wanted %d" % (len(calls), len(wanted)))
    for n, (call, want) in enumerate(zip(calls, wanted)):
        compare(kind, call, want, lambda text, n=n: problems.append("call %d: %s" % (n, text)))
    if kind == "xfs":
        ops = [c["op"] for c in calls]
        if ops != [None if w["mode"] < 2 else w["op"] for w in wanted]:
            problems.append("XFS's operations are %s" % ops)
    if kind == "ext4" and any(c["ret"] is None for c in calls if c["mode"] < 2):
        problems.append("ext4 told how allocating ended")
    print("\n".join(problems) or "%d calls agree" % len(calls))
    return 1 if problems or not calls else 0


sys.exit(main(sys.argv[1], sys.argv[2]))
