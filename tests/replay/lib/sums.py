# SPDX-License-Identifier: MIT
"""sums.py calls MADE CALLS: as many calls in the JSON lines CALLS as make_trace says.
sums.py summaries CALLS SUMMARY...: the object in each SUMMARY is what the calls sum up to."""
import collections
import json
import sys

INT64_MAX = 2**63 - 1
PIDS_MAX = 16
KEYS = {"process": "comm", "file": "path", "op": "op", "fs": "fs", "via": "via", "errno": "error", "host": "host"}


def inner_too(call):
    yield call
    for inner in call.get("inner") or []:
        yield from inner_too(inner)


def read(path):
    with open(path, encoding="utf-8") as lines:
        objects = [json.loads(line) for line in lines]
    losses = [o["count"] for o in objects if o["type"] == "lost"]
    return [o for o in objects if o["type"] == "call"], (sum(n or 0 for n in losses), losses.count(None))


def count_calls(made, path):
    with open(made, encoding="utf-8") as text:
        words = text.read().split()
    made = dict(zip(words[::2], map(float, words[1::2])))
    outer, (lost, gaps) = read(path)
    if (lost, gaps) != (made["lost"], 0):
        sys.exit("%d events lost and %d times nobody knows how many, but %d were" % (lost, gaps, made["lost"]))
    calls = [c for call in outer for c in inner_too(call)]
    seen = {"entered": sum("orphan" not in c["odd"] for c in calls),
            "returned": sum("unfinished" not in c["odd"] for c in calls),
            "failed": sum((c["ret"] or 0) < 0 for c in calls)}
    for key, value in seen.items():
        if value != made[key]:
            sys.exit("%s: %d, but %d were put in" % (key, value, made[key]))
    print("%d calls" % len(calls))


def key_of(call, by):
    """What a summary of one machine has it under."""
    if by == "errno" and call["ret"] is not None and call["error"] is None:
        return str(call["ret"])
    if by == "process" and call["comm"] is None:
        return "tid:%d" % call["tid"] if call["pid"] is None else "pid:%d" % call["pid"]
    if by == "file" and call["path"] is None and call["dev"] is not None:
        return "%s/%s" % (call["dev"], "?" if call["ino"] is None else call["ino"])
    return call[KEYS[by]]


def differences(calls, name, unit=1):
    pairs = [(c[name + "_before"], c[name + "_after"]) for c in calls]
    return [(after - before) * unit for before, after in pairs if before is not None and after is not None]


def total(numbers, known=True):
    """None where no call tells, or where the sum is more than 64 bits hold."""
    return sum(numbers) if known and abs(sum(numbers)) < INT64_MAX else None


def errnos(calls):
    """Kinds of errors, most calls first. What is no errno has no name."""
    failed = [c for c in calls if (c["ret"] or 0) < 0]
    return collections.Counter("other" if c["ret"] < -4095 else c["error"] or str(c["ret"]) for c in failed)


def sums(calls):
    """All but the percentiles."""
    grown, blocks = differences(calls, "size"), differences(calls, "blocks", 512)
    lens = [max(c["len"], 0) for c in calls if c["len"] is not None]
    latencies = sorted(c["latency_ns"] for c in calls if c["latency_ns"] is not None)
    return latencies, {
        "calls": len(calls), "errors": sum((c["ret"] or 0) < 0 for c in calls), "errnos": errnos(calls),
        "unfinished": sum("unfinished" in c["odd"] for c in calls),
        "orphans": sum("orphan" in c["odd"] for c in calls),
        "lens_known": len(lens), "len": total(lens, lens),
        "sizes_known": len(grown), "grown": total(grown, grown),
        "blocks_known": len(blocks), "gained": total([b for b in blocks if b > 0], blocks),
        "freed": total([-b for b in blocks if b < 0], blocks),
        "latencies_known": len(latencies), "max_ns": latencies[-1] if latencies else None}


def same_pids(what, calls, row):
    pids = sorted({c["pid"] for c in calls if c["pid"] is not None})
    told = row["pids"]
    if len(pids) <= PIDS_MAX and (told != pids or row["pids_more"]):
        sys.exit("%s: pids are %s, expected %s" % (what, told, pids))
    if len(pids) > PIDS_MAX and (len(set(told)) != PIDS_MAX or set(told) - set(pids) or not row["pids_more"]):
        sys.exit("%s: pids are %s, expected %d of %s" % (what, told, PIDS_MAX, pids))


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
    if "pids" in row:
        same_pids(what, calls, row)


SORTS = {"calls": "calls", "errors": "errors", "bytes": "len", "grown": "grown", "gained": "gained", "freed": "freed",
         "p50": "p50_ns", "p95": "p95_ns", "p99": "p99_ns", "max": "max_ns"}
KNOWN = {"len": "lens_known", "grown": "sizes_known", "gained": "blocks_known", "freed": "blocks_known"}


def order(row, sort):
    """Most first, sums beyond 64 bits before all, what is unknown last; then by key."""
    key = (row["key"] or "-").encode("utf-8", "surrogatepass")
    if sort == "key":
        return row["key"] is None, key
    name = SORTS[sort]
    value = row[name]
    if value is None and name in KNOWN and row[KNOWN[name]]:
        value = INT64_MAX
    return value is None, -(value or 0), key


def check_rows(told, calls, sort="calls", top=None):
    """One summary's rows, rest and total against these calls, of which none was folded."""
    groups = collections.defaultdict(list)
    for call in calls:
        groups[key_of(call, told["by"])].append(call)
    if len(told["rows"]) != min(len(groups), top or len(groups)):
        sys.exit("%d rows for %d keys" % (len(told["rows"]), len(groups)))
    for row in told["rows"]:
        if row["missing_max"] or row["key"] not in groups:
            sys.exit("row %s should not be there, or whole" % row["key"])
        same(row["key"], groups.pop(row["key"]), row)
    if groups:
        rest = [call for key in groups for call in groups[key]]
        if told["rest"]["rows"] != len(groups) or told["rest"]["missing_max"]:
            sys.exit("%s are not the rest of %d keys" % (told["rest"], len(groups)))
        same("rest", rest, told["rest"])
        # nothing that is left out belongs above what is shown
        last = order(told["rows"][-1], sort)
        for key, some in groups.items():
            row = dict(told["rows"][-1], key=key, **sums(some)[1])
            if not sort.startswith("p") and order(row, sort) < last:
                sys.exit("%s is left out, but not %s" % (key, told["rows"][-1]["key"]))
    elif told["rest"] is not None:
        sys.exit("a rest of nothing: %s" % told["rest"])
    same("total", calls, told["total"])
    keys = [order(row, sort) for row in told["rows"]]
    if keys != sorted(keys) or told["other"] is not None or told["folded"]:
        sys.exit("rows by %s are out of order, or folded" % sort)
    return len(keys)


def check_summary(told, calls, losses):
    if told["total"]["calls"] == sum((c["ret"] or 0) < 0 for c in calls):
        calls = [c for c in calls if (c["ret"] or 0) < 0]
    elif told["total"]["calls"] != len(calls):
        calls = [c for outer in calls for c in inner_too(outer)]
    if (told["lost"], told["gaps"]) != losses:
        sys.exit("not all that was lost")
    return check_rows(told, calls)


def check_summaries(path, *summaries):
    calls, losses = read(path)
    rows = 0
    for summary in summaries:
        with open(summary, encoding="utf-8") as text:
            rows += check_summary(json.load(text), calls, losses)
    print("%d rows in %d summaries, %d lost events" % (rows, len(summaries), losses[0]))


if __name__ == "__main__":
    {"calls": count_calls, "summaries": check_summaries}[sys.argv[1]](*sys.argv[2:])
