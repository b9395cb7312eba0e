# SPDX-License-Identifier: MIT
"""sums.py calls MADE CALLS: as many calls in the JSON lines CALLS as make_trace says.
sums.py summaries CALLS SUMMARY...: the object in each SUMMARY is what the calls sum up to."""
import collections
import json
import sys

KEYS = {"process": "comm", "file": "path", "op": "op", "fs": "fs", "via": "via", "errno": "error", "host": "host"}


def inner_too(call):
    yield call
    for inner in call.get("inner") or []:
        yield from inner_too(inner)


def read(path):
    with open(path, encoding="utf-8") as lines:
        objects = [json.loads(line) for line in lines]
    return [o for o in objects if o["type"] == "call"], sum(o["type"] == "lost" for o in objects)


def count_calls(made, path):
    with open(made, encoding="utf-8") as text:
        words = text.read().split()
    made = dict(zip(words[::2], map(float, words[1::2])))
    calls = [c for outer in read(path)[0] for c in inner_too(outer)]
    seen = {"entered": sum("orphan" not in c["odd"] for c in calls),
            "returned": sum("unfinished" not in c["odd"] for c in calls),
            "failed": sum((c["ret"] or 0) < 0 for c in calls)}
    for key, value in seen.items():
        if value != made[key]:
            sys.exit("%s: %d, but %d were put in" % (key, value, made[key]))
    print("%d calls" % len(calls))


def key_of(call, by):
    if by == "errno" and call["ret"] == 0:
        return "0"
    if by == "file" and call["path"] is None and call["dev"] is not None:
        return "%s/%s" % (call["dev"], "?" if call["ino"] is None else call["ino"])
    return call[KEYS[by]]


def differences(calls, name, unit=1):
    pairs = [(c[name + "_before"], c[name + "_after"]) for c in calls]
    return [(after - before) * unit for before, after in pairs if before is not None and after is not None]


def sums(calls):
    """All but the percentiles."""
    grown, blocks = differences(calls, "size"), differences(calls, "blocks", 512)
    latencies = sorted(c["latency_ns"] for c in calls if c["latency_ns"] is not None)
    return latencies, {
        "calls": len(calls), "errors": sum((c["ret"] or 0) < 0 for c in calls),
        "unfinished": sum("unfinished" in c["odd"] for c in calls),
        "orphans": sum("orphan" in c["odd"] for c in calls),
        "len": sum(max(c["len"] or 0, 0) for c in calls),
        "sizes_known": len(grown), "grown": sum(grown) if grown else None,
        "blocks_known": len(blocks), "gained": sum(b for b in blocks if b > 0) if blocks else None,
        "freed": -sum(b for b in blocks if b < 0) if blocks else None,
        "latencies_known": len(latencies), "max_ns": latencies[-1] if latencies else None}


def same(what, calls, row):
    latencies, want = sums(calls)
    for key, value in want.items():
        if row[key] != value:
            sys.exit("%s: %s is %s, expected %s" % (what, key, row[key], value))
    for percent in (50, 95, 99):
        told = row["p%d_ns" % percent]
        exact = latencies[(len(latencies) * percent + 99) // 100 - 1] if latencies else None
        if (told is None) != (exact is None) or (latencies and abs(told - exact) > exact / 64):
            sys.exit("%s: p%d is %s, expected %s" % (what, percent, told, exact))


def check_summary(told, calls, losses):
    if told["total"]["calls"] == sum((c["ret"] or 0) < 0 for c in calls):
        calls = [c for c in calls if (c["ret"] or 0) < 0]
    elif told["total"]["calls"] != len(calls):
        calls = [c for outer in calls for c in inner_too(outer)]
    groups = collections.defaultdict(list)
    for call in calls:
        groups[key_of(call, told["by"])].append(call)
    for row in told["rows"]:
        if row["missing_max"] or row["key"] not in groups:
            sys.exit("row %s should not be there, or whole" % row["key"])
        same(row["key"], groups.pop(row["key"]), row)
    if groups:
        sys.exit("no row for %s" % list(groups)[0])
    same("total", calls, told["total"])
    order = [(-row["calls"], row["key"] or "-") for row in told["rows"]]
    if order != sorted(order) or told["other"] is not None or told["lost"] or told["gaps"] != losses:
        sys.exit("out of order, or not all that was lost")
    return len(order)


def check_summaries(path, *summaries):
    calls, losses = read(path)
    rows = 0
    for summary in summaries:
        with open(summary, encoding="utf-8") as text:
            rows += check_summary(json.load(text), calls, losses)
    print("%d rows in %d summaries, %d losses" % (rows, len(summaries), losses))


if __name__ == "__main__":
    {"calls": count_calls, "summaries": check_summaries}[sys.argv[1]](*sys.argv[2:])
