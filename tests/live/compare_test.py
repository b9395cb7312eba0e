#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Proves that compare.py fails: on each field changed, on a call missing, doubled or invented."""
import contextlib
import copy
import io
import json
import os
import sys
import tempfile

import compare

MOUNTS = (b"21 1 0:19 / / rw - tmpfs t rw\n"
          b"30 21 8:1 / /mnt/e_x rw,relatime shared:3 - ext4 /dev/sda rw\n"
          b"31 21 0:44 / /mnt/ovl rw - overlay o rw,lowerdir=/l,upperdir=/mnt/e_x/up,workdir=/mnt/e_x/w\n")
START = 1_000_000_000
WALL = 1_700_000_000_000_000_000


def truth(seq, **changes):
    t = {"type": "truth", "seq": seq, "via": "syscall", "dirty": False, "pid": 10, "tid": 11, "comm": b"w\xff\n".hex(),
         "fd": 3, "mnt": 30, "path": b"/mnt/e_x/a/b/c/d/f \xff\xc3\xa9".hex(), "ino": 12, "st_dev": "8:1", "magic": 0xef53,
         "mode": 3, "offset": 4096 * seq, "len": 1 << 33, "ret": 0, "before_ns": START + 1000 * seq,
         "after_ns": START + 1000 * seq + 900, "utc_ns": WALL + 1000 * seq, "size_before": 1, "size_after": 2,
         "blocks_before": 8, "blocks_after": 16}
    t.update(changes)
    return {k: v for k, v in t.items() if v is not ...}


NO_FILE = {k: None for k in ("mnt", "path", "ino", "st_dev", "magic", "size_before", "size_after", "blocks_before",
                             "blocks_after")}
TRUTHS = [
    truth(1), truth(2), truth(3, mode=0x101, ret=-95), truth(4, fd=-1, ret=-9, **NO_FILE),
    truth(5, via="io_uring", pid=..., tid=..., comm=..., fd=None, ino=13),
    truth(6, mnt=31, path=b"/mnt/ovl/f".hex(), ino=14, fd=9),
    truth(7, mnt=99, path=b"/memfd:x y".hex(), ino=2, st_dev="0:1", magic=0x01021994),
]


def text(hexed):
    return bytes.fromhex(hexed).decode("utf-8", "surrogateescape")


def ours(t):
    """What a program without fault prints for t: written by hand for these few, not by compare.py's rules."""
    devs = {30: ("8:1", "ext4"), 31: ("0:44", "overlay"), 99: ("0:1", "tmpfs"), None: (None, None)}
    utc = t["utc_ns"] + 100
    c = {"type": "call", "time": f"2023-11-14T22:13:20.{utc % 10**9:09d}Z", "ts": t["before_ns"] + 100,
         "pid": t.get("pid", 10), "tid": t.get("tid", 77), "comm": text(t.get("comm", b"iou-wrk-10".hex())), "cpu": 0,
         "via": t["via"], "caller": "f", "depth": 0, "fd": t["fd"], "mode": t["mode"],
         "flags": {3: ["KEEP_SIZE", "PUNCH_HOLE"], 0x101: ["KEEP_SIZE", "0x100"]}[t["mode"]],
         "op": {3: "punch", 0x101: "invalid"}[t["mode"]], "offset": t["offset"], "len": t["len"], "ret": t["ret"],
         "error": {0: None, -95: "EOPNOTSUPP", -9: "EBADF"}[t["ret"]], "latency_ns": 700, "dev": devs[t["mnt"]][0],
         "ino": t["ino"], "fs": devs[t["mnt"]][1], "path": text(t["path"]) if t["path"] else None,
         "after": "seen" if t["path"] else "unknown", "odd": []}
    for key in ("size_before", "size_after", "blocks_before", "blocks_after"):
        c[key] = t[key]
    if t["mnt"] == 31:
        below = copy.deepcopy(c)
        below.update(via="overlay", depth=1, dev="8:1", fs="ext4", path="/mnt/e_x/up/f", odd=["nested"],
                     ts=c["ts"] + 1, latency_ns=600)
        c["inner"] = [below]
    if t["mnt"] == 99:
        c["path"] = ".../memfd:x y"
    return c


def run(folder, truths, lines, *more):
    """compare.py's exit status and output."""
    names = [os.path.join(folder, n) for n in ("truth", "json")]
    with open(names[0], "w", encoding="ascii") as out:
        for item in [{"type": "mountinfo", "hex": MOUNTS.hex()}] + truths:
            out.write(json.dumps(item) + "\n")
    with open(names[1], "w", encoding="utf-8") as out:
        for item in lines:
            out.write((item if isinstance(item, str) else json.dumps(item)) + "\n")
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        status = compare.main([*names, "--expect-after", "seen", *more])
    return status, output.getvalue()


def other(value):
    """A value of the same kind that is not this one; None becomes a value, a value also None."""
    if value is None:
        return [1, "x"]
    if isinstance(value, int):
        return [value + 1, -value - 1, None]
    if isinstance(value, list):
        return [["UNSHARE_RANGE"], []] if value else [["loss-nearby"]]
    if value.startswith("20"):
        return [value.replace("13:20.0", "13:20.9"), None]
    return [value + "x", None]


def mutations():
    for i, t in enumerate(TRUTHS):
        for inner in (False, True):
            base = ours(t)["inner"][0] if inner and t["mnt"] == 31 else None if inner else ours(t)
            for key, value in (base or {}).items():
                if key in ("cpu", "inner") or (key == "caller" and inner):
                    continue
                if inner and key in ("comm", "fd", "flags", "error", "time", "latency_ns", "after"):
                    continue
                for new in other(value):
                    yield i, inner, key, new


def tolerated(t, key, new):
    """What is right to let pass."""
    return ((t["via"] == "io_uring" and key in ("pid", "tid", "comm"))
            or (key == "caller" and (new is not None or t["path"] is None))
            or (t["mnt"] == 31 and key.startswith("blocks") and new is None)  # overlayfs keeps none
            or (key == "latency_ns" and new == 701)
            or (key == "ts" and new is not None and new > 0))


def main():
    failures, tried = [], 0
    good = [ours(t) for t in TRUTHS]
    with tempfile.TemporaryDirectory() as folder:
        def expect(status, what, lines, *more, truths=None):
            nonlocal tried
            tried += 1
            got, output = run(folder, TRUTHS if truths is None else truths, lines, *more)
            if got != status:
                failures.append(f"{what}: exit {got}, expected {status}\n{output}")

        expect(0, "all right", good)
        cut = copy.deepcopy(good)
        cut[0]["path"] = ".../b/c/d/" + text(b"f \xff\xc3\xa9".hex())
        expect(0, "a path cut to 4 names", cut)
        expect(1, "a path cut to 4 names where 5 are wanted", cut, "--min-names", "5")
        for bad in (".../b/x/d/f", ".../a/b/c/d/f", "/mnt/e_x/b/c/d/f", ".../f"):
            cut[0]["path"] = bad + text(b" \xff\xc3\xa9".hex())
            expect(1, f"path {bad}", cut)
        for i in range(len(good)):
            expect(1, f"call {i} missing", good[:i] + good[i + 1:])
            expect(1, f"call {i} twice", good[:i + 1] + good[i:])
        expect(1, "two calls of a thread exchanged", [good[1], good[0]] + good[2:])
        expect(1, "a call that nobody made", good + [dict(good[0], tid=99, ts=2 * START)])
        expect(0, "another falloctrace's call", [dict(good[0], tid=99, comm="falloctrace")] + good,
               "--ignore-comm", "falloctrace")
        expect(1, "a loss", good + [{"type": "lost", "cpu": 0, "count": 1, "before_ns": 5}])
        expect(1, "a broken line", good + ['{"type":"call"'])
        expect(1, "nothing at all", [], truths=[])
        late = copy.deepcopy(good)
        late[0]["latency_ns"] = 901
        expect(1, "ended after the workload went on", late)
        late[0].update(ts=START + 999, latency_ns=700)
        expect(1, "began before the workload called", late)
        derived = copy.deepcopy(good)
        derived[2]["after"] = "derived"
        expect(0, "derived after a failure", derived)
        for i, inner, key, new in mutations():
            if tolerated(TRUTHS[i], key, new):
                continue
            lines = copy.deepcopy(good)
            (lines[i]["inner"][0] if inner else lines[i])[key] = new
            expect(1, f"call {i}{' inner' if inner else ''} {key} = {new!r}", lines)
        for key in good[0]:
            lines = copy.deepcopy(good)
            del lines[0][key]
            expect(1, f"no {key}", lines)
    for failure in failures:
        print(failure)
    print(f"{tried - len(failures)} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
