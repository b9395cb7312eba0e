# SPDX-License-Identifier: MIT
"""
How stamps become times: as trace-cmd(1) converts them, in whole numbers that never overflow. Each function makes a
conversion (cpu, stamp) → time.
"""

INTERPOLATE = 1  # flag of a table of shifts


def plain(_cpu, ts):
    return ts


def added(value):
    return lambda cpu, ts: ts + value


def scaled(mult, shift):
    return lambda cpu, ts: ts * mult >> shift


def chain(*steps):
    def convert(cpu, ts):
        for step in steps:
            ts = step(cpu, ts)
        return ts
    return convert


def truncated(a, b):
    """C's division."""
    return -(-a // b) if a < 0 else a // b


class Shifts:
    """A guest's table: cpus is a list of samples (time, offset, scaling, fraction)."""

    def __init__(self, cpus, flags=0, fractions=True, peer=0x1122334455667788):
        self.cpus, self.flags, self.fractions, self.peer = cpus, flags, fractions, peer

    def option(self, machine):
        out = machine.pack("QII", self.peer, self.flags, len(self.cpus))
        for samples in self.cpus:
            out += machine.pack("I", len(samples))
            for column in range(3):
                out += b"".join(machine.pack("Q", s[column] & (2 ** 64 - 1)) for s in samples)
        if self.fractions:
            out += b"".join(machine.pack("Q", s[3]) for samples in self.cpus for s in samples)
        return out

    def correct(self, ts, here, there):
        time, offset, scaling, fraction = here
        if self.flags & INTERPOLATE:
            span = there[0] - time
            offset += truncated((ts - time) * (there[1] - offset) + span // 2, span)
        return (ts * scaling >> fraction) + offset

    def convert(self, cpu, ts):
        if cpu >= len(self.cpus) or not self.cpus[cpu]:
            return ts
        samples = sorted(self.cpus[cpu])
        if len(samples) == 1:
            return ts + samples[0][1]
        at = max([i for i, s in enumerate(samples) if s[0] <= ts], default=0)
        at = min(at, len(samples) - 2)
        return self.correct(ts, samples[at], samples[at + 1])
