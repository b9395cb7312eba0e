# SPDX-License-Identifier: MIT
"""What is put into the rings: fallocate calls as each family of events shows them. All is the same in each run."""
import formats

CALLS = [
    # fd, mode, offset, len, ret: sizes beyond 4 GiB, modes known and not, failures
    (3, 0, 0, 4096, 0), (4, 1, 8192, 65536, 0), (5, 3, 1 << 33, 4096, 0), (3, 0x40, 0, 1 << 40, -95),
    (7, 0x80000001, 5, 0x7fffffffffffffff, -27), (3, 16, -4096, 1, -22), (1000, 8, 4096, 4096, -28),
]
NAMES = ["leaf.dat", "dir", "home", "/"]
START = 5_000_000_000_000


def comm(tid):
    return f"job-{tid}"


class Stream:
    """A ring, and events put into it at times that go on by themselves."""

    def __init__(self, ring, events, cpu, now=START):
        self.ring, self.cpu, self.now = ring, cpu, now + 1000 * cpu
        self.events = {e.name: e for e in events}
        self.nr = ring.machine.kind()[1]
        self.tid = 100 + cpu

    def has(self, name):
        return name in self.events

    def put(self, name, after=700, **values):
        self.now += after
        event = self.events[name]
        fields = {f[1]: values.get(f[1], "" if f[0] == "string" or f[0].endswith("]") else 0) for f in event.fields}
        self.ring.add(self.now, event.record(self.tid, values), {
            "event": f"{event.system}:{name}", "tid": self.tid, "fields": fields})

    def call(self, began, fd, mode, offset, length, ret, sizes=(None, None), family="ours", timed=True):
        """What a replay must tell of the call that ends now."""
        self.ring.calls.append({"began": began, "ended": self.now if timed else None, "tid": self.tid,
                                "cpu": self.cpu, "fd": fd, "mode": mode, "offset": offset, "len": length,
                                "ret": ret, "size_before": sizes[0], "size_after": sizes[1], "family": family})

    def syscall(self, i):
        fd, mode, offset, length, ret = CALLS[i % len(CALLS)]
        first, second, shown = offset, length, length
        if self.ring.machine.long == 4:
            # An event of a 32-bit kernel shows four registers: after fd and mode come the halves of offset.
            first, second, shown = offset & 0xffffffff, offset >> 32 & 0xffffffff, None
            if self.ring.machine.big:
                first, second = second, first
        self.put("sys_enter_fallocate", __syscall_nr=self.nr, fd=fd, mode=mode, offset=first, len=second)
        began = self.now
        self.put("sys_exit_fallocate", 1500 + 17 * i, __syscall_nr=self.nr, ret=ret)
        self.call(began, fd, mode, offset, shown, ret)

    def probes(self, i):
        fd, mode, offset, length, ret = CALLS[i % len(CALLS)]
        call = {"fd": fd, "mode": mode, "offset": offset, "len": length}
        file, ip = 0xffff888000100000 + 256 * i, 0xffffffff81300000
        if self.ring.machine.long == 4:
            file, ip = file & 0xffffffff, ip & 0xffffffff
        if i % 5 == 4:
            self.put("sys_badfd", **{**call, "fd": -1}, nr=self.nr, comm=comm(self.tid), __probe_ip=ip + 99)
            self.call(self.now, -1, mode, offset, length, -9, timed=False)
            return
        self.put("vfs_enter", **call, file=file, size=4096 * i, blocks=8 * i, ino=12 + i, dev=8 << 20 | 1, mnt=29,
                 uid=1000, nr=self.nr, comm=comm(self.tid), __probe_ip=ip,
                 **{f"n{k}": f"{name}{i if not k else ''}" for k, name in enumerate(NAMES)})
        began, after = self.now, None if ret else 4096 * i + length % 8192
        if not ret:
            self.put("vfs_done", 900, file=file, size=after, blocks=8 * i + 8, __probe_ip=ip + 160)
        self.put("vfs_exit", 1100 + 13 * i, ret=ret, __probe_func=ip, __probe_ret_ip=ip - 4096)
        self.call(began, fd, mode, offset, length, ret, (4096 * i, after))

    def compat(self, i):
        offset = (i + 1) << 32 | 4096
        self.put("compat_enter", fd=6, mode=1, off_lo=offset & 0xffffffff, off_hi=offset >> 32, len_lo=8192, len_hi=0,
                 comm=comm(self.tid), __probe_ip=1 << 40)
        began = self.now
        self.put("compat_exit", ret=-22, __probe_func=1 << 40, __probe_ret_ip=1 << 41)
        self.call(began, 6, 1, offset, 8192, -22)

    def ext4(self, i):
        _, mode, offset, length, ret = CALLS[i % len(CALLS)]
        self.put("ext4_fallocate_enter", dev=8 << 20 | 1, ino=12 + i, offset=offset, len=length, mode=mode & 0xff)
        began = self.now
        self.put("ext4_fallocate_exit", dev=8 << 20 | 1, ino=12 + i, pos=offset, blocks=length >> 12 & 0xffff, ret=ret)
        self.call(began, None, mode & 0xff, offset, length, ret, family="ext4")

    def switch(self, i):
        self.put("sched_switch", prev_comm=comm(self.tid), prev_pid=self.tid, prev_prio=120, next_comm="idle",
                 next_pid=0, next_prio=120 + i % 3)

    def all(self, count):
        """Rounds of whatever the file has events for."""
        for i in range(count):
            if self.has("task_newtask") and i % 4 == 0:
                self.put("task_newtask", pid=self.tid + 1000 + i, comm=comm(self.tid), clone_flags=0x3d0f00)
            for event, call in (("sys_enter_fallocate", self.syscall), ("vfs_enter", self.probes),
                                ("ext4_fallocate_enter", self.ext4), ("sched_switch", self.switch)):
                if self.has(event):
                    call(i)
            if self.has("compat_enter") and self.ring.machine.long == 8 and i % 4 == 3:
                self.compat(i)


def events_of(machine, families):
    """families: "syscalls probes newtask", in the order in which the file has them."""
    out = []
    for family in families.split():
        group = None
        if ":" in family:  # probes:GROUP
            family, group = family.split(":")
        made = getattr(formats, family)(machine, group) if group else getattr(formats, family)(machine)
        out += made if isinstance(made, list) else [made]
    return out
