# SPDX-License-Identifier: MIT
"""Calls shown and losses reported account for every call made.

A call of which nothing was shown lost all its events (K, by the kernel's own count); one shown as odd lost some of
them. So the events reported as lost lie between K × calls not shown and that plus K × odd ones, and the few that tell of
new tasks.
"""
import sys

import calls

NEW_TASKS = 20  # at most, while one of these tests runs


def main(path, made, per_call):
    seen, lost = calls.read(path)
    made, k = int(open(made, encoding="ascii").read()), float(open(per_call, encoding="ascii").read().split()[0])
    seen = [c for c in seen if c["comm"] in ("workload", None)]
    odd = [c for c in seen if set(c["odd"]) & {"unfinished", "orphan"}]
    unknown = sum(1 for item in lost if item["count"] is None)
    count = sum(item["count"] or 0 for item in lost)
    missing = made - len(seen)
    print(f"{made} made, {len(seen)} shown, {len(odd)} of them in part; {len(lost)} losses, {count} events, "
          f"{unknown} without a number; {k} events a call")
    if missing < 0:
        return "more shown than made"
    if unknown:
        return "a loss whose number is not known: the kernel's counters tell it"
    if missing and not lost:
        return "lost in silence"
    least, most = k * missing, k * (missing + len(odd)) + NEW_TASKS
    if not least <= count <= most:
        return f"{least:.0f} to {most:.0f} events must have been lost, {count} are reported"
    near = [c for c in odd if "loss-nearby" not in c["odd"]]
    # A loss is told when something comes behind it; a thread that has gone on another processor may be earlier.
    if len(near) > len(lost):
        return f"{len(near)} calls are seen in part, and not marked as near a loss: {near[0]}"
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
