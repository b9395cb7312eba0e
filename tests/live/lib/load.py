# SPDX-License-Identifier: MIT
"""What a guest under load left behind: calls shown and recorded beside the kernel's own count of each thread's; memory.

The count is of the histogram of a tracepoint, which takes no part in what the program does: an event lost, a call
shown twice or as somebody else's is a difference.
"""
import collections
import json
import os
import re
import sys

SLACK_KIB = 3072  # what a tracer's memory may grow by once it has seen the first calls, to the end
SETTLED = 6  # looks until then
OURS = "falloctrace"
ENTRY = re.compile(r"common_pid: (\S+)\s*\[\s*(\d+)\].*hitcount:\s*(\d+)")


class Wrong(Exception):
    pass


def text_of(directory, name):
    with open(os.path.join(directory, name), encoding="utf-8") as file:
        return file.read()


def counted(directory):
    """{tid: calls} and {tid: comm} by the kernel, without those of the program itself."""
    text = text_of(directory, "hist")
    dropped = re.search(r"Dropped: (\d+)", text)
    if not dropped or int(dropped[1]):
        raise Wrong("the kernel's histogram has not all")
    calls, comms = collections.Counter(), {}
    for comm, tid, hits in ENTRY.findall(text):
        if comm != OURS:
            calls[int(tid)] += int(hits)
            comms[int(tid)] = comm
    if int(re.search(r"Hits: (\d+)", text)[1]) < sum(calls.values()):
        raise Wrong("the kernel's histogram is beside itself")
    return calls, comms


def shown(path):
    """{tid: calls}, {what is odd: calls}, losses and the number of events lost."""
    calls, odd, losses, lost = collections.Counter(), collections.Counter(), 0, 0
    with open(path, encoding="utf-8") as file:
        for line in file:
            item = json.loads(line)
            if item["type"] == "lost":
                losses += 1
                if item["count"] is None:
                    raise Wrong("a loss whose number is not known: the kernel's counters tell it")
                lost += item["count"]
            elif item["type"] == "call" and item["comm"] != OURS:
                calls[item["tid"]] += 1
                odd.update(item["odd"])
    return calls, odd, losses, lost


def compare(directory, path):
    made, comms = counted(directory)
    calls, odd, losses, lost = shown(path)
    by_name = collections.Counter()
    for tid, n in made.items():
        by_name[comms[tid]] += n
    print(", ".join(f"{name} {n}" for name, n in sorted(by_name.items())))
    if losses:
        raise Wrong(f"{losses} losses, {lost} events, of {sum(made.values())} calls; {sum(calls.values())} shown")
    for tid in sorted(set(made) | set(calls)):
        if made[tid] != calls[tid]:
            raise Wrong(f"thread {tid} ({comms.get(tid)}): {calls[tid]} calls shown of {made[tid]}, and no loss told")
    if odd["unfinished"] or odd["orphan"] or odd["loss-nearby"]:
        raise Wrong(f"without a loss: {dict(odd)}")
    print(f"{sum(made.values())} calls of {len(made)} threads, each shown once; 0 events lost")


def text(directory):
    made, _ = counted(directory)
    lines = text_of(directory, "load.txt").splitlines()[1:]
    ours = sum(1 for line in lines if f" {OURS} " in line)
    if len(lines) - ours != sum(made.values()):
        raise Wrong(f"{len(lines) - ours} lines, {sum(made.values())} calls")
    print(f"{len(lines) - ours}")


def memory(directory):
    """A line a second or so and tracer: PID VmHWM VmRSS descriptors"""
    looks = collections.defaultdict(list)
    for line in text_of(directory, "memory").splitlines():
        numbers = [int(word) for word in line.split()]
        if len(numbers) == 4:
            looks[numbers[0]].append(numbers[1:])
    said = []
    for name in ("json", "text", "record"):
        seen = looks[int(re.search(rf"\b{name}=(\d+)", text_of(directory, "pids"))[1])]
        if len(seen) < 10:
            raise Wrong(f"{name}: hardly a look: {len(seen)}")
        early, end = seen[SETTLED], seen[-1]
        said.append(f"{name} {seen[0][1]} KiB first, {early[1]} soon, {end[1]} last, {end[0]} at most")
        if end[1] > early[1] + SLACK_KIB or end[0] > early[0] + 2 * SLACK_KIB:
            raise Wrong(f"memory grows: {said[-1]}")
        if end[2] != early[2]:
            raise Wrong(f"{name}: descriptors: {early[2]} soon, {end[2]} last")
    print("; ".join(said))


def share(directory):
    """Of the recorder's closing line and of /proc's counters, the seconds."""
    told = re.search(r"(\d+\.\d+) s CPU \((\d+\.\d+) %\)", text_of(directory, "record.err"))
    if not told:
        raise Wrong(f"not told: {text_of(directory, 'record.err')}")
    pid = re.search(r"\brecord=(\d+)", text_of(directory, "pids"))[1]
    proc = next(int(line.split()[1]) / 100 for line in text_of(directory, "cpu").splitlines() if line.split()[0] == pid)
    print(f"{told[0]} told; {proc:.1f} s by /proc, its start included")
    # What it took for its start is not told, what it takes for its end is in no look at /proc.
    if not 0 < float(told[1]) < proc + 3 or float(told[1]) < proc - 8:
        raise Wrong("they are too far from each other")


def overrun(directory, path, line):
    """The number of events lost is the kernel's own of that instance, which is that line of overrun.kernel."""
    losses, lost = shown(path)[2:]
    kernel = int(text_of(directory, "overrun.kernel").splitlines()[int(line) - 1])
    print(f"{losses} losses, {lost} events; {kernel} by the kernel's counters; "
          f"{text_of(directory, 'overrun.made').strip()} calls made")
    if not lost or lost != kernel:
        raise Wrong("not the same, or none")
    if line == "2" and f": {kernel} events were lost;" not in text_of(directory, "overrun.err"):
        raise Wrong(f"the recorder says: {text_of(directory, 'overrun.err')}")


def main(directory, what, *more):
    try:
        if what == "live":
            compare(directory, os.path.join(directory, "load.json"))
        elif what == "recorded":
            compare(directory, os.path.join(directory, "replay.json"))
        elif what == "overrun":
            overrun(directory, *more)
        else:
            {"text": text, "memory": memory, "share": share}[what](directory)
    except Wrong as why:
        return str(why)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
