# SPDX-License-Identifier: MIT
"""
Formats of events and records in them: tracepoints as the kernel lays them out, and probe events (arguments packed
without alignment, strings behind them) as the lines that `falloctrace probes` prints make them.
"""

COMMON = [("unsigned short", "common_type", 0, 2, 0), ("unsigned char", "common_flags", 2, 1, 0),
          ("unsigned char", "common_preempt_count", 3, 1, 0), ("int", "common_pid", 4, 4, 1)]
SIZES = {"u64": 8, "s64": 8, "u32": 4, "s32": 4, "u16": 2, "u8": 1, "string": 4}
PRINTS = {"u64": "%Lu", "s64": "%Ld", "u32": "%u", "s32": "%d", "u16": "%u", "u8": "%u", "string": '\\"%s\\"'}


class Event:
    """fields: (type, name, offset, size, signed); type "string": a __data_loc."""

    def __init__(self, machine, system, name, number, fields, print_fmt):
        self.machine, self.system, self.name, self.id = machine, system, name, number
        self.fields, self.print_fmt = fields, print_fmt
        self.size = max((f[2] + f[3] for f in COMMON + fields))

    def text(self):
        lines = [f"name: {self.name}", f"ID: {self.id}", "format:"]
        for group in (COMMON, self.fields):
            for kind, name, offset, size, signed in group:
                decl = f"__data_loc char[] {name}" if kind == "string" else f"{kind} {name}"
                if kind.endswith("]"):  # char[16]
                    decl = f"{kind[:kind.index('[')]} {name}{kind[kind.index('['):]}"
                lines.append(f"\tfield:{decl};\toffset:{offset};\tsize:{size};\tsigned:{1 if signed else 0};")
            lines.append("")
        return ("\n".join(lines) + f"\nprint fmt: {self.print_fmt}\n").encode()

    def record(self, tid, values):
        data, strings = bytearray(self.size), b""

        def put(kind, offset, size, value):
            data[offset:offset + size] = (value & ((1 << (8 * size)) - 1)).to_bytes(
                size, "big" if self.machine.big else "little")

        put("u16", 0, 2, self.id)
        put("s32", 4, 4, tid)
        for kind, name, offset, size, _ in self.fields:
            value = values.get(name, 0)
            if kind == "string":
                text = str(value or "").encode() + b"\0"
                put("u32", offset, 4, len(text) << 16 | (self.size + len(strings)))
                strings += text
            elif kind.endswith("]"):
                data[offset:offset + size] = str(value or "").encode()[:size - 1].ljust(size, b"\0")
            else:
                put(kind, offset, size, value)
        return bytes(data) + strings


def probe(machine, group, name, number, args, ret=False):
    """args: "file:u64 size:s64 comm:string". ret: a kretprobe."""
    ips = ["__probe_func", "__probe_ret_ip"] if ret else ["__probe_ip"]
    fields, at = [], 8
    for ip in ips:
        fields.append(("unsigned long", ip, at, machine.long, 0))
        at += machine.long
    for arg in args.split():
        arg, kind = arg.split(":")
        fields.append((kind, arg, at, SIZES[kind], kind[0] == "s" or kind == "string"))
        at += SIZES[kind]
    shown = [(f"{n}={PRINTS[k]}", f"__get_str({n})" if k == "string" else f"REC->{n}")
             for k, n, _, _, _ in fields if n not in ips]
    head = '"(%lx <- %lx)' if ret else '"(%lx)'
    text = " ".join([head] + [s for s, _ in shown]) + '"'
    places = [f"REC->{ip}" for ip in reversed(ips)] + [p for _, p in shown]
    return Event(machine, group, name, number, fields, ", ".join([text] + places))


NAMES = "n0:string n1:string n2:string n3:string"


def probes(machine, group="falloctrace_1", first=1900):
    """What kernels that show no arguments at a function's return have."""
    sizes = "size:s64 blocks:u64"
    made = [
        ("vfs_enter", f"file:u64 mode:u32 offset:s64 len:s64 {sizes} ino:u64 dev:u32 mnt:s32 uid:u32 fd:s32 nr:u64 "
                      f"comm:string {NAMES}", False),
        ("vfs_done", f"file:u64 {sizes}", False),
        ("vfs_exit", "ret:s32", True),
        ("sys_badfd", "fd:s32 mode:u32 offset:s64 len:s64 nr:u64 comm:string", False),
        ("compat_enter", "fd:s32 mode:u32 off_lo:u32 off_hi:u32 len_lo:u32 len_hi:u32 comm:string", False),
        ("compat_exit", "ret:s32", True),
    ]
    return [probe(machine, group, name, first + i, args, ret) for i, (name, args, ret) in enumerate(made)]


def syscalls(machine):
    """Every argument takes a long, whatever it is."""
    step = machine.long
    first = 8 + step
    kinds = [("int", "fd"), ("int", "mode"), ("loff_t", "offset"), ("loff_t", "len")]
    args = [("int", "__syscall_nr", 8, 4, 1)]
    args += [(kind, name, first + i * step, step, 0) for i, (kind, name) in enumerate(kinds)]
    shown = ", ".join(f"{n}: 0x%08lx" for _, n in kinds)
    places = ", ".join(f"((unsigned long)(REC->{n}))" for _, n in kinds)
    return [Event(machine, "syscalls", "sys_enter_fallocate", 814, args, f'"{shown}", {places}'),
            Event(machine, "syscalls", "sys_exit_fallocate", 813,
                  [("int", "__syscall_nr", 8, 4, 1), ("long", "ret", first, step, 1)], '"0x%lx", REC->ret')]


def ext4(machine):
    wide = [("dev_t", "dev", 8, 4, 0), ("ino_t", "ino", 16 if machine.long == 8 else 12, machine.long, 0)]
    device = "((unsigned int) ((REC->dev) >> 20)), ((unsigned int) ((REC->dev) & ((1U << 20) - 1)))"
    return [Event(machine, "ext4", "ext4_fallocate_enter", 1216,
                  wide + [("loff_t", "offset", 24, 8, 1), ("loff_t", "len", 32, 8, 1), ("int", "mode", 40, 4, 1)],
                  f'"dev %d,%d ino %lu offset %lld len %lld mode %d", {device}, (unsigned long) REC->ino, '
                  "REC->offset, REC->len, REC->mode"),
            Event(machine, "ext4", "ext4_fallocate_exit", 1213,
                  wide + [("loff_t", "pos", 24, 8, 1), ("unsigned int", "blocks", 32, 4, 0), ("int", "ret", 36, 4, 1)],
                  f'"dev %d,%d ino %lu pos %lld blocks %u ret %d", {device}, (unsigned long) REC->ino, REC->pos, '
                  "REC->blocks, REC->ret")]


def newtask(machine):
    return Event(machine, "task", "task_newtask", 205,
                 [("pid_t", "pid", 8, 4, 1), ("char[16]", "comm", 12, 16, 0),
                  ("unsigned long", "clone_flags", 32, machine.long, 0), ("short", "oom_score_adj", 40, 2, 1)],
                 '"pid=%d comm=%s clone_flags=%lx oom_score_adj=%hd", REC->pid, REC->comm, REC->clone_flags, '
                 "REC->oom_score_adj")


def switch(machine):
    """Nothing of ours."""
    return Event(machine, "sched", "sched_switch", 316,
                 [("char[16]", "prev_comm", 8, 16, 0), ("pid_t", "prev_pid", 24, 4, 1), ("int", "prev_prio", 28, 4, 1),
                  ("char[16]", "next_comm", 32, 16, 0), ("pid_t", "next_pid", 48, 4, 1),
                  ("int", "next_prio", 52, 4, 1)],
                 '"prev_comm=%s prev_pid=%d prev_prio=%d ==> next_comm=%s next_pid=%d next_prio=%d", REC->prev_comm, '
                 "REC->prev_pid, REC->prev_prio, REC->next_comm, REC->next_pid, REC->next_prio")
