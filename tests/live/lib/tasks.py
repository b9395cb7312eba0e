# SPDX-License-Identifier: MIT
"""Compares what falloctrace says of who called with what the workload tasks/main.c wrote down of itself.

usage: tasks.py all|calls JSON LOG       each call of the log, once; with "all" among others' calls
       tasks.py excluded JSON LOG        the same, with no cgroup known
       tasks.py pid JSON LOG PID         of the log the calls of that process, no more and no less
       tasks.py user|cgroup|container JSON LOG
"""
import re
import sys

import calls

CONTAINERS = {
    "/system.slice/docker-": "0123456789abcdef" * 4,
    "/docker/1": "1" + ("0123456789abcdef" * 4)[1:],
    "/machine.slice/libpod-2": "2" + ("0123456789abcdef" * 4)[1:],
    "/kubepods.slice/": "3" + ("0123456789abcdef" * 4)[1:],
    "/lxc.payload.web": "web",
    "/machine.slice/machine-my": "my-box",
}
# setfsuid tells the uid inside of the user namespace there
OUTSIDE = {"user-namespace": 1000, "before-uid-map": 1000}


class Line:
    def __init__(self, text):
        words = text.rstrip("\n").split(" ", 8)
        self.name, self.via = words[:2]
        self.offset, self.len, self.pid, self.tid, self.uid = map(int, words[2:7])
        self.cgroup = words[8]
        self.key = (self.offset, self.len)
        self.uid = OUTSIDE.get(self.name, self.uid)
        if words[7] not in ("ok", "-"):
            raise SystemExit(f"a call of the workload failed: {text}")


def read_log(path):
    with open(path, encoding="utf-8") as log:
        lines = [Line(text) for text in log]
    none = [line.name for line in lines if line.via == "none"]
    if none:
        print("this kernel could not make: " + " ".join(none))
    lines = [line for line in lines if line.via != "none"]
    if len({line.key for line in lines}) != len(lines):
        raise SystemExit("two calls of the log have one key")
    return lines


def container_of(cgroup):
    return next((id for begin, id in CONTAINERS.items() if (cgroup or "").startswith(begin)), None)


def differences(line, call, kthread):
    wrong = []
    if call["pid"] != line.pid and not kthread:
        wrong.append(("pid", call["pid"], line.pid))
    if line.tid and call["tid"] != line.tid:
        wrong.append(("tid", call["tid"], line.tid))
    # a kernel thread takes on the credentials of whom it works for, unseen: unknown, and said so
    uid = None if kthread else line.uid
    if call["uid"] != uid:
        wrong.append(("uid", call["uid"], uid))
    if line.cgroup != "moving" and not kthread:
        if call["cgroup"] != line.cgroup:
            wrong.append(("cgroup", call["cgroup"], line.cgroup))
        if call["container"] != container_of(line.cgroup):
            wrong.append(("container", call["container"], container_of(line.cgroup)))
    return wrong


def compare(found, lines):
    """Each line has its call, which agrees."""
    by_key, failures = {}, 0
    for call in found:
        by_key.setdefault((call["offset"], call["len"]), []).append(call)
    for line in lines:
        its = by_key.pop(line.key, [])
        if len(its) != 1:
            print(f"{line.name} pid {line.pid} tid {line.tid}: {len(its)} calls")
            failures += 1
            continue
        # before 5.12 io_uring's workers are kernel threads
        kthread = line.via == "io_uring" and its[0]["comm"].startswith("io_wqe")
        for key, got, wanted in differences(line, its[0], kthread):
            print(f"{line.name} pid {line.pid} tid {line.tid}: {key} is {got!r}, not {wanted!r}")
            failures += 1
    return failures, by_key


def main(what, json, log, *rest):
    found, lost = calls.read(json)
    lines = read_log(log)
    if what == "excluded":
        for line in lines:
            line.cgroup = None
    if lost:
        print(f"events were lost: {lost}")
        return 1
    if what == "all":
        found = [call for call in found if (call["path"] or "").endswith("/file") and call["op"] == "punch"]
    if what == "pid":
        lines = [line for line in lines if line.pid == int(rest[0])]
    elif what == "user":
        lines = [line for line in lines if line.uid == 1000]
    elif what == "cgroup":
        moving = {line.key for line in lines if line.cgroup == "moving"}
        found = [call for call in found if (call["offset"], call["len"]) not in moving]
        lines = [line for line in lines if re.match("/b(/|$)", line.cgroup)]
    elif what == "container":
        lines = [line for line in lines if container_of(line.cgroup) == "0123456789abcdef" * 4]
    failures, more = compare(found, lines)
    for call in [call for some in more.values() for call in some][:20]:
        print(f"not in the log: {call}")
        failures += 1
    kinds = {line.name for line in lines}
    moving = sum(line.cgroup == "moving" for line in lines)
    print(f"{len(lines)} calls of {len(kinds)} kinds, {moving} in a move, {failures} differences")
    return 1 if failures or not lines else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
