# SPDX-License-Identifier: MIT
"""Lines of strace -f -y -ttt -T -o FILE, by strace(1): of strace itself and of ours."""
import os
import re

from .rows import bytes_of, need, pair
from .tracee_reader import utc_ns

# include/uapi/linux/falloc.h
FLAGS = {f"FALLOC_FL_{name}": 1 << i for i, name in enumerate(
    "KEEP_SIZE PUNCH_HOLE NO_HIDE_STALE COLLAPSE_RANGE ZERO_RANGE INSERT_RANGE UNSHARE_RANGE WRITE_ZEROES".split())}
LEADER = r"(?P<pid>\d+) +(?P<time>-?\d+(?:\.\d{6})?|\?) "
NUMBER = r"(?:\?|-?\d+)"
ARGUMENTS = (rf"(?P<fd>{NUMBER})(?:<(?P<path>(?:[^<>\\]|\\.)*)>(?:\(deleted\))?)?(?P<comment> /\* [^*]* \*/)?, "
             rf"(?P<mode>[^ ,]+)(?P<none> /\* FALLOC_FL_\?\?\? \*/)?, (?P<offset>{NUMBER}), (?P<len>{NUMBER})")
RESULT = (r" = (?:(?P<ret>-?\d+)|(?P<failed>-1|\?) (?P<error>E\w+) \((?P<text>[^()]*)\)|-1 \(errno (?P<errno>\d+)\)"
          r"|(?P<unknown>\? <unavailable>))(?: <(?P<seconds>\d+\.\d{6})>)?")
CALL = re.compile(rf"{LEADER}(?:fallocate\({ARGUMENTS}(?:\)|(?P<unfinished> <unfinished \.\.\.>$))"
                  rf"|<\.\.\. (?P<resumed>fallocate) resumed>\))(?:{RESULT})?", re.A)
LOST = re.compile(r"(?P<time>-?\d+\.\d{6}|\?) \+\+\+ (?P<count>\d+|\?) events lost on CPU (?P<cpu>\d+)(?: of .*)? \+\+\+")
BESIDE = re.compile(rf"{LEADER}(?:\+\+\+|---) .* (?:\+\+\+|---)")
LETTERS = {"f": 12, "n": 10, "r": 13, "t": 9, "v": 11, '"': 34, "\\": 92}


def unescape(text):
    def byte(match):
        code = match[1]
        return chr(LETTERS[code] if code in LETTERS else int(code, 8))
    need(all(" " <= c <= "~" for c in text), "not printable:", repr(text))
    return re.sub(r'\\([0-7]{1,3}|[fnrtv"\\])', byte, text).encode("latin-1")


def mode_of(text, none):
    """The number; its spelling must be strace's: names in order, what has none at the end, said so where it is alone."""
    if text in ("?", "0"):
        need(not none, "a comment on", text)
        return None if text == "?" else 0
    words, mode = text.split("|"), 0
    for word in words:
        bit = FLAGS[word] if word in FLAGS else int(word, 16)
        need(bit > mode or word.startswith("0x"), "order in", text)
        mode |= bit
    need(bool(none) == (words[0] not in FLAGS), "comment on", text)
    need(all(w in FLAGS for w in words[:-1]), text)
    return mode


def number(text):
    return None if text in ("?", None) else int(text)


def parse(line):
    """A line as a dict; None for what strace tells beside calls."""
    if BESIDE.fullmatch(line):
        return None
    found = LOST.fullmatch(line)
    if found:
        return {"lost": number(found["count"]), "cpu": int(found["cpu"]), "time": found["time"]}
    found = CALL.fullmatch(line)
    need(found, "no line of strace:", line)
    call = {key: number(found[key]) for key in ("pid", "fd", "offset", "len", "ret", "errno")}
    call.update(time=found["time"], path=None if found["path"] is None else unescape(found["path"]),
                mode=None if found["resumed"] else mode_of(found["mode"], found["none"]), comment=found["comment"],
                error=found["error"], text=found["text"], restart=found["failed"] == "?", seconds=found["seconds"],
                unfinished=bool(found["unfinished"]))
    return call


def read(data):
    lines = data.decode("ascii", "strict").split("\n")
    need(lines.pop() == "", "the last line")
    return [call for call in map(parse, lines) if call]


def micro(ns):
    """As strace: cut off."""
    return f"{ns // 10**9}.{ns % 10**9 // 1000:06d}"


def compare_result(call, row):
    ret = row["ret"]
    need(call["unfinished"] == ("unfinished" in row["odd"] and ret is None), "unfinished")
    if ret is None:
        need(call["ret"] is call["error"] is call["errno"] is None, "result", call)
    elif -4095 <= ret < 0 and row["error"]:
        need(call["error"] == row["error"], "error", call["error"])
        need(call["restart"] == (ret in (-512, -513, -514, -516)), "restart", call)
        need(call["restart"] or call["text"] == os.strerror(-ret), "text", call["text"])
    else:
        need(-4095 <= ret < 0 and call["errno"] == -ret or call["ret"] == ret, "result", call, "not", ret)
    known = ret is not None and row["latency_ns"] is not None
    need(call["seconds"] == (micro(row["latency_ns"]) if known else None), "seconds", call["seconds"])


def compare(call, row):
    if row["type"] == "lost":
        need(call.get("lost", 0) == row["count"] and call["cpu"] == row["cpu"], "loss", call)
        return
    need(call.get("pid") == row["tid"], "thread", call)
    if row["time"]:
        need(call["time"] == micro(utc_ns(row["time"])), "time", call["time"], "not", row["time"])
    else:
        need(call["time"] in (micro(row["ts"]), str(row["ts"])), "time", call["time"])
    for key in ("fd", "mode", "offset", "len"):
        need(call[key] == row[key], key, call[key], "not", row[key])
    need(call["path"] == bytes_of(row, "path"), "path", call["path"])
    plain = row["via"] in (None, "syscall", "compat")
    need((call["comment"] is None) == plain and (plain or row["via"] in call["comment"]), "comment", call["comment"])
    compare_result(call, row)


def check(data, rows):
    pair(read(data), rows, compare)
