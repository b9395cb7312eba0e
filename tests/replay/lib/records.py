# SPDX-License-Identifier: MIT
"""
records.py workload EXPECTED DIRECTORY   makes calls, and logs each as "TID enter FD MODE OFFSET LEN", "TID exit RET"
records.py report                        trace-cmd report -t (stdin) as "CPU TID NS enter …", as dump_records prints it
records.py agree EXPECTED DUMP…          each dump has the expected calls, and all dumps are the same
"""
import collections
import ctypes
import os
import re
import sys
import threading

CALLS = [
    # mode, offset, len: all modes, an unknown one, offsets beyond 4 GiB, lengths that fail
    (0, 0, 4096), (0, 1 << 33, 1), (1, 8192, 65536), (3, 4096, 4096), (8, 0, 4096), (16, 0, 100),
    (32, 0, 4096), (0x40, 0, 4096), (0x4000, 1, 2), (0, 0, 0), (0, 5, 0x7fffffffffffffff), (2, 0, 1),
]
ROUNDS = 40


def one_thread(cpu, path, log):
    os.sched_setaffinity(0, {cpu})
    libc = ctypes.CDLL(None, use_errno=True)
    libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    tid = threading.get_native_id()
    for i in range(ROUNDS):
        for mode, offset, length in CALLS:
            use = -1 if i % 10 == 9 else fd
            ctypes.set_errno(0)
            ret = libc.fallocate(use, mode, offset, length)
            ret = -ctypes.get_errno() if ret else 0
            log.append(f"{tid} enter {use} {mode} {offset} {length}")
            log.append(f"{tid} exit {ret}")
    os.close(fd)
    os.unlink(path)


def workload(expected, directory):
    logs, threads = [], []
    for cpu in sorted(os.sched_getaffinity(0))[:4]:
        logs.append([])
        threads.append(threading.Thread(target=one_thread, args=(cpu, f"{directory}/file{cpu}", logs[-1])))
        threads[-1].start()
    for thread in threads:
        thread.join()
    with open(expected, "w", encoding="ascii") as out:
        for log in logs:
            out.write("\n".join(log) + "\n")


def signed(text, bits):
    value = int(text, 16)
    return value - (1 << bits) if value >> (bits - 1) else value


def report():
    line_form = re.compile(r"^\s*(?:\S+: )?\s*.*-(\d+)\s+\[(\d+)\]\s+(?:\S{4,5}\s+)?(\d+)\.(\d{9}):\s+sys_(enter|exit)_fallocate:\s+(.*)$")
    for line in sys.stdin:
        found = line_form.match(line)
        if not found:
            continue
        tid, cpu, seconds, ns, kind, rest = found.groups()
        head = f"{int(cpu)} {tid} {int(seconds) * 1000000000 + int(ns)} {kind}"
        numbers = re.findall(r"0x([0-9a-f]+)", rest)
        if kind == "exit":
            print(head, signed(numbers[0], 64))
        else:
            fd, mode, offset, length = numbers
            print(head, signed(fd[-8:].rjust(8, "0"), 32), int(mode, 16), signed(offset, 64), signed(length, 64))


def by_thread(lines):
    threads = collections.defaultdict(list)
    for line in lines:
        tid, rest = line.split(" ", 1)
        threads[tid].append(rest)
    return threads


def agree(expected, dumps):
    with open(expected, encoding="ascii") as f:
        wanted = by_thread(f.read().splitlines())
    first = None
    for dump in dumps:
        with open(dump, encoding="ascii") as f:
            lines = sorted((line.split() for line in f), key=lambda words: int(words[2]))
        # of our threads only: the machine has others
        ours = [" ".join(words) for words in lines if words[1] in wanted]
        seen = by_thread(f"{w[1]} {' '.join(w[3:])}" for w in map(str.split, ours))
        if seen != wanted:
            for tid, calls in wanted.items():
                print(f"{dump}: thread {tid}: {len(seen[tid])} events, {len(calls)} made")
                for a, b in zip(seen[tid], calls):
                    if a != b:
                        print(f"  seen {a}, made {b}")
                        break
            sys.exit(1)
        if first is not None and ours != first:
            print(f"{dumps[0]} and {dump} differ")
            sys.exit(1)
        first = ours
    print(f"{len(first)} events of {len(wanted)} threads")


if sys.argv[1] == "workload":
    workload(sys.argv[2], sys.argv[3])
elif sys.argv[1] == "report":
    report()
else:
    agree(sys.argv[2], sys.argv[3:])
