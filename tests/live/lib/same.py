# SPDX-License-Identifier: MIT
"""Compares a live trace with the replay of a recording made beside it: the same calls, each field the same.

What cannot be the same, and is not compared: ts, time, latency_ns and cpu, since each trace has probes of its own, one
behind the other: some instructions, or as long as a busy host takes to come back to the virtual CPU in between. For
the same reason calls of different threads may come in another order. Nor is space, which each asks for by itself.
"""
import collections
import sys

import calls

OWN = ("ts", "time", "latency_ns", "cpu", "space")
NEAR_NS = 1_000_000_000


def by_thread(items):
    threads = collections.defaultdict(list)
    for call in items:
        if call["comm"] != "falloctrace":  # the live one's own, while it looked at the kernel
            threads[call["tid"]].append(call)
    return threads


def strip(call, replayed):
    rest = {k: v for k, v in call.items() if k not in OWN}
    if replayed["caller"] is None:  # hidden from the outer of two return probes: see compare.py --rival
        rest["caller"] = None
        rest["via"] = rest["via"] if replayed["via"] else None
    if "inner" in rest:
        rest["inner"] = [strip(*pair) for pair in zip(rest["inner"], replayed.get("inner", []))]
    return rest


def main(live, replay):
    left, right = by_thread(calls.read(live)[0]), by_thread(calls.read(replay)[0])
    differences = 0
    for tid in sorted(set(left) | set(right)):
        if len(left[tid]) != len(right[tid]):
            print(f"tid {tid}: {len(left[tid])} calls live, {len(right[tid])} replayed")
            differences += 1
        for one, two in zip(left[tid], right[tid]):
            left_keys, right_keys = strip(one, two), strip(two, two)
            wrong = [k for k in left_keys if left_keys[k] != right_keys.get(k)] + sorted(set(two) - set(one) - set(OWN))
            if abs(one["ts"] - two["ts"]) > NEAR_NS:
                wrong.append("ts")
            if wrong:
                differences += 1
                print(f"tid {tid} ts {one['ts']}: " + ", ".join(f"{k} {one.get(k)!r}, {two.get(k)!r}" for k in wrong))
    total = sum(map(len, left.values()))
    print(f"{total} calls live, {sum(map(len, right.values()))} replayed, {differences} differences")
    return 1 if differences or not total else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
