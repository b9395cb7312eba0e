# SPDX-License-Identifier: MIT
"""
Sub-buffers of one CPU, made from the kernel's description of them (events/header_page, events/header_event,
include/linux/ring_buffer.h): a header of u64 stamp and a long of commit, then records that begin with a word of
5 bits of type or length and 27 bits of time since what came before.
"""
import struct

PADDING, TIME_EXTEND, TIME_STAMP = 29, 30, 31
DELTA_BITS = 27
LOST, COUNTED = 1 << 31, 1 << 30
UNKNOWN = -1


class Machine:
    """What recorded: byte order, the kernel's long, user space's long, size of a sub-buffer."""

    def __init__(self, big=False, long=8, user_long=None, page=4096):
        self.big, self.long, self.page = big, long, page
        self.user_long = user_long or long
        self.order = ">" if big else "<"

    def kind(self):
        """Its name, as uname tells it, and fallocate's number there."""
        return {(8, False): ("x86_64", 285), (8, True): ("s390x", 314), (4, False): ("i686", 324),
                (4, True): ("ppc", 309)}[self.long, self.big]

    def pack(self, form, *values):
        return struct.pack(self.order + form, *values)

    def word(self, number):
        """A long."""
        return self.pack("Q" if self.long == 8 else "I", number & ((1 << (8 * self.long)) - 1))

    def header_page(self):
        head = 8 + self.long
        return (f"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
                f"\tfield: local_t commit;\toffset:8;\tsize:{self.long};\tsigned:1;\n"
                f"\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
                f"\tfield: char data;\toffset:{head};\tsize:{self.page - head};\tsigned:0;\n").encode()

    @staticmethod
    def header_event():
        return (b"# compressed entry header\n\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n"
                b"\tarray       :   32 bits\n\n\tpadding     : type == 29\n\ttime_extend : type == 30\n"
                b"\ttime_stamp : type == 31\n\tdata max type_len  == 28\n")


class Ring:
    """
    One CPU's sub-buffers. log tells what a reader must find: ("event", raw stamp, payload, info) and ("lost", count,
    whether the sub-buffer has a place for it, whether it begins with an event), count UNKNOWN where that says none.
    """

    def __init__(self, machine, page=None, extended=False, long_form=False, absolute=False):
        self.machine, self.size = machine, page or machine.page
        self.extended = extended    # the commit's flags come with their sign extended, as in real files
        self.long_form = long_form  # every length in a word of its own, as on kernels that align to 8
        self.absolute = absolute    # an absolute stamp before every record
        self.pages, self.body, self.log = [], None, []
        self.calls = []  # what its events tell of, by who puts them in
        self.start = self.now = self.flags = self.count = 0

    def head(self, kind, delta):
        word = kind << DELTA_BITS | delta if self.machine.big else kind | delta << 5
        return self.machine.pack("I", word)

    def room(self):
        """For records: a count comes behind them."""
        count = self.machine.long if self.flags & COUNTED else 0
        return self.size - 8 - self.machine.long - count - len(self.body)

    def open(self, ts, flags=0, count=0):
        """A new sub-buffer, before which so much was lost."""
        self.close()
        self.body, self.start, self.now, self.flags, self.count = b"", ts, ts, flags, count
        if flags & LOST:
            self.log.append(["lost", count if flags & COUNTED and count else UNKNOWN, bool(flags & COUNTED), False])

    def close(self):
        if self.body is None:
            return
        commit = len(self.body) | self.flags
        if self.extended and self.flags & LOST:
            commit |= 0xffffffff << 32
        page = self.machine.pack("Q", self.start) + self.machine.word(commit) + self.body
        if self.flags & COUNTED:
            page += self.machine.word(self.count)
        assert len(page) <= self.size
        self.pages.append(page.ljust(self.size, b"\0"))
        self.body = None

    def stamp(self, ts, absolute):
        """Brings the time to ts with a record of its own."""
        value = ts & ((1 << 59) - 1) if absolute else ts - self.now
        self.body += self.head(TIME_STAMP if absolute else TIME_EXTEND, value & ((1 << DELTA_BITS) - 1))
        self.body += self.machine.pack("I", value >> DELTA_BITS)
        self.now = ts

    def add(self, ts, payload, info=None):
        payload = payload.ljust((len(payload) + 3) // 4 * 4, b"\0")
        need = len(payload) + 8 + (8 if self.absolute or self.body is None or ts - self.now >> DELTA_BITS else 0)
        if self.body is None or self.room() < need:
            self.open(ts)
        if self.absolute or ts < self.now:
            self.stamp(ts, True)
        elif (ts - self.now) >> DELTA_BITS:
            self.stamp(ts, False)
        delta, self.now = ts - self.now, ts
        if not self.body and self.flags & LOST:
            self.log[-1][3] = True
        if len(payload) > 112 or self.long_form:
            self.body += self.head(0, delta) + self.machine.pack("I", len(payload) + 4)
        else:
            self.body += self.head(len(payload) // 4, delta)
        self.body += payload
        self.log.append(("event", ts, payload, info))

    def lost(self, ts, count=UNKNOWN, counted=None):
        """The next sub-buffer comes after a loss. counted: a count lies there, though it may be 0."""
        counted = count != UNKNOWN if counted is None else counted
        self.open(ts, LOST | (COUNTED if counted else 0), max(count, 0))

    def discard(self, ts, size):
        """A record that was taken back: it keeps its place and its time."""
        if (ts - self.now) >> DELTA_BITS:
            self.stamp(ts, False)
        self.body += self.head(PADDING, max(1, ts - self.now)) + self.machine.pack("I", size + 4)
        self.body += b"\xee" * size
        self.now = max(ts, self.now + 1)

    def fill(self):
        """The rest of the sub-buffer is padding that counts as records."""
        self.body += self.head(PADDING, 0)
        self.body += b"\xdd" * (self.room() // 4 * 4)
        self.close()

    def data(self):
        self.close()
        return b"".join(self.pages)
