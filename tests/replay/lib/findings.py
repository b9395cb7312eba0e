# SPDX-License-Identifier: MIT
"""Those findings that a call shows by itself, from calls as replay -j lists them: by fallocate(2), not by our code."""
import collections

TOO_EARLY = {"EBADF", "EINVAL", "EOPNOTSUPP", "ENOSYS", "EPERM", "EACCES", "EROFS", "EFBIG", "ENODEV", "ESPIPE", "EISDIR",
             "ETXTBSY"}
REMOTE = ("nfs", "fuse", "cifs", "smb", "9p", "ceph", "virtiofs", "gfs2", "ocfs2")  # what the kernel has of these may be old
GROWING = {"extend", "zero", "unshare", "write-zeroes"}
KINDS = ("no-space", "unsupported", "absurd-length", "partial-allocation", "size-not-as-promised", "unaligned")


def file_of(item):
    """What a finding is about, and a call."""
    if item["dev"] and item["ino"] is not None or item["path"]:
        inode = (item["dev"], item["ino"]) if item["ino"] is not None else (None, None)
        return item["host"], *inode, item.get("path_hex") or item["path"]
    return item["host"], None, None, item["fd"]


def whole(call):
    return not set(call["odd"]) & {"unfinished", "orphan", "loss-nearby"}


def promise(call):
    """The sizes that the call may leave; None: any."""
    before, keep = call["size_before"], call["mode"] & 1
    end = call["offset"] + call["len"]
    if call["op"] in ("invalid", None):
        return None
    if call["ret"] == 0:
        if call["op"] in GROWING and not keep:
            return range(max(before, end), max(before, end) + 1) if end < 1 << 63 else None
        moved = {"collapse": -call["len"], "insert": call["len"]}.get(call["op"], 0)
        return range(before + moved, before + moved + 1) if 0 <= before + moved < 1 << 63 else None
    if call["error"] in TOO_EARLY:
        return None
    partly = call["op"] in GROWING and not keep and end < 1 << 63
    return range(before, max(before, end) + 1 if partly else before + 1)


def size_is_wrong(call):
    known = ("mode", "offset", "len", "ret", "size_before", "size_after")
    if call["after"] != "seen" or any(call[key] is None for key in known):
        return False
    if call["size_before"] < 0 or call["size_after"] < 0:
        return False
    allowed = promise(call)
    return allowed is not None and call["size_after"] not in allowed


def is_partial(call):
    blocks = call["blocks_before"], call["blocks_after"]
    if call["fs"] == "btrfs" and None not in blocks:  # what was written before has its blocks late
        waiting = None if call["size_before"] is None else call["size_before"] - 512 * blocks[0]
        if waiting is None or (waiting > 0 and waiting + 4096 >= 512 * (blocks[1] - blocks[0])):
            return False
    return (call["ret"] is not None and call["ret"] < 0 and call["error"] not in TOO_EARLY and None not in blocks and
            call["after"] != "derived" and blocks[1] > blocks[0] and call["op"] in GROWING | {"keep", "insert"})


def grid_of(call):
    """What the file's blocks are seen to be multiples of, in bytes."""
    known = call["blocks_before"], call["blocks_after"] if call["after"] != "derived" else None
    return min([4096] + [512 * (blocks & -blocks) for blocks in known if blocks])


def is_unaligned(call, grid):
    offset, length, size = call["offset"], call["len"], call["size_before"]
    if call["op"] not in ("punch", "zero") or call["ret"] != 0 or None in (offset, length):
        return False
    if offset < 0 or length <= 0 or offset + length >= 1 << 63 or (size is not None and offset >= size):
        return False
    end = offset + length
    return offset % grid != 0 or (end % grid != 0 and size is not None and end < size)


def kinds_of(call, grid):
    length = call["len"]
    if call["error"] in ("ENOSPC", "EDQUOT"):
        yield "no-space"
    if call["error"] == "EOPNOTSUPP":
        yield "unsupported"
    huge = length is not None and (length < 0 or length >= 1 << 60)
    if call["error"] == "EFBIG" or (huge and call["ret"] is not None and call["ret"] < 0):
        yield "absurd-length"
    if not whole(call):
        return
    if is_unaligned(call, grid):
        yield "unaligned"
    if (call["fs"] or "").startswith(REMOTE):
        return
    if is_partial(call):
        yield "partial-allocation"
    if size_is_wrong(call):
        yield "size-not-as-promised"


def expected(calls):
    """Calls by (kind, file)."""
    found, grids = collections.Counter(), {}
    for call in calls:
        file = file_of(call)
        if whole(call):
            grids[file] = min(grids.get(file, 4096), grid_of(call))
        found.update((kind, file) for kind in kinds_of(call, grids.get(file, 4096)))
    return {key: count for key, count in found.items() if key[0] != "unaligned" or count >= 3}
