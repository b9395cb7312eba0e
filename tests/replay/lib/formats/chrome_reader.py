# SPDX-License-Identifier: MIT
"""The Trace Event Format: an array of events, of which slices of one thread must nest."""
import collections
import decimal
import json

from .rows import INT64_MAX, TEXT, bytes_of, fields_of, need, pair

EXACT = 1 << 53
NAMES_MAX = 8
SUMS = ("asked", "grown", "allocated", "freed")


def read(data):
    return json.loads(data.decode("utf-8", "strict"), parse_float=decimal.Decimal)


def ns(event, key="ts"):
    value = event[key] * 1000
    need(value == int(value), "parts of ns:", event[key])
    return int(value)


def check_nesting(events):
    """Of each thread: any two slices are one within the other or apart. Of two that begin at once the outer is first."""
    threads = collections.defaultdict(list)
    for event in events:
        if event["ph"] == "X":
            threads[event["pid"], event["tid"]].append((ns(event), ns(event) + ns(event, "dur")))
    for thread, slices in threads.items():
        stack = []
        for start, end in sorted(slices, key=lambda s: s[0]):  # as a reader does: stable, by beginning alone
            while stack and stack[-1] <= start and not (stack[-1] == start == end):
                stack.pop()
            need(not stack or end <= stack[-1], "overlap on", thread, "at", start)
            stack.append(end)
    return threads


def check_names(events):
    """Each name is told once in a row, before its track has anything, and not without end."""
    told, counts = {}, collections.Counter()
    for event in events:
        track = event["pid"] if event["name"] == "process_name" else (event["pid"], event["tid"])
        if event["ph"] == "M":
            name = event["args"]["name"]
            need(told.get((event["name"], track)) != name, "told again:", name)
            told[event["name"], track] = name
            counts[event["name"], track] += 1
        elif event["ph"] == "X" and event["args"]["comm"] is not None:
            need(("process_name", event["pid"]) in told, "no name of process", event["pid"])
            need(("thread_name", track) in told, "no name of thread", track)
    need(not counts or max(counts.values()) <= NAMES_MAX, "a name told", max(counts.values(), default=0), "times")


def saturating(total, value):
    return max(-INT64_MAX - 1, min(INT64_MAX, total + value))


def sums_of(rows):
    """What the outer calls add up to, of what was seen."""
    total = dict.fromkeys(SUMS, 0)
    for row in rows:
        fields = fields_of(row)
        seen = row["after"] == "seen"
        gained = fields["gained"] if seen and fields["gained"] is not None else 0
        for key, value in zip(SUMS, (max(0, row["len"] or 0), seen and fields["grown"] or 0, max(0, gained),
                                     max(0, -gained))):
            total[key] = saturating(total[key], value)
    return total


def check_counters(events, rows):
    """They never fall but for the sizes', nor does their time; the machine's ends in the sum of all."""
    last, times, machines = {}, {}, {e["pid"] for e in events if e["ph"] == "M" and e["pid"] >= 1 << 31}
    for event in events:
        if event["ph"] != "C":
            continue
        pid, values = event["pid"], event["args"]
        for key in ("asked", "allocated", "freed"):
            need(values[key] >= last.get(pid, values)[key], key, "falls to", values)
        need(ns(event) >= times.get(pid, 0), "time falls to", event["ts"])
        last[pid], times[pid] = values, ns(event)
    need(len(machines) <= 1, "machines", machines)
    total = sums_of(rows)
    for pid in machines:
        need(last.get(pid, dict.fromkeys(SUMS, 0)) == total, "sums are", last.get(pid), "not", total)
    processes = [v for p, v in last.items() if p not in machines]
    if len(processes) < 10000 and all(abs(v) < INT64_MAX for v in total.values()):
        for key in SUMS:
            need(sum(v[key] for v in processes) == total[key], key, "of processes is not", total[key])


def number_of(value):
    """Strings are what a double would not hold."""
    if isinstance(value, str):
        value = int(value)
        need(abs(value) > EXACT, "a string of", value)
        return value
    need(value is None or abs(value) <= EXACT, "a number of", value)
    return value


def compare_args(args, row):
    wanted = fields_of(row)
    keys = {k for k in args if not k.endswith("_hex")}
    need(keys == set(wanted), "arguments", keys ^ set(wanted))
    for key, value in wanted.items():
        if isinstance(value, int):
            need(number_of(args[key]) == value, key, args[key], "not", value)
        else:
            need(args[key] == value, key, args[key], "not", value)
        if key in TEXT and key in ("comm", "path") and value is not None:
            data = bytes.fromhex(args[key + "_hex"]) if key + "_hex" in args else args[key].encode()
            need(data == bytes_of(row, key), "bytes of", key)


def compare(event, row):
    if row["type"] == "lost":
        need(event["name"] == "events lost" and event["s"] == "p", "no loss:", event)
        need(event["args"]["cpu"] == row["cpu"], "CPU", event)
        count = event["args"]["count"]
        need((int(count) if count is not None else None) == row["count"], "count", event)
        need(row["before_ts"] is None or ns(event) == row["before_ts"], "time", event)
        return
    need(event["name"] == (row["op"] or "fallocate"), "name", event["name"])
    need(event["cat"] == (row["via"] or "unknown"), "category", event["cat"])
    need((event["pid"], event["tid"]) == (row["tid"] if row["pid"] is None else row["pid"], row["tid"]), "track", event)
    need(("cname" in event) == ((row["ret"] or 0) < 0), "colour", event)
    need(row["ts"] is None or ns(event) == row["ts"], "ts", event["ts"], "not", row["ts"])
    if event["ph"] == "X":
        need(ns(event, "dur") == row["latency_ns"], "dur", event["dur"], "not", row["latency_ns"])
    compare_args(event["args"], row)


def check_moments(events, threads):
    """A call whose length is known is a slice, unless it would overlap one."""
    for event in events:
        latency = event["args"].get("latency_ns") if event["ph"] == "i" and event["s"] == "t" else None
        if latency is None:
            continue
        start, end = ns(event), ns(event) + int(latency)
        crossing = [s for s in threads[event["pid"], event["tid"]] if s[0] < end and start < s[1]]
        need(crossing, "a moment for no reason:", event)


def check(data, rows, validate, clock=True):
    """rows: nested ones as well. Without a clock all are moments. Returns how many slices lie in another."""
    events = read(data)
    validate(events)
    threads = check_nesting(events)
    check_names(events)
    pair([e for e in events if e["ph"] in "Xi"], rows, compare)
    check_moments(events, threads)
    check_counters(events, [r for r in rows if r["type"] == "call" and r["depth"] == 0])
    need(clock or not threads, "slices without a clock")
    return sum(e["ph"] == "X" and e["args"]["depth"] > 0 for e in events)


def check_cut(data, places=40):
    """What was cut off behind any line wants a ] at most."""
    lines = data.split(b"\n")
    step = max(1, len(lines) // places)
    for end in range(1, len(lines) - 2, step):
        json.loads(b"\n".join(lines[:end + 1]) + b"]")
