# SPDX-License-Identifier: MIT
"""
seeds.py TOOLS DIRECTORY FALLOCTRACE

For each of tests/seeds' files, made in DIRECTORY: what is in it, by its generator's own list and as dump_records,
walk_kbuffer, trace-cmd report and falloctrace replay tell it. A line "ok …", "not ok …" or "skip …: why" for each
comparison.
"""
import collections
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../seeds"))
import generate  # noqa: E402
import kinds  # noqa: E402

CALL_FIELDS = {"fd": 4, "mode": 0, "offset": 8, "len": 8}
# event → kind that dump_records names, and the fields of it that struct event has; bytes of signed ones, 0: unsigned
KINDS = {
    "sys_enter_fallocate": ("sys_enter", CALL_FIELDS),
    "sys_exit_fallocate": ("sys_exit", {"ret": 4}),
    "sys_badfd": ("sys_badfd", {**CALL_FIELDS, "nr": 0, "comm": None}),
    "compat_enter": ("compat_enter", {"fd": 4, "mode": 0, "offset": 8, "len": 8, "comm": None}),
    "compat_exit": ("compat_exit", {"ret": 4}),
    "vfs_enter": ("vfs_enter", {**CALL_FIELDS, "file": 0, "size": 8, "blocks": 0, "ino": 0, "dev": 0, "mnt": 4,
                                "nr": 0, "comm": None, "n0": None, "n1": None, "n2": None, "n3": None}),
    "vfs_done": ("vfs_done", {"file": 0, "size": 8, "blocks": 0}),
    "vfs_exit": ("vfs_exit", {"ret": 4, "caller": 0}),
    "task_newtask": ("newtask", {"child": 4, "clone_flags": 0}),
}
HEXADECIMAL = re.compile(r"__probe|clone_flags")


class Differ(Exception):
    pass


def run(*command, data=None, fine=(0,)):
    done = subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode not in fine:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise Differ(f"{os.path.basename(command[0])} ended with {done.returncode}: {' '.join(last)}")
    return done.stdout.decode(errors="replace").splitlines(), done.stderr.decode(errors="replace").splitlines()


def by_cpu(rows):
    """(buffer, CPU) → its records, in order."""
    out = collections.defaultdict(list)
    for buffer, cpu, *rest in rows:
        out[buffer, cpu].append(tuple(rest))
    return dict(out)


def compare(expected, found, who):
    for key in sorted(set(expected) | set(found), key=str):
        want, got = expected.get(key, []), found.get(key, [])
        for i, (a, b) in enumerate(zip(want, got)):
            if a != b:
                raise Differ(f"{who}: buffer {key[0]!r}, CPU {key[1]}, record {i}: {b}, not {a}")
        if len(want) != len(got):
            raise Differ(f"{who}: buffer {key[0]!r}, CPU {key[1]}: {len(got)} records, not {len(want)}")


def listed(told, make):
    """make(record) → what is compared, None: nothing. Buffers are numbered as far as they have anything."""
    rows, number = [], 0
    for buffer in told["buffers"]:
        before = len(rows)
        for cpu in buffer["cpus"]:
            for record in cpu["records"]:
                made = make(record)
                if made is not None:
                    rows.append((number, cpu["cpu"], *made))
        number += len(rows) > before
    return by_cpu(rows)


def renumbered(rows):
    """Our numbers of buffers, without those that turned out to have nothing in them."""
    numbers = {n: i for i, n in enumerate(sorted({row[0] for row in rows}))}
    return by_cpu((numbers[row[0]], *row[1:]) for row in rows)


def lost_text(record):
    return "?" if record["lost"] is None else str(record["lost"])


def raw_row(stamp):
    def make(record):
        if "lost" in record:
            return ("lost", lost_text(record))
        return (str(record[stamp]), record["hex"])
    return make


def parse_raw(lines):
    return [(int(b), int(cpu), *rest) for b, cpu, *rest in map(str.split, lines)]


def our_records(tools, path, told):
    lines, problems = run(f"{tools}/dump_records", "-r", path)
    compare(listed(told, raw_row("ts")), renumbered(parse_raw(lines)), "our reader")
    if bool(problems) != (told["broken"] or told["text"]):
        raise Differ(f"our reader names problems: {problems}")


def our_calls(program, path, told):
    """The whole of it: each call once, though it be in two buffers."""
    better = any(call["family"] != "ext4" for call in told["calls"])
    keys = ["ts", "cpu", "tid", "mode", "offset", "len", "ret", "size_before", "size_after"]
    wanted = {tuple(c[k] for k in keys) + (c["latency"], c["fd"]) for c in told["calls"]
              if c["family"] != "ext4" or not better}
    lines, _ = run(program, "replay", "--json", path, fine=(0, 1))
    found = [json.loads(line) for line in lines]
    found = [tuple(c[k] for k in keys) + (c["latency_ns"], c["fd"]) for c in found if c["type"] == "call"]
    ends = [c[0] + (c[-2] or 0) for c in found]
    if not told["ticks"] and ends != sorted(ends):
        raise Differ("our replay: calls are not in the order in which they ended")
    # A kernel whose number of fallocate we do not know: fd as a probe read it can't be believed
    unknown = told["big_endian"] and told["kernel_long"] == 4
    missing = sorted((w for w in wanted if w not in found and not (unknown and w[:-1] + (None,) in found)), key=str)
    if missing or len(found) != len(wanted):
        raise Differ(f"our replay: {len(found)} calls, not {len(wanted)}; missing: {missing[:2]}")


def wanted_fields(name, fields):
    values = dict(fields)
    if name == "compat_enter":
        values.update(offset=fields["off_hi"] << 32 | fields["off_lo"], len=fields["len_hi"] << 32 | fields["len_lo"])
    if name == "task_newtask":
        values["child"] = fields["pid"]
    values["caller"] = fields.get("__probe_ret_ip")
    return values


def as_number(value, size):
    """As dump_records prints it: all of 8 bytes signed."""
    bits = 8 * (size or 8)
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def joined(registers, big):
    """What an event of a 32-bit kernel shows of offset: two registers. Of len it shows nothing."""
    first, second = registers["offset"], registers["len"]
    return {**registers, "offset": first << 32 | second if big else second << 32 | first}


def event_row(record, told):
    system, _, name = record.get("event", "::").partition(":")
    if name not in KINDS or (system not in ("syscalls", "task") and not system.startswith("falloctrace")):
        return None
    kind, fields = KINDS[name]
    values = wanted_fields(name, record["fields"])
    if name == "sys_enter_fallocate" and told["kernel_long"] == 4:
        values = joined(values, told["big_endian"])
        fields = {f: size for f, size in fields.items() if f != "len"}
    values["mode"] = values.get("mode", 0) & 0xffffffff
    shown = [f"{f}={values[f] if size is None else as_number(values[f], size)}" for f, size in fields.items()]
    return (str(record["ts"]), str(record["tid"]), kind, *sorted(shown))


def our_events(tools, path, told):
    lines, _ = run(f"{tools}/dump_records", "-e", path)
    rows = []
    for b, cpu, ts, tid, kind, *fields in map(str.split, lines):
        known = [k for k in KINDS.values() if k[0] == kind]
        if not known:
            continue
        rows.append((int(b), int(cpu), ts, tid, kind, *sorted(f for f in fields if f.split("=")[0] in known[0][1])))
    expected = listed(told, lambda record: event_row(record, told))
    if any(e.startswith("kprobes:") for e in told["events"]):
        rows = [row for row in rows if row[4] == "newtask"]  # of a group without our name others decide
    compare(expected, renumbered(rows), "our schema")


def untold(record):
    """
    kbuffer, and trace-cmd with it, tells a loss where a sub-buffer begins with an event, not where it begins with a
    stamp or is empty; and a count of 0 is no loss for it, but one of unknown size for us.
    """
    return "zero" in record or "before" in record


def kbuffer(tools, case, told):
    """The generator's own pages: no container between."""
    m, data, number = case.file.m, b"", 0
    for buffer in case.file.buffers:
        rings = {cpu: r for cpu, r in buffer.rings.items() if not isinstance(r, bytes) and r.log}
        for cpu, ring in rings.items():
            data += f"{number} {cpu} {m.long} {int(m.big)} {ring.size} {len(ring.pages)}\n".encode() + ring.data()
        number += bool(rings)
    lines, _ = run(f"{tools}/walk_kbuffer", data=data)

    def make(record):
        return None if untold(record) else raw_row("raw")(record)

    compare(listed(told, make), by_cpu(parse_raw(lines)), "kbuffer")


LINE = re.compile(r"^(?: *(?P<buffer>\S.*?): )? *(?P<comm>\S+)-(?P<tid>\d+) +\[(?P<cpu>\d+)\] *(?P<seconds>\d+)"
                  r"(?:\.(?P<ns>\d{9}))?: (?P<event>\w+): *(?P<fields>.*)$")
DROPPED = re.compile(r"^(?: *(?P<buffer>\S.*?): )? *CPU:(?P<cpu>\d+) \[(?:(?P<count>\d+) )?EVENTS DROPPED\]$")


def report_fields(event, text):
    """Numbers as numbers, whatever their print format makes of them."""
    pattern = r"\s*" + r"\s+".join(f"{re.escape(f[1])}=(.*)" for f in event.fields)
    found = re.fullmatch(pattern, text)
    if not found:
        raise Differ(f"trace-cmd prints {event.name} as {text!r}")
    out = []
    for (kind, name, _, size, _), value in zip(event.fields, found.groups()):
        if kind != "string" and not kind.endswith("]"):
            value = int(value, 16 if HEXADECIMAL.match(name) else 0) % (1 << 8 * size)
        out.append((name, value))
    return tuple(out)


def report_rows(lines, events):
    names, dropped = {e.name: e for e in events}, None
    for line in lines:
        found = LINE.match(line)
        if found and found["event"] in names:
            ts = int(found["seconds"]) * 10 ** 9 + int(found["ns"]) if found["ns"] else int(found["seconds"])
            # Behind a loss it does not print the buffer again.
            buffer, dropped = (found["buffer"] or "") if dropped is None else dropped, None
            yield (buffer, int(found["cpu"]), ts, found["event"], int(found["tid"]),
                   report_fields(names[found["event"]], found["fields"]))
            continue
        found = DROPPED.match(line)
        if found:
            dropped = found["buffer"] or ""
            yield (dropped, int(found["cpu"]), "lost", found["count"])
        elif line and not re.match(r"cpus=|CPU \d+ is empty|start \(null\):sched_switch", line):
            raise Differ(f"trace-cmd says {line!r}")


def trace_cmd(path, case, told):
    lines, _ = run("trace-cmd", "report", "-R", "-t", path)
    events = {e.name: e for e in case.file.events}

    def make(record):
        if "lost" in record:
            return ("lost", None if record["lost"] is None else str(record["lost"]))
        event = events[record["event"].split(":")[1]]
        fields = tuple((f[1], record["fields"][f[1]] if f[0] == "string" or f[0].endswith("]")
                        else record["fields"][f[1]] % (1 << 8 * f[3])) for f in event.fields)
        return (record["ts"] + (told["utc_offset"] or 0), event.name, record["tid"], fields)

    expected = {}
    for buffer in told["buffers"]:
        for cpu in buffer["cpus"]:
            rows = [make(r) for r in cpu["records"] if not untold(r)]
            if rows:
                expected[buffer["name"], cpu["cpu"]] = rows
    compare(expected, by_cpu(report_rows(lines, case.file.events)), "trace-cmd")


def check(name, what, *args):
    try:
        what(*args)
        print(f"ok {name}")
    except Differ as e:
        print(f"not ok {name}: {e}")


def skip(name, why):
    print(f"skip {name}: {why}")


def cases():
    """And as many by chance as CHANCES says, from the first on: "0 40"."""
    yield from kinds.all_cases()
    first, count = map(int, os.environ.get("CHANCES", "0 40").split())
    for number in range(first, first + count):
        case = kinds.chance(number)
        if kinds.three_small_pages(case.file):
            case.quirk = "trace-cmd loses the last of three pages of 1K"
        yield case


def main(tools, directory, program):
    os.makedirs(directory, exist_ok=True)
    for case in cases():
        path = f"{directory}/{case.name}.dat"
        with open(path, "wb") as out:
            out.write(case.file.build())
        told = generate.describe(case)
        check(f"{case.name}: our reader", our_records, tools, path, told)
        if told["text"]:
            continue
        if not any("lost" in r for b in told["buffers"] for cpu in b["cpus"] for r in cpu["records"]):
            check(f"{case.name}: our replay", our_calls, program, path, told)
        check(f"{case.name}: our schema", our_events, tools, path, told)
        check(f"{case.name}: kbuffer", kbuffer, tools, case, told)
        if case.quirk:
            skip(f"{case.name}: trace-cmd", case.quirk)
        else:
            check(f"{case.name}: trace-cmd", trace_cmd, path, case, told)


main(*sys.argv[1:])
