# SPDX-License-Identifier: MIT
"""Compares what a workload says it did with what the program says it saw, call by call and field by field.

Exit 0: they agree. 1: a difference, a call missing, a call that nobody made, or a line that is not well-formed.
"""
import argparse
import collections
import difflib
import errno
import json
import posixpath
import re
import sys
from datetime import datetime, timezone

import calls

# Filesystems whose blocks must be known; elsewhere null is honest, a wrong number is not.
BLOCKS_KNOWN = {"tmpfs", "ext4", "xfs", "btrfs"}
# Filesystems that keep the blocks of data not yet written back where the inode's own count does not show them.
# fstat adds what btrfs has not written back, which a call on part of a page leaves behind even in a file that was
# synced before; now and then it is there when fstat looks, and not in i_blocks. More often would be our mistake.
BTRFS_LATE, BTRFS_LATE_MAX = "blocks of btrfs that fstat saw earlier", 3
DELAYED_UNSEEN = {"ext4", "btrfs"}
# What the system-call tracepoints know, and all that they know.
TRACEPOINTS = {"pid", "tid", "comm", "fd", "mode", "flags", "op", "offset", "len", "ret", "error", "via", "depth", "times",
               "odd"}
NOT_TRACEPOINTS = {"dev", "ino", "fs", "path", "caller", "size_before", "size_after", "blocks_before", "blocks_after"}
MAGIC = {0x01021994: "tmpfs", 0x50495045: "pipefs", 0x09041934: "anon_inodefs"}


class Mounts:
    """The mountinfo that the log begins with: mount ids, devices, mount points."""

    def __init__(self, text):
        self.by_id = {}
        for line in text.split(b"\n"):
            if not line:
                continue
            left, right = line.split(b" - ", 1)
            number, _, dev, root, point = left.split(b" ")[:5]
            fs, _, options = right.split(b" ")[:3]
            self.by_id[int(number)] = {
                "dev": dev.decode(), "root": self.plain(root), "point": self.plain(point), "fs": fs.decode(),
                "options": options,
            }

    @staticmethod
    def plain(field):
        return re.sub(rb"\\([0-7]{3})", lambda m: bytes([int(m.group(1), 8)]), field)

    def of_path(self, path):
        """The mount that a directory lies in."""
        inside = [m for m in self.by_id.values() if (path + b"/").startswith(m["point"].rstrip(b"/") + b"/")]
        return max(inside, key=lambda m: len(m["point"]))

    def upper(self, mount):
        found = re.search(rb"upperdir=([^,]*)", mount["options"])
        return found and found.group(1)


def read_truth(path):
    with open(path, encoding="ascii") as lines:
        first, *rest = [json.loads(line) for line in lines]
    mounts = Mounts(bytes.fromhex(first["hex"]))
    for t in rest:
        if t["path"] is not None:
            t["path"] = bytes.fromhex(t["path"])
        if "comm" in t:
            t["comm"] = bytes.fromhex(t["comm"])
        t["mount"] = mounts.by_id.get(t["mnt"])
    return mounts, rest


class Comparer:
    def __init__(self, options, mounts):
        self.options = options
        self.mounts = mounts
        self.differences = 0
        self.counts = collections.Counter()

    def differ(self, text):
        self.differences += 1
        if self.differences <= self.options.show:
            print(text)

    # --- one field each; all return (right, expected) ---

    def path(self, truth, got):
        want = truth["path"]
        if "fake" in truth and self.path(truth["fake"], got)[0]:
            return True, want
        if want is None or got is None:
            return got == want or (got is None and truth["mount"] is None and self.fs(truth) != "tmpfs"), want
        mount = truth["mount"]
        if mount is None:  # memfd, pipe and the like have no mount point, and some not even a name
            name = posixpath.basename(want).removeprefix(b"anon_inode:")
            return got == name if name.startswith(b"memfd:") else got == b".../" + name, want
        if not got.startswith(b".../"):
            return got == want, want
        # A path that is cut has the names in the filesystem, of which less may be mounted.
        below = (mount["root"].rstrip(b"/") + want[len(mount["point"].rstrip(b"/")):])[1:].split(b"/")
        tail = got[4:].split(b"/")
        # A name read is not known to be the topmost until the one above it is read.
        shorter = len(tail) < len(below) or len(tail) == self.options.min_names
        return shorter and below[-len(tail):] == tail and len(tail) >= self.options.min_names, want

    def number(self, truth, got, key):
        want = truth[key]
        fs = self.fs(truth)
        if truth.get("directory") and fs == "xfs":
            return True, want  # XFS keeps the size of a directory elsewhere; no fallocate of one ever succeeds
        if key.startswith("blocks") and want is not None:
            if truth["dirty"] and fs in DELAYED_UNSEEN:
                self.counts["blocks of delayed data not compared"] += 1
                return True, want
            if fs == "btrfs" and got is not None and got < want and self.counts[BTRFS_LATE] < BTRFS_LATE_MAX:
                self.counts[BTRFS_LATE] += 1
                return True, want
            if fs not in BLOCKS_KNOWN and got is None:
                self.counts[f"blocks unknown on {fs}"] += 1
                return True, want
        return got == want, want

    def fs(self, truth):
        if truth["path"] is None:
            return None
        return truth["mount"]["fs"] if truth["mount"] else MAGIC.get(truth["magic"])

    def dev(self, truth):
        if truth["path"] is None:
            return None
        return truth["mount"]["dev"] if truth["mount"] else truth["st_dev"]

    def times(self, truth, got):
        """ts and latency between the workload's own clock readings, time within the same span of the wall clock."""
        if truth["path"] is None and got["latency_ns"] is None:
            got = dict(got, latency_ns=0)  # one probe, on the way out, is all that sees a bad descriptor
        if got["ts"] is None or got["latency_ns"] is None or got["time"] is None:
            return "a time is null"
        first, last, slack = truth["before_ns"], truth["after_ns"], self.options.slack_ns
        slack_utc = self.options.utc_slack_ns
        if not first - slack <= got["ts"] <= got["ts"] + got["latency_ns"] <= last + slack:
            return f"ts {got['ts']} + {got['latency_ns']} not within {first}..{last}"
        when = datetime.strptime(got["time"][:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
        utc = int(when.timestamp()) * 10**9 + int(got["time"][20:29])
        if got["time"][29:] != "Z" or not truth["utc_ns"] - slack_utc <= utc <= truth["utc_end_ns"] + slack_utc:
            return f"time {got['time']} ({utc}) not within {truth['utc_ns']}..{truth['utc_end_ns']}"
        return None

    def after(self, truth, got):
        if truth["path"] is None:
            return got["after"] == "unknown"
        if self.options.expect_after == "any":
            return True
        # A call that failed may have failed before the filesystem: then nothing can have changed.
        return got["after"] == self.options.expect_after or (truth["ret"] < 0 and got["after"] == "derived")

    def expected(self, truth):
        """Fields that are compared as they are."""
        want = {k: truth[k] for k in ("pid", "tid", "fd", "mode", "offset", "len", "ret", "ino", "via") if k in truth}
        want["error"] = errno.errorcode.get(-truth["ret"], "EOPNOTSUPP") if truth["ret"] else None
        if want["error"] == "ENOTSUP":
            want["error"] = "EOPNOTSUPP"
        want["flags"] = calls.flags_of(truth["mode"])
        want["op"] = calls.op_of(truth["mode"])
        want["dev"] = self.dev(truth)
        if truth["mount"] or truth["path"] is None or self.fs(truth) == "tmpfs":
            want["fs"] = self.fs(truth)
        want["depth"] = 0
        return want

    def call(self, truth, got):
        wrong = []
        if truth["via"] == "madvise" and self.fs(truth) == "overlay":
            truth = self.below(truth)  # what is mapped is the file below
        for key, want in self.expected(truth).items():
            if got[key] != want:
                wrong.append((key, want, got[key]))
        if "comm" in truth and (calls.to_bytes(got, "comm") or b"") != truth["comm"]:
            wrong.append(("comm", truth["comm"], got["comm"]))
        right, want = self.path(truth, calls.to_bytes(got, "path"))
        if not right:
            wrong.append(("path", want, got["path"]))
        for key in ("size_before", "size_after", "blocks_before", "blocks_after"):
            right, want = self.number(truth, got[key], key)
            if not right:
                wrong.append((key, want, got[key]))
        if not self.after(truth, got):
            wrong.append(("after", self.options.expect_after, got["after"]))
        if self.options.rival and got["caller"] is None:
            wrong = [w for w in wrong if w[0] != "via" or got["via"]]
        elif truth["path"] is not None and not got["caller"]:
            wrong.append(("caller", "a symbol", got["caller"]))
        late = self.times(truth, got)
        if late:
            wrong.append(("times", "", late))
        if got["odd"]:
            wrong.append(("odd", [], got["odd"]))
        wrong += self.inner(truth, got)
        if self.options.tracepoints:
            wrong = [w for w in wrong if w[0] in TRACEPOINTS and (w[0] != "comm" or got["comm"] is not None)]
            self.counts["comm unknown"] += got["comm"] is None
            wrong += [(key, None, got[key]) for key in NOT_TRACEPOINTS if got[key] is not None]
        self.counts["calls compared"] += 1
        if wrong:
            self.differ(f"call seq {truth['seq']} {self.describe(truth)}")
            for key, want, have in wrong:
                self.counts[f"wrong {key}"] += 1
                if self.differences <= self.options.show:
                    print(f"    {key}: truth {want!r}, ours {have!r}")

    def below(self, truth):
        """The truth about the file that overlayfs opens below. Before 6.7 it was opened by the overlay's own path."""
        upper = self.mounts.upper(truth["mount"])
        path = upper + truth["path"][len(truth["mount"]["point"]):]
        return dict(truth, path=path, mount=self.mounts.of_path(upper), fake=truth)

    def inner(self, truth, got):
        """overlayfs asks the filesystem below: the same file by another name, and nothing else ever nests."""
        inner = got.get("inner", [])
        if self.fs(truth) != "overlay" or truth["ret"] != 0:
            return [("inner", [], inner)] if inner and self.fs(truth) != "overlay" else []
        if len(inner) != 1:
            return [("inner", "one call", inner)]
        below, real = inner[0], self.below(truth)
        mount = real["mount"]
        want = {"via": "overlay", "depth": 1, "dev": mount["dev"], "fs": mount["fs"], "odd": ["nested"],
                "op": calls.op_of(truth["mode"])}
        for key in ("mode", "offset", "len", "ret", "ino", "size_before", "size_after", "blocks_before",
                    "blocks_after", "pid", "tid"):
            want[key] = truth.get(key, below[key])
        if truth["dirty"]:
            del want["blocks_before"], want["blocks_after"]
        wrong = [(f"inner {key}", w, below[key]) for key, w in want.items() if below[key] != w]
        for key in ("flags", "error", "comm", "comm_hex"):
            if below.get(key) != got.get(key):
                wrong.append((f"inner {key}", got.get(key), below.get(key)))
        # Of a file with several names overlayfs takes the one below that it met first.
        if truth.get("links", 1) == 1 and not self.path(real, calls.to_bytes(below, "path"))[0]:
            wrong.append(("inner path", real["path"], below["path"]))
        times = [got["ts"], got["latency_ns"], below["ts"], below["latency_ns"]]
        if None in times or not times[0] <= times[2] <= times[2] + times[3] <= times[0] + times[1]:
            wrong.append(("inner ts", "within the outer call", below["ts"]))
        return wrong

    @staticmethod
    def describe(truth):
        return (f"{truth['via']} tid {truth.get('tid')} mode {truth['mode']:#x} offset {truth['offset']} "
                f"len {truth['len']} ret {truth['ret']} {truth['path']!r}")

    # --- joining ---

    def stream_of_truth(self, t):
        # io_uring's workers are the kernel's, but each file has calls of one thread only
        return ("tid", t["tid"]) if "tid" in t else ("file", self.dev(t), t["ino"])

    def stream_of_call(self, c):
        worker = c["via"] == "io_uring" or (self.options.rival and re.match("io[u_]", c["comm"] or ""))
        return ("file", c["dev"], c["ino"]) if worker else ("tid", c["tid"])

    def join(self, truths, ours):
        streams = collections.defaultdict(lambda: ([], []))
        for t in truths:
            streams[self.stream_of_truth(t)][0].append(t)
        for c in ours:
            streams[self.stream_of_call(c)][1].append(c)
        for left, right in streams.values():
            self.align(left, right)

    def align(self, left, right):
        def key(c):
            return (c["mode"], c["offset"], c["len"])

        matcher = difflib.SequenceMatcher(None, [key(t) for t in left], [key(c) for c in right], autojunk=False)
        for _, i, i_end, j, j_end in matcher.get_opcodes():
            for truth, got in zip(left[i:i_end], right[j:j_end]):
                self.call(truth, got)
            both = min(i_end - i, j_end - j)
            for truth in left[i + both:i_end]:
                self.counts["missing"] += 1
                self.differ(f"missing: {self.describe(truth)}")
            for got in right[j + both:j_end]:
                self.counts["extra"] += 1
                self.differ(f"extra: {json.dumps(got)}")

    def order(self, ours):
        last = 0
        for c in ours:
            end = (c["ts"] or 0) + (c["latency_ns"] or 0)
            if end < last:
                self.differ(f"not in the order in which calls ended: ts {c['ts']} tid {c['tid']}")
                return
            last = end


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("truth")
    parser.add_argument("json")
    parser.add_argument("--expect-after", default="any", choices=["seen", "derived", "unknown", "any"])
    parser.add_argument("--min-names", type=int, default=4, help="a path may be cut to so many names")
    parser.add_argument("--slack-ns", type=int, default=0)
    parser.add_argument("--utc-slack-ns", type=int, default=1_000_000)
    parser.add_argument("--show", type=int, default=40, help="differences to print")
    parser.add_argument("--ignore-comm", action="append", default=["compat?"],
                        help="calls of another falloctrace, say")
    parser.add_argument("--rival", action="store_true",
                        help="another's return probe lay over ours: the caller may be unknown, and so the way in")
    parser.add_argument("--tracepoints", action="store_true", help="64-bit system calls only, and little of them")
    options = parser.parse_args(arguments)

    mounts, truths = read_truth(options.truth)
    try:
        ours, lost = calls.read(options.json)
    except calls.Malformed as error:
        print(error)
        return 1
    if options.tracepoints:
        truths = [t for t in truths if t["via"] == "syscall"]
    comparer = Comparer(options, mounts)
    ours = [c for c in ours if c["comm"] not in options.ignore_comm]
    comparer.order(ours)
    comparer.join(truths, ours)
    for item in lost:
        comparer.differ(f"lost: {item}")
    if not truths:
        comparer.differ("the workload made no call")
    for what, count in sorted(comparer.counts.items()):
        print(f"{what}: {count}")
    print(f"{len(truths)} calls made, {len(ours)} seen, {comparer.differences} differences")
    return 1 if comparer.differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
