# SPDX-License-Identifier: MIT
"""
trace.dat files, versions 6 and 7, from the descriptions of the format alone: trace-cmd.dat.v6(5), trace-cmd.dat.v7(5).
"""
import subprocess
import zlib

(DATE, CPUSTAT, BUFFER, TRACECLOCK, UNAME, HOOK, OFFSET, CPUCOUNT, VERSION, PROCMAPS, TRACEID, TIME_SHIFT, GUEST,
 TSC2NSEC, STRINGS, HEADER_INFO, FTRACE_EVENTS, EVENT_FORMATS, KALLSYMS, PRINTK, CMDLINES, BUFFER_TEXT) = range(1, 23)
CLOCKS = ["local", "global", "counter", "uptime", "perf", "mono", "mono_raw", "boot", "tai", "x86-tsc"]
NO_CLOCK = object()


def clocks_text(clock):
    """What the file trace_clock holds while this clock is chosen."""
    names = CLOCKS if clock in CLOCKS else CLOCKS + [clock]
    return " ".join(f"[{name}]" if name == clock else name for name in names)


def compress(method, data):
    if method == "zlib":
        return zlib.compress(data)
    # From a pipe it does not know the size, and puts none into the frame: neither does trace-cmd.
    return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout


class Buffer:
    """rings: CPU → Ring, or bytes."""

    def __init__(self, name="", rings=None, clock="mono", page=None, text=None):
        self.name, self.clock, self.page, self.text, self.rings = name, clock, page, text, rings or {}


def data_of(ring):
    return ring if isinstance(ring, bytes) else ring.data()


class Container:
    """
    What all files have; options: (id, bytes). clock: the one that TRACECLOCK names, NO_CLOCK for no such option.
    """

    def __init__(self, machine, events, buffers, options=(), clock="mono", cmdlines="", kallsyms="", ftrace=(),
                 cpus=None):
        self.m, self.events, self.buffers, self.options = machine, events, buffers, list(options)
        self.clock, self.cmdlines, self.kallsyms, self.ftrace = clock, cmdlines, kallsyms, ftrace
        seen = [cpu for b in buffers for cpu in b.rings]
        self.cpus = cpus or (max(seen) + 1 if seen else 1)

    def sized(self, form, data):
        return self.m.pack(form, len(data)) + data

    def start(self, version):
        return b"\x17\x08\x44tracing" + version + b"\0" + self.m.pack("BBI", self.m.big, self.m.user_long, self.m.page)

    def headers(self):
        return (b"header_page\0" + self.sized("Q", self.m.header_page()) +
                b"header_event\0" + self.sized("Q", self.m.header_event()))

    def ftrace_events(self):
        return self.m.pack("I", len(self.ftrace)) + b"".join(self.sized("Q", e.text()) for e in self.ftrace)

    def event_formats(self):
        systems = {}
        for event in self.events:
            systems.setdefault(event.system, []).append(event)
        out = self.m.pack("I", len(systems))
        for system, events in systems.items():
            out += system.encode() + b"\0" + self.m.pack("I", len(events))
            out += b"".join(self.sized("Q", e.text()) for e in events)
        return out

    def option(self, number, data):
        return self.m.pack("HI", number, len(data)) + data

    def align(self):
        """Where it can be mapped: on pages of the machine that traced, and of the one that reads."""
        return max(self.m.page, 4096)


def pad(out, align):
    out.extend(b"\0" * (-len(out) % align))


class V6(Container):
    def table(self, at, buffer, out):
        """At `at`, room for a table was left; the pages come at the end."""
        for cpu in range(self.cpus):
            data = data_of(buffer.rings.get(cpu, b""))
            pad(out, self.align())
            out[at:at + 16] = self.m.pack("QQ", len(out), len(data))
            at += 16
            out.extend(data)

    def flyrecord(self, out, buffer):
        out.extend(b"flyrecord\0")
        at = len(out)
        out.extend(b"\0" * (16 * self.cpus))
        if self.clock is not NO_CLOCK:
            out.extend(self.sized("Q", f"[{buffer.clock}]".encode()))
        return at

    def build(self):
        out = bytearray(self.start(b"6") + self.headers() + self.ftrace_events() + self.event_formats())
        out += self.sized("I", self.kallsyms.encode()) + self.sized("I", b"") + self.sized("Q", self.cmdlines.encode())
        out += self.m.pack("I", self.cpus)
        top = [b for b in self.buffers if not b.name and b.text is None]
        instances = [b for b in self.buffers if b.name]
        options = list(self.options)
        if self.clock is not NO_CLOCK:
            options.append((TRACECLOCK, b""))
        places = {}
        if options or instances:
            out += b"options  \0"
            for number, data in options:
                out += self.option(number, data)
            for buffer in instances:
                places[buffer.name] = len(out) + 6
                out += self.option(BUFFER, self.m.pack("Q", 0) + buffer.name.encode() + b"\0")
            out += self.m.pack("H", 0)
        text = [b.text for b in self.buffers if b.text is not None]
        if text:
            return bytes(out) + b"latency  \0" + text[0].encode()
        first = top[0] if top else Buffer(clock=self.clock if self.clock is not NO_CLOCK else "local")
        self.table(self.flyrecord(out, first), first, out)
        for buffer in instances:
            out[places[buffer.name]:places[buffer.name] + 8] = self.m.pack("Q", len(out))
            self.table(self.flyrecord(out, buffer), buffer, out)
        return bytes(out)


class V7(Container):
    """
    split: so many options sections. chunk: bytes of a compressed chunk. short: a CPU's compressed size leaves the
    number of chunks out, as trace-cmd 3.1 writes it. strings: sections have descriptions. squeeze: the options'
    sections are compressed, too. backward: the first of them is the last in the file.
    """

    def __init__(self, *args, method="none", split=1, chunk=None, short=False, strings=False, squeeze=False,
                 skip=(), backward=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.method, self.split, self.short, self.strings, self.skip = method, split, short, strings, skip
        self.squeeze, self.backward = squeeze, backward
        self.chunk = chunk or 2 * self.m.page
        self.names = b""

    def describe(self, name):
        if not self.strings:
            return -1
        at = len(self.names)
        self.names += name.encode() + b"\0"
        return at

    def section(self, out, number, name, data, squeeze=None):
        """Returns its place."""
        at = len(out)
        flags = self.method != "none" if squeeze is None else squeeze
        if flags:
            packed = compress(self.method, data)
            data = self.m.pack("II", len(packed), len(data)) + packed
        out += self.m.pack("HHiQ", number, flags, self.describe(name), len(data)) + data
        return at

    def chunks(self, data):
        parts = [data[i:i + self.chunk] for i in range(0, len(data), self.chunk)]
        out = self.m.pack("I", len(parts))
        for part in parts:
            packed = compress(self.method, part)
            out += self.m.pack("II", len(packed), len(part)) + packed
        return out

    def buffer(self, out, buffer):
        at, flags = len(out), self.method != "none"
        rows = b""
        out += self.m.pack("HHiQ", BUFFER, flags, self.describe(f"buffer {buffer.name or 'top'}"), 0)
        for cpu, ring in buffer.rings.items():
            data, missing = data_of(ring), 0
            if flags:
                data, missing = self.chunks(data), 4 if self.short else 0
            else:
                pad(out, max(self.align(), buffer.page or 0))
            rows += self.m.pack("IQQ", cpu, len(out), len(data) - missing)
            out += data
        out[at + 8:at + 16] = self.m.pack("Q", len(out) - at - 16)
        return (BUFFER, self.m.pack("Q", at) + buffer.name.encode() + b"\0" + buffer.clock.encode() + b"\0" +
                self.m.pack("II", buffer.page or self.m.page, len(buffer.rings)) + rows)

    def text_buffer(self, out, buffer):
        at, flags = len(out), self.method != "none"
        data = buffer.text.encode()
        data = self.chunks(data) if flags else data
        out += self.m.pack("HHiQ", BUFFER_TEXT, flags, self.describe("latency"), len(data)) + data
        return (BUFFER_TEXT, self.m.pack("Q", at) + buffer.name.encode() + b"\0" + buffer.clock.encode() + b"\0")

    def sections(self, out):
        """Those that every file has, as the options that tell where they are."""
        made = [(HEADER_INFO, "headers", self.headers()), (FTRACE_EVENTS, "ftrace events", self.ftrace_events()),
                (EVENT_FORMATS, "events format", self.event_formats()),
                (KALLSYMS, "kallsyms", self.sized("I", self.kallsyms.encode())),
                (PRINTK, "printk", self.sized("I", b"")),
                (CMDLINES, "command lines", self.sized("Q", self.cmdlines.encode()))]
        return [(n, self.m.pack("Q", self.section(out, n, name, data))) for n, name, data in made
                if n not in self.skip]

    def build(self):
        version = b"none\0\0" if self.method == "none" else self.method.encode() + b"\x001.5.4\0"
        out = bytearray(self.start(b"7") + version)
        link = len(out)
        out += self.m.pack("Q", 0)
        options = self.sections(out) + list(self.options)
        if self.clock is not NO_CLOCK:
            options.append((TRACECLOCK, clocks_text(self.clock).encode() + b"\0"))
        if CPUCOUNT not in self.skip:
            options.append((CPUCOUNT, self.m.pack("I", self.cpus)))
        for buffer in self.buffers:
            options.append(self.buffer(out, buffer) if buffer.text is None else self.text_buffer(out, buffer))
        return bytes(self.write_options(out, link, options))

    def options_section(self, at, part, following):
        """following(size) → where the next section is, given the size of this one; what is compressed has its own."""
        size = 0
        for _ in range(50):
            out = bytearray(at)
            data = b"".join(self.option(n, d) for n, d in part) + self.option(0, self.m.pack("Q", following(size)))
            names = self.names
            self.section(out, 0, "options", data, self.squeeze)
            if len(out) - at == size or not following(size):
                return out[at:]
            self.names, size = names, len(out) - at
        raise ValueError("the size of a section does not settle")

    def write_options(self, out, link, options):
        parts = [options[i * len(options) // self.split:(i + 1) * len(options) // self.split]
                 for i in range(self.split)]
        first, last = len(out), 0
        for part in reversed(parts) if self.backward else parts:
            at = len(out)
            if self.backward:
                out += self.options_section(at, part, lambda size, last=last: last)
            else:
                out += self.options_section(at, part, lambda size, at=at, part=part:
                                            0 if part is parts[-1] else at + size)
            last = at
        if self.strings:
            self.section(out, STRINGS, "strings", self.names, False)
        out[link:link + 8] = self.m.pack("Q", last if self.backward else first)
        return out
