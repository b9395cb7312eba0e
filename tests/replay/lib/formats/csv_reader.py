# SPDX-License-Identifier: MIT
"""RFC 4180, by python's csv."""
import csv
import io
import re

from .rows import TEXT, Differ, bytes_of, fields_of, need, pair, text_of

ESCAPE = re.compile(rb"\\(x[0-9a-f]{2}|.)", re.S)
LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"\\": b"\\"}
FORMULA = "=+-@\t\r＝＋－＠"


def unescape(cell):
    def byte(match):
        code = match[1]
        if len(code) == 3:
            return bytes.fromhex(code[1:].decode())
        if code not in LETTERS:
            raise Differ(f"escape \\{code!r}")
        return LETTERS[code]
    return ESCAPE.sub(byte, cell.encode())


def read(data):
    """Rows as dicts, of the bytes of a file."""
    text = data.decode("utf-8", "strict")
    need(text.endswith("\r\n") and text.count("\r") == text.count("\n") == text.count("\r\n"), "an end of line")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    need(len(rows) == text.count("\r\n"), "a row of several lines")
    for row in rows:
        need(len(row) == len(rows[0]), "a row of", len(row), "cells")
    return [dict(zip(rows[0], row)) for row in rows[1:]]


def same_text(cell, key, row):
    if row[key] is None:
        return cell == ""
    if key in ("comm", "path", "cgroup", "container"):
        return unescape(cell) == bytes_of(row, key)
    return text_of(unescape(cell)) == row[key]  # JSON has no bytes of these


def compare_call(found, row):
    wanted = fields_of(row)
    need(found["type"] == "call" and found["lost"] == "", "type or lost of", found)
    need(set(found) == set(wanted) | {"type", "lost"}, "columns", set(found) ^ set(wanted))
    for key, value in wanted.items():
        cell = found[key]
        if key in TEXT:
            need(same_text(cell, key, row), key, repr(cell), "not", repr(row[key]))
            need(not cell or cell[0] not in FORMULA, key, "is a formula:", cell)
        else:
            need(cell == ("" if value is None else str(value)), key, repr(cell), "not", value)


def compare(found, row):
    if row["type"] == "call":
        compare_call(found, row)
        return
    wanted = {"type": "lost", "cpu": row["cpu"], "ts": row["before_ts"], "lost": row["count"], "host": row["host"]}
    for key, value in wanted.items():
        need(found[key] == ("" if value is None else str(value)), key, found[key], "not", value)
    need(not any(v for k, v in found.items() if k not in wanted and k != "time"), "a loss with", found)


def check(data, rows):
    pair(read(data), rows, compare)


def check_listed(data, told):
    """A seed's calls by its generator's own list."""
    better = any(call["family"] != "ext4" for call in told["calls"])
    keys = ["ts", "cpu", "tid", "mode", "offset", "len", "ret", "size_before", "size_after"]
    wanted = {tuple("" if c[k] is None else str(c[k]) for k in keys) for c in told["calls"]
              if c["family"] != "ext4" or not better}
    found = {tuple(row[k] for k in keys) for row in read(data) if row["type"] == "call"}
    need(found == wanted, "not in the list:", list(found - wanted)[:1], "missing:", list(wanted - found)[:1])
