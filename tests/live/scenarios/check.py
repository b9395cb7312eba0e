# SPDX-License-Identifier: MIT
"""Compares what falloctrace tells of a scenario with what the scenario knows of itself.

check.py calls TRUTH.json CALLS.json         each call, in the order in which each file saw them
check.py findings TRUTH.json FINDINGS.json…  which findings on which files: exactly those; the same in each file
check.py comms TRUTH.json                    who made the calls, as -n takes it
"""
import collections
import json
import sys

PUNCH = 3  # PUNCH_HOLE | KEEP_SIZE
# A scenario's kind of filesystem, as the kernel names it
KINDS = {"ext4-bigalloc": "ext4", "xfs-quota": "xfs"}
FINDINGS = {"partial-allocation", "size-not-as-promised", "punch-freed-nothing", "unsupported", "interrupted", "no-space",
            "tiny-extends", "tiny-punches", "unaligned", "unused-reservation", "absurd-length", "slow"}


def read_truth(path):
    with open(path, encoding="utf-8") as file:
        truth = json.load(file)
    truth["calls"] = [dict(zip(truth["columns"], row)) for row in truth["calls"]]
    if not truth["calls"]:
        sys.exit(f"{path}: the scenario made no call")
    for file in truth["files"]:
        if set(file["findings"]) - FINDINGS:
            sys.exit(f"{path}: {file['findings']}: no such finding")
    return truth


def read_lines(path, kind):
    """The objects of a type; losses make all of it worthless."""
    with open(path, encoding="utf-8") as lines:
        items = [json.loads(line) for line in lines]
    for item in items:
        if item["type"] == "lost":
            sys.exit(f"{path}: events were lost: {item}")
    return [item for item in items if item["type"] == kind]


def compare_call(want, got, fs):
    """What differs, as text."""
    same = ["comm", "mode", "offset", "len", "error"]
    same += [key for key in ("size_before", "size_after", "blocks_before", "blocks_after") if want[key] is not None]
    wrong = [f"{key} is {got[key]!r}, not {want[key]!r}" for key in same if got[key] != want[key]]
    if want["size_before"] is None and not 0 < got["size_before"] < got["size_after"]:
        wrong.append(f"size went from {got['size_before']} to {got['size_after']} while the file was appended to")
    if want["ns"] is not None and not 0 < got["latency_ns"] <= want["ns"]:
        wrong.append(f"took {got['latency_ns']} ns, but the caller waited {want['ns']} ns")
    if got["fs"] != fs or got["via"] != "syscall" or got["odd"]:
        wrong.append(f"fs {got['fs']!r}, via {got['via']!r}, odd {got['odd']!r}")
    return wrong


def compare_file(truth, number, got):
    """got: the calls on this file."""
    file = truth["files"][number]
    want = [call for call in truth["calls"] if call["file"] == number]
    if len(want) != len(got):
        sys.exit(f"{file['path']}: {len(got)} calls, not {len(want)}")
    errors = collections.Counter(call["error"] for call in got)
    ok = errors.pop(None, 0)
    if ok != file["ok"] or errors != file["errors"]:
        sys.exit(f"{file['path']}: {ok} succeeded, {dict(errors)} failed; not {file['ok']} and {file['errors']}")
    fs = KINDS.get(truth["fs"], truth["fs"])
    for index, (one, other) in enumerate(zip(want, got)):
        wrong = compare_call(one, other, fs)
        if wrong:
            sys.exit(f"{file['path']}: call {index}: {'; '.join(wrong)}\nwanted {one}\ngot    {other}")
    return len(want)


def check_calls(truth_path, calls_path):
    truth = read_truth(truth_path)
    calls = read_lines(calls_path, "call")
    count = sum(compare_file(truth, number, [call for call in calls if call["path"] == file["path"]])
                for number, file in enumerate(truth["files"]))
    print(f"{count} calls on {len(truth['files'])} files")


def stalled(truth):
    """Files with calls whose caller, too, had to wait long for: a busy machine stops its guests now and then."""
    for number, file in enumerate(truth["files"]):
        waited = [call["ns"] or 0 for call in truth["calls"] if call["file"] == number]
        if max(waited) >= 10**9 or max(waited) >= 50 * 10**6 and len(waited) > 20:
            yield ("slow", file["path"])


def proof_of(finding, rows):
    """Which of a file's calls prove a finding, and what is to be said of them."""
    failed = {"no-space": "ENOSPC", "unsupported": "EOPNOTSUPP", "interrupted": "EINTR", "absurd-length": "EFBIG"}
    if finding in failed:
        calls = [row for row in rows if row["error"] == failed[finding]]
        return calls, {
            "unsupported": {"calls_of_mode_0": sum(row["mode"] == 0 for row in calls)},
            "interrupted": {"longest_run": len(calls)},
            "absurd-length": {"calls_too_big": len(calls)},
            "no-space": {"calls_asking_less_than_free": sum(row["len"] <= row["free_after"] for row in calls)},
        }[finding]
    if finding == "partial-allocation":
        calls = [row for row in rows if row["error"]]
        return calls, {"bytes_gained": 512 * sum(row["blocks_after"] - row["blocks_before"] for row in calls)}
    if finding == "size-not-as-promised":
        return [row for row in rows if row["size_before"] is None], {}
    if finding == "unused-reservation":
        last = rows[-1]
        return [last], {"bytes_allocated": 512 * last["blocks_after"], "size": last["size_after"]}
    if finding == "slow":
        return [max(rows, key=lambda row: row["ns"])], {}
    punches = [row for row in rows if row["mode"] == PUNCH]
    if finding == "punch-freed-nothing":
        calls = [row for row in punches if row["blocks_after"] == row["blocks_before"]]
        return calls, {"bytes_allocated_before": sum(row["len"] for row in calls)}
    if finding == "unaligned":
        calls = [row for row in rows if row["mode"] and (row["offset"] % 4096 or row["len"] % 4096)]
        return calls, {"punches": sum(row["mode"] == PUNCH for row in calls)}
    calls = punches if finding == "tiny-punches" else rows
    return calls, {"bytes_asked": sum(row["len"] for row in calls), "longest_run": len(calls)}


def check_proof(item, truth, number):
    """The evidence is that which the scenario has."""
    calls, evidence = proof_of(item["finding"], [row for row in truth["calls"] if row["file"] == number])
    worst = item["worst"]
    got = {"calls": item["calls"], "fs": item["fs"], **{key: item["evidence"].get(key, 0) for key in evidence},
           "comms": [process["comm"] for process in item["processes"]],
           "worst": (worst["offset"], worst["len"]) in [(row["offset"], row["len"]) for row in calls]}
    want = {"calls": len(calls), "fs": KINDS.get(truth["fs"], truth["fs"]), **evidence,
            "comms": [calls[0]["comm"]], "worst": True}
    if item["finding"] == "no-space":
        got["space"] = worst.get("space", {}).get("avail")
        want["space"] = calls[0]["free_after"]
    if item["finding"] == "slow":  # perhaps the machine stood still another time
        want["calls"] = got["calls"] = max(got["calls"], 1)
    wrong = [f"{key} is {got[key]!r}, not {want[key]!r}" for key in want if got[key] != want[key]]
    if wrong:
        sys.exit(f"{item['finding']}: {'; '.join(wrong)}\n{json.dumps(item)}")


def check_findings(truth_path, *paths):
    truth = read_truth(truth_path)
    numbers = {file["path"]: number for number, file in enumerate(truth["files"])}
    want = {(finding, file["path"]) for file in truth["files"] for finding in file["findings"]}
    allowed = set(stalled(truth))
    told = []
    for path in paths:
        items = read_lines(path, "finding")
        got = collections.Counter((item["finding"], item["path"]) for item in items)
        for finding, times in got.items():
            if times > 1:
                sys.exit(f"{path}: {finding} came {times} times")
        if want - set(got) or set(got) - want - allowed:
            sys.exit(f"{path}: missing {sorted(want - set(got))}, too many {sorted(set(got) - want)}\n" +
                     "\n".join(json.dumps(item) for item in items))
        items = [item for item in items if (item["finding"], item["path"]) in want]
        for item in items:
            check_proof(item, truth, numbers[item["path"]])
        told.append(comparable(items))
    for other in told[1:]:
        if other != told[0]:
            sys.exit("they differ:\n" + "\n".join(sorted(set(told[0]) ^ set(other))))
    print(", ".join(sorted({finding for finding, _ in want})) or "nothing found")


def comparable(items):
    """What must be the same of one thing looked at twice: all but times, and which call took longest."""
    lines = []
    for item in items:
        same = {key: value for key, value in item.items() if not is_time(key) and key != "allocated"}
        same["evidence"] = {key: value for key, value in item["evidence"].items() if not is_time(key)}
        same["worst"] = {key: value for key, value in item["worst"].items() if not is_time(key) and key != "space"}
        if item["finding"] in ("interrupted", "tiny-extends", "tiny-punches"):
            del same["worst"]
        lines.append(json.dumps(same, sort_keys=True))
    return sorted(lines)


def is_time(key):
    return "time" in key or key.endswith("ts") or key in ("latency_ns", "median_of_alike")


def print_comms(truth_path):
    print(",".join(sorted({call["comm"] for call in read_truth(truth_path)["calls"]})))


if __name__ == "__main__":
    {"calls": check_calls, "findings": check_findings, "comms": print_comms}[sys.argv[1]](*sys.argv[2:])
