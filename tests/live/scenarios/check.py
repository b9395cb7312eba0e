# SPDX-License-Identifier: MIT
"""Compares what falloctrace tells of a scenario with what the scenario knows of itself.

check.py calls TRUTH.json CALLS.json         each call, in the order in which each file saw them
check.py findings TRUTH.json FINDINGS.json…  which findings on which files: exactly those; the same in each file
check.py comms TRUTH.json                    who made the calls, as -n takes it
"""
import collections
import json
import sys

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


def check_findings(truth_path, *paths):
    truth = read_truth(truth_path)
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
        told.append(items)
    for other in told[1:]:
        if comparable(other) != comparable(told[0]):
            sys.exit(f"they differ:\n{comparable(told[0])}\n{comparable(other)}")
    print(", ".join(sorted({finding for finding, _ in want})) or "nothing found")


def comparable(items):
    """What is left of findings without that in which two looks at one thing may differ."""
    return sorted(json.dumps(item, sort_keys=True) for item in items)


def print_comms(truth_path):
    print(",".join(sorted({call["comm"] for call in read_truth(truth_path)["calls"]})))


if __name__ == "__main__":
    {"calls": check_calls, "findings": check_findings, "comms": print_comms}[sys.argv[1]](*sys.argv[2:])
