# SPDX-License-Identifier: MIT
"""
generate.py DIRECTORY [NAME…]

Writes small trace.dat files of every kind into DIRECTORY, and beside each NAME.dat a NAME.json that tells what was
put in. They are made from the descriptions of the formats, with nothing of our reader or writer: what reads them can
be held against the list. What a list says:

  what, version, method (of compression), big_endian, kernel_long, user_long, page_size, events (formats: names)
  clock, ticks (its stamps count no ns), utc_offset (ns to add for UTC; null: the file does not say)
  broken    something in the file can't be true, and is to be named, but all events are there
  quirk     why trace-cmd 3.1 can't be asked, or null
  buffers   in the file's order: name, clock, page_size, cpus: cpu, records, each of
              ts (after conversion), raw (as stored), event, tid, fields, hex (the payload), or
              lost (a number, or null: some), zero (a count lies there, but it is 0, which no kernel writes), before
              (its sub-buffer does not begin with an event, but with a stamp, or is empty)
  calls     what all that tells of: ts, latency (ns; null: not to be told), tid, cpu, fd, mode, offset, len, ret,
            size_before, size_after, family ("ext4" counts only where there is nothing better), in no order, and what
            went into several buffers as often
  text      the file holds text instead of pages
"""
import json
import os
import sys

sys.dont_write_bytecode = True  # the tree stays as it is

import container
import kinds


def describe_ring(ring, cpu, convert):
    records = []
    for entry in ring.log:
        if entry[0] == "lost":
            records.append({"lost": entry[1] if entry[1] >= 0 else None})
            if entry[1] < 0 and entry[2]:
                records[-1]["zero"] = True
            if not entry[3]:
                records[-1]["before"] = "no event"
        else:
            _, raw, payload, info = entry
            records.append({"ts": convert(cpu, raw), "raw": raw, **info, "hex": payload.hex()})
    return records


def describe_calls(case):
    calls = []
    for ring in [r for b in case.file.buffers for r in b.rings.values() if not isinstance(r, bytes)]:
        for call in ring.calls:
            told = dict(call)
            began, ended = told.pop("began"), told.pop("ended")
            told["ts"] = case.convert(call["cpu"], began)
            told["latency"] = None if ended is None or case.ticks else case.convert(call["cpu"], ended) - told["ts"]
            calls.append(told)
    return calls


def describe(case):
    file = case.file
    m = file.m
    buffers = []
    for b in file.buffers:
        cpus = [{"cpu": cpu, "records": describe_ring(ring, cpu, case.convert)}
                for cpu, ring in b.rings.items() if not isinstance(ring, bytes)]
        if b.text is None:
            buffers.append({"name": b.name, "clock": b.clock, "page_size": b.page or m.page, "cpus": cpus})
    return {"what": case.what, "version": 6 if isinstance(file, container.V6) else 7,
            "method": getattr(file, "method", "none"), "big_endian": m.big, "kernel_long": m.long,
            "user_long": m.user_long, "page_size": m.page, "events": [f"{e.system}:{e.name}" for e in file.events],
            "clock": case.clock, "ticks": case.ticks, "utc_offset": case.utc_offset, "broken": case.broken,
            "quirk": case.quirk, "buffers": buffers, "calls": describe_calls(case),
            "text": any(b.text is not None for b in file.buffers)}


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    directory, wanted = sys.argv[1], sys.argv[2:]
    os.makedirs(directory, exist_ok=True)
    for case in kinds.all_cases():
        if wanted and case.name not in wanted:
            continue
        data = case.file.build()
        with open(f"{directory}/{case.name}.dat", "wb") as out:
            out.write(data)
        with open(f"{directory}/{case.name}.json", "w", encoding="ascii") as out:
            json.dump(describe(case), out, indent=1)
            out.write("\n")


if __name__ == "__main__":
    main()
