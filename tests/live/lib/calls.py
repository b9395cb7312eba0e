# SPDX-License-Identifier: MIT
"""The program's JSON, read and checked against the shape that design.md gives it."""
import json
import re

NUMBER = (int, type(None))
TEXT = (str, type(None))
# What is never null is without NoneType.
KEYS = {
    "type": str, "time": TEXT, "ts": NUMBER, "host": TEXT, "pid": NUMBER, "tid": int, "comm": TEXT, "cpu": NUMBER,
    "uid": NUMBER, "cgroup": TEXT, "container": TEXT,
    "via": TEXT, "caller": TEXT, "depth": int, "fd": NUMBER, "mode": NUMBER, "flags": (list, type(None)), "op": TEXT,
    "offset": NUMBER, "len": NUMBER, "ret": NUMBER, "error": TEXT, "latency_ns": NUMBER, "dev": TEXT, "ino": NUMBER,
    "fs": TEXT, "path": TEXT, "size_before": NUMBER, "size_after": NUMBER, "blocks_before": NUMBER,
    "blocks_after": NUMBER, "after": str, "odd": list,
}
SPACE = {"free", "avail", "size", "later_ns"}
FLAGS = ["KEEP_SIZE", "PUNCH_HOLE", "NO_HIDE_STALE", "COLLAPSE_RANGE", "ZERO_RANGE", "INSERT_RANGE", "UNSHARE_RANGE",
         "WRITE_ZEROES"]
OPS = {0: "extend", 1: "keep", 3: "punch", 8: "collapse", 0x20: "insert", 0x10: "zero", 0x11: "zero", 0x40: "unshare",
       0x41: "unshare", 0x80: "write-zeroes"}


class Malformed(Exception):
    pass


def to_bytes(call, key):
    """A name's bytes: where they are not UTF-8 the text has U+FFFD for what isn't, and KEY_hex has them all."""
    if key + "_hex" in call:
        return bytes.fromhex(call[key + "_hex"])
    return None if call[key] is None else call[key].encode()


def check_bytes(call, key, where):
    if key + "_hex" not in call:
        return
    escaped = bytes.fromhex(call[key + "_hex"]).decode("utf-8", "surrogateescape")
    shown = re.sub("[\udc80-\udcff]", "\ufffd", escaped)
    if shown == escaped or shown != call[key]:
        raise Malformed(f"{where}: {key}_hex does not go with {call[key]!r}")


def check(call, where):
    for key, kind in KEYS.items():
        if key not in call:
            raise Malformed(f"{where}: no {key}")
        if not isinstance(call[key], kind) or isinstance(call[key], bool):
            raise Malformed(f"{where}: {key} is {call[key]!r}")
    if call["type"] != "call":
        raise Malformed(f"{where}: type {call['type']!r}")
    unknown = set(call) - set(KEYS) - {"inner", "comm_hex", "path_hex", "cgroup_hex", "container_hex", "space",
                                         "reservation"}
    if unknown:
        raise Malformed(f"{where}: keys that design.md does not name: {sorted(unknown)}")
    if call["after"] not in ("seen", "derived", "unknown"):
        raise Malformed(f"{where}: after is {call['after']!r}")
    if (call["ret"] is None or call["ret"] >= 0) and call["error"] is not None:
        raise Malformed(f"{where}: error {call['error']!r} with ret {call['ret']}")
    check_bytes(call, "comm", where)
    check_bytes(call, "path", where)
    if "space" in call and (set(call["space"]) != SPACE or call["error"] not in ("ENOSPC", "EDQUOT") or
                            any(type(value) is not int or value < 0 for value in call["space"].values())):
        raise Malformed(f"{where}: space is {call['space']!r} where the error is {call['error']!r}")
    for inner in call.get("inner", []):
        check(inner, where + " (inner)")


def read(path):
    """Calls and losses of a file of JSON lines."""
    calls, lost = [], []
    with open(path, encoding="utf-8") as lines:  # what is no UTF-8 is no JSON
        for number, line in enumerate(lines, 1):
            where = f"{path}:{number}"
            try:
                item = json.loads(line)
            except ValueError as error:
                raise Malformed(f"{where}: {error}: {line[:200]!r}") from None
            if any(ord(c) < 32 for c in line[:-1]) or not line.endswith("\n"):
                raise Malformed(f"{where}: control characters, or no newline at the end")
            if item.get("type") == "call":
                check(item, where)
                calls.append(item)
            elif item.get("type") == "lost":
                lost.append(item)
            else:
                raise Malformed(f"{where}: type {item.get('type')!r}")
    return calls, lost


def flags_of(mode):
    """Names of a mode's bits as strace and the kernel's falloc.h have them; the rest as one hexadecimal number."""
    names = [name for bit, name in enumerate(FLAGS) if mode >> bit & 1]
    rest = mode & 0xFFFFFFFF & ~0xFF
    return names + ([hex(rest)] if rest else [])


def op_of(mode):
    return OPS.get(mode & 0xFFFFFFFF, "invalid")
