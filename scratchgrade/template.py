"""PID 1 of the box: imports the libraries once, forks a child a submission.

It holds no checks, no reference, no seed, and never a submission: the child
gets pipes of its own straight from the trusted side, and nothing that a child
writes is ever read here. Its own channel to the trusted side, one socket,
is closed in every child before student code runs.

Why a child cannot disturb it: the kernel drops signals to the first process
of a PID namespace that has no handler for them, and this one has none; it is
not dumpable, so /proc/1 and tracing are closed to others; seccomp refuses to
change another process's limits or priorities. When a child has ended, or the
trusted side asks for it, every other process in the box is killed and reaped,
/tmp is emptied, and this process looks whether it is what it was. After any
surprise it ends, and the box with it.

Messages on the socket, one JSON object each:

    first                settings                  -> ready
    do=serve, do=script  number, limits, two pipes -> (nothing)
    do=end               number                    -> (nothing)
    when a child is over     -> over=number, status, peak, surprise
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import random
import resource
import select
import shutil
import signal
import socket
import sys
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import worker

sys.path.pop(0)

TMP = "/tmp"
MESSAGE = 1 << 16
PR_SET_DUMPABLE, PR_CAPBSET_DROP = 4, 24
WAIT_ALL = 0x40000000  # __WALL: children made in unusual ways, too


def prctl(option: int, value: int) -> int:
    return ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


# --- becoming the template -------------------------------------------------


def drop_rights(user: int | None, shield: bool) -> None:
    """Become an ordinary user for good, and closed to its processes."""
    if user is not None:
        for capability in range(64):
            prctl(PR_CAPBSET_DROP, capability)
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        inherit_nothing()
    prctl(PR_SET_DUMPABLE, 0 if shield else 1)


def inherit_nothing() -> None:
    """Give up the last set of capabilities, which changing user keeps."""
    version_3 = (ctypes.c_uint32 * 2)(0x20080522, 0)
    if ctypes.CDLL(None).capset(version_3, (ctypes.c_uint32 * 6)()):
        raise OSError("the capabilities could not be given up")


def be_deaf() -> None:
    """No handler: the kernel then drops what a child sends to PID 1."""
    for number in signal.valid_signals():
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)


# What a library would import when it is first used, in each child again.
FIRST_USE = {
    "torch": ("torch.fx.experimental.symbolic_shapes", "safetensors.torch"),
    "numpy": ("numpy.random", "safetensors.numpy"),
}


def preload(names: list[str]) -> None:
    """Import what students' cells will import; one thread, nothing run."""
    for name in names:
        # It fails in the student's cell too, with the same message.
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    for library, more in FIRST_USE.items():
        for name in more if library in sys.modules else ():
            with contextlib.suppress(ImportError):
                importlib.import_module(name)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)
        torch.set_num_interop_threads(1)
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed(0)
    if len(os.listdir("/proc/self/task")) > 1:
        raise SystemExit(
            f"importing {', '.join(names)} starts threads, which a child "
            "would not have: take the import out of the release"
        )


class State:
    """What may not change from one child to the next."""

    def __init__(self):
        self.start = self.look()

    def look(self) -> dict:
        limits = [n for n in dir(resource) if n.startswith("RLIMIT_")]
        tmp = os.stat(TMP)
        return {
            "limits": {
                n: resource.getrlimit(getattr(resource, n)) for n in limits
            },
            "priority": os.getpriority(os.PRIO_PROCESS, 0),
            "scheduler": os.sched_getscheduler(0),
            "processors": sorted(os.sched_getaffinity(0)),
            "descriptors": sorted(os.listdir("/proc/self/fd")),
            "processes": processes(),
            "folder": [tmp.st_mode, tmp.st_uid, tmp.st_gid, tmp.st_nlink],
            "marks": os.listxattr(TMP),
            "files": os.listdir(TMP),
            "room": os.statvfs(TMP).f_bfree,
        }

    def changes(self) -> str:
        """The names of what is not as it was, or ""."""
        now = self.look()
        return ", ".join(k for k in now if now[k] != self.start[k])


def processes() -> list[str]:
    """The processes of the box, where /proc is the box's own."""
    if os.readlink("/proc/self") != "1":
        return []
    return [n for n in os.listdir("/proc") if n.isdigit()]


# --- a child ---------------------------------------------------------------


def be_child(order: dict, settings: dict, reader: int, writer: int) -> None:
    """What the child does, up to its end; it never returns."""
    status = 1
    try:
        os.setsid()
        os.chdir(TMP)
        for pipe in (reader, writer):
            os.set_inheritable(pipe, False)
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # as Python does
            signal.signal(number, signal.SIG_IGN)
        random.seed(0)
        worker.limit_resources(order["limits"])
        if order["do"] == "script":
            status = run_script(reader, writer)
        else:
            worker.serve(
                os.fdopen(reader, "rb"),
                os.fdopen(writer, "wb"),
                order["output_chars"],
            )
    finally:
        os._exit(status)


def run_script(reader: int, writer: int) -> int:
    """Run the text on the pipe as a script; what it prints goes back."""
    with os.fdopen(reader, "rb") as file:
        source = worker.frames.read_frame(file).head["source"]
    for descriptor in (1, 2):
        os.dup2(writer, descriptor)
    os.close(writer)
    status = 0
    try:
        exec(compile(source, "<script>", "exec"), {"__name__": "__main__"})
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else bool(end.code)
    except BaseException:
        traceback.print_exc()
        status = 1
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    return status


# --- the life of the template ----------------------------------------------


class Template:
    def __init__(self, control: socket.socket, settings: dict):
        self.control, self.settings = control, settings
        empty_tmp()  # matplotlib, for one, writes when it is imported
        self.state = State()

    def send(self, message: dict) -> None:
        self.control.send(json.dumps(message).encode())

    def live(self) -> None:
        while True:
            data, pipes, _, _ = socket.recv_fds(self.control, MESSAGE, 2)
            if not data:  # the trusted side is gone
                return
            order = json.loads(data)
            if order["do"] == "end":  # of a child that is over already
                continue
            surprise = self.one_child(order, pipes)
            if surprise:
                return

    def one_child(self, order: dict, pipes: list[int]) -> str:
        child = os.fork()
        if not child:
            self.control.close()
            be_child(order, self.settings, *pipes)
        for pipe in pipes:
            os.close(pipe)
        self.wait_for(child, order["number"])
        status, peak = self.sweep(child)
        surprise = self.state.changes() if self.settings["sweep"] else ""
        self.send(
            {
                "over": order["number"],
                "status": status,
                "peak": peak,
                "surprise": surprise,
            }
        )
        return surprise

    def wait_for(self, child: int, number: int) -> None:
        """Until the child has ended, or is to be ended."""
        ended = os.pidfd_open(child)
        try:
            while True:
                ready, _, _ = select.select([ended, self.control], [], [])
                if ended in ready:
                    return
                data = self.control.recv(MESSAGE)
                if not data or json.loads(data).get("number") == number:
                    return
        finally:
            os.close(ended)

    def sweep(self, child: int) -> tuple[int, int]:
        """Kill and reap everything, empty /tmp; (exit status, peak bytes)."""
        status, usage = None, None
        if self.settings["sweep"]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
        else:
            os.kill(child, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while child:
                pid, how, used = os.wait4(-1, WAIT_ALL)
                if pid == child:
                    status, usage = how, used
                    if not self.settings["sweep"]:
                        break
        if self.settings["sweep"]:
            empty_tmp()
        return os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024


def empty_tmp() -> None:
    """Remove what a child left; what cannot be removed is a surprise."""
    with os.scandir(TMP) as entries:
        for entry in list(entries):
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                os.unlink(entry.path)
    os.utime(TMP)


def become_template(settings: dict, *kept: int) -> None:
    """Import what children will need; keep no descriptor but those `kept`."""
    drop_rights(settings["user"], settings["shield"])
    worker.prepare(settings["path"], settings["packages"])
    preload(settings["preload"])
    be_deaf()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    first = 3
    for descriptor in sorted(kept):
        os.closerange(first, descriptor)
        first = descriptor + 1
    os.closerange(first, 1024)
    gc.collect()
    gc.freeze()  # so that a child's collector copies no page of ours


def main() -> None:
    control = socket.socket(fileno=int(sys.argv.pop(1)))
    control.set_inheritable(False)
    settings = json.loads(control.recv(MESSAGE))
    if os.getpid() != 1 or os.stat(TMP).st_dev == os.stat("/").st_dev:
        raise SystemExit("this runs as PID 1 of a box with a /tmp of its own")
    become_template(settings, control.fileno())
    template = Template(control, settings)
    template.send({"ready": time.monotonic()})
    template.live()


if __name__ == "__main__":
    main()
