# SPDX-License-Identifier: MIT
"""README.md's table of kernels: what the truth tests saw on each.

kernels.py [--write] TEST OUT README   the row of a test, out of what it left in OUT, is the one that README has
kernels.py --names README              the tests that have a row
Exit 0: so it is. 1: it is not; --write makes it so. 77: README has it of another kernel version ("own" and "sid" are
other kernels elsewhere, and later). What differs from run to run or with a newer build of the same version (its
release, the start-up time) is written and not compared.
"""
import pathlib
import re
import sys

BEGIN, END = "<!-- kernels -->\n", "<!-- /kernels -->\n"
HEAD = ["test", "kernel", "machine", "CPUs", "booted with", "probes", "size after", "fd", "EBADF", "blocks of",
        "calls", "differences", "start-up"]
NOT_COMPARED = {"kernel", "start-up"}


def doctor(text):
    """Lines "ok what detail" and "-- what detail" of `falloctrace doctor`; not the indented ones, of --deep."""
    found = {}
    for said in text.splitlines():
        match = re.match(r"(ok|--) {4}(\S.*?)(?: {2,}(.*))?$", said)
        if match:
            found[match.group(2)] = (match.group(1) == "ok", match.group(3) or "")
    return found


def way(item, ways):
    good, detail = item
    if not good:
        return "no"
    for pattern, word in ways.items():
        if re.search(pattern, detail):
            return word
    raise SystemExit(f"doctor says \"{detail}\", which this table has no word for")


def row(test, out):
    said = (out / "doctor").read_text(encoding="utf-8")
    seen = doctor(said)
    facts = dict(line.split(" ", 1) if " " in line else (line, "")
                 for line in (out / "facts").read_text(encoding="utf-8").splitlines())
    calls, differences = re.search(r"^(\d+) calls made, \d+ seen, (\d+) differences$",
                                   (out / "compared").read_text(encoding="utf-8"), re.MULTILINE).groups()
    probes = (out / "probes").read_text(encoding="utf-8").splitlines()
    return {
        "test": test,
        "kernel": facts["release"],
        "machine": facts["machine"],
        "CPUs": facts["cpus"],
        "booted with": facts["options"],
        "probes": str(len(probes)),
        "size after": way(seen["size after"], {"return probe": "return probe", "probe at": "probe inside"}),
        "fd": way(seen["file descriptor"], {"caller's registers": "registers", "probes on": "two probes"}),
        "EBADF": way(seen["EBADF"], {"^probe at": "one probe", "probes on": "two probes"}),
        "blocks of": " ".join(fs for fs in ("ext4", "xfs", "btrfs", "tmpfs", "overlay")
                              if seen.get(f"blocks on {fs}", (False,))[0]),
        "calls": calls,
        "differences": differences,
        "start-up": f"{(took(said, 'in all') - took(said, '--deep')) / 1000:.1f} s",
    }


def took(said, step):
    """Milliseconds of doctor's line on the start; 0: it had no such step."""
    match = re.search(re.escape(step) + r" ([0-9.]+) ms", said)
    return float(match.group(1)) if match else 0.0


def version(release):
    return re.match(r"\d+\.\d+", release).group()


def line(cells):
    return "| " + " | ".join(cells) + " |\n"


def parse(text):
    before, rest = text.split(BEGIN)
    table, after = rest.split(END)
    rows = [dict(zip(HEAD, (cell.strip() for cell in entry[1:-1].split("|")), strict=True))
            for entry in table.splitlines()[2:]]
    return before, rows, after


def main(arguments):
    write = "--write" in arguments
    arguments = [a for a in arguments if a != "--write"]
    if arguments[0] == "--names":
        for entry in parse(pathlib.Path(arguments[1]).read_text(encoding="utf-8"))[1]:
            print(entry["test"])
        return 0
    test, out, readme = arguments[0], pathlib.Path(arguments[1]), pathlib.Path(arguments[2])
    now = row(test, out)
    before, rows, after = parse(readme.read_text(encoding="utf-8"))
    have = next((entry for entry in rows if entry["test"] == test), None)
    if write:
        rows = sorted([entry for entry in rows if entry["test"] != test] + [now], key=lambda entry: entry["test"])
        table = line(HEAD) + line(["---"] * len(HEAD)) + "".join(line(entry[h] for h in HEAD) for entry in rows)
        readme.write_text(before + BEGIN + table + END + after, encoding="utf-8")
        have = now
    if have and version(have["kernel"]) != version(now["kernel"]):
        print(f"README.md's row is of {have['kernel']}, this is {now['kernel']}: to write it: WRITE=1 tests/live/{test}")
        return 77
    wrong = [h for h in HEAD if h not in NOT_COMPARED and have and have[h] != now[h]]
    for h in wrong:
        print(f"{h}: seen \"{now[h]}\", README.md says \"{have[h]}\"")
    if not have:
        print(f"README.md's table of kernels has no {test}")
    if wrong or not have:
        print(f"to write it: WRITE=1 tests/live/{test}")
        return 1
    print(line(now[h] for h in HEAD).strip())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
