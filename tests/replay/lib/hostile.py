# SPDX-License-Identifier: MIT
"""
hostile.py PROGRAM DIRECTORY [NAME…]

Makes trace.dat files that claim much, or hold much of what is small when it is compressed, replays them, and says for
each whether the program kept to its limits: it ends by itself, with status 0 or 1, in time, and takes no more than
64 MiB. SANITIZED in the environment: only the small files; memory is not looked at, it is the sanitizer's.
"""
import os
import struct
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../seeds"))

import container as c
import formats
from container import Buffer, V6, V7
from ring import Machine

MEMORY_MAX = 64 << 20
TIME_MAX = 20  # seconds of a CPU; each takes a few at most
WALL_MAX = 300
RAW = -1       # an option that is already one
LITTLE = Machine()
UNAME = (c.UNAME, b"Linux evil 6.1.0 x86_64\0")


class Raw7(V7):
    def option(self, number, data):
        return data if number == RAW else super().option(number, data)


def record(payload, delta=1):
    """Of the form with its length in a word of its own."""
    payload = payload.ljust((len(payload) + 3) // 4 * 4, b"\0")
    return struct.pack("<II", delta << 5, len(payload) + 4) + payload


def page(ts, body, size=4096):
    return (struct.pack("<QQ", ts, len(body)) + body).ljust(size, b"\0")


def small_events():
    """Records of 12 bytes and more: as many as can be."""
    return {e.name: e for e in (formats.probe(LITTLE, "falloctrace_1", "vfs_enter", 10, "mode:u8"),
                                formats.probe(LITTLE, "falloctrace_1", "vfs_exit", 11, "ret:s32", True),
                                formats.newtask(LITTLE))}


def pages_of(of, count):
    """Pages of as many records as fit, of(i) each."""
    out, body, ts = [], [], 1000
    room = 4096 - 16
    used = 0
    for i in range(count):
        data = of(i)
        if used + len(data) > room:
            out.append(page(ts, b"".join(body)))
            body, used = [], 0
            ts += 100000
        body.append(data)
        used += len(data)
    out.append(page(ts, b"".join(body)))
    return b"".join(out)


def calls_file(of, count, **how):
    return V6(LITTLE, list(small_events().values()), [Buffer(rings={0: pages_of(of, count)})], [UNAME], **how)


# --- claims ---

def claims_many_cpus():
    """A kilobyte that announces 8192 CPUs with pages of a megabyte each, and ends there."""
    machine = Machine(page=1 << 20)
    file = V6(machine, list(small_events().values())[:1], [Buffer()], [UNAME], cpus=8192).build()
    at = file.index(b"flyrecord\0") + 10
    table = b"".join(struct.pack("<QQ", at + 512 + i, 1 << 40) for i in range(10))
    return file[:at] + table


def claims_large_pages():
    """8192 CPUs, of each a byte of a page of a megabyte."""
    machine = Machine(page=1 << 20)
    file = V6(machine, list(small_events().values()), [Buffer()], [UNAME], cpus=8192).build()
    at = file.index(b"flyrecord\0") + 10
    end = at + 16 * 8192 + 64
    table = b"".join(struct.pack("<QQ", end + 20 * i, 20) for i in range(8192))
    return (file[:at] + table).ljust(end, b"\0") + page(5, b"\0\0\0\0", 20) * 8192


def claims_large_compressed():
    """64 CPUs, of each a compressed page of a megabyte."""
    machine = Machine(page=1 << 20)
    rings = {cpu: page(5 + cpu, enter(0) * 30000, 1 << 20) * 2 for cpu in range(64)}
    return V7(machine, list(small_events().values()), [Buffer(rings=rings)], [UNAME], method="zstd",
              chunk=1 << 20).build()


def claims_huge_sizes():
    file = bytearray(V7(LITTLE, list(small_events().values()), [Buffer(rings={0: page(1, b"")})], [UNAME]).build())
    at = 0
    while (at := file.find(b"\xff\xff\xff\xff", at)) >= 0:  # of sections without a description
        file[at + 4:at + 12] = struct.pack("<Q", (1 << 62) + at)
        at += 12
    return bytes(file)


# --- what is small when it is compressed ---

def bomb(**how):
    return V7(LITTLE, list(small_events().values()), [Buffer(rings={0: pages_of(enter, 100)})], [UNAME],
              method="zstd", **how)


def bomb_beyond_all():
    return bomb(kallsyms="ffffffff81000000 T a\n" * 12000000).build()


# The others stay just below what a section may decompress to.
def bomb_of_symbols():
    return bomb(kallsyms="ffffffff81000000 T a\n" * 190000).build()


def bomb_of_cmdlines():
    return bomb(cmdlines="1 a\n" * 1000000).build()


def bomb_of_options(option):
    file = Raw7(LITTLE, list(small_events().values()), [Buffer()], [UNAME, (RAW, option)], method="zstd", squeeze=True)
    return file.build()


def bomb_of_empty_options():
    return bomb_of_options(struct.pack("<HI", 99, 0) * 690000)


def bomb_of_buffers():
    data = struct.pack("<Q", 0) + b"b\0mono\0" + struct.pack("<II", 4096, 0)
    return bomb_of_options((struct.pack("<HI", c.BUFFER, len(data)) + data) * 140000)


def bomb_of_tops():
    streams = struct.pack("<Q", 0) + b"b\0mono\0" + struct.pack("<II", 4096, 8192)
    streams += b"".join(struct.pack("<IQQ", i, 4096 * i, 1) for i in range(8192))
    streams = (struct.pack("<HI", c.BUFFER, len(streams)) + streams) * 8
    data = struct.pack("<Q", 0) + b"\0mono\0" + struct.pack("<II", 4096, 0)
    return bomb_of_options(streams + (struct.pack("<HI", c.BUFFER, len(data)) + data) * 100000)


def bomb_of_notes():
    line = b"mount %d 8:1 inode 1 / /" + b"m" * 1000 + b" ext4\n"
    text = b"falloctrace 1\n" + b"".join(line % i for i in range(3800))
    data = struct.pack("<HI", c.VERSION, len(text) + 1) + text + b"\0"
    return bomb_of_options(data)


def bomb_of_formats():
    event = list(small_events().values())[0]
    many = [event] * 8000
    return V7(LITTLE, many, [Buffer(rings={0: pages_of(enter, 10)})], [UNAME], method="zstd").build()


def bomb_of_pages():
    """A gigabyte of zeros."""
    empty = c.compress("zstd", b"\0" * (1 << 20))
    data = struct.pack("<I", 1000) + (struct.pack("<II", len(empty), 1 << 20) + empty) * 1000
    file = V7(LITTLE, list(small_events().values()), [Buffer(rings={0: page(1, b"")})], [UNAME], method="zstd")
    file.chunks = lambda ignored: data
    return file.build()


def bomb_in_turns():
    """Chunks of a megabyte for each of so many CPUs that there is no memory for these: taken page by page, in turns."""
    machine = Machine(page=1024)
    cpus, chunks = 64, 4
    rings = {}
    for cpu in range(cpus):
        rings[cpu] = b"".join(page(1000 + cpu + 100 * i, record(struct.pack("<HHiQB", 10, 0, cpu + 1, 0, 0)), 1024)
                              for i in range(1024 * chunks))
    return V7(machine, list(small_events().values()), [Buffer(rings=rings)], [UNAME], method="zstd",
              chunk=1 << 20).build()


# --- much of one kind ---

def enter(i):
    return record(struct.pack("<HHiQB", 10, 0, 1 + i % 3, 0, 0))


def nested_calls():
    """Millions of calls of one thread, each in the one before."""
    return calls_file(lambda i: record(struct.pack("<HHiQB", 10, 0, 7, 0, 0)), 2000000).build()


def many_threads():
    """Each with a call that never returns."""
    return calls_file(lambda i: record(struct.pack("<HHiQB", 10, 0, 1 + i, 0, 0)), 1000000).build()


def many_tasks():
    newtask = small_events()["task_newtask"]
    blank = newtask.record(1, {})
    return calls_file(lambda i: record(blank[:4] + struct.pack("<ii", 1 + i, 2 + i) + blank[12:]), 1500000).build()


def many_callers():
    return calls_file(lambda i: record(struct.pack("<HHiQQi", 11, 0, 1, 0, 0xffffffff81000000 + 16 * i, 0)), 500000,
                      kallsyms="".join(f"{0xffffffff81000000 + 16 * i:x} T name_of_a_function_{i}\n"
                                       for i in range(500000))).build()


def many_paths():
    """Threads in calls that never return, with the longest names."""
    event = formats.probe(LITTLE, "falloctrace_1", "vfs_enter", 10, "file:u64 n0:string n1:string n2:string n3:string")
    values = {f"n{k}": "n" * 250 for k in range(4)}
    blank = event.record(1, values)
    file = V6(LITTLE, [event], [Buffer(rings={0: pages_of(lambda i: record(
        blank[:4] + struct.pack("<i", 1 + i) + blank[8:]), 60000)})], [UNAME])
    return file.build()


def many_notes():
    """100,000 mounts, symbols and tasks."""
    lines = [b"falloctrace 1"]
    for i in range(100000):
        lines.append(b"mount %d %d:%d inode 1 / /m/%d ext4" % (i + 1, i % 4000, i, i))
        lines.append(b"symbol %x %x s%d" % (16 * i, 16 * i + 8, i))
        lines.append(b"task %d %d 1" % (2 * i + 2, 2 * i + 1))
    text = b"\n".join(lines) + b"\n\0"
    return V6(LITTLE, list(small_events().values()), [Buffer(rings={0: pages_of(enter, 1000)})],
              [UNAME, (c.VERSION, text)]).build()


def many_buffers():
    """Calls of one buffer wait for those of the others that may be the same."""
    rings = {0: pages_of(lambda i: record(struct.pack("<HHiQB", 10, 0, 1 + i, 0, 0)), 300000)}
    return V6(LITTLE, list(small_events().values()),
              [Buffer(rings=rings), Buffer("other", rings), Buffer("third", rings)], [UNAME]).build()


def many_systems():
    """Of one event each."""
    texts = []
    for i in range(60000):
        text = formats.probe(LITTLE, f"falloctrace_{i}", "vfs_enter", i, "mode:u8").text()
        texts.append(f"falloctrace_{i}".encode() + b"\0" + struct.pack("<IQ", 1, len(text)) + text)
    file = V6(LITTLE, [], [Buffer(rings={0: page(1, b"")})], [UNAME])
    file.event_formats = lambda: struct.pack("<I", len(texts)) + b"".join(texts)
    return file.build()


SMALL = [claims_many_cpus, claims_large_pages, claims_large_compressed, claims_huge_sizes, bomb_beyond_all,
         bomb_of_symbols, bomb_of_cmdlines, bomb_of_empty_options, bomb_of_buffers, bomb_of_tops, bomb_of_notes,
         bomb_of_formats, bomb_of_pages, bomb_in_turns, many_notes]
LARGE = [nested_calls, many_threads, many_tasks, many_callers, many_paths, many_buffers, many_systems]
WAYS = [["-q"], ["-q", "-j"], ["--check"], ["-q", "-s"]]


def write_file(path, make):
    """By a process of its own: what it needs would count as needed by the program that is started next."""
    pid = os.fork()
    if pid == 0:
        with open(path, "wb") as out:
            out.write(make())
        os._exit(0)
    if os.waitpid(pid, 0)[1]:
        sys.exit(f"{path} can't be made")


def run(program, way, path):
    """Status (negative: a signal), seconds of a CPU, peak of memory in bytes, what it said."""
    with open(os.devnull, "w", encoding="ascii") as null:
        child = subprocess.Popen([program, "replay", *way, path], stdout=null, stderr=subprocess.PIPE)
        timer = threading.Timer(WALL_MAX, child.kill)
        timer.start()
        errors = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        timer.cancel()
        child.returncode = status
    return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, errors


def verdict(program, way, path, sanitized):
    status, seconds, memory, errors = run(program, way, path)
    text = f"status {status}, {seconds:.1f} s, {memory >> 20} MiB"
    good = status in (0, 1) and seconds < TIME_MAX * (10 if sanitized else 1) and (sanitized or memory < MEMORY_MAX)
    if not good and errors:
        text += ": " + errors[-300:].decode("utf-8", "replace").replace("\n", " | ")
    return good, text


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    program, directory, wanted = sys.argv[1], sys.argv[2], sys.argv[3:]
    sanitized = bool(os.environ.get("SANITIZED"))
    for make in SMALL + ([] if sanitized else LARGE):
        name = make.__name__.replace("_", " ")
        if wanted and make.__name__ not in wanted:
            continue
        path = f"{directory}/{make.__name__}.dat"
        write_file(path, make)
        for way in WAYS:
            good, text = verdict(program, way, path, sanitized)
            print(f"{'ok' if good else 'not ok'} {name}, {os.path.getsize(path) >> 10} KiB, replay {' '.join(way)} ({text})",
                  flush=True)
        if not os.environ.get("KEEP"):
            os.unlink(path)


if __name__ == "__main__":
    main()
