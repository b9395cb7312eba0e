# SPDX-License-Identifier: MIT
"""Tracee's event, by the Go structure that its JSON comes from (types/trace/trace.go of v0.20 to v0.24)."""
import json

from .rows import need, pair

KEYS = ("timestamp threadStartTime processorId processId cgroupId threadId parentProcessId hostProcessId hostThreadId "
        "hostParentProcessId userId mountNamespace pidNamespace processName executable hostName containerId container "
        "kubernetes eventId eventName matchedPolicies argsNum returnValue syscall stackAddresses contextFlags "
        "threadEntityId processEntityId parentEntityId args").split()
SYSCALLS = {"syscall": "fallocate", "compat": "fallocate", "ioctl": "ioctl", "madvise": "madvise"}
U64 = 1 << 64


def utc_ns(time):
    import datetime
    whole, fraction = time[:-1].split(".")
    return int(datetime.datetime.fromisoformat(whole + "+00:00").timestamp()) * 10**9 + int(fraction)


def signed(mode):
    return mode if mode is None or mode < 1 << 31 else mode - (1 << 32)


def compare(event, row):
    need(list(event) == KEYS, "keys", list(event))
    wanted = {
        "timestamp": row["time"] and utc_ns(row["time"]), "processorId": row["cpu"], "processId": row["pid"],
        "hostProcessId": row["pid"], "threadId": row["tid"], "hostThreadId": row["tid"],
        "processName": row["comm"] or "", "hostName": row["host"] or "", "eventName": "fallocate",
        "returnValue": row["ret"], "syscall": SYSCALLS.get(row["via"], ""),
        "contextFlags": {"containerStarted": False, "isCompat": row["via"] == "compat"},
        "argsNum": sum(row[k] is not None for k in ("fd", "mode", "offset", "len")),
        "args": [{"name": name, "type": kind, "value": value} for name, kind, value in (
            ("fd", "int", row["fd"]), ("mode", "int", signed(row["mode"])),
            ("offset", "off_t", row["offset"] if row["offset"] is None else row["offset"] % U64),
            ("len", "off_t", row["len"] if row["len"] is None else row["len"] % U64))],
    }
    for key, value in wanted.items():
        need(event[key] == value, key, event[key], "not", value)


def read(data):
    text = data.decode("utf-8", "strict")
    need(not text or text.endswith("\n"), "the last line")
    return [json.loads(line) for line in text.split("\n")[:-1]]


def check(data, rows, validate):
    events = read(data)
    for event in events:
        validate(event)
    pair(events, [r for r in rows if r["type"] == "call"], compare)
    return {e["eventId"] for e in events}
