# SPDX-License-Identifier: MIT
"""What the benchmarks of replays share: where things are, recordings, runs of a command."""
import os
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, os.environ.get("BUILD", "build"))
PROGRAM = os.environ.get("FALLOCTRACE", os.path.join(BUILD, "falloctrace"))
MEASURE = os.path.join(BUILD, "tests/bench/measure")
MAKE_TRACE = os.path.join(BUILD, "tests/bench/make_trace")


class Run:
    """One run of a command: seconds, and the most memory that it held."""

    def __init__(self, argv):
        done = subprocess.run([MEASURE] + argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              errors="replace", check=True)
        wall, cpu, memory, status = done.stdout.split()
        self.wall, self.cpu, self.memory, self.status = float(wall), float(cpu), int(memory) / 1024, int(status)
        self.errors = done.stderr.strip()


def make(path, events):
    """One file, and what make_trace has put in as a dict; None where the file was there already."""
    if os.path.exists(path):
        return None
    words = subprocess.run([MAKE_TRACE, str(events), path], check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    return dict(zip(words[::2], map(float, words[1::2])))
