#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""related.py DIR FS...: what --related told of "workload related" against what the kernel said of its files.

DIR has live and replay (JSON), summary, findings, and of each filesystem FS.truth (the workload's own fstat and FIEMAP). What is left
of a reservation is what FIEMAP has as unwritten, at every step; a filesystem that tells nothing has null. What a call reserves among data
is known by the blocks that the file gains: with ext4 the blocks of its extent tree are among these, and then it is told not to be exact."""
import json
import sys

KNOWN = ("ext4", "xfs", "btrfs")


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def of_file(items, fs, name):
    return [item for item in items if item.get("path") == f"/mnt/{fs}/related/{name}"]


def states(items):
    """What each line tells that both ways of showing it must agree in."""
    return [(item["type"], item.get("op"), item.get("length"), item.get("offset"), item.get("len"), item.get("ret"),
             json.dumps(item.get("reservation"), sort_keys=True)) for item in items]


def own(truth, name):
    return [step for step in truth if step["file"] == name]


def tree(step):
    """Bytes of blocks in which there are neither data nor reservations."""
    return step["blocks"] * 512 - step["unwritten"] - step["written"]


def check_left(fs, name, steps, items, wrong):
    left_at = {}
    position = -1
    for item in items:
        if item["type"] != "used":
            position += 1
        left_at[position] = item["reservation"]
    position = -1
    gained = 0
    for index, step in enumerate(steps):
        written = step["step"].startswith("write")
        position += not written
        last = index + 1 == len(steps) or not steps[index + 1]["step"].startswith("write")
        told = left_at[position]
        if fs not in KNOWN:
            if told["left"] is not None:
                wrong(f"{fs} {name}: {step['step']}: left is {told['left']}, which nobody can know")
            continue
        if step["step"] == "extend-again" and fs == "ext4" and not told["exact"]:
            gained = tree(step) - tree(steps[index - 1])
        if not step["unwritten"]:
            gained = 0
        if last and told["left"] != step["unwritten"] + gained:
            wrong(f"{fs} {name}: {step['step']}: left {told['left']}, FIEMAP says {step['unwritten']}, {gained} of the tree")


def check_steps(fs, name, truth, items, wrong):
    """A line for each call and truncate, in the workload's order; what was left when the next one came is FIEMAP's."""
    steps = own(truth, name)
    events = [i for i in items if i["type"] in ("call", "truncate")]
    wanted = [s for s in steps if not s["step"].startswith("write")]
    if len(events) != len(wanted):
        wrong(f"{fs} {name}: {len(events)} calls and truncates, {len(wanted)} were made")
        return
    for event, step in zip(events, wanted):
        truncate = "trunc" in step["step"]
        if (event["type"] == "truncate") != truncate:
            wrong(f"{fs} {name}: {step['step']} is told as {event['type']}")
        if event["size_after"] != step["size"]:
            wrong(f"{fs} {name}: {step['step']}: size {event['size_after']}, fstat {step['size']}")
        if truncate and event["length"] != step["value"]:
            wrong(f"{fs} {name}: length {event['length']}, it was {step['value']}")
    check_left(fs, name, steps, items, wrong)


def check_sums(fs, name, items, wrong):
    for item in items:
        r = item["reservation"]
        if r["used"] is not None and r["reserved"] != r["used"] + r["released"] + r["cut"] + r["left"]:
            wrong(f"{fs} {name}: {r} is no sum")


def check_summary(fs, directory, replay, wrong):
    """Its sums are what the last line of a file says: each begins without blocks, so with nothing reserved."""
    rows = {row["key"]: row for row in lines(f"{directory}/summary")[0]["rows"]}
    for name in ("log", "quiet"):
        row, told = rows[f"/mnt/{fs}/related/{name}"], of_file(replay, fs, name)[-1]["reservation"]
        for key in ("reserved", "used", "released", "cut"):
            if row[key] != told[key]:
                wrong(f"{fs} {name}: {key} is {row[key]} in the summary, {told[key]} in the last line")


def check(fs, directory, wrong):
    truth = lines(f"{directory}/{fs}.truth")
    live, replay = lines(f"{directory}/live"), lines(f"{directory}/replay")
    for name in ("log", "data", "quiet"):
        items = of_file(replay, fs, name)
        if not items:
            wrong(f"{fs} {name}: nothing is told")
            continue
        check_steps(fs, name, truth, items, wrong)
        check_sums(fs, name, items, wrong)
        if states(of_file(live, fs, name)) != states(items):
            wrong(f"{fs} {name}: live and replay differ: {states(of_file(live, fs, name))} {states(items)}")
        if fs in KNOWN and not any(item["type"] == "used" for item in items):
            wrong(f"{fs} {name}: nothing was used")
    if of_file(live + replay, fs, "other"):
        wrong(f"{fs}: a file is told of that was never fallocated")
    quiet = [s for s in own(truth, "quiet")]
    if fs in KNOWN and of_file(replay, fs, "quiet")[-1]["reservation"]["used"] != quiet[-1]["written"]:
        wrong(f"{fs} quiet: used is not what was written")
    check_summary(fs, directory, replay, wrong)
    return sum(len(of_file(replay, fs, n)) for n in ("log", "data", "quiet"))


def main():
    failed = 0
    with open(f"{sys.argv[1]}/findings", encoding="utf-8") as file:
        findings = file.read()
    if not findings.startswith("no findings"):
        print("not ok: findings of what is all right:\n" + findings)
        failed += 1
    for fs in sys.argv[2:]:
        found = []
        count = check(fs, sys.argv[1], found.append)
        print(f"{'not ok' if found else 'ok'} {fs}: {count} lines agree with fstat and FIEMAP" if not found
              else f"not ok {fs}: " + "\n    ".join(found))
        failed += bool(found)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
