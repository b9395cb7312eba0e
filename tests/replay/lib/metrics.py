# SPDX-License-Identifier: MIT
"""What --format openmetrics must say, counted anew from the calls as JSON; and programs that read it."""
import collections
import glob
import json
import os
import shutil
import subprocess

BOUNDS = [2**i * 1000 for i in range(25)]  # ns
TOP = 2**64 - 1


def run(program, *arguments):
    return subprocess.run([program, "replay", "-q", *arguments], stdout=subprocess.PIPE, check=True).stdout


def name(word):
    return "unknown" if word is None else word


def error_of(call):
    if call["ret"] is None:
        return "unknown"
    return "none" if call["ret"] >= 0 else call["error"] or "other"


def changes(call, what, unit):
    """What it gained and what it lost; None where either end is not known."""
    before, after = call[what + "_before"], call[what + "_after"]
    if before is None or after is None:
        return None
    return max(0, after - before) * unit, max(0, before - after) * unit


def expected(rows):
    """{(name, labels as a frozenset): value} of all but falloctrace_info."""
    sums = collections.Counter()

    def add(metric, value, **labels):
        sums["falloctrace_" + metric, frozenset(labels.items())] += value

    for odd in ("unfinished", "orphan", "nested", "loss-nearby"):
        add("odd_calls_total", 0, odd=odd)
    add("lost_events_total", 0)
    add("uncounted_losses_total", 0)
    for row in rows:
        if row["type"] == "lost":
            if row["count"] is None:
                add("uncounted_losses_total", 1)
            else:
                add("lost_events_total", row["count"])
            continue
        cell = {"op": name(row["op"]), "via": name(row["via"]), "fs": name(row["fs"]), "error": error_of(row)}
        add("calls_total", 1, **cell)
        if row["len"] is not None:
            add("requested_bytes_total", max(0, row["len"]), **cell)
        for what, unit, up, down in (("size", 1, "grown", "shrunk"), ("blocks", 512, "allocated", "freed")):
            change = changes(row, what, unit)
            if change:
                add(up + "_bytes_total", change[0], **cell)
                add(down + "_bytes_total", change[1], **cell)
        for odd in row["odd"]:
            add("odd_calls_total", 1, odd=odd)
        if row["latency_ns"] is not None:
            add("latency_seconds_count", 1, op=cell["op"])
            add("latency_seconds_sum", row["latency_ns"], op=cell["op"])
            for bound in BOUNDS:
                add("latency_seconds_bucket", row["latency_ns"] <= bound, op=cell["op"], le=str(bound / 1e9))
            add("latency_seconds_bucket", 1, op=cell["op"], le="inf")
    return {key: min(value, TOP) / 1e9 if key[0].endswith("_seconds_sum") else float(min(value, TOP))
            for key, value in sums.items()}


def told(families):
    """The same of what a parser read, and the labels of falloctrace_info."""
    values, infos = {}, []
    for family in families:
        for sample in family.samples:
            labels = dict(sample.labels)
            if sample.timestamp is not None:
                raise ValueError(f"{sample.name} has a timestamp")
            if sample.name == "falloctrace_info":
                infos.append(labels)
                continue
            if "le" in labels:
                labels["le"] = str(float(labels["le"]))
            key = sample.name, frozenset(labels.items())
            if key in values:
                raise ValueError(f"{key} is there twice")
            values[key] = sample.value
    return values, infos


def differences(want, got):
    out = []
    for key in sorted(want.keys() | got.keys(), key=str):
        a, b = want.get(key), got.get(key)
        if a is None or b is None or abs(a - b) > abs(a) * 1e-12:
            out.append(f"{key[0]}{dict(key[1])} is {b}, not {a}")
    return out


def rows_of(program, *arguments):
    return [json.loads(line) for line in run(program, "-j", *arguments).splitlines()]


def unpacked(package, file):
    """
    A file of a Debian package, which is not installed: prometheus and
    prometheus-node-exporter would start a service. None: it can't be had here.
    """
    cache = os.environ.get("FALLOCTRACE_CACHE") or os.path.expanduser("~/.cache/falloctrace")
    folder = os.path.join(cache, "packages", package)
    path = os.path.join(folder, file)
    if os.path.exists(path):
        return path
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return None
    work = f"{folder}.{os.getpid()}"
    os.makedirs(work, exist_ok=True)
    try:
        subprocess.run(["apt-get", "-qq", "-o", "APT::Sandbox::User=" + ("root" if os.getuid() == 0 else ""),
                        "download", package], cwd=work, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       check=True)
        for deb in glob.glob(os.path.join(work, "*.deb")):
            subprocess.run(["dpkg-deb", "-x", deb, work], check=True)
            os.unlink(deb)
        shutil.rmtree(folder, ignore_errors=True)
        os.rename(work, folder)
    except (subprocess.CalledProcessError, OSError):
        shutil.rmtree(work, ignore_errors=True)
    return path if os.path.exists(path) else None
