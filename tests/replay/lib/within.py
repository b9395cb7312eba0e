# SPDX-License-Identifier: MIT
"""within.py MIB COMMAND…: COMMAND succeeds, and takes no more memory than that (0: it is not looked at)."""
import resource
import subprocess
import sys


def main():
    status = subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode
    taken = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    allowed = int(sys.argv[1])
    print(f"status {status}, {taken:.0f} MiB" + ("" if allowed else ", not looked at"))
    return 1 if status or (allowed and taken > allowed) else 0


sys.exit(main())
