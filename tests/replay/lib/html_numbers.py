# SPDX-License-Identifier: MIT
"""
html_numbers.py PROGRAM FILE…

What the report of each recording says is what its calls, as JSON, sum up to: tables, charts, single calls, losses,
findings.
"""
import collections
import datetime
import json
import os
import subprocess
import sys

from report import Report, shown
from sums import differences, key_of, total

ROWS = 500
TABLES = {"operations": "op", "processes": "process", "files": "file", "errors": "errno"}
SLOW, EACH, FAILED, LOSSES = 50, 10, 100, 50


class Wrong(Exception):
    pass


def same(what, ours, theirs):
    if ours != theirs:
        raise Wrong(f"{what}: the page has {ours!r:.300}, the calls {theirs!r:.300}")


def near(what, ours, exact):
    """Percentiles are told by buckets 1/32 wide: their middles are within 1/64."""
    if exact is None or ours is None:
        same(what, ours, exact)
    elif abs(ours - exact) > exact / 64 + 1:
        raise Wrong(f"{what}: the page has {ours}, the calls {exact}")


def rank(sorted_numbers, percent):
    return sorted_numbers[-(-len(sorted_numbers) * percent // 100) - 1] if sorted_numbers else None


def raw(call, field):
    if call.get(field + "_hex"):
        return bytes.fromhex(call[field + "_hex"])
    return None if call[field] is None else call[field].encode("utf-8", "surrogatepass")


def name_of(call, by):
    """As the page shows it; None: unknown."""
    if by == "process" and call["comm"] is not None:
        return shown(raw(call, "comm"))
    if by == "file" and call["path"] is not None:
        return shown(raw(call, "path"))
    return key_of(call, by)


def told(row):
    numbers = [cell.number() for cell in row[1:11]]
    return numbers[:6] + numbers[9:], numbers[6:9]


def counted(calls):
    latencies = sorted(c["latency_ns"] for c in calls if c["latency_ns"] is not None)
    blocks = differences(calls, "blocks", 512)
    sizes = differences(calls, "size")
    lengths = [max(c["len"], 0) for c in calls if c["len"] is not None]
    exact = [len(calls), sum((c["ret"] or 0) < 0 for c in calls), total(lengths, lengths), total(sizes, sizes),
             total([b for b in blocks if b > 0], blocks), total([-b for b in blocks if b < 0], blocks),
             latencies[-1] if latencies else None]
    return exact, [rank(latencies, p) for p in (50, 95, 99)]


def check_row(what, row, calls):
    exact, percentiles = told(row)
    theirs, exact_percentiles = counted(calls)
    over = 2**63 - 1  # "?": more than 64 bits hold
    same(what, [None if n == over else n for n in exact], theirs)
    for ours, number in zip(percentiles, exact_percentiles):
        near(what, ours, number)


def check_table(page, name, calls):
    by = TABLES[name]
    groups = collections.defaultdict(list)
    for call in calls:
        if by != "errno" or (call["ret"] or 0) < 0:
            groups[name_of(call, by)].append(call)
    if not groups:
        same(name, name in page.tables, False)
        return
    table = page.tables[name]
    same(f"rows of {name}", len(table.rows), min(len(groups), ROWS))
    written = [row[0].name for row in table.rows]
    same(f"different rows of {name}", len(set(written)), len(written))
    for row in table.rows:
        check_row(f"{name}: {row[0].name}", row, groups[row[0].name])
    order = [row[1].number() for row in table.rows]
    same(f"order of {name}", order, sorted((len(g) for g in groups.values()), reverse=True)[:ROWS])
    check_row(f"total of {name}", table.foot[-1], [c for group in groups.values() for c in group])
    others = [c for key, group in groups.items() if key not in written for c in group]
    same(f"others of {name}", len(table.foot), 2 if others else 1)
    if others:
        check_row(f"others of {name}", table.foot[0], others)


# --- times ---

EPOCH = datetime.datetime(1970, 1, 1)


def ns_of(time):
    """2026-11-23T09:15:02.123456789Z"""
    seconds = datetime.datetime.strptime(time[:19], "%Y-%m-%dT%H:%M:%S") - EPOCH
    return (seconds.days * 86400 + seconds.seconds) * 10**9 + int(time[20:29])


def end_of(call, utc):
    """When it ended (began), on the axis; None: it has no place there."""
    if utc != (call["time"] is not None) or call["ts"] is None:
        return None
    start = ns_of(call["time"]) if utc else call["ts"]
    return start + (call["latency_ns"] or 0)


def row_of(latency):
    if latency < 2:
        return latency
    power = latency.bit_length() - 1
    return 2 * power + (latency >> (power - 1) & 1)


def check_charts(page, calls):
    axis = page.data["axis"]
    if not axis["ns"]:
        # The clock counts something else: -j has when these began, the page when they ended.
        same("times and latencies of ticks", {(c["time"], c["latency_ns"]) for c in calls}, {(None, None)})
        same("calls of ticks", sum(b[1] for b in page.data["bins"]), len(calls))
        return
    start = axis["start"] * 10**9 + axis["start_ns"]
    bins, heat = collections.defaultdict(lambda: [0, 0, 0, 0]), collections.Counter()
    placed = 0
    for call in calls:
        end = end_of(call, axis["utc"])
        if end is None:
            continue
        placed += 1
        at = (end - start) // axis["width"]
        if not 0 <= at < axis["bins"]:
            raise Wrong(f"a call at {end} has no place in {axis}")
        change = differences([call], "blocks", 512) or [0]
        bins[at][0] += 1
        bins[at][1] += (call["ret"] or 0) < 0
        bins[at][2] += max(change[0], 0)
        bins[at][3] += max(-change[0], 0)
        if call["latency_ns"] is not None:
            heat[at, row_of(call["latency_ns"])] += 1
    same("bins", {b[0]: b[1:5] for b in page.data["bins"] if b[1]}, dict(bins))
    same("heat", {(at, row): n for at, row, n in page.data["heat"]}, dict(heat))
    if placed and not 16 <= axis["bins"] <= 512:
        raise Wrong(f"{axis['bins']} bins")
    check_files(page, calls, axis, start)


def check_files(page, calls, axis, start):
    groups = collections.defaultdict(list)
    for call in calls:
        if key_of(call, "file") is not None and end_of(call, axis["utc"]) is not None:
            groups[name_of(call, "file")].append(call)
    most = sorted((len(g) for g in groups.values()), reverse=True)[:6]
    counts = [sum(p[1] for p in points) for points in page.data["files"]]
    if len(groups) <= 256:
        same("calls on the files that have charts", counts[:6], most)
    for points in page.data["files"]:
        same("points in order", [p[0] for p in points], sorted({p[0] for p in points}))
        shapes = {tuple(p) for p in points}
        if len(groups) <= 256 and not any(shapes == points_of(g, axis, start) for g in groups.values()):
            raise Wrong(f"no file has the points {points[:5]}")


def points_of(calls, axis, start):
    """A file's points, as the page should have them."""
    bins = collections.defaultdict(list)
    for call in sorted(calls, key=lambda c: end_of(c, axis["utc"])):
        bins[(end_of(call, axis["utc"]) - start) // axis["width"]].append(call)
    return {(at, len(group), sum((c["ret"] or 0) < 0 for c in group), *ends(group, "size", 1),
             *ends(group, "blocks", 512)) for at, group in bins.items()}


def ends(group, name, unit):
    """The first that is known before, the last after."""
    known = [c for c in group if c[name + "_before"] is not None or c[name + "_after"] is not None]
    before = known[0][name + "_before"] if known else None
    after = [c[name + "_after"] for c in group if c[name + "_after"] is not None]
    return [None if n is None else max(n, 0) * unit for n in (before, after[-1] if after else None)]


# --- single calls, losses, findings ---

def check_calls(page, calls):
    slow = sorted((c["latency_ns"] for c in calls if c["latency_ns"] is not None), reverse=True)[:SLOW]
    rows = page.tables["slow"].rows if slow else []
    same("slowest calls", [row[1].number() for row in rows], slow)
    seen, failed = collections.Counter(), []
    for call in calls:
        if (call["ret"] or 0) < 0:
            seen[call["ret"]] += 1
            if seen[call["ret"]] <= EACH and len(failed) < FAILED:
                failed.append((name_of(call, "file"), call["error"] or str(call["ret"]), call["offset"], call["len"]))
    rows = page.tables["failed"].rows if failed else []
    same("failed calls", [(r[2].name, r[4].text, r[7].number(), r[8].number()) for r in rows], failed)


def check_losses(page, lost):
    rows = page.tables["losses"].rows if lost else []
    same("losses", [(r[2].number(), r[3].number()) for r in rows], [(l["cpu"], l["count"]) for l in lost][:LOSSES])
    same("a warning", page.warning is not None, bool(lost))
    known = sum(l["count"] for l in lost if l["count"] is not None)
    if known < 2**64 and not page.facts["Events lost"].startswith(f"{known:,}"):
        raise Wrong(f"events lost: {page.facts['Events lost']}, not {known}")


def run(program, *arguments):
    return subprocess.run([program, "replay", "-q", *arguments], capture_output=True, check=True).stdout.decode()


def readable(program, path):
    """Of the seeds some are no recordings of ours, which the program refuses."""
    return subprocess.run([program, "replay", "-q", "-j", path], capture_output=True, check=False).returncode == 0


def check(program, path):
    objects = [json.loads(line) for line in run(program, "-j", path).splitlines()]
    page = Report(run(program, "--format", "html", path))
    calls = [o for o in objects if o["type"] == "call"]
    same("what must not be", page.complaints(), [])
    same("calls", page.facts["Calls"].split()[0], f"{len(calls):,}")
    same("failed", page.facts["Failed"].split()[0], f"{sum((c['ret'] or 0) < 0 for c in calls):,}")
    same("how it was called", page.facts["Called as"].split(), [
        os.path.basename(program), "replay", "-q", "--format", "html", path])
    hosts = sorted({shown(raw(c, "host")) for c in calls if c["host"]})
    if hosts:
        same("hosts", page.facts["Host"], ", ".join(hosts))
    for name in TABLES:
        check_table(page, name, calls)
    check_charts(page, calls)
    check_calls(page, calls)
    check_losses(page, [o for o in objects if o["type"] == "lost"])
    findings = [json.loads(line) for line in run(program, "-j", "--findings", path).splitlines()]
    kinds = list(dict.fromkeys(f["finding"] for f in findings if f["type"] == "finding"))
    same("findings", page.findings, kinds)
    return len(calls), len(kinds)


def main():
    program, *paths = sys.argv[1:]
    checked = calls = kinds = refused = 0
    for path in paths:
        if not readable(program, path):
            refused += 1
            continue
        try:
            counts = check(program, path)
        except (Wrong, subprocess.CalledProcessError, ValueError, KeyError, AssertionError) as error:
            print(f"{path}: {type(error).__name__}: {error}")
            return 1
        checked += 1
        calls += counts[0]
        kinds += counts[1]
    if not calls:
        print("no calls at all: nothing was compared")
        return 1
    print(f"{checked} pages, {calls} calls, {kinds} findings; {refused} files refused")
    return 0


sys.exit(main())
