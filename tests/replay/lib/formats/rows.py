# SPDX-License-Identifier: MIT
"""What the fields of a call must hold, from its line of JSON."""
import codecs

INT64_MAX = (1 << 63) - 1
TEXT = ("host", "cgroup", "container", "comm", "caller", "fs", "path")


class Differ(Exception):
    pass


def each_byte(error):
    """A malformed byte is one U+FFFD."""
    return "\ufffd", error.start + 1


codecs.register_error("each", each_byte)


def text_of(data):
    return data.decode("utf-8", "each")


def joined(words, none=None):
    return none if words is None else "|".join(words) or none


def difference(row, before, after, unit=1):
    """None where an end is unknown, or the difference beyond 64 bits."""
    if row[before] is None or row[after] is None:
        return None
    value = (row[after] - row[before]) * unit
    return value if -INT64_MAX - 1 <= value <= INT64_MAX else None


def fields_of(row):
    """By name, None for what is not known."""
    fields = {k: v for k, v in row.items() if k not in ("type", "inner", "flags", "odd", "space") and not k.endswith("_hex")}
    fields["flags"] = None if row["flags"] is None else joined(row["flags"], "0")
    fields["odd"] = joined(row["odd"])
    for key in ("free", "avail", "size", "later_ns"):
        fields["space_" + key] = row.get("space", {}).get(key)
    fields["grown"] = difference(row, "size_before", "size_after")
    fields["gained"] = difference(row, "blocks_before", "blocks_after", 512)
    return fields


def bytes_of(row, key):
    """The bytes of a text, where JSON has them."""
    if row[key] is None:
        return None
    return bytes.fromhex(row[key + "_hex"]) if key + "_hex" in row else row[key].encode()


def need(good, *what):
    if not good:
        raise Differ(" ".join(str(w) for w in what))


def pair(found, wanted, compare):
    """Both in order; compare(found, wanted) raises Differ."""
    for i, (a, b) in enumerate(zip(found, wanted)):
        try:
            compare(a, b)
        except Differ as why:
            raise Differ(f"row {i}: {why}") from None
    need(len(found) == len(wanted), len(found), "rows, not", len(wanted))
