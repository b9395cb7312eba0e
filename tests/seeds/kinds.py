# SPDX-License-Identifier: MIT
"""The files, a generator function a family."""
import random

import container as c
from clocks import INTERPOLATE, Shifts, added, chain, plain, scaled
from container import Buffer, NO_CLOCK, V6, V7
from ring import Machine, Ring, UNKNOWN
from workload import START, Stream, comm, events_of

ORDERS = [("le", False), ("be", True)]
NO_ZLIB = "Debian's trace-cmd is built without zlib"


class Case:
    def __init__(self, name, what, file, convert=plain, clock="mono", ticks=False, utc_offset=None, broken=False,
                 quirk=None):
        self.name, self.what, self.file, self.convert, self.clock = name, what, file, convert, clock
        self.ticks, self.utc_offset, self.broken, self.quirk = ticks, utc_offset, broken, quirk


def calls(count):
    return lambda stream: stream.all(count)


def rings_of(machine, events, cpus=(0, 1), script=calls(6), page=None, now=START, **how):
    rings = {}
    for cpu in cpus:
        rings[cpu] = Ring(machine, page, **how)
        script(Stream(rings[cpu], events, cpu, now))
    return rings


def case(name, what, machine=None, version=6, families="syscalls probes", buffers=None, cpus=(0, 1), script=calls(6),
         options=(), clock="mono", how=None, now=START, told=None, **more):
    """buffers: made from the events; none: a top one. clock: the buffers' and, unless told says else, TRACECLOCK's."""
    machine = machine or Machine()
    events = events_of(machine, families)
    made = buffers(machine, events) if buffers else [
        Buffer(rings=rings_of(machine, events, cpus, script, now=now, **(how or {})), clock=clock)]
    of_file = {k: more.pop(k) for k in ("method", "split", "chunk", "short", "strings", "squeeze", "skip",
                                             "backward")
               if k in more}
    if of_file.get("method") == "zlib":
        more.setdefault("quirk", NO_ZLIB)
    uname = f"Linux seed 6.1.0-seed {machine.kind()[0]}\0".encode()
    cmdlines = "".join(f"{100 + cpu} {comm(100 + cpu)}\n" for b in made for cpu in b.rings)
    file = (V6 if version == 6 else V7)(machine, events, made, [(c.UNAME, uname)] + list(options),
                                        clock=told or clock, cmdlines=cmdlines,
                                        kallsyms="ffffffff81300000 T vfs_fallocate\n", **of_file)
    return Case(name, what, file, clock=clock, **more)


def machines():
    """Byte orders, sizes of longs, versions."""
    for order, big in ORDERS:
        for long, user in ((8, 8), (4, 4), (8, 4), (4, 8)):
            machine = Machine(big, long, user)
            what = f"{'big' if big else 'little'} endian, the kernel's long {long} bytes, user space's {user}"
            yield case(f"v6-{order}-k{long}-u{user}", what, machine)
            yield case(f"v7-{order}-k{long}-u{user}", what, machine, 7, "probes newtask")


def methods():
    for method in ("zstd", "zlib"):
        for order, big, long, user in (("le", False, 8, 8), ("be", True, 8, 8), ("le", False, 4, 8),
                                       ("be", True, 4, 4)):
            yield case(f"v7-{method}-{order}-k{long}-u{user}", f"compressed with {method}", Machine(big, long, user), 7,
                       method=method, script=calls(60))
    yield case("v7-zstd-chunks", "chunks of one page, and the CPU's size without the number of chunks", None, 7,
               method="zstd", chunk=4096, short=True, script=calls(60))
    yield case("v7-zstd-options", "the options' sections are compressed, too", None, 7, method="zstd", split=2,
               squeeze=True)
    yield case("v7-zlib-instances", "several buffers, compressed with zlib", None, 7, method="zlib",
               buffers=two_instances)


def pages():
    for size, version, method in ((1024, 6, "none"), (8192, 6, "none"), (16384, 7, "none"), (65536, 7, "none"),
                                  (1024, 7, "zstd"), (16384, 7, "zstd"), (65536, 7, "zstd"), (65536, 7, "zlib")):
        more = {"method": method} if version == 7 else {}
        yield case(f"v{version}-{method}-page{size >> 10}k", f"pages of {size} bytes", Machine(page=size), version,
                   cpus=(0,) if size > 16384 else (0, 1), script=calls(max(size // 300, 15)), **more)


def two_instances(machine, events):
    return [Buffer("", rings_of(machine, events)),
            Buffer("first", rings_of(machine, events, (1,), now=START + 10_000_000)),
            Buffer("second", rings_of(machine, events, (0, 1), now=START + 20_000_000))]


def instances_only(machine, events):
    return [Buffer("only", rings_of(machine, events))]


def same_twice(machine, events):
    """What is enabled in two buffers goes into both."""
    return [Buffer("", rings_of(machine, events)), Buffer("again", rings_of(machine, events))]


def other_pages(machine, events):
    return [Buffer("", rings_of(machine, events)),
            Buffer("large", rings_of(machine, events, (1,), calls(30), page=8192), page=8192)]


def small_instances(machine, events):
    return [Buffer(f"buffer {i}", rings_of(machine, events, (0,), calls(1), page=1024), page=1024) for i in range(3)]


def buffers():
    yield case("v6-instances", "three buffers", buffers=two_instances)
    yield case("v6-instances-be", "three buffers", Machine(True, 4), buffers=two_instances)
    yield case("v7-instances", "three buffers", None, 7, buffers=two_instances)
    yield case("v7-zstd-instances", "three buffers", None, 7, buffers=two_instances, method="zstd")
    yield case("v7-instance-only", "no top buffer", None, 7, buffers=instances_only)
    yield case("v6-same-twice", "the same events in two buffers", buffers=same_twice)
    yield case("v7-other-pages", "an instance has other pages", None, 7, buffers=other_pages)
    yield case("v7-small-instances", "instances of one small page, with blanks in their names", Machine(page=1024), 7,
               buffers=small_instances)
    yield case("v6-cpu-gaps", "CPUs of which nothing is there", cpus=(0, 3, 5))
    yield case("v7-cpu-gaps", "CPUs of which nothing is there", None, 7, cpus=(2, 3, 17))
    yield case("v7-cpu-empty", "a CPU of size 0 between others", None, 7, buffers=lambda m, e: [
        Buffer("", {0: rings_of(m, e, (0,))[0], 1: b"", 2: rings_of(m, e, (2,))[2]})])
    yield case("v7-no-cpucount", "how many CPUs there are is not said", None, 7, cpus=(0, 2), skip=(c.CPUCOUNT,))
    yield case("v7-no-cmdlines", "nor are threads' names, kallsyms or printk", None, 7,
               skip=(c.CMDLINES, c.KALLSYMS, c.PRINTK, c.FTRACE_EVENTS))


def far(stream):
    """Times that a record's own 27 bits can't tell: an extend."""
    for i in range(4):
        stream.now += (1 << 27) + i * 3_000_000_000_000
        stream.all(2)


def taken_back(stream):
    for i in range(6):
        stream.all(1)
        stream.now += 500
        stream.ring.discard(stream.now, 8 + 4 * i)
    stream.ring.fill()
    stream.all(1)


def back(stream):
    """Absolute stamps where a delta could not go: an interrupt's record came before its page's time."""
    stream.all(2)
    stream.ring.open(stream.now + 5000)
    stream.all(2)


def losses(stream):
    stream.all(1)
    for count, counted in ((UNKNOWN, False), (7, True), (1, True), (0, True), (123456789, True)):
        stream.ring.lost(stream.now + 100, count, counted)
        stream.all(1)


def full_page(stream):
    """The last record ends with the page: no place for a count behind it."""
    while stream.ring.body is None or stream.ring.room() >= 96:
        stream.all(1)
    stream.ring.lost(stream.now + 100, UNKNOWN)
    stream.all(9)


def lossy_instances(machine, events):
    return [Buffer("", rings_of(machine, events, script=losses)),
            Buffer("calm", rings_of(machine, events, now=START + 10_000_000)),
            Buffer("lossy", rings_of(machine, events, (0,), losses, now=START + 20_000_000))]


def rings():
    for name, big, long in (("le", False, 8), ("be", True, 8), ("le-k4", False, 4), ("be-k4", True, 4)):
        yield case(f"ring-extends-{name}", "time extends", Machine(big, long), script=far)
        yield case(f"ring-losses-{name}", "losses, with their number and without", Machine(big, long, page=1024),
                   script=losses)
    yield case("ring-absolute-le", "an absolute stamp before each record", None, 7, how={"absolute": True})
    yield case("ring-absolute-be", "an absolute stamp before each record", Machine(True), how={"absolute": True})
    yield case("ring-absolute-high", "stamps whose upper five bits are in the page's alone", None, script=back,
               now=(3 << 59) + START, how={"absolute": True})
    yield case("ring-discarded-le", "records taken back, and padding to the page's end", None, script=taken_back)
    yield case("ring-discarded-be", "records taken back, and padding to the page's end", Machine(True, 4), 7,
               script=taken_back)
    yield case("ring-long-form", "each length has a word of its own", Machine(True), how={"long_form": True})
    yield case("ring-losses-extended", "the commit's flags are sign-extended", Machine(page=1024), 7,
               script=losses, how={"extended": True})
    yield case("ring-losses-zstd", "losses in a compressed file", None, 7, script=losses, method="zstd")
    yield case("ring-losses-instances", "losses in two of three buffers", Machine(page=1024), 7,
               buffers=lossy_instances)
    yield case("ring-full", "a loss flagged on a page behind a full one", Machine(page=1024), script=full_page)


def ascii_number(value):
    return str(value).encode() + b"\0"


def tsc(machine, mult, shift, offset):
    return (c.TSC2NSEC, machine.pack("IIQ", mult, shift, offset))


def offsets():
    day = 1_700_000_000_000_000  # µs
    le, be = Machine(), Machine(True)
    yield case("time-offset", "OFFSET", options=[(c.OFFSET, ascii_number(1234567))], convert=added(1234567))
    yield case("time-offset-negative", "OFFSET below 0", None, 7, options=[(c.OFFSET, ascii_number(-4_000_000_000))],
               convert=added(-4_000_000_000))
    yield case("time-date", "DATE, hexadecimal as trace-cmd writes it", options=[(c.DATE, hex(day).encode() + b"\0")],
               utc_offset=day * 1000)
    yield case("time-date-offset", "DATE and OFFSET", be, 7,
               options=[(c.DATE, hex(day).encode() + b"\0"), (c.OFFSET, ascii_number(99))], convert=added(99),
               utc_offset=day * 1000)
    # 2.5 GHz; START ticks × mult does not fit into 64 bits
    yield case("time-tsc", "TSC2NSEC", options=[tsc(le, 13421773, 25, 1 << 40)], clock="x86-tsc",
               now=START << 10, convert=scaled(13421773, 25))
    yield case("time-tsc-v7", "TSC2NSEC, clock x86-tsc, OFFSET and DATE", be, 7,
               options=[tsc(be, 0xfffffff1, 32, 0), (c.OFFSET, ascii_number(5)), (c.DATE, ascii_number(day))],
               clock="x86-tsc", now=START << 14, convert=chain(scaled(0xfffffff1, 32), added(5)),
               utc_offset=day * 1000, quirk="trace-cmd takes such a mult for a number below 0")


def clocks():
    # trace-cmd takes boot for ticks and uptime for ns: its numbers are the same, it only writes them otherwise.
    for clock in ("local", "global", "tai", "mono_raw", "boot", "counter", "uptime", "x86-tsc"):
        yield case(f"clock-{clock}", f"clock {clock}", version=7 if len(clock) % 2 else 6, clock=clock,
                   ticks=clock in ("counter", "uptime", "x86-tsc"), families="syscalls")
    yield case("clock-of-buffer", "TRACECLOCK says local, the buffer says counter", None, 7, clock="counter",
               told="local", ticks=True, families="syscalls")
    yield case("clock-not-told", "no TRACECLOCK", None, 7, told=NO_CLOCK, families="syscalls")


def guests():
    le, be, t = Machine(), Machine(True), START

    def guest(name, what, machine, version, shifts, **more):
        more.setdefault("convert", shifts.convert)
        yield case(name, what, machine, version, options=[
            (c.TRACEID, machine.pack("Q", 0xabcdef)), (c.TIME_SHIFT, shifts.option(machine))], **more)

    yield from guest("guest-one", "one sample a CPU", le, 7, Shifts([[(t, 5_000_000, 1, 0)], [(t, -3_000_000, 1, 0)]]))
    yield from guest("guest-two", "two samples, interpolated", le, 6, Shifts(
        [[(t, 1000, 1, 0), (t + 20_000, 3001, 1, 0)], [(t, -1000, 1, 0), (t + 10_000, -4001, 1, 0)]], INTERPOLATE))
    yield from guest("guest-many", "steps upward, not interpolated", be, 7, Shifts(
        [[(t + 4000 * i, 1000 + 37 * i, 1, 0) for i in range(9)]] * 2))
    yield from guest("guest-falling", "interpolated between many that fall", le, 7, Shifts(
        [[(t + 4000 * i, 9000 - 370 * i, 1, 0) for i in reversed(range(9))]] * 2, INTERPOLATE))
    yield from guest("guest-scaled", "a scaling of 3/2, with fraction bits", le, 7, Shifts(
        [[(t + 5000 * i, -t, 3 << 15, 16) for i in range(4)]] * 2))
    yield from guest("guest-old", "no fraction bits, as older versions wrote it", le, 6, Shifts(
        [[(t + 5000 * i, 11 * i, 1, 0) for i in range(3)]] * 2, fractions=False))
    yield from guest("guest-cpus", "a table of fewer CPUs than the file has, one without samples", le, 7, Shifts(
        [[(t, 8_000, 1, 0)], []]), cpus=(0, 1, 2), quirk="trace-cmd reads a sample that is not there")
    yield from guest("guest-inconsistent", "a scaling of 0 can't be", le, 7, Shifts(
        [[(t, 5, 1, 0), (t + 9000, 6, 0, 0)], [(t, 5, 0, 0), (t + 9000, 6, 0, 0)]]), convert=plain, broken=True,
        quirk="trace-cmd believes a scaling of 0: time stands still")
    huge = le.pack("QIII", 1, 0, 1, 0xffffffff) + b"\0" * 24
    yield case("guest-huge", "a table that claims more samples than the file has bytes", le, 7,
               options=[(c.TIME_SHIFT, huge)], broken=True, quirk="trace-cmd refuses the file")
    yield case("host", "a host's file, with two guests", le, 7, options=[
        (c.TRACEID, le.pack("Q", 77))] + [
            (c.GUEST, name + b"\0" + le.pack("QI", 78, 2) + le.pack("IIII", 0, 4000, 1, 4001))
            for name in (b"vm one", b"vm-two")])


def options():
    maps = b"100 2 job-100\n400000 4ff000 /usr/bin/job\n7f0000000000 7f0000021000 /usr/lib/libc.so.6\n\0"
    stats = [(c.CPUSTAT, f"CPU: {i}\nentries: 12\noverrun: {i}\ncommit overrun: 0\nbytes: 999\n\0".encode())
             for i in range(2)]
    odd = [(c.PROCMAPS, maps), (c.HOOK, b"sched_switch,prev_pid/sched_wakeup,pid\0"),
           (c.VERSION, b"3.1.6 (a seed)\0"), (24, b"buffer:ffffffff81000000 _text\0"), (777, b"\xff" * 13), (999, b"")]
    yield case("v6-options", "process maps, statistics, a hook, unknown options", options=stats + odd)
    yield case("v7-options", "three sections of options, one behind the other", None, 7, options=stats + odd, split=3)
    yield case("v7-options-backward", "the first section of options is the last in the file", None, 7,
               options=stats + odd, split=3, backward=True)
    yield case("v7-strings", "sections have descriptions", Machine(True), 7, options=stats, strings=True)
    yield case("v7-zstd-strings", "sections have descriptions, in a compressed file", None, 7, method="zstd",
               options=odd, strings=True, split=4)
    yield case("v7-two-tops", "of two buffers without a name the last counts", None, 7, buffers=lambda m, e: [
        Buffer("", {0: b"\0" * 4096}), Buffer("", rings_of(m, e))])


def texts():
    text = "# tracer: wakeup\n#\n          <idle>-0       0d..4    1us : 0:120:R + [000]\n"

    def latency(_machine, _events):
        return [Buffer(text=text)]

    yield case("v6-latency", "text of a latency tracer", buffers=latency)
    yield case("v7-latency", "text of a latency tracer", None, 7, buffers=latency)
    yield case("v7-zstd-latency", "text of a latency tracer, compressed", None, 7, buffers=latency, method="zstd")


def traced():
    yield case("events-syscalls", "system calls alone, as trace-cmd records them", families="syscalls")
    yield case("events-probes", "our probes alone", None, 7, families="probes", method="zstd")
    yield case("events-other-group", "our probes, by hand in another group", families="probes:kprobes newtask")
    yield case("events-ext4", "ext4's events, nothing better", None, 7, families="ext4")
    yield case("events-all", "everything at once", Machine(True), families="syscalls probes ext4 newtask switch",
               script=calls(8))
    yield case("events-none", "no event of fallocate", families="switch")
    yield case("events-no-records", "formats, and nothing happened", None, 7, script=calls(0))


def chance_script(dice):
    """Everything that a ring can do, in any order."""
    def script(stream):
        ring = stream.ring
        for _ in range(dice.randrange(1, 40)):
            what = dice.randrange(12)
            stream.now += dice.choice((0, 1, 700, 1 << 26, (1 << 27) - 1, 1 << 27, 1 << 40)) * dice.randrange(2)
            if what == 0:
                ring.lost(stream.now, dice.choice((UNKNOWN, 1, 5, 1 << 20)))
            elif what == 1 and ring.body is not None and ring.room() > 200:
                ring.discard(stream.now, 4 * dice.randrange(1, 20))
                stream.now = max(stream.now, ring.now)
            elif what == 2 and ring.body is not None and ring.room() >= 4:
                ring.fill()
            elif what == 3:
                ring.open(stream.now)
            stream.all(dice.randrange(1, 3))
    return script


def chance(number):
    """One of endlessly many, always the same for a number."""
    dice = random.Random(number)
    machine = Machine(dice.random() < .4, dice.choice((4, 8)), dice.choice((4, 8)),
                      dice.choice((1024, 2048, 4096, 4096, 8192)))
    version = dice.choice((6, 7))
    how = {name: dice.random() < .2 for name in ("extended", "long_form", "absolute")}
    how["absolute"] = how["absolute"] and machine.page > 1024

    def made(machine, events):
        names = ["", "one", "two"][:dice.randrange(1, 4)]
        return [Buffer(name, rings_of(machine, events, sorted(dice.sample(range(6), dice.randrange(1, 4))),
                                      chance_script(dice), now=START + (i << 52), **how))
                for i, name in enumerate(names)]

    more = {}
    if version == 7:
        more = {"method": dice.choice(("none", "zstd")), "chunk": machine.page * dice.randrange(1, 5),
                "split": dice.randrange(1, 4), "strings": dice.random() < .3}
    families = dice.choice(("syscalls", "probes", "syscalls probes newtask", "probes switch", "syscalls ext4 switch"))
    return case(f"chance-{number}", "by chance", machine, version, families, made, **more)


def three_small_pages(file):
    """trace-cmd 3.1 loses the last of them."""
    return file.m.page == 1024 and getattr(file, "method", "none") == "none" and any(
        len(data) == 3072 for b in file.buffers for data in map(c.data_of, b.rings.values()))


def all_cases():
    for family in (machines, methods, pages, buffers, rings, offsets, clocks, guests, options, texts, traced):
        yield from family()
