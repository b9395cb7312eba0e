# SPDX-License-Identifier: MIT
"""top_load.py DIR RATE SECONDS: waits for DIR/go, then makes RATE fallocate calls a second, each tenth with a bad
descriptor. The truth goes to DIR/truth: "PID CALLS ERRORS BYTES FIRST LAST", times on the monotonic clock."""
import ctypes
import os
import sys
import time

folder, rate, seconds = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
libc = ctypes.CDLL(None)
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
fd = os.open(os.path.join(folder, "file"), os.O_RDWR | os.O_CREAT, 0o600)
with open(os.path.join(folder, "pid.new"), "w") as out:
    out.write(str(os.getpid()))
os.rename(os.path.join(folder, "pid.new"), os.path.join(folder, "pid"))
while not os.path.exists(os.path.join(folder, "go")):
    time.sleep(0.02)

calls = errors = size = 0
begin = time.monotonic()
while calls < rate * seconds:
    bad = calls % 10 == 9
    length = 4096 * (calls % 7 + 1)
    failed = libc.fallocate(9999 if bad else fd, 0, 0, length) != 0
    if failed != bad:
        sys.exit(f"fallocate: {failed}, expected {bad}")
    calls += 1
    errors += bad
    size += length
    time.sleep(max(0, begin + calls / rate - time.monotonic()))
with open(os.path.join(folder, "truth"), "w") as out:
    out.write(f"{os.getpid()} {calls} {errors} {size}\n")
time.sleep(60)
