#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""privileges.py PART PROGRAM INJECT WORKLOAD DIR: what a running falloctrace may still do, and what other users
can make it do. The kernel is asked, by /proc and by system calls put into the process."""
import ctypes
import errno
import fcntl
import os
import pty
import signal
import stat
import subprocess
import sys
import threading
import time

PART, PROGRAM, INJECT, WORKLOAD, DIR = sys.argv[1:6]
USER, ATTACKER, NOBODY = 1000, 1001, 65534
TRACING = "/sys/kernel/tracing/instances"
SYSCALLS = {"socket": 41, "connect": 42, "fork": 57, "execve": 59, "ptrace": 101, "setuid": 105, "mount": 165,
            "reboot": 169, "init_module": 175, "keyctl": 250, "unshare": 272, "perf_event_open": 298, "setns": 308,
            "process_vm_writev": 311, "finit_module": 313, "bpf": 321, "execveat": 322, "io_uring_setup": 425}
failures = 0


def expect(what, ok):
    global failures
    if not ok:
        failures += 1
        print("not as it should be:", what)


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as f:
        return {k: v.strip() for k, _, v in (line.partition(":") for line in f)}


def full_pipe():
    """A pipe that nobody reads, and that takes no more: whoever writes to it waits there."""
    r, w = os.pipe()
    fcntl.fcntl(w, fcntl.F_SETFL, os.O_NONBLOCK)
    try:
        while True:
            os.write(w, b"x" * 4096)
    except BlockingIOError:
        pass
    try:
        while True:
            os.write(w, b"x")
    except BlockingIOError:
        pass
    fcntl.fcntl(w, fcntl.F_SETFL, 0)
    return r, w


def start(args, **more):
    more.setdefault("cwd", DIR)
    return subprocess.Popen([PROGRAM, *args], **more)


def confined(pid, seconds=20):
    for _ in range(seconds * 20):
        try:
            s = status_of(pid)
        except FileNotFoundError:
            return {}
        if s.get("Seccomp") == "2":
            return s
        time.sleep(0.05)
    return status_of(pid)


def check_confined(what, pid, uid, permitted=0):
    s = confined(pid)
    expect(f"{what}: Seccomp {s.get('Seccomp')}", s.get("Seccomp") == "2")
    expect(f"{what}: NoNewPrivs {s.get('NoNewPrivs')}", s.get("NoNewPrivs") == "1")
    for caps in ("CapEff", "CapInh", "CapAmb"):
        expect(f"{what}: {caps} {s.get(caps)}", int(s.get(caps, "1"), 16) == 0)
    expect(f"{what}: CapPrm {s.get('CapPrm')}", int(s.get("CapPrm", "1"), 16) == permitted)
    expect(f"{what}: Uid {s.get('Uid')}", s.get("Uid", "").split()[1:2] == [str(uid)])
    print(f"{what}: Seccomp {s.get('Seccomp')} CapEff {s.get('CapEff')} CapPrm {s.get('CapPrm')} Uid {s.get('Uid')}")


def end(p, pipes=()):
    p.kill()
    p.wait()
    for fd in pipes:
        os.close(fd)


def recording(name="big.dat", calls="3000"):
    path = os.path.join(DIR, name)
    if not os.path.exists(path):
        subprocess.run([PROGRAM, "record", "-q", "-o", path, "--", WORKLOAD, "count", calls], check=True, cwd=DIR,
                       stdout=subprocess.DEVNULL, env=plain())
        os.chmod(path, 0o600)
    return path


def plain(**more):
    env = {k: v for k, v in os.environ.items() if not k.startswith("SUDO_")}
    env.update(more)
    return env


def sudo():
    return plain(SUDO_UID=str(USER), SUDO_GID=str(USER))


def stopped(args, env=None, both=True):
    """A command that hangs in its first write."""
    r, w = full_pipe()
    p = start(args, stdout=w, stderr=w if both else subprocess.DEVNULL, env=env or plain())
    return p, (r, w)


def top():
    master, slave = pty.openpty()
    p = start(["top"], stdin=slave, stdout=slave, stderr=slave, env=plain(TERM="vt100"), start_new_session=True)
    os.close(slave)
    threading.Thread(target=lambda: drain(master), daemon=True).start()
    return p


def drain(fd):
    try:
        while os.read(fd, 4096):
            pass
    except OSError:
        pass


def live(args, env=None):
    return start(args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env or plain())


def broken_off(name, env):
    p = live(["record", "-q", "-o", name], env)
    confined(p.pid)
    subprocess.run([WORKLOAD, "count", "200"], check=True, stdout=subprocess.DEVNULL)
    time.sleep(2.2)
    end(p)


def part_confined():
    for what, args in (("trace", []), ("summary", ["-s", "-i", "1"]), ("metrics", ["--format", "openmetrics", "-o", "m.prom", "-i", "1"]),
                       ("record", ["record", "-o", "r.dat"])):
        p = live(args)
        check_confined(what, p.pid, 0)
        end(p)
    p = live(["record", "-o", "user/r.dat"], sudo())
    check_confined("record by sudo into the caller's directory", p.pid, 0)
    end(p)
    p = top()
    check_confined("top", p.pid, 0)
    end(p)
    big = recording()
    for env, uid, who in ((plain(), NOBODY, "root"), (sudo(), USER, "sudo")):
        for what, args in (("replay", ["replay", big]), ("replay --check", ["replay", "--check", big])):
            p, pipes = stopped(args, env)
            check_confined(f"{what} by {who}", p.pid, uid)
            end(p, pipes)
    p, pipes = stopped(["replay", "--format", "html", "-o", "user/h.html", big], sudo())
    check_confined("replay by sudo to a page of the caller's", p.pid, USER)
    end(p, pipes)
    for name, env, uid in (("b.dat", plain(), 0), ("user/b.dat", sudo(), USER)):
        broken_off(name, env)
        p, pipes = stopped(["recover", name], env)
        check_confined(f"recover of {name}", p.pid, uid)
        end(p, pipes)
    out = subprocess.run([PROGRAM, "-q", "-o", "/dev/null", "--", "grep", "-E", "Seccomp:|NoNewPrivs|CapEff", "/proc/self/status"],
                         cwd=DIR, env=plain(), stdout=subprocess.PIPE, text=True, check=False).stdout.split()
    mine = status_of(os.getpid())
    expect(f"a command's {out}", out == ["CapEff:", mine["CapEff"], "NoNewPrivs:", "0", "Seccomp:", "0"])


def inject(pid, *args):
    return subprocess.run([INJECT, str(pid), *map(str, args)], stdout=subprocess.PIPE, text=True, check=False).stdout.strip()


def part_forbidden():
    big = recording()
    for name, nr in SYSCALLS.items():
        p, pipes = stopped(["replay", big])
        confined(p.pid)
        time.sleep(0.2)
        said = inject(p.pid, nr)
        expect(f"{name} in replay: {said}", said == f"killed by {int(signal.SIGSYS)}")
        end(p, pipes)
    for what, args in (("trace", []), ("record", ["record", "-o", "f.dat"])):
        for name in ("execve", "socket", "ptrace", "mount"):
            p = live(args)
            confined(p.pid)
            time.sleep(0.2)
            said = inject(p.pid, SYSCALLS[name])
            expect(f"{name} in {what}: {said}", said == f"killed by {int(signal.SIGSYS)}")
            p.wait()
            left = os.path.join(TRACING, f"falloctrace_{p.pid}")
            for _ in range(60):
                if not os.path.exists(left):
                    break
                time.sleep(0.1)
            expect(f"{left} is left", not os.path.exists(left))
            subprocess.run(["rm", "-rf", os.path.join(DIR, "f.dat.partial")], check=True)
    p = live([])
    confined(p.pid)
    time.sleep(0.2)
    soft = (("openat for writing", (257, -100, 0, os.O_WRONLY), -errno.EACCES),
            ("openat to make a file", (257, -100, 0, os.O_CREAT), -errno.EACCES),
            ("openat to read", (257, -100, 0, os.O_RDONLY), -errno.EFAULT), ("rename", (82, 0, 0), -errno.EACCES),
            ("memory to run", (9, 0, 4096, 5), -errno.EACCES), ("a signal to init", (62, 1, 0), -errno.EPERM),
            ("TIOCSTI", (16, 0, 0x5412, 0), -errno.ENOTTY), ("clone3", (435, 0, 0), -errno.ENOSYS),
            ("a call of the future", (700,), -errno.ENOSYS))
    for name, call, want in soft:
        said = inject(p.pid, *call)
        expect(f"{name}: {said}, not {want}", said == f"returned {want}")
    expect("it goes on after these", p.poll() is None)
    p.send_signal(signal.SIGTERM)
    expect(f"its exit status {p.wait()}", p.returncode == 0)
    print(f"{len(SYSCALLS)} calls kill, {len(soft)} fail or go through as they should")


def run(args, env=None, timeout=20):
    p = subprocess.run([PROGRAM, *args], cwd=DIR, env=env or plain(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                       timeout=timeout, check=False)
    return p.returncode, p.stderr.strip()


def belongs(name, uid, mode):
    st = os.lstat(os.path.join(DIR, name))
    expect(f"{name} is uid {st.st_uid} mode {stat.S_IMODE(st.st_mode):o}", (st.st_uid, st.st_gid, stat.S_IMODE(st.st_mode)) == (uid, uid, mode))


def part_owners():
    big = recording()
    os.umask(0o22)
    for where in ("user/", ""):
        for name, args, mode in (("o.dat", ["record", "-q", "-d", "300ms"], 0o600), ("o.txt", ["-q", "-d", "300ms"], 0o600),
                                 ("o.prom", ["-q", "-d", "300ms", "--format", "openmetrics"], 0o644),
                                 ("o.csv", ["replay", "-q", "--csv", big], 0o600), ("o.json", ["replay", "-q", "-j", big], 0o600),
                                 ("o.html", ["replay", "-q", "--format", "html", big], 0o600)):
            status, said = run([args[0], "-o", where + name, *args[1:]] if args[0] in ("record", "replay") else ["-o", where + name, *args], sudo())
            expect(f"{where}{name}: {status}, {said}", status == 0)
            belongs(where + name, USER, mode)
            os.unlink(os.path.join(DIR, where + name))
    p = live(["record", "-q", "-o", "user/p.dat"], sudo())
    confined(p.pid)
    belongs("user/p.dat.partial", USER, 0o700)
    for name in os.listdir(os.path.join(DIR, "user/p.dat.partial")):
        belongs("user/p.dat.partial/" + name, USER, 0o600)
    p.send_signal(signal.SIGTERM)
    p.wait()
    belongs("user/p.dat", USER, 0o600)
    # whom nobody but root may tell of it
    open(os.path.join(DIR, "ours.dat"), "wb").write(open(big, "rb").read())
    os.chown(os.path.join(DIR, "ours.dat"), ATTACKER, ATTACKER)
    os.chmod(os.path.join(DIR, "shared"), 0o1777)
    p = subprocess.run([PROGRAM, "replay", "-q", "-o", "shared/mine.txt", "ours.dat"], cwd=DIR, env=sudo(), user=ATTACKER,
                       group=ATTACKER, extra_groups=[], check=False, stderr=subprocess.PIPE)
    belongs("shared/mine.txt", ATTACKER, 0o600)
    os.unlink(os.path.join(DIR, "shared/mine.txt"))
    print("as they should be")


def as_attacker(function):
    pid = os.fork()
    if pid == 0:
        os.setgroups([])
        os.setresgid(ATTACKER, ATTACKER, ATTACKER)
        os.setresuid(ATTACKER, ATTACKER, ATTACKER)
        try:
            function()
        finally:
            os._exit(0)
    return pid


def part_attacks():
    big = recording()
    shared = os.path.join(DIR, "shared")
    victim = os.path.join(DIR, "victim")
    os.chmod(shared, 0o1777)

    def lay(make):
        subprocess.run(f"rm -rf {shared}/* {shared}/.??*", shell=True, check=False)
        with open(victim, "w", encoding="utf-8") as f:
            f.write("precious")
        os.waitpid(as_attacker(make), 0)

    def refused(what, args, word, env=None):
        status, said = run(args, env)
        expect(f"{what}: {status}, {said}", status == 1 and word in said and "\n" not in said)
        expect(f"{what}: the victim", open(victim, encoding="utf-8").read() == "precious")
        print(f"{what}: {said}")

    text, page, rec = ["replay", "-q", big, "-o"], ["replay", "-q", "--format", "html", big, "-o"], ["record", "-q", "-d", "300ms", "-o"]
    for env in (None, sudo()):
        lay(lambda: os.symlink(victim, shared + "/x"))
        refused("link, text", [*text, "shared/x"], "symbolic link of another user's (uid 1001)", env)
        refused("link, page", [*page, "shared/x"], "symbolic link", env)
        refused("link, record", [*rec, "shared/x"], "symbolic link", env)
        lay(lambda: os.symlink(DIR, shared + "/d"))
        refused("folder's link, text", [*text, "shared/d/victim"], "symbolic link of another user's", env)
        refused("folder's link, page", [*page, "shared/d/victim"], "symbolic link of another user's", env)
        refused("folder's link, record", [*rec, "shared/d/victim"], "symbolic link of another user's", env)
        lay(lambda: None)
        os.link(victim, shared + "/x")
        refused("hard link", [*text, "shared/x"], "another name", env)
        os.unlink(shared + "/x")
        lay(lambda: os.mkfifo(shared + "/x", 0o666))
        refused("pipe, text", [*text, "shared/x"], "another user's (uid 1001)", env)
        refused("pipe, record", [*rec, "shared/x"], "pipe", env)
        lay(lambda: open(shared + "/x", "w", encoding="utf-8").write("mine"))
        for name, args in (("text", text), ("page", page), ("record", rec)):
            refused(f"file, {name}", [*args, "shared/x"], "another user's (uid 1001)", env)
        lay(lambda: (os.mkdir(shared + "/x.partial"), os.mkfifo(shared + "/x.partial/cpu0")))
        refused("folder, record", [*rec, "shared/x"], "another user's", env)
        refused("folder, recover", ["recover", "shared/x"], "another user's", env)
    # one's own links and pipes are followed there, as ever
    lay(lambda: None)
    os.symlink("y", shared + "/x")
    expect("own link", run([*text, "shared/x"])[0] == 0 and os.path.getsize(shared + "/y") > 1000)
    # in the recorder's own folder, what is no file of its own
    for make, word in ((os.mkfifo, "cpu0"), (lambda p: os.symlink(victim, p), "cpu0"), (lambda p: os.link(victim, p), "cpu0")):
        subprocess.run(["rm", "-rf", DIR + "/g.dat.partial"], check=True)
        subprocess.run(["cp", "-r", DIR + "/kept.partial", DIR + "/g.dat.partial"], check=True)
        os.unlink(DIR + "/g.dat.partial/cpu0")
        make(DIR + "/g.dat.partial/cpu0")
        refused("in the folder", ["recover", "g.dat"], word)
    for name in ("head", "places"):
        subprocess.run(["rm", "-rf", DIR + "/g.dat.partial"], check=True)
        subprocess.run(["cp", "-r", DIR + "/kept.partial", DIR + "/g.dat.partial"], check=True)
        if os.path.exists(DIR + "/g.dat.partial/" + name):
            os.unlink(DIR + "/g.dat.partial/" + name)
        os.mkfifo(DIR + "/g.dat.partial/" + name)
        refused("in the folder, " + name, ["recover", "g.dat"], name)


def part_races():
    """Another user changes what is there as fast as he can, while root writes."""
    big = recording()
    shared, victim = os.path.join(DIR, "shared"), os.path.join(DIR, "victim")
    os.chmod(shared, 0o1777)
    subprocess.run(f"rm -rf {shared}/* {shared}/.??*", shell=True, check=False)
    with open(victim, "w", encoding="utf-8") as f:
        f.write("precious")
    os.chmod(victim, 0o600)

    def attack():
        while True:
            for make in (lambda: os.symlink(victim, shared + "/n"), lambda: os.mkfifo(shared + "/n"),
                         lambda: open(shared + "/n", "w", encoding="utf-8").close()):
                try:
                    make()
                    os.rename(shared + "/n", shared + "/x")
                    os.unlink(shared + "/x")
                except OSError:
                    try:
                        os.unlink(shared + "/n")
                    except OSError:
                        pass

    pid = as_attacker(attack)
    tally = {}
    until = time.time() + 12
    try:
        while time.time() < until:
            for args in (["replay", "-q", big, "-o", "shared/x"], ["replay", "-q", "--format", "html", big, "-o", "shared/x"],
                         ["replay", "--check", big, "-o", "shared/x"]):
                status, said = run(args, sudo() if len(tally) % 2 else None)
                key = "written" if status == 0 else said.split(": ", 2)[-1][:40]
                tally[key] = tally.get(key, 0) + 1
                expect(f"{status} {said}", status in (0, 1))
                try:
                    if os.lstat(shared + "/x").st_uid != ATTACKER:
                        os.unlink(shared + "/x")
                except OSError:
                    pass
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    expect("the victim", open(victim, encoding="utf-8").read() == "precious")
    expect("both ends of it", len(tally) > 1)
    print("; ".join(f"{v} {k}" for k, v in sorted(tally.items())))


ctypes.CDLL(None).umask(0o22)
globals()["part_" + PART]()
print("all as it should be" if not failures else f"{failures} things are not")
sys.exit(1 if failures else 0)
