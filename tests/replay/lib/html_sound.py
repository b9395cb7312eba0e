# SPDX-License-Identifier: MIT
"""html_sound.py FILE…: reports that hold nothing but what a report holds, and are not too long."""
import os
import sys

from report import Report

SIZE_MAX = 4 << 20


def main():
    wrong = 0
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as text:
            complaints = Report(text.read()).complaints()
        if os.path.getsize(path) > SIZE_MAX:
            complaints.append(f"{os.path.getsize(path)} bytes")
        for complaint in complaints[:5]:
            print(f"{os.path.basename(path)}: {complaint}")
        wrong += len(complaints)
    print(f"{len(sys.argv) - 1} pages")
    return 1 if wrong else 0


sys.exit(main())
