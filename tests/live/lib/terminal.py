# SPDX-License-Identifier: MIT
"""top in a terminal that takes nothing: stopped while calls go on, then let go; stopped, and told to end. What trace says at its end.

terminal.py PROGRAM WHAT: "goes-on", "ends" or "closing". The terminal is this program's, a pseudo one, which it stops itself.
"""
import fcntl
import os
import pty
import re
import signal
import struct
import sys
import tempfile
import termios
import time

CALLS = 3000
MANY = 60000
WAITS = {7, 271, 73}  # poll and ppoll, on x86-64 and on arm64
INSTANCES = "/sys/kernel/tracing/instances"


class Wrong(Exception):
    pass


class Terminal:
    def __init__(self, argv, stdout=None):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 160, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.pid = os.fork()
        if not self.pid:
            self.log_in(slave)
            if stdout:
                os.dup2(os.open(stdout, os.O_WRONLY), 1)
            os.environ["TERM"] = "xterm"
            os.execv(argv[0], argv)
        self.slave = slave
        os.set_blocking(self.master, False)
        self.text = ""

    @staticmethod
    def log_in(slave):
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for fd in range(3):
            os.dup2(slave, fd)

    def read(self):
        try:
            self.text += os.read(self.master, 65536).decode("utf-8", "replace")
        except BlockingIOError:
            time.sleep(0.02)

    def read_until(self, pattern, seconds):
        end = time.monotonic() + seconds
        while not re.search(pattern, self.text):
            self.read()
            if time.monotonic() > end:
                raise Wrong(f"no {pattern}: {self.text[-600:]!r}")

    def type(self, keys):
        os.write(self.master, keys)

    def stop(self):
        termios.tcflow(self.slave, termios.TCOOFF)

    def let_go(self):
        termios.tcflow(self.slave, termios.TCOON)

    def waits(self):
        with open(f"/proc/{self.pid}/syscall", encoding="ascii") as file:
            call = file.read().split()[0]  # or "running"
            return call.isdigit() and int(call) in WAITS

    def ended(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return status
            time.sleep(0.05)
        os.kill(self.pid, signal.SIGKILL)
        raise Wrong("it goes on")


def make_calls(count=CALLS):
    """Seconds."""
    with tempfile.TemporaryFile() as file:
        began = time.monotonic()
        for _ in range(count):
            os.posix_fallocate(file.fileno(), 0, 4096)
        return time.monotonic() - began


def waiting(terminal):
    """Most of the time it is in poll; in a write that waits it would be always."""
    looks = 0
    for _ in range(20):
        looks += terminal.waits()
        time.sleep(0.05)
    if looks < 10:
        raise Wrong(f"it does not wait for what comes: {looks} looks of 20")


def goes_on(program):
    terminal = Terminal([program, "top", "-p", str(os.getpid()), "-i", "0.2"])
    terminal.read_until("calls/s", 30)
    time.sleep(1)
    alone = make_calls()
    terminal.type(b"\x13")
    terminal.read_until("PAUSED", 5)
    terminal.type(b"\x11")
    terminal.stop()
    time.sleep(1)
    stopped = make_calls()
    waiting(terminal)
    terminal.text = ""
    terminal.let_go()
    time.sleep(1)
    # The whole picture again, for what is drawn is what has changed.
    terminal.type(b"\x0c")
    terminal.read_until(f"in all {2 * CALLS} calls", 5)
    if "lost nothing" not in terminal.text:
        raise Wrong(f"losses: {terminal.text[-600:]!r}")
    terminal.type(b"q")
    status = 1
    try:
        end = time.monotonic() + 10
        while time.monotonic() < end and not os.waitid(os.P_PID, terminal.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            terminal.read()
        status = terminal.ended(1)
    finally:
        print(f"{CALLS} calls in {alone * 1000:.0f} ms, while the terminal was stopped in {stopped * 1000:.0f} ms; status {status}")
    if status:
        raise Wrong("status")
    if stopped > 3 * alone + 0.1:
        raise Wrong("calls waited")
    if termios.tcgetattr(terminal.slave)[:4] != terminal.before[:4]:
        raise Wrong("the terminal isn't as it was")


def ends(program):
    terminal = Terminal([program, "top", "-i", "0.2"])
    terminal.read_until("calls/s", 30)
    terminal.stop()
    make_calls()
    time.sleep(1)
    os.kill(terminal.pid, signal.SIGTERM)
    began = time.monotonic()
    status = os.waitstatus_to_exitcode(terminal.ended(12))
    print(f"status {status} after {time.monotonic() - began:.1f} s")
    if status not in (0, 1):
        raise Wrong("status")
    if termios.tcgetattr(terminal.slave)[:4] != terminal.before[:4]:
        raise Wrong("the terminal's modes aren't as they were")
    time.sleep(1)
    if os.path.exists(f"{INSTANCES}/falloctrace_{terminal.pid}"):
        raise Wrong("its instance is left")


def closing(program):
    """What trace took is told, and is what the kernel says of it, but for its start and its end."""
    terminal = Terminal([program, "-p", str(os.getpid())], "/dev/null")
    terminal.read_until("tracing", 30)
    time.sleep(1)
    began = time.monotonic()
    make_calls(MANY)
    time.sleep(1)
    elapsed = time.monotonic() - began
    os.kill(terminal.pid, signal.SIGINT)
    terminal.read_until(r"CPU \(.*\)", 10)
    _, status, usage = os.wait4(terminal.pid, 0)
    taken = usage.ru_utime + usage.ru_stime
    said = re.search(r"(\d+) calls, 0 events lost, (\d+\.\d) s CPU \((\d+\.\d) %\)", terminal.text)
    print(f"{said and said[0]!r}; {taken:.2f} s by wait4; status {status}")
    if status or not said or int(said[1]) != MANY:
        raise Wrong(f"said: {terminal.text!r}")
    share = 100 * float(said[2]) / elapsed  # of a little less than it traced for
    if not taken / 2 - 0.1 < float(said[2]) < taken + 0.06 or not share / 3 - 5 < float(said[3]) <= share + 5:
        raise Wrong("that is not what it took")


def main(program, what):
    try:
        {"goes-on": goes_on, "ends": ends, "closing": closing}[what](program)
    except Wrong as why:
        return str(why)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
