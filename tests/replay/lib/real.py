# SPDX-License-Identifier: MIT
"""
real.py TOOLS FILE…   of each real recording, every record of every buffer: as dump_records reads it, as kbuffer walks
                      the same pages (unless times are converted), and as trace-cmd report tells it. Losses, too.
real.py same TOOLS A B   two files have the same records
"""
import collections
import os
import re
import subprocess
import sys

LINE = re.compile(r"^(?:\s*(?P<buffer>\S+): )?\s*.+-(?P<tid>\d+)\s+\[(?P<cpu>\d+)\]\s*(?P<seconds>\d+)"
                  r"(?:\.(?P<ns>\d{9}))?:\s+\S+:?(?:\s|$)")
DROPPED = re.compile(r"^(?:\s*(?P<buffer>\S+): )?\s*CPU:(?P<cpu>\d+) \[(?:(?P<count>\d+) )?EVENTS DROPPED\]$")


def run(*command, data=None):
    done = subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode or b"problem" in done.stderr:
        sys.exit(f"{' '.join(command)}: {done.returncode}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def lines_of(*command):
    return run(*command).decode(errors="replace").splitlines()


def buffers_of(tools, path):
    """Number → name."""
    return dict(line.split(" ", 1) for line in lines_of(f"{tools}/dump_records", "-b", path))


def ours(tools, path):
    """(buffer's name, CPU) → records: (time, tid) or ("lost", count)"""
    big = run("head", "-c", "13", path)[12]
    names, out = buffers_of(tools, path), collections.defaultdict(list)
    for line in lines_of(f"{tools}/dump_records", "-r", path):
        buffer, cpu, ts, data = line.split(" ")
        if ts != "lost":
            ts, data = int(ts), int.from_bytes(bytes.fromhex(data[8:16]), "big" if big else "little")
        out[names[buffer], int(cpu)].append((ts, data))
    return out


def theirs(path):
    out, dropped = collections.defaultdict(list), None
    for line in lines_of("trace-cmd", "report", "-R", "-t", "-N", "--nodate", path):
        found = LINE.match(line)
        if found:
            ts = int(found["seconds"]) * 10 ** 9 + int(found["ns"]) if found["ns"] else int(found["seconds"])
            # Behind a loss it does not print the buffer again.
            buffer = (found["buffer"] or "") if dropped is None else dropped
            out[buffer, int(found["cpu"])].append((ts, int(found["tid"])))
            dropped = None
            continue
        found = DROPPED.match(line)
        if found:
            dropped = found["buffer"] or ""
            out[dropped, int(found["cpu"])].append(("lost", found["count"] or "?"))
        elif not re.match(r"cpus=|CPU \d+ is empty|$", line):
            sys.exit(f"trace-cmd says {line!r}")
    return out


def differ(a, b, who):
    for key in sorted(set(a) | set(b)):
        for i, (x, y) in enumerate(zip(a[key], b[key])):
            if x != y:
                sys.exit(f"buffer {key[0]!r}, CPU {key[1]}, record {i}: {x}, {who}: {y}")
        if len(a[key]) != len(b[key]):
            sys.exit(f"buffer {key[0]!r}, CPU {key[1]}: {len(a[key])} records, {who}: {len(b[key])}")


def kbuffer(tools, path):
    walked = run(f"{tools}/walk_kbuffer", data=run(f"{tools}/dump_records", "-p", path)).splitlines()
    mine = run(f"{tools}/dump_records", "-r", path).splitlines()
    for i, (a, b) in enumerate(zip(mine, walked)):
        if a != b:
            sys.exit(f"record {i}: {a}, kbuffer: {b}")
    if len(mine) != len(walked):
        sys.exit(f"{len(mine)} records, kbuffer: {len(walked)}")


def main():
    tools = sys.argv[1]
    for path in sys.argv[2:]:
        mine = ours(tools, path)
        differ(mine, theirs(path), "trace-cmd")
        if not os.environ.get("CONVERTED"):
            kbuffer(tools, path)
        records = sum(len(r) for r in mine.values())
        losses = [r for rows in mine.values() for r in rows if r[0] == "lost"]
        print(f"{os.path.basename(path)}: {records - len(losses)} records of {len({k[0] for k in mine})} buffers, "
              f"{len(losses)} losses ({sum(r[1] == '?' for r in losses)} of unknown size)")


if sys.argv[1] == "same":
    differ(ours(sys.argv[2], sys.argv[3]), ours(sys.argv[2], sys.argv[4]), sys.argv[4])
else:
    main()
